#!/usr/bin/env python3
"""What the module adds to orders, to opening a till and to closing it, against the same Odoo without it.

Two real servers on two databases that differ in the module only, each with two workers; the same orders are stored at
one and at the other in turn. Queries are those that Odoo writes to its log for each request. Nothing is random. See
``bench/README.md``.
"""

import argparse
import json
import re
import statistics
import time
import uuid
from contextlib import contextmanager

from bench_shop import OdooLine, console, median, prepared, say_machine, served
from till import Till, order_line, order_values

from stack.base_db import Workplace

STICKER = "PROC1"
# Odoo's log of a request ends with its queries, their seconds and all others.
LOGGED = re.compile(r'"POST ([^ "?#]+)[^"]*" 200 - (\d+) ')
BATCH = 50
CASH = """
company = env["res.company"].search([("chart_template", "=", "se")], order="id desc", limit=1)
config = env["pos.config"].search([("company_id", "=", company.id)], order="id", limit=1)
cash = env["pos.payment.method"].search([("config_ids", "in", config.ids), ("is_cash_count", "=", True)], limit=1)
product = env["product.product"].search([("available_in_pos", "=", True)], limit=1)
print("TOLD", config.id, cash.id, product.id)
"""
SCRIPTS = """
bundle = env["ir.qweb"]._get_asset_bundle("point_of_sale.assets_prod", css=False, js=True)
print("BYTES", len(bundle.js().raw))
env.cr.commit()
"""


def main(arguments):
    parser = argparse.ArgumentParser(prog="bench/sync.py", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=60, help="orders of each kind, and openings; default: 60"
    )
    parser.add_argument(
        "--orders", type=int, default=500, help="in the session that is closed; default: 500"
    )
    options = parser.parse_args(arguments)
    stack = prepared()
    with _without(stack) as (bare, bare_url), served(stack) as shop:
        without = Side(bare, bare_url)
        beside = Side(shop.odoo, shop.url, shop.told)
        _say_orders(shop, without, beside, options.rounds)
        _say_loading(without, beside, options.rounds)
        _say_closing(without, beside, options.orders)
    say_machine()


@contextmanager
def _without(stack):
    with Workplace(stack.base, stack.python, stack.tree) as workplace:
        odoo = workplace.odoo
        odoo.options.update(workers=2)
        running = odoo.start().wait_until_ready()
        try:
            yield odoo, running.url
        finally:
            running.stop()


