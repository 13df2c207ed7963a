"""Reservations: doc/protocol.md §4.10."""

import pytest


def reserve(simulator, till, total="148.00", mode="RESERVATION_REQUIRED", **changes):
    reference = till.bill(total, paymentMode=mode, **changes)
    simulator.pay("FJALL1")
    return reference


@pytest.mark.parametrize("mode", ["RESERVATION_REQUIRED", "RESERVATION_DESIRED"])
def test_reserved_then_committed_in_full(simulator, till, mode):
    reference = reserve(simulator, till, mode=mode)
    answer = till.poll(reference)
    assert (answer["status"], answer["version"]) == ("RESERVED", "2")
    assert "ersReference" not in answer
    assert till.commit(reference).code == 0
    answer = till.poll(reference)
    assert (answer["status"], answer["version"]) == ("PAID", "3")


def test_desired_may_end_in_a_debit(simulator, till):
    simulator.set_profile({"reservation_desired": "debit"})
    reference = reserve(simulator, till, mode="RESERVATION_DESIRED")
    assert till.poll(reference)["status"] == "PAID"


def test_a_part_may_be_committed_never_more(simulator, till):
    reference = reserve(
        simulator,
        till,
        mode="RESERVATION_REQUIRED_PRELIMINARY_AMOUNT",
        commitReservationTimeout=60,
    )
    assert till.commit(reference, "148.01").code == 11
    assert till.commit(reference, "0").code == 11
    assert till.commit(reference, "121.50").code == 0
    receipt = till.poll(reference)["receipt"]
    assert receipt["invoice"]["totalAmount"]["value"] == "121.50"
    assert till.commit(reference).code == 96


def test_a_preliminary_amount_needs_a_time_limit(till):
    assert till.send(paymentMode="RESERVATION_REQUIRED_PRELIMINARY_AMOUNT").code == 49


def test_lines_may_change_while_reserved_but_not_grow(simulator, till):
    reference = reserve(simulator, till)
    assert till.update(reference, "150.00").code == 11
    assert till.update(reference, "100.00", currency="EUR").code == 49
    assert till.update(reference, "100.00").code == 0
    assert till.commit(reference).code == 0
    assert till.poll(reference)["receipt"]["invoice"]["totalAmount"]["value"] == "100.00"


@pytest.mark.parametrize("status", ["CANCELED", "FAILED", "EXPIRED"])
def test_a_reservation_lapses_without_money(simulator, till, status):
    simulator.set_profile({"lapsed_status": status})
    reference = reserve(simulator, till, commitReservationTimeout=30)
    simulator.advance(31)
    assert till.commit(reference).code == 96
    assert till.poll(reference)["status"] == status
    assert simulator.sticker("FJALL1")["screen"] == "lapsed"
    assert simulator.journal()["payments"] == []


def test_a_reservation_can_be_canceled(simulator, till):
    reference = reserve(simulator, till)
    assert till.cancel(reference).code == 0
    assert till.poll(reference)["status"] == "CANCELED"


def test_nothing_else_can_be_committed(simulator, till):
    reference = till.bill()
    assert till.commit(reference).code == 96
    simulator.pay("FJALL1")
    assert till.commit(reference).code == 96


def test_a_committed_payment_must_be_fetched_too(simulator, till):
    reference = reserve(simulator, till)
    till.commit(reference)
    simulator.advance(21)
    assert till.poll(reference)["status"] == "CANCELED"
