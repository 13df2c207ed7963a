"""Refunds: doc/protocol.md §4.13."""

import pytest
from simulator_tools import context, row


@pytest.fixture
def paid(simulator, till):
    """Reference of a payment of 148.00."""
    return till.sale(simulator, "FJALL1", "148.00")


def test_a_refund_has_its_own_reference(simulator, till, paid):
    answer = till.refund(paid, "99.00")
    assert answer.code == 0
    assert len(answer["ersReference"]) == 25
    assert answer["ersReference"] != paid
    (refund,) = simulator.journal()["refunds"]
    assert (refund["payment_reference"], refund["amount"]) == (paid, "99.00")
    simulator.set_profile({"refund_reference": "payment"})
    assert till.refund(paid, "1.00")["ersReference"] == paid


def test_a_payment_outlives_its_bill(simulator, till, paid):
    """A shop's old bills are forgotten; money can be given back all the same, and is reported."""
    second = till.sale(simulator, "FJALL1", "20.00")
    simulator.advance(3600)
    assert simulator.forget("nobody", 60) == 0
    assert simulator.forget("demo", 7200) == 0
    # The sticker still shows the second.
    assert simulator.forget("demo", 60) == 1
    journal = simulator.journal()
    assert [one["ers_reference"] for one in journal["invoices"]] == [second]
    assert len(journal["payments"]) == 2
    assert till.refund(paid, "148.00").code == 0
    assert simulator.forget("demo", 60) == 0


def test_refunds_never_pass_the_payment(simulator, till, paid):
    assert till.refund(paid, "148.01").code == 98
    assert till.refund(paid, "100.00").code == 0
    assert till.refund(paid, "48.01").code == 98
    assert till.refund(paid, "48.00").code == 0
    answer = till.refund(paid, "0.01")
    assert answer.code == 98
    assert answer["resultDescription"].endswith(".")
    (payment,) = simulator.journal()["payments"]
    assert payment["refunded"] == "148.00"


@pytest.mark.parametrize(
    ("total", "changes", "code"),
    [
        ("0", {}, 11),
        ("-1.00", {}, 11),
        ("1.001", {}, 49),
        ("10.00", {"currency": "EUR"}, 49),
        ("10.00", {"rows": [row("9.00")]}, 49),
        ("10.00", {"totalAmount": None}, 49),
        ("10.00", {"notificationUrl": "x"}, 64),
        ("10.00", {"rows": []}, 0),
    ],
)
def test_a_refund_is_a_positive_amount_in_the_payment_s_currency(till, paid, total, changes, code):
    assert till.refund(paid, total, **changes).code == code


def test_what_cannot_be_refunded(simulator, till, paid):
    assert till.refund("0" * 25, "1.00").code == 23
    refund = till.refund(paid, "1.00")["ersReference"]
    assert till.refund(refund, "1.00").code == 23
    reference = till.bill()
    unfetched = simulator.pay("FJALL1")["payment"]["ers_reference"]
    assert till.refund(unfetched, "1.00").code == 48
    simulator.advance(21)
    assert till.refund(unfetched, "1.00").code == 23
    assert till.poll(reference)["status"] == "CANCELED"


def test_shops_and_payers_that_take_no_refunds(simulator, till, paid):
    simulator.set_profile({"refunds_allowed": False})
    assert till.refund(paid, "1.00").code == 97
    simulator.set_profile({"payer_takes_refunds": False})
    assert till.refund(paid, "1.00").code == 99
    simulator.set_profile({})
    assert till.refund(paid, "1.00").code == 0


def test_another_till_of_the_shop(simulator, service, till, paid):
    other = service.register()
    assert other.refund(paid, "1.00").code == 23
    simulator.set_profile({"refund_by": "same_shop"})
    assert other.refund(paid, "1.00").code == 0


def test_never_another_shop(simulator, service, paid):
    simulator.add_reseller("other", "9900", "pw-other")
    answer = service.call(
        "registerTerminal",
        service.shop("other", "pw-other"),
        externalTerminalId="x",
        password="pw-terminal",
        name="x",
    )
    simulator.set_profile({"refund_by": "same_shop"})
    thief = context({"id": answer["terminalId"], "type": "TERMINALID"}, "pw-terminal")
    refused = service.call(
        "refundPayment", thief, ersReference=paid, invoice={"totalAmount": {"value": "1"}}
    )
    assert refused.code == 23


def test_a_retired_till(simulator, till, paid):
    till.unregister()
    assert till.refund(paid, "1.00").code == 29
    simulator.set_profile({"retired_refunds": "allow"})
    assert till.refund(paid, "1.00").code == 0
    assert till.send().code == 29