class Side:
    """One of the two servers, with a cashier who is logged in and a till that is open.

    :param dict told: what is known of the till already; by default its register is opened here
    """

    def __init__(self, odoo, url, told=None):
        self.odoo = odoo
        found = odoo.shell(CASH, "the till cannot be found").split("TOLD ")[1].split()[:3]
        config_id, self.cash_id, product_id = map(int, found)
        self.told = told if told is not None else {"config_id": config_id, "product_id": product_id}
        self.till = Till(url, self.told).log_in("cashier", "cashier")
        if told is None:
            self.till.open_register()
        self.line = OdooLine(self.till)

    def call(self, model, method, *arguments):
        """One request of the browser.

        :return: seconds, queries, bytes of the answer
        """
        path = f"/web/dataset/call_kw/{model}/{method}"
        params = {"model": model, "method": method, "args": arguments, "kwargs": {}}
        body = {"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}
        place = self.odoo.log.stat().st_size
        seconds, content, _headers = self.line.post(path, json.dumps(body).encode())
        answer = json.loads(content)
        if "error" in answer:
            raise console.Stop(f"{method}: {answer['error']}")
        return seconds, self._queries(path, place), len(content)

    def _queries(self, path, place):
        pause = 0.0
        while True:
            with open(self.odoo.log, errors="replace") as stream:
                stream.seek(place)
                found = [line for line in LOGGED.findall(stream.read()) if line[0] == path]
            if found:
                return int(found[-1][1])
            # The worker writes its line after its answer.
            pause += 0.01
            if pause > 1:
                raise console.Stop(f"Odoo's log does not tell the queries of {path}")
            time.sleep(pause)

    def cash_order(self, state):
        """An order of 25 that is paid in cash, as the till sends it."""
        line = order_line(self.told["product_id"], 25)
        payment = {"uuid": str(uuid.uuid4()), "amount": 25, "payment_method_id": self.cash_id}
        return order_values(
            self.told["session_id"],
            25,
            state=state,
            amount_paid=25,
            lines=[[0, 0, line]],
            payment_ids=[[0, 0, payment]],
        )

    def finished(self, order):
        """A stored order as paid."""
        return {**order, "state": "paid", "lines": [], "payment_ids": []}


def _say_orders(shop, without, beside, rounds):
    kinds = {
        "cash, without the module": lambda: _cash(without),
        "cash": lambda: _cash(beside),
        "line sent, without it": lambda: _cash(without, sends_line=True),
        "line sent": lambda: _cash(beside, sends_line=True),
        "Glase": lambda: _glase(shop, beside),
    }
    measured = {name: [] for name in kinds}
    for number in range(rounds + 5):
        for name, play in kinds.items():
            taken = play()
            if number >= 5:
                measured[name].append(taken)
    console.say(f"\nThe request that stores an order as paid, {rounds} of each")
    console.say(f"{'':>26} {'median ms':>10} {'queries':>8} {'more ms':>8} {'more':>5}")
    floor = measured["cash, without the module"]
    for name, taken in measured.items():
        milliseconds = median([seconds for seconds, _queries, _bytes in taken])
        queries = statistics.median(queries for _seconds, queries, _bytes in taken)
        more = milliseconds - median([seconds for seconds, _queries, _bytes in floor])
        most = queries - statistics.median(queries for _seconds, queries, _bytes in floor)
        console.say(f"{name:>26} {milliseconds:>10.1f} {queries:>8.0f} {more:>8.1f} {most:>5.0f}")


def _cash(side, sends_line=False):
    """An order that was stored as a draft, and is paid in cash.

    :param bool sends_line: its payment line is sent again, as that of each payment terminal is: then
        Odoo counts the order anew
    """
    order = side.cash_order("draft")
    side.call("pos.order", "sync_from_ui", [order])
    finished = side.finished(order)
    if sends_line:
        line = order["payment_ids"][0][2]["uuid"]
        [stored] = side.till.call("pos.payment", "search", [("uuid", "=", line)])
        finished["payment_ids"] = [[1, stored, {"payment_status": "done"}]]
    return side.call("pos.order", "sync_from_ui", [finished])


def _glase(shop, side):
    bill = side.till.draft(25)
    side.till.door("send", **bill)
    shop.simulator.customer(STICKER, "scan")
    shop.simulator.customer(STICKER, "pay")
    side.till.door("status", line_uuid=bill["line_uuid"], attempt=bill["attempt"])
    return side.call("pos.order", "sync_from_ui", [side.till.finished(bill)])


def _say_loading(without, beside, rounds):
    console.say(f"\nOpening the till, {rounds} times in turn")
    console.say(f"{'':>26} {'data: ms':>9} {'queries':>8} {'bytes':>10} {'scripts: bytes':>15}")
    sides = {"without the module": without, "with it": beside}
    taken = {name: [] for name in sides}
    for number in range(rounds + 5):
        # Who is first finds other things in the machine's caches than who comes after.
        for name in sorted(sides, reverse=number % 2):
            side = sides[name]
            loaded = side.call("pos.session", "load_data", [side.told["session_id"]], [])
            if number >= 5:
                taken[name].append(loaded)
    found = []
    for name, side in sides.items():
        scripts = int(side.odoo.shell(SCRIPTS, "no scripts").split("BYTES ")[1].split()[0])
        milliseconds = median([seconds for seconds, _queries, _bytes in taken[name]])
        _seconds, queries, size = taken[name][-1]
        found.append((milliseconds, queries, size, scripts))
        console.say("{:>26} {:>9.1f} {:>8} {:>10} {:>15}".format(name, *found[-1]))
    more = [(after - before) / before for before, after in zip(*found, strict=True)]
    console.say("{:>26} {:>9.1%} {:>8.1%} {:>10.1%} {:>15.1%}".format("more", *more))


def _say_closing(without, beside, orders):
    console.say(f"\nClosing a session with {orders} orders more")
    console.say(f"{'':>26} {'seconds':>8} {'queries':>8}")
    for name, side in (("without the module", without), ("with it", beside)):
        for _batch in range(orders // BATCH):
            side.till.call(
                "pos.order", "sync_from_ui", [side.cash_order("paid") for _one in range(BATCH)]
            )
        session = side.told["session_id"]
        steps = (
            ("post_closing_cash_details", [session], 0),
            ("update_closing_control_state_session", [session], ""),
            ("close_session_from_ui", [session], []),
        )
        taken = [side.call("pos.session", *step) for step in steps]
        seconds, queries = (sum(one[i] for one in taken) for i in range(2))
        console.say(f"{name:>26} {seconds:>8.2f} {queries:>8}")


if __name__ == "__main__":
    console.command(main)
