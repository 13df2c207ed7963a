"""*Set up Glase*: account, journal and payment method ready-made, for one till and its company.

Done twice it finds what is there; a merchant may change all of it afterwards.
"""

import base64
import json
import secrets

from odoo.exceptions import AccessError, UserError
from odoo.tools import file_open

from ..support.shown_values import notification

# Outlives the module: it is nobody's data but the database's.
FORMER_METHODS_PARAMETER = "pos_glase.former_methods"
JOURNAL_CODE = "GLASE"
DEMO_PREFIX, TRY_PREFIX = "DEMO", "TRY"
# Nothing that is taken for something else where it is read from a sticker.
READABLE = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def invented_glase_id():
    """A new Glase ID for a till of the simulator, which takes any."""
    return TRY_PREFIX + "".join(secrets.choice(READABLE) for _i in range(6))


def _icon():
    with file_open("pos_glase/static/description/icon.png", "rb") as icon:
        return base64.b64encode(icon.read())


def tills(configs, account):
    """Give tills a Glase payment method with a journal of its own.

    :param configs: of ``pos.config``
    :param account: the Glase account of the tills' company
    :return: the tills whose open session keeps the method from being added now
    :raises AccessError: for anyone but an administrator
    :raises UserError: if the company has no chart of accounts
    """
    env = configs.env
    if not env.su and not env.user.has_group("base.group_system"):
        raise AccessError(env._("Only an administrator may set up Glase."))
    waiting = configs.browse()
    for config in configs:
        if config.company_id != account.company_id:
            raise UserError(
                env._(
                    "“%(account)s” belongs to %(company)s, the till “%(till)s” does not.",
                    account=account.name,
                    company=account.company_id.name,
                    till=config.name,
                )
            )
        method = _method_or_new(config)
        if method in config.payment_method_ids:
            continue
        if config.sudo().has_active_session:
            waiting |= config
        else:
            config.sudo().write({"payment_method_ids": [(4, method.id)]})
    return waiting


def try_it(config):
    """Everything for a first sale with the simulator: account, method, registration, sticker, phone.

    Done twice it finds what is there.

    :param config: one till
    :return: the action that says so, and opens the phone page
    :rtype: dict
    :raises AccessError: for anyone but an administrator
    :raises UserError: if the company has another account than the simulator's
    """
    account = _simulator_account(config)
    waiting = tills(config, account)
    if waiting:
        return notice(config, waiting)
    terminal = config._glase_terminal_or_draft(account)
    outcome = terminal._ask_register() if terminal.state == "draft" else None
    if terminal.state == "registered":
        outcome = terminal._ask_assign(invented_glase_id())
    if outcome and not outcome.ok:
        return outcome.shown()
    config.invalidate_recordset()
    phone = {"type": "ir.actions.act_url", "url": terminal.phone_url, "target": "new"}
    return notice(config, waiting, next_action=phone)


def _simulator_account(config):
    accounts = config._glase_accounts()
    if accounts - accounts.filtered(lambda account: account.environment == "simulator"):
        raise UserError(
            config.env._("This company has a Glase account already: the simulator is for trying.")
        )
    values = {
        "name": config.env._("Simulator"),
        "company_id": config.company_id.id,
        "environment": "simulator",
        "shop_name": config.company_id.name,
    }
    return accounts[:1] or config.env["glase.account"].create(values)


def notice(config, waiting, next_action=None):
    """What the set-up has done, and what comes next.

    :param config: one till
    :param waiting: what :func:`tills` returned
    :param dict next_action: what the page does after that; by default it shows itself anew
    :rtype: dict
    """
    if waiting:
        kind, sticky = "warning", True
        message = config.env._(
            "Account, journal and payment method are ready. “%s” has an open session: close "
            "its register, then press Set up Glase again to add Glase to it.",
            config.name,
        )
    else:
        kind, sticky = "success", False
        message = config.env._(
            "Glase is set up for “%(till)s”. %(next)s",
            till=config.name,
            next=_next_step(config),
        )
    return notification(message, kind, sticky, next_action)


def _next_step(config):
    match config._glase_till_info()["state"]:
        case "not_registered":
            return config.env._("Next: register this till.")
        case "no_glase_id":
            return config.env._("Next: assign the Glase ID of its sticker.")
    return config.env._("Open the register and sell something.")


