"""Paying, fetching, reversal, canceling: doc/protocol.md §4.3-4.7."""

import re

import pytest

from simulator import NothingToPay, UnknownSticker


def test_paid_with_reference_receipt_and_raised_version(simulator, till):
    reference = till.bill("148.00")
    sticker = simulator.pay("FJALL1")
    assert sticker["screen"] == "paid"
    answer = till.poll(reference, 1)
    assert (answer["status"], answer["version"]) == ("PAID", "2")
    assert re.fullmatch(r"\d{25}", answer["ersReference"])
    receipt = answer["receipt"]
    assert receipt["paymentReference"] == answer["ersReference"]
    assert receipt["invoiceReference"] == reference
    assert receipt["clientInvoiceId"] == "00412-003-0007"
    assert receipt["terminalId"] == till.id
    assert receipt["receiverName"] == "Fjällboden"
    assert receipt["invoice"]["totalAmount"] == {"currency": "SEK", "value": "148.00"}
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", receipt["paymentDate"]
    )


def test_a_second_fetch_says_the_same(simulator, till):
    reference = till.bill()
    simulator.pay("FJALL1")
    first = till.poll(reference, 1)
    assert till.poll(reference, 2) == first


def test_scanning_without_acknowledgment_changes_nothing_a_till_sees(simulator, till):
    reference = till.bill()
    simulator.scan("FJALL1")
    simulator.begin("FJALL1")
    answer = till.poll(reference)
    assert (answer["status"], answer["version"]) == ("ISSUED", "1")


def test_a_payment_fetched_in_time_stands(simulator, till):
    reference = till.bill()
    simulator.pay("FJALL1")
    simulator.advance(19)
    assert till.poll(reference)["status"] == "PAID"
    simulator.advance(10_000)
    assert till.poll(reference)["status"] == "PAID"
    (payment,) = simulator.journal()["payments"]
    assert payment["state"] == "standing"


@pytest.mark.parametrize(
    ("choice", "status"), [("CANCELED", "CANCELED"), ("FAILED", "FAILED"), ("EXPIRED", "EXPIRED")]
)
def test_a_payment_not_fetched_is_reversed(simulator, till, choice, status):
    simulator.set_profile({"reversed_status": choice})
    reference = till.bill()
    simulator.pay("FJALL1")
    simulator.advance(21)
    answer = till.poll(reference)
    assert (answer["status"], answer["version"]) == (status, "3")
    assert "ersReference" not in answer
    journal = simulator.journal()
    assert journal["payments"][0]["state"] == "reversed"
    assert journal["reversals"][0]["invoice_reference"] == reference
    assert simulator.sticker("FJALL1")["screen"] == "reversed"


def test_a_reversed_invoice_may_be_forgotten(simulator, till):
    simulator.set_profile({"reversed_status": "54"})
    reference = till.bill()
    simulator.pay("FJALL1")
    simulator.advance(21)
    assert till.poll(reference).code == 54
    assert till.cancel(reference).code == 54
    assert till.poll(None).code == 54
    assert simulator.sticker("FJALL1")["screen"] == "reversed"


def test_the_reversal_is_dated_when_it_was_due(simulator, till):
    till.bill()
    simulator.pay("FJALL1")
    simulator.advance(3600)
    (payment,) = simulator.journal()["payments"]
    assert _seconds(payment["reversed_at"]) - _seconds(payment["paid_at"]) == pytest.approx(20)


def _seconds(stamp):
    hours, minutes, seconds = stamp[11:-1].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def test_the_time_to_fetch_is_a_setting(simulator, till):
    simulator.set_profile({"reversal_seconds": 60})
    reference = till.bill()
    simulator.pay("FJALL1")
    simulator.advance(59)
    assert till.poll(reference)["status"] == "PAID"


def test_bills_expire_only_if_the_profile_says_so(simulator, till):
    reference = till.bill()
    simulator.advance(100_000)
    assert till.poll(reference)["status"] == "ISSUED"
    simulator.set_profile({"expire_seconds": 120})
    assert till.poll(reference)["status"] == "EXPIRED"
    assert till.cancel(reference).code == 58
    with pytest.raises(NothingToPay):
        simulator.pay("FJALL1")


def test_cancel_of_an_unpaid_bill(simulator, till):
    reference = till.bill()
    assert till.cancel(reference).code == 0
    answer = till.poll(reference)
    assert (answer["status"], answer["version"]) == ("CANCELED", "2")
    assert till.cancel(reference).code == 95
    assert simulator.sticker("FJALL1")["screen"] == "canceled"
    simulator.set_profile({"cancel_canceled": 55})
    assert till.cancel(reference).code == 55


def test_cancel_while_the_customer_pays(simulator, till):
    reference = till.bill()
    simulator.begin("FJALL1")
    assert till.cancel(reference).code == 51
    simulator.set_profile({"cancel_while_paying": 48})
    assert till.cancel(reference).code == 48
    simulator.confirm("FJALL1")
    assert till.cancel(reference).code == 50
    assert till.poll(reference)["status"] == "PAID"
    assert till.cancel(reference).code == 50


def test_cancel_after_the_customer_stopped_paying(simulator, till):
    reference = till.bill()
    simulator.begin("FJALL1")
    simulator.decline("FJALL1")
    assert till.cancel(reference).code == 95


