#!/usr/bin/env python3
"""Hunts for faults: random runs over ledger, database and simulator, with Glase's journal as the oracle.

``bench/fault_hunt.py --runs 1000`` prints each fault and each transition with its count, and fails on a mismatch
and, of 1,000 runs and more, on a zero. ``bench/fault_hunt.py --mutants`` plants bugs one at a time and prints after
how many runs each was found.
"""

import argparse
import collections
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bin"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/hunt"))

from table import print_table

from stack import console, set_up
from stack.base_db import Workplace, with_module
from stack.paths import CHECKOUT

ENGINE = CHECKOUT / "tests/hunt/engine.py"
# Fewer runs cannot have met everything: what never happened in them is no failure.
WHOLE = 1000
# One process plays these.
ALONE = ("--replay", "--pairs")


def main(arguments):
    parser = argparse.ArgumentParser(prog="bench/fault_hunt.py", description=__doc__)
    parser.add_argument("--runs", type=int, default=WHOLE, help="how many (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, help="of the first run (default: 1)")
    parser.add_argument("--mutants", action="store_true", help="plant bugs and find them")
    parser.add_argument(
        "--processes",
        type=int,
        default=os.cpu_count(),
        help="how many share the runs, each with a database of its own (default: one for each core)",
    )
    options, rest = parser.parse_known_args(arguments)
    number = 1 if any(name in rest for name in ALONE) else options.processes
    stack = set_up.prepare(browser=False)
    with contextlib.ExitStack() as ending:
        places = [
            ending.enter_context(Workplace(with_module(stack), stack.python, stack.tree))
            for _process in range(number)
        ]
        engines = [
            _start(place, options, f"{first}/{number}", rest) for first, place in enumerate(places)
        ]
        try:
            codes = [engine.wait() for engine in engines]
        except KeyboardInterrupt:
            # An hour of runs is not for nothing.
            codes = [1]
        finally:
            console.end(*engines)
        told = [
            json.loads(_counts(place).read_text()) for place in places if _counts(place).exists()
        ]
    return max([*codes, *([_say_all(told)] if told else [])])


def _counts(place):
    return place.folder / "counts.json"


def _start(place, options, share, rest):
    odoo = place.odoo
    command = [odoo.python, ENGINE, "--config", odoo.configuration(), "--database", odoo.database]
    command += ["--runs", options.runs, "--seed", options.seed, "--share", share]
    command += ["--mutants"] if options.mutants else ["--keep-going", "--counts", _counts(place)]
    return subprocess.Popen(
        [*map(str, command), *rest],
        env=odoo.environment(),
        cwd=odoo.folder,
        start_new_session=True,
    )


def _say_all(told):
    """The sum of what all processes counted; returns an exit code."""
    counts = sum((collections.Counter(one["counts"]) for one in told), collections.Counter())
    runs = sum(one["runs"] for one in told)
    console.say(f"{runs} runs, {sum(one['mismatches'] for one in told)} with mismatches")
    return 0 if print_table(counts, runs >= WHOLE) else 1


if __name__ == "__main__":
    console.command(main)
