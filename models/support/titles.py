"""How a record about money is called where it is one of many: by its order and its amount."""


def titled(name, currency, amount):
    """A title with an amount.

    :param str name: what it is about: an order's reference, for example
    :param currency: of ``res.currency``; without one the name stands alone
    :param float amount: in major units; none of it is shown where it is False
    :rtype: str
    """
    if not currency or amount is False:
        return name
    return f"{name} · {currency.format(amount)}"
