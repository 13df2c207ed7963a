"""What an order owes with its till's cash rounding: the table is the till's, too (`amount_due.test.js`)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_glase.rules.due import METHODS, CashRounding, still_due, total_due

# Step, method, whether the whole order is rounded, total, paid otherwise, with cash or not, due.
TABLE = [
    ("1", "HALF-UP", True, "95.60", "0", False, "96"),
    ("1", "HALF-UP", True, "95.40", "0", False, "95"),
    ("1", "HALF-UP", True, "95.50", "0", False, "96"),
    ("1", "HALF-DOWN", True, "95.50", "0", False, "95"),
    ("1", "UP", True, "95.10", "0", False, "96"),
    ("1", "DOWN", True, "95.90", "0", False, "95"),
    ("0.05", "HALF-UP", True, "95.62", "0", False, "95.60"),
    ("0.05", "HALF-UP", True, "95.63", "0", False, "95.65"),
    ("1", "HALF-UP", True, "95.60", "50", False, "46"),
    ("1", "HALF-UP", True, "95.60", "95.70", False, "0"),
    ("1", "HALF-UP", True, "-95.60", "0", False, "-96"),
    ("1", "HALF-UP", True, "-95.60", "-48", False, "-48"),
    ("1", "UP", True, "-95.10", "0", False, "-96"),
    ("1", "DOWN", True, "-95.90", "0", False, "-95"),
    ("1", "HALF-UP", False, "95.60", "0", False, "95.60"),
    ("1", "HALF-UP", False, "95.60", "50", True, "45.60"),
    ("1", "HALF-UP", False, "95.40", "95", True, "0"),
    ("1", "HALF-UP", False, "95.60", "95", True, "0.60"),
    ("1", "HALF-UP", False, "95.40", "95", False, "0.40"),
    ("50", "HALF-UP", True, "1234", "0", False, "1250"),
    ("0.005", "HALF-UP", True, "9.993", "0", False, "9.995"),
]


@pytest.mark.parametrize(("step", "method", "whole", "total", "paid", "cash", "due"), TABLE)
def test_due(step, method, whole, total, paid, cash, due):
    rounding = CashRounding(Decimal(step), method, whole)
    still = still_due(Decimal(total), Decimal(paid), rounding, cash)
    assert still == Decimal(due)


def test_without_rounding():
    assert total_due(Decimal("95.60")) == Decimal("95.60")
    assert still_due(Decimal("95.60"), Decimal("95.60")) == 0


@given(
    total=st.decimals(-100000, 100000, places=2),
    step=st.sampled_from(["0.01", "0.05", "0.10", "0.25", "1", "5"]).map(Decimal),
    method=st.sampled_from(sorted(METHODS)),
)
def test_what_is_due_is_a_multiple_of_the_coin_and_stays_so(total, step, method):
    rounding = CashRounding(step, method)
    due = total_due(total, rounding)
    assert due % step == 0
    assert abs(due - total) < step
    assert total_due(due, rounding) == due
    assert total_due(-total, rounding) == -due
    assert still_due(total, due, rounding) == 0
