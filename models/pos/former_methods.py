"""Payment methods that took Glase before the module was uninstalled: a new set-up takes them back.

They stay with their payments, but not as Glase's. A second method of the same name would split the
shop's money over two journals and accounts.
"""

import json

# Outlives the module: it is nobody's data but the database's.
_PARAMETER = "pos_glase.former_methods"


def let_go(env):
    """Take ``glase`` off the payment methods, and note which they were.

    A till that has one would not open any more without the module. Written past the model, which
    refuses a change while a session is open.
    """
    env["pos.payment.method"].flush_model()
    env.cr.execute(
        """
        UPDATE pos_payment_method
           SET use_payment_terminal = NULL, payment_method_type = 'none'
         WHERE use_payment_terminal = 'glase'
     RETURNING id, glase_suspense_account_id
        """
    )
    released = {str(method_id): account_id for method_id, account_id in env.cr.fetchall()}
    former = json.dumps({**_noted(env), **released})
    env["ir.config_parameter"].sudo().set_param(_PARAMETER, former)
    env["pos.payment.method"].invalidate_model()


def take_back(config):
    """The method that took Glase for this till before, as Glase's again; empty if there is none.

    :param config: one till
    :raises UserError: while a session with it is open
    """
    env = config.env
    noted = _noted(env)
    methods = env["pos.payment.method"].sudo().with_context(active_test=False)
    for method in methods.with_company(config.company_id).browse(map(int, noted)).exists():
        fits = (
            not method.use_payment_terminal
            and method.company_id == config.company_id
            and method._glase_currency() == config.currency_id
        )
        if fits:
            account = env["account.account"].sudo().browse(noted[str(method.id)] or ()).exists()
            method.write(
                {
                    "active": True,
                    "payment_method_type": "terminal",
                    "use_payment_terminal": "glase",
                    "glase_suspense_account_id": account.id,
                }
            )
            return method
    return methods.browse()


def _noted(env):
    """Suspense accounts by method, as ids; the methods' as JSON has them, in text."""
    return json.loads(env["ir.config_parameter"].sudo().get_param(_PARAMETER, "{}"))
