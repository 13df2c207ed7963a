#!/usr/bin/env python3
"""A month in the life of a shop: days of random sales, refunds and faults, and what is left in the books.

Real Odoo, PostgreSQL and simulator; the days pass by moving the clocks. ``bench/month.py --days 30
--tills 10 --seed 1`` ends with a table: sums in Odoo, in the ledger, at Glase and in its reports. It
fails when a difference has no open case.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bin"))

from stack import console, set_up
from stack.base_db import Workplace, with_module
from stack.paths import CHECKOUT

ENGINE = CHECKOUT / "tests/hunt/month_engine.py"


def main(arguments):
    parser = argparse.ArgumentParser(prog="bench/month.py", description=__doc__)
    for name, default in (("days", 30), ("tills", 10), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"default: {default}")
    options = parser.parse_args(arguments)
    stack = set_up.prepare(browser=False)
    with Workplace(with_module(stack), stack.python, stack.tree) as workplace:
        odoo = workplace.odoo
        command = [odoo.python, ENGINE, "--config", odoo.configuration()]
        command += ["--database", odoo.database, "--days", options.days]
        command += ["--tills", options.tills, "--seed", options.seed]
        return console.attend(
            [str(part) for part in command], env=odoo.environment(), cwd=odoo.folder
        )


if __name__ == "__main__":
    console.command(main)
