"""A short fault hunt: random runs over ledger, database and simulator; see ``bench/fault_hunt.py``.

``bin/test`` plays a few days from a seed, ``bin/test --all`` many. It runs in a process of its own, because Odoo
changes the process that imports it. Another seed: ``POS_GLASE_HUNT_SEED=7 bin/test tests/hunt``.
"""

import os
import subprocess
from pathlib import Path

from stack import live

ENGINE = Path(__file__).with_name("engine.py")
RUNS, SECONDS = (300, 400) if os.environ.get("POS_GLASE_TEST_ALL") else (10, 20)


def test_no_krona_is_lost_and_none_taken_twice():
    seed = os.environ.get("POS_GLASE_HUNT_SEED", "1")
    with live.copy("hunt") as odoo:
        arguments = ("--config", odoo.configuration(), "--database", odoo.database)
        limits = ("--runs", RUNS, "--seconds", SECONDS, "--seed", seed)
        ended = subprocess.run(
            [str(part) for part in (odoo.python, ENGINE, *arguments, *limits)],
            env=odoo.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    assert not ended.returncode, f"seeds from {seed}\n{ended.stdout}\n{ended.stderr[-3000:]}"
