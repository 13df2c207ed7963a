"""A report's rows are matched by reference and sign only; what is not clear is said to be so."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from pos_glase.rules import state_machine
from pos_glase.rules.reconciliation import (
    AMOUNT,
    CURRENCY,
    MATCHED,
    NETTED,
    OVERLAP,
    TILL,
    TWICE,
    UNDECIDABLE,
    UNKNOWN,
    UNPAID,
    VERIFICATION,
    Entry,
    Line,
    contradict,
    match,
    name_verified,
)


def lines(*rows):
    return [
        Line(index, reference, Decimal(amount)) for index, (reference, amount) in enumerate(rows)
    ]


def payment(number, reference, amount, state=state_machine.PAID, **options):
    return Entry(number, state_machine.PAYMENT, state, reference, None, Decimal(amount), **options)


def refund(number, reference, original, amount, state=state_machine.REFUNDED, **options):
    return Entry(
        number, state_machine.REFUND, state, reference, original, Decimal(amount), **options
    )


def kinds(rows, entries):
    found = sorted(match(lines(*rows), entries), key=lambda each: each.line.id)
    return [each.kind for each in found]


def test_a_payment():
    assert kinds([("P", "148.00000")], [payment(1, "P", "148.00")]) == [MATCHED]


def test_the_same_amount_under_another_reference_is_no_match():
    assert kinds([("Q", "148")], [payment(1, "P", "148")]) == [UNKNOWN]


def test_another_amount():
    assert kinds([("P", "150")], [payment(1, "P", "148")]) == [AMOUNT]


def test_another_till():
    assert kinds([("P", "1")], [payment(1, "P", "1", here=False)]) == [TILL]


def test_twice_in_one_report_and_in_two():
    assert kinds([("P", "1"), ("P", "1")], [payment(1, "P", "1")]) == [MATCHED, TWICE]
    assert kinds([("P", "1")], [payment(1, "P", "1", reported=True)]) == [TWICE]


def test_not_paid_by_the_ledger():
    entry = payment(1, "P", "1", state=state_machine.CANCELED)
    assert kinds([("P", "1")], [entry]) == [UNPAID]


def test_a_reference_that_two_payments_carry_is_undecidable():
    assert kinds([("P", "1")], [payment(1, "P", "1"), payment(2, "P", "1")]) == [UNDECIDABLE]


def test_a_refund_as_a_row_of_its_own():
    entries = [payment(1, "P", "100"), refund(2, "R", "P", "30")]
    assert kinds([("P", "100"), ("R", "-30")], entries) == [MATCHED, MATCHED]


def test_a_refund_under_the_reference_of_its_payment():
    entries = [payment(1, "P", "100"), refund(2, "R", "P", "30")]
    assert kinds([("P", "100"), ("P", "-30")], entries) == [MATCHED, MATCHED]
    same = [payment(1, "P", "100"), refund(2, "P", "P", "30")]
    assert kinds([("P", "-30"), ("P", "100")], same) == [MATCHED, MATCHED]


def test_several_refunds_under_one_reference_are_told_apart_by_their_amounts():
    entries = [payment(1, "P", "100"), refund(2, "R", "P", "30"), refund(3, "S", "P", "20")]
    rows = [("P", "100"), ("P", "-20"), ("P", "-30")]
    assert kinds(rows, entries) == [MATCHED, MATCHED, MATCHED]
    equal = [payment(1, "P", "100"), refund(2, "R", "P", "30"), refund(3, "S", "P", "30")]
    rows = [("P", "100"), ("P", "-30"), ("P", "-30")]
    assert kinds(rows, equal) == [MATCHED, MATCHED, MATCHED]


def test_refunds_that_are_netted():
    entries = [payment(1, "P", "100"), refund(2, "R", "P", "30"), refund(3, "S", "P", "20")]
    [found] = match(lines(("P", "50")), entries)
    assert found.kind == NETTED
    assert {entry.id for entry in found.entries} == {1, 2, 3}


def test_a_payment_that_was_given_back_whole_is_netted_to_nothing():
    entries = [payment(1, "P", "100"), refund(2, "R", "P", "100")]
    assert kinds([("P", "0")], entries) == [NETTED]


def test_netted_sums_that_do_not_come_out_are_another_amount():
    entries = [payment(1, "P", "100"), refund(2, "R", "P", "30")]
    assert kinds([("P", "60")], entries) == [AMOUNT]


def test_a_refund_nobody_knows():
    assert kinds([("P", "-30")], [payment(1, "P", "100")]) == [UNKNOWN]
    assert kinds([("Z", "-30")], []) == [UNKNOWN]


def test_a_refund_that_is_not_decided_yet_is_undecidable_and_names_it():
    entries = [payment(1, "P", "100"), refund(2, None, "P", "30", state=state_machine.UNKNOWN)]
    [found] = match(lines(("P", "-30")), entries)
    assert (found.kind, found.entry.id) == (UNDECIDABLE, 2)
    assert found.entries == (), "no machine decides it"


def test_two_refunds_that_fit_neither_amount_are_undecidable():
    entries = [payment(1, "P", "100"), refund(2, "R", "P", "30"), refund(3, "S", "P", "20")]
    assert kinds([("P", "-25")], entries) == [UNDECIDABLE]


@pytest.mark.parametrize("amounts", [("-20", "-30"), ("-30", "-20")])
def test_an_undecided_refund_of_the_payment_makes_another_amount_undecidable(amounts):
    entries = [
        payment(1, "P", "100"),
        refund(2, "R", "P", "30"),
        refund(3, None, "P", "20", state=state_machine.UNKNOWN),
    ]
    found = match(lines(*(("P", amount) for amount in amounts)), entries)
    assert {(each.line.amount, each.kind, each.entry.id) for each in found} == {
        (Decimal("-30"), MATCHED, 2),
        (Decimal("-20"), UNDECIDABLE, 3),
    }


def test_a_row_under_the_refunds_own_reference_comes_before_one_under_its_payments():
    entries = [payment(1, "P", "100"), refund(2, "R", "P", "30"), refund(3, "S", "P", "30")]
    assert kinds([("P", "-30"), ("R", "-30")], entries) == [MATCHED, MATCHED]


def test_several_rows_for_one_refund_that_it_does_not_fit_are_undecidable():
    entries = [payment(1, "P", "100"), refund(2, "R", "P", "30")]
    rows = [("P", "-25"), ("P", "-26")]
    assert kinds(rows, entries) == [UNDECIDABLE, UNDECIDABLE]


def test_netted_with_an_undecided_refund_is_undecidable_until_it_is_decided():
    undecided = [
        payment(1, "P", "100"),
        refund(2, None, "P", "30", state=state_machine.UNKNOWN),
    ]
    [found] = match(lines(("P", "70")), undecided)
    assert (found.kind, found.entry.id, found.entries) == (UNDECIDABLE, 2, ())
    made = [payment(1, "P", "100"), refund(2, None, "P", "30")]
    assert kinds([("P", "70")], made) == [NETTED]
    not_made = [payment(1, "P", "100"), refund(2, None, "P", "30", state=state_machine.FAILED)]
    assert kinds([("P", "70")], not_made) == [AMOUNT]


def test_more_than_was_paid_has_nothing_to_do_with_an_undecided_refund():
    entries = [payment(1, "P", "100"), refund(2, None, "P", "30", state=state_machine.UNKNOWN)]
    assert kinds([("P", "110")], entries) == [AMOUNT]


def test_a_refund_of_after_the_mark_is_not_netted_where_those_before_it_fit():
    entries = [
        payment(1, "P", "100"),
        refund(2, "R", "P", "20"),
        refund(3, "S", "P", "30", in_time=False),
    ]
    [found] = match(lines(("P", "80")), entries)
    assert (found.kind, {entry.id for entry in found.entries}) == (NETTED, {1, 2})
    [found] = match(lines(("P", "50")), entries)
    assert (found.kind, len(found.entries)) == (NETTED, 3)


def test_a_refund_of_after_the_mark_is_no_row_of_the_report():
    early = refund(3, "S", "P", "30")
    late = refund(2, "R", "P", "30", in_time=False)
    assert kinds([("P", "-30")], [payment(1, "P", "100"), late]) == [UNKNOWN]
    [found] = match(lines(("P", "-30")), [payment(1, "P", "100"), late, early])
    assert (found.kind, found.entry.id) == (MATCHED, 3)


def test_what_a_report_of_the_other_way_has_had_overlaps_once():
    entry = payment(1, "P", "100", reported=True, overlap=True)
    assert kinds([("P", "100"), ("P", "100")], [entry]) == [OVERLAP, TWICE]
    assert kinds([("P", "90")], [entry]) == [TWICE], "only the same amount is expected"
    back = refund(2, "R", "P", "30", reported=True, overlap=True)
    assert kinds([("R", "-30"), ("R", "-30")], [back]) == [OVERLAP, TWICE]


def test_what_stands_beside_a_line_is_what_the_ledger_has_of_its_currency():
    entries = [payment(1, "P", "100"), refund(2, "R", "P", "30")]
    [found] = match(lines(("P", "70")), entries)
    assert found.known_amount() == 70
    [found] = match(lines(("R", "-30")), entries)
    assert found.known_amount() == -30
    [found] = match(lines(("P", "100")), [payment(1, "P", "100", same_currency=False)])
    assert (found.kind, found.known_amount()) == (CURRENCY, 0)
    [found] = match(lines(("Q", "5")), entries)
    assert found.known_amount() == 0


def test_what_a_verification_did_is_named_once_and_by_reference_and_amount():
    found = match(lines(("V", "1"), ("V", "1"), ("V", "-1"), ("W", "1")), [])
    done = {("V", Decimal(1)), ("V", Decimal(-1)), ("W", Decimal(2))}
    named = name_verified(found, done)
    assert sorted((each.line.id, each.kind) for each in named) == [
        (0, VERIFICATION),
        (1, UNKNOWN),
        (2, VERIFICATION),
        (3, UNKNOWN),
    ]
    assert [each.known_amount() for each in named if each.line.id in (0, 1, 2)] == [1, 0, -1]
    assert len(done) == 3, "what was given stays as it is"


def test_what_the_ledger_knows_is_not_named_after_a_verification():
    [found] = match(lines(("P", "1")), [payment(1, "P", "1")])
    assert name_verified([found], {("P", Decimal(1))}) == [found]


@pytest.mark.parametrize(
    ("count", "total", "contradicts"),
    [(3, 70, False), (2, 70, False), (1, 70, True), (4, 70, True), (3, 71, True)],
)
def test_two_reports_contradict_each_other_unless_one_counts_no_refunds(count, total, contradicts):
    rows = [SimpleNamespace(amount=Decimal(amount)) for amount in (50, 50, -30)]
    details = SimpleNamespace(rows=rows, count=3, total=Decimal(70))
    summary = SimpleNamespace(rows=[], count=count, total=Decimal(total))
    assert contradict(details, summary, lambda one, other: one == other) is contradicts
