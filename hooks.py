from .models.accounts.health import revoke_all_tokens
from .models.registration import set_up


def uninstall_hook(env):
    """Leave no till that cannot be opened, and know the payment methods again if the module comes back.

    Tokens of monitors, which are good for nothing without the module, go too.
    """
    set_up.let_go(env)
    revoke_all_tokens(env)
