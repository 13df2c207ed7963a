"""Tills are moved to production while servers die and two administrators press at once."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import SimulatorProcess, Till, give_log_in, prepare_move, wait_for
from crash_points import (
    Glase,
    after_carried_out,
    asked,
    before_carried_out,
    held,
    is_waited_for,
    kill_at,
    locked,
    moments,
    storing,
    table_locked,
    wait_for_waiter,
)

WORKERS = 2
STICKERS = {"PROC1": "LIVE1", "PAIR": "LIVE2"}
BUSY_SECONDS = 61

# Two tills at the test Glase, both shut, and nothing undecided.
SHUT_TILLS = """
import json
from odoo.addons.pos_glase.glase import Client, Principal

first = env["pos.config"].browse({config_id})
env = env(context=dict(env.context, allowed_company_ids=first.company_id.ids))
first = first.with_env(env)
first.current_session_id.action_pos_session_closing_control()
registered = first.sudo().glase_terminal_id
second = first.copy({{"name": "Second till"}})
client = Client(registered.endpoint)
identifier = client.register_terminal(
    Principal.reseller("demo", "9900", "demo"), "second", "a-secret-of-the-test", "Second"
).terminal_id
client.assign_seqr_id(Principal.terminal(identifier, "a-secret-of-the-test"), "PAIR")
env["glase.terminal"].sudo().create(
    {{
        "account_id": registered.account_id.id, "config_id": second.id, "name": "Second",
        "external_identifier": "second", "terminal_identifier": identifier,
        "password": "a-secret-of-the-test", "glase_id": "PAIR", "state": "ready",
        "environment": "test", "endpoint": registered.endpoint, "reseller_id": "demo",
    }}
)
env.cr.commit()
print("TOLD " + json.dumps({{"account_id": registered.account_id.id, "second": second.id}}))
"""


class Production(Glase):
    """The Glase that the tills are moved to."""

    def registered(self):
        """By what names tills are registered there: one that was asked twice has one name."""
        terminals = self.simulator.journal()["terminals"]
        return {one["external_id"] for one in terminals if not one["unregistered_at"]}


@pytest.fixture(scope="module")
def tills(shop):
    """The account and the tills that are moved."""
    shop.till("admin").call("ir.config_parameter", "set_param", "pos_glase.own_network", "True")
    told = shop.odoo.shell(SHUT_TILLS.format(config_id=shop.told["config_id"]), "tills not shut")
    return json.loads(told.partition("TOLD ")[2].splitlines()[0])


@pytest.fixture
def production():
    glase = Production(SimulatorProcess())
    yield glase
    glase.simulator.stop()


@pytest.fixture
def prepared(shop, tills, admin, production):
    """A move to a production of its own that is tested; afterwards both tills are back at test."""
    move_id = prepare_move(admin, tills["account_id"], production.simulator.endpoint)
    for line_id, sticker in lines(shop, move_id):
        new = {"glase_id": STICKERS.get(sticker, sticker)}
        admin.call("glase.go.live.line", "write", [line_id], new)
    yield move_id
    shop.advance(BUSY_SECONDS)
    [(state, target_id)] = shop.query(
        "SELECT state, target_id FROM glase_go_live WHERE id = %s", move_id
    )
    if state == "moving":
        turn_back(admin, move_id)
    elif target_id != tills["account_id"]:
        action = admin.call("glase.account", "action_go_live", [target_id])
        move_id = action["res_id"]
        admin.call("glase.go.live", "action_test", [move_id])
        admin.call("glase.go.live", "action_start", [move_id])
    go_on(shop, admin, move_id)
    assert {account for *_rest, account in live(shop)} == {tills["account_id"]}


@pytest.fixture
def move(admin, prepared):
    """The move, under way."""
    admin.call("glase.go.live", "action_start", [prepared])
    return prepared


def turn_back(admin, move_id):
    admin.call("glase.go.live", "action_turn_back", [move_id])


def lines(shop, move_id):
    return shop.query(
        "SELECT id, glase_id FROM glase_go_live_line WHERE move_id = %s ORDER BY id", move_id
    )


def press(admin, line_id):
    """*Go On* at one till; returns whether it is ready, and what is said."""
    ready = admin.call("glase.go.live.line", "action_move", [line_id])
    [line] = admin.call("glase.go.live.line", "read", [line_id], ["state", "message"])
    assert ready == (line["state"] == "moved")
    return ready, line["message"]


def go_on(shop, admin, move_id):
    """Press *Go On* at all tills that are not there yet, and see the move end."""

    def state():
        return shop.query("SELECT state FROM glase_go_live WHERE id = %s", move_id)[0][0]

    for line_id, _sticker in lines(shop, move_id):
        if state() == "moving":
            ready, message = press(admin, line_id)
            assert ready, message
    assert state() == "done"


def live(shop):
    """The live registrations: external id, terminal id, sticker, account."""
    return shop.query(
        "SELECT external_identifier, terminal_identifier, glase_id, account_id FROM glase_terminal"
        " WHERE state IN ('registered', 'ready') ORDER BY config_id"
    )


def assert_moved(shop, production):
    """Each till is registered once at production, with its sticker; what it was is kept."""
    found = live(shop)
    names = [external for external, *_rest in found]
    assert len(names) == 2
    assert set(names) == production.registered(), "one for each till, here and there"
    assert {sticker for _external, _identifier, sticker, _account in found} == {"LIVE1", "LIVE2"}
    kept = shop.query(
        "SELECT glase_id FROM glase_terminal WHERE state = 'retired' AND unregistered_at IS NULL"
        " AND password IS NOT NULL AND terminal_identifier IS NOT NULL AND environment = 'test'"
    )
    assert {sticker for (sticker,) in kept} == {"PROC1", "PAIR"}
    assert not shop.query("SELECT 1 FROM glase_terminal WHERE state = 'draft'")


@pytest.mark.parametrize("operation", ["registerTerminal", "assignSeqrId"])
@pytest.mark.parametrize("point", moments("before", "after", "storing", kept="after"))
def test_killed_while_a_till_is_moved(shop, admin, production, move, operation, point):
    [(first, _sticker), _second] = lines(shop, move)
    points = {
        "before": lambda _shop: before_carried_out(operation)(production),
        "after": lambda _shop: after_carried_out(operation)(production),
        "storing": storing(production, operation, "glase_terminal", "busy_since IS NOT NULL"),
    }
    kill_at(shop, points[point], lambda: press(admin, first))
    wait_for(lambda: production.calls(operation)[-1]["carried_out_at"], "Glase has done it")
    # Where the server died, somebody may still be talking with Glase: a minute is waited.
    calls = len(production.simulator.journal()["calls"])
    ready, message = press(admin, first)
    assert not ready
    assert "already" in message
    assert len(production.simulator.journal()["calls"]) == calls
    shop.advance(BUSY_SECONDS)
    go_on(shop, admin, move)
    assert_moved(shop, production)


def stands(shop, move_id):
    """What of a move, and of both accounts, a transaction has to write as a whole."""
    return shop.query(
        "SELECT m.state, m.target_id, m.draft_account_id, a.id, a.active, a.environment, a.endpoint,"
        " a.reseller_user, a.reseller_password FROM glase_go_live m, glase_account a"
        " WHERE m.id = %s ORDER BY a.id",
        move_id,
    )


@pytest.fixture
def target(shop, tills, admin, production, prepared):
    """An account that the tills are moved to, with a log-in that the move is to change."""
    [told] = admin.call("glase.account", "read", [tills["account_id"]], ["company_id"])
    account_id = admin.call(
        "glase.account",
        "create",
        {
            "name": "Live",
            "company_id": told["company_id"][0],
            "environment": "production",
            "endpoint": "https://old.example.com/soap",
            "reseller_id": "old",
            "reseller_user": "1",
            "reseller_password": "old-secret",
        },
    )
    give_log_in(admin, prepared, production.simulator.endpoint, account_id)
    return account_id


@pytest.mark.parametrize("point", moments("before", "after", "storing", kept="storing"))
def test_killed_between_the_proof_and_the_move(shop, admin, production, prepared, target, point):
    """Nothing of the start is half written: the account has its old log-in, the move is prepared."""
    before = stands(shop, prepared)
    assert {row[0] for row in before} == {"prepared"}
    assert "old-secret" in [row[-1] for row in before]
    points = {
        "before": lambda _shop: before_carried_out("executeReport")(production),
        "after": lambda _shop: after_carried_out("executeReport")(production),
        # Most of the start is written, and waits for the account whose log-in it hands over.
        "storing": lambda _shop: locked(shop, "glase_account", "id = %s", target),
    }
    kill_at(shop, points[point], lambda: admin.call("glase.go.live", "action_start", [prepared]))
    assert stands(shop, prepared) == before
    assert not production.registered()
    admin.call("glase.go.live", "action_start", [prepared])
    [(state, target_id, draft, *_account)] = [
        row for row in stands(shop, prepared) if row[3] == target
    ]
    assert (state, target_id, draft) == ("moving", target, None)
    go_on(shop, admin, prepared)
    assert_moved(shop, production)


@pytest.mark.parametrize("point", moments("turning back", "ending", kept="ending"))
def test_killed_while_a_move_turns_or_ends(shop, admin, tills, production, move, point):
    [(first, _sticker), (second, _other)] = lines(shop, move)
    assert press(admin, first) == (True, False)
    if point == "turning back":
        before = stands(shop, move)
        kill_at(
            shop,
            lambda _shop: locked(shop, "glase_go_live_line", "move_id = %s", move),
            lambda: turn_back(admin, move),
        )
        assert stands(shop, move) == before
        go_on(shop, admin, move)
    else:
        # The till is there, and its line waits: nobody has said yet that the move has ended.
        kill_at(
            shop,
            lambda _shop: locked(shop, "glase_go_live_line", "id = %s", second),
            lambda: press(admin, second),
        )
        [(state,)] = shop.query("SELECT state FROM glase_go_live WHERE id = %s", move)
        assert state == "moving"
        assert len(production.registered()) == 2
        admin.call("glase.go.live", "action_finish", [move])
    assert_moved(shop, production)
    assert {row[0] for row in stands(shop, move)} == {"done"}


def test_both_press_go_live_at_the_same_moment(shop, admin, tills, production):
    """The second waits for the first and is shown its move."""
    with ThreadPoolExecutor(1) as pool:
        rival = shop.connect()
        try:
            with rival.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO glase_go_live (source_id, company_id, state, environment)"
                    " SELECT id, company_id, 'prepared', 'production' FROM glase_account"
                    " WHERE id = %s RETURNING id",
                    (tills["account_id"],),
                )
                [move_id] = cursor.fetchone()
            opened = pool.submit(
                admin.call, "glase.account", "action_go_live", [tills["account_id"]]
            )
            wait_for_waiter(shop, "glase_go_live")
            rival.commit()
            assert opened.result()["res_id"] == move_id
        finally:
            rival.close()
    assert len(lines(shop, move_id)) == 2
    admin.call("glase.go.live", "unlink", [move_id])


def test_a_register_that_is_just_being_opened_is_not_moved(shop, admin, prepared):
    """Whoever begins a move waits for the till's lock, and finds the session that was opened."""
    till = shop.first_till()
    config_id = till.told["config_id"]
    till.call("pos.config", "open_ui", [config_id])
    [config] = till.call("pos.config", "read", [config_id], ["current_session_id"])
    session_id = config["current_session_id"][0]
    with ThreadPoolExecutor(2) as pool:
        with table_locked(shop, "pos_session", "SHARE") as reached:
            opened = pool.submit(
                till.call, "pos.session", "set_opening_control", [session_id], 0, ""
            )
            reached()
            begun = pool.submit(admin.call, "glase.go.live", "action_start", [prepared])
            wait_for(
                lambda: begun.done() or is_waited_for(shop, "glase_terminal"), "the move begins"
            )
        opened.result()
        with pytest.raises(AssertionError, match="is open"):
            begun.result()
    assert {state for state, *_rest in stands(shop, prepared)} == {"prepared"}
    admin.call("pos.session", "action_pos_session_closing_control", [session_id])
    admin.call("glase.go.live", "action_start", [prepared])
    assert {state for state, *_rest in stands(shop, prepared)} == {"moving"}


