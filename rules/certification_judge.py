"""How a step of the sheet is judged by what was heard: pure functions, without a database."""

from dataclasses import dataclass
from datetime import timedelta

from . import state_machine

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


@dataclass(frozen=True)
class Heard:
    """One answer of Glase, or the lack of one.

    ``words`` says in English what an error means; ``answer`` is the client's, if there was one;
    ``report`` is what the answer's report says, ``unreadable`` why it cannot be read; ``request``
    and ``response`` are what travelled, with every secret masked.
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

    @property
    def succeeded(self):
        """Whether Glase did what it was asked to."""
        return self.evidence.outcome == state_machine.ANSWER and self.evidence.code == 0


@dataclass(frozen=True)
class Verdict:
    """``state`` is ok, failed or None: not decided yet, ask again after ``pause``."""

    state: str | None
    words: str = ""
    pause: timedelta = timedelta(0)


def judge(expects, heard, since):
    """Judge what was heard in a step.

    :param str expects: a key of ``JUDGES``
    :param Heard heard: the last answer
    :param timedelta since: how long the step is under way
    :rtype: Verdict
    """
    return JUDGES[expects](heard, since)


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
