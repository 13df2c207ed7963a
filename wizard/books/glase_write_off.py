from odoo import api, fields, models
from odoo.exceptions import UserError

from ...models.books.booking import WriteOff
from ...models.support.managers import MANAGERS
from ...models.support.public_method import public


class GlaseWriteOff(models.TransientModel):
    """*Write off*: which account takes what stands on the suspense account, and why."""

    _name = "glase.write.off"
    _description = "Glase Write-off"
    _inherit = ["pos_glase.wizard"]

    case_id = fields.Many2one("glase.case", required=True, readonly=True)
    company_id = fields.Many2one(related="case_id.company_id")
    currency_id = fields.Many2one(related="case_id.currency_id")
    amount = fields.Monetary("On the Suspense Account", related="case_id.suspense_amount")
    account_id = fields.Many2one(
        "account.account",
        "To Account",
        compute="_compute_account_id",
        store=True,
        readonly=False,
        domain="[('company_ids', 'parent_of', company_id), ('id', 'not in', own_account_ids),"
        " ('account_type', '!=', 'off_balance')]",
        help="Income or loss, or a clearing account. The payment method Glase proposes one.",
    )
    own_account_ids = fields.Many2many("account.account", compute="_compute_own_account_ids")
    reason = fields.Char(help="Kept with the entry and the case, for good")

    @api.depends("case_id")
    def _compute_account_id(self):
        for wizard in self:
            fitting = wizard._glase_methods().filtered(
                lambda method, wizard=wizard: method._glase_currency() == wizard.currency_id
            )
            wizard.account_id = fitting.glase_write_off_account_id[:1]

    @api.depends("case_id")
    def _compute_own_account_ids(self):
        for wizard in self:
            methods = wizard._glase_methods()
            wizard.own_account_ids = (
                methods.outstanding_account_id | methods.glase_suspense_account_id
            )

    def _glase_methods(self):
        self.ensure_one()
        methods = self.env["pos.payment.method"].sudo().with_context(active_test=False)
        return methods.search(
            [("company_id", "=", self.company_id.id), ("use_payment_terminal", "=", "glase")]
        )

    @public(group=MANAGERS, access="write")
    def action_write_off(self):
        """Move the money to the chosen account, and settle what was open about it.

        :return: the entry that was made
        :raises AccessError: for anyone but a POS administrator
        :raises UserError: without an account or a reason, or if nothing stands there any more
        """
        self.ensure_one()
        case = self.case_id
        case.check_access("write")
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Write why this money is written off."))
        account = self.account_id
        if not account or account in self.own_account_ids:
            raise UserError(
                self.env._("Choose the account that takes it: income, loss, or a clearing account.")
            )
        if case.company_id not in account.sudo().company_ids.child_ids | account.sudo().company_ids:
            raise UserError(self.env._("This account belongs to another company."))
        if not case.can_write_off:
            raise UserError(
                self.env._("Somebody has settled this in the meantime. Reload the page.")
            )
        WriteOff(case).book(account.sudo(), reason)
        return {"type": "ir.actions.act_window_close"}
