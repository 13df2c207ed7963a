#!/usr/bin/env python3
"""How long the settling job takes when a power cut leaves 500 bills at once, while other tills go on asking.

Real Odoo with two workers and its own scheduler, real PostgreSQL, each bill at a registration of its own, Glase 100 ms
away. One in ten was paid just before: Glase says *already paid* to its cancel and gives the money back, which adds 30 s
to those.
See ``bench/README.md``.
"""

import argparse
import random
import statistics
import time

from bench_shop import console, median, p95, prepared, say_machine, served
from many_tills import Jobs, WaitingTill, waiting

SHOW_EVERY = 10

# All at Glase by the client itself, straight to the simulator, and given up in one write.
CUT = """
import uuid
from datetime import datetime, timezone
from odoo.addons.pos_glase.glase import Amount, Client, Invoice, InvoiceRow, Principal
from odoo.addons.pos_glase.models.support import clock
from decimal import Decimal

first = env["pos.config"].browse({config_id})
env = env(context=dict(env.context, allowed_company_ids=first.company_id.ids))
registered = first.sudo().glase_terminal_id
client, total = Client({simulator!r}), Amount(Decimal(25), "SEK")
reseller = Principal.reseller("demo", "9900", "demo")
bill = Invoice(
    title="Cut", client_invoice_id="1", rows=(InvoiceRow("Socks", total),), total=total,
    cashier_id="Maja", footer="", issue_date=datetime.now(timezone.utc),
)
for number in range({count}):
    name, secret = "CUT%s" % number, "a-secret-of-the-bench"
    identifier = client.register_terminal(reseller, name, secret, name).terminal_id
    principal = Principal.terminal(identifier, secret)
    client.assign_seqr_id(principal, name)
    answer = client.send_invoice(principal, bill)
    terminal = env["glase.terminal"].sudo().create(
        {{
            "account_id": registered.account_id.id, "name": name, "external_identifier": name,
            "terminal_identifier": identifier, "password": secret, "glase_id": name, "state": "ready",
            "environment": "test", "endpoint": registered.endpoint, "reseller_id": "demo",
        }}
    )
    now = clock.now(env.cr)
    env["glase.transaction"].sudo().create(
        {{
            "line_uuid": str(uuid.uuid4()), "attempt": "1", "amount": 25, "order_name": name,
            "currency_id": first.currency_id.id, "terminal_id": terminal.id,
            "account_id": terminal.account_id.id, "company_id": first.company_id.id,
            "environment": "test", "terminal_identifier": identifier, "reseller_id": "demo",
            "state": "issued", "sent_at": now, "issued_at": now, "till_seen_at": now,
            "invoice_reference": answer.invoice_reference, "qr_code": answer.qr_code,
        }}
    )
env.cr.commit()
"""
WAKE = """
rows = env["glase.transaction"].sudo().search([("order_name", "=like", "CUT%")])
rows._give_up("silent")
env.cr.commit()
"""
OPEN = "SELECT count(*) FROM glase_transaction WHERE order_name LIKE 'CUT%%' AND state = 'issued'"
STATES = "SELECT state, count(*) FROM glase_transaction WHERE order_name LIKE 'CUT%%' GROUP BY 1 ORDER BY 1"


def main(arguments):
    parser = argparse.ArgumentParser(prog="bench/job.py", description=__doc__)
    parser.add_argument("--rows", type=int, default=500, help="default: 500")
    parser.add_argument("--tills", type=int, default=10, help="that go on asking; default: 10")
    parser.add_argument(
        "--seed", type=int, default=1, help="which were paid, when tills begin; default: 1"
    )
    options = parser.parse_args(arguments)
    stack = prepared()
    random.seed(options.seed)
    say_machine()
    with served(stack, workers=2, delay=0.1, max_cron_threads=1) as shop:
        tills = waiting(shop, options.tills)
        script = CUT.format(
            config_id=shop.told["config_id"], simulator=shop.simulator.endpoint, count=options.rows
        )
        shop.odoo.shell(script, "the bills cannot be made")
        paid = random.sample(range(options.rows), options.rows // 10)
        for number in paid:
            shop.simulator.customer(f"CUT{number}", "pay")
        jobs = Jobs()
        playing = [WaitingTill(told, shop.url) for told in tills]
        for till in playing:
            jobs.start(lambda till=till: till.wait(jobs.over, random.random()))
        shop.odoo.shell(WAKE, "the bills cannot be given up")
        first, unpaid, last = _watch(shop, options.rows - len(paid))
        jobs.stop()
        console.say(
            f"{options.rows} rows given up at once, {len(paid)} of them paid; seed {options.seed}"
        )
        console.say(f"first cancel to the last of the unpaid decided: {unpaid - first:.1f} s")
        console.say(f"first cancel to the last of all decided:        {last - first:.1f} s")
        console.say(f"states: {dict(shop.rows(STATES))}")
        _say_calls(shop, first)
        took = [heard - asked for till in playing for asked, heard, view in till.answers if view]
        console.say(
            f"{len(took)} polls of {len(playing)} tills meanwhile: p50 {median(took):.0f} ms, p95 {p95(took):.0f} ms"
        )
    say_machine()


def _watch(shop, unpaid):
    """When the first call was heard, when so many were decided, and when all were."""
    began, said, unpaid_at = time.monotonic(), 0.0, None
    total = shop.rows(OPEN)[0][0]
    while left := shop.rows(OPEN)[0][0]:
        now = time.monotonic()
        if total - left >= unpaid and unpaid_at is None:
            unpaid_at = now
        if now - said > SHOW_EVERY:
            said = now
            console.say(f"  {now - began:>5.0f} s: {left} undecided")
        if now - began > 600:
            raise console.Stop(f"{left} are undecided after ten minutes")
        time.sleep(0.2)
    last = time.monotonic()
    first = min(at for at, operation, _answered in shop.far.heard() if operation == "cancelInvoice")
    return first, unpaid_at or last, last


def _say_calls(shop, first):
    """How many calls of the job were under way in a second, and how many there were of each kind."""
    calls = [
        call for call in shop.far.heard() if call[0] >= first and call[1] != "getPaymentStatus"
    ]
    seconds = [int(at - first) for at, _operation, _answered in calls]
    per_second = [seconds.count(second) for second in sorted(set(seconds))]
    middle, most = statistics.median(per_second), max(per_second)
    console.say(f"{len(calls)} cancels and replacements, {middle:.0f} a second, {most} at most")


if __name__ == "__main__":
    console.command(main)