def test_killed_in_the_middle_the_move_is_turned_back(shop, admin, tills, production, move):
    [(first, _sticker), _second] = lines(shop, move)
    kill_at(
        shop,
        lambda _shop: after_carried_out("registerTerminal")(production),
        lambda: press(admin, first),
    )
    shop.advance(BUSY_SECONDS)
    turn_back(admin, move)
    go_on(shop, admin, move)
    assert [(sticker, account) for _e, _t, sticker, account in live(shop)] == [
        ("PROC1", tills["account_id"]),
        ("PAIR", tills["account_id"]),
    ]


def test_two_servers_move_the_same_till_once(shop, admin, production, move):
    [(first, _sticker), _second] = lines(shop, move)
    with shop.second_server() as url, ThreadPoolExecutor(1) as pool:
        other = Till(url, shop.told).log_in("admin", "admin")
        with held(production, "registerTerminal", "delay-before") as reached:
            pressed = pool.submit(press, admin, first)
            reached()
            ready, message = press(other, first)
            assert not ready
            assert "already" in message
        assert pressed.result() == (True, False)
        assert len(production.calls("registerTerminal")) == 1
        assert press(other, first) == (True, False)
    go_on(shop, admin, move)
    assert len(production.calls("registerTerminal")) == 2
    assert_moved(shop, production)


