"""What an order owes with its till's cash rounding: the table is the till's, too (`amount_due.test.js`)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from due_table import DueRow, due_rows
from hypothesis import example, given
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


# A currency's decimals, and amounts that lie in the middle between two coins as often as not.
AMOUNTS = st.sampled_from([0, 2, 3]).flatmap(
    lambda places: st.one_of(
        st.decimals(-100000, 100000, places=places),
        st.integers(-4000, 4000).map(
            lambda halves: (Decimal(halves) / 40).quantize(Decimal(1).scaleb(-places))
        ),
    )
)
STEPS = st.sampled_from(["0.0025", "0.005", "0.025", "0.05", "0.5", "1", "1.5", "5"]).map(Decimal)


@given(
    total=AMOUNTS,
    step=STEPS,
    method=st.sampled_from(sorted(METHODS)),
    strategy=st.sampled_from([OWN_ROW, LARGEST_TAX]),
)
@example(total=Decimal("0.02"), step=Decimal("0.025"), method="HALF-UP", strategy=OWN_ROW)
@example(total=Decimal(-4), step=Decimal("1.5"), method="HALF-EVEN", strategy=LARGEST_TAX)
@example(total=Decimal(1), step=Decimal("1.25"), method="HALF-DOWN", strategy=OWN_ROW)
def test_a_coin_of_any_size_in_any_currency(total, step, method, strategy):
    """As if it was counted in coins, and in units of the currency after that: half a unit goes up.

    Chance alone finds a half that the nearest even unit would hide, or less than half, too seldom.
    """
    unit = Decimal(1).scaleb(total.as_tuple().exponent)
    coins = Fraction(total) / Fraction(step)
    whole, rest = divmod(abs(coins), 1)
    up = {
        "UP": rest > 0,
        "DOWN": False,
        "HALF-UP": rest >= Fraction(1, 2),
        "HALF-DOWN": rest > Fraction(1, 2),
        "HALF-EVEN": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1),
    }
    rounded = (whole + up[method]) * Fraction(step) / Fraction(unit)
    expected = Decimal(int(rounded + Fraction(1, 2))) * unit
    due = total_due(total, CashRounding(step, method, strategy=strategy))
    assert due == expected.copy_sign(total) or due == expected == 0
    assert due.as_tuple().exponent == total.as_tuple().exponent, "with the currency's decimals"


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
