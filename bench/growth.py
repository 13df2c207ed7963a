#!/usr/bin/env python3
"""What the ledger's own statements read as it grows: PostgreSQL's plans of a sale, a closing, each job.

Real Odoo, real PostgreSQL, the simulator as a process beside it. A finished sale is copied by SQL, with its order,
payment line and events, until the ledger has so many rows. PostgreSQL writes each plan that it carries out to its log;
counted are those of statements that name a table of the module: blocks (found in memory or read) and rows that were
looked at. Nothing is random. See ``bench/README.md``.
"""

import argparse
import contextlib
import json
import re
import time

from bench_shop import console, prepared, say_machine, served
from old_ledger import TABLES, OldLedger

STICKER = "PROC1"
EXPLAINED = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_format": "json",
}
# Of each step, where most is added.
MOST_PLACES = 5
OWN = re.compile(r"\bglase_", re.IGNORECASE)
# The scheduled jobs: what each is called, and whose it is.
JOBS = """
    SELECT data.name, model.model
      FROM ir_model_data data
      JOIN ir_cron job ON job.id = data.res_id AND data.model = 'ir.cron'
      JOIN ir_act_server action ON action.id = job.ir_actions_server_id
      JOIN ir_model model ON model.id = action.model_id
     WHERE data.module = 'pos_glase'
     ORDER BY data.name
"""
# Bytes on disk: what is in a table, and its indexes.
DISK = """
    SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
     WHERE relkind = 'r' AND relname = ANY(%s)
"""


def main(arguments):
    parser = argparse.ArgumentParser(prog="bench/growth.py", description=__doc__)
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[1_000, 10_000, 100_000],
        help="rows of the ledger; default: 1000 10000 100000",
    )
    options = parser.parse_args(arguments)
    stack = prepared()
    with served(stack, settings=EXPLAINED) as shop:
        till = shop.till()
        jobs = shop.rows(JOBS)
        # As in a shop, what is copied has been reported and booked: else a job compares it a million times.
        _work(shop, till, jobs, contextlib.nullcontext)
        filled = Filled(shop)
        found = {}
        for size in sorted(options.sizes):
            began = time.monotonic()
            filled.up_to(size)
            console.say(f"{size} rows after {time.monotonic() - began:.0f} s")
            # Once for what processes read once.
            _work(shop, till, jobs, contextlib.nullcontext)
            found[size] = _measured(shop, till, jobs)
    _say({size: figures for size, (figures, _places) in found.items()})
    _say_grown(*(found[size][1] for size in (min(found), max(found))))
    _say_disk(filled)


