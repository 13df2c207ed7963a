#!/usr/bin/env python3
"""What one status poll of a waiting till costs, beside what it cannot do without, and beside Odoo's own terminals.

Real Odoo with two workers, real PostgreSQL, the simulator as a process beside it. One request of each kind is made
after the other, so that all see the same machine; before each round the ledger's clock goes on by a second, so what is
done every five seconds is done in each fifth poll. Prints medians, p95 and ratios of one run, what a request asks of
the database, and where a poll's time goes. See ``bench/README.md``.
"""

import argparse
import collections
import json
import sys

from bench_shop import (
    CHECKOUT,
    PROBE,
    Line,
    OdooLine,
    console,
    median,
    p95,
    prepared,
    say_machine,
    served,
    stub,
)

# The client alone, without Odoo.
sys.path.append(str(CHECKOUT))

EMPTY, POST, OURS = "empty call", "bare post", "pos_glase"
RAZORPAY, VIVA = "pos_razorpay", "pos_viva_com"
SOAP = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""', "Accept": "text/xml"}
CLOCK = "pos_glase.clock_offset"
# Of the till that is set up.
STICKER = "PROC1"
# What the stub says to both: the customer has not paid yet.
WAITING = {"success": True, "messageCode": "P2P_DEVICE_RECEIVED", "status": "QUEUED"}
PEERS = """
import json
company = env["res.company"].search([("chart_template", "=", "se")], order="id desc", limit=1)
journal = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
method = env["pos.payment.method"].create(
    {
        "name": "Peers", "company_id": company.id, "journal_id": journal.id,
        "razorpay_tid": "7000012300", "razorpay_username": "1234500121",
        "razorpay_api_key": "key", "viva_com_bearer_token": "token", "viva_com_test_mode": True,
    }
)
env.cr.commit()
print("TOLD " + json.dumps({"method": method.id}))
"""


def main(arguments):
    parser = argparse.ArgumentParser(prog="bench/poll.py", description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, help="default: 300")
    parser.add_argument(
        "--payments", type=int, default=50, help="whole payments, for what they leave (default: 50)"
    )
    options = parser.parse_args(arguments)
    stack = prepared()
    with stub(WAITING) as address:
        environment = {"POS_GLASE_STUB": address}.items()
        with served(stack, modules=(PROBE,), environment=environment) as shop:
            _measure(shop, options.rounds, options.payments)


