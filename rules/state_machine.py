"""What an answer from Glase does to a row of the ledger: the state machine, without a database.

Everything here is a pure function of a row as it stands and one event. The same function that
stores an answer replays a row's history, so the events decide the state (``doc/ledger.md §3``).
"""

from dataclasses import dataclass, field
from datetime import timedelta

from ..glase.codes import CODES

PAYMENT, REFUND = "payment", "refund"

DRAFT, SENDING, ISSUED, UNKNOWN = "draft", "sending", "issued", "unknown"
PAID, CANCELED, FAILED, EXPIRED, REVERSED = "paid", "canceled", "failed", "expired", "reversed"
REFUNDED = "refunded"

STATES = [
    (DRAFT, "Draft"),
    (SENDING, "Sending"),
    (ISSUED, "Waiting for the customer"),
    (UNKNOWN, "Unknown"),
    (PAID, "Paid"),
    (CANCELED, "Canceled"),
    (FAILED, "Failed"),
    (EXPIRED, "Expired"),
    (REVERSED, "Reversed"),
    (REFUNDED, "Refunded"),
]

# What a person reads as the end of a row: its state, but a customer's own no is no cancel of the till.
DECLINED = "declined"
OUTCOMES_SHOWN = [*STATES[:6], (DECLINED, "Declined"), *STATES[6:]]

FINAL = frozenset({PAID, CANCELED, FAILED, EXPIRED, REVERSED, REFUNDED})
HOLDS_TILL = frozenset({SENDING, ISSUED})

# What may be asked for (doc/ledger.md §3). Evidence is not on this map: it is never refused.
REQUESTS = {
    "claim": {DRAFT: SENDING},
    "never_sent": {DRAFT: FAILED},
    "lost": {SENDING: UNKNOWN},
    "superseded": {UNKNOWN: CANCELED},
    "decided_unpaid": {ISSUED: CANCELED},
    # Of refunds only, and only by a manager's decision.
    "decided_refunded": {UNKNOWN: REFUNDED},
    "decided_not_refunded": {UNKNOWN: FAILED},
}

# Answers after which no money can have moved (doc/ledger.md §7). All others leave it open.
PROOF_OF_FAILURE = frozenset(code.number for code in CODES.values() if code.proves_unmoved)

# Statuses that end a bill without money.
UNPAID_STATUSES = {
    "CANCELED": CANCELED,
    "CANCELLED": CANCELED,
    "FAILED": FAILED,
    "EXPIRED": EXPIRED,
}

# Canceled, canceled before, or expired: only a status says so for certain, so it is asked.
CANCELED_CODES = frozenset({0, 55, 58, 95})
ALREADY_PAID_CODE = 50
# The customer is paying at this moment.
PAYING_CODES = frozenset({48, 51})
# A change of the amount is refused so once the customer has scanned (doc/protocol.md §4.4).
SCANNED_CODES = PAYING_CODES | {90}
# The customer has the bill on the phone: waits for the shop, or has confirmed.
SCANNED_STATUSES = frozenset({"PENDING_ISSUER_ACKNOWLEDGE", "RESERVED"})
# On a poll or a cancel these tell of a broken set-up, not of the bill (doc/ledger.md §8).
SETUP_CODES = frozenset({20, 21, 29, 33, 37, 54, 91})

MAX_DRAFT_AGE = timedelta(seconds=60)
MAX_SENDING_AGE = timedelta(seconds=60)
CALL_WITHIN_SECONDS = 10
SILENT_TILL_SECONDS = 60
MIN_SILENT_TILL_SECONDS = 45
REVERSAL_WAIT = timedelta(seconds=30)
# A payment that a manager marked as paid is asked about each second for so long, then with pauses.
WATCH_FORCED = timedelta(seconds=60)
FORCED_PAUSE = timedelta(seconds=1)
# So often a cancel is repeated that Glase refuses; then another bill replaces this one.
REFUSED_CANCELS = 3
CANCEL_PAUSES = tuple(timedelta(seconds=s) for s in (2, 5, 15, 30, 60, 120, 300))

