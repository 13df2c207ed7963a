"""PostgreSQL goes away in the middle of a call: the answer is kept, and nothing is called twice."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from conftest import wait_for
from crash_points import asked, assert_all_is_well, finish, held, pay, prove, rows, sell

from stack import postgres

WORKERS = 2
DURABLE = True
GOOD_ROUNDS = 5


@pytest.fixture
def till(shop):
    return shop.first_till()


@pytest.fixture(autouse=True)
def sequences_are_on_disk(shop):
    if is_ours(shop):
        # A crash sets back the sequences of a database that was copied since the last checkpoint.
        shop.odoo.server.query("CHECKPOINT")


def is_ours(shop):
    """Whether this run has a PostgreSQL server of its own; a named one belongs to somebody else."""
    return (shop.odoo.folder / "pg").is_dir()


def crash_postgres(shop):
    """Let the server of this run crash and come back; one that is not ours loses its clients."""
    if is_ours(shop):
        postgres.Cluster(shop.odoo.folder / "pg").crash()
        return
    shop.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def wait_until_served(till):
    """Odoo answers 500 once for each connection that it kept and that is dead: a till asks again."""
    good_rounds = []

    def is_served(_number):
        try:
            return till.door("resume", line_uuids=[])["ok"]
        except (AssertionError, OSError):
            return False

    def ask():
        # All workers at once, or a dead connection is left in the one that was not asked.
        with ThreadPoolExecutor(2 * WORKERS) as pool:
            if not all(pool.map(is_served, range(4 * WORKERS))):
                good_rounds.clear()
                return False
        good_rounds.append(True)
        return len(good_rounds) == GOOD_ROUNDS

    wait_for(ask, "Odoo has recovered")


def through_a_crash(shop, operation, kind, act):
    """Crash PostgreSQL while a call is held at Glase; returns the answer that the till hears."""
    with ThreadPoolExecutor(1) as pool:
        with held(shop, operation, kind) as reached:
            answer = pool.submit(act)
            reached()
            crash_postgres(shop)
        heard = answer.result()
    wait_until_served(shop.first_till())
    return heard


@pytest.mark.parametrize("kind", ["delay-before", "delay-after"])
def test_while_a_bill_is_sent(shop, till, kind):
    bill = till.draft(81)
    before = len(shop.calls("sendInvoice"))
    view = through_a_crash(shop, "sendInvoice", kind, lambda: till.door("send", **bill))
    assert view["state"] == "issued"
    assert len(shop.calls("sendInvoice")) == before + 1
    finish(shop, till, bill)
    assert_all_is_well(shop, 82)


def test_while_glase_says_paid(shop, till):
    bill = till.draft(83)
    till.door("send", **bill)
    pay(shop)
    view = through_a_crash(
        shop, "getPaymentStatus", "delay-after", lambda: till.door("status", **asked(bill))
    )
    assert view["state"] == "paid"
    prove(shop, till, bill)
    assert_all_is_well(shop, 84)


def test_while_a_bill_is_canceled(shop, till):
    bill = till.draft(85)
    till.door("send", **bill)
    before = len(shop.calls("cancelInvoice"))
    with suppress(AssertionError, OSError):
        # The answer is stored; that the request then fails on its dead connection is no matter.
        through_a_crash(
            shop, "cancelInvoice", "delay-after", lambda: till.door("cancel", **asked(bill))
        )
    wait_until_served(till)
    assert till.door("status", **asked(bill))["state"] == "canceled"
    assert len(shop.calls("cancelInvoice")) == before + 1, "its answer was kept"
    assert_all_is_well(shop, 86)


def test_while_money_is_given_back(shop, till):
    sold = sell(shop, till, 87)
    bill = till.draft(87, refunded=sold)
    before = len(shop.calls("refundPayment"))
    view = through_a_crash(
        shop, "refundPayment", "delay-after", lambda: till.door("refund", **bill)
    )
    assert view["state"] == "refunded"
    assert len(shop.calls("refundPayment")) == before + 1
    till.validate(bill)
    assert_all_is_well(shop, 88)


def test_gone_for_longer_than_the_server_waits(shop, till):
    """The answer cannot be stored: the row says so by itself, and nothing is sent twice."""
    bill = till.draft(89)
    before = len(shop.calls("sendInvoice"))
    with ThreadPoolExecutor(1) as pool:
        with held(shop, "sendInvoice", "delay-after") as reached:
            answer = pool.submit(till.door, "send", **bill)
            reached()
            shop.odoo.server.query(f'ALTER DATABASE "{shop.odoo.database}" ALLOW_CONNECTIONS false')
            shop.odoo.server.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                f" WHERE datname = '{shop.odoo.database}'"
            )
        assert answer.exception(timeout=60) is not None
    shop.odoo.server.query(f'ALTER DATABASE "{shop.odoo.database}" ALLOW_CONNECTIONS true')
    wait_until_served(till)
    [row] = rows(shop, bill)
    assert row["state"] == "sending"
    assert till.door("send", **bill)["state"] == "sending"
    shop.advance(61)
    assert till.door("status", **asked(bill))["state"] == "unknown"
    assert len(shop.calls("sendInvoice")) == before + 1
    assert_all_is_well(shop, 90)
