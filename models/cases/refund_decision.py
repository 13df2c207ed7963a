from datetime import timedelta

from odoo.exceptions import UserError
from odoo.fields import Domain

from ...rules import giving_back, state_machine
from ...rules.reconciliation import MATCHED, NETTED
from ..ledger import known_rows, references, row_money
from ..periods.scope import covering
from ..support import clock
from ..support.till_errors import Refused

# The report that should have a refund, and the one after it.
REPORTS = 2


class RefundDecision:
    """A refund of which nobody knows whether it was made: a manager decides.

    Never a machine, never without a reason, and never earlier than 15 minutes after the call
    (``doc/ledger.md §12``). A repetition is the only call that is made a second time, and only
    where Glase's own limit lets one of the two stand.
    """

    def __init__(self, row):
        """:param row: the refund's row of the ledger, as the superuser"""
        self.row, self.env = row, row.env

    def possible_from(self):
        """From when on it may be decided: a naive UTC datetime, or False if nothing is undecided."""
        return giving_back.decidable_from(self.row)

    def seconds_to_wait(self):
        """How long it must wait before a manager may decide; 0 if it may now."""
        since = self.possible_from()
        left = since - clock.now(self.env.cr) if since else timedelta(0)
        return int(left.total_seconds()) + 1 if left > timedelta(0) else 0

    def refuse_early(self):
        """:raises UserError: if it must wait"""
        seconds = self.seconds_to_wait()
        if seconds:
            raise UserError(
                self.env._("Glase may still be working on it: decide in %s min.", -(-seconds // 60))
            )

    def decide(self, request, reason, user_id, reference):
        """Write down a manager's decision, under the row's lock.

        :param str request: ``decided_refunded`` or ``decided_not_refunded``
        :param str reference: what Glase calls the refund, or empty
        :raises Refused: if something else decided it meanwhile, or the reference is another's
        """
        row = self.row
        known_rows.lock(row)
        if row.kind != state_machine.REFUND or row.state != state_machine.UNKNOWN:
            raise Refused("decided", self.env._("This refund is decided already."))
        if request == "decided_refunded":
            self._refuse_too_much()
        user = self.env["res.users"].browse(user_id)
        if reference:
            why_not = references.why_not(row, reference)
            if why_not:
                raise Refused("reference", why_not)
            references.enter(row, reference, reason, user)
        row._decide(request, reason, user)

    def _refuse_too_much(self):
        row = self.row
        undecided = row.search(
            [("original_id", "=", row.original_id.id), ("state", "in", list(giving_back.UNDECIDED))]
        )
        if row_money.decimal(row, row.amount) > row_money.left(row.original_id, but=undecided):
            raise Refused(
                "too_much",
                self.env._(
                    "Then more had gone back than was paid: another refund of this payment was "
                    "made, so this one was not."
                ),
            )

    def why_not_repeat(self):
        """Why a repetition would prove nothing, as a sentence; False if it would."""
        row = self.row.sudo()
        others = row.search_count(
            [
                ("original_id", "=", row.original_id.id),
                ("state", "in", list(giving_back.UNDECIDED)),
                ("id", "!=", row.id),
            ],
            limit=1,
        )
        if others:
            return self.env._("Another refund of this payment is undecided: decide that one first.")
        before = row_money.left(row.original_id, but=row)
        if not giving_back.repetition_proves(row_money.decimal(row, row.amount), before):
            return self.env._(
                "Two refunds of this amount fit into the payment: a repetition would prove nothing, "
                "and might pay twice."
            )
        return False


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
