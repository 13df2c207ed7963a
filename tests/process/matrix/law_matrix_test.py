"""Books and law of six countries: all that may happen to Glase money in a day, on their charts of accounts.

The tests themselves are Odoo's kind, in ``tests/law``: each country's class is run by Odoo's own runner.
"""

import subprocess

import pytest

from stack import live
from stack.odoo_suites import read
from stack.server import free_port

MODULES = ("l10n_se", "l10n_fr_pos_cert", "l10n_es_pos", "l10n_in_pos", "l10n_be", "l10n_de")
# The tests of the class of a country: fewer would be a part that nobody ran.
LEAST = 3


@pytest.fixture(autouse=True)
def no_faults():
    """The tests of Odoo's runner bring a Glase of their own."""


@pytest.mark.parametrize("country", ["se", "fr", "es", "in", "be", "de"])
def test_a_day_of_a_till(country, seen):
    """A day of a till by a country's law; nothing of the books or of a chain of hashes is broken."""
    with live.copy(f"law_{country}") as odoo:
        arguments = ("--test-tags", f"glase_law_{country}/pos_glase", "--stop-after-init")
        ended = subprocess.run(
            [str(part) for part in odoo.command(*arguments, "--http-port", str(free_port()))],
            env=odoo.environment(),
            cwd=odoo.folder,
            capture_output=True,
            text=True,
            check=False,
        )
    failing, count = read(ended.stderr + ended.stdout)
    assert not failing and not ended.returncode, ended.stderr[-20_000:]
    assert count >= LEAST
    seen(f"{count} tests")
