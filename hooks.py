from .models.accounts.health import revoke_all_tokens


def uninstall_hook(env):
    """Take ``glase`` off the payment methods: a till that has one would not open any more.

    Written past the model: it refuses a change while a session is open. Tokens of monitors, which are
    good for nothing without the module, go too.
    """
    env.cr.execute(
        """
        UPDATE pos_payment_method
           SET use_payment_terminal = NULL, payment_method_type = 'none'
         WHERE use_payment_terminal = 'glase'
        """
    )
    revoke_all_tokens(env)
    env["pos.payment.method"].invalidate_model()
