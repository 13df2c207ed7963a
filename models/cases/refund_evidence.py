from odoo import api, fields, models
from odoo.fields import Domain

from ...rules import case_kinds, state_machine
from ..periods.glase_period_line import MATCHED, NETTED

# The report that should have a refund, and the one after it.
REPORTS = 2


class GlaseCase(models.Model):
    """What Glase's reports say about a refund of which nobody knows whether it was made.

    Shown to the manager who decides; no machine decides by it (``doc/ledger.md §12``).
    """

    _inherit = "glase.case"

    evidence_line_ids = fields.Many2many(
        "glase.period.line", "Rows of Glase's Reports", compute="_compute_evidence"
    )
    evidence_words = fields.Text("What the Reports Say", compute="_compute_evidence")

    @api.depends("kind", "transaction_id.state")
    def _compute_evidence(self):
        for case in self:
            row = case.sudo().transaction_id
            unknown = case_kinds.WAS_REFUNDED in case._kind().offers and row
            case.evidence_line_ids = unknown and case._evidence_lines(row)
            case.evidence_words = unknown and case._words_of_evidence(row)

    def _evidence_periods(self, row):
        """The period that the refund falls into, and the next one, if they have a report."""
        return (
            self.env["glase.period"]
            .sudo()
            .search(
                self.env["glase.period"]._covering(row)
                & Domain("mark_sent_at", ">=", row.sent_at)
                & Domain("details_id", "!=", False),
                order="mark_sent_at",
                limit=REPORTS,
            )
        )

    def _evidence_lines(self, row):
        """Rows that may be the refund: money that went back, or the payment's own reference."""
        return self._evidence_periods(row).line_ids.filtered(
            lambda line: line.amount < 0 or line.reference == row.original_id.ers_reference
        )

    def _words_of_evidence(self, row):
        periods = self._evidence_periods(row)
        if not periods:
            return self.env._(
                "Glase's report of the period is not here yet: it comes after the session is closed."
            )
        words = [self._way_of_refunds(row)]
        for period in periods:
            words.append(
                self.env._(
                    "%(period)s: Glase reports %(glase)s. The ledger says %(without)s without this "
                    "refund, %(with)s with it.",
                    period=period.display_name,
                    glase=period.currency_id.format(period.report_total),
                    without=period.currency_id.format(period.ledger_total),
                    **{"with": period.currency_id.format(period.ledger_total - row.amount)},
                )
            )
        return "\n".join(words)

    def _way_of_refunds(self, row):
        """How this account's reports have shown a refund that is known, as a sentence."""
        lines = self.env["glase.period.line"].sudo()
        of_account = [("period_id.account_id", "=", row.account_id.id)]
        known = lines.search(
            [
                *of_account,
                ("kind", "=", MATCHED),
                ("transaction_id.kind", "=", state_machine.REFUND),
            ],
            limit=1,
        )
        if known and known.reference == known.transaction_id.original_id.ers_reference:
            return self.env._("This account's reports show a refund under its payment's reference.")
        if known:
            return self.env._("This account's reports show a refund as a row of its own.")
        if lines.search_count([*of_account, ("kind", "=", NETTED)], limit=1):
            return self.env._("This account's reports take a refund off its payment.")
        return self.env._(
            "No report of this account has shown a refund yet that is known to be made: do not "
            "conclude anything from one that is not there."
        )
