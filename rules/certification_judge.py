"""How a step of the sheet is judged by what was heard: pure functions, without a database."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from . import state_machine
from .certification_request import look

OK, FAILED = "ok", "failed"
POLL_PAUSE = timedelta(seconds=1)
REPORT_PAUSE = timedelta(seconds=3)
QUIET_FOR = timedelta(seconds=30)
# How long a person has to scan and pay.
SCAN_WITHIN = timedelta(minutes=5)
# How long an answer is waited for that Glase must give by itself.
ANSWER_WITHIN = timedelta(seconds=60)
NOT_READY = 2
UNPAID = frozenset({"CANCELED", "CANCELLED", "FAILED", "EXPIRED"})
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


def _success(heard, _since):
    if not heard.succeeded:
        return Verdict(FAILED, heard.words)
    answer = heard.answer
    for name, label in (
        ("terminal_id", "terminal"),
        ("invoice_reference", "invoice"),
        ("transaction_period_id", "period"),
        ("ers_reference", "reference"),
    ):
        value = getattr(answer, name, None)
        if value:
            return Verdict(OK, f"Success, {label} {value}")
    return Verdict(OK, "Success")


def _issued(heard, _since):
    return _status(heard, {"ISSUED"})


def _canceled(heard, _since):
    return _status(heard, {"CANCELED", "CANCELLED"})


def _status(heard, wanted):
    if not heard.succeeded:
        return Verdict(FAILED, heard.words)
    status = heard.evidence.status or "no status"
    if status in wanted:
        return Verdict(OK, f"Status {status}")
    return Verdict(FAILED, f"Status {status} instead of {min(wanted)}")


def _paid(heard, since):
    status = heard.evidence.status
    if heard.succeeded and status == "PAID":
        reference = heard.evidence.ers_reference
        if reference:
            return Verdict(OK, f"Status PAID, reference {reference}")
        return Verdict(FAILED, "Status PAID, but without an ersReference")
    if heard.succeeded and status in UNPAID:
        return Verdict(FAILED, f"Status {status}: it was not paid")
    if _is_refusal(heard):
        return Verdict(FAILED, heard.words)
    if since > SCAN_WITHIN:
        seen = f"the status is {status}" if heard.succeeded else heard.words
        return Verdict(
            FAILED, f"Nobody has paid within {SCAN_WITHIN.seconds // 60} minutes: {seen}"
        )
    return Verdict(None, heard.words, POLL_PAUSE)


def _unpaid_for_30_seconds(heard, since):
    status = heard.evidence.status
    if heard.succeeded and status != "ISSUED":
        return Verdict(FAILED, f"Status {status} instead of ISSUED")
    if _is_refusal(heard):
        return Verdict(FAILED, heard.words)
    if since < QUIET_FOR:
        return Verdict(None, heard.words, POLL_PAUSE)
    if heard.succeeded:
        return Verdict(OK, f"Status ISSUED after {QUIET_FOR.seconds} seconds without a payment")
    if since < QUIET_FOR + ANSWER_WITHIN:
        return Verdict(None, heard.words, POLL_PAUSE)
    return Verdict(FAILED, heard.words)


def _is_refusal(heard):
    """Whether Glase will answer the same when it is asked again."""
    return (
        heard.evidence.outcome == state_machine.ANSWER
        and heard.evidence.code in state_machine.SETUP_CODES
    )


def _report(heard, since):
    if heard.evidence.code == NOT_READY and since < ANSWER_WITHIN:
        return Verdict(None, "The report is not ready yet", REPORT_PAUSE)
    if not heard.succeeded:
        return Verdict(FAILED, heard.words)
    content = heard.report
    if content is None:
        return Verdict(FAILED, f"The report cannot be read: {heard.unreadable}")
    return Verdict(OK, f"Report with {content.count} payments and refunds, in sum {content.total}")


JUDGES = {
    "success": _success,
    "issued": _issued,
    "paid": _paid,
    "unpaid_for_30_seconds": _unpaid_for_30_seconds,
    "canceled": _canceled,
    "report": _report,
}