def _measure(shop, rounds, payments):
    printed = shop.odoo.shell(PEERS, "the other terminals cannot be set up")
    method = json.loads(printed.partition("TOLD ")[2].splitlines()[0])["method"]
    till = shop.till()
    bill = till.draft(25)
    till.door("send", **bill)
    kinds = _kinds(shop, till, bill, method)
    clock = Clock(shop)
    for _index in range(20):
        clock.tick()
        for ask in kinds.values():
            ask()
    _say_times(_timed(kinds, clock, rounds))
    _say_costs({name: kinds[name] for name in kinds if name != POST}, clock, rounds // 5)
    till.door("cancel", line_uuid=bill["line_uuid"], attempt=bill["attempt"])
    _say_left(shop, till, clock, payments)


class Clock:
    """The ledger's clock, which goes on by a second when it is told to."""

    def __init__(self, shop):
        self._connection = shop.connect()
        self._connection.autocommit = True
        self._seconds = 0
        self._set("INSERT INTO ir_config_parameter (key, value) VALUES (%s, '0')", CLOCK)

    def tick(self):
        self._seconds += 1
        self._set(
            "UPDATE ir_config_parameter SET value = %s WHERE key = %s", str(self._seconds), CLOCK
        )

    def _set(self, query, *values):
        with self._connection.cursor() as cursor:
            cursor.execute(query, values)


def _kinds(shop, till, bill, method):
    """What is measured: functions by name that make one request."""
    line = OdooLine(till)
    asked = {name: bill[name] for name in ("line_uuid", "attempt")}
    asked["config_id"] = shop.told["config_id"]

    def ours(**headers):
        seconds, view, told = line.call("/pos_glase/status", asked, **headers)
        if not view["ok"] or view["state"] != "issued" or view["message"]:
            raise console.Stop(f"the till does not wait: {view}")
        return seconds, told

    def empty(**headers):
        seconds, _nothing, told = line.call("/web/session/check", {}, **headers)
        return seconds, told

    def peer(name, *arguments):
        def ask(**headers):
            path = f"/web/dataset/call_kw/pos.payment.method/{name}"
            call = {"model": "pos.payment.method", "method": name, "kwargs": {}}
            call["args"] = [[method], *arguments]
            seconds, answer, told = line.call(path, call, **headers)
            if answer.get("error"):
                raise console.Stop(f"{name}: {answer['error']}")
            return seconds, told

        return ask

    ours()
    body, path = _envelope(shop, bill)
    soap = Line(shop.simulator.url, SOAP)

    def post():
        seconds, content, told = soap.post(path, body)
        if b"<resultCode>0</resultCode>" not in content:
            raise console.Stop(f"the bare post was refused: {content[:500]!r}")
        return seconds, told

    return {
        EMPTY: empty,
        POST: post,
        OURS: ours,
        RAZORPAY: peer("razorpay_fetch_payment_status", {"p2pRequestId": "1"}),
        VIVA: peer("viva_com_get_payment_status", "session"),
    }


def _envelope(shop, bill):
    """The bytes that the module sends for this bill, and the path that they go to."""
    from glase import Client, Principal, Unreadable

    [(terminal, password, reference, version)] = shop.rows(
        "SELECT te.terminal_identifier, te.password, t.invoice_reference, t.invoice_version"
        " FROM glase_transaction t JOIN glase_terminal te ON te.id = t.terminal_id"
        " WHERE t.line_uuid = %s",
        bill["line_uuid"],
    )
    sent = []

    def app(environ, start_response):
        sent.append((environ["wsgi.input"].read(), environ["PATH_INFO"]))
        start_response("200 OK", [])
        return [b"<nothing/>"]

    client = Client(shop.simulator.endpoint, wsgi_app=app)
    try:
        client.get_payment_status(Principal.terminal(terminal, password), reference, version)
    except Unreadable:
        return sent[0]
    raise AssertionError("unreachable")


def _timed(kinds, clock, rounds):
    """Seconds of each kind, one of each a round; each round begins with another."""
    times = collections.defaultdict(list)
    names = list(kinds)
    for index in range(rounds):
        clock.tick()
        first = index % len(names)
        for name in names[first:] + names[:first]:
            times[name].append(kinds[name]()[0])
    return times


def _say_left(shop, till, clock, payments):
    """What ordinary payments leave in the ledger: each waits for the customer for twenty seconds."""
    if not payments:
        return
    before = _tables(shop)
    for number in range(payments):
        bill = till.draft(100 + number)
        asked = {name: bill[name] for name in ("line_uuid", "attempt")}
        till.door("send", **bill)
        for second in range(20):
            clock.tick()
            if second == 10:
                shop.simulator.customer(STICKER, "scan")
            till.door("status", **asked)
        shop.simulator.customer(STICKER, "pay")
        if till.door("status", **asked)["state"] != "paid":
            raise console.Stop("a payment of the bench was not paid")
        till.validate(bill)
    after = _tables(shop)
    console.say(f"\nWhat each of {payments} payments of 20 s leaves in the ledger")
    console.say(f"{'':>18} {'rows':>6} {'bytes':>7} {'updates':>8} {'in place':>9}")
    for table, now in after.items():
        rows, size, updates, in_place = (now[i] - before[table][i] for i in range(4))
        console.say(
            f"{table:>18} {rows / payments:>6.1f} {size / payments:>7.0f}"
            f" {updates / payments:>8.1f} {in_place / max(updates, 1):>9.0%}"
        )


def _tables(shop):
    """Of each table of the ledger: rows, the bytes in them, updates, and those that touched no index."""
    found = {}
    for table in ("glase_transaction", "glase_event", "glase_case"):
        [counted] = shop.rows(
            f"SELECT count(*), coalesce(sum(pg_column_size(t.*)), 0)::bigint FROM {table} t"
        )
        # Statistics are told by the processes now and then; these were told when they went idle.
        [updated] = shop.rows(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = %s", table
        )
        found[table] = (*counted, *updated)
    return found


def _say_times(times):
    say_machine()
    floor = [empty + post for empty, post in zip(times[EMPTY], times[POST], strict=True)]
    base = median(floor)
    console.say(f"\n{len(floor)} rounds; the floor is {EMPTY} + {POST}")
    console.say(f"{'':>14} {'median ms':>10} {'p95 ms':>8} {'x floor':>8} {'p95 x floor':>12}")
    for name, seconds in [*times.items(), ("floor", floor)]:
        middle, high = median(seconds), p95(seconds)
        console.say(
            f"{name:>14} {middle:>10.2f} {high:>8.2f} {middle / base:>8.2f} {high / base:>12.2f}"
        )
    console.say(f"{'p95 of ours / p95 of the floor':>40} {p95(times[OURS]) / p95(floor):>8.2f}")
    for peer in (RAZORPAY, VIVA):
        ratio = median(times[OURS]) / median(times[peer])
        console.say(f"{'ours / ' + peer:>40} {ratio:>8.2f}")


def _say_costs(kinds, clock, rounds):
    """What one request asks of the database, and where its time goes, over some rounds of polls."""
    told = collections.defaultdict(list)
    for _index in range(rounds):
        clock.tick()
        for name, ask in kinds.items():
            _seconds, headers = ask(**{"X-Probe": "1"})
            told[name].append(json.loads(headers["X-Probe"]))
    columns = ("queries", "writes", "commits", "sockets")
    console.say(f"\nOf each of {rounds} requests: the median, and the most")
    console.say(f"{'':>14} " + " ".join(f"{column:>12}" for column in columns))
    for name, each in told.items():
        cells = []
        for column in columns:
            found = sorted(one["counts"][column] for one in each)
            cells.append(f"{found[len(found) // 2]:>7} {found[-1]:>4}")
        console.say(f"{name:>14} " + " ".join(cells))
    console.say(f"\nWhere a poll's time goes, in ms, watched (medians of {rounds})")
    layers = {layer for one in told[OURS] for layer in one["milliseconds"]}
    for layer in sorted(layers):
        parts = sorted(one["milliseconds"].get(layer, 0.0) for one in told[OURS])
        console.say(f"{layer:>42} {parts[len(parts) // 2]:>7.2f}")
    _seconds, headers = kinds[OURS](**{"X-Probe": "files"})
    files = json.loads(headers["X-Probe"])["files"]
    console.say(f"\nThe {len(files)} files of the module that a poll passes on the server")
    console.say("  " + "\n  ".join(files))


if __name__ == "__main__":
    console.command(main)
