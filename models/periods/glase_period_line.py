from odoo import api, fields, models
from odoo.exceptions import UserError

from ..pos.res_users import MANAGERS
from ..support.public_method import public

REPORT, LEDGER, SUMMARY = "report", "ledger", "summary"

MATCHED, NETTED, AWAITED, LATE = "matched", "netted", "awaited", "late"
UNKNOWN, AMOUNT, TILL, TWICE = "unknown", "amount", "till", "twice"
UNPAID, UNDECIDABLE, MISSING, UNREPORTED = "unpaid", "undecidable", "missing", "unreported"
CURRENCY, OVERLAP, VERIFICATION = "currency", "overlap", "verification"
CONTRADICTION, UNLISTED, FORCED = "contradiction", "unlisted", "forced"

KINDS = [
    (MATCHED, "Matches"),
    (NETTED, "Matches, less its refunds"),
    (AWAITED, "Awaited in the next report"),
    (LATE, "Came in a later report"),
    (OVERLAP, "Reported before, by till or shop"),
    (VERIFICATION, "Of a verification"),
    (UNKNOWN, "At Glase only"),
    (AMOUNT, "Another amount"),
    (CURRENCY, "Another currency"),
    (TILL, "Another till"),
    (TWICE, "Reported twice"),
    (UNPAID, "Not paid by the ledger"),
    (UNDECIDABLE, "Cannot be told apart"),
    (MISSING, "In the ledger only"),
    (UNREPORTED, "Reported in a period whose id is lost"),
    (FORCED, "Counts as paid, not confirmed by Glase"),
    (CONTRADICTION, "Glase's two reports contradict each other"),
    (UNLISTED, "Only a sum at Glase"),
]
DIFFERENCES = (
    UNKNOWN,
    AMOUNT,
    CURRENCY,
    TILL,
    TWICE,
    UNPAID,
    UNDECIDABLE,
    MISSING,
    UNREPORTED,
    FORCED,
    CONTRADICTION,
    UNLISTED,
)


class GlasePeriodLine(models.Model):
    """One row of a report, or of the ledger, and what it was matched with (``doc/ledger.md §15``)."""

    _name = "glase.period.line"
    _description = "Glase Transaction Period Line"
    _inherit = ["pos_glase.kept"]
    _typed = frozenset({"reason", "named_refund_id"})
    _order = "period_id desc, sequence, id"
    _log_access = False

    period_id = fields.Many2one(
        "glase.period", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="period_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="period_id.currency_id")
    origin = fields.Selection(
        [(REPORT, "Glase's report"), (LEDGER, "Our ledger"), (SUMMARY, "Glase's sums")],
        required=True,
        readonly=True,
    )
    sequence = fields.Integer(readonly=True)
    reference = fields.Char("Payment Reference", readonly=True, index="btree_not_null")
    amount = fields.Monetary("At Glase", readonly=True)
    ledger_amount = fields.Monetary("In the Ledger", readonly=True)
    cashier = fields.Char(readonly=True)
    terminal_identifier = fields.Char("Terminal at Glase", readonly=True)
    transaction_id = fields.Many2one(
        "glase.transaction", readonly=True, index="btree_not_null", ondelete="set null"
    )
    order_id = fields.Many2one(related="transaction_id.order_id")
    order_reference = fields.Char("Order Reference", related="transaction_id.order_name")
    payment_id = fields.Many2one(related="transaction_id.payment_id")
    kind = fields.Selection(KINDS, "Result", readonly=True, index=True)
    is_difference = fields.Boolean(compute="_compute_is_difference", search="_search_is_difference")
    reason = fields.Char(help="Say why this is accepted before you accept it.")
    accepted_by = fields.Many2one("res.users", readonly=True)
    accepted_at = fields.Datetime(readonly=True)

    @api.depends("reference", "kind")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for line in self:
            line.display_name = line.reference or labels.get(line.kind)

    @api.depends("kind", "accepted_at")
    def _compute_is_difference(self):
        for line in self:
            line.is_difference = line.kind in DIFFERENCES and not line.accepted_at

    def _search_is_difference(self, operator, value):
        if operator != "in":
            return NotImplemented
        differs = [("kind", "in", list(DIFFERENCES)), ("accepted_at", "=", False)]
        if value == {True} or list(value) == [True]:
            return differs
        return ["|", ("kind", "not in", list(DIFFERENCES)), ("accepted_at", "!=", False)]

    @public(group=MANAGERS, access="write", many=True)
    def action_accept(self):
        """Accept a difference with the reason that was typed.

        :raises AccessError: for anyone but a POS administrator
        :raises UserError: without a reason
        """
        for line in self:
            if not (line.reason or "").strip():
                raise UserError(self.env._("Write why this difference is accepted."))
            line.sudo().write({"accepted_by": self.env.uid, "accepted_at": fields.Datetime.now()})
            line.sudo().transaction_id._settle_cases({"not_reported"}, line.reason)
        self.period_id.sudo()._sum_up()
        self.period_id.sudo()._tell_result()
