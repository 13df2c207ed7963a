"""What a test cursor cannot show: real commits, real conflicts, two workers."""

import threading
from concurrent.futures import ThreadPoolExecutor

from conftest import wait_for

WORKERS = 2
DELAY_SECONDS = 3


def slow_send(shop):
    """The next sendInvoice is carried out at once, its answer comes late."""
    shop.simulator.faults(
        {
            "operation": "sendInvoice",
            "kind": "delay-after",
            "seconds": DELAY_SECONDS,
            "count": 1,
        }
    )


def rows_of(shop, bill):
    return shop.query(
        "SELECT id, state, invoice_reference FROM glase_transaction WHERE line_uuid = %s",
        bill["line_uuid"],
    )


def test_row_is_committed_before_the_call_and_nothing_is_open_meanwhile(shop):
    till = shop.first_till()
    bill = till.draft(20)
    before = len(shop.calls("sendInvoice"))
    slow_send(shop)
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(till.door, "send", **bill)
        wait_for(lambda: len(shop.calls("sendInvoice")) > before, "Glase hears the send")
        [(_id, state, reference)] = rows_of(shop, bill)
        assert (state, reference) == ("sending", None), "committed before the answer"
        idle = shop.query(
            "SELECT query FROM pg_stat_activity WHERE datname = current_database()"
            " AND state LIKE 'idle in transaction%%'"
        )
        assert idle == [], "no transaction is open while Glase thinks"
        locks = shop.query(
            "SELECT l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
            " WHERE c.relname LIKE 'glase%%' AND l.pid <> pg_backend_pid()"
        )
        assert locks == [], "no lock is held while Glase thinks"
        assert not sent.done()
        assert sent.result()["state"] == "issued"
    assert rows_of(shop, bill)[0][1] == "issued"


def test_conflict_while_the_answer_is_stored_repeats_the_storing_only(shop):
    till = shop.first_till()
    bill = till.draft(21)
    before = len(shop.calls("sendInvoice"))
    slow_send(shop)
    rival = shop.connect()
    try:
        with ThreadPoolExecutor(1) as pool:
            sent = pool.submit(till.door, "send", **bill)
            wait_for(lambda: len(shop.calls("sendInvoice")) > before, "Glase hears the send")
            with rival.cursor() as cursor:
                cursor.execute(
                    "UPDATE glase_transaction SET message = 'rival' WHERE line_uuid = %s",
                    (bill["line_uuid"],),
                )
            wait_for(
                lambda: shop.query(
                    "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                    " AND query LIKE '%%glase_transaction%%'"
                ),
                "the server waits for the rival's lock",
            )
            rival.commit()
            assert sent.result()["state"] == "issued"
    finally:
        rival.close()
    assert len(shop.calls("sendInvoice")) == before + 1
    assert "Ledger transaction repeated" in shop.running.log.read_text()


def test_one_press_in_two_tabs_is_one_call(shop):
    first, second = shop.first_till(), shop.known("second")
    bill = first.draft(22)
    before = len(shop.calls("sendInvoice"))
    slow_send(shop)
    barrier = threading.Barrier(2)

    def press(till):
        barrier.wait()
        return till.door("send", **bill)

    with ThreadPoolExecutor(2) as pool:
        views = list(pool.map(press, [first, second]))
    assert {view["id"] for view in views} == {rows_of(shop, bill)[0][0]}
    assert sorted(view["state"] for view in views) == ["issued", "sending"]
    assert len(shop.calls("sendInvoice")) == before + 1


def test_two_orders_at_one_till_only_one_is_sent(shop):
    first, second = shop.first_till(), shop.known("second")
    bills = [first.draft(23), second.draft(24)]
    before = len(shop.calls("sendInvoice"))
    slow_send(shop)
    barrier = threading.Barrier(2)

    def press(till, bill):
        barrier.wait()
        return till.door("send", **bill)

    with ThreadPoolExecutor(2) as pool:
        views = list(pool.map(press, [first, second], bills))
    assert sorted(view["ok"] for view in views) == [False, True]
    assert [view["reason"] for view in views if not view["ok"]] == ["busy"]
    assert len(shop.calls("sendInvoice")) == before + 1


def test_paid_is_committed_before_the_till_hears_it(shop):
    till = shop.first_till()
    bill = till.draft(25)
    assert till.door("send", **bill)["state"] == "issued"
    shop.simulator.customer("PROC1", "pay")
    asked = {"line_uuid": bill["line_uuid"], "attempt": bill["attempt"]}
    view = till.door("status", **asked)
    assert view["state"] == "paid"
    [(state, reference)] = shop.query(
        "SELECT state, ers_reference FROM glase_transaction WHERE line_uuid = %s",
        bill["line_uuid"],
    )
    assert (state, reference) == ("paid", view["reference"])
