"""A few days of a few tills; see ``bench/month.py`` for the whole month.

``bin/test`` plays a day of one till, ``bin/test --all`` a week of three.
"""

import os
import subprocess
from pathlib import Path

import pytest

from stack import live

ENGINE = Path(__file__).with_name("month_engine.py")
DAYS, TILLS = (7, 3) if os.environ.get("POS_GLASE_TEST_ALL") else (1, 1)


def month(odoo, *options):
    """Play a month in a process of its own.

    :param options: of ``month_engine.py``
    :return: whether it found nothing wrong, and what it printed
    """
    arguments = ("--config", odoo.configuration(), "--database", odoo.database)
    ended = subprocess.run(
        [str(part) for part in (odoo.python, ENGINE, *arguments, *options)],
        env=odoo.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return not ended.returncode, f"{ended.stdout}\n{ended.stderr[-3000:]}"


def accounts(printed):
    """The figures of the table's two accounts, by their names."""
    _before, header, table = printed.partition("difference\n")
    assert header, printed
    return {name: figures for name, *figures in map(str.split, table.splitlines()[:2])}


def test_after_some_days_each_difference_has_an_open_case():
    with live.copy("month") as odoo:
        fine, printed = month(odoo, "--days", DAYS, "--tills", TILLS)
    assert fine, printed


def planted(name):
    with live.copy("month") as odoo:
        return month(odoo, "--days", 1, "--tills", 1, "--plant", name)


@pytest.mark.soak
def test_an_undecided_refund_is_in_the_table_with_its_case():
    fine, printed = planted("undecided_refund")
    assert fine, printed
    assert "unknown_refund" in printed.partition("  in open cases: -1000.50: refund")[2], printed
    for booked, explained, wanted, differs in accounts(printed).values():
        assert abs(float(explained)) == 1000.50
        assert float(booked) + float(explained) == float(wanted)
        assert float(differs) == 0


def test_a_difference_without_an_open_case_is_named():
    fine, printed = planted("forgotten_refund")
    assert not fine, printed
    assert "unexplained: till" in printed
    assert "(unknown): at Glase -1000.50, ledger 0, orders -1000.50" in printed, printed
    found = accounts(printed)
    assert [found[name][3] for name in ("taken", "suspense")] == ["1000.50", "-1000.50"], printed


@pytest.mark.soak
def test_an_account_that_somebody_else_booked_on_is_named():
    fine, printed = planted("entry_of_a_person")
    assert not fine, printed
    found = accounts(printed)
    assert [found[name][3] for name in ("taken", "suspense")] == ["-7.50", "0.00"], printed
