"""Two Odoo servers on one database: what was given up is worked once, whoever works it."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from conftest import Till, wait_for
from crash_points import asked, assert_all_is_well, rows

WORKERS = 2
HELD_SECONDS = 60
# More bills than one job works at a time: both servers are needed, and each makes several calls at once.
STICKERS = ("PAIR1", "PAIR2", "PAIR3", "PAIR4", "PAIR5", "PAIR6")
PAID = STICKERS[1:]

# Odoo runs a scheduled job on one server at a time: it holds the job's row, until the job commits
# for the first time. So the same work is started here past that lock.
SET_UP_MORE = """
import json
from odoo.addons.pos_glase.glase import Client, Principal

first = env["pos.config"].browse({config_id})
env = env(context=dict(env.context, allowed_company_ids=first.company_id.ids))
cashier = env["res.users"].search([("login", "=", "cashier")])
registered = first.sudo().glase_terminal_id
client, tills = Client(registered.endpoint), []
for sticker in {stickers!r}:
    config = env["pos.config"].browse(first.id).copy({{"name": sticker}})
    identifier = client.register_terminal(
        Principal.reseller("demo", "9900", "demo"), sticker, "a-secret-of-the-test", sticker
    ).terminal_id
    client.assign_seqr_id(Principal.terminal(identifier, "a-secret-of-the-test"), sticker)
    env["glase.terminal"].sudo().create(
        {{
            "account_id": registered.account_id.id, "config_id": config.id, "name": sticker,
            "external_identifier": sticker, "terminal_identifier": identifier,
            "password": "a-secret-of-the-test", "glase_id": sticker, "state": "ready",
            "environment": "test", "endpoint": registered.endpoint, "reseller_id": "demo",
        }}
    )
    config.with_user(cashier).open_ui()
    config.current_session_id.set_opening_control(0, "")
    tills.append({{"config_id": config.id, "session_id": config.current_session_id.id}})
env.cr.commit()
print("TOLD " + json.dumps({{"tills": tills}}))
"""


def settle_on_both(shop, admins, held, count):
    """Start the job on both servers at once, and hold all its calls at the same moment.

    :param str held: the operation in which they are held
    :param int count: how many calls there are
    """
    before = heard(shop)[held]
    shop.simulator.faults(
        {"operation": held, "kind": "delay-before", "seconds": HELD_SECONDS, "count": None}
    )
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(admin.run, "glase.transaction", "_cron_settle") for admin in admins]
        try:
            wait_for(lambda: heard(shop)[held] == before + count, "both servers are at work")
        finally:
            shop.simulator.faults()
        for job in jobs:
            job.result()


def heard(shop):
    """How often Glase heard each operation, from whomever."""
    return Counter(call["operation"] for call in shop.simulator.journal()["calls"])


def calls_about(shop, bill, operation):
    """How often Glase heard an operation about one bill."""
    [(reference,)] = shop.query(
        "SELECT invoice_reference FROM glase_transaction WHERE line_uuid = %s", bill["line_uuid"]
    )
    return sum(
        call["operation"] == operation and call["invoice_reference"] == reference
        for call in shop.simulator.journal()["calls"]
    )


def test_the_settling_job_on_both_at_once_works_each_row_once(shop):
    script = SET_UP_MORE.format(config_id=shop.told["config_id"], stickers=STICKERS)
    told = json.loads(
        shop.odoo.shell(script, "no more tills").partition("TOLD ")[2].splitlines()[0]
    )
    # Before anybody pays: what nobody fetches for 20 s Glase gives back.
    with shop.second_server() as other:
        bills = []
        for number, of_till in enumerate(told["tills"]):
            till = shop.till()
            till.told = {**shop.told, **of_till}
            bill = till.draft(91 + number)
            assert till.door("send", **bill)["state"] == "issued"
            if STICKERS[number] in PAID:
                shop.simulator.customer(STICKERS[number], "pay")
            assert till.door("leave", **asked(bill))["given_up"]
            bills.append(bill)
        admins = [
            Till(url, shop.told).log_in("admin", "admin") for url in (shop.running.url, other)
        ]
        settle_on_both(shop, admins, "cancelInvoice", len(STICKERS))
        for bill, sticker in zip(bills, STICKERS, strict=True):
            assert [row["state"] for row in rows(shop, bill)] == [
                "issued" if sticker in PAID else "canceled"
            ]
            assert calls_about(shop, bill, "cancelInvoice") == 1
            assert calls_about(shop, bill, "getPaymentStatus") == (sticker not in PAID)
        # Glase had said *already paid*: it is asked once it has given the money back by itself.
        shop.advance(31)
        settle_on_both(shop, admins, "getPaymentStatus", len(PAID))
    for bill in bills:
        assert calls_about(shop, bill, "cancelInvoice") == 1
        assert calls_about(shop, bill, "getPaymentStatus") == 1
    assert [rows(shop, bill)[0]["state"] for bill in bills[1:]] == ["reversed"] * len(PAID)
    assert_all_is_well(shop, 95)