ANSWER, NEVER_SENT, NO_ANSWER, UNREADABLE, NOTE = (
    "answer",
    "never_sent",
    "no_answer",
    "unreadable",
    "note",
)
# Answered, but with a reference that another row has: it proves nothing about this one.
OF_ANOTHER = "of_another"
OUTCOMES = [
    (ANSWER, "Answered"),
    (NEVER_SENT, "Never sent"),
    (NO_ANSWER, "Sent, no answer"),
    (UNREADABLE, "Answer unreadable"),
    (OF_ANOTHER, "Answered with another's reference"),
    (NOTE, "Note"),
]


@dataclass(frozen=True)
class Evidence:
    """One answer, or the lack of one, to one call.

    ``amount`` is the amount of Glase's own receipt (Decimal, major units) where there was one.
    """

    operation: str
    outcome: str = ANSWER
    code: int | None = None
    status: str | None = None
    version: int | None = None
    invoice_reference: str | None = None
    ers_reference: str | None = None
    qr_code: str | None = None
    amount: object = None
    currency: str | None = None
    paid_at: object = None


@dataclass(frozen=True)
class Row:
    """The part of a row that judging needs.

    ``said_paid``: Glase has answered a cancel with *already paid*.
    ``proposed``: the amount (Decimal, major units) of an update of which it is not certain that it
    counts, else None.
    """

    kind: str = PAYMENT
    state: str = DRAFT
    invoice_version: int = 0
    invoice_reference: str | None = None
    said_paid: bool = False
    proposed: object = None


@dataclass(frozen=True)
class Verdict:
    """What an event changes: the new state, field values and the kinds of case to open."""

    state: str
    values: dict = field(default_factory=dict)
    cases: tuple = ()


def judge(row, evidence):
    """Judge one piece of evidence.

    :param Row row: the row before the event
    :param Evidence evidence: what was heard
    :rtype: Verdict
    """
    if evidence.outcome == OF_ANOTHER:
        # A send or a refund has been answered, so it is not under way; what it did nobody knows.
        state = UNKNOWN if row.state == SENDING else row.state
        return Verdict(state, cases=("reference_twice",))
    return _JUDGES.get(evidence.operation, _judge_nothing)(row, evidence)


def _judge_nothing(row, _evidence):
    return Verdict(row.state)


def _judge_send(row, evidence):
    if row.state not in (SENDING, UNKNOWN):
        return Verdict(row.state)
    if _is_success(evidence) and evidence.invoice_reference:
        values = {
            "invoice_reference": evidence.invoice_reference,
            "qr_code": evidence.qr_code or False,
        }
        # A row that had to be called lost meanwhile keeps its state: a later send may already
        # have taken the sticker, and a payment of this bill is fetched by nobody.
        return Verdict(ISSUED if row.state == SENDING else UNKNOWN, values)
    return Verdict(FAILED if proves_failure(evidence) else UNKNOWN)


def _judge_refund(row, evidence):
    if row.state not in (SENDING, UNKNOWN):
        return Verdict(row.state)
    if _is_success(evidence):
        return Verdict(REFUNDED, {"ers_reference": evidence.ers_reference or False})
    return Verdict(FAILED if proves_failure(evidence) else UNKNOWN)


def _judge_status(row, evidence):
    if not _is_success(evidence):
        return Verdict(row.state, cases=_setup_cases(row, evidence))
    if evidence.status == "PAID":
        return _judge_paid(row, evidence)
    if row.state == PAID or _is_older(row, evidence):
        return Verdict(row.state)
    values = _values_of_status(evidence)
    state = UNPAID_STATUSES.get(evidence.status)
    if state is None or row.state in FINAL:
        return Verdict(row.state, values)
    return Verdict(REVERSED if row.said_paid else state, values)


