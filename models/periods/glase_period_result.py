from collections import defaultdict
from typing import NamedTuple

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from ...rules import case_kinds, state_machine
from ...rules.reconciliation import (
    AWAITED,
    FORCED,
    LACKING,
    LATE,
    MISSING,
    OVERLAP,
    UNDECIDABLE,
    UNKNOWN,
    UNREPORTED,
    VERIFICATION,
)
from ...rules.reconciliation import DIFFERENCES as DIFFERENT
from ..cases import progress
from ..ledger import row_money
from ..support import managers
from ..support.sentences import lasting
from .glase_period import COMPARED, DIFFERENCES, MARK_UNKNOWN, RECONCILED
from .glase_period_job import ASK_AGAIN_PAUSES
from .glase_period_line import LEDGER, REPORT, SUMMARY, sentence
from .scope import not_reported

# Said in the language of whoever settles the case.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

# Rows by the first period that should have them, and whether the report of the next one is there too.
DUE = """
    WITH due AS (
        SELECT row.id, period.id AS period_id,
               period.state IN %(compared)s AS is_there,
               period.fetched_at, period.asked_again, period.asked_again_at,
               ROW_NUMBER() OVER (
                   PARTITION BY row.id ORDER BY period.mark_sent_at, period.id
               ) AS nth
          FROM glase_transaction row
          LEFT JOIN glase_transaction original ON original.id = row.original_id
          JOIN glase_period period
            ON period.identifier IS NOT NULL AND period.mark_sent_at >= row.ended_at
           AND (period.terminal_id = row.terminal_id
                OR period.terminal_id IS NULL AND period.account_id = row.account_id
               AND period.environment = row.environment)
         WHERE row.id IN %(rows)s
           AND NOT EXISTS (
                SELECT FROM glase_period_line line
                 WHERE line.reference IN (row.ers_reference, original.ers_reference)
                   AND line.kind = %(undecidable)s AND line.company_id = row.company_id
                   AND (line.amount >= 0 OR row.kind = %(refund)s)
           )
    )
    SELECT first.id, first.period_id,
           first.asked_again_at >= second.fetched_at
               AND (first.fetched_at >= second.fetched_at
                    OR first.asked_again >= %(enough)s),
           second.is_there
      FROM due first
      LEFT JOIN due second ON second.id = first.id AND second.nth = 2
     WHERE first.nth = 1 AND first.is_there
     ORDER BY first.id
"""


class Lacking(NamedTuple):
    """A row of the ledger that no report has had, although it should.

    :ivar period_id: the period whose report it is due in
    :ivar kind: awaited, or missing
    :ivar is_to_ask: whether that report is to be fetched again before anything is concluded
    """

    row_id: int
    period_id: int
    kind: str
    is_to_ask: bool


