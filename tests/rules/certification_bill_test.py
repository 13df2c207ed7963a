"""One invoice of a verification: every short history of settling it ends, and gives money back at most once."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from pos_glase.rules import certification_bill as bills
from pos_glase.rules import state_machine
from pos_glase.rules.certification_judge import Heard
from pos_glase.rules.certification_sheet import (
    ASK,
    CANCEL,
    CLEAN,
    FAILED,
    OK,
    PASSED,
    REFUND,
    SEND,
    SHEET,
    SKIPPED,
    STEPS,
    STOPPED,
    result,
)

NOW = datetime(2026, 1, 1)
DEPTH = 6


@dataclass
class Bill:
    state: str = bills.OPEN
    invoice_reference: str = "i1"
    version: int = 0
    ers_reference: str = ""
    cancel_code: int = 0
    cancel_answered_at: datetime = None
    refusals: int = 0
    refund_state: str = ""
    refund_call: str = "r1"
    tries: int = 0
    next_at: datetime = None
    words: str = ""
    qr_code: str = ""
    refund_reference: str = ""

    def with_values(self, values):
        return replace(self, **values)


def heard(operation, code=0, outcome=state_machine.ANSWER, **values):
    return Heard(state_machine.Evidence(operation, outcome, code, **values), "said")


# What Glase may say to each call, or not say.
ANSWERS = {
    SEND: [
        heard(SEND, invoice_reference="i2"),
        heard(SEND, 20),
        heard(SEND, None, state_machine.NO_ANSWER),
    ],
    CANCEL: [
        heard(CANCEL),
        heard(CANCEL, 95),
        heard(CANCEL, 50),
        heard(CANCEL, 51),
        heard(CANCEL, 91),
        heard(CANCEL, None, state_machine.NO_ANSWER),
    ],
    ASK: [
        heard(ASK, status="ISSUED", version=1),
        heard(ASK, status="PAID", ers_reference="e1", version=2),
        heard(ASK, status="PAID"),
        heard(ASK, status="CANCELED"),
        heard(ASK, 20),
        heard(ASK, None, state_machine.NO_ANSWER),
    ],
    REFUND: [
        heard(REFUND, ers_reference="f1"),
        heard(REFUND, 48),
        heard(REFUND, 97),
        heard(REFUND, 20),
        heard(REFUND, 90),
        heard(REFUND, None, state_machine.NO_ANSWER),
        heard(REFUND, None, state_machine.NEVER_SENT),
    ],
}
MAY_HAVE_MOVED = {
    id(answer)
    for answer in ANSWERS[REFUND]
    if answer.succeeded or not state_machine.proves_failure(answer.evidence)
}


def settle(bill, answer, now):
    """One try: what the runner does with a bill that is to be settled."""
    operation, due = bills.next_call(bill)
    assert operation == answer.evidence.operation
    now = max(due, now)
    if operation == REFUND:
        bill = bill.with_values({"refund_state": bills.REFUNDING})
    bill = bill.with_values(bills.learn(bill, answer, now))
    return bill.with_values(bills.after_try(bill, operation, now)), now


def histories(start):
    """Every history of at most so many answers: the bill, and what Glase has said."""
    found = [(start, NOW, ())]
    for _step in range(DEPTH):
        following = []
        for bill, now, said in found:
            yield bill, said
            if not bills.is_unsettled(bill):
                continue
            operation, _due = bills.next_call(bill)
            if operation == SEND:
                # The one that takes its place is a bill of its own.
                continue
            for answer in ANSWERS[operation]:
                after, later = settle(bill, answer, now)
                following.append((after, later, (*said, answer)))
        found = following


def test_every_short_history_keeps_the_rules():
    seen = 0
    for bill, said in histories(Bill()):
        seen += 1
        moved = [answer for answer in said if id(answer) in MAY_HAVE_MOVED]
        assert len(moved) <= 1, "no refund after one that may have been made"
        if moved:
            assert said[-1] is moved[0], "nothing is called after it"
            assert bill.refund_state in (bills.REFUNDED, bills.REFUND_UNKNOWN)
        paid = any(answer.evidence.ers_reference == "e1" for answer in said)
        assert (bill.state == bills.PAID) == paid, "paid by its status only"
        if bill.state == bills.ENDED:
            assert any(answer.evidence.status == "CANCELED" for answer in said)
        done = not bills.is_unsettled(bill)
        left = bills.left_behind(bill, "1.00 SEK")
        if done and not left:
            assert bill.state == bills.ENDED or bill.refund_state == bills.REFUNDED
        assert bill.refusals <= bills.REFUSALS
    assert seen > 2_000


@pytest.mark.parametrize("operation", [CANCEL, ASK])
def test_what_never_answers_is_left_for_a_person(operation):
    bill = Bill() if operation == CANCEL else Bill(cancel_answered_at=NOW, cancel_code=95)
    now, tries = NOW, 0
    while bills.is_unsettled(bill):
        silence = heard(bills.next_call(bill)[0], None, state_machine.NO_ANSWER)
        bill, now = settle(bill, silence, now)
        tries += 1
    assert tries == len(bills.PAUSES) + 1
    assert bill.state == bills.LEFT
    assert "could not be canceled" in bills.left_behind(bill, "1.00 SEK")


def test_who_is_paid_already_is_not_asked_before_glase_has_given_it_back():
    bill, now = settle(Bill(), heard(CANCEL, 50), NOW)
    assert bills.next_call(bill) == (ASK, now + state_machine.REVERSAL_WAIT)


def test_a_lost_invoice_is_replaced_with_pauses():
    lost = Bill(state=bills.SENDING)
    lost = lost.with_values(bills.learn(lost, heard(SEND, None, state_machine.NO_ANSWER), NOW))
    assert bills.next_call(lost)[0] == SEND
    assert bills.after_try(lost, SEND, NOW)["next_at"] == NOW + timedelta(seconds=2)


def test_a_run_passes_with_all_its_steps_only():
    assert result([OK, OK], stopped=False) == PASSED
    assert result([OK, FAILED], stopped=False) == FAILED
    assert result([OK, SKIPPED], stopped=False) == FAILED
    assert result([OK, OK], stopped=True) == STOPPED


def test_the_sheet_is_whole():
    assert len(SHEET) == 23
    assert [step.number for step in SHEET if step.number] == sorted(
        step.number for step in SHEET if step.number
    )
    assert {step.number for step in SHEET} == {*"123456789", ""}
    done = set()
    for step in SHEET:
        assert set(step.needs) <= done, step.key
        assert step.title
        assert step.looked_at.endswith(".")
        assert not step.bill or STEPS[step.bill].operation == SEND
        assert step.operation != SEND or step.bill == step.key
        done.add(step.key)
    assert SHEET[-1].key == CLEAN
