"""The server is killed in the middle of a refund: the money goes back once at most."""

import pytest
from conftest import wait_for
from crash_points import (
    after_carried_out,
    asked,
    assert_all_is_well,
    before_carried_out,
    before_claim,
    kill_at,
    moments,
    rows,
    sell,
    while_stored,
)

WORKERS = 2
EVERY = {"active_test": False}


@pytest.fixture
def till(shop):
    return shop.first_till()


def refunds(shop):
    """How often Glase was asked to give money back."""
    return len(shop.calls("refundPayment"))


def settle(shop):
    """Let the job that settles run once, as an administrator may."""
    admin = shop.till("admin")
    [job] = admin.call(
        "ir.cron", "search_read", [("code", "like", "_cron_settle")], ["id"], context=EVERY
    )
    admin.call("ir.cron", "method_direct_trigger", [job["id"]])


def test_killed_before_the_claim_nothing_went_back(shop, till):
    sold = sell(shop, till, 60)
    bill = till.draft(60, refunded=sold)
    before = refunds(shop)
    kill_at(shop, before_claim(), lambda: till.door("refund", **bill))
    assert rows(shop, bill) == []
    assert refunds(shop) == before
    view = till.door("refund", **bill)
    assert (view["state"], refunds(shop)) == ("refunded", before + 1)
    till.validate(bill)
    assert_all_is_well(shop, 61)


@pytest.mark.parametrize("point", moments("before", "after", "stored", kept="after"))
def test_killed_while_refunding_is_unknown_and_never_repeated(shop, till, point):
    sold = sell(shop, till, 62)
    bill = till.draft(62, refunded=sold)
    before = refunds(shop)
    points = {
        "before": before_carried_out("refundPayment"),
        "after": after_carried_out("refundPayment"),
        "stored": while_stored("refundPayment", bill["line_uuid"], "refund"),
    }
    kill_at(shop, points[point], lambda: till.door("refund", **bill))
    wait_for(lambda: shop.calls("refundPayment")[-1]["carried_out_at"], "Glase gives back")
    assert till.door("refund", **bill)["state"] == "sending"
    shop.advance(61)
    view = till.door("status", **asked(bill))
    assert (view["state"], view["final"]) == ("unknown", False)
    assert "may or may not" in view["message"]
    # It counts as given back: neither this press, nor another, nor another order gets more.
    assert till.door("refund", **bill)["state"] == "unknown"
    assert not till.door("refund", **{**bill, "attempt": "again"})["ok"]
    other = till.draft(62, refunded=sold)
    assert till.door("refund", **other)["reason"] == "too_much"
    shop.advance(3600)
    settle(shop)
    [row] = rows(shop, bill)
    assert row["state"] == "unknown"
    assert refunds(shop) == before + 1
    [(kind,)] = shop.query(
        "SELECT c.kind FROM glase_case c JOIN glase_transaction t ON t.id = c.transaction_id"
        " WHERE t.line_uuid = %s AND c.state = 'open'",
        bill["line_uuid"],
    )
    assert kind == "unknown_refund"
    assert_all_is_well(shop, 63)
