"""The hunt in one process of Odoo: ``python engine.py --config FILE --database NAME --runs N``."""

import argparse
import gc
import logging
import sys
from pathlib import Path

from odoo.modules.registry import Registry
from odoo.tools import config

HERE = Path(__file__).resolve().parent


def load(options):
    """Load Odoo in this process; returns the registry of the database."""
    config.parse_config(["-c", options.config, "-d", options.database, "--log-level=warn"])
    registry = Registry(options.database)
    logging.getLogger("odoo.addons.pos_glase").setLevel(logging.DEBUG)
    logging.getLogger("pos_glase").setLevel(logging.DEBUG)
    for handler in logging.getLogger().handlers:
        handler.setLevel(logging.CRITICAL)
    # What is loaded stays: Python need not look for garbage in it again and again.
    gc.collect()
    gc.freeze()
    return registry


def main(arguments):
    parser = argparse.ArgumentParser(prog="engine.py")
    parser.add_argument("--config", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--length", type=int, default=25)
    parser.add_argument("--replay", help="a JSON file with a profile and steps")
    parser.add_argument("--mutants", action="store_true")
    parser.add_argument("--seconds", type=float, help="stop after so many seconds")
    parser.add_argument("--only", help="names of mutants, with commas")
    parser.add_argument("--pairs", choices=("few", "some", "all"), help="of paths at one time")
    parser.add_argument("--share", default="0/1", help="of several processes: which, and how many")
    parser.add_argument("--counts", help="a file for the counts, instead of a table of them")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--keep-going", action="store_true")
    options = parser.parse_args(arguments)
    registry = load(options)

    from pairs import Pairs
    from run import Hunt
    from world.world import World

    world = World(registry)
    player = Pairs(world) if options.pairs else Hunt(world, options.length)
    return player.main(options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
