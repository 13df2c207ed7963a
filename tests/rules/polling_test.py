"""What is done about a till's question, and which answers say something new."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from pos_glase.rules import polling, state_machine
from pos_glase.rules.polling import ANSWER, ASK, HEARTBEAT, STEP, SURELY_ALIVE, Question
from pos_glase.rules.state_machine import Evidence, Row

NOW = datetime(2026, 1, 1, 12)
SECOND = timedelta(seconds=1)
WAITS = Question(state_machine.ISSUED, NOW, NOW - SECOND)
# The longest that a poll may take: a connection and an answer.
LONGEST_CALL = timedelta(seconds=3 + 5)


@pytest.mark.parametrize(
    ("changed", "step"),
    [
        ({}, ASK),
        ({"till_seen_at": NOW - SURELY_ALIVE + SECOND}, ASK),
        ({"till_seen_at": NOW - SURELY_ALIVE}, STEP),
        ({"till_seen_at": NOW + SURELY_ALIVE}, STEP),
        ({"till_seen_at": None}, STEP),
        ({"cancel_due": True}, STEP),
        ({"stale": True}, STEP),
        ({"take_back": True}, ASK),
        ({"given_up": True}, ANSWER),
        ({"given_up": True, "cancel_due": True}, ANSWER),
        ({"given_up": True, "take_back": True}, STEP),
        ({"state": state_machine.SENDING}, ANSWER),
        ({"state": state_machine.SENDING, "till_seen_at": NOW - HEARTBEAT}, STEP),
        ({"state": state_machine.SENDING, "stale": True}, STEP),
        ({"state": state_machine.UNKNOWN}, ANSWER),
        ({"state": state_machine.UNKNOWN, "stale": True}, STEP),
    ],
)
def test_what_is_done_about_a_question(changed, step):
    assert polling.next_step(replace(WAITS, **changed)) == step


@pytest.mark.parametrize("state", sorted(state_machine.FINAL))
def test_of_what_has_ended_nothing_is_asked(state):
    assert polling.next_step(replace(WAITS, state=state, till_seen_at=None)) == ANSWER


def test_no_till_is_called_silent_while_it_asks():
    """What is written when a call has ended comes before the earliest moment of giving up."""
    shortest = timedelta(seconds=state_machine.MIN_SILENT_TILL_SECONDS)
    assert shortest > SURELY_ALIVE + LONGEST_CALL


@pytest.mark.parametrize("heard", [0, 1, 4.999])
def test_silence_never_comes_early(heard):
    """It was heard until so many seconds after it was written."""
    written = NOW
    really = NOW + timedelta(seconds=heard)
    for later in (0, 5, 14.9, 15, 60, 64.9, 100):
        now = really + timedelta(seconds=later)
        assert polling.silence(written, now) <= now - really
    assert polling.silence(NOW, NOW - SECOND) == timedelta(0)


ASKED = Evidence("getPaymentStatus", code=0, status="ISSUED", version=1)
DIFFERENCES = {
    "operation": "cancelInvoice",
    "outcome": state_machine.NO_ANSWER,
    "code": 90,
    "status": "RESERVED",
    "version": 2,
    "invoice_reference": "1",
    "ers_reference": "2",
    "amount": Decimal("1.00"),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_what_differs_is_said_anew(name):
    other = replace(ASKED, currency="SEK", **{name: DIFFERENCES[name]})
    assert polling.said(other) != polling.said(ASKED)


def test_a_person_is_told_something_else():
    assert polling.said(ASKED, "slow") != polling.said(ASKED, False) == polling.said(ASKED, None)


def test_a_currency_differs():
    dear = replace(ASKED, amount=Decimal("1.00"), currency="SEK")
    assert polling.said(dear) != polling.said(replace(dear, currency="EUR"))


def test_equal_answers_are_one_event_for_a_while():
    said = polling.said(ASKED)
    assert polling.is_again(said, NOW, said, NOW + polling.LONGEST_RUN - SECOND)
    assert not polling.is_again(said, NOW, said, NOW + polling.LONGEST_RUN)
    assert not polling.is_again(said, NOW, polling.said(ASKED, "slow"), NOW)


@pytest.mark.parametrize(
    ("row", "evidence", "nothing"),
    [
        (Row(state="issued", invoice_version=1), ASKED, True),
        (Row(state="issued", invoice_version=3), ASKED, True),
        (Row(state="issued", invoice_version=0), ASKED, False),
        (Row(state="paid", invoice_version=1), ASKED, True),
        (Row(state="issued", invoice_version=1), replace(ASKED, status="CANCELED"), False),
        (
            Row(state="issued", invoice_version=1),
            replace(ASKED, status="PAID", ers_reference="1"),
            False,
        ),
        (Row(state="issued", invoice_version=1), replace(ASKED, status="RESERVED"), True),
        (Row(state="issued"), Evidence("getPaymentStatus", state_machine.NO_ANSWER), True),
        (Row(state="issued"), Evidence("cancelInvoice", code=50), False),
        (Row(state="issued", said_paid=True), Evidence("cancelInvoice", code=50), True),
    ],
)
def test_what_changes_a_row(row, evidence, nothing):
    verdict = state_machine.judge(row, evidence)
    assert polling.changes_nothing(row, verdict) == nothing


@pytest.mark.parametrize("version, counted", [(1, True), (0, False)])
def test_what_is_counted_says_the_same_and_changes_nothing(version, counted):
    row = Row(state="issued", invoice_version=version)
    said, verdict = polling.said(ASKED), state_machine.judge(row, ASKED)
    newest = SimpleNamespace(said=said, time=NOW)
    assert polling.is_repeated(newest, said, NOW, row, verdict) == counted
    assert not polling.is_repeated(newest, polling.said(ASKED, "slow"), NOW, row, verdict)
    assert not polling.is_repeated(newest, said, NOW + polling.LONGEST_RUN, row, verdict)


def test_what_changes_nothing_changes_nothing_when_it_is_heard_again():
    """So a run of equal answers can be replayed as one event."""
    for state, version, status in (
        (state, version, status)
        for state, _label in state_machine.STATES
        for version in (0, 1, 2)
        for status in ("ISSUED", "RESERVED", "PAID", "CANCELED", "odd", None)
    ):
        row = Row(state=state, invoice_version=version)
        evidence = replace(ASKED, status=status)
        verdict = state_machine.judge(row, evidence)
        if polling.changes_nothing(row, verdict):
            known = {k: v for k, v in verdict.values.items() if hasattr(row, k)}
            after = replace(row, state=verdict.state, **known)
            assert after == row
