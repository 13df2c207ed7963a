"""One process closes a register while another sends: exactly one of the two wins."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import Till
from crash_points import asked, assert_all_is_well, finish, held, kill_at, sell, table_locked

WORKERS = 2
LATCH_SECONDS = 301
SEND = "sendInvoice"


def by_popup(_shop, till, _admin):
    """The till's popup; what it hears, success or a sentence."""
    try:
        answer = till.close_register()
    except AssertionError as refusal:
        return str(refusal)
    return answer["successful"] or answer["message"]


def by_office(shop, _till, admin):
    """The button of the back office."""
    return _by_office(shop, admin, "pos.session", "action_pos_session_closing_control")


def by_wizard(shop, _till, admin):
    """The wizard that closes by force a session that does not add up."""
    wizard = admin.call("pos.close.session.wizard", "create", {"amount_to_balance": 0})
    return _by_office(shop, admin, "pos.close.session.wizard", "close_session", wizard)


def _by_office(shop, admin, model, method, record_id=None):
    session_id = shop.told["session_id"]
    context = {"active_ids": [session_id], "active_model": "pos.session"}
    try:
        admin.call(model, method, [record_id or session_id], context=context)
    except AssertionError as refusal:
        return str(refusal)
    return session(shop) == "closed"


DOORS = [by_popup, by_office, by_wizard]


@pytest.fixture
def till(shop):
    till = shop.first_till()
    if session(shop) == "closed":
        till.open_register()
    return till


def session(shop):
    [(state,)] = shop.query("SELECT state FROM pos_session WHERE id = %s", shop.told["session_id"])
    return state


def latched(shop):
    return bool(shop.query("SELECT 1 FROM glase_terminal WHERE closing_latches IS NOT NULL"))


def set_order(shop, bill, state):
    """Odoo itself closes no session over drafts: let an order be one, or not."""
    connection = shop.connect()
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pos_order SET state = %s WHERE uuid = %s", (state, bill["order_uuid"])
        )
        assert cursor.rowcount == 1
    connection.close()


@pytest.mark.parametrize("door", DOORS)
def test_who_sends_first_keeps_the_register_open(shop, till, admin, door):
    bill = till.draft(51)
    with ThreadPoolExecutor(1) as pool:
        with held(shop, SEND, "delay-before") as reached:
            sent = pool.submit(till.door, "send", **bill)
            reached()
            set_order(shop, bill, "cancel")
            refusal = door(shop, shop.known("second"), admin)
        assert "Running" in refusal
        assert sent.result()["state"] == "issued"
    assert (session(shop), latched(shop)) == ("opened", False)
    set_order(shop, bill, "draft")
    assert till.door("cancel", **asked(bill))["state"] == "canceled"
    # The refused closing holds nobody up.
    sell(shop, till, 52)
    set_order(shop, bill, "cancel")
    assert door(shop, till, admin) is True
    assert session(shop) == "closed"


@pytest.mark.parametrize("door", [by_office, by_wizard])
def test_who_closes_first_is_not_overtaken(shop, till, admin, door):
    """Held after its latch and before its commit; Odoo's check of drafts is behind it by then."""
    sell(shop, till, 53)
    bill = till.draft(54)
    set_order(shop, bill, "cancel")
    before = len(shop.calls(SEND))
    with ThreadPoolExecutor(1) as pool:
        with table_locked(shop, "account_move", "SHARE") as reached:
            closed = pool.submit(door, shop, till, admin)
            reached()
            assert latched(shop)
            set_order(shop, bill, "draft")
            refused = till.door("send", **bill)
            assert (refused["ok"], refused["reason"]) == (False, "closing")
        assert closed.result() is True
    assert (session(shop), latched(shop)) == ("closed", False)
    refused = till.door("send", **bill)
    assert (refused["ok"], refused["reason"]) == (False, "session")
    assert len(shop.calls(SEND)) == before
    set_order(shop, bill, "cancel")
    till.open_register()
    assert_all_is_well(shop, 55)


def test_a_refund_does_not_overtake_a_closing_either(shop, till, admin):
    sold = sell(shop, till, 56)
    bill = till.draft(56, refunded=sold)
    set_order(shop, bill, "cancel")
    before = len(shop.calls("refundPayment"))
    with ThreadPoolExecutor(1) as pool:
        with table_locked(shop, "account_move", "SHARE") as reached:
            closed = pool.submit(by_office, shop, till, admin)
            reached()
            set_order(shop, bill, "draft")
            refused = till.door("refund", **bill)
            assert (refused["ok"], refused["reason"]) == (False, "closing")
        assert closed.result() is True
    assert len(shop.calls("refundPayment")) == before
    set_order(shop, bill, "cancel")


def test_who_was_heard_before_a_closing_sends_nothing_after_it(shop, till, admin):
    """The till was asked for a bill, and the whole closing happens before the bill is claimed."""
    bill = till.draft(57)
    before = len(shop.calls(SEND))
    with ThreadPoolExecutor(1) as pool:
        with table_locked(shop, "uom_uom") as reached:
            sent = pool.submit(till.door, "send", **bill)
            reached()
            set_order(shop, bill, "cancel")
            assert by_office(shop, till, admin) is True
            set_order(shop, bill, "draft")
        refused = sent.result()
    assert (refused["ok"], refused["reason"]) == (False, "session")
    assert len(shop.calls(SEND)) == before
    set_order(shop, bill, "cancel")


def test_two_servers_close_once(shop, till, admin):
    sell(shop, till, 58)
    with shop.second_server() as url, ThreadPoolExecutor(2) as pool:
        other = Till(url, shop.told).log_in("admin", "admin")
        with table_locked(shop, "account_move", "SHARE") as reached:
            closing = [pool.submit(by_office, shop, till, each) for each in (admin, other)]
            reached()
        answers = [each.result() for each in closing]
    assert True in answers
    assert (session(shop), latched(shop)) == ("closed", False)
    made = shop.query(
        "SELECT count(*) FROM glase_period_session_rel WHERE session_id = %s",
        shop.told["session_id"],
    )
    assert made == [(1,)], "one period"


def test_killed_while_closing_the_latch_runs_out(shop, till, admin):
    sell(shop, till, 59)
    kill_at(
        shop,
        lambda shop: table_locked(shop, "account_move", "SHARE"),
        lambda: admin.call(
            "pos.session", "action_pos_session_closing_control", [shop.told["session_id"]]
        ),
    )
    assert (session(shop), latched(shop)) == ("opened", True)
    bill = till.draft(60)
    assert till.door("send", **bill)["reason"] == "closing"
    shop.advance(LATCH_SECONDS)
    assert till.door("send", **bill)["state"] == "issued"
    finish(shop, till, bill)
    assert by_popup(shop, till, admin) is True
    assert (session(shop), latched(shop)) == ("closed", False)
