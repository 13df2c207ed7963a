"""Who finishes, refunds, moves, deletes or closes waits for the ledger's row, and sees what was done to it.

One table lists every path (``doc/ledger.md §2``). For each, another connection holds the row: the path
has to want it. Then the races that are worth money, with both orders of events.
"""

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from crash_points import asked, finish, held, locked, pay, rows, sell, table_locked, wait_for_waiter
from till import order_line, order_values

WORKERS = 4
LEDGER = "glase_transaction"
MANY_LINES = 600


@pytest.fixture
def till(shop):
    return shop.first_till()


# === What a path starts from ===


def out(shop, till, amount):
    """A bill that is out."""
    bill = till.draft(amount)
    assert till.door("send", **bill)["state"] == "issued"
    return bill


def paid(shop, till, amount):
    """Money was taken; the draft of its order is stored, its line is done."""
    bill = out(shop, till, amount)
    pay(shop)
    assert till.door("status", **asked(bill))["state"] == "paid"
    store_done(shop, till, bill)
    return bill


def store_done(shop, till, bill):
    order, payment = ids(shop, bill)
    line = [[1, payment, {"payment_status": "done"}]]
    till.call("pos.order", "write", [order], {"payment_ids": line})


def refund_draft(shop, till, amount):
    """A refund order whose money has not gone back yet."""
    return till.draft(amount, refunded=sell(shop, till, amount))


def ids(shop, bill):
    """The ids of a bill's order and of its payment."""
    return shop.query(
        "SELECT pos_order_id, id FROM pos_payment WHERE uuid = %s", bill["line_uuid"]
    )[0]


def other_draft(shop, till, amount):
    return ids(shop, till.draft(amount))[0]


# === Every path ===


def on_order(method, *arguments):
    def act(shop, till, _admin, bill):
        till.call("pos.order", method, [ids(shop, bill)[0]], *arguments)

    return act


def on_payment(method, *arguments):
    def act(shop, till, _admin, bill):
        till.call("pos.payment", method, [ids(shop, bill)[1]], *arguments)

    return act


def by_door(name, **more):
    def act(_shop, till, _admin, bill):
        till.door(name, **asked(bill), **more)

    return act


def by_refund(_shop, till, _admin, bill):
    till.door("refund", **bill)


def by_sync(_shop, till, _admin, bill):
    till.validate(bill)


def by_remove(shop, till, _admin, bill):
    till.call("pos.order", "remove_from_ui", [ids(shop, bill)[0]])


def by_link(shop, till, _admin, bill):
    other = other_draft(shop, till, 3)
    till.call("pos.order", "write", [other], {"payment_ids": [[4, ids(shop, bill)[1], 0]]})


def to_other_order(shop, till, _admin, bill):
    other = other_draft(shop, till, 3)
    till.call("pos.payment", "write", [ids(shop, bill)[1]], {"pos_order_id": other})


def by_wizard(shop, _till, admin, bill):
    order = ids(shop, bill)[0]
    values = {"amount": 0, "payment_method_id": shop.told["method_id"]}
    wizard = admin.call("pos.make.payment", "create", values, context={"active_id": order})
    admin.call("pos.make.payment", "check", [wizard], context={"active_id": order})


def by_office_refund(shop, _till, admin, bill):
    [(row,)] = shop.query(
        "SELECT id FROM glase_transaction WHERE line_uuid = %s", bill["line_uuid"]
    )
    values = {"transaction_id": row, "reason": "Broken"}
    wizard = admin.call("glase.refund", "create", values)
    admin.call("glase.refund", "action_refund", [wizard])


def by_closing(shop, _till, admin, _bill):
    admin.call("pos.session", "action_pos_session_closing_control", [shop.told["session_id"]])


def by_popup(_shop, till, _admin, _bill):
    till.close_register()


def by_job(_shop, till, admin, bill):
    till.door("leave", **asked(bill))
    admin.run("glase.transaction", "_cron_settle")


