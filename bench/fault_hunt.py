#!/usr/bin/env python3
"""Hunts for faults: random runs over ledger, database and simulator, with Glase's journal as the oracle.

``bench/fault_hunt.py --runs 1000`` prints each fault and each transition with its count, and fails on a mismatch
and, of 1,000 runs and more, on a zero. ``bench/fault_hunt.py --mutants`` plants bugs one at a time and prints after
how many runs each was found.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bin"))

from stack import console, set_up
from stack.base_db import Workplace, with_module
from stack.paths import CHECKOUT

ENGINE = CHECKOUT / "tests/hunt/engine.py"
# Fewer runs cannot have met everything: what never happened in them is no failure.
WHOLE = 1000


def main(arguments):
    parser = argparse.ArgumentParser(prog="bench/fault_hunt.py", description=__doc__)
    parser.add_argument("--runs", type=int, default=WHOLE, help="how many (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, help="of the first run (default: 1)")
    parser.add_argument("--mutants", action="store_true", help="plant bugs and find them")
    options, rest = parser.parse_known_args(arguments)
    stack = set_up.prepare(browser=False)
    with Workplace(with_module(stack), stack.python, stack.tree) as workplace:
        odoo = workplace.odoo
        command = [odoo.python, ENGINE, "--config", odoo.configuration()]
        command += ["--database", odoo.database, "--runs", options.runs, "--seed", options.seed]
        command += ["--mutants"] if options.mutants else ["--keep-going"]
        command += ["--table"] if options.runs >= WHOLE and not options.mutants else []
        return console.attend([*map(str, command), *rest], env=odoo.environment(), cwd=odoo.folder)


if __name__ == "__main__":
    console.command(main)
