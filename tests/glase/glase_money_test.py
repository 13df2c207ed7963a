"""Amounts and bills that cannot be sent cannot be built."""

from datetime import datetime
from decimal import Decimal

import pytest
from glase_peer import invoice, sek
from hypothesis import given
from hypothesis import strategies as st

from glase import Amount, AmountError, GlaseError, Invoice, InvoiceError, InvoiceRow

cents = st.integers(-(10**9), 10**9)


def amount(number_of_cents, currency="SEK"):
    return Amount(Decimal(number_of_cents).scaleb(-2), currency)


@given(cents)
def test_an_amount_keeps_its_value_and_has_two_decimals(number):
    value = amount(number).value
    assert value * 100 == number
    assert value.as_tuple().exponent == -2


@given(cents, st.integers(1, 9))
def test_a_third_decimal_is_refused(number, thousandths):
    with pytest.raises(AmountError, match="multiple of 0.01"):
        Amount(Decimal(number).scaleb(-2) + Decimal(thousandths).scaleb(-3), "KWD")


@pytest.mark.parametrize(
    "value",
    [1.5, "1.5", True, None, Decimal("NaN"), Decimal("Infinity"), Decimal("1e999999"),
     Decimal("1e17"), Decimal("-1e15")],
)  # fmt: skip
def test_what_is_no_sendable_amount_is_refused(value):
    with pytest.raises(AmountError):
        Amount(value, "SEK")


@pytest.mark.parametrize("currency", ["", "sek", "SEKK", "kr ", None, "SE\n"])
def test_a_currency_has_three_letters(currency):
    with pytest.raises(AmountError, match="currency"):
        Amount(Decimal(1), currency)


@given(st.lists(cents, min_size=1, max_size=20), cents)
def test_rows_add_up_or_there_is_no_invoice(rows, total):
    lines = tuple(InvoiceRow("x", amount(row)) for row in rows)
    values = {"rows": lines, "total": amount(total)}
    if total > 0 and sum(rows) == total:
        assert invoice(**values).rows == lines
    elif total > 0:
        with pytest.raises(InvoiceError) as caught:
            invoice(**values)
        difference = Decimal(total - sum(rows)).scaleb(-2)
        assert f"difference is {difference}" in str(caught.value)
    else:
        with pytest.raises(InvoiceError, match="above zero"):
            invoice(**values)


@given(st.lists(cents, min_size=1, max_size=20).filter(lambda rows: sum(rows) > 0))
def test_rows_that_add_up_are_an_invoice(rows):
    built = invoice(rows=[InvoiceRow("x", amount(row)) for row in rows], total=amount(sum(rows)))
    assert sum(row.total.value for row in built.rows) == built.total.value


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": ()},
        {"rows": ("socks",)},
        {"rows": (InvoiceRow("x", Amount(Decimal(148), "EUR")),)},
        {"total": Decimal(148)},
        {"title": ""},
        {"client_invoice_id": ""},
        {"payment_mode": "LATER"},
        {"acknowledgment_mode": ""},
        {"issue_date": datetime(2018, 8, 14)},
        {"issue_date": "2018-08-14"},
    ],
)
def test_an_invoice_that_glase_would_refuse_cannot_be_built(changes):
    with pytest.raises(InvoiceError):
        invoice(**changes)


@pytest.mark.parametrize(
    "values",
    [
        {"total": Decimal(1)},
        {"quantity": Decimal("0.35")},
        {"quantity": Decimal(-1)},
        {"quantity": 1.0},
        {"quantity": Decimal("NaN")},
        {"unit_price": Decimal(1)},
        {"unit_price": Amount(Decimal(1), "EUR")},
        {"tax_rate": Decimal("NaN")},
    ],
)
def test_a_row_that_glase_would_refuse_cannot_be_built(values):
    with pytest.raises(InvoiceError):
        InvoiceRow(**{"description": "x", "total": sek("1"), **values})


def test_what_is_refused_before_a_call_has_moved_no_money():
    with pytest.raises(GlaseError) as caught:
        Amount(Decimal("0.001"), "SEK")
    assert isinstance(caught.value, ValueError)
    assert caught.value.money_state_known
    assert not caught.value.retryable


def test_there_is_no_minus_zero():
    assert str(Amount(Decimal("-0.00"), "SEK")) == "0.00 SEK"


def test_messages_are_frozen():
    for value, field in ((sek("1"), "value"), (invoice(), "total"), (invoice().rows[0], "total")):
        with pytest.raises(AttributeError):
            setattr(value, field, sek("2"))
    assert isinstance(invoice(), Invoice)
