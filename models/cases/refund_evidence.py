from odoo.fields import Domain

from ...rules import state_machine
from ...rules.reconciliation import MATCHED, NETTED
from ..periods.scope import covering

# The report that should have a refund, and the one after it.
REPORTS = 2


class RefundEvidence:
    """What Glase's reports say about a refund of which nobody knows whether it was made.

    Shown to the manager who decides; no machine decides by it (``doc/ledger.md §12``).
    """

    def __init__(self, row):
        """:param row: the refund's row of the ledger, as the superuser"""
        self.row, self.env = row, row.env

    def periods(self):
        """The period that the refund falls into, and the next one, if they have a report."""
        return self.env["glase.period"].search(
            covering(self.row)
            & Domain("mark_sent_at", ">=", self.row.sent_at)
            & Domain("details_id", "!=", False),
            order="mark_sent_at",
            limit=REPORTS,
        )

    def lines(self):
        """Rows that may be the refund: money that went back, or the payment's own reference."""
        original = self.row.original_id.ers_reference
        return self.periods().line_ids.filtered(
            lambda line: line.amount < 0 or line.reference == original
        )

    def words(self):
        """What the reports say, as sentences for the manager."""
        periods = self.periods()
        if not periods:
            return self.env._(
                "Glase's report of the period is not here yet: it comes after the session is closed."
            )
        words = [self._way_of_refunds()]
        for period in periods:
            words.append(
                self.env._(
                    "%(period)s: Glase reports %(glase)s. The ledger says %(without)s without this "
                    "refund, %(with)s with it.",
                    period=period.display_name,
                    glase=period.currency_id.format(period.report_total),
                    without=period.currency_id.format(period.ledger_total),
                    **{"with": period.currency_id.format(period.ledger_total - self.row.amount)},
                )
            )
        return "\n".join(words)

    def _way_of_refunds(self):
        """How this account's reports have shown a refund that is known, as a sentence."""
        lines = self.env["glase.period.line"]
        of_account = [("period_id.account_id", "=", self.row.account_id.id)]
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
