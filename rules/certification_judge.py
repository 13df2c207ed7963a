"""How a step of the sheet is judged: by the request as it travelled, and by what was heard (``doc/protocol.md §6``).

Pure functions, without a database; the words are English, for Glase.
"""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from . import certification_sheet as sheet
from . import state_machine
from .certification_sheet import FAILED, OK

POLL_PAUSE = timedelta(seconds=1)
REPORT_PAUSE = timedelta(seconds=3)
QUIET_FOR = timedelta(seconds=30)
# How long a person has to scan and pay.
SCAN_WITHIN = timedelta(minutes=5)
# How long an answer is waited for that Glase must give by itself.
ANSWER_WITHIN = timedelta(seconds=60)
NOT_READY = 2
# The field of a client reference, and so the sheet's text, is at most so long.
LONGEST_REFERENCE = 32
_CENT = Decimal("0.01")
# What a success names, where it names something.
_NAMED = {
    "terminal_id": "terminal",
    "invoice_reference": "invoice",
    "transaction_period_id": "period",
    "ers_reference": "reference",
}
_OWN_REFERENCE = re.compile(r"<clientReference>[^<]*</clientReference>")

RESELLER, TERMINAL = "RESELLERUSER", "TERMINALID"
_WHO = "context/initiatorPrincipalId"
_WHO_TYPE = f"{_WHO}/type"
# Who may make a call, where it is not the terminal alone.
_CALLED_BY = {
    **dict.fromkeys((sheet.REGISTER, sheet.MARK, sheet.REPORT), (RESELLER,)),
    sheet.UNREGISTER: (TERMINAL, RESELLER),
}
# What must be filled in a request beside its context.
_FILLED = {
    sheet.REGISTER: ("externalTerminalId", "name"),
    sheet.ASSIGN: ("seqrId",),
    sheet.RECEIPT: ("ersReference", "receiptDocument/mimeType"),
    sheet.REFUND: ("ersReference", "invoice/totalAmount/value"),
}


