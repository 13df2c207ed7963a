"""How much of a payment may be given back, what is sent and taken: the decisions, without a database."""

from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_glase.rules import bill_rows, due, giving_back, state_machine, taken
from pos_glase.rules.session_figures import Moved, totals

D = Decimal


@pytest.mark.parametrize(
    ("kind", "state", "reference", "can"),
    [
        ("payment", "paid", "E1", True),
        ("payment", "paid", False, False),
        ("payment", "issued", "E1", False),
        ("refund", "paid", "E1", False),
    ],
)
def test_only_a_payment_that_stands_is_given_back(kind, state, reference, can):
    row = SimpleNamespace(kind=kind, state=state, ers_reference=reference)
    assert giving_back.can_be_given_back(row) is can


def test_what_may_have_been_given_back_counts():
    assert set(giving_back.UNDECIDED) < set(giving_back.STANDING)
    assert state_machine.FAILED not in giving_back.STANDING
    assert giving_back.left(D(100), [D(30), D("20.50")]) == D("49.50")
    assert giving_back.left(D(100), [D(60), D(60)]) == D(-20)


def test_the_first_payment_that_has_so_much_left_is_given_back():
    lefts = [D(10), D(50), D(100)]
    assert [giving_back.covering(lefts, D(sum_)) for sum_ in (10, 11, 51, 101)] == [0, 1, 2, None]


def test_a_repetition_proves_something_only_where_two_do_not_fit():
    assert giving_back.repetition_proves(D(51), D(100))
    assert not giving_back.repetition_proves(D(50), D(100))


def test_nobody_decides_before_glase_has_had_its_time():
    sent = datetime(2026, 11, 1, 12)
    unknown = SimpleNamespace(state=state_machine.UNKNOWN, sent_at=sent)
    assert giving_back.decidable_from(unknown) == sent + timedelta(minutes=15)
    assert not giving_back.decidable_from(SimpleNamespace(state="refunded", sent_at=sent))


@pytest.mark.parametrize(
    ("amount", "why_not"),
    [
        ("0", bill_rows.ZERO),
        ("-1", bill_rows.ZERO),
        ("1e15", bill_rows.TOO_LARGE),
        ("1.005", bill_rows.DECIMALS),
        ("1.50", None),
    ],
)
def test_what_the_wire_carries(amount, why_not):
    assert bill_rows.why_not_sent(D(amount)) == why_not


@pytest.mark.parametrize(
    ("amount", "owed", "more", "why_not"),
    [
        (10, 0, True, due.NOTHING_DUE),
        (10, -5, True, due.NOTHING_DUE),
        (11, 10, False, due.TOO_MUCH),
        (11, 10, True, None),
        (10, 10, False, None),
    ],
)
def test_what_is_taken_for_an_order(amount, owed, more, why_not):
    assert due.why_not_paid(D(amount), D(owed), more) == why_not


def terms(**values):
    none = {"receipt_amount": 0.0, "receipt_currency": None, "proposing": False}
    return taken.Terms(amount=100.0, currency="SEK", **{**none, **values})


def test_where_it_is_not_known_the_smaller_amount_was_taken():
    assert taken.at_least(terms(proposing=True), 80.0) == 80.0
    assert taken.at_least(terms(proposing=True), 120.0) == 100.0
    assert taken.at_least(terms(), 0.0) == 100.0
    assert taken.at_least(terms(receipt_currency="SEK", receipt_amount=90.0), 0.0) == 90.0


def test_all_amounts_that_a_row_may_be_about():
    assert taken.possible(terms(), 80.0) == [100.0]
    assert taken.possible(terms(proposing=True), 80.0) == [100.0, 100.0, 80.0]


@pytest.mark.parametrize(
    ("receipt", "differs"),
    [
        ({}, False),
        ({"receipt_currency": "SEK", "receipt_amount": 100.0}, False),
        ({"receipt_currency": "SEK", "receipt_amount": 99.0}, True),
        ({"receipt_currency": "EUR", "receipt_amount": 100.0}, True),
    ],
)
def test_a_receipt_that_says_something_else(receipt, differs):
    assert taken.differs(terms(**receipt), lambda one, other: one == other) is differs


def test_the_figures_of_a_session_fit_together():
    moved = Moved(300.0, -50.0, 240.0, 20.0, 245.0, True)
    block = totals(moved, lambda amount: round(amount, 2))
    assert block["net"] == 250.0
    assert block["order_total"] == block["net"] - block["elsewhere_total"] + 20.0
    assert block["difference"] == block["report_total"] - block["net"] - 20.0 == -25.0
    assert totals(Moved(reported=245.0), round)["difference"] == 0.0


CROWNS = due.CashRounding(D(1))


@pytest.mark.parametrize(
    ("how", "price", "most"),
    [
        ("HALF-UP", "10.60", (11, 11, 10)),
        ("HALF-UP", "10.40", (10, 10, 11)),
        ("UP", "10.20", (11, 11, 9)),
        ("DOWN", "10.60", (10, 10, 11)),
    ],
)
def test_three_pieces_bring_back_what_was_paid_for_them(how, price, most):
    rounding = due.CashRounding(D(1), how)
    assert gives_back([D(price)] * 3, rounding) == list(map(D, most))


def gives_back(pieces, rounding):
    """What each of the pieces of one sale brings back, one after another, if all of it is given."""
    worth = sum(pieces)
    paid = due.total_due(worth, rounding)
    given = []
    for number, piece in enumerate(pieces):
        before = sum(pieces[:number])
        sale = giving_back.Sale(worth, paid, piece, before, sum(given), rounding)
        given.append(giving_back.most_for(piece, [sale]))
    return given


PIECES = st.sampled_from([0, 2, 3]).flatmap(
    lambda places: st.lists(st.decimals("0.001", 500, places=places), min_size=1, max_size=8)
)
ROUNDINGS = st.one_of(
    st.none(),
    st.builds(
        due.CashRounding,
        st.sampled_from(["0.005", "0.05", "0.5", "1", "5", "100"]).map(D),
        st.sampled_from(sorted(due.METHODS)),
    ),
)


@given(pieces=PIECES, rounding=ROUNDINGS)
def test_parts_bring_back_what_they_were_sold_for_and_all_of_them_all_that_was_paid(
    pieces, rounding
):
    given = gives_back(pieces, rounding)
    assert all(amount >= 0 for amount in given)
    assert sum(given) == due.total_due(sum(pieces), rounding)
    for piece, amount in zip(pieces[:-1], given[:-1], strict=True):
        assert amount <= due.total_due(piece, rounding), "as if it had been sold alone"


def test_what_was_paid_for_all_of_it_goes_back_also_where_nobody_knows_how_it_was_rounded():
    sale = giving_back.Sale(worth=D("95.60"), paid=D(96), now=D("95.60"))
    assert giving_back.most_for(D("95.60"), [sale]) == 96


def test_of_two_sales_each_is_rounded_by_itself_and_what_is_sold_with_them_is_kept():
    sales = [
        giving_back.Sale(worth=D(50), paid=D(50), now=D("10.60"), rounding=CROWNS),
        giving_back.Sale(worth=D(50), paid=D(50), now=D("10.40")),
    ]
    assert giving_back.most_for(D("15.00"), sales) == D("15.40")