class Filled:
    """The ledger, filled with copies of its one finished sale."""

    def __init__(self, shop):
        self.shop = shop
        [(row,)] = shop.rows(
            "SELECT id FROM glase_transaction WHERE state = 'paid' ORDER BY id LIMIT 1"
        )
        self.ledger = self._write(lambda cursor: OldLedger(cursor, row))
        # Of the newest filling: its payments, and bytes on disk before and after it by table.
        self.disk = None

    def up_to(self, size):
        """Copy the sale until there are so many rows of the ledger."""
        before, earlier = self._on_disk(), self.ledger.count
        self._write(lambda cursor: self.ledger.fill(cursor, size))
        self._analyze()
        self.disk = (size - earlier, before, self._on_disk())

    def _on_disk(self):
        return {table: sizes for table, *sizes in self.shop.rows(DISK, list(TABLES))}

    def _write(self, work):
        with (
            contextlib.closing(self.shop.connect()) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            return work(cursor)

    def _analyze(self):
        """What autovacuum does after so many rows."""
        connection = self.shop.connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        connection.close()


def _play(shop, till, watch):
    """A sale from send to its order, a closing and an opening; ``watch(step)`` is entered around each."""
    bill = till.draft(25)
    asked = {name: bill[name] for name in ("line_uuid", "attempt")}
    with watch("send"):
        till.door("send", **bill)
    with watch("poll"):
        till.door("status", **asked)
    shop.simulator.customer(STICKER, "scan")
    shop.simulator.customer(STICKER, "pay")
    with watch("poll that hears paid"):
        if till.door("status", **asked)["state"] != "paid":
            raise console.Stop("a payment of the bench was not paid")
    with watch("order sync"):
        till.validate(bill)
    with watch("closing"):
        closed = till.close_register()
        if not closed["successful"]:
            raise console.Stop(f"the register cannot be closed: {closed}")
    with watch("opening"):
        till.open_register()
    with watch("loading the till"):
        till.call("pos.session", "load_data", [till.told["session_id"]], [])


def _work(shop, till, jobs, watch):
    """A day, and each scheduled job; ``watch(step)`` is entered around each step."""
    _play(shop, till, watch)
    for name, model in jobs:
        with watch(name):
            shop.till("admin").run(model, f"_{name}")


def _measured(shop, till, jobs):
    """By step: blocks and rows of the module's statements and the seconds of all; and where the blocks are."""
    log = shop.odoo.server.cluster.data / "server.log"
    found, places = {}, {}

    @contextlib.contextmanager
    def watch(step):
        place, began = log.stat().st_size, time.perf_counter()
        yield
        seconds = time.perf_counter() - began
        with open(log, errors="replace") as stream:
            stream.seek(place)
            plans = [plan for plan in _plans(stream) if OWN.search(plan["Query Text"])]
        blocks = sum(_blocks(plan["Plan"]) for plan in plans)
        found[step] = (len(plans), blocks, sum(_rows(plan["Plan"]) for plan in plans), seconds)
        places[step] = {}
        for plan in plans:
            _note_places(plan["Plan"], places[step])

    _work(shop, till, jobs, watch)
    return found, places


def _plans(lines):
    """The plans in PostgreSQL's log: after a line that ends with ``plan:``, indented."""
    text = None
    for line in lines:
        if text is not None and line.startswith("\t"):
            text.append(line)
            continue
        if text:
            yield json.loads("".join(text))
        text = [] if line.rstrip().endswith("plan:") else None
    if text:
        yield json.loads("".join(text))


def _blocks(plan):
    """Blocks of 8 kB that a statement has looked at."""
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def _note_places(plan, found):
    """By what is done, and with which index or table: how often, and blocks without those of what is below."""
    below = plan.get("Plans", ())
    place = f"{plan['Node Type']} {plan.get('Index Name') or plan.get('Relation Name') or ''}"
    times, blocks = found.get(place, (0, 0))
    own = _blocks(plan) - sum(map(_blocks, below))
    found[place] = (times + plan["Actual Loops"], blocks + own)
    for each in below:
        _note_places(each, found)


def _rows(plan):
    """Rows that the scans of a statement have looked at."""
    below = sum(map(_rows, plan.get("Plans", ())))
    if "Relation Name" not in plan or "Scan" not in plan["Node Type"]:
        return below
    passed_over = plan.get("Rows Removed by Filter", 0) + plan.get(
        "Rows Removed by Index Recheck", 0
    )
    return below + (plan["Actual Rows"] + passed_over) * plan["Actual Loops"]


def _say(found):
    say_machine()
    least, most = min(found), max(found)
    width = 22
    for number, what in enumerate(("statements of ours", "blocks", "rows looked at", "ms of all")):
        console.say(f"\n{what:>{width}}" + "".join(f"{size:>11}" for size in found) + "     growth")
        for step in found[least]:
            values = [found[size][step][number] * (1000 if number == 3 else 1) for size in found]
            growth = found[most][step][number] / (found[least][step][number] or 1)
            console.say(
                f"{step:>{width}}"
                + "".join(f"{value:>11.0f}" for value in values)
                + f"{growth:>10.2f}x"
            )


def _say_grown(least, most):
    """Where a step looks at more blocks when the ledger is at its largest: how often, and how many."""
    nothing = (0, 0)
    console.say(f"\n{'where more is read':>22} {'times':>57} {'blocks':>17}")
    for step, places in most.items():
        before = least[step]
        added = [(now[1] - before.get(place, nothing)[1], place) for place, now in places.items()]
        for more, place in sorted(added, reverse=True)[:MOST_PLACES]:
            if more > 0:
                (times, blocks), (times_now, blocks_now) = before.get(place, nothing), places[place]
                console.say(
                    f"{step:>22} {place:<47} {times:>4.0f} {times_now:>4.0f} {blocks:>8} {blocks_now:>8}"
                )


def _say_disk(filled):
    payments, before, after = filled.disk
    console.say("\nOn disk per 1,000 payments, in kB, each with its order")
    console.say(f"{'':>22} {'rows':>8} {'indexes':>8} {'together':>9}")
    for table in TABLES:
        taken = [
            (now - then) / payments for then, now in zip(before[table], after[table], strict=True)
        ]
        # Bytes of one are kB of a thousand.
        console.say(f"{table:>22} {taken[0]:>8.0f} {taken[1]:>8.0f} {sum(taken):>9.0f}")


if __name__ == "__main__":
    console.command(main)