def test_two_servers_press_everything_at_the_same_moment(shop, admin, production, move):
    """Both want the rows that a rival holds; let go, both go on."""
    with shop.second_server() as url, ThreadPoolExecutor(4) as pool:
        admins = [admin, shop.till("admin")]
        admins += [Till(url, shop.told).log_in("admin", "admin") for _ in range(2)]
        with locked(shop, "glase_terminal", "state = 'ready'") as wanted:
            every = [line_id for line_id, _sticker in lines(shop, move)] * 2
            pressed = [
                pool.submit(each.call, "glase.go.live.line", "action_move", [line_id])
                for each, line_id in zip(admins, every, strict=True)
            ]
            wanted()
        assert {each.result() for each in pressed} <= {True, False}
    assert len(production.calls("registerTerminal")) == 2
    go_on(shop, admin, move)
    assert_moved(shop, production)


def test_one_turns_back_while_the_other_registers(shop, admin, tills, production, move):
    [(first, _sticker), _second] = lines(shop, move)
    with shop.second_server() as url, ThreadPoolExecutor(1) as pool:
        other = Till(url, shop.told).log_in("admin", "admin")
        with held(production, "registerTerminal", "delay-after") as reached:
            pressed = pool.submit(press, admin, first)
            reached()
            # Its answer is stored with the address that it was asked at: that stays until then.
            with pytest.raises(AssertionError, match="at this moment"):
                turn_back(other, move)
        assert pressed.result() == (True, False)
        turn_back(other, move)
    go_on(shop, admin, move)
    assert {account for *_rest, account in live(shop)} == {tills["account_id"]}
    # What was registered meanwhile is known and kept, not forgotten at Glase.
    kept = shop.query(
        "SELECT external_identifier FROM glase_terminal WHERE password IS NOT NULL"
        " AND terminal_identifier IS NOT NULL AND unregistered_at IS NULL"
    )
    assert production.registered() <= {name for (name,) in kept}


def test_a_till_sells_at_production_afterwards(shop, admin, production, move):
    go_on(shop, admin, move)
    till = shop.first_till()
    till.open_register()
    bill = till.draft(60)
    assert till.door("send", **bill)["state"] == "issued"
    production.simulator.customer("LIVE1", "pay")
    assert till.door("status", **asked(bill))["state"] == "paid"
    till.validate(bill)
    assert till.close_register()["successful"]
    for _step in range(5):
        admin.run("glase.period", "_work_due")
        shop.advance(4)
        production.simulator.advance(4)
    assert shop.query("SELECT DISTINCT state FROM glase_period") == [("reconciled",)]
    payments = production.simulator.journal()["payments"]
    assert [payment["amount"] for payment in payments] == ["60.00"]
