"""What a row's money is: how much Glase took, what of it can be given back, and which order has it.

Plain functions of one row of the ledger; what decides is in ``rules/taken.py`` and ``rules/giving_back.py``.
"""

from ...rules import giving_back, taken
from ..pos.after_payment import FINISHED
from ..support import money


def decimal(row, amount):
    """An amount of this row as Decimal, in major units with the currency's decimals."""
    row.ensure_one()
    return money.exact(row.currency_id, amount)


def taken_amount(row):
    """What Glase took, or zero where that is not known (:mod:`rules.taken`)."""
    return taken.amount(_terms(row))


def is_certain(row):
    """Whether it is known what Glase took, or will take."""
    row.ensure_one()
    return not row.currency_id.is_zero(taken_amount(row))


def stands_for(row, amount):
    """Whether a payment of this amount (float, major units) is what this row is about."""
    possible = taken.possible(_terms(row), row.proposed_amount)
    return any(_is_same(row, amount, mine) for mine in possible)


def differs(row):
    """Whether Glase's receipt says another amount than the bill."""
    return taken.differs(_terms(row), lambda one, other: _is_same(row, one, other))


def _terms(row):
    """The part of the row that says what Glase took (:class:`rules.taken.Terms`)."""
    row.ensure_one()
    return taken.Terms(
        amount=row.amount,
        receipt_amount=row.receipt_amount,
        receipt_currency=row.receipt_currency or None,
        currency=row.currency_id.name,
        proposing=row.proposing,
    )


def _is_same(row, one, other):
    return row.currency_id.compare_amounts(one, other) == 0


def refundable(row):
    """What can still be given back of a payment, undecided refunds counted as given back.

    :return: Decimal in major units of the row's currency, 0 at least
    """
    return max(left(row), decimal(row, 0.0))


def left(row, but=None):
    """What was taken less its refunds; below zero while a repetition is undecided.

    :param but: refunds that are not counted
    :return: Decimal in major units of the row's currency
    """
    row.ensure_one()
    if not giving_back.can_be_given_back(row):
        return decimal(row, 0.0)
    refunds = row.sudo().search(
        [("original_id", "in", row.ids), ("state", "in", list(giving_back.STANDING))]
    )
    if but:
        refunds -= but
    surely = decimal(row, taken.at_least(_terms(row), row.proposed_amount))
    return giving_back.left(surely, (decimal(refund, refund.amount) for refund in refunds))


def finished_order(row):
    """The finished order that has this row: there it has its end. Of no row there is none."""
    order = row.payment_id.pos_order_id
    return order if order.state in FINISHED else order.browse()


def is_of_order(row, order):
    """Whether this is the order that the row was sent for, or was attached to by a manager."""
    row.ensure_one()
    if row.attached_at:
        return row.order_id == order
    return row.order_uuid == order.uuid
