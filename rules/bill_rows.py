"""The rows of a Glase invoice, made from an order: they add up by construction.

Glase refuses a bill whose rows do not add up to its total (``doc/protocol.md §4.2``). The bill is
what is paid with Glase, the order may be more (other tenders) or less (a tip, change in cash), and
Odoo rounds in its own ways: so each difference becomes a row of its own.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

WIRE_STEP = Decimal("0.01")
MAX_DESCRIPTION = 100

MORE_THAN_THE_WIRE_CARRIES = Decimal(10) ** 15
# Why an amount cannot be sent.
ZERO, TOO_LARGE, DECIMALS = "zero", "too large", "decimals"


@dataclass(frozen=True)
class OrderLine:
    """One order line: ``total`` is what the customer pays for it, taxes and discount included."""

    name: str
    total: Decimal
    quantity: Decimal = Decimal(1)
    unit: str = ""
    sku: str = ""
    ean: str = ""
    tax_percent: Decimal | None = None


@dataclass(frozen=True)
class BillRow:
    """One row of the bill, in major units with two decimals."""

    description: str
    total: Decimal
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None
    sku: str | None = None
    ean: str | None = None
    tax_rate: Decimal | None = None


@dataclass(frozen=True)
class Labels:
    """The words on rows that are not products, in the language of the bill."""

    rounding: str = "Rounding"
    left: str = "Left to pay"
    extra: str = "Tip or change"


def on_the_wire(amount):
    """Round to the two decimals that the wire has (half up)."""
    return Decimal(amount).quantize(WIRE_STEP, rounding=ROUND_HALF_UP)


def has_wire_precision(amount):
    """Whether the amount can be sent as it is: a multiple of 0.01 (``doc/ledger.md §8``)."""
    return amount == on_the_wire(amount)


def why_not_sent(amount):
    """Why an amount cannot be sent.

    :param Decimal amount: what somebody has entered
    :return: ``ZERO``, ``TOO_LARGE``, ``DECIMALS``, or None if it can
    """
    if amount <= 0:
        return ZERO
    if amount >= MORE_THAN_THE_WIRE_CARRIES:
        return TOO_LARGE
    return None if has_wire_precision(amount) else DECIMALS


def bill_rows(lines, order_total, tenders, amount, labels=None):
    """The rows of a bill over ``amount``.

    :param list[OrderLine] lines: the order's lines, discounts, tips and refunds among them
    :param Decimal order_total: what the order costs, after Odoo's own rounding
    :param list[tuple[str, Decimal]] tenders: what was taken with other tenders already
    :param Decimal amount: the bill's total, a multiple of 0.01
    :param Labels labels: words for the rows that are no products
    :return: rows whose totals add up to ``amount`` exactly
    :rtype: list[BillRow]
    """
    labels = labels or Labels()
    rows = [_product_row(line) for line in lines]
    _balance(rows, on_the_wire(order_total), labels.rounding)
    for name, taken in tenders:
        _add(rows, name, -on_the_wire(taken))
    missing = amount - _sum(rows)
    _add(rows, labels.extra if missing > 0 else labels.left, missing)
    return rows


def _product_row(line):
    total = on_the_wire(line.total)
    rate = line.tax_percent
    common = {
        "total": total,
        "sku": line.sku or None,
        "ean": line.ean or None,
        "tax_rate": rate if rate is not None and rate == int(rate) else None,
    }
    quantity = line.quantity.normalize()
    whole = quantity >= 1 and quantity == int(quantity)
    if not whole:
        # Quantities below one and fractions are undocumented: one piece, the rest in words.
        text = f"{quantity:f} {line.unit}".strip()
        return BillRow(_shorten(f"{line.name} ({text})"), **common)
    each = on_the_wire(total / quantity)
    exact = each * quantity == total
    return BillRow(
        _shorten(line.name), quantity=quantity, unit_price=each if exact else None, **common
    )


def _balance(rows, total, label):
    _add(rows, label, total - _sum(rows))


def _add(rows, label, amount):
    if amount:
        rows.append(BillRow(_shorten(label), amount))


def _sum(rows):
    return sum((row.total for row in rows), Decimal(0))


def _shorten(text):
    text = " ".join(text.split())
    return text if len(text) <= MAX_DESCRIPTION else text[: MAX_DESCRIPTION - 1] + "…"
