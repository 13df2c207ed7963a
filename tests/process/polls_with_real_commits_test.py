"""What is written of polls by real processes: two that ask about one bill, one that is killed between two writes."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from crash_points import asked, assert_all_is_well, held, pay, prove, rows

WORKERS = 2
# What is not written yet of who was heard, and how often, is younger than this (rules/polling.py).
HEARTBEAT = 5


@pytest.fixture
def till(shop):
    return shop.first_till()


@pytest.fixture
def bill(till):
    """A bill that is out."""
    sent = till.draft(61)
    assert till.door("send", **sent)["state"] == "issued"
    return sent


def answers(shop, bill):
    """What Glase has said about a bill's status: each event's status, and how often it was said."""
    return shop.query(
        "SELECT e.status, e.count FROM glase_event e JOIN glase_transaction t"
        " ON t.id = e.transaction_id WHERE t.line_uuid = %s AND e.operation = 'getPaymentStatus'"
        " ORDER BY e.id",
        bill["line_uuid"],
    )


def wait_and_ask(shop, till, bill, times):
    """Ask so often, a second of the ledger's clock after the other."""
    for _time in range(times):
        shop.advance(1)
        assert till.door("status", **asked(bill))["state"] == "issued"


def test_nothing_is_open_while_glase_is_asked(shop, till, bill):
    wait_and_ask(shop, till, bill, 2)
    with ThreadPoolExecutor(1) as pool, held(shop, "getPaymentStatus", "delay-before") as reached:
        answer = pool.submit(till.door, "status", **asked(bill))
        reached()
        assert not answer.done()
        assert not shop.query(
            "SELECT query FROM pg_stat_activity WHERE datname = current_database()"
            " AND state LIKE 'idle in transaction%%'"
        )
        assert not shop.query(
            "SELECT l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
            " WHERE c.relname LIKE 'glase%%' AND l.pid <> pg_backend_pid()"
        )
    answer.result()


def test_two_processes_ask_about_one_bill(shop, bill):
    tills = [shop.till(), shop.till()]
    together = threading.Barrier(2)
    times = 3 * HEARTBEAT

    def ask(till):
        for _time in range(times):
            together.wait()
            shop.advance(0.5)
            assert till.door("status", **asked(bill))["state"] == "issued"

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, tills))
    counted = answers(shop, bill)
    assert {status for status, _count in counted} == {"ISSUED"}
    # Both may have heard for the first time; then it is one event.
    assert len(counted) <= 2
    total = sum(count for _status, count in counted)
    assert 2 * times - 4 * HEARTBEAT <= total <= 2 * times
    [(silent,)] = shop.query(
        "SELECT EXTRACT(EPOCH FROM clock_timestamp() AT TIME ZONE 'UTC' - till_seen_at)"
        " + (SELECT value::float FROM ir_config_parameter WHERE key = 'pos_glase.clock_offset')"
        " FROM glase_transaction WHERE line_uuid = %s",
        bill["line_uuid"],
    )
    assert silent < HEARTBEAT + 1
    pay(shop)
    with ThreadPoolExecutor(2) as pool:
        views = list(pool.map(lambda till: till.door("status", **asked(bill)), tills))
    assert {view["state"] for view in views} <= {"issued", "paid"}
    assert tills[0].door("status", **asked(bill))["state"] == "paid"
    # Both may have heard it: it is one event all the same, the last one or before an older answer.
    assert [status for status, _count in answers(shop, bill)].count("PAID") == 1
    prove(shop, tills[0], bill)
    assert_all_is_well(shop, 62)


def test_a_process_that_is_killed_loses_a_few_seconds_of_a_count_and_no_event(shop, till, bill):
    times = 3 * HEARTBEAT
    wait_and_ask(shop, till, bill, times)
    shop.kill()
    shop.restart()
    [(status, count)] = answers(shop, bill)
    assert status == "ISSUED"
    assert times - HEARTBEAT - 1 <= count <= times
    [row] = rows(shop, bill)
    assert row["state"] == "issued"
    assert not row["given_up_at"]
    wait_and_ask(shop, till, bill, 1)
    pay(shop)
    assert till.door("status", **asked(bill))["state"] == "paid"
    assert [status for status, _count in answers(shop, bill)] == ["ISSUED", "PAID"]
    prove(shop, till, bill)
    assert_all_is_well(shop, 63)