# Name: what it starts from, and what is done.
PATHS = {
    "finish: sync": (paid, by_sync),
    "finish: state written": (paid, on_order("write", {"state": "paid"})),
    "finish: paid by core": (paid, on_order("action_pos_order_paid")),
    "finish: status written": (out, on_payment("write", {"payment_status": "done"})),
    "finish: the office's wizard": (paid, by_wizard),
    "refund: at the till": (refund_draft, by_refund),
    "refund: reverse": (paid, by_door("reverse", refund_attempt="back")),
    "refund: back office": (sell, by_office_refund),
    "move: payment to another order": (paid, to_other_order),
    "move: linked from another order": (paid, by_link),
    "move: order to no session": (paid, on_order("write", {"session_id": False})),
    "move: amount": (paid, on_payment("write", {"amount": 1})),
    "move: order's name": (paid, on_order("write", {"uuid": str(uuid.uuid4())})),
    "delete: from the till": (paid, by_remove),
    "delete: cancel": (paid, on_order("action_pos_order_cancel")),
    "delete: order": (paid, on_order("unlink")),
    "delete: payment": (paid, on_payment("unlink")),
    "delete: while the bill is out": (out, by_remove),
    "close: popup": (sell, by_popup),
    "close: back office": (sell, by_closing),
    "Glase: asked": (out, by_door("status")),
    "Glase: canceled": (out, by_door("cancel")),
    "left open": (out, by_door("leave")),
    "marked as paid": (out, by_door("force", reason="Saw it", login="admin", password="admin")),
}


@pytest.mark.parametrize("path", PATHS)
def test_each_path_waits_for_the_row(shop, till, admin, path):
    begin, act = PATHS[path]
    if path.startswith("close"):
        tidy(shop)
    bill = begin(shop, till, 10)
    # What a refund gives back is a row of another line: the one that was sold last.
    where = "id = (SELECT max(id) FROM glase_transaction WHERE state IN ('issued', 'paid'))"
    with ThreadPoolExecutor(1) as pool:
        with locked(shop, LEDGER, where) as wanted:
            acted = pool.submit(act, shop, shop.known("second"), admin, bill)
            wanted()
            assert not acted.done()
        try:
            acted.result(timeout=60)
        except AssertionError as refused:
            # Refused by what it found out after the lock: that is its right.
            assert "Traceback" not in str(refused) or "UserError" in str(refused), refused
    tidy(shop)
    if path.startswith("close"):
        till.open_register()


def tidy(shop):
    """Bring what a path has left to an end, so that the next one starts with a free till."""
    till = shop.first_till()
    for view in till.door("resume", line_uuids=[])["rows"]:
        if view["forced"]:
            # Never canceled; it holds its till until it is paid.
            pay(shop)
            till.door("status", **asked(view))
        till.door("cancel", **asked(view))
    connection = shop.connect()
    with connection, connection.cursor() as cursor:
        cursor.execute("UPDATE pos_order SET state = 'cancel' WHERE state = 'draft'")
        cursor.execute(
            "UPDATE glase_case SET state = 'settled', note = 'tidied' WHERE state = 'open'"
        )
        cursor.execute(
            "INSERT INTO glase_case (kind, state, note, transaction_id, company_id)"
            " SELECT 'paid_without_order', 'settled', 'tidied', t.id, t.company_id"
            " FROM glase_transaction t WHERE t.state = 'paid' AND t.kind = 'payment'"
            " AND NOT EXISTS (SELECT FROM glase_case c WHERE c.transaction_id = t.id"
            "                 AND c.note IS NOT NULL)"
        )
    connection.close()


# === Races ===


def big_order(shop, till):
    """A second order, whose many lines make the sync of both take long."""
    line = order_line(shop.told["product_id"], 1)
    lines = [[0, 0, dict(line)] for _index in range(MANY_LINES)]
    return order_values(till.told["session_id"], MANY_LINES, lines=lines)


def paid_values(shop, till, bill):
    """What the till sends of the order that it has validated."""
    _order, payment = ids(shop, bill)
    amount = float(bill["amount"])
    return order_values(
        till.told["session_id"],
        amount,
        uuid=bill["order_uuid"],
        state="paid",
        amount_paid=amount,
        payment_ids=[[1, payment, {"payment_status": "done"}]],
    )


@contextmanager
def long_sync(shop, till, bill):
    """A sync of the bill's finished order and of a big one, held while it stores the second."""
    both = [paid_values(shop, till, bill), big_order(shop, till)]
    with ThreadPoolExecutor(1) as pool:
        with table_locked(shop, "pos_order_line", "SHARE") as reached:
            synced = pool.submit(till.call, "pos.order", "sync_from_ui", both)
            reached()
            yield
        synced.result(timeout=120)


def end_of(shop, bill):
    """How a bill has ended: its order, whether it is unproven, refunds at Glase, open cases."""
    [(state, unverified)] = shop.query(
        "SELECT o.state, p.glase_unverified FROM pos_payment p JOIN pos_order o"
        " ON o.id = p.pos_order_id WHERE p.uuid = %s",
        bill["line_uuid"],
    )
    [(cases,)] = shop.query(
        "SELECT count(*) FROM glase_case c LEFT JOIN glase_transaction t ON t.id = c.transaction_id"
        " LEFT JOIN pos_payment p ON p.id = c.payment_id"
        " WHERE c.state = 'open' AND %s IN (t.line_uuid, p.uuid)",
        bill["line_uuid"],
    )
    refunds = [row for row in rows(shop, bill) if row["kind"] == "refund"]
    return state, bool(unverified), [row["state"] for row in refunds], cases


