"""The month in one process of Odoo: ``python month_engine.py --config FILE --database NAME``."""

import argparse
import sys
import time

from engine import load


def main(arguments):
    parser = argparse.ArgumentParser(prog="month_engine")
    parser.add_argument("--config", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--tills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--plant", help="what month/plants.py does at the end, to see the table say so"
    )
    options = parser.parse_args(arguments)
    registry = load(options)

    from month.comparison import MonthTable
    from month.month import Month
    from month.plants import PLANTS
    from table import say
    from world.world import World

    began = time.monotonic()
    world = World(registry, options.tills)
    month = Month(world, options.seed)
    month.live(options.days)
    if options.plant:
        PLANTS[options.plant](month)
    table = MonthTable(world, month.play, month.mornings)
    for name, count in sorted(world.counts.items()):
        say(f"  {count:7}  {name}")
    wrong = table.show()
    for check, why in world.mismatches:
        say(f"{check}: {why}")
    say(
        f"{options.days} days, {options.tills} tills, seed {options.seed}: "
        f"{table.paid_count()} payments and refunds, {len(table.explained)} differences with a "
        f"reason, {wrong} without, {time.monotonic() - began:.0f} s"
    )
    return 1 if wrong or world.mismatches or not table.paid_count() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
