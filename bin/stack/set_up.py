"""The set-up that all commands share, and the command ``bin/setup``."""

import argparse
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from . import base_db, debian, odoo_tree, python_env
from .console import Stop, say, together
from .paths import cache


@dataclass(frozen=True)
class Stack:
    """All that a run needs, set up: a Python, an Odoo, a base database.

    :ivar driver: the Python that can drive a browser, or None
    """

    python: Path
    tree: object
    base: object
    browser: str
    driver: Path = None


def prepare(
    *,
    agreed=False,
    demo=True,
    browser=True,
    requirements=python_env.DEVELOPMENT,
    driver=False,
    base=True,
    programs=None,
):
    """Set up what is missing, all that can be beside one another; takes a second when nothing is.

    :param agreed: the user agreed to Debian packages being installed with sudo
    :param demo: base database with Odoo's demo data
    :param browser: whether Chromium is needed
    :param requirements: of the Python that runs Odoo
    :param driver: whether a Python that drives a browser is needed (that of the tests does, too)
    :param base: whether the base database is needed
    :param programs: what else is needed: program by Debian package
    :raise console.Stop: with one sentence that says what is missing
    """
    started = time.monotonic()
    lacking = debian.missing(browser, programs)
    # Whoever is asked is asked before anything else is printed.
    install = debian.authorise(lacking, agreed) if lacking else None
    packages = _Once(install)
    if "python3-venv" not in lacking:
        packages.hold_nothing_up()

    def environment(names):
        packages.wait()
        return python_env.find(names)

    python, driver, tree, _nothing = together(
        lambda: environment(requirements),
        lambda: environment(python_env.BROWSER) if driver else None,
        odoo_tree.find,
        packages,
    )
    template = base_db.find(python, tree, demo) if base else None
    say(f"  set-up checked in {time.monotonic() - started:.1f} s")
    return Stack(python, tree, template, debian.chromium(), driver)


class _Once:
    """The Debian packages being installed, for which others may have to wait.

    :param install: the function that installs them, or None
    """

    def __init__(self, install):
        self.install = install
        self.ended = threading.Event()
        self.trouble = None

    def __call__(self):
        try:
            if self.install:
                self.install()
        except Stop as trouble:
            self.trouble = trouble
            raise
        finally:
            self.ended.set()

    def hold_nothing_up(self):
        self.ended.set()

    def wait(self):
        self.ended.wait()
        if self.trouble:
            raise self.trouble


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
