"""Where a server is killed, and what has to be true once it runs again.

Nothing in the module knows of this: a point is held by what exists. The simulator holds a call
before or after it was carried out; a rival connection holds the row that the server wants next.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal

import pytest
from conftest import wait_for

# Shorter than the client's own patience: what is held must still be waited for when it is killed.
HELD_SECONDS = 60
GLASE_ID = "PROC1"


def moments(*every, kept):
    """The moments of one kind at which a server is killed, as parameters.

    :param kept: the one that each run tries; the others are for ``bin/test --all``
    """
    assert kept in every
    return [pytest.param(one, marks=() if one == kept else pytest.mark.soak) for one in every]


@contextmanager
def held(shop, operation, kind):
    """The next call of an operation is held at Glase until the block is left.

    :param str kind: ``delay-before`` it is carried out, or ``delay-after``
    """
    before = len(shop.calls(operation))
    shop.simulator.faults({"operation": operation, "kind": kind, "seconds": HELD_SECONDS})

    def there():
        calls = shop.calls(operation)[before:]
        return calls and (kind == "delay-before" or calls[0]["carried_out_at"])

    try:
        yield lambda: wait_for(there, f"Glase hears {operation}")
    finally:
        shop.simulator.faults()


@contextmanager
def locked(shop, table, where, *parameters):
    """A rival holds rows until the block is left; yields a function that waits for who wants them."""
    rival = shop.connect()
    try:
        with rival.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET id = id WHERE {where}", parameters)
            assert cursor.rowcount, f"{table} has no such row"
        yield lambda: wait_for_waiter(shop, table)
    finally:
        rival.rollback()
        rival.close()


@contextmanager
def table_locked(shop, table, mode="ACCESS EXCLUSIVE"):
    """A rival holds a whole table until the block is left; yields a function as ``locked`` does."""
    rival = shop.connect()
    try:
        with rival.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN {mode} MODE")
        yield lambda: wait_for_waiter(shop, table)
    finally:
        rival.rollback()
        rival.close()


def wait_for_waiter(shop, table):
    """Return once the server waits for a lock on a table."""
    wait_for(lambda: is_waited_for(shop, table), f"the server waits for {table}")


def is_waited_for(shop, table):
    """Whether the server waits for a lock on a table at this moment."""
    return shop.query(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE %s",
        f"%{table}%",
    )


def kill_at(shop, point, act):
    """Let the till ask for something, kill the server at a point, and start it again.

    :param point: a context manager of one of the functions below
    :param act: what the till asks; its answer never comes
    """
    with ThreadPoolExecutor(1) as pool:
        with point(shop) as reached:
            asked = pool.submit(act)
            reached()
            assert not asked.done(), "the till still waits"
            shop.kill()
        assert asked.exception(timeout=30) is not None, "nobody answered the till"
    wait_for(
        lambda: (
            not shop.query(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        ),
        "PostgreSQL notices that nobody is there",
    )
    shop.restart()


def before_claim():
    """Before anything of the attempt is committed."""

    @contextmanager
    def point(shop):
        with locked(shop, "glase_terminal", "glase_id = %s", GLASE_ID) as reached:
            yield reached

    return point


def before_carried_out(operation):
    """The call has been made, Glase has not carried it out yet; it will."""

    def point(shop):
        return held(shop, operation, "delay-before")

    return point


def after_carried_out(operation):
    """Glase has carried the call out, its answer is on its way."""

    def point(shop):
        return held(shop, operation, "delay-after")

    return point


class Glase:
    """A Glase with all that it hears, whoever calls."""

    def __init__(self, simulator):
        self.simulator = simulator

    def calls(self, operation):
        calls = self.simulator.journal()["calls"]
        return [call for call in calls if call["operation"] == operation]


def while_stored(operation, line_uuid, kind="payment"):
    """The answer is there, and is just being stored."""

    def point(shop):
        where = ("glase_transaction", "line_uuid = %s AND kind = %s", line_uuid, kind)
        return storing(shop, operation, *where)(shop)

    return point


def storing(glase, operation, table, where, *parameters):
    """The answer to a call is there, and a rival holds the rows in which it is stored.

    :param glase: who hears the call: a shop, or a ``Glase``
    """

    @contextmanager
    def point(shop):
        with held(glase, operation, "delay-after") as carried_out:

            @contextmanager
            def storing():
                with locked(shop, table, where, *parameters) as wanted:
                    glase.simulator.faults()
                    wanted()
                    yield

            with _entered_later(storing, carried_out) as reached:
                yield reached

    return point


@contextmanager
def _entered_later(block, first):
    """Yield a function that waits for ``first`` and enters the block; it is left at the end."""
    entered = []

    def reached():
        first()
        entered.append(block())
        entered[0].__enter__()

    try:
        yield reached
    finally:
        for each in entered:
            each.__exit__(None, None, None)


def rows(shop, bill):
    """All ledger rows of a payment line, oldest first."""
    names = ("state", "kind", "attempt", "ers_reference", "given_up_at", "payment_id")
    found = shop.query(
        f"SELECT {', '.join(names)} FROM glase_transaction WHERE line_uuid = %s ORDER BY id",
        bill["line_uuid"],
    )
    return [dict(zip(names, row, strict=True)) for row in found]


def pay(shop):
    """The customer at the sticker pays what is on the phone."""
    shop.simulator.customer(GLASE_ID, "pay")


def asked(bill):
    """What the till says to name a bill."""
    return {"line_uuid": bill["line_uuid"], "attempt": bill["attempt"]}


def finish(shop, till, bill):
    """The customer pays a bill that is out, and the order is proven."""
    pay(shop)
    assert till.door("status", **asked(bill))["state"] == "paid"
    prove(shop, till, bill)


def prove(shop, till, bill):
    """The till validates the order: the payment is linked with its row."""
    till.validate(bill)
    [(unverified, reference)] = shop.query(
        "SELECT glase_unverified, transaction_id FROM pos_payment WHERE uuid = %s",
        bill["line_uuid"],
    )
    assert not unverified
    assert reference in [row["ers_reference"] for row in rows(shop, bill)]


def sell(shop, till, amount):
    """A whole sale, from send to proof."""
    bill = till.draft(amount)
    assert till.door("send", **bill)["state"] == "issued"
    finish(shop, till, bill)
    return bill


def assert_all_is_well(shop, amount):
    """The next sale works, and the money at Glase is the money in the ledger."""
    sell(shop, shop.first_till(), amount)
    journal = shop.simulator.journal()
    at_glase = {
        payment["ers_reference"]: Decimal(payment["amount"])
        for payment in journal["payments"]
        if payment["state"] == "standing"
    }
    in_ledger = dict(
        shop.query(
            "SELECT ers_reference, amount FROM glase_transaction"
            " WHERE kind = 'payment' AND state = 'paid'"
        )
    )
    assert at_glase == in_ledger
    given_back = sum(Decimal(refund["amount"]) for refund in journal["refunds"])
    [(known, undecided)] = shop.query(
        "SELECT COALESCE(SUM(amount) FILTER (WHERE state = 'refunded'), 0),"
        " COALESCE(SUM(amount) FILTER (WHERE state NOT IN ('refunded', 'failed')), 0)"
        " FROM glase_transaction WHERE kind = 'refund'"
    )
    assert known <= given_back <= known + undecided
    sent = shop.query(
        "SELECT count(*) FROM glase_event WHERE operation = 'sendInvoice' AND outcome = 'note'"
    )[0][0]
    assert len(shop.calls("sendInvoice")) <= sent, "no send without a row that says so"
