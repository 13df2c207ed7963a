from collections import Counter
from datetime import timedelta
from decimal import Decimal

from odoo import api, models

from ...glase.reports import DETAILS
from ...rules import state_machine
from ..support import autonomous_transaction
from .glase_period import RECONCILED
from .glase_period_line import CONTRADICTION, UNDECIDABLE, UNKNOWN, UNLISTED, UNPAID
from .glase_period_match import Entry, Line, match

# A line with one of these may become something else once the ledger has learnt more.
REMATCHED = (UNKNOWN, UNPAID, UNDECIDABLE)
# So often two reports that contradict each other are fetched again.
CONTRADICTIONS = 3
CONTRADICTION_PAUSE = timedelta(seconds=60)
# So many unknown references a case lists.
LISTED = 20


class GlasePeriod(models.Model):
    """The comparison of a period's reports with the ledger (``doc/ledger.md §15``).

    Set-based: a few statements for a period, however many rows it has. Fetching again adds what was
    not there yet, and changes nothing else.
    """

    _inherit = "glase.period"

    def _reconcile(self, details, summary):
        """Compare a period with all rows that it covers and that no report has had yet.

        :param ReportContent details: the report with a row for each payment
        :param ReportContent summary: the report with their sum
        """
        self.ensure_one()
        if summary.rows and not details.rows:
            # The shop's report has two shapes: whichever lists the payments is compared.
            details, summary = summary, details
        self._store_lines(details.rows)
        self._match_lines()
        self.write(
            {
                "summary_total": float(summary.total),
                "report_total": float(details.total),
                "report_count": details.count,
            }
        )
        contradict = self._contradict(details, summary)
        if contradict and self.contradictions < CONTRADICTIONS:
            # One of the two may only be older than the other: nothing is concluded from them.
            self.write(
                {
                    "contradictions": self.contradictions + 1,
                    "next_try_at": self.fetched_at + CONTRADICTION_PAUSE,
                }
            )
            return
        settled = {"next_try_at": False, "tries": 0, "not_ready_count": 0}
        self.write({**settled, "state": RECONCILED})
        self._report_unknown()
        for period in self._outdated(self.company_id) - self:
            period._compare_again()
        self._settle_lost_mark()
        self._settle_lacking()
        findings = {CONTRADICTION: summary.total} if contradict else {}
        if details.count and details.shape != DETAILS:
            findings[UNLISTED] = details.total
        self._store_findings(findings)
        self._sum_up()
        self._tell_result()

    def _contradict(self, details, summary):
        """Whether two reports of this period cannot both be right.

        A summary may count refunds or not: how Glase does is not documented (``doc/protocol.md §4.14``).
        """
        returns = sum(row.amount < 0 for row in details.rows)
        counted = details.count - returns <= summary.count <= details.count
        sums = float(summary.total), float(details.total)
        return not counted or bool(self.currency_id.compare_amounts(*sums))

    # === What the ledger learns later ===

    @api.model
    def _compare_outdated(self):
        """Compare the periods again about whose reports the ledger has learnt something."""
        for period_id in self._in_own_transaction(lambda periods: periods._outdated().ids):
            self._in_own_transaction(
                lambda periods, period_id=period_id: periods.browse(period_id)._compare_again()
            )

    def _compare_again(self):
        """Match what the ledger knows by now with this period's report as it was fetched."""
        self.ensure_one()
        autonomous_transaction.lock(self)
        self._match_lines()
        self._settle_lacking()
        self._sum_up()
        self._tell_result()

    @api.model
    def _outdated(self, companies=None):
        """Periods with a line that the ledger did not know, or called unpaid or undecided, and now knows.

        Accepted lines are among them: what they report must not be missing elsewhere.

        :param companies: whose periods, or None for those of all
        """
        self.env.flush_all()
        self.env.cr.execute(
            """
            WITH line AS (
                SELECT line.period_id, line.kind, line.reference, line.amount, line.transaction_id,
                       period.company_id, period.environment, period.marked_at
                  FROM glase_period_line line
                  JOIN glase_period period ON period.id = line.period_id
                 WHERE line.origin = 'report' AND line.kind = ANY(%(kinds)s)
                   AND (%(companies)s::int[] IS NULL OR period.company_id = ANY(%(companies)s))
            ), found AS (
                SELECT line.period_id
                  FROM line JOIN glase_transaction named ON named.id = line.transaction_id
                 WHERE line.kind = 'undecidable' AND named.state <> 'unknown'
                UNION
                SELECT line.period_id
                  FROM line JOIN glase_transaction row ON row.ers_reference = line.reference
                 WHERE line.kind <> 'undecidable' AND row.period_id IS NULL
                   AND row.company_id = line.company_id AND row.environment = line.environment
                   AND row.state = CASE WHEN line.amount < 0 THEN 'refunded' ELSE 'paid' END
                   AND (line.amount >= 0 OR row.sent_at <= line.marked_at)
                UNION
                SELECT line.period_id
                  FROM line
                  JOIN glase_transaction original ON original.ers_reference = line.reference
                  JOIN glase_transaction row ON row.original_id = original.id
                 WHERE line.kind <> 'undecidable' AND line.amount < 0 AND row.period_id IS NULL
                   AND row.company_id = line.company_id AND row.environment = line.environment
                   AND row.state = 'refunded' AND row.sent_at <= line.marked_at
            )
            SELECT period_id FROM found ORDER BY period_id
            """,
            {"kinds": list(REMATCHED), "companies": companies and companies.ids},
        )
        return self.browse(period_id for (period_id,) in self.env.cr.fetchall())

    # === The report's rows ===

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
        own_terminal = self.terminal_id.terminal_identifier or None
        self.env.cr.execute(
            """
            SELECT id, reference, amount::text, NULLIF(terminal_identifier, '')
              FROM glase_period_line
             WHERE period_id = %s AND origin = 'report'
               AND (kind IS NULL OR kind = ANY(%s))
             ORDER BY sequence
            """,
            (self.id, list(REMATCHED)),
        )
        lines = [
            Line(line, reference, Decimal(amount), terminal or own_terminal)
            for line, reference, amount, terminal in self.env.cr.fetchall()
        ]
        if not lines:
            return
        matches = self._match(lines)
        updates = [
            (
                found.line.id,
                found.kind,
                found.entry.id if found.entry else None,
                self._known_amount(found),
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

    def _match(self, lines):
        """Match lines of this period's report with the ledger.

        :param lines: list of ``glase_period_match.Line``
        :rtype: list[glase_period_match.Match]
        """
        self.ensure_one()
        return match(lines, self._entries({line.reference for line in lines}))

    def _known_amount(self, found):
        """What we know of that stands beside a line's amount: a Decimal, refunds below zero."""
        return sum((self._signed(entry) for entry in found.counted()), Decimal(0))

    @staticmethod
    def _signed(entry):
        if not entry.same_currency:
            return Decimal(0)
        return -entry.amount if entry.kind == state_machine.REFUND else entry.amount

    def _entries(self, references):
        """The company's rows of the ledger that carry one of these references."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT t.id, t.kind, t.state, t.ers_reference, o.ers_reference,
                   (CASE WHEN t.receipt_currency IS NULL THEN t.amount
                         ELSE t.receipt_amount END)::text,
                   t.terminal_identifier,
                   COALESCE(t.terminal_id = %s, t.account_id = %s),
                   COALESCE(t.sent_at <= %s, TRUE),
                   COALESCE(t.receipt_currency, c.name) = %s,
                   p.identifier IS NOT NULL,
                   p.id IS NOT NULL AND (p.terminal_id IS NULL) <> %s
              FROM (
                    SELECT id FROM glase_transaction WHERE ers_reference = ANY(%s)
                    UNION
                    SELECT refund.id
                      FROM glase_transaction payment
                      JOIN glase_transaction refund ON refund.original_id = payment.id
                     WHERE payment.ers_reference = ANY(%s)
                   ) found
              JOIN glase_transaction t ON t.id = found.id
              JOIN res_currency c ON c.id = t.currency_id
              LEFT JOIN glase_transaction o ON o.id = t.original_id
              LEFT JOIN glase_period p ON p.id = t.period_id
             WHERE t.company_id = %s AND t.environment = %s
             ORDER BY t.id
            """,
            (
                self.terminal_id.id or None,
                self.account_id.id,
                self.marked_at or None,
                self.currency_id.name,
                not self.terminal_id,
                list(references),
                list(references),
                self.company_id.id,
                self.environment,
            ),
        )
        return [Entry(*row[:5], Decimal(row[5]), *row[6:]) for row in self.env.cr.fetchall()]

    def _report_unknown(self):
        """Money at Glase that the ledger does not know is a case that lists it."""
        lines = self.env["glase.period.line"]
        unknown = [
            ("period_id", "=", self.id),
            ("kind", "=", UNKNOWN),
            ("accepted_at", "=", False),
        ]
        [(count, total)] = lines._read_group(unknown, [], ["__count", "amount:sum"])
        if not count:
            return
        listed = [
            f"{line.reference} ({line.currency_id.format(line.amount)})"
            for line in lines.search(unknown, order="sequence, id", limit=LISTED)
        ]
        self.env["glase.case"]._report(
            "unknown_reference",
            self,
            amount=total,
            count=count,
            references=", ".join([*listed, "…"] if count > LISTED else listed),
        )
