#!/usr/bin/env python3
"""What a Glase in trouble costs the rest of Odoo, and how tills come back when it is well again.

Real Odoo with two workers, real PostgreSQL, 40 waiting tills with a session each, Glase 100 ms away. It hangs (takes
calls and never answers), refuses connections, answers a byte a second, or answers after three seconds; then it is well
again. Beside it one cashier searches products. One more till has a real bill, which its customer pays twelve seconds
before the trouble ends: Glase gives that money back unless it is fetched within twenty. Ratios are to the same server
with no till waiting, of one run.
See ``bench/README.md``.
"""

import argparse
import random
import time

from bench_shop import console, median, p95, prepared, say_machine, served
from many_tills import STICKER, Beside, Jobs, WaitingTill, waiting

# Until everybody knows: two calls of five seconds, in both workers at the same time or one after the other.
LEARNING = 12
PAYS_BEFORE_THE_END = 12
BACK_WITHIN = 15
STEP = 0.5
TROUBLES = {
    "hangs": {"mode": "hang"},
    "refuses": {"mode": "refuse"},
    "drips": {"mode": "drip"},
    "late": {"delay": 3.0},
}
COLUMNS = (
    f"{'Glase':>8} {'search p50':>10} {'x':>5} {'p95':>8} {'x':>6} {'max':>7} {'calls/2 s':>9} {'told slow':>9}"
    f" {'first after s':>13} {'all back s':>10} {'most calls/s':>12} {'money':>9}"
)


def main(arguments):
    parser = argparse.ArgumentParser(prog="bench/outage.py", description=__doc__)
    parser.add_argument("--tills", type=int, default=40, help="default: 40")
    parser.add_argument("--seconds", type=int, default=40, help="of each trouble; default: 40")
    parser.add_argument(
        "--troubles", default=",".join(TROUBLES), help=f"default: {','.join(TROUBLES)}"
    )
    parser.add_argument("--seed", type=int, default=1, help="when tills begin; default: 1")
    options = parser.parse_args(arguments)
    stack = prepared()
    random.seed(options.seed)
    say_machine()
    console.say(
        f"two workers, {options.tills} tills, seed {options.seed}, {options.seconds} s of each trouble"
    )
    with served(stack, workers=2, delay=0.1) as shop:
        tills = waiting(shop, options.tills)
        alone = _alone(shop)
        console.say(COLUMNS)
        _say("alone", alone, alone)
        for name in options.troubles.split(","):
            _trouble(shop, tills, name, options.seconds, alone)
    say_machine()


def _alone(shop):
    jobs, cashier, times = Jobs(), Beside(shop, []), []
    jobs.start(lambda: cashier.search(jobs.over, times))
    time.sleep(15)
    jobs.stop()
    return [seconds for _at, seconds in times[10:]]


def _trouble(shop, tills, name, seconds, alone):
    till = shop.till()
    bill = till.draft(25)
    till.door("send", **bill)
    asked = {
        "config_id": shop.told["config_id"],
        **{key: bill[key] for key in ("line_uuid", "attempt")},
    }
    [session] = [cookie.value for cookie in till.jar if cookie.name == "session_id"]
    paying = WaitingTill({"session": session, "asked": asked}, shop.url)
    playing = [*(WaitingTill(told, shop.url) for told in tills), paying]
    jobs, cashier, times = Jobs(), Beside(shop, []), []
    for one in playing:
        jobs.start(lambda one=one: one.wait(jobs.over, random.random()))
    jobs.start(lambda: cashier.search(jobs.over, times))
    time.sleep(10)
    began = time.monotonic()
    shop.far.set(**TROUBLES[name])
    time.sleep(seconds - PAYS_BEFORE_THE_END)
    shop.simulator.customer(STICKER, "pay")
    time.sleep(PAYS_BEFORE_THE_END)
    well = time.monotonic()
    shop.far.set(mode="well", delay=0.1)
    time.sleep(BACK_WITHIN)
    jobs.stop()
    beside = [took for at, took in times if began <= at <= well]
    view = till.door("status", **{key: asked[key] for key in ("line_uuid", "attempt")})
    _say(name, beside, alone, _told(shop, playing, began, well), view["state"])


def _told(shop, playing, began, well):
    """What was asked of Glase while everybody knew, what tills were told, and how they came back."""
    heard = shop.far.heard()
    knows = began + LEARNING
    calls = [at for at, _operation, _answered in heard if knows <= at < well]
    views = [
        view for one in playing for _asked, at, view in one.answers if view and knows <= at < well
    ]
    slow = sum("slow" in (view["message"] or "") for view in views) / max(len(views), 1)
    answered = [at for at, _operation, was_answered in heard if at >= well and was_answered]
    first = min(answered, default=None)
    back = []
    for one in playing:
        good = [
            at for _asked, at, view in one.answers if view and at >= well and not view["message"]
        ]
        back.append(min(good, default=None))
    last = None if first is None or None in back else max(back) - first
    per_second = [sum(at <= other < at + 1 for other in answered) for at in answered] or [0]
    return {
        "calls": 2 * len(calls) / (well - knows),
        "slow": slow,
        "first": first and first - well,
        "last": last,
        "most": max(per_second),
    }


def _say(name, beside, alone, told=None, money=""):
    console.say(
        f"{name:>8} {median(beside):>10.1f} {median(beside) / median(alone):>5.1f} {p95(beside):>8.1f}"
        f" {p95(beside) / p95(alone):>6.1f} {max(beside) * 1000:>7.0f}"
        + (
            f" {told['calls']:>9.1f} {told['slow']:>9.0%} {_seconds(told['first']):>13}"
            f" {_seconds(told['last']):>10} {told['most']:>12} {money:>9}"
            if told
            else ""
        )
    )


def _seconds(value):
    return "never" if value is None else f"{value:.1f}"


if __name__ == "__main__":
    console.command(main)