class GlasePeriod(models.Model):
    """What a report lacks, and what comes of it all (``doc/ledger.md §15``)."""

    _inherit = "glase.period"

    # === What the report should have had ===

    def _lacking(self):
        """Rows of the ledger that this period covers and that no report has had, although it should.

        A row is due in the first period that was marked after it ended. While that one's report is
        out nothing is lacking. Once the report of the period after it is there too, and its own was
        fetched again since then (or could not be, however often it was asked for), it is missing.
        What a line that cannot be told apart may be about lacks nothing but the answer.

        :rtype: list[Lacking]
        """
        self.ensure_one()
        rows = self.env["glase.transaction"]._search(self._covered() & not_reported())
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                DUE,
                rows=rows.subselect(),
                compared=COMPARED,
                enough=len(ASK_AGAIN_PAUSES),
                undecidable=UNDECIDABLE,
                refund=state_machine.REFUND,
            )
        )
        return [
            Lacking(
                row,
                period,
                MISSING if next_is_there and asked else AWAITED,
                bool(next_is_there and not asked),
            )
            for row, period, asked, next_is_there in self.env.cr.fetchall()
        ]

    def _may_come_yet(self):
        """Whether these reports lack something that they may have when they are fetched again."""
        self.ensure_one()
        not_accepted = Domain("accepted_at", "=", False)
        own = Domain("period_id", "=", self.id) & Domain("kind", "in", list(LACKING))
        lost = self.search(self._unanswered_before())
        stranded = Domain("period_id", "in", lost.ids) & Domain("kind", "=", UNREPORTED)
        return bool(
            self.env["glase.period.line"].search_count(not_accepted & (own | stranded), limit=1)
        )

    def _unanswered_before(self):
        """The periods since the last mark that was answered before this one: a domain."""
        self.ensure_one()
        of_scope = self._scope().periods()
        before = of_scope & Domain("mark_sent_at", "<", self.mark_sent_at)
        # Rows from before a mark that was answered are in that period's report, not in this one.
        answered = self.search(
            before & Domain("identifier", "!=", False), order="mark_sent_at DESC", limit=1
        )
        if answered:
            before &= Domain("mark_sent_at", ">", answered.mark_sent_at)
        return before

    def _settle_lost_mark(self):
        """Decide by this report whether the marks that were not answered have happened."""
        # The oldest first: what it may have taken with it is not in those after it.
        unanswered = self._unanswered_before() & Domain("state", "=", MARK_UNKNOWN)
        for lost in self.search(unanswered, order="mark_sent_at"):
            self._settle_one_lost_mark(lost)

    def _settle_one_lost_mark(self, lost):
        rows = self.env["glase.transaction"]
        reported = rows.search([("period_id", "=", self.id), ("ended_at", "<=", lost.mark_sent_at)])
        # A search knows whole seconds only.
        before = reported.filtered(lambda row: row.ended_at <= lost.mark_sent_at)
        # What an earlier report lacks was not in the lost period.
        lacking = [one.row_id for one in self._lacking() if one.period_id == self.id]
        stranded = rows.browse(lacking).filtered(lambda row: row.ended_at <= lost.mark_sent_at)
        values = {"fetched_at": self.fetched_at, "state": RECONCILED}
        if before or not stranded:
            values["message"] = _lt("This mark never happened: the next period has its rows.")
            lost.write(values)
            return
        lost._add_ledger_lines(stranded, UNREPORTED)
        stranded.write({"period_id": lost.id})
        lost.write({**values, "state": DIFFERENCES})
        lost._sum_up()
        progress.open_case("period_lost", lost, amount=lost.ledger_total)

    def _settle_lacking(self):
        """What reports lack came with another one, is awaited, or is missing.

        Whatever the order in which the reports of this registration or shop arrive.
        """
        lines = self.env["glase.period.line"].search(
            Domain("transaction_id", "any", self._covered())
            & Domain("kind", "in", [AWAITED, MISSING, UNREPORTED])
        )
        changed = lines.filtered(lambda line: line._has_come())
        changed._came_late()
        waiting = {line.transaction_id.id: line for line in lines - changed}
        changed |= self._settle_forced()
        lacking = self._lacking()
        changed |= self._list_lacking(lacking, waiting)
        missing = changed.filtered(lambda line: line.kind == MISSING and not line.accepted_at)
        for row in missing.transaction_id:
            progress.open_case("not_reported", row)
        others = changed.period_id - self
        others._sum_up()
        others._tell_result()
        self.browse({one.period_id for one in lacking if one.is_to_ask})._ask_again_now()

    def _list_lacking(self, lacking, waiting):
        """Say with a line of its period for each row that is lacking what it is.

        :param lacking: what :meth:`_lacking` returned
        :param dict waiting: the line that a row has already, by the row's id
        :return: the lines that have changed, or are new
        """
        rows = self.env["glase.transaction"]
        changed = self.env["glase.period.line"]
        new = defaultdict(rows.browse)
        for one in lacking:
            line = waiting.get(one.row_id)
            if not line:
                new[one.period_id, one.kind] |= rows.browse(one.row_id)
            elif one.kind == MISSING and line.kind == AWAITED:
                changed |= line
                line.kind = MISSING
        for (period_id, kind), some in new.items():
            changed |= self.browse(period_id)._add_ledger_lines(some, kind)
        return changed

    def _settle_forced(self):
        """What counts as paid and is not confirmed by Glase is a difference, until Glase confirms it.

        In the first period that was marked after a manager's word, as any other money.

        :return: the lines that have changed, or are new
        """
        covered = Domain("transaction_id", "any", self._covered())
        lines = self.env["glase.period.line"].search(covered & Domain("kind", "=", FORCED))
        confirmed = lines.filtered(lambda line: line.transaction_id.state == state_machine.PAID)
        confirmed._came_late()
        changed = confirmed
        unconfirmed = self._covered() & Domain("forced_at", "!=", False)
        unconfirmed &= Domain("state", "!=", state_machine.PAID)
        marked = self._scope().periods() & Domain("identifier", "!=", False)
        forced = self.env["glase.transaction"].search(unconfirmed) - lines.transaction_id
        for row in forced.filtered(lambda row: row._counts_as_paid()):
            since = Domain("mark_sent_at", ">", row.forced_at)
            period = self.search(marked & since, order="mark_sent_at, id", limit=1)
            if period.state in COMPARED:
                changed |= period._add_ledger_lines(row, FORCED)
        return changed

    def _add_ledger_lines(self, rows, kind):
        sign = {state_machine.PAYMENT: 1, state_machine.REFUND: -1}
        return self.env["glase.period.line"].create(
            [
                {
                    "period_id": self.id,
                    "origin": LEDGER,
                    "sequence": 1_000_000 + index,
                    "reference": row.ers_reference,
                    "ledger_amount": sign[row.kind] * row_money.taken_amount(row),
                    "cashier": row.cashier,
                    "terminal_identifier": row.terminal_identifier,
                    "transaction_id": row.id,
                    "kind": kind,
                }
                for index, row in enumerate(rows)
            ]
        )

    # === The result ===

    def _glase_to_settle(self):
        """What an activity says of this period, in the reader's language."""
        if self.state == DIFFERENCES:
            return self.env._("Glase and Odoo differ. %s", self.message or "")
        return self.env._("Glase period not settled: %s", self.message or "")

    def _tell_result(self):
        """Put what differs before a manager; once nothing does, that is done."""
        for period in self.filtered(lambda period: period.state == DIFFERENCES):
            managers.tell(period)
        managers.told(self.filtered(lambda period: period.state == RECONCILED))

    def _store_findings(self, findings):
        """Keep what is wrong with Glase's reports as a whole as lines: they are decided like any other.

        One that is not found again has come right; one that says something else is to be decided anew.

        :param dict findings: by the kind of line: Glase's sum
        """
        self.ensure_one()
        lines = self.env["glase.period.line"]
        known = {
            line.kind: line
            for line in self.line_ids.filtered(lambda line: line.origin == SUMMARY)
            if line.kind != LATE
        }
        for kind in known.keys() - findings.keys():
            known[kind].kind = LATE
        for kind, total in findings.items():
            line = known.get(kind, lines)
            if line and not self.currency_id.compare_amounts(line.amount, float(total)):
                continue
            line.write({"kind": LATE})
            lines.create(
                {
                    "period_id": self.id,
                    "origin": SUMMARY,
                    "sequence": 2_000_000,
                    "amount": float(total),
                    "kind": kind,
                }
            )

    def _sum_up(self):
        """Count what was found, and say whether all matches where the report is compared already."""
        lines = self.env["glase.period.line"]
        for period in self:
            of_period = [("period_id", "=", period.id)]
            differing = [("kind", "in", list(DIFFERENT)), ("accepted_at", "=", False)]
            in_ledger = Domain("origin", "=", LEDGER) | self._is_known()
            counted = Domain(of_period) & in_ledger & Domain("kind", "!=", LATE)
            [(count, total)] = lines._read_group(counted, [], ["__count", "ledger_amount:sum"])
            differences = lines.search_count([*of_period, *differing])
            unknown = [*of_period, ("kind", "=", UNKNOWN), ("accepted_at", "=", False)]
            if not lines.search_count(unknown, limit=1):
                words = _lt("Each of them is matched or accepted now.")
                period._settle_cases(case_kinds.LINES_KNOWN, words)
            if not lines.search_count([*of_period, ("kind", "=", UNREPORTED)], limit=1):
                words = _lt("Later reports have all of it.")
                period._settle_cases(case_kinds.ROWS_REPORTED, words)
            period.write(
                {
                    "ledger_total": total,
                    "ledger_count": count,
                    "difference_count": differences,
                    "awaited_count": lines.search_count([*of_period, ("kind", "=", AWAITED)]),
                }
            )
            if period.state in COMPARED:
                words = managers.for_reader(period)._words_of_result()
                period.write({"state": DIFFERENCES if words else RECONCILED, "message": words})
                period._plan_to_ask_again()

    def _settle_cases(self, what, note):
        """Close this period's open cases that something ends: there is nothing left to ask Glase about.

        :param str what: for ``case_kinds.ended_by``
        """
        kinds = case_kinds.ended_by(what)
        of_period = [("period_id", "=", self.id), ("kind", "in", list(kinds))]
        progress.settle(self.env["glase.case"].search(of_period), note)

    @staticmethod
    def _is_known():
        """Lines about a row of the ledger, or about a verification: a domain."""
        return Domain("transaction_id", "!=", False) | Domain("kind", "=", VERIFICATION)

    def _report_total_of(self, sessions, since=None, until=None):
        """What Glase's reports have for sessions; 0 without a report.

        :param self: the periods of one environment and currency that end these sessions
        :param sessions: whose money it is
        :param since: naive UTC datetime: only what moved from then on until ``until``, and of what
            matches nothing, what the periods have that were marked then
        :return: a sum in the currency of the periods, refunds taken off
        :rtype: float
        """
        lines = self.env["glase.period.line"].sudo()
        of_sessions = [
            ("origin", "=", REPORT),
            ("kind", "!=", OVERLAP),
            ("transaction_id.counted_session_id", "in", sessions.ids),
            ("period_id.environment", "in", self.mapped("environment")),
            ("period_id.currency_id", "in", self.currency_id.ids),
        ]
        own = self.filtered(lambda period: period.session_ids <= sessions)
        if since:
            of_sessions.append(("transaction_id.ended_at", ">=", since))
            of_sessions.append(("transaction_id.ended_at", "<", until))
            own = own.filtered(lambda period: since <= period.mark_sent_at < until)
        total = sum(dict(lines._read_group(of_sessions, ["period_id"], ["amount:sum"])).values())
        known = Domain("period_id", "in", own.ids) & self._is_known()
        [(matched,)] = lines._read_group(Domain("origin", "=", REPORT) & known, [], ["amount:sum"])
        return total + sum(own.mapped("report_total")) - matched

    def _words_of_result(self):
        self.ensure_one()
        whole = self.line_ids.filtered(lambda line: line.origin == SUMMARY and line.is_difference)
        if whole:
            return sentence(whole[0])
        if self.difference_count:
            return lasting(self.env, _lt("Differences to decide: %s.", self.difference_count))
        return False
