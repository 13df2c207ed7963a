"""Acknowledgment, loyalty cards, updates: doc/protocol.md §4.11."""

import pytest
from simulator_tools import row

from simulator import NothingToPay

CARD = {"id": "BONUS", "value": "4711", "description": "Bonus card"}


def test_a_missing_mode_hangs_until_the_till_updates(simulator, till):
    reference = till.bill(acknowledgmentMode=None)
    simulator.scan("FJALL1")
    answer = till.poll(reference)
    assert (answer["status"], answer["version"]) == ("PENDING_ISSUER_ACKNOWLEDGE", "2")
    with pytest.raises(NothingToPay):
        simulator.pay("FJALL1")
    assert till.update(reference, "140.00", acknowledgmentMode=None).code == 0
    answer = till.poll(reference)
    assert (answer["status"], answer["version"]) == ("ISSUED", "3")
    simulator.pay("FJALL1")
    receipt = till.poll(reference)["receipt"]
    assert receipt["invoice"]["totalAmount"]["value"] == "140.00"


def test_required_acknowledgment_waits_for_every_customer(simulator, till):
    reference = till.bill(acknowledgmentMode="REQUIRE_ACKNOWLEDGMENT")
    assert simulator.scan("FJALL1")["screen"] == "pending"
    assert till.poll(reference)["status"] == "PENDING_ISSUER_ACKNOWLEDGE"


def test_optional_acknowledgment_waits_only_for_a_card(simulator, till):
    reference = till.bill(acknowledgmentMode="OPTIONAL_ACKNOWLEDGMENT")
    simulator.scan("FJALL1")
    assert till.poll(reference)["status"] == "ISSUED"
    reference = till.bill(acknowledgmentMode="OPTIONAL_ACKNOWLEDGMENT")
    simulator.scan("FJALL1", [CARD])
    answer = till.poll(reference)
    assert answer["status"] == "PENDING_ISSUER_ACKNOWLEDGE"
    assert answer["customerTokens"]["token"] == {**CARD, "status": "0"}
    used = {"description": "Bonus card", "id": "BONUS", "status": 1, "value": "4711"}
    assert till.update(reference, "100.00", tokens=[used]).code == 0
    answer = till.poll(reference)
    assert (answer["status"], answer["version"]) == ("ISSUED", "3")
    assert answer["customerTokens"]["token"]["status"] == "1"


def test_a_new_card_raises_the_version(simulator, till):
    reference = till.bill()
    simulator.scan("FJALL1", [CARD])
    answer = till.poll(reference)
    assert (answer["status"], answer["version"]) == ("ISSUED", "2")
    simulator.scan("FJALL1", [CARD])
    assert till.poll(reference)["version"] == "2"


def test_cards_swiped_at_the_till(simulator, till):
    swiped = [
        {"id": "BONUS", "status": 1, "value": "1"},
        {"id": "OTHER", "status": 1, "value": "2"},
    ]
    reference = till.bill(tokens=swiped)
    assert [card["value"] for card in till.poll(reference)["customerTokens"]["token"]] == ["1", "2"]


def test_update_before_the_scan(simulator, till):
    reference = till.bill("148.00")
    assert till.update(reference, "100.00", [row("120.00"), row("-20.00")]).code == 0
    assert till.poll(reference)["version"] == "1"
    sticker = simulator.pay("FJALL1")
    assert sticker["payment"]["amount"] == "100.00"


def test_update_after_the_scan_is_refused_and_changes_nothing(simulator, till):
    reference = till.bill("148.00")
    simulator.scan("FJALL1")
    assert till.update(reference, "100.00").code == 90
    simulator.set_profile({"update_after_scan": 48})
    assert till.update(reference, "100.00").code == 48
    assert simulator.pay("FJALL1")["payment"]["amount"] == "148.00"
    assert till.update(reference, "100.00").code == 90
    assert till.poll(reference)["receipt"]["invoice"]["totalAmount"]["value"] == "148.00"


def test_an_update_is_checked_like_a_new_bill(till):
    reference = till.bill()
    assert till.update(reference, "0").code == 11
    assert till.update(reference, "10.00", [row("9.99")]).code == 49
    assert till.update(reference, currency="NOK").code == 49
    assert till.update(reference, notificationUrl="nowhere").code == 64
    assert till.call("updateInvoice", invoiceReference=reference).code == 49


def test_a_closed_bill_cannot_be_updated(till):
    reference = till.bill()
    till.cancel(reference)
    assert till.update(reference).code == 90


def test_a_pending_bill_can_be_canceled_and_declined(simulator, till):
    reference = till.bill(acknowledgmentMode=None)
    simulator.scan("FJALL1")
    assert till.cancel(reference).code == 0
    reference = till.bill(acknowledgmentMode=None)
    simulator.scan("FJALL1")
    simulator.decline("FJALL1")
    assert till.poll(reference)["status"] == "CANCELED"
