from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import api, models

from ...glase.logs import get_logger
from ...glase.reports import DETAILS
from ...rules.reconciliation import (
    CONTRADICTION,
    REMATCHED,
    UNKNOWN,
    UNLISTED,
    Entry,
    Line,
    contradict,
    match,
    name_verified,
)
from ..cases import progress
from ..support import autonomous_transaction, managers
from .glase_period import RECONCILED

_logger = get_logger(__name__)

# So often two reports that contradict each other are fetched again.
CONTRADICTIONS = 3
CONTRADICTION_PAUSE = timedelta(seconds=60)
# So many unknown references a case lists.
LISTED = 20


# Periods with a line of which the ledger knows more than when it was matched.
OUTDATED = """
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
"""

# Rows of the ledger that carry one of some references, or give back what carries one.
ENTRIES = """
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
"""

# What verifications paid and gave back, unless a line has it already.
DONE_IN_VERIFICATIONS = """
    WITH bill AS (
        SELECT b.ers_reference, b.refund_reference, v.amount
          FROM glase_verification_bill b
          JOIN glase_verification v ON v.id = b.verification_id
         WHERE v.account_id = %(account)s AND v.environment = %(environment)s
           AND (b.ers_reference = ANY(%(wanted)s) OR b.refund_reference = ANY(%(wanted)s))
    ), done AS (
        SELECT ers_reference AS reference, amount FROM bill
        UNION SELECT ers_reference, -amount FROM bill
        UNION SELECT ers_reference, 0 FROM bill
        UNION SELECT refund_reference, -amount FROM bill WHERE refund_reference IS NOT NULL
    )
    SELECT reference, amount::text FROM done
     WHERE NOT EXISTS (
        SELECT FROM glase_period_line line
          JOIN glase_period period ON period.id = line.period_id
         WHERE line.kind = 'verification' AND line.reference = done.reference
           AND line.amount = done.amount AND period.account_id = %(account)s
           AND period.environment = %(environment)s
     )
"""


