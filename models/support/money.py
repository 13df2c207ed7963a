"""Money of Odoo's, which is a float, as the ledger, the rules and the wire take it."""

from decimal import Decimal


def exact(currency, amount):
    """An amount with just the decimals of its currency, rounded as Odoo rounds it.

    Python's own formatting does not: it takes 2.675 for what is stored, a little less, and half a unit
    to the even one.

    :param currency: of ``res.currency``
    :param float amount: in major units
    :rtype: Decimal
    """
    return Decimal(f"{currency.round(amount):.{currency.decimal_places}f}")
