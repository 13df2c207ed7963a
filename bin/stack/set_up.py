"""The set-up that all commands share, and the command ``bin/setup``."""

import argparse
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from . import base_db, debian, odoo_tree, python_env
from .console import say
from .paths import cache


@dataclass(frozen=True)
class Stack:
    """All that a run needs, set up: a Python, an Odoo, a base database."""

    python: Path
    tree: object
    base: object
    browser: str


def prepare(
    *, agreed=False, demo=True, browser=True, requirements=python_env.DEVELOPMENT, base=True
):
    """Set up what is missing; takes a second when nothing is.

    :param agreed: the user agreed to Debian packages being installed with sudo
    :param demo: base database with Odoo's demo data
    :param browser: whether Chromium is needed
    :param base: whether the base database is needed
    :raise console.Stop: with one sentence that says what is missing
    """
    started = time.monotonic()
    lacking = debian.missing(browser)
    if lacking:
        debian.install(lacking, agreed)
    python = python_env.find(requirements)
    tree = odoo_tree.find()
    template = base_db.find(python, tree, demo) if base else None
    say(f"  set-up checked in {time.monotonic() - started:.1f} s")
    return Stack(python, tree, template, debian.chromium())


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="bin/setup",
        description="Sets up all that bin/test and bin/demo need (cache: POS_GLASE_CACHE).",
    )
    parser.add_argument(
        "--yes", action="store_true", help="install missing Debian packages without asking"
    )
    parser.add_argument(
        "--no-demo-data", action="store_true", help="base database without Odoo's demo data"
    )
    parser.add_argument("--clean", action="store_true", help="remove the cache first")
    options = parser.parse_args(arguments)
    if options.clean:
        shutil.rmtree(cache())
    say(f"Setting up (cache: {cache()})")
    stack = prepare(agreed=options.yes, demo=not options.no_demo_data)
    say(f"Ready. Python {stack.python}; Odoo {stack.tree.script}; browser {stack.browser}")
    return 0
