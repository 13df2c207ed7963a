"""Any report and any ledger: each entry is reported once, and the order of the report's rows says nothing."""

import itertools
from collections import Counter
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from pos_glase.rules import state_machine
from pos_glase.rules.reconciliation import DIFFERENCES, MATCHED, NETTED, OVERLAP, Entry, Line, match

AMOUNTS = st.sampled_from([10, 20, 30]).map(Decimal)
FLAGS = st.booleans()


@st.composite
def ledgers(draw):
    """Payments P and Q, and refunds of them with references of their own, or without one."""
    entries = []
    for number in range(draw(st.integers(0, 4))):
        if draw(FLAGS):
            kind, original = state_machine.PAYMENT, None
            reference = draw(st.sampled_from("PQ"))
            state = draw(st.sampled_from([state_machine.PAID, state_machine.CANCELED]))
        else:
            kind, original = state_machine.REFUND, draw(st.sampled_from("PQ"))
            reference = draw(st.sampled_from(["R", "S", original, None]))
            states = [state_machine.REFUNDED, state_machine.UNKNOWN, state_machine.FAILED]
            state = draw(st.sampled_from(states))
        flags = dict(
            zip(
                ("in_time", "reported", "overlap"),
                draw(st.tuples(FLAGS, FLAGS, FLAGS)),
                strict=True,
            )
        )
        entries.append(Entry(number, kind, state, reference, original, draw(AMOUNTS), **flags))
    return entries


ROWS = st.lists(
    st.tuples(st.sampled_from("PQR"), st.integers(-3, 3).map(lambda tens: Decimal(10 * tens))),
    min_size=1,
    max_size=4,
)
# Two sums that are both wrong, and one of them comes out when refunds are taken off.
PAYMENT = Entry(1, state_machine.PAYMENT, state_machine.PAID, "P", None, Decimal(20))
REFUND = Entry(2, state_machine.REFUND, state_machine.REFUNDED, "R", "P", Decimal(20))


def found_in(rows, entries):
    return match([Line(index, *row) for index, row in enumerate(rows)], entries)


@given(ROWS, ledgers())
@example([("P", Decimal(30)), ("P", Decimal(0))], [PAYMENT, REFUND])
@example([("P", Decimal(-30)), ("R", Decimal(-10)), ("P", Decimal(-10))], [PAYMENT, REFUND])
def test_the_order_of_the_rows_says_nothing(rows, entries):
    told = {
        tuple(sorted((one.line.reference, one.line.amount, one.kind) for one in found))
        for found in (found_in(some, entries) for some in itertools.permutations(rows))
    }
    assert len(told) == 1, told


@given(ROWS, ledgers())
def test_each_row_is_one_line_and_each_entry_is_reported_once(rows, entries):
    found = found_in(rows, entries)
    assert sorted(one.line.id for one in found) == list(range(len(rows)))
    reported = Counter(entry.id for one in found for entry in one.entries)
    assert set(reported.values()) <= {1}
    before = {entry.id for entry in entries if entry.reported}
    assert not before & set(reported)


@given(ROWS, ledgers())
def test_what_matches_adds_up_to_the_last_cent(rows, entries):
    for one in found_in(rows, entries):
        if one.kind in (MATCHED, NETTED, OVERLAP):
            assert one.known_amount() == one.line.amount
        else:
            assert one.kind in DIFFERENCES
