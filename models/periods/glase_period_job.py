import base64
import threading
import time
from datetime import timedelta

import psycopg2

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from ...glase import Unreadable, new_client_reference
from ...glase.codes import REPORT_NOT_READY
from ...glase.logs import get_logger
from ...glase.reports import (
    SHOP_DETAILS,
    SHOP_SUMMARY,
    TERMINAL_DETAILS,
    TERMINAL_SUMMARY,
    read_report,
)
from ...rules import state_machine
from ..accounts import glase_connection
from ..cases import progress
from ..ledger.exchange import MARK, REPORT, Exchange
from ..support import autonomous_transaction, clock, cron, managers
from .glase_period import COMPARED, FAILED, MARK_UNKNOWN, MARKED, MARKING, TO_MARK
from .scope import Scope, not_reported, open_sessions

# Said in the language of whoever settles the period.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

_LARGE = _lt("Glase's report cannot be read: it is larger than a report can be.")
_NOT_XML = _lt("Glase's report cannot be read: it is not XML.")
_BROKEN = _lt(
    "Glase's report cannot be read: its rows or sums are incomplete, or contradict each other."
)
# By the reason of :class:`Unreadable`.
UNREADABLE = {
    "not_xml": _NOT_XML,
    "dtd": _NOT_XML,
    "too_big": _LARGE,
    "too_long": _LARGE,
    "no_report": _lt("Glase's report cannot be read: it is not a reconciliation report."),
    "other": _lt("Glase's report cannot be read: it is of another period or another till."),
    "amount": _BROKEN,
    "contradiction": _BROKEN,
    "missing": _BROKEN,
    "mixed": _BROKEN,
}

_logger = get_logger(__name__)

BATCH = 100
# A report is asked for after 3 seconds, and again each 3 seconds for a minute (doc/protocol.md §4.14).
REPORT_PAUSE = timedelta(seconds=3)
PATIENT_TRIES = 20
# Then, and after any other failure, with growing pauses; after the last one a person must look.
LATER_PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 60, 120, 240, 480))
# A report that lacks something is asked for again after the first of these, and so on.
ASK_AGAIN_PAUSES = tuple(timedelta(minutes=m) for m in (5, 15, 60, 240, 720, 1440, 1440, 1440))
MARK_AGAIN_AFTER = timedelta(seconds=60)
# In which a period has a next step, if a time stands for it.
WORKED = (TO_MARK, MARKING, MARKED, *COMPARED)
# How long the job waits by itself for what is due in seconds (real time).
JOB_SECONDS = 50
NEAR_SECONDS = 5


