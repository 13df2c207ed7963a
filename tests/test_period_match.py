from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..models.periods.glase_period_line import (
    AMOUNT,
    MATCHED,
    NETTED,
    TILL,
    TWICE,
    UNDECIDABLE,
    UNKNOWN,
    UNPAID,
)
from ..models.periods.glase_period_match import Entry, Line, match
from ..rules import state_machine


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


@tagged("post_install", "-at_install")
class TestPeriodMatch(BaseCase):
    """By reference and sign only; what is not clear is said to be so."""

    def kinds(self, rows, entries):
        found = sorted(match(lines(*rows), entries), key=lambda each: each.line.id)
        return [each.kind for each in found]

    def test_a_payment(self):
        self.assertEqual(self.kinds([("P", "148.00000")], [payment(1, "P", "148.00")]), [MATCHED])

    def test_the_same_amount_under_another_reference_is_no_match(self):
        self.assertEqual(self.kinds([("Q", "148")], [payment(1, "P", "148")]), [UNKNOWN])

    def test_another_amount(self):
        self.assertEqual(self.kinds([("P", "150")], [payment(1, "P", "148")]), [AMOUNT])

    def test_another_till(self):
        self.assertEqual(self.kinds([("P", "1")], [payment(1, "P", "1", here=False)]), [TILL])

    def test_twice_in_one_report_and_in_two(self):
        self.assertEqual(
            self.kinds([("P", "1"), ("P", "1")], [payment(1, "P", "1")]), [MATCHED, TWICE]
        )
        self.assertEqual(self.kinds([("P", "1")], [payment(1, "P", "1", reported=True)]), [TWICE])

    def test_not_paid_by_the_ledger(self):
        entry = payment(1, "P", "1", state=state_machine.CANCELED)
        self.assertEqual(self.kinds([("P", "1")], [entry]), [UNPAID])

    def test_a_reference_that_two_payments_carry_is_undecidable(self):
        self.assertEqual(
            self.kinds([("P", "1")], [payment(1, "P", "1"), payment(2, "P", "1")]), [UNDECIDABLE]
        )

    def test_a_refund_as_a_row_of_its_own(self):
        entries = [payment(1, "P", "100"), refund(2, "R", "P", "30")]
        self.assertEqual(self.kinds([("P", "100"), ("R", "-30")], entries), [MATCHED, MATCHED])

    def test_a_refund_under_the_reference_of_its_payment(self):
        entries = [payment(1, "P", "100"), refund(2, "R", "P", "30")]
        self.assertEqual(self.kinds([("P", "100"), ("P", "-30")], entries), [MATCHED, MATCHED])
        same = [payment(1, "P", "100"), refund(2, "P", "P", "30")]
        self.assertEqual(self.kinds([("P", "-30"), ("P", "100")], same), [MATCHED, MATCHED])

    def test_several_refunds_under_one_reference_are_told_apart_by_their_amounts(self):
        entries = [payment(1, "P", "100"), refund(2, "R", "P", "30"), refund(3, "S", "P", "20")]
        rows = [("P", "100"), ("P", "-20"), ("P", "-30")]
        self.assertEqual(self.kinds(rows, entries), [MATCHED, MATCHED, MATCHED])
        equal = [payment(1, "P", "100"), refund(2, "R", "P", "30"), refund(3, "S", "P", "30")]
        rows = [("P", "100"), ("P", "-30"), ("P", "-30")]
        self.assertEqual(self.kinds(rows, equal), [MATCHED, MATCHED, MATCHED])

    def test_refunds_that_are_netted(self):
        entries = [payment(1, "P", "100"), refund(2, "R", "P", "30"), refund(3, "S", "P", "20")]
        [found] = match(lines(("P", "50")), entries)
        self.assertEqual(found.kind, NETTED)
        self.assertEqual({entry.id for entry in found.entries}, {1, 2, 3})

    def test_a_payment_that_was_given_back_whole_is_netted_to_nothing(self):
        entries = [payment(1, "P", "100"), refund(2, "R", "P", "100")]
        self.assertEqual(self.kinds([("P", "0")], entries), [NETTED])

    def test_netted_sums_that_do_not_come_out_are_another_amount(self):
        entries = [payment(1, "P", "100"), refund(2, "R", "P", "30")]
        self.assertEqual(self.kinds([("P", "60")], entries), [AMOUNT])

    def test_a_refund_nobody_knows(self):
        self.assertEqual(self.kinds([("P", "-30")], [payment(1, "P", "100")]), [UNKNOWN])
        self.assertEqual(self.kinds([("Z", "-30")], []), [UNKNOWN])

    def test_a_refund_that_is_not_decided_yet_is_undecidable_and_names_it(self):
        entries = [payment(1, "P", "100"), refund(2, None, "P", "30", state=state_machine.UNKNOWN)]
        [found] = match(lines(("P", "-30")), entries)
        self.assertEqual((found.kind, found.entry.id), (UNDECIDABLE, 2))
        self.assertEqual(found.entries, (), "no machine decides it")

    def test_two_refunds_that_fit_neither_amount_are_undecidable(self):
        entries = [payment(1, "P", "100"), refund(2, "R", "P", "30"), refund(3, "S", "P", "20")]
        self.assertEqual(self.kinds([("P", "-25")], entries), [UNDECIDABLE])

    def test_an_undecided_refund_of_the_payment_makes_another_amount_undecidable(self):
        entries = [
            payment(1, "P", "100"),
            refund(2, "R", "P", "30"),
            refund(3, None, "P", "20", state=state_machine.UNKNOWN),
        ]
        for amounts in (("-20", "-30"), ("-30", "-20")):
            with self.subTest(amounts=amounts):
                found = match(lines(*(("P", amount) for amount in amounts)), entries)
                self.assertEqual(
                    {(each.line.amount, each.kind, each.entry.id) for each in found},
                    {(Decimal("-30"), MATCHED, 2), (Decimal("-20"), UNDECIDABLE, 3)},
                )

    def test_a_row_under_the_refunds_own_reference_comes_before_one_under_its_payments(self):
        entries = [payment(1, "P", "100"), refund(2, "R", "P", "30"), refund(3, "S", "P", "30")]
        self.assertEqual(self.kinds([("P", "-30"), ("R", "-30")], entries), [MATCHED, MATCHED])

    def test_several_rows_for_one_refund_that_it_does_not_fit_are_undecidable(self):
        entries = [payment(1, "P", "100"), refund(2, "R", "P", "30")]
        rows = [("P", "-25"), ("P", "-26")]
        self.assertEqual(self.kinds(rows, entries), [UNDECIDABLE, UNDECIDABLE])

    def test_netted_with_an_undecided_refund_is_undecidable_until_it_is_decided(self):
        undecided = [
            payment(1, "P", "100"),
            refund(2, None, "P", "30", state=state_machine.UNKNOWN),
        ]
        [found] = match(lines(("P", "70")), undecided)
        self.assertEqual((found.kind, found.entry.id, found.entries), (UNDECIDABLE, 2, ()))
        made = [payment(1, "P", "100"), refund(2, None, "P", "30")]
        self.assertEqual(self.kinds([("P", "70")], made), [NETTED])
        not_made = [payment(1, "P", "100"), refund(2, None, "P", "30", state=state_machine.FAILED)]
        self.assertEqual(self.kinds([("P", "70")], not_made), [AMOUNT])

    def test_more_than_was_paid_has_nothing_to_do_with_an_undecided_refund(self):
        entries = [payment(1, "P", "100"), refund(2, None, "P", "30", state=state_machine.UNKNOWN)]
        self.assertEqual(self.kinds([("P", "110")], entries), [AMOUNT])

    def test_a_refund_of_after_the_mark_is_not_netted_where_those_before_it_fit(self):
        entries = [
            payment(1, "P", "100"),
            refund(2, "R", "P", "20"),
            refund(3, "S", "P", "30", in_time=False),
        ]
        [found] = match(lines(("P", "80")), entries)
        self.assertEqual((found.kind, {entry.id for entry in found.entries}), (NETTED, {1, 2}))
        [found] = match(lines(("P", "50")), entries)
        self.assertEqual((found.kind, len(found.entries)), (NETTED, 3))

    def test_a_refund_of_after_the_mark_is_no_row_of_the_report(self):
        early = refund(3, "S", "P", "30")
        late = refund(2, "R", "P", "30", in_time=False)
        self.assertEqual(self.kinds([("P", "-30")], [payment(1, "P", "100"), late]), [UNKNOWN])
        [found] = match(lines(("P", "-30")), [payment(1, "P", "100"), late, early])
        self.assertEqual((found.kind, found.entry.id), (MATCHED, 3))
