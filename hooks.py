def uninstall_hook(env):
    """Take ``glase`` off the payment methods: a till that has one would not open any more.

    Written past the model: it refuses a change while a session is open.
    """
    env.cr.execute(
        """
        UPDATE pos_payment_method
           SET use_payment_terminal = NULL, payment_method_type = 'none'
         WHERE use_payment_terminal = 'glase'
        """
    )
    env["pos.payment.method"].invalidate_model()