def _method_or_new(config):
    """The Glase payment method that fits this till, also one of before; made with its journal if need be."""
    company = config.company_id
    method_model = config.env["pos.payment.method"].sudo().with_company(company)
    for method in method_model._glase_methods(company):
        if method._glase_currency() == config.currency_id:
            return method
    former = take_back(config)
    if former:
        return former
    if not company.sudo().chart_template:
        raise UserError(
            config.env._(
                "%s has no chart of accounts yet. Choose one in the Invoicing settings, then "
                "set up Glase.",
                company.name,
            )
        )
    journal = _journal_or_new(config)
    foreign = config.currency_id != company.sudo().currency_id
    name = config.env._("Glase %s", config.currency_id.name) if foreign else config.env._("Glase")
    return method_model.create(
        {
            "name": name,
            "company_id": company.id,
            "journal_id": journal.id,
            "payment_method_type": "terminal",
            "use_payment_terminal": "glase",
            "sequence": 1,
            "image": _icon(),
        }
    )


def _journal_or_new(config):
    company = config.company_id.sudo()
    foreign = config.currency_id != company.currency_id
    journals = config.env["account.journal"].sudo().with_company(company)
    left = journals.search(
        [
            ("company_id", "=", company.id),
            ("type", "=", "bank"),
            ("code", "=like", f"{JOURNAL_CODE[:4]}%"),
            ("currency_id", "=", config.currency_id.id if foreign else False),
            ("pos_payment_method_ids", "=", False),
        ],
        limit=1,
    )
    if left:
        return left
    return journals.create(
        {
            "name": config.env._("Glase %s", config.currency_id.name)
            if foreign
            else config.env._("Glase"),
            "type": "bank",
            "code": _free_journal_code(config),
            "company_id": company.id,
            "currency_id": foreign and config.currency_id.id,
            "profit_account_id": company.default_cash_difference_income_account_id.id,
            "loss_account_id": company.default_cash_difference_expense_account_id.id,
            "show_on_dashboard": True,
        }
    )


def _free_journal_code(config):
    journals = config.env["account.journal"].sudo().with_context(active_test=False)
    taken = set(journals.search([("company_id", "=", config.company_id.id)]).mapped("code"))
    candidates = [JOURNAL_CODE, *(f"{JOURNAL_CODE[:4]}{n}" for n in range(2, 10))]
    return next(code for code in candidates if code not in taken)


def in_this_transaction(records, work):
    """A step that is no transaction of its own."""
    return work(records)


def demo(env):
    """Set up the demo shop of the present company: simulator, method, first till ready.

    All in the caller's transaction; the second till is left unregistered, to try it on. Done
    twice it changes nothing.

    :return: the till that is ready to sell
    """
    company = env.company
    accounts = env["glase.account"].sudo()
    account = accounts.search(
        [("company_id", "=", company.id), ("environment", "=", "simulator")], limit=1
    ) or accounts.create(
        {
            "name": env._("Simulator"),
            "company_id": company.id,
            "environment": "simulator",
            "shop_name": company.name,
        }
    )
    configs = env["pos.config"].sudo().search([("company_id", "=", company.id)], order="id")
    tills(configs, account)
    first = configs[:1]
    demo_till(first, account)
    return first


def demo_till(config, account):
    """Register a till of the demo shop and give it a sticker, in the caller's transaction."""
    env = config.env
    terminal = config._glase_terminal_or_draft(account, in_this_transaction)
    if terminal.state == "draft":
        terminal._ask_register(in_this_transaction)
    if terminal.state == "registered":
        sticker = f"{DEMO_PREFIX}{terminal.terminal_identifier[:6].upper()}"
        terminal._ask_assign(sticker, in_this_transaction)
    if terminal.state != "ready":
        raise UserError(env._("The simulator did not accept the demo till."))


def let_go(env):
    """Take ``glase`` off the payment methods at uninstalling, and note which they were for :func:`take_back`.

    They stay with their payments. A till that has one of Glase would not open any more without the module.
    Written past the model, which refuses a change while a session is open.
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
    env["ir.config_parameter"].sudo().set_param(FORMER_METHODS_PARAMETER, former)
    env["pos.payment.method"].invalidate_model()


def take_back(config):
    """The method that took Glase for this till before, as Glase's again; empty if there is none.

    A second method of the same name would split the shop's money over two journals and accounts.

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
    return json.loads(env["ir.config_parameter"].sudo().get_param(FORMER_METHODS_PARAMETER, "{}"))