def test_a_reverse_while_a_long_sync_finishes_its_order_gives_nothing_back(shop, till):
    bill = paid(shop, till, 100)
    other = shop.known("second")
    before = len(shop.calls("refundPayment"))
    with ThreadPoolExecutor(1) as pool:
        with long_sync(shop, till, bill):
            reversed_ = pool.submit(other.door, "reverse", **asked(bill), refund_attempt="r")
            wait_for_waiter(shop, LEDGER)
        answer = reversed_.result(timeout=60)
    assert (answer["ok"], answer["reason"]) == (False, "order_came")
    assert len(shop.calls("refundPayment")) == before
    assert end_of(shop, bill) == ("paid", False, [], 0)
    tidy(shop)


def test_an_order_that_is_finished_while_its_payment_is_reversed_is_a_case(shop, till):
    bill = paid(shop, till, 101)
    other = shop.known("second")
    with ThreadPoolExecutor(1) as pool:
        with held(shop, "refundPayment", "delay-before") as reached:
            reversed_ = pool.submit(other.door, "reverse", **asked(bill), refund_attempt="r")
            reached()
            till.call("pos.order", "sync_from_ui", [paid_values(shop, till, bill)])
        assert reversed_.result(timeout=60)["state"] == "refunded"
    state, unverified, refunds, cases = end_of(shop, bill)
    assert (state, unverified, refunds) == ("paid", True, ["refunded"])
    assert cases == 1
    tidy(shop)


def test_an_order_that_is_deleted_while_a_sync_finishes_it_is_not_lost(shop, till):
    bill = paid(shop, till, 102)
    order, _payment = ids(shop, bill)
    other = shop.known("second")
    with ThreadPoolExecutor(1) as pool:
        with long_sync(shop, till, bill):
            removed = pool.submit(other.call, "pos.order", "remove_from_ui", [order])
            wait_for_waiter(shop, LEDGER)
        removed.result(timeout=60)
    assert end_of(shop, bill) == ("paid", False, [], 0), (
        "it was finished: there is no draft to delete"
    )
    tidy(shop)


def test_paid_that_comes_while_an_order_is_stored_is_not_overlooked(shop, till):
    """The till says done before the ledger knows: whichever is stored second sees the other."""
    bill = out(shop, till, 103)
    pay(shop)
    other = shop.known("second")
    with ThreadPoolExecutor(1) as pool:
        with long_sync(shop, till, bill):
            polled = pool.submit(other.door, "status", **asked(bill))
            wait_for_waiter(shop, LEDGER)
        assert polled.result(timeout=60)["state"] == "paid"
    assert end_of(shop, bill) == ("paid", False, [], 0)
    finish_next(shop, till)


def finish_next(shop, till):
    bill = till.draft(104)
    till.door("send", **bill)
    finish(shop, till, bill)
    tidy(shop)


@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_two_who_hear_one_payment_reference_do_not_both_believe_it(shop, till, ends):
    earlier = out(shop, till, 110)
    till.door("cancel", **asked(earlier))
    bill = out(shop, till, 111)
    pay(shop)
    payments = shop.simulator.journal()["payments"]
    reference = max(payment["ers_reference"] for payment in payments)
    rival = shop.connect()
    with ThreadPoolExecutor(1) as pool, rival.cursor() as cursor:
        # Another server stores it at this moment, for the bill before.
        cursor.execute(
            "UPDATE glase_transaction SET state = 'paid', ers_reference = %s, own_reference = %s"
            " WHERE line_uuid = %s",
            (reference, reference, earlier["line_uuid"]),
        )
        answered = pool.submit(till.door, "status", **asked(bill))
        wait_for_waiter(shop, LEDGER)
        getattr(rival, ends)()
        view = answered.result(timeout=60)
    rival.close()
    kinds = shop.query(
        "SELECT c.kind FROM glase_case c JOIN glase_transaction t ON t.id = c.transaction_id"
        " WHERE t.line_uuid = %s AND c.state = 'open'",
        bill["line_uuid"],
    )
    if ends == "commit":
        assert (view["state"], view["reference"]) == ("issued", False)
        assert kinds == [("reference_twice",)]
        clear = "UPDATE glase_transaction SET state = 'canceled' WHERE line_uuid = %s"
        connection = shop.connect()
        with connection, connection.cursor() as cursor:
            cursor.execute(clear, (bill["line_uuid"],))
        connection.close()
    else:
        assert (view["state"], view["reference"], kinds) == ("paid", reference, [])
    tidy(shop)