def test_a_cancel_does_not_fetch(simulator, till):
    reference = till.bill()
    simulator.pay("FJALL1")
    assert till.cancel(reference).code == 50
    simulator.advance(21)
    assert till.poll(reference)["status"] == "CANCELED"


def test_declined_by_the_customer(simulator, till):
    reference = till.bill()
    assert simulator.decline("FJALL1")["screen"] == "declined"
    answer = till.poll(reference)
    assert (answer["status"], answer["version"]) == ("CANCELED", "2")


def test_refused_by_the_bank(simulator, till):
    reference = till.bill()
    assert simulator.fail("FJALL1")["screen"] == "failed"
    assert till.poll(reference)["status"] == "FAILED"
    assert till.cancel(reference).code == 90


def test_a_closed_bill_cannot_be_paid(simulator, till):
    till.cancel(till.bill())
    for act in (simulator.scan, simulator.begin, simulator.confirm, simulator.pay):
        with pytest.raises(NothingToPay):
            act("FJALL1")
    with pytest.raises(NothingToPay):
        simulator.decline("FJALL1")


def test_nobody_confirms_what_nobody_began(simulator, till):
    till.bill()
    with pytest.raises(NothingToPay):
        simulator.confirm("FJALL1")


def test_a_paid_bill_cannot_be_paid_again(simulator, till):
    till.bill()
    simulator.pay("FJALL1")
    with pytest.raises(NothingToPay):
        simulator.pay("FJALL1")
    assert len(simulator.journal()["payments"]) == 1


def test_a_customer_who_looked_at_another_bill_does_not_pay_this_one(simulator, till):
    seen = till.bill("10.00")
    till.bill("9000.00")
    with pytest.raises(NothingToPay):
        simulator.pay("FJALL1", reference=seen)
    assert simulator.sticker("FJALL1")["screen"] == "bill"


def test_stickers_without_a_till_or_a_bill(simulator, till):
    assert simulator.sticker("FJALL1")["screen"] == "waiting"
    with pytest.raises(NothingToPay):
        simulator.pay("FJALL1")
    with pytest.raises(UnknownSticker, match="register the till again"):
        simulator.sticker("NOBODY")


def test_the_history_tells_the_story(simulator, till):
    till.bill()
    simulator.pay("FJALL1")
    history = simulator.sticker("FJALL1")["invoice"]["history"]
    assert [(line["status"], line["version"]) for line in history] == [
        ("ISSUED", 1),
        ("ISSUED", 1),
        ("ISSUED", 1),
        ("PAID", 2),
    ]
    assert [line["why"] for line in history] == [
        "sent by the till",
        "scanned",
        "the customer is paying",
        "paid by the customer",
    ]


def test_receipts(simulator, till):
    reference = till.sale(simulator, "FJALL1", "10.00")
    assert till.receipt(reference).code == 0
    assert till.receipt(reference, {"mimeType": "Base64", "receiptData": ""}).code == 0
    assert till.receipt("0" * 25).code == 23
    assert till.call("submitPaymentReceipt", ersReference=reference).code == 90
    refund = till.refund(reference, "10.00")
    assert till.receipt(refund["ersReference"]).code == 0
    assert [receipt["bytes"] for receipt in simulator.journal()["receipts"]] == [12, 0, 12]


def test_no_receipt_for_a_payment_of_another_till(simulator, service, till):
    reference = till.sale(simulator, "FJALL1", "10.00")
    assert service.register().receipt(reference).code == 23


def test_the_journal_knows_every_call_and_no_password(simulator, till):
    reference = till.bill()
    till.poll(reference)
    till.cancel("1")
    calls = simulator.journal()["calls"]
    assert [(call["operation"], call["code"]) for call in calls] == [
        ("registerTerminal", 0),
        ("assignSeqrId", 0),
        ("sendInvoice", 0),
        ("getPaymentStatus", 0),
        ("cancelInvoice", 54),
    ]
    assert calls[2]["client_reference"] == "Order 00412"
    assert calls[2]["principal_id"] == till.id
    assert calls[2]["invoice_reference"] == reference
    assert till.password not in str(simulator.journal())


def test_a_receipt_repeats_the_notification_address(simulator, till):
    url = "http://127.0.0.1:1/told"
    reference = till.bill(notificationUrl=url)
    simulator.pay("FJALL1")
    assert till.poll(reference)["receipt"]["invoice"]["notificationUrl"] == url


def test_a_webshops_terminal_has_many_bills_at_once(simulator, till):
    simulator.set_profile({"terminal_kind": "webshop"})
    first, second, third = (till.bill(f"{number}.00") for number in (1, 2, 3))
    assert [till.poll(each)["status"] for each in (first, second, third)] == ["ISSUED"] * 3
    simulator.pay("FJALL1", first)
    simulator.pay("FJALL1")
    assert till.cancel(second).code == 0
    states = [till.poll(each)["status"] for each in (first, second, third)]
    assert states == ["PAID", "CANCELED", "PAID"]
    with pytest.raises(NothingToPay):
        simulator.pay("FJALL1", second)
    last = [till.bill(f"{number}.00") for number in (4, 5)]
    assert till.unregister().code == 0
    bills = {each["invoice_reference"]: each["status"] for each in simulator.journal()["invoices"]}
    assert {bills[each] for each in last} == {"CANCELED"}
