"""Two days of two tills; see ``bench/month.py`` for the whole month."""

import subprocess
from pathlib import Path

from stack import live

ENGINE = Path(__file__).with_name("month_engine.py")


def test_after_two_days_each_difference_has_an_open_case():
    with live.copy("month") as odoo:
        arguments = ("--config", odoo.configuration(), "--database", odoo.database)
        size = ("--days", 2, "--tills", 2)
        ended = subprocess.run(
            [str(part) for part in (odoo.python, ENGINE, *arguments, *size)],
            env=odoo.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    assert not ended.returncode, f"{ended.stdout}\n{ended.stderr[-3000:]}"
