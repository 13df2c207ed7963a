from collections import Counter
from datetime import timedelta
from decimal import Decimal

from odoo import models

from ..glase.reports import DETAILS
from . import ledger
from .glase_period import DIFFERENCES, RECONCILED
from .glase_period_line import (
    AWAITED,
    LATE,
    LEDGER,
    MISSING,
    UNDECIDABLE,
    UNKNOWN,
    UNPAID,
    UNREPORTED,
)
from .glase_period_line import DIFFERENCES as DIFFERENT
from .glase_period_match import Entry, Line, match

# A line with one of these may become something else once the ledger has learnt more.
REMATCHED = (UNKNOWN, UNPAID, UNDECIDABLE)
# So often two reports that contradict each other are fetched again.
CONTRADICTIONS = 3
CONTRADICTION_PAUSE = timedelta(seconds=60)


class GlasePeriod(models.Model):
    """The comparison of a period's reports with the ledger (``doc/ledger.md §15``).

    Set-based: a few statements for a period, however many rows it has. Fetching again adds what was
    not there yet, and changes nothing else.
    """

    _inherit = "glase.period"

    def _reconcile(self, details, summary):
        """Compare a period with all rows of its registration that no report has had yet.

        :param ReportContent details: the report with a row for each payment
        :param ReportContent summary: the report with their sum
        """
        self.ensure_one()
        self._store_lines(details.rows)
        self._match_lines()
        self._settle_lost_mark()
        self._settle_awaited()
        self._add_awaited()
        self.write(
            {
                "has_summary": bool(summary.sums),
                "summary_total": float(summary.total),
                "report_total": float(details.total),
                "report_count": details.count,
            }
        )
        if self._contradicts_itself() and self.contradictions < CONTRADICTIONS:
            # One of the two may only be older than the other.
            self.write(
                {
                    "contradictions": self.contradictions + 1,
                    "next_try_at": self.fetched_at + CONTRADICTION_PAUSE,
                }
            )
            return
        self.write({"next_try_at": False, "tries": 0})
        self._sum_up(listed=details.shape == DETAILS or not details.count)
        if self.state == DIFFERENCES:
            self._alert(self.env._("Glase and Odoo differ: %s", self.message or ""))

    def _store_lines(self, rows):
        """Add the report's rows that are not there yet."""
        have = Counter()
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT reference, amount::text, COALESCE(terminal_identifier, ''), COALESCE(cashier, '')
              FROM glase_period_line WHERE period_id = %s AND origin = 'report'
            """,
            (self.id,),
        )
        for reference, amount, terminal, cashier in self.env.cr.fetchall():
            have[reference, Decimal(amount), terminal, cashier] += 1
        sequence = sum(have.values())
        new = []
        for row in rows:
            key = (row.reference, row.amount, row.terminal_id or "", row.cashier or "")
            if have[key]:
                have[key] -= 1
                continue
            sequence += 1
            new.append((sequence, *key))
        if not new:
            return
        columns = list(zip(*new, strict=True))
        self.env.cr.execute(
            """
            INSERT INTO glase_period_line (period_id, company_id, origin, sequence, reference,
                                           amount, terminal_identifier, cashier)
            SELECT %s, %s, 'report', line.*
              FROM unnest(%s, %s, %s::numeric[], %s, %s)
                AS line (sequence, reference, amount, terminal_identifier, cashier)
            """,
            (self.id, self.company_id.id, *map(list, columns)),
        )
        self.env.invalidate_all()

    def _match_lines(self):
        """Match what is not matched yet, in one go."""
        self.env.cr.execute(
            """
            SELECT id, reference, amount::text FROM glase_period_line
             WHERE period_id = %s AND origin = 'report'
               AND (kind IS NULL OR kind = ANY(%s) AND accepted_at IS NULL)
             ORDER BY sequence
            """,
            (self.id, list(REMATCHED)),
        )
        lines = [
            Line(line, reference, Decimal(amount))
            for line, reference, amount in self.env.cr.fetchall()
        ]
        if not lines:
            return
        matches = match(lines, self._entries({line.reference for line in lines}))
        updates = [
            (
                found.line.id,
                found.kind,
                found.entry.id if found.entry else None,
                sum((self._signed(entry) for entry in found.entries), Decimal(0)),
            )
            for found in matches
        ]
        self.env.cr.execute(
            """
            UPDATE glase_period_line line
               SET kind = found.kind, transaction_id = found.transaction_id,
                   ledger_amount = found.amount
              FROM unnest(%s, %s, %s::int[], %s::numeric[])
                AS found (id, kind, transaction_id, amount)
             WHERE line.id = found.id
            """,
            tuple(map(list, zip(*updates, strict=True))),
        )
        reported = [entry.id for found in matches for entry in found.entries]
        self.env.cr.execute(
            "UPDATE glase_transaction SET period_id = %s WHERE id = ANY(%s)", (self.id, reported)
        )
        self.env.invalidate_all()
        self._report_unknown([found.line for found in matches if found.kind == UNKNOWN])

    @staticmethod
    def _signed(entry):
        return -entry.amount if entry.kind == ledger.REFUND else entry.amount

    def _entries(self, references):
        """The rows of the ledger that carry one of these references."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT t.id, t.kind, t.state, t.ers_reference, o.ers_reference,
                   (CASE WHEN t.receipt_currency IS NULL THEN t.amount
                         ELSE t.receipt_amount END)::text,
                   t.terminal_id = %s, t.period_id IS NOT NULL
              FROM glase_transaction t LEFT JOIN glase_transaction o ON o.id = t.original_id
             WHERE t.account_id = %s AND t.environment = %s
               AND (t.ers_reference = ANY(%s) OR o.ers_reference = ANY(%s))
             ORDER BY t.id
            """,
            (
                self.terminal_id.id,
                self.account_id.id,
                self.environment,
                list(references),
                list(references),
            ),
        )
        return [
            Entry(number, kind, state, reference, original, Decimal(amount), here, reported)
            for number, kind, state, reference, original, amount, here, reported in (
                self.env.cr.fetchall()
            )
        ]

    def _report_unknown(self, lines):
        """Money at Glase that the ledger does not know is a case that lists it."""
        if not lines:
            return
        words = ", ".join(f"{line.reference} ({line.amount:.2f})" for line in lines[:20])
        self.env["glase.case"]._open_for_period(
            "unknown_reference",
            self.env._(
                "Glase's report of this till has %(count)s payment(s) that the ledger does not "
                "know: %(references)s. Ask Glase what they are.",
                count=len(lines),
                references=words,
            ),
            self,
            float(sum(line.amount for line in lines)),
        )

    # === What the report should have had ===

    def _unreported(self):
        """Rows that this period should have, and that no report has had."""
        return self.env["glase.transaction"].search(
            [
                ("terminal_id", "=", self.terminal_id.id),
                ("state", "in", [ledger.PAID, ledger.REFUNDED]),
                ("period_id", "=", False),
                ("ended_at", "<=", self.mark_sent_at),
            ]
        )

    def _settle_lost_mark(self):
        """Decide by this report whether the mark that was not answered has happened."""
        lost = self.replaces_id
        if not lost or lost.fetched_at:
            return
        before = self.env["glase.transaction"].search_count(
            [("period_id", "=", self.id), ("ended_at", "<=", lost.mark_sent_at)], limit=1
        )
        stranded = self._unreported().filtered(lambda row: row.ended_at <= lost.mark_sent_at)
        values = {"fetched_at": self.fetched_at, "state": RECONCILED}
        if before or not stranded:
            values["message"] = self.env._(
                "This mark never happened: the next period has its rows."
            )
            lost.write(values)
            return
        lost._add_ledger_lines(stranded, UNREPORTED)
        stranded.write({"period_id": lost.id})
        lost.write({**values, "state": DIFFERENCES})
        lost._sum_up()
        self.env["glase.case"]._open_for_period(
            "period_lost",
            self.env._(
                "Glase did not answer when this period was marked, so its id is not known and its "
                "report cannot be fetched. Ask Glase for the id of the period that ended about %s.",
                lost.mark_sent_at,
            ),
            lost,
            lost.ledger_total,
        )

    def _settle_awaited(self):
        """What an earlier report lacked: it came with this one, or it is missing."""
        lines = self.env["glase.period.line"].search(
            [
                ("period_id.terminal_id", "=", self.terminal_id.id),
                ("period_id", "<", self.id),
                ("kind", "in", [AWAITED, MISSING]),
            ]
        )
        came = lines.filtered(lambda line: line.transaction_id.period_id)
        came.write({"kind": LATE})
        (lines - came).write({"kind": MISSING})
        for period in lines.period_id:
            period._sum_up()
            if period.state == DIFFERENCES:
                period._alert(self.env._("Glase and Odoo differ: %s", period.message or ""))

    def _add_awaited(self):
        """Rows that this report lacks wait for the next one; then they are missing."""
        known = self.env["glase.period.line"].search(
            [
                ("period_id.terminal_id", "=", self.terminal_id.id),
                ("kind", "in", [AWAITED, MISSING]),
            ]
        )
        own = known.filtered(lambda line: line.period_id == self)
        own.filtered(lambda line: line.transaction_id.period_id).write({"kind": LATE})
        self._add_ledger_lines(self._unreported() - known.transaction_id, AWAITED)

    def _add_ledger_lines(self, rows, kind):
        sign = {ledger.PAYMENT: 1, ledger.REFUND: -1}
        self.env["glase.period.line"].create(
            [
                {
                    "period_id": self.id,
                    "origin": LEDGER,
                    "sequence": 1_000_000 + index,
                    "reference": row.ers_reference,
                    "ledger_amount": sign[row.kind] * row._taken_amount(),
                    "cashier": row.cashier,
                    "terminal_identifier": row.terminal_identifier,
                    "transaction_id": row.id,
                    "kind": kind,
                }
                for index, row in enumerate(rows)
            ]
        )

    # === The result ===

    def _sum_up(self, listed=True):
        """Count what was found, and say whether all matches.

        :param bool listed: whether Glase's report lists its payments, and not only their sum
        """
        lines = self.env["glase.period.line"]
        for period in self:
            of_period = [("period_id", "=", period.id)]
            differing = [("kind", "in", list(DIFFERENT)), ("accepted_at", "=", False)]
            in_ledger = ["|", ("transaction_id", "!=", False), ("origin", "=", LEDGER)]
            came_later = [("kind", "!=", LATE)]
            [(count, total)] = lines._read_group(
                [*of_period, *in_ledger, *came_later], [], ["__count", "ledger_amount:sum"]
            )
            differences = lines.search_count([*of_period, *differing])
            words = period._words_of_result(differences, listed)
            period.write(
                {
                    "ledger_total": total,
                    "ledger_count": count,
                    "difference_count": differences,
                    "awaited_count": lines.search_count([*of_period, ("kind", "=", AWAITED)]),
                    "state": DIFFERENCES if words else RECONCILED,
                    "message": words,
                }
            )

    def _contradicts_itself(self):
        self.ensure_one()
        apart = self.currency_id.compare_amounts(self.summary_total, self.report_total)
        return bool(self.has_summary and apart)

    def _words_of_contradiction(self):
        return self.env._(
            "Glase's two reports contradict each other: the payments add up to %(details)s, the "
            "summary says %(summary)s.",
            details=self.currency_id.format(self.report_total),
            summary=self.currency_id.format(self.summary_total),
        )

    def _words_of_result(self, differences, listed):
        self.ensure_one()
        if not listed:
            return self.env._(
                "Glase's report lists no payments, only their sum: they cannot be compared one by "
                "one."
            )
        if self._contradicts_itself():
            return self._words_of_contradiction()
        if differences:
            return self.env._("%s difference(s): see the lines.", differences)
        return False
