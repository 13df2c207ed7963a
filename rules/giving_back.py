"""How much of a payment may be given back, and when somebody may decide about a refund (``doc/ledger.md §12``).

Amounts are Decimal, in major units of the payment's currency.
"""

from datetime import timedelta

from . import state_machine

# A refund in one of these may have been made.
UNDECIDED = (state_machine.DRAFT, state_machine.SENDING, state_machine.UNKNOWN)
# A refund in one of these counts as given back.
STANDING = (*UNDECIDED, state_machine.REFUNDED)
# How long Glase may still be working on a refund that it has not answered.
DECIDE_AFTER = timedelta(minutes=15)


def can_be_given_back(row):
    """Whether a row is a payment that stands, and that Glase can be asked to give back.

    :param row: has ``kind``, ``state`` and ``ers_reference``
    """
    paid = row.kind == state_machine.PAYMENT and row.state == state_machine.PAID
    return bool(paid and row.ers_reference)


def left(taken, refunds):
    """What was taken less its refunds; below zero while a repetition is undecided."""
    return taken - sum(refunds)


def covering(lefts, amount):
    """The number of the first payment that has so much left; None if none has."""
    return next((number for number, left_of in enumerate(lefts) if amount <= left_of), None)


def repetition_proves(amount, left_before):
    """Whether Glase would refuse to give an amount back twice, so that one of two refunds stands.

    :param Decimal left_before: of the payment, without the refund that is repeated
    """
    return 2 * amount > left_before


def decidable_from(row):
    """From when on a manager may decide about a refund; False if nothing is undecided.

    :param row: has ``state`` and ``sent_at``
    :return: naive UTC datetime
    """
    return row.state == state_machine.UNKNOWN and row.sent_at and row.sent_at + DECIDE_AFTER
