"""The server is killed in the middle of a payment: the till comes out right."""

import pytest
from conftest import wait_for
from crash_points import (
    after_carried_out,
    asked,
    assert_all_is_well,
    before_carried_out,
    before_claim,
    finish,
    kill_at,
    moments,
    pay,
    prove,
    rows,
    while_stored,
)

WORKERS = 2


@pytest.fixture
def till(shop):
    return shop.first_till()


def test_killed_before_the_claim_nothing_was_sent(shop, till):
    bill = till.draft(41)
    before = len(shop.calls("sendInvoice"))
    kill_at(shop, before_claim(), lambda: till.door("send", **bill))
    assert rows(shop, bill) == []
    assert till.door("status", **asked(bill))["reason"] == "unknown_attempt"
    # The same press, once more: it is the first that Glase hears of it.
    assert till.door("send", **bill)["state"] == "issued"
    assert len(shop.calls("sendInvoice")) == before + 1
    finish(shop, till, bill)
    assert_all_is_well(shop, 42)


@pytest.mark.parametrize("point", moments("before", "after", "stored", kept="after"))
def test_killed_while_sending_is_never_sent_twice(shop, till, point):
    bill = till.draft(43)
    before = len(shop.calls("sendInvoice"))
    points = {
        "before": before_carried_out("sendInvoice"),
        "after": after_carried_out("sendInvoice"),
        "stored": while_stored("sendInvoice", bill["line_uuid"]),
    }
    kill_at(shop, points[point], lambda: till.door("send", **bill))
    wait_for(lambda: shop.calls("sendInvoice")[-1]["carried_out_at"], "Glase has the bill")
    # The customer finds the bill at the sticker and pays: nobody can fetch that.
    pay(shop)
    view = till.door("send", **bill)
    assert (view["state"], view["final"]) == ("sending", False)
    assert len(shop.calls("sendInvoice")) == before + 1
    shop.advance(61)
    assert till.door("status", **asked(bill))["state"] == "unknown"
    again = {**bill, "attempt": "again"}
    assert till.door("send", **again)["state"] == "issued"
    assert len(shop.calls("sendInvoice")) == before + 2, "one a row"
    finish(shop, till, again)
    assert [row["state"] for row in rows(shop, bill)] == ["canceled", "paid"]
    assert_all_is_well(shop, 44)


@pytest.mark.parametrize("point", moments("before", "after", "stored", kept="stored"))
def test_killed_while_asking_finds_it_paid(shop, till, point):
    bill = till.draft(45)
    assert till.door("send", **bill)["state"] == "issued"
    pay(shop)
    points = {
        "before": before_carried_out("getPaymentStatus"),
        "after": after_carried_out("getPaymentStatus"),
        "stored": while_stored("getPaymentStatus", bill["line_uuid"]),
    }
    kill_at(shop, points[point], lambda: till.door("status", **asked(bill)))
    assert [row["state"] for row in rows(shop, bill)] == ["issued"]
    [view] = till.door("resume", line_uuids=[bill["line_uuid"]])["rows"]
    assert view["state"] == "issued"
    assert till.door("status", **asked(bill))["state"] == "paid"
    prove(shop, till, bill)
    assert_all_is_well(shop, 46)


def test_killed_while_asking_and_the_till_never_comes_back(shop, till):
    bill = till.draft(47)
    assert till.door("send", **bill)["state"] == "issued"
    pay(shop)
    kill_at(
        shop,
        while_stored("getPaymentStatus", bill["line_uuid"]),
        lambda: till.door("status", **asked(bill)),
    )
    # Glase was asked, so the money stands; the ledger finds that out by canceling first.
    shop.advance(66)
    other = till.draft(48)
    assert till.door("send", **other)["reason"] == "busy"
    shop.advance(31)
    assert till.door("send", **other)["state"] == "issued"
    [row] = rows(shop, bill)
    assert row["state"] == "paid"
    assert row["given_up_at"]
    [(kind,)] = shop.query(
        "SELECT c.kind FROM glase_case c JOIN glase_transaction t ON t.id = c.transaction_id"
        " WHERE t.line_uuid = %s AND c.state = 'open'",
        bill["line_uuid"],
    )
    assert kind == "paid_without_order"
    finish(shop, till, other)
    # The order comes after all: the case is settled by itself.
    prove(shop, till, bill)
    assert_all_is_well(shop, 49)


@pytest.mark.parametrize(
    "moment",
    moments("before", "after", "stored", "after, already paid", kept="after, already paid"),
)
def test_killed_while_canceling_goes_on_canceling(shop, till, moment):
    point, _comma, paid = moment.partition(", ")
    bill = till.draft(50)
    assert till.door("send", **bill)["state"] == "issued"
    if paid:
        pay(shop)
    points = {
        "before": before_carried_out("cancelInvoice"),
        "after": after_carried_out("cancelInvoice"),
        "stored": while_stored("cancelInvoice", bill["line_uuid"]),
    }
    kill_at(shop, points[point], lambda: till.door("cancel", **asked(bill)))
    [view] = till.door("resume", line_uuids=[bill["line_uuid"]])["rows"]
    assert (view["state"], view["cancel"]) == ("issued", "wished")
    view = till.door("cancel", **asked(bill))
    assert view["state"] == ("paid" if paid else "canceled")
    if paid:
        prove(shop, till, bill)
    assert_all_is_well(shop, 51)
