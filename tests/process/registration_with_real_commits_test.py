"""What a test cursor cannot show of a registration: two workers, real locks, real conflicts."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import Till, wait_for

WORKERS = 2
CLICKS = 4
DELAY_SECONDS = 3


class Manager(Till):
    """A Point of Sale administrator with the till's menu open."""

    def ask(self, method, config_id, *arguments):
        """Call a method of ``pos.config`` as the till's menu does."""
        return self.rpc(
            f"/web/dataset/call_kw/pos.config/{method}",
            {
                "model": "pos.config",
                "method": method,
                "args": [[config_id], *arguments],
                "kwargs": {},
            },
        )


@pytest.fixture
def manager(shop):
    return Manager(shop.running.url, shop.told).log_in("manager", "manager")


@pytest.fixture
def second_till(shop):
    """A till without a registration."""
    [(config_id,)] = shop.query(
        "SELECT id FROM pos_config WHERE company_id ="
        " (SELECT company_id FROM pos_config WHERE id = %s) AND id <> %s ORDER BY id LIMIT 1",
        shop.told["config_id"],
        shop.told["config_id"],
    )
    return config_id


def slow(shop, operation):
    """The next call of an operation is carried out at once, its answer comes late."""
    shop.simulator.faults(
        {"operation": operation, "kind": "delay-after", "seconds": DELAY_SECONDS, "count": 1}
    )


def heard(shop, operation):
    """How often Glase heard an operation, from whomever."""
    return sum(call["operation"] == operation for call in shop.simulator.journal()["calls"])


def terminals_of(shop, config_id):
    return shop.query(
        "SELECT state, terminal_identifier, busy_since FROM glase_terminal"
        " WHERE config_id = %s AND state <> 'retired'",
        config_id,
    )


def unregister(shop, config_id, manager):
    if terminals_of(shop, config_id):
        answer = manager.ask("glase_till_unregister", config_id)
        assert answer["ok"], answer["message"]


def test_many_clicks_at_once_register_once(shop, manager, second_till):
    others = [
        Manager(shop.running.url, shop.told).log_in("manager", "manager") for _ in range(CLICKS - 1)
    ]
    before = heard(shop, "registerTerminal")
    slow(shop, "registerTerminal")
    with ThreadPoolExecutor(CLICKS) as pool:
        clicks = [
            pool.submit(each.ask, "glase_till_register", second_till) for each in (manager, *others)
        ]
        wait_for(lambda: heard(shop, "registerTerminal") > before, "Glase hears the registration")
        # The clicks that came too late are done in a moment; the one that calls is not.
        wait_for(
            lambda: (
                not shop.query(
                    "SELECT query FROM pg_stat_activity WHERE datname = current_database()"
                    " AND state LIKE 'idle in transaction%%' AND query LIKE '%%glase%%'"
                )
            ),
            "no transaction is open while Glase thinks",
        )
        assert not all(click.done() for click in clicks), "Glase still thinks"
        answers = [click.result() for click in clicks]
    assert heard(shop, "registerTerminal") == before + 1
    assert any(answer["ok"] for answer in answers)
    [(state, identifier, busy)] = terminals_of(shop, second_till)
    assert (state, busy) == ("registered", None)
    assert identifier
    unregister(shop, second_till, manager)


def test_a_conflict_while_the_answer_is_stored_repeats_no_call(shop, manager, second_till):
    before = heard(shop, "registerTerminal")
    slow(shop, "registerTerminal")
    rival = shop.connect()
    try:
        with ThreadPoolExecutor(1) as pool:
            click = pool.submit(manager.ask, "glase_till_register", second_till)
            wait_for(
                lambda: heard(shop, "registerTerminal") > before, "Glase hears the registration"
            )
            with rival.cursor() as cursor:
                cursor.execute(
                    "UPDATE glase_terminal SET write_date = write_date WHERE config_id = %s",
                    (second_till,),
                )
            wait_for(
                lambda: shop.query(
                    "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                    " AND query LIKE '%%glase_terminal%%'"
                ),
                "the server waits for the rival's lock",
            )
            rival.commit()
            assert click.result()["ok"]
    finally:
        rival.close()
    assert heard(shop, "registerTerminal") == before + 1
    assert terminals_of(shop, second_till)[0][0] == "registered"
    unregister(shop, second_till, manager)


def test_a_payment_and_a_change_of_the_sticker_never_overlap(shop, manager):
    till = shop.first_till()
    bill = till.draft(31)
    config_id = shop.told["config_id"]
    slow(shop, "assignSeqrId")
    before, assigned = len(shop.calls("sendInvoice")), heard(shop, "assignSeqrId")
    with ThreadPoolExecutor(1) as pool:
        change = pool.submit(manager.ask, "glase_till_assign", config_id, "PROC2")
        wait_for(lambda: heard(shop, "assignSeqrId") > assigned, "Glase hears the new sticker")
        assert not till.door("send", **bill)["ok"]
        assert len(shop.calls("sendInvoice")) == before
        assert change.result()["ok"]
    bill = till.draft(32)
    assert till.door("send", **bill)["state"] == "issued"
    refused = manager.ask("glase_till_assign", config_id, "PROC3")
    assert not refused["ok"]
    assert "not decided" in refused["message"]
    assert heard(shop, "assignSeqrId") == assigned + 1