class GlasePeriod(models.Model):
    """The comparison of a period's reports with the ledger (``doc/ledger.md §15``).

    Set-based: a few statements for a period, however many rows it has. Fetching again adds what was
    not there yet, and replaces what Glase has corrected; it changes nothing else.
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
        contradictory = contradict(details, summary, self._is_same_sum)
        if contradictory and self.contradictions < CONTRADICTIONS:
            # One of the two may only be older than the other: nothing is concluded from them.
            self.write(
                {
                    "contradictions": self.contradictions + 1,
                    "next_try_at": self.fetched_at + CONTRADICTION_PAUSE,
                }
            )
            return
        self._conclude({CONTRADICTION: summary.total} if contradictory else {}, details)

    def _conclude(self, findings, details):
        """Say what differs, now that both reports of this period are taken in.

        :param dict findings: what is wrong with them as a whole; see :meth:`_store_findings`
        :param ReportContent details: the report with a row for each payment
        """
        settled = {"next_try_at": False, "tries": 0, "not_ready_count": 0}
        self.write({**settled, "state": RECONCILED})
        self._report_unknown()
        for period in self._outdated(self.company_id) - self:
            period._compare_again()
        self._settle_lost_mark()
        self._settle_lacking()
        if details.count and details.shape != DETAILS:
            findings[UNLISTED] = details.total
        self._store_findings(findings)
        self._sum_up()
        self._tell_result()

    def _is_same_sum(self, one, other):
        return not self.currency_id.compare_amounts(float(one), float(other))

    # === What the ledger learns later ===

    @api.model
    def _compare_outdated(self):
        """Compare the periods again about whose reports the ledger has learnt something."""
        outdated = autonomous_transaction.with_records(
            self.browse(), lambda periods: periods._outdated().ids
        )
        for period in self.browse(outdated):
            autonomous_transaction.with_records(
                period, lambda own: managers.for_reader(own)._compare_again()
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
            OUTDATED,
            {"kinds": list(REMATCHED), "companies": companies and companies.ids},
        )
        return self.browse(period_id for (period_id,) in self.env.cr.fetchall())

    # === The report's rows ===

    def _store_lines(self, rows):
        """Add the report's rows that are not there yet; a corrected one takes the place of the first."""
        have, sequence = self._stored_lines()
        new = []
        for row in rows:
            key = (row.reference, row.amount, row.terminal_id or "", row.cashier or "")
            if have[key]:
                have[key].pop()
                continue
            sequence += 1
            new.append((sequence, *key))
        if not new:
            return
        self._drop_corrected(have, new)
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

    def _stored_lines(self):
        """What earlier reports of this period had: the ids of the lines by what they say, and the last sequence.

        A line that somebody has accepted comes first: it stands for the row, should that come again.
        """
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT id, sequence, reference, amount::text, COALESCE(terminal_identifier, ''),
                   COALESCE(cashier, '')
              FROM glase_period_line WHERE period_id = %s AND origin = 'report'
             ORDER BY accepted_at IS NOT NULL, id DESC
            """,
            (self.id,),
        )
        have, last = defaultdict(list), 0
        for line, sequence, reference, amount, terminal, cashier in self.env.cr.fetchall():
            have[reference, Decimal(amount), terminal, cashier].append(line)
            last = max(last, sequence)
        return have, last

    def _drop_corrected(self, left, new):
        """Drop lines of which this report says something else; what they were about is matched anew.

        A row that this report does not have any more stays: Glase has reported it once. What
        somebody has accepted stays, too.

        :param dict left: ids of the lines that this report does not have, by what they say
        :param list new: its rows that were not there yet
        """
        corrected = {(reference, amount < 0) for _sequence, reference, amount, *_more in new}
        lines = [
            line
            for (reference, amount, *_more), found in left.items()
            if (reference, amount < 0) in corrected
            for line in found
        ]
        self.env.cr.execute(
            """
            WITH dropped AS (
                DELETE FROM glase_period_line
                 WHERE id = ANY(%s) AND accepted_at IS NULL RETURNING transaction_id
            )
            UPDATE glase_transaction row SET period_id = NULL
              FROM dropped
             WHERE row.period_id = %s AND dropped.transaction_id IN (row.id, row.original_id)
               AND NOT EXISTS (
                    SELECT FROM glase_period_line own
                     WHERE own.period_id = %s AND own.transaction_id = row.id
                       AND NOT own.id = ANY(%s)
               )
            """,
            (lines, self.id, self.id, lines),
        )
        if lines:
            _logger.info("Report corrected %s rows: period %s", len(lines), self.id)

    def _match_lines(self):
        """Match what is not matched yet, in one go."""
        lines = self._lines_to_match()
        if not lines:
            return
        matches = self._match(lines)
        updates = [
            (one.line.id, one.kind, one.entry.id if one.entry else None, one.known_amount())
            for one in matches
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
        reported = [entry.id for one in matches for entry in one.entries]
        self.env.cr.execute(
            "UPDATE glase_transaction SET period_id = %s WHERE id = ANY(%s)", (self.id, reported)
        )
        self.env.invalidate_all()

    def _lines_to_match(self):
        """This report's lines that have no kind yet, or one that may become another.

        :rtype: list[reconciliation.Line]
        """
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
        return [
            Line(line, reference, Decimal(amount), terminal or own_terminal)
            for line, reference, amount, terminal in self.env.cr.fetchall()
        ]

    def _match(self, lines):
        """Match lines of this period's report with the ledger, and with what verifications did.

        :param lines: list of ``reconciliation.Line``
        :rtype: list[reconciliation.Match]
        """
        self.ensure_one()
        found = match(lines, self._entries({line.reference for line in lines}))
        unknown = {one.line.reference for one in found if one.kind == UNKNOWN}
        return name_verified(found, self._done_in_verifications(unknown))

    def _entries(self, references):
        """The company's rows of the ledger that carry one of these references."""
        self.env.flush_all()
        self.env.cr.execute(
            ENTRIES,
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

    def _done_in_verifications(self, references):
        """What verifications of this account did with some references, unless a line has it already.

        In a whole shop's report only: a till's does not have it.

        :param set references: of Glase
        :return: pairs of a reference and a Decimal, below zero for a refund, 0 for a payment that
            is reported less its refund
        :rtype: set
        """
        if not references or self.terminal_id:
            return set()
        self.env.flush_all()
        self.env.cr.execute(
            DONE_IN_VERIFICATIONS,
            {
                "account": self.account_id.id,
                "environment": self.environment,
                "wanted": list(references),
            },
        )
        return {(reference, Decimal(amount)) for reference, amount in self.env.cr.fetchall()}

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
        progress.open_case(
            "unknown_reference",
            self,
            amount=total,
            count=count,
            references=", ".join([*listed, "…"] if count > LISTED else listed),
        )
