"""What sessions took and gave back with Glase, in one currency: how their figures fit together."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Moved:
    """Sums in major units of one currency.

    :ivar float payments: what was paid, by the ledger
    :ivar float refunds: what was given back, below zero
    :ivar float in_orders: what finished orders say was paid or given back
    :ivar float unconfirmed: by how much those differ from what their rows moved
    :ivar float reported: what Glase's reports say as far as they are there
    :ivar bool is_reported: whether all of them are there
    """

    payments: float = 0.0
    refunds: float = 0.0
    in_orders: float = 0.0
    unconfirmed: float = 0.0
    reported: float = 0.0
    is_reported: bool = False


def totals(moved, rounded):
    """The totals of a block::

        order_total = net - elsewhere_total + unconfirmed_total
        difference = report_total - net - unconfirmed_total

    :param Moved moved: the sums
    :param rounded: rounds to the currency
    :rtype: dict
    """
    net, unconfirmed = rounded(moved.payments + moved.refunds), rounded(moved.unconfirmed)
    return {
        "payment_total": moved.payments,
        "refund_total": moved.refunds,
        "net": net,
        "unconfirmed_total": unconfirmed,
        "elsewhere_total": rounded(net + unconfirmed - moved.in_orders),
        "order_total": rounded(moved.in_orders),
        "is_reported": moved.is_reported,
        "report_total": moved.reported,
        "difference": rounded(moved.reported - net - unconfirmed) if moved.is_reported else 0.0,
    }
