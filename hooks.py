from .models.accounts.health import revoke_all_tokens
from .models.pos import former_methods


def uninstall_hook(env):
    """Leave no till that cannot be opened, and know the payment methods again if the module comes back.

    Tokens of monitors, which are good for nothing without the module, go too.
    """
    former_methods.let_go(env)
    revoke_all_tokens(env)
