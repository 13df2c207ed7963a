"""How much of a payment may be given back, and when somebody may decide about a refund (``doc/ledger.md §12``).

Amounts are Decimal, in major units of the payment's currency.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from . import state_machine
from .due import CashRounding, total_due

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


@dataclass(frozen=True)
class Sale:
    """A sale of which products come back; amounts above zero, nothing rounded but ``paid`` and ``given``.

    :ivar Decimal worth: all that was sold
    :ivar Decimal paid: for it, with whatever
    :ivar Decimal now: what of it comes back now
    :ivar Decimal before: what of it has come back before
    :ivar Decimal given: for that
    :ivar CashRounding rounding: how its bill was rounded, or None
    """

    worth: Decimal
    paid: Decimal
    now: Decimal
    before: Decimal = Decimal(0)
    given: Decimal = Decimal(0)
    rounding: CashRounding | None = None

    def most_back(self):
        """What comes back is rounded as it was sold, and all of it together brings what was paid."""
        left = max(self.paid - self.given, Decimal(0))
        if self.now + self.before >= self.worth:
            return left
        return min(total_due(self.now, self.rounding), left)


def most_for(worth, sales):
    """What goes back for products at most, however the till rounds by now.

    :param Decimal worth: what comes back now, less what is sold with it; above zero
    :param sales: a :class:`Sale` each of which something comes back now
    :rtype: Decimal
    """
    return worth + sum(sale.most_back() - sale.now for sale in sales)


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
