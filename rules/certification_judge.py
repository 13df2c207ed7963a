"""How a step of the sheet is judged by what was heard: pure functions, without a database."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from . import state_machine
from .certification_request import look
from .certification_sheet import FAILED, OK

POLL_PAUSE = timedelta(seconds=1)
REPORT_PAUSE = timedelta(seconds=3)
QUIET_FOR = timedelta(seconds=30)
# How long a person has to scan and pay.
SCAN_WITHIN = timedelta(minutes=5)
# How long an answer is waited for that Glase must give by itself.
ANSWER_WITHIN = timedelta(seconds=60)
NOT_READY = 2
_CENT = Decimal("0.01")
# What a success names, where it names something.
_NAMED = (
    ("terminal_id", "terminal"),
    ("invoice_reference", "invoice"),
    ("transaction_period_id", "period"),
    ("ers_reference", "reference"),
)
_OWN_REFERENCE = re.compile(r"<clientReference>[^<]*</clientReference>")


@dataclass(frozen=True)
class Heard:
    """One answer of Glase, or the lack of one.

    ``words`` says in English what an error means; ``answer`` is the client's, if there was one;
    ``report`` is what the answer's report says, ``unreadable`` why it cannot be read; ``request``
    and ``response`` are what travelled, with every secret masked; ``call`` is the operation's element
    in the request, None if nothing was sent.
    """

    evidence: state_machine.Evidence
    words: str = ""
    answer: object = None
    report: object = None
    unreadable: str = ""
    reference: str = ""
    seconds: float = 0.0
    request: str = ""
    response: str = ""
    call: object = None

    @property
    def outcome(self):
        """How the call ended, see ``state_machine.OUTCOMES``."""
        return self.evidence.outcome

    @property
    def code(self):
        """Glase's result code; None without an answer."""
        return self.evidence.code

    @property
    def succeeded(self):
        """Whether Glase did what it was asked to."""
        return self.outcome == state_machine.ANSWER and self.code == 0


@dataclass(frozen=True)
class Verdict:
    """``state`` is ok, failed or None: not decided yet, ask again after ``pause``.

    ``deviations``: what was otherwise than the sheet says, although the step did what it should.
    """

    state: str | None
    words: str = ""
    pause: timedelta = timedelta(0)
    deviations: tuple = ()


def judge(step, heard, since, form):
    """Judge what was sent and heard in a step.

    :param SheetStep step: the step of the sheet
    :param Heard heard: the last request and its answer
    :param timedelta since: how long the step is under way
    :param Form form: what the sheet wants to read in each request
    :rtype: Verdict
    """
    verdict = JUDGES[step.expects](heard, since)
    seen = look(step.operation, heard.call, form)
    if seen.faults:
        words = [verdict.words] if verdict.state == FAILED else []
        words.append(f"Not as the sheet asks: {'; '.join(seen.faults)}")
        verdict = Verdict(FAILED, ". ".join(words))
    return replace(verdict, deviations=seen.deviations)


def is_repeated(one, other):
    """Whether two requests and their answers say the same.

    All that travelled is compared, but for the reference that each call has of its own: what is about
    another invoice, or a later state of it, is never taken for the same.

    :param one: has ``outcome``, ``code``, ``words``, ``request`` and ``response``
    :param other: the same
    """
    return _told(one) == _told(other)


def _told(call):
    texts = (_OWN_REFERENCE.sub("", text or "") for text in (call.request, call.response))
    return (call.outcome, call.code or 0, call.words or "", *texts)


def refuses(heard):
    """Whether Glase will answer the same when it is asked again."""
    return heard.outcome == state_machine.ANSWER and heard.code in state_machine.SETUP_CODES


def _success(heard, _since):
    if not heard.succeeded:
        return Verdict(FAILED, heard.words)
    for name, label in _NAMED:
        value = getattr(heard.answer, name, None)
        if value:
            return Verdict(OK, f"Success, {label} {value}")
    return Verdict(OK, "Success")


def _is(*wanted):
    """A judge of an answer whose status must be one of these."""

    def judge_status(heard, _since):
        status = heard.evidence.status or "no status"
        if not heard.succeeded:
            return Verdict(FAILED, heard.words)
        if status in wanted:
            return Verdict(OK, f"Status {status}")
        return Verdict(FAILED, f"Status {status} instead of {wanted[0]}")

    return judge_status


def _paid(heard, since):
    status = heard.evidence.status if heard.succeeded else None
    if status == "PAID":
        reference = heard.evidence.ers_reference
        if reference:
            return Verdict(OK, f"Status PAID, reference {reference}")
        return Verdict(FAILED, "Status PAID, but without an ersReference")
    if status in state_machine.UNPAID_STATUSES:
        return Verdict(FAILED, f"Status {status}: it was not paid")
    if refuses(heard):
        return Verdict(FAILED, heard.words)
    if since <= SCAN_WITHIN:
        return Verdict(None, heard.words, POLL_PAUSE)
    seen = f"the status is {status}" if heard.succeeded else heard.words
    return Verdict(FAILED, f"Nobody has paid within {SCAN_WITHIN.seconds // 60} minutes: {seen}")


def _unpaid_for_30_seconds(heard, since):
    if heard.succeeded and heard.evidence.status != "ISSUED":
        return Verdict(FAILED, f"Status {heard.evidence.status} instead of ISSUED")
    if refuses(heard):
        return Verdict(FAILED, heard.words)
    if since >= QUIET_FOR and heard.succeeded:
        return Verdict(OK, f"Status ISSUED after {QUIET_FOR.seconds} seconds without a payment")
    if since < QUIET_FOR + ANSWER_WITHIN:
        return Verdict(None, heard.words, POLL_PAUSE)
    return Verdict(FAILED, heard.words)


def _report(heard, since):
    if heard.code == NOT_READY and since < ANSWER_WITHIN:
        return Verdict(None, "The report is not ready yet", REPORT_PAUSE)
    if not heard.succeeded:
        return Verdict(FAILED, heard.words)
    content = heard.report
    if content is None:
        return Verdict(FAILED, f"The report cannot be read: {heard.unreadable}")
    total = content.total.quantize(_CENT)
    return Verdict(OK, f"Report with {content.count} payments and refunds, in sum {total}")


JUDGES = {
    "success": _success,
    "issued": _is("ISSUED"),
    "paid": _paid,
    "unpaid_for_30_seconds": _unpaid_for_30_seconds,
    "canceled": _is("CANCELED", "CANCELLED"),
    "report": _report,
}