@dataclass(frozen=True)
class Form:
    """What the sheet wants to read in each call of a run, and whose terminal it is.

    ``certifying``: the account was set to say it, so that anything else is our fault.
    """

    client_id: str
    client_reference: str
    terminal: str = ""
    certifying: bool = False


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
    def succeeded(self):
        """Whether Glase did what it was asked to."""
        return self.is_answer(0)

    def is_answer(self, *codes):
        """Whether Glase answered, with one of these result codes."""
        return self.evidence.outcome == state_machine.ANSWER and self.evidence.code in codes

    @property
    def refuses(self):
        """Whether Glase will answer the same when it is asked again."""
        return self.is_answer(*state_machine.SETUP_CODES)


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
    verdict = _JUDGES[step.expects](heard, since)
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

    :param one: a mapping, or a record, with ``outcome``, ``code``, ``words``, ``request`` and ``response``
    :param other: the same
    """
    return _told(one) == _told(other)


def _told(call):
    names = ("outcome", "code", "words", "request", "response")
    return [_OWN_REFERENCE.sub("", str(call[name] or "")) for name in names]


# === What was heard ===


def _success(heard, _since):
    if not heard.succeeded:
        return Verdict(FAILED, heard.words)
    named = ((label, getattr(heard.answer, name, None)) for name, label in _NAMED.items())
    return Verdict(
        OK, next((f"Success, {label} {value}" for label, value in named if value), "Success")
    )


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
    reference = heard.evidence.ers_reference
    if status == "PAID" and reference:
        return Verdict(OK, f"Status PAID, reference {reference}")
    if status == "PAID":
        return Verdict(FAILED, "Status PAID, but without an ersReference")
    if status in state_machine.UNPAID_STATUSES:
        return Verdict(FAILED, f"Status {status}: it was not paid")
    if heard.refuses:
        return Verdict(FAILED, heard.words)
    if since <= SCAN_WITHIN:
        return Verdict(None, heard.words, POLL_PAUSE)
    seen = f"the status is {status}" if heard.succeeded else heard.words
    return Verdict(FAILED, f"Nobody has paid within {SCAN_WITHIN.seconds // 60} minutes: {seen}")


def _unpaid_for_30_seconds(heard, since):
    if heard.succeeded and heard.evidence.status != "ISSUED":
        return Verdict(FAILED, f"Status {heard.evidence.status} instead of ISSUED")
    if heard.succeeded and since >= QUIET_FOR:
        return Verdict(OK, f"Status ISSUED after {QUIET_FOR.seconds} seconds without a payment")
    waits = not heard.refuses and since < QUIET_FOR + ANSWER_WITHIN
    return Verdict(None if waits else FAILED, heard.words, POLL_PAUSE)


def _report(heard, since):
    if heard.evidence.code == NOT_READY and since < ANSWER_WITHIN:
        return Verdict(None, "The report is not ready yet", REPORT_PAUSE)
    if not heard.succeeded:
        return Verdict(FAILED, heard.words)
    content = heard.report
    if content is None:
        return Verdict(FAILED, f"The report cannot be read: {heard.unreadable}")
    total = content.total.quantize(_CENT)
    return Verdict(OK, f"Report with {content.count} payments and refunds, in sum {total}")


_JUDGES = {
    "success": _success,
    "issued": _is("ISSUED"),
    "paid": _paid,
    "unpaid_for_30_seconds": _unpaid_for_30_seconds,
    "canceled": _is("CANCELED", "CANCELLED"),
    "report": _report,
}


# === What was sent ===


class Look(NamedTuple):
    """What a request lacks (``faults``), and what is otherwise than on the sheet (``deviations``)."""

    faults: tuple = ()
    deviations: tuple = ()


def look(operation, call, form):
    """Look at a request as the sheet does.

    :param str operation: as on the wire
    :param call: the operation's element in the request, with ``find``, ``findall`` and ``findtext``
        as in ``xml.etree``; None if nothing was sent
    :param Form form: what the sheet wants to read
    :rtype: Look
    """
    if call is None:
        return Look()
    names = [*_names(call, form)]
    faults = [*_context_faults(call), *_caller_faults(operation, call, form)]
    faults += [
        f"{path.replace('/', '.')} is empty"
        for path in _FILLED.get(operation, ())
        if not _text(call, path)
    ]
    if operation == sheet.SEND:
        faults += _row_faults(call)
    if form.certifying:
        faults, names = faults + names, []
    if operation == sheet.UNREGISTER and _text(call, _WHO_TYPE) == TERMINAL:
        names.append(
            f"Point 9 of the sheet says {RESELLER}; this was called as {TERMINAL}, as Glase's API "
            "documentation says: the request does not name a terminal, so only the terminal's own "
            "log-in says which one is meant"
        )
    return Look(tuple(faults), tuple(names))


def _text(element, path):
    return (element.findtext(path) or "").strip()


def _names(call, form):
    """Where the caller's two names are not as the sheet wants them."""
    off = "" if form.certifying else " (“Certification References” is switched off)"
    said = _text(call, "context/clientId")
    if said != form.client_id:
        yield f"clientId is “{said}”, not the company's name “{form.client_id}”{off}"
    if _text(call, "context/clientReference") != form.client_reference:
        yield (
            "clientReference is one of each call's own, not the name and version of the POS, "
            f"“{form.client_reference}”{off}"
        )


def _context_faults(call):
    reference = _text(call, "context/clientReference")
    if not 0 < len(reference) <= LONGEST_REFERENCE:
        yield f"clientReference has {len(reference)} characters, not 1 to {LONGEST_REFERENCE}"
    timeout = _text(call, "context/clientRequestTimeout")
    if timeout != "0":
        yield f"clientRequestTimeout is “{timeout}”, not 0"


def _caller_faults(operation, call, form):
    kind, wanted = _text(call, _WHO_TYPE), _CALLED_BY.get(operation, (TERMINAL,))
    if kind not in wanted:
        yield f"it was called as “{kind}”, not as {wanted[0]}"
    elif kind == RESELLER and not _text(call, f"{_WHO}/userId"):
        yield f"{RESELLER} has no userId"
    elif kind == TERMINAL and _text(call, f"{_WHO}/id") != form.terminal:
        yield "it was not called by the terminal that was registered"


def _row_faults(call):
    rows = call.findall("invoice/invoiceRows/invoiceRow")
    if len(rows) < 2:
        yield f"the invoice has {len(rows)} rows, not several"
    for name in ("itemQuantity", "itemTotalAmount/value"):
        lacking = sum(not _text(row, name) for row in rows)
        if lacking:
            yield f"{lacking} rows have no {name.partition('/')[0]}"
    try:
        total = Decimal(_text(call, "invoice/totalAmount/value"))
        summed = sum(Decimal(_text(row, "itemTotalAmount/value")) for row in rows)
    except InvalidOperation:
        yield "the total or a row's amount is no number"
    else:
        if summed != total:
            yield f"the rows are {summed} in sum, the total is {total}"
