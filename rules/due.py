"""What an order owes, its till's cash rounding included: asked by the bill, the checks and the refunds.

The till shows the same by Odoo's own ``remainingDue``; the two are tested with one table.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal

# Odoo's names. Each rounds by the distance from zero.
METHODS = {
    "UP": ROUND_UP,
    "DOWN": ROUND_DOWN,
    "HALF-UP": ROUND_HALF_UP,
    "HALF-DOWN": ROUND_HALF_DOWN,
    "HALF-EVEN": ROUND_HALF_EVEN,
}

# Odoo's names of what a rounding makes of the difference: a row of its own, or a part of the largest tax.
OWN_ROW, LARGEST_TAX = "add_invoice_line", "biggest_tax"

# Why an amount is not taken.
NOTHING_DUE, TOO_MUCH = "nothing due", "too much"


@dataclass(frozen=True)
class CashRounding:
    """How a till rounds.

    :ivar Decimal step: the smallest coin, e.g. 1.00
    :ivar str method: a key of :data:`METHODS`
    :ivar bool whole_order: whatever it is paid with; else only what is paid in cash
    :ivar str strategy: ``OWN_ROW`` or ``LARGEST_TAX``
    :ivar bool taxed: whether the order has a tax at all
    """

    step: Decimal
    method: str = "HALF-UP"
    whole_order: bool = True
    strategy: str = OWN_ROW
    taxed: bool = True

    @property
    def in_total(self):
        """Whether the total itself is rounded.

        What goes into a tax is in the order's total from the first, also where only cash is
        rounded; without a tax there is nothing to put it into.
        """
        return self.taxed if self.strategy == LARGEST_TAX else self.whole_order

    def round(self, amount):
        """The nearest multiple of the step, by the method, with the decimals of the amount.

        A step may be finer than the currency: Odoo rounds twice then, and half a unit up.
        """
        steps = (amount / self.step).quantize(Decimal(1), rounding=METHODS[self.method])
        return (steps * self.step).quantize(amount, rounding=ROUND_HALF_UP)


def total_due(total, rounding=None):
    """What an order costs the customer.

    :param Decimal total: the order's total; it may be rounded already
    :param CashRounding rounding: the till's, or None
    :return: with the decimals of ``total``; negative if the customer gets money back
    :rtype: Decimal
    """
    return rounding.round(total) if rounding and rounding.in_total else total


def still_due(total, taken, rounding=None, has_cash=False):
    """What is left of it once ``taken`` was paid.

    What is paid in cash may leave less than a coin: then nothing is left.

    :param Decimal taken: the sum of the payments that count
    :param bool has_cash: whether one of the order's payments is in cash
    :return: below zero if too much was taken, or of an order that gives money back
    :rtype: Decimal
    """
    left = total_due(total, rounding) - taken
    rounded = rounding and (rounding.whole_order or has_cash)
    owes = left * total > 0
    return Decimal(0) if rounded and owes and not rounding.round(left) else left


def why_not_paid(amount, due, can_give_more):
    """Why an amount is not taken for an order.

    :param Decimal due: what the order owes
    :param bool can_give_more: whether the till gives change, or takes a tip
    :return: ``NOTHING_DUE``, ``TOO_MUCH``, or None if it is taken
    """
    if due <= 0:
        return NOTHING_DUE
    return None if amount <= due or can_give_more else TOO_MUCH
