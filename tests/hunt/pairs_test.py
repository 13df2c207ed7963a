"""Two requests at one time, for each two paths that end or use a row of the ledger: see ``ways.py``.

``bin/test`` plays those that have found something, and one of each situation as long as its time lasts;
``bin/test --all`` plays each path twice and as many others as it has time for; ``bench/fault_hunt.py --pairs all``
plays all of them, for hours.
"""

import os
import subprocess
from pathlib import Path

import places
import ways

from stack import live

ENGINE = Path(__file__).with_name("engine.py")
ALL = os.environ.get("POS_GLASE_TEST_ALL")
WHICH = ("all", "--seconds", "500") if ALL else ("few", "--seconds", "20")


def test_each_place_that_locks_is_on_a_path():
    assert places.in_source() == ways.PLACES, (
        "what locks a row of the ledger is on a path of ways.py, and is named there"
    )


def test_what_was_found_once_is_still_a_pair():
    for situation, first, second, _write in ways.FOUND:
        _before, paths = ways.SITUATIONS[situation]
        assert {first, second} <= set(paths)


def test_two_at_one_time_end_a_payment_once():
    with live.copy("pairs") as odoo:
        arguments = ("--config", odoo.configuration(), "--database", odoo.database)
        ended = subprocess.run(
            [str(part) for part in (odoo.python, ENGINE, *arguments, "--pairs", *WHICH)],
            env=odoo.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    assert not ended.returncode, f"{ended.stdout}\n{ended.stderr[-3000:]}"
