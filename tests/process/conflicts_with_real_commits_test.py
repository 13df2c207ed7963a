"""PostgreSQL refuses what is being stored: the call was made once, the answer is kept."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import wait_for
from crash_points import asked, assert_all_is_well, held, pay, prove, rows, sell

WORKERS = 2
REPEATED = "Ledger transaction repeated"


@pytest.fixture
def till(shop):
    return shop.first_till()


def conflict(shop, act, table, where, *parameters, first=None):
    """Let a rival change a row that the server is about to change; returns the till's answer.

    :param first: enters the call that is held, and waits for it, before the rival comes
    """
    before = shop.running.log.read_text().count(REPEATED)
    rival = shop.connect()
    try:
        with ThreadPoolExecutor(1) as pool:
            if first:
                with first as reached:
                    answer = pool.submit(act)
                    reached()
                    change(rival, table, where, parameters)
            else:
                change(rival, table, where, parameters)
                answer = pool.submit(act)
            wait_for(
                lambda: shop.query(
                    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                    " AND wait_event_type = 'Lock' AND query LIKE %s",
                    f"%{table}%",
                ),
                "the server waits for the rival",
            )
            rival.commit()
            answered = answer.result()
    finally:
        rival.close()
    assert shop.running.log.read_text().count(REPEATED) > before, "there was a conflict"
    return answered


def change(rival, table, where, parameters):
    with rival.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET write_date = write_date WHERE {where}", parameters)
        assert cursor.rowcount == 1


def of_bill(bill):
    return "glase_transaction", "line_uuid = %s", bill["line_uuid"]


def test_while_a_send_is_claimed(shop, till):
    bill = till.draft(71)
    before = len(shop.calls("sendInvoice"))
    view = conflict(
        shop, lambda: till.door("send", **bill), "glase_terminal", "glase_id = %s", "PROC1"
    )
    assert view["state"] == "issued"
    assert len(shop.calls("sendInvoice")) == before + 1
    assert len(rows(shop, bill)) == 1


def test_while_paid_is_stored(shop, till):
    bill = till.draft(72)
    till.door("send", **bill)
    pay(shop)
    before = len(shop.calls("getPaymentStatus"))
    view = conflict(
        shop,
        lambda: till.door("status", **asked(bill)),
        *of_bill(bill),
        first=held(shop, "getPaymentStatus", "delay-after"),
    )
    assert view["state"] == "paid"
    assert len(shop.calls("getPaymentStatus")) == before + 1
    [(events,)] = shop.query(
        "SELECT count(*) FROM glase_event e JOIN glase_transaction t ON t.id = e.transaction_id"
        " WHERE t.line_uuid = %s AND e.status = 'PAID'",
        bill["line_uuid"],
    )
    assert events == 1, "the answer is stored once"
    prove(shop, till, bill)
    assert_all_is_well(shop, 73)


def test_while_a_cancel_is_stored(shop, till):
    bill = till.draft(74)
    till.door("send", **bill)
    before = len(shop.calls("cancelInvoice"))
    view = conflict(
        shop,
        lambda: till.door("cancel", **asked(bill)),
        *of_bill(bill),
        first=held(shop, "cancelInvoice", "delay-after"),
    )
    assert view["state"] == "canceled"
    assert len(shop.calls("cancelInvoice")) == before + 1


def test_while_a_refund_is_claimed(shop, till):
    sold = sell(shop, till, 75)
    bill = till.draft(75, refunded=sold)
    before = len(shop.calls("refundPayment"))
    view = conflict(shop, lambda: till.door("refund", **bill), *of_bill(sold))
    assert view["state"] == "refunded"
    assert len(shop.calls("refundPayment")) == before + 1
    assert len(rows(shop, bill)) == 1
    assert_all_is_well(shop, 76)


def test_while_a_refund_is_stored(shop, till):
    sold = sell(shop, till, 77)
    bill = till.draft(77, refunded=sold)
    before = len(shop.calls("refundPayment"))
    view = conflict(
        shop,
        lambda: till.door("refund", **bill),
        *of_bill(bill),
        first=held(shop, "refundPayment", "delay-after"),
    )
    assert view["state"] == "refunded"
    assert len(shop.calls("refundPayment")) == before + 1
    till.validate(bill)
    assert_all_is_well(shop, 78)


def test_two_tabs_refund_the_same_payment_once(shop, till):
    sold = sell(shop, till, 79)
    tills = [till, shop.known("second")]
    bills = [each.draft(79, refunded=sold) for each in tills]
    before = len(shop.calls("refundPayment"))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(tills[0].door, "refund", **bills[0])
        second = pool.submit(tills[1].door, "refund", **bills[1])
        views = [first.result(), second.result()]
    assert sorted(view["ok"] for view in views) == [False, True]
    assert [view["reason"] for view in views if not view["ok"]] == ["too_much"]
    assert len(shop.calls("refundPayment")) == before + 1
    assert_all_is_well(shop, 80)
