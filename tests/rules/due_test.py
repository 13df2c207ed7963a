"""What an order owes with its till's cash rounding: the table is the till's, too (`amount_due.test.js`)."""

from decimal import Decimal

import pytest
from due_table import DueRow, due_rows
from hypothesis import given
from hypothesis import strategies as st

from pos_glase.rules.due import LARGEST_TAX, METHODS, OWN_ROW, CashRounding, still_due, total_due

# What the till's tests have no currency for.
THREE_DECIMALS = DueRow(
    Decimal("0.005"),
    *("HALF-UP", True, OWN_ROW, True),
    *(Decimal("9.993"), Decimal(0), False, Decimal("9.995")),
)


@pytest.mark.parametrize("row", [*due_rows(), THREE_DECIMALS], ids=str)
def test_due(row):
    rounding = CashRounding(row.step, row.method, row.whole, row.strategy, row.taxed)
    assert still_due(row.total, row.paid, rounding, row.cash) == row.due


def test_without_rounding():
    assert total_due(Decimal("95.60")) == Decimal("95.60")
    assert still_due(Decimal("95.60"), Decimal("95.60")) == 0


@given(
    total=st.decimals(-100000, 100000, places=2),
    step=st.sampled_from(["0.01", "0.05", "0.10", "0.25", "1", "5"]).map(Decimal),
    method=st.sampled_from(sorted(METHODS)),
    strategy=st.sampled_from([OWN_ROW, LARGEST_TAX]),
)
def test_what_is_due_is_a_multiple_of_the_coin_and_stays_so(total, step, method, strategy):
    rounding = CashRounding(step, method, strategy=strategy)
    due = total_due(total, rounding)
    assert due % step == 0
    assert abs(due - total) < step
    assert total_due(due, rounding) == due
    assert total_due(-total, rounding) == -due
    assert still_due(total, due, rounding) == 0
