"""Compares ``odoo_pins`` with the ``requirements.txt`` of an Odoo 19; run by ``bin/lock --odoo FILE``.

A module of its own, as it wants ``packaging``, which the development environment has.
"""

import sys
from pathlib import Path

from packaging.requirements import Requirement

from .python_env import PYTHONS

PINS = Path(__file__).with_name("odoo_pins")
# The newest of our lists; the others say what Odoo named before.
NEWEST = PINS / "patched.txt"
# Package and Python: here Odoo's release has no wheel, ours is the one of Debian 13.
WITHOUT_WHEEL = {("lxml", "3.13")}


def pinned(text, python):
    """What a list pins for one Python on Linux: version by name in small letters."""
    surroundings = {"python_version": python, "sys_platform": "linux"}
    lines = (line.partition(" #")[0].strip() for line in text.splitlines())
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {
        one.name.lower(): str(one.specifier)
        for one in wanted
        if not one.marker or one.marker.evaluate(surroundings)
    }


def differences(theirs, ours):
    """Lines about packages that our list pins otherwise than theirs, for each Python."""
    lines = []
    for python in PYTHONS:
        of_odoo = pinned(theirs, python)
        for name, version in sorted(pinned(ours, python).items()):
            if version != of_odoo.get(name) and (name, python) not in WITHOUT_WHEEL:
                lines.append(f"Python {python}: {name}{version}, Odoo: {of_odoo.get(name)}")
    return lines


if __name__ == "__main__":
    found = differences(Path(sys.argv[1]).read_text(), NEWEST.read_text())
    print("\n".join(found) or f"{NEWEST.name} pins what {sys.argv[1]} pins.")
    sys.exit(bool(found))
