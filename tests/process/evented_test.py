"""The question of a waiting till on Odoo's evented process, where the lines of ``doc/scaling.md`` send it."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Till, wait_for
from crash_points import asked, assert_all_is_well, pay

WORKERS = 2
EVENTED = True
AT_ONCE = 5
# Until Glase answers: a busy machine needs some of them for what is looked at meanwhile.
SECONDS = 3


@pytest.fixture
def evented(shop):
    """The till's log-in, at the evented process."""
    till = shop.till()
    return till, there(shop, till)


def there(shop, till):
    other = Till(shop.running.evented_url, shop.told)
    for cookie in till.jar:
        other.jar.set_cookie(cookie)
    return other


def evented_pid(shop):
    """The process id of the evented process, a child of the server's, or None."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if b"gevent" in command and int(parent) == shop.running.process.pid:
            return int(folder.name)
    return None


def polls(shop):
    return len(shop.calls("getPaymentStatus"))


def test_tills_wait_there_at_the_same_time_and_nothing_is_open_meanwhile(shop, evented):
    till, there_till = evented
    bill = till.draft(71)
    assert till.door("send", **bill)["state"] == "issued"
    assert there_till.door("status", **asked(bill))["state"] == "issued"
    others = [there(shop, till) for _till in range(AT_ONCE)]
    before = polls(shop)
    shop.simulator.faults(
        {
            "operation": "getPaymentStatus",
            "kind": "delay-before",
            "seconds": SECONDS,
            "count": AT_ONCE,
        }
    )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asking = [pool.submit(one.door, "status", **asked(bill)) for one in others]
        wait_for(lambda: polls(shop) == before + AT_ONCE, "all are waiting for Glase together")
        open_ones = shop.query(
            "SELECT query FROM pg_stat_activity WHERE datname = current_database()"
            " AND state LIKE 'idle in transaction%%'"
        )
        locks = shop.query(
            "SELECT l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
            " WHERE c.relname LIKE 'glase%%' AND l.pid <> pg_backend_pid()"
        )
        assert (open_ones, locks) == ([], [])
        # The process answers others while they wait.
        assert there_till.rpc("/web/session/check", {}) is None
        assert not any(one.done() for one in asking)
        assert {one.result()["state"] for one in asking} == {"issued"}
    pay(shop)
    view = there_till.door("status", **asked(bill))
    assert view["state"] == "paid" and view["reference"]
    till.validate(bill)
    assert_all_is_well(shop, 72)


def test_it_is_restarted_while_a_till_waits(shop, evented):
    till, there_till = evented
    bill = till.draft(73)
    assert till.door("send", **bill)["state"] == "issued"
    assert there_till.door("status", **asked(bill))["state"] == "issued"
    before, first = polls(shop), evented_pid(shop)
    shop.simulator.faults(
        {"operation": "getPaymentStatus", "kind": "delay-after", "seconds": 60, "count": 1}
    )
    pay(shop)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(there_till.door, "status", **asked(bill))
        wait_for(lambda: polls(shop) > before, "Glase has been asked")
        wait_for(
            lambda: shop.calls("getPaymentStatus")[-1]["carried_out_at"], "it has handed out PAID"
        )
        os.kill(first, signal.SIGKILL)
        assert waiting.exception(timeout=30) is not None, "nobody answered the till"
    shop.simulator.faults()
    # What a proxy does meanwhile: the workers answer as well.
    view = till.door("status", **asked(bill))
    assert view["state"] == "paid" and view["reference"]
    second = wait_for(lambda: evented_pid(shop), "Odoo starts it again", 60)
    assert second != first

    def answers():
        try:
            return there(shop, till).door("status", **asked(bill))["state"] == "paid"
        except OSError:
            return False

    wait_for(answers, "it answers again", 60)
    till.validate(bill)
    assert_all_is_well(shop, 74)
