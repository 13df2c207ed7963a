#!/usr/bin/env python3
"""What many waiting tills cost the rest of Odoo, and how late they hear.

Real Odoo with two workers, real PostgreSQL, Glase 100 ms away, each till a session of its own over HTTP that waits as
long as its server says. Beside them one cashier searches products, an order is stored each second, and one sale a
second is sent, paid and stored. Two ways: the tills ask the workers as everybody does, or the evented process, as with
the proxy lines of ``doc/scaling.md``; with ``--ways nginx`` through a real nginx with these lines. Prints medians, p95,
and ratios to the same server with no till waiting, of one run. See ``bench/README.md``.
"""

import argparse
import random
import time
from contextlib import nullcontext

from bench_shop import console, median, p95, prepared, say_machine, served
from many_tills import Beside, Jobs, WaitingTill, waiting
from proxy import nginx

COLUMNS = (
    f"{'way':>8} {'tills':>5} {'polls':>6} {'stretched':>9} {'pause s':>7} {'poll p50':>8} {'poll p95':>8} {'>1 s':>5}"
    f" {'longest s':>9} {'>15 s':>5} {'none':>5} {'refused':>7} {'search p50':>10} {'x':>5} {'p95':>7} {'x':>5}"
    f" {'sync p50':>8} {'paid p50':>8}"
)


def main(arguments):
    parser = argparse.ArgumentParser(prog="bench/tills.py", description=__doc__)
    parser.add_argument("--tills", default="10,20,40,100,200", help="default: 10,20,40,100,200")
    parser.add_argument(
        "--ways", default="workers,evented", help="of workers, evented, nginx, threads"
    )
    parser.add_argument("--seconds", type=int, default=30, help="of each; default: 30")
    parser.add_argument("--workers", type=int, default=2, help="default: 2")
    parser.add_argument("--delay", type=float, default=0.1, help="seconds to Glase; default: 0.1")
    parser.add_argument("--nginx", help="path of Debian's nginx, for the way of that name")
    parser.add_argument("--seed", type=int, default=1, help="when tills begin; default: 1")
    options = parser.parse_args(arguments)
    counts = [int(count) for count in options.tills.split(",")]
    stack = prepared()
    random.seed(options.seed)
    say_machine()
    console.say(
        f"{options.workers} workers, Glase {options.delay * 1000:.0f} ms away, seed {options.seed}"
    )
    console.say(
        f"{options.seconds} s each; times in ms; x: to the same server with no till waiting"
    )
    ways = options.ways.split(",")
    with_workers = [way for way in ways if way != "threads"]
    if with_workers:
        # As ``doc/scaling.md`` asks for: a connection for each till that may ask at one moment.
        pool = max(64, *counts)
        with served(
            stack, workers=options.workers, delay=options.delay, db_maxconn_gevent=pool
        ) as shop:
            _measure(shop, with_workers, counts, options)
    if "threads" in ways:
        with served(stack, workers=0, delay=options.delay) as shop:
            _measure(shop, ["threads"], counts, options)
    say_machine()


def _measure(shop, ways, counts, options):
    tills = waiting(shop, max(counts))
    _run(shop, [], shop.url, 5)
    alone = _run(shop, [], shop.url, options.seconds)
    console.say(COLUMNS)
    _say("", 0, alone, alone)
    for way in ways:
        with _address(shop, way, options.nginx) as url:
            # A process that has just been started reads the modules first.
            _run(shop, tills[:1], url, 5)
            for count in counts:
                _say(way, count, _run(shop, tills[:count], url, options.seconds), alone)


def _address(shop, way, program):
    """Where the tills ask."""
    if way == "nginx":
        return nginx([(shop.url, shop.evented_url)], program)
    return nullcontext(shop.evented_url if way == "evented" else shop.url)


def _run(shop, tills, url, seconds):
    """Let tills wait for a while: what they heard, and the times of what was done beside them."""
    jobs = Jobs()
    found = {
        "tills": [WaitingTill(told, url) for told in tills],
        "search": [],
        "sync": [],
        "sell": [],
        "refused": [],
    }
    # They log in before the tills begin.
    people = [Beside(shop, found["refused"]) for _work in range(3)]
    for till in found["tills"]:
        jobs.start(lambda till=till: till.wait(jobs.over, random.random()))
    for one, name in zip(people, ("search", "sync", "sell"), strict=True):
        jobs.start(lambda one=one, name=name: getattr(one, name)(jobs.over, found[name]))
    time.sleep(seconds)
    jobs.stop()
    return found


def _say(way, count, found, alone):
    polls = [answer for till in found["tills"] for answer in till.answers]
    answered = [(asked, heard, view) for asked, heard, view in polls if view]
    took = [heard - asked for asked, heard, _view in answered] or [0.0, 0.0]
    # The first answer of a till has none before it.
    gaps = [
        later[1] - earlier[1]
        for till in found["tills"]
        for earlier, later in zip(till.answers, till.answers[1:], strict=False)
    ] or [0.0]
    stretched = [view for _asked, _heard, view in answered if view.get("pause_why")]
    pauses = [view.get("pause", 1.0) for _asked, _heard, view in answered] or [0.0]
    beside, base = [[seconds for _at, seconds in one["search"]] for one in (found, alone)]
    synced, paid = [[seconds for _at, seconds in found[name]] or [0] for name in ("sync", "sell")]
    console.say(
        f"{way:>8} {count:>5} {len(polls):>6} {len(stretched):>9} {sum(pauses) / len(pauses):>7.2f}"
        f" {median(took):>8.0f} {p95(took):>8.0f} {sum(one > 1 for one in took):>5}"
        f" {max(gaps):>9.1f} {sum(gap > 15 for gap in gaps):>5} {len(polls) - len(answered):>5}"
        f" {len(found['refused']):>7}"
        f" {median(beside):>10.1f} {median(beside) / median(base):>5.1f}"
        f" {p95(beside):>7.1f} {p95(beside) / p95(base):>5.1f}"
        f" {median(synced):>8.0f} {median(paid):>8.0f}"
    )


if __name__ == "__main__":
    console.command(main)