class GlasePeriod(models.Model):
    """The conversations about a period: mark it, fetch its reports (``doc/ledger.md §15``).

    As in the ledger no transaction is open around a call, and each step is committed before the
    next. A mark that was not answered is never repeated: a new period takes its place.
    """

    _inherit = "glase.period"

    @api.model
    def _cron_periods(self):
        """Work all periods that are due, and those that are due in a moment."""
        until = time.monotonic() + JOB_SECONDS
        while True:
            self._work_due()
            due_in = autonomous_transaction.with_records(
                self, lambda periods: periods._seconds_to_next()
            )
            if due_in is None or due_in > NEAR_SECONDS or time.monotonic() + due_in > until:
                break
            threading.Event().wait(due_in)
        if due_in is not None:
            at = clock.now(self.env.cr) + timedelta(seconds=due_in)
            cron.wake(self.env, "cron_periods", at)

    @api.model
    def _work_due(self):
        """Take the next step of each period that is due now."""
        self._compare_outdated()
        autonomous_transaction.with_records(self, lambda periods: periods._make_for_left_behind())
        self._release_shops()
        for _index in range(BATCH):
            step = autonomous_transaction.with_records(self, lambda periods: periods._claim_next())
            if not step:
                return
            action, period_id, lang = step
            # A job has no language: what it says is read in the back office.
            period = self.with_context(lang=lang).browse(period_id)
            if action == "mark":
                period._mark()
            elif action == "fetch":
                period._fetch()

    @api.model
    def _seconds_to_next(self):
        following = self.search(
            [("state", "in", list(WORKED)), ("next_try_at", "!=", False)],
            order="next_try_at",
            limit=1,
        )
        if not following:
            return None
        wait = (following.next_try_at - clock.now(self.env.cr)).total_seconds()
        return max(wait, 0.0)

    @api.model
    def _claim_next(self):
        """Claim the next step that is due, so that no other worker takes it.

        :return: ``(action, period id, language of who reads of it)`` or None
        """
        now = clock.now(self.env.cr)
        period = cron.next_due(self, WORKED, now)
        if not period:
            return None
        period = managers.for_reader(period)
        return period._claim(now), period.id, period.env.lang

    def _claim(self, now):
        """Claim the next step of this period, which is due and locked.

        :return: what it is
        """
        if self.state == MARKED or self.state in COMPARED:
            values = {"next_try_at": now + MARK_AGAIN_AFTER}
            if self.fetched_at:
                values.update(asked_again=self.asked_again + 1, asked_again_at=now)
            self.write(values)
            return "fetch"
        if self.state == MARKING:
            # Whoever was marking it is gone, and with it the answer.
            self._lose_mark()
            return "lost"
        self.write(
            {
                "state": MARKING,
                "mark_sent_at": now,
                "call_reference": glase_connection.sent_reference(
                    self.account_id, new_client_reference()
                ),
                "next_try_at": now + MARK_AGAIN_AFTER,
            }
        )
        return "mark"

    # === Before anything is marked ===

    @api.model
    def _make_for_left_behind(self):
        """Make the periods that no closing will make.

        Of money that moved after its session was closed, and of money without a session.
        """
        behind = Domain("session_id", "=", False) | Domain("session_id.state", "=", "closed")
        groups = self.env["glase.transaction"]._read_group(
            behind & not_reported(), ["account_id", "terminal_id"]
        )
        for scope in {Scope.of(*group) for group in groups}:
            rows = scope.unmarked_rows(behind)
            waiting = self._waiting(scope)
            if rows and (not waiting or rows.session_id - waiting.session_ids):
                self._make(scope.account, scope.terminal, rows.session_id)

    @api.model
    def _release_shops(self):
        """Mark the periods of shops in which no till is open any more, without further waiting.

        Decided in fresh transactions under the account's lock. Others keep their time of day, and
        one that takes the place of an unanswered mark its minute.
        """
        waiting = [
            ("state", "=", TO_MARK),
            ("terminal_id", "=", False),
            ("replaces_id", "=", False),
            ("tries", "=", 0),
        ]
        ids = autonomous_transaction.with_records(self, lambda periods: periods.search(waiting).ids)
        for period in self.browse(ids):
            autonomous_transaction.with_records(period, lambda own: own._release_shop())

    def _release_shop(self):
        self.ensure_one()
        autonomous_transaction.lock(self.account_id)
        now = clock.now(self.env.cr)
        if self.state != TO_MARK or self.next_try_at <= now:
            return
        if not open_sessions(self.account_id):
            self.next_try_at = now

    # === Mark ===

    def _mark(self):
        def claim(own):
            terminal = own.terminal_id.terminal_identifier or None
            return own.id, Exchange(own, MARK, own.call_reference).bound(own, terminal)

        Exchange(self, MARK).run(claim, _store_mark)

    def _caller(self, _operation):
        """Who makes each call about this period: client and principal, see ``exchange.py``."""
        self.ensure_one()
        account, terminal = self.account_id, self.terminal_id
        account._check_speaks_for(self.environment, terminal)
        client = terminal._client() if terminal else glase_connection.client_for(account)
        return client, glase_connection.reseller(account)

    def _marked(self, evidence, identifier, words):
        """Store the answer to a mark."""
        self.ensure_one()
        autonomous_transaction.lock(self)
        now = clock.now(self.env.cr)
        if identifier and self._is_of_another(identifier):
            return
        if identifier:
            # By itself: what else is written reads the books, and that flushes.
            self.identifier = identifier
            autonomous_transaction.flush_unique(self)
            self.write(
                {
                    "state": MARKED,
                    "marked_at": now,
                    "next_try_at": now + REPORT_PAUSE,
                    "tries": 0,
                    "message": False,
                }
            )
        elif self.state != MARKING:
            return
        elif state_machine.proves_failure(evidence):
            # If another session has closed meanwhile, one mark ends both.
            self.write(self._to_mark_again())
            if self.state == TO_MARK:
                self._try_later(words)
        else:
            self._lose_mark()

    def _is_of_another(self, identifier):
        """Whether Glase answered a mark with the id of another period: it is not known what it did.

        The answer stands in the case. It is marked again once; a Glase that says the same then is
        asked by the next closing.
        """
        same = Domain("environment", "=", self.environment) & Domain("identifier", "=", identifier)
        other = self.search(same & Domain("id", "!=", self.id), limit=1)
        if not other:
            return False
        case = progress.open_case(
            "reference_twice",
            self,
            amount=0.0,
            named=identifier,
            other=other.display_name,
        )
        if self.state == MARKING:
            self._lose_mark(case.summary, again=not self.replaces_id)
        return True

    def _lose_mark(self, words=None, again=True):
        """Nobody knows whether this period was marked: after a minute a new one takes its place.

        :param str words: what was heard, for a person
        :param bool again: whether a new one is made
        """
        self.ensure_one()
        self.write(
            {
                "state": MARK_UNKNOWN,
                "next_try_at": False,
                "message": words or _lt("Glase did not answer. The period is marked again."),
            }
        )
        if not again:
            return
        following = self._make(self.account_id, self.terminal_id, self.session_ids, replaces=self)
        following.next_try_at = clock.now(self.env.cr) + MARK_AGAIN_AFTER

    def _try_later(self, words, patient=False):
        """Wait before the next try, longer each time; give up loudly after the last.

        :param str words: what went wrong, for a person
        :param bool patient: nothing went wrong, it only is not ready yet: that is asked for again
            some times without a growing pause
        """
        self.ensure_one()
        if self.state in COMPARED:
            # What is known stays; nothing came that could say more.
            self._settle_lacking()
            self.next_try_at = False
            self._sum_up()
            self._tell_result()
            return
        now = clock.now(self.env.cr)
        values = {"message": words}
        if patient and self.not_ready_count < PATIENT_TRIES:
            values.update(not_ready_count=self.not_ready_count + 1, next_try_at=now + REPORT_PAUSE)
        elif self.tries < len(LATER_PAUSES):
            values.update(tries=self.tries + 1, next_try_at=now + LATER_PAUSES[self.tries])
        else:
            values.update(state=FAILED, next_try_at=False)
        self.write(values)
        if self.state == FAILED:
            managers.tell(self)

    # === Fetch ===

    def _plan_to_ask_again(self):
        """Ask for the reports again where they lack something: a row may only come late.

        Asked with growing pauses, and no more after the last of them; by hand at any time.
        """
        for period in self.filtered(lambda one: one.identifier and one.state in COMPARED):
            if not period._may_come_yet():
                period.write({"next_try_at": False, "asked_again": 0})
            elif not period.next_try_at and period.asked_again < len(ASK_AGAIN_PAUSES):
                pause = ASK_AGAIN_PAUSES[period.asked_again]
                period.next_try_at = clock.now(self.env.cr) + pause
                self._wake()

    def _ask_again_now(self):
        """Ask for the reports again before anything that they lack is called missing."""
        if self:
            self.next_try_at = clock.now(self.env.cr)
            self._wake()

    def _fetch(self):
        fetched = {}
        plan = autonomous_transaction.with_records(self, lambda own: own._report_plan())
        for what, (exchange, call) in plan.items():
            heard = exchange.hear(self.id, call)
            if heard.error:
                self._not_fetched(heard)
                return
            fetched[what] = heard.answer.report.content
        try:
            autonomous_transaction.with_records(self, lambda own: own._heard(fetched))
        except (UserError, ValueError, psycopg2.Error) as error:
            # One report that cannot be stored holds up no other till's.
            _logger.exception("Report not taken in: period %s", self.id)
            words = self.env._("Glase's report could not be stored: %s", error)
            autonomous_transaction.with_records(self, lambda own: own._try_later(words))

    def _not_fetched(self, heard):
        patient = heard.evidence.code == REPORT_NOT_READY
        words = _lt("Glase's report is not ready yet.") if patient else heard.message
        autonomous_transaction.with_records(self, lambda own: own._try_later(words, patient))

    def _report_plan(self):
        """The two reports of this period: exchange and call, by what they are."""
        wanted = {"transactionPeriodId": self.identifier}
        report_ids = {"details": SHOP_DETAILS, "summary": SHOP_SUMMARY}
        terminal = self.terminal_id.terminal_identifier
        if terminal:
            wanted["TERMINALID"] = terminal
            report_ids = {"details": TERMINAL_DETAILS, "summary": TERMINAL_SUMMARY}
        language = (self.env.lang or "en")[:2]
        plan = {}
        for what, report_id in report_ids.items():
            exchange = Exchange(self, REPORT)
            plan[what] = exchange, exchange.bound(self, report_id, wanted, language)
        return plan

    def _heard(self, fetched):
        """Take reports in, unless they cannot be read and others were compared already."""
        self.ensure_one()
        autonomous_transaction.lock(self)
        if self.state in COMPARED and not self._is_readable(*fetched.values()):
            self._try_later(None)
            return
        self._take_in(fetched)

    def _take_in(self, fetched):
        """Keep both reports as they came, and compare them with the ledger.

        :param dict fetched: the content of both reports (bytes): ``details`` and ``summary``
        """
        self.ensure_one()
        autonomous_transaction.lock(self)
        details, summary = fetched["details"], fetched["summary"]
        self.write(
            {
                "fetched_at": clock.now(self.env.cr),
                "details_id": self._keep("details", details, self.details_id),
                "summary_id": self._keep("summary", summary, self.summary_id),
            }
        )
        try:
            contents = self._read_own(details), self._read_own(summary)
        except Unreadable as error:
            self.write({"state": FAILED, "next_try_at": False})
            self.message = UNREADABLE.get(error.reason, _BROKEN)
            managers.tell(self)
            return
        self._reconcile(*contents)

    def _is_readable(self, *reports):
        try:
            return all(self._read_own(report) for report in reports)
        except Unreadable:
            return False

    def _read_own(self, content):
        """Read a report of this period.

        :raises Unreadable: also if it says that it is of another period or till
        """
        report = read_report(content)
        terminal = self.terminal_id.terminal_identifier
        if report.period_id and report.period_id != self.identifier:
            raise Unreadable(reason="other", detail="of another period")
        if terminal and report.terminal_id and report.terminal_id != terminal:
            raise Unreadable(reason="other", detail="of another terminal")
        return report

    def _keep(self, what, content, attachment):
        """Keep a report as it came; a browser never shows it as a page.

        :param bytes content: the report
        :param attachment: where an earlier fetch was kept, replaced by this one
        :return: the id of the attachment
        """
        values = {"datas": base64.b64encode(content), "mimetype": "text/plain"}
        if attachment:
            attachment.write(values)
            return attachment.id
        name = f"glase-{self.identifier}-{what}.xml"
        kept = {"name": name, "res_model": self._name, "res_id": self.id, **values}
        return self.env["ir.attachment"].create(kept).id


def _store_mark(period, heard):
    identifier = heard.answer and heard.answer.transaction_period_id
    period._marked(heard.evidence, identifier, heard.message)
