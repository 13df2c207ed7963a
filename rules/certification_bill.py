"""One invoice of a verification: what an answer says about it, and what settles it.

The rules of the ledger hold here, too (``doc/ledger.md §4, §5, §12, §13``): a call that moves money is
made once, and only Glase's status says what became of it. Pure functions of a bill as it stands; they
return the values that change.
"""

from datetime import datetime, timedelta

from . import state_machine
from .certification_sheet import ASK, CANCEL, REFUND, SEND

SENDING, NEVER, LOST, OPEN = "sending", "never", "lost", "open"
PAID, ENDED, LEFT = "paid", "ended", "left"
REFUNDING, REFUNDED, REFUND_UNKNOWN, REFUND_REFUSED = "sending", "refunded", "unknown", "refused"
# Pauses between tries to clean up; after the last one a person must look.
PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (2, 5, 15, 30, 60, 120, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600)
)
# So often a refusal is heard before it is believed.
REFUSALS = 3


def learn(bill, heard, now):
    """What was heard about a bill, whoever asked.

    :param bill: as it stands: a record, or anything with its fields
    :param Heard heard: the answer, or the lack of one
    :param datetime.datetime now: naive, in UTC
    :return: the values that change
    :rtype: dict
    """
    judge = _LEARN.get(heard.evidence.operation)
    return {"words": heard.words or False, **judge(bill, heard, now)} if judge else {}


def _learn_send(bill, heard, _now):
    evidence = heard.evidence
    if heard.succeeded and evidence.invoice_reference:
        return {
            "state": OPEN if bill.state == SENDING else bill.state,
            "invoice_reference": evidence.invoice_reference,
            "qr_code": evidence.qr_code or False,
        }
    return {"state": NEVER if state_machine.proves_failure(evidence) else LOST}


def _learn_status(bill, heard, _now):
    evidence = heard.evidence
    if not heard.succeeded:
        return {"refusals": bill.refusals + 1} if heard.refuses else {}
    values = {"refusals": 0}
    if evidence.version is not None:
        values["version"] = max(evidence.version, bill.version)
    if evidence.status == "PAID" and evidence.ers_reference:
        return {**values, "state": PAID, "ers_reference": evidence.ers_reference}
    if evidence.status in state_machine.UNPAID_STATUSES and bill.state != PAID:
        values["state"] = ENDED
    return values


def _learn_cancel(bill, heard, now):
    evidence = heard.evidence
    if heard.is_answer(state_machine.ALREADY_PAID_CODE, *state_machine.CANCELED_CODES):
        return {"cancel_code": evidence.code, "cancel_answered_at": now}
    paying = heard.is_answer(*state_machine.PAYING_CODES)
    refused = evidence.outcome == state_machine.ANSWER and not paying
    return {"refusals": bill.refusals + 1} if refused else {}


def _learn_refund(bill, heard, _now):
    evidence = heard.evidence
    if heard.succeeded:
        return {"refund_state": REFUNDED, "refund_reference": evidence.ers_reference or False}
    if not state_machine.proves_failure(evidence):
        return {"refund_state": REFUND_UNKNOWN}
    # When cleaning up it is tried again: nothing was given back, for the log-in's sake, or not yet.
    if heard.refuses:
        return {"refund_state": False, "refusals": bill.refusals + 1}
    never_sent = evidence.outcome == state_machine.NEVER_SENT
    again = never_sent or heard.is_answer(*state_machine.PAYING_CODES)
    return {"refund_state": False if again else REFUND_REFUSED}


_LEARN = {SEND: _learn_send, ASK: _learn_status, CANCEL: _learn_cancel, REFUND: _learn_refund}


def is_unsettled(bill, paid_too=True):
    """Whether something remains to be done about a bill.

    :param bool paid_too: a payment that stands is to be given back, too
    """
    if bill.state == PAID:
        return paid_too and not bill.refund_state
    return bill.state in (SENDING, LOST, OPEN)


def next_call(bill):
    """What is to be called next to settle a bill that is not, and when.

    :return: ``(operation, moment)``
    """
    due = bill.next_at or datetime.min
    if bill.state == PAID:
        return REFUND, due
    if bill.state == LOST:
        return SEND, due
    if not bill.cancel_answered_at:
        return CANCEL, due
    if bill.cancel_code == state_machine.ALREADY_PAID_CODE:
        # Nobody has fetched the payment: Glase gives it back by itself, unless we ask now.
        due = max(due, bill.cancel_answered_at + state_machine.REVERSAL_WAIT)
    return ASK, due


def after_try(bill, operation, now):
    """A try to settle a bill was made: when is the next one, or was it the last?

    :param str operation: what was called
    :return: the values that change
    :rtype: dict
    """
    answered = operation == CANCEL and bill.cancel_answered_at
    if answered or not is_unsettled(bill):
        return {"next_at": False}
    values = {"tries": bill.tries + 1}
    if operation == ASK and bill.state == OPEN:
        # Open although its cancel was answered: cancel it again.
        values["cancel_answered_at"] = False
    if bill.tries < len(PAUSES) and bill.refusals < REFUSALS:
        return {**values, "next_at": now + PAUSES[bill.tries]}
    # A person must settle it: the end of the run says so.
    left = {"refund_state": REFUND_REFUSED} if bill.state == PAID else {"state": LEFT}
    return {**values, **left}


def left_behind(bill, amount):
    """What a person must do about a bill that was not settled, in English, or None.

    :param str amount: of the invoice, with its currency
    """
    if bill.state == LEFT:
        return (
            f"Invoice {bill.invoice_reference or '(its reference was lost)'} could not be "
            f"canceled: {bill.words or 'no answer'}. A payment of it that nobody fetches is "
            "given back by Glase itself."
        )
    if bill.state != PAID or bill.refund_state == REFUNDED:
        return None
    if bill.refund_state == REFUND_UNKNOWN:
        return (
            f"It is not known whether payment {bill.ers_reference} of {amount} was given back: "
            f"ask Glase about our reference {bill.refund_call or '–'}."
        )
    return (
        f"Payment {bill.ers_reference} of {amount} was not given back: "
        f"{bill.words or 'no answer'} Ask Glase to give it back."
    )
