from odoo import api, fields, models
from odoo.exceptions import UserError

from ..pos.res_users import MANAGERS
from ..support import autonomous_transaction
from ..support.public_method import public
from .glase_period_line import REPORT, UNKNOWN


class GlasePeriodLine(models.Model):
    """Which refund a row of a report is, where the ledger has no reference to tell it by.

    A refund whose answer was lost has no payment reference, even after a manager has decided that it
    was made. Nothing is matched by amount and luck: a manager names it (``doc/ledger.md §15``).
    """

    _inherit = "glase.period.line"

    refund_candidate_ids = fields.Many2many(
        "glase.transaction", compute="_compute_refund_candidate_ids", compute_sudo=True
    )
    named_refund_id = fields.Many2one(
        "glase.transaction",
        "Is This Refund",
        domain="[('id', 'in', refund_candidate_ids)]",
        ondelete="set null",
        help="A refund that was decided to be made, and whose payment reference Glase has not said",
    )

    @api.depends("kind", "amount", "accepted_at")
    def _compute_refund_candidate_ids(self):
        for line in self:
            unknown = line.kind == UNKNOWN and line.origin == REPORT and not line.accepted_at
            line.refund_candidate_ids = unknown and line.amount < 0 and line._nameable_refunds()

    def _nameable_refunds(self):
        self.ensure_one()
        rows = self.env["glase.transaction"]
        return rows.search(self.period_id._covered() & rows._nameable()).filtered(
            lambda row: not row.currency_id.compare_amounts(row.amount, -self.amount)
        )

    @public(group=MANAGERS, access="write")
    def action_name_refund(self):
        """Give a refund the payment reference of this row of Glase's report.

        :raises AccessError: for anyone but a POS administrator
        :raises UserError: without a refund or a reason, or if the refund has a reference meanwhile
        """
        reason = self._reason_given()
        line = self.sudo()
        row = line.named_refund_id
        if not row:
            raise UserError(self.env._("Choose the refund that this is."))
        autonomous_transaction.lock(row)
        line.invalidate_recordset(["refund_candidate_ids"])
        if row not in line.refund_candidate_ids:
            raise UserError(self.env._("This refund cannot be it any more. Reload the page."))
        why_not = row._why_not_reference(self.reference)
        if why_not:
            raise UserError(why_not)
        row._enter_reference(self.reference, reason, self.env.user)
        line.period_id._compare_again()
