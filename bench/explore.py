#!/usr/bin/env python3
"""Goes through all short histories of payments, against the rules alone: no Odoo, no database.

``bench/explore.py`` takes two minutes: it prints how deep it came, and for each rule of the ledger the shortest history
that shows a bug planted against it. It fails when a rule is broken, or a planted bug is not found.
"""

import argparse
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(CHECKOUT / "bin"), str(CHECKOUT / "tests/rules")]

import conftest  # noqa: E402, F401  (the parent package of the rules)
from exploration import explore  # noqa: E402
from planted import PLANTS, planted  # noqa: E402

from stack import console  # noqa: E402
from stack.console import say  # noqa: E402

# For the histories without a bug; the planted ones take the rest of two minutes.
SECONDS = 75
DEPTH = 14


def main(arguments):
    parser = argparse.ArgumentParser(prog="bench/explore.py", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"default: {SECONDS}")
    parser.add_argument("--depth", type=int, default=100, help="end at so many steps")
    options = parser.parse_args(arguments)
    found = explore(options.depth, seconds=options.seconds)
    say(f"{found.worlds} worlds, {found.steps} steps; all histories of {found.depth} steps")
    _say_history(found)
    missed = 0
    for plant in PLANTS:
        with planted(plant) as rules:
            shown = explore(DEPTH, rules=rules, after=plant.after)
        say(f"\n{plant.rule}\n  planted: {plant.words}: {len(shown.history) or 'NOT FOUND'}")
        _say_history(shown)
        missed += not shown.broken
    say(f"\nrules: {len({plant.rule for plant in PLANTS})}; planted bugs not found: {missed}")
    return 1 if found.broken or missed else 0


def _say_history(found):
    if found.broken:
        say(f"  broken: {found.broken}")
    for number, words in enumerate(found.history, 1):
        say(f"  {number:3} {words}")


if __name__ == "__main__":
    console.command(main)
