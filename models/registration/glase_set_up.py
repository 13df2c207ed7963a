import base64

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import file_open

JOURNAL_CODE = "GLASE"
DEMO_PREFIX = "DEMO"


def _icon():
    with file_open("pos_glase/static/description/icon.png", "rb") as icon:
        return base64.b64encode(icon.read())


class PosConfig(models.Model):
    """*Set up Glase*: account, journal and payment method ready-made, for one till and its company.

    Done twice it finds what is there; a merchant may change all of it afterwards.
    """

    _inherit = "pos.config"

    def _glase_set_up(self, account):
        """Give these tills a Glase payment method with a journal of its own.

        :param account: the Glase account of the tills' company
        :return: the tills whose open session keeps the method from being added now
        :raises AccessError: for anyone but an administrator
        :raises UserError: if the company has no chart of accounts
        """
        if not self.env.su and not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only an administrator may set up Glase."))
        waiting = self.browse()
        for config in self:
            if config.company_id != account.company_id:
                raise UserError(
                    self.env._(
                        "“%(account)s” belongs to %(company)s, the till “%(till)s” does not.",
                        account=account.name,
                        company=account.company_id.name,
                        till=config.name,
                    )
                )
            method = config._glase_method_or_new()
            if method in config.payment_method_ids:
                continue
            if config.sudo().has_active_session:
                waiting |= config
            else:
                config.sudo().write({"payment_method_ids": [(4, method.id)]})
        return waiting

    def _glase_set_up_notice(self, waiting):
        """What the set-up has done, and what comes next.

        :param waiting: what :meth:`_glase_set_up` returned
        :rtype: dict
        """
        self.ensure_one()
        if waiting:
            kind, sticky = "warning", True
            message = self.env._(
                "Account, journal and payment method are ready. “%s” has an open session: close "
                "its register, then press Set up Glase again to add Glase to it.",
                self.name,
            )
        else:
            kind, sticky = "success", False
            message = self.env._(
                "Glase is set up for “%(till)s”. %(next)s",
                till=self.name,
                next=self._glase_next_step(),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": kind,
                "sticky": sticky,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _glase_next_step(self):
        match self._glase_till_info()["state"]:
            case "not_registered":
                return self.env._("Next: register this till.")
            case "no_glase_id":
                return self.env._("Next: assign the Glase ID of its sticker.")
        return self.env._("It is ready.")

    def _glase_method_or_new(self):
        """The Glase payment method that fits this till; made with its journal if need be."""
        self.ensure_one()
        company = self.company_id
        method_model = self.env["pos.payment.method"].sudo().with_company(company)
        for method in method_model._glase_methods(company):
            if method._glase_currency() == self.currency_id:
                return method
        if not company.sudo().chart_template:
            raise UserError(
                self.env._(
                    "%s has no chart of accounts yet. Choose one in the Invoicing settings, then "
                    "set up Glase.",
                    company.name,
                )
            )
        journal = self._glase_journal_or_new()
        foreign = self.currency_id != company.sudo().currency_id
        name = self.env._("Glase %s", self.currency_id.name) if foreign else self.env._("Glase")
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

    def _glase_journal_or_new(self):
        company = self.company_id.sudo()
        foreign = self.currency_id != company.currency_id
        journals = self.env["account.journal"].sudo().with_company(company)
        left = journals.search(
            [
                ("company_id", "=", company.id),
                ("type", "=", "bank"),
                ("code", "=like", f"{JOURNAL_CODE[:4]}%"),
                ("currency_id", "=", self.currency_id.id if foreign else False),
                ("pos_payment_method_ids", "=", False),
            ],
            limit=1,
        )
        if left:
            return left
        return journals.create(
            {
                "name": self.env._("Glase %s", self.currency_id.name)
                if foreign
                else self.env._("Glase"),
                "type": "bank",
                "code": self._glase_free_journal_code(),
                "company_id": company.id,
                "currency_id": foreign and self.currency_id.id,
                "profit_account_id": company.default_cash_difference_income_account_id.id,
                "loss_account_id": company.default_cash_difference_expense_account_id.id,
                "show_on_dashboard": True,
            }
        )

    def _glase_free_journal_code(self):
        journals = self.env["account.journal"].sudo().with_context(active_test=False)
        taken = set(journals.search([("company_id", "=", self.company_id.id)]).mapped("code"))
        candidates = [JOURNAL_CODE, *(f"{JOURNAL_CODE[:4]}{n}" for n in range(2, 10))]
        return next(code for code in candidates if code not in taken)

    @api.model
    def _glase_set_up_demo(self):
        """Set up the demo shop of the present company: simulator, method, first till ready.

        All in the caller's transaction; the second till is left unregistered, to try it on. Done
        twice it changes nothing.

        :return: the till that is ready to sell
        """
        company = self.env.company
        accounts = self.env["glase.account"].sudo()
        account = accounts.search(
            [("company_id", "=", company.id), ("environment", "=", "simulator")], limit=1
        ) or accounts.create(
            {
                "name": self.env._("Simulator"),
                "company_id": company.id,
                "environment": "simulator",
                "shop_name": company.name,
            }
        )
        tills = self.sudo().search([("company_id", "=", company.id)], order="id")
        tills._glase_set_up(account)
        first = tills[:1]
        terminal = first._glase_terminal_or_draft(account, lambda work: work(first))

        def in_this_transaction(work):
            return work(terminal)

        if terminal.state == "draft":
            terminal._ask_register(in_this_transaction)
        if terminal.state == "registered":
            sticker = f"{DEMO_PREFIX}{terminal.terminal_identifier[:6].upper()}"
            terminal._ask_assign(sticker, in_this_transaction)
        if terminal.state != "ready":
            raise UserError(self.env._("The simulator did not accept the demo till."))
        return first
