"""The state machine by itself: what each answer does to a row in each state."""

from decimal import Decimal

import pytest

from pos_glase.rules import state_machine
from pos_glase.rules.state_machine import Evidence, Row, judge


def test_send_is_issued_only_with_a_reference():
    sending = Row(state=state_machine.SENDING)
    answered = Evidence("sendInvoice", code=0, invoice_reference="17")
    assert judge(sending, answered).state == state_machine.ISSUED
    assert judge(sending, answered).values["invoice_reference"] == "17"
    assert judge(sending, Evidence("sendInvoice", code=0)).state == state_machine.UNKNOWN


@pytest.mark.parametrize("code", range(1, 100))
def test_send_fails_only_with_proof(code):
    sending = Row(state=state_machine.SENDING)
    state = judge(sending, Evidence("sendInvoice", code=code)).state
    proof = code in state_machine.PROOF_OF_FAILURE
    assert state == (state_machine.FAILED if proof else state_machine.UNKNOWN)


def test_what_was_never_sent_has_failed_and_what_is_lost_is_unknown():
    sending = Row(state=state_machine.SENDING)
    never = Evidence("sendInvoice", state_machine.NEVER_SENT)
    assert judge(sending, never).state == state_machine.FAILED
    for outcome in (state_machine.NO_ANSWER, state_machine.UNREADABLE):
        lost = Evidence("sendInvoice", outcome)
        assert judge(sending, lost).state == state_machine.UNKNOWN


def test_late_send_answer_leaves_a_lost_row_lost():
    late = Evidence("sendInvoice", code=0, invoice_reference="17")
    verdict = judge(Row(state=state_machine.UNKNOWN), late)
    assert verdict.state == state_machine.UNKNOWN
    assert verdict.values["invoice_reference"] == "17"


@pytest.mark.parametrize("state", [state for state, _label in state_machine.STATES])
def test_paid_moves_every_state(state):
    paid = Evidence("getPaymentStatus", code=0, status="PAID", ers_reference="E1", version=3)
    verdict = judge(Row(state=state), paid)
    assert verdict.state == state_machine.PAID
    late = state in state_machine.FINAL and state != state_machine.PAID
    assert verdict.cases == (("paid_late",) if late else ())


def test_paid_without_reference_is_not_paid():
    verdict = judge(
        Row(state=state_machine.ISSUED), Evidence("getPaymentStatus", code=0, status="PAID")
    )
    assert verdict.state == state_machine.ISSUED
    assert verdict.cases == ("paid_without_reference",)


def test_canceled_after_paid_changes_nothing():
    verdict = judge(
        Row(state=state_machine.PAID, invoice_version=3),
        Evidence("getPaymentStatus", code=0, status="CANCELED", version=9),
    )
    assert (verdict.state, verdict.values) == (state_machine.PAID, {})


def test_older_version_changes_nothing():
    verdict = judge(
        Row(state=state_machine.ISSUED, invoice_version=4),
        Evidence("getPaymentStatus", code=0, status="CANCELED", version=3),
    )
    assert verdict.state == state_machine.ISSUED


def test_answer_without_version_is_believed():
    verdict = judge(
        Row(state=state_machine.ISSUED, invoice_version=4),
        Evidence("getPaymentStatus", code=0, status="CANCELED"),
    )
    assert verdict.state == state_machine.CANCELED


@pytest.mark.parametrize("status", ["CANCELED", "FAILED", "EXPIRED"])
def test_final_unpaid_status_after_already_paid_is_reversed(status):
    row = Row(state=state_machine.ISSUED, said_paid=True)
    verdict = judge(row, Evidence("getPaymentStatus", code=0, status=status))
    assert verdict.state == state_machine.REVERSED


@pytest.mark.parametrize("code", range(100))
def test_cancel_answer_never_ends_a_row(code):
    verdict = judge(Row(state=state_machine.ISSUED), Evidence("cancelInvoice", code=code))
    assert verdict.state == state_machine.ISSUED
    certain = code in (0, 50, 55, 58, 95)
    assert ("cancel_code" in verdict.values) == certain


@pytest.mark.parametrize(
    "status", ["ISSUED", "RESERVED", "PENDING_ISSUER_ACKNOWLEDGE", "BAKED", None]
)
def test_unknown_and_intermediate_statuses_are_not_final(status):
    verdict = judge(
        Row(state=state_machine.ISSUED),
        Evidence("getPaymentStatus", code=0, status=status, version=2),
    )
    assert verdict.state == state_machine.ISSUED
    assert verdict.values.pop("scanned", False) == (status in state_machine.SCANNED_STATUSES)
    assert verdict.values == {"invoice_version": 2}


@pytest.mark.parametrize(
    ("evidence", "scanned"),
    [
        (Evidence("getPaymentStatus", code=0, status="ISSUED", version=2), False),
        (Evidence("getPaymentStatus", code=0, status="RESERVED", version=2), True),
        (Evidence("getPaymentStatus", code=0, status="PENDING_ISSUER_ACKNOWLEDGE"), True),
        (Evidence("cancelInvoice", code=51), True),
        (Evidence("cancelInvoice", code=48), True),
        (Evidence("cancelInvoice", code=54), False),
        (Evidence("cancelInvoice", code=0), False),
        (Evidence("updateInvoice", code=90), True),
        (Evidence("updateInvoice", code=0), False),
        (Evidence("updateInvoice", state_machine.NO_ANSWER), False),
    ],
)
def test_only_what_glase_says_tells_that_the_customer_has_scanned(evidence, scanned):
    row = Row(state=state_machine.ISSUED, proposed=Decimal("3.10"))
    assert bool(judge(row, evidence).values.get("scanned")) == scanned


@pytest.mark.parametrize("code", sorted(state_machine.SETUP_CODES))
def test_broken_set_up_on_a_poll_is_a_case_and_no_end(code):
    verdict = judge(Row(state=state_machine.ISSUED), Evidence("getPaymentStatus", code=code))
    assert verdict.state == state_machine.ISSUED
    assert verdict.cases == ("not_answered_for_till",)


@pytest.mark.parametrize(
    "outcome", [state_machine.NEVER_SENT, state_machine.NO_ANSWER, state_machine.UNREADABLE]
)
def test_lost_poll_leaves_the_row(outcome):
    verdict = judge(Row(state=state_machine.ISSUED), Evidence("getPaymentStatus", outcome))
    assert verdict.state == state_machine.ISSUED


def test_cancel_pauses_grow_and_stay():
    pauses = [state_machine.cancel_pause(tries).total_seconds() for tries in range(1, 12)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 300