def _values_of_status(evidence):
    values = {"invoice_version": evidence.version} if evidence.version is not None else {}
    return {**values, "scanned": True} if evidence.status in SCANNED_STATUSES else values


def _is_older(row, evidence):
    return evidence.version is not None and evidence.version < row.invoice_version


def _judge_paid(row, evidence):
    if not evidence.ers_reference:
        return Verdict(row.state, cases=("paid_without_reference",))
    values = {"ers_reference": evidence.ers_reference}
    if evidence.version is not None:
        values["invoice_version"] = max(evidence.version, row.invoice_version)
    if evidence.paid_at:
        values["receipt_time"] = evidence.paid_at
    cases = ("paid_late",) if row.state in FINAL and row.state != PAID else ()
    if evidence.amount is None and row.proposed is not None:
        cases += ("amount_unknown",)
    return Verdict(PAID, {**values, **_receipt_values(row, evidence)}, cases)


def _receipt_values(row, evidence):
    """What Glase's receipt says of the amount; of two that stood it decides which."""
    if evidence.amount is None:
        return {}
    values = {
        "receipt_amount": evidence.amount,
        "receipt_currency": evidence.currency or False,
    }
    if row.proposed is not None:
        values["proposing"] = False
        if evidence.amount == row.proposed:
            values["amount"] = row.proposed
    return values


def _judge_update(row, evidence):
    """Both amounts stand, unless the update was accepted or never left (``doc/ledger.md §11``)."""
    if row.proposed is None:
        return Verdict(row.state)
    if _is_success(evidence):
        return Verdict(row.state, {"amount": row.proposed, "proposing": False})
    if evidence.outcome == NEVER_SENT:
        return Verdict(row.state, {"proposing": False})
    return Verdict(row.state, {"scanned": True} if evidence.code in SCANNED_CODES else {})


def _judge_cancel(row, evidence):
    if evidence.outcome != ANSWER or evidence.code is None:
        return Verdict(row.state)
    if evidence.code == ALREADY_PAID_CODE:
        return Verdict(row.state, {"cancel_code": evidence.code, "said_paid": True})
    if evidence.code in CANCELED_CODES:
        return Verdict(row.state, {"cancel_code": evidence.code})
    if evidence.code in PAYING_CODES:
        return Verdict(row.state, {"cancel_refusal": False, "scanned": True})
    return Verdict(row.state, {"cancel_refusal": evidence.code}, _setup_cases(row, evidence))


def _setup_cases(row, evidence):
    broken = evidence.code in SETUP_CODES and row.state not in FINAL
    return ("not_answered_for_till",) if broken else ()


def _is_success(evidence):
    return evidence.outcome == ANSWER and evidence.code == 0


def proves_failure(evidence):
    """Whether nothing can have come of a call (``doc/ledger.md §7``)."""
    return evidence.outcome == NEVER_SENT or (
        evidence.outcome == ANSWER and evidence.code in PROOF_OF_FAILURE
    )


_JUDGES = {
    "sendInvoice": _judge_send,
    "refundPayment": _judge_refund,
    "getPaymentStatus": _judge_status,
    "cancelInvoice": _judge_cancel,
    "updateInvoice": _judge_update,
    # A manager believes Glase's report of the period, which lists what was paid only.
    "executeReport": _judge_paid,
}


def outcome(state, asked_to_cancel, inferred):
    """How a row stands, in words that tell who ended it.

    :param str state: of the row
    :param bool asked_to_cancel: whether the shop has ever wanted it canceled
    :param bool inferred: whether its end was concluded, and not heard from Glase
    :return: a key of ``OUTCOMES_SHOWN``
    """
    if state == CANCELED and not asked_to_cancel and not inferred:
        return DECLINED
    return state


def cancel_pause(tries):
    """How long to wait before the cancel number ``tries`` + 1 of one row (timedelta)."""
    return CANCEL_PAUSES[min(tries, len(CANCEL_PAUSES)) - 1] if tries else timedelta(0)
