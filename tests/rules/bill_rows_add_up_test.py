"""The rows of any order add up to the bill: in currencies with 0, 2 and 3 decimals."""

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_glase.rules import bill_rows

CENT = Decimal("0.01")
TAX_RATES = (Decimal(0), Decimal(6), Decimal("5.5"), Decimal(12), Decimal(25))


@st.composite
def orders(draw, decimals):
    """An order as Odoo stores it: each line rounded to the currency by itself."""
    step = Decimal(1).scaleb(-decimals)
    lines = []
    for _index in range(draw(st.integers(1, 12))):
        price = draw(st.decimals(0, 5000, places=min(decimals + 2, 4)))
        quantity = draw(st.sampled_from([1, 2, 7, -1, -3, "0.333", "1.5"]).map(Decimal))
        discount = draw(st.sampled_from([0, 10, 33, 100]).map(Decimal))
        rate = draw(st.sampled_from(TAX_RATES))
        included = draw(st.booleans())
        total = price * quantity * (100 - discount) / 100
        total = total if included else total * (100 + rate) / 100
        total = total.quantize(step, rounding=ROUND_HALF_EVEN)
        lines.append(
            bill_rows.OrderLine(f"P {_index}", total, quantity, unit="kg", tax_percent=rate)
        )
    exact = sum((line.total for line in lines), Decimal(0))
    # Odoo may round taxes over the whole order, and cash to coins: the total is near the sum.
    total = exact + step * draw(st.integers(-5, 5))
    tenders = [
        (f"Tender {index}", draw(st.decimals(-100, 100, places=decimals)))
        for index in range(draw(st.integers(0, 3)))
    ]
    return lines, total, tenders


@pytest.mark.parametrize("decimals", [0, 2, 3])
@given(data=st.data())
def test_rows_add_up_to_the_bill(decimals, data):
    lines, total, tenders = data.draw(orders(decimals))
    amount = data.draw(st.decimals(CENT, 100000, places=2))
    rows = bill_rows.bill_rows(lines, total, tenders, amount)
    assert sum(row.total for row in rows) == amount
    for row in rows:
        assert row.total == row.total.quantize(CENT)
        assert row.quantity >= 1
        assert row.tax_rate is None or row.tax_rate == row.tax_rate.to_integral_value()
        if row.unit_price is not None:
            assert row.unit_price * row.quantity == row.total


@pytest.mark.parametrize("decimals", [0, 2, 3])
@given(data=st.data())
def test_products_keep_their_price(decimals, data):
    lines, total, tenders = data.draw(orders(decimals))
    rows = bill_rows.bill_rows(lines, total, tenders, Decimal(10))
    for line, row in zip(lines, rows, strict=False):
        assert abs(row.total - line.total) <= CENT / 2
