from datetime import datetime, timedelta
from itertools import product

import pytest

from pos_glase.rules import settlement, state_machine
from pos_glase.rules.settlement import ASK, CANCEL, NOTHING, REPLACE, WAIT, Bill, next_step

NOW = datetime(2026, 5, 1, 12, 0)
BEFORE, EARLIER = NOW - timedelta(seconds=10), NOW - timedelta(seconds=90)


def given_up(**facts):
    return Bill(**{"state": "issued", "now": NOW, "given_up_at": BEFORE, **facts})


@pytest.mark.parametrize(
    ("bill", "step"),
    [
        (Bill("issued", NOW), NOTHING),
        (Bill("paid", NOW, given_up_at=BEFORE), NOTHING),
        (Bill("unknown", NOW), NOTHING),
        (Bill("issued", NOW, forced_at=BEFORE), ASK),
        (given_up(state="unknown"), REPLACE),
        (given_up(), CANCEL),
        # An answer from before it was given up says nothing about the time since.
        (given_up(cancel_answered_at=EARLIER, cancel_code=0), CANCEL),
        (given_up(cancel_answered_at=BEFORE, cancel_code=0), ASK),
        (given_up(cancel_answered_at=BEFORE, cancel_code=95), ASK),
        (given_up(cancel_answered_at=BEFORE, cancel_code=50), WAIT),
        (given_up(given_up_at=EARLIER, cancel_answered_at=EARLIER, cancel_code=50), ASK),
        (given_up(released=True, cancel_refusal=54, cancel_tries=2), CANCEL),
        (given_up(released=True, cancel_refusal=54, cancel_tries=3), REPLACE),
        (given_up(cancel_refusal=54, cancel_tries=3), CANCEL),
        (given_up(released=True, cancel_refusal=54, cancel_tries=9, replaces_lost=True), CANCEL),
        (given_up(released=True, cancel_refusal=54, cancel_tries=9, is_replaced=True), ASK),
    ],
)
def test_the_table(bill, step):
    assert next_step(bill) == step


def test_nothing_given_up_is_asked_about_before_its_cancel_was_answered():
    """Of all that a row can be: asking takes the money, so it comes after a cancel, or can take none."""
    times = (None, EARLIER, BEFORE, NOW)
    for answered, code, refusal, tries, released, own, replaced in product(
        times, (0, 50, 95), (0, 54), (0, 3), (False, True), (False, True), (False, True)
    ):
        bill = given_up(
            cancel_answered_at=answered,
            cancel_code=code,
            cancel_refusal=refusal,
            cancel_tries=tries,
            released=released,
            replaces_lost=own,
            is_replaced=replaced,
        )
        if next_step(bill) == ASK and not replaced:
            assert answered
            assert answered >= bill.given_up_at
            waited = settlement.waits_until(bill) <= NOW
            assert waited or code != state_machine.ALREADY_PAID_CODE
