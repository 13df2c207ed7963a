"""Browsers of other makes, as far as it can be told without them; the matrix starts them."""

import ast
import os
import stat
import sys

import pytest
from marionette_driver import marionette
from marionette_driver.geckoinstance import GeckoInstance

from stack.paths import CHECKOUT

PROCESS = CHECKOUT / "tests/process"
# By which its two drivers are started.
STARTS = ("Marionette", "Firefox")


@pytest.fixture
def engines(monkeypatch):
    """The module of the browsers, which is beside the tests that use it."""
    monkeypatch.syspath_prepend(str(PROCESS))
    import engines

    yield engines
    del sys.modules["engines"]


class Started(Exception):
    """Instead of a browser, which not every machine has."""


def test_firefox_is_given_no_log_that_is_there(engines, monkeypatch):
    """Firefox's driver removes the log that it is given, also where that is /dev/null."""

    def start(gecko_log, **_more):
        assert not os.path.lexists(gecko_log), "what is there is removed"
        # The driver's own answer: a file in a folder, neither standard output nor a device.
        log = GeckoInstance(gecko_log=gecko_log).gecko_log
        assert log == gecko_log
        assert stat.S_ISDIR(os.stat(os.path.dirname(log)).st_mode)
        assert not log.startswith("/dev/")
        raise Started

    monkeypatch.setattr(marionette, "Marionette", start)
    with pytest.raises(Started), engines.firefox():
        pass


def test_nothing_else_starts_it():
    """Every call that starts Firefox's driver is in the file that the test above tries."""
    files = [*(CHECKOUT / "tests").rglob("*.py"), *(CHECKOUT / "bin").rglob("*.py")]
    starts = {
        file.relative_to(CHECKOUT).as_posix()
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in STARTS
    }
    assert starts == {"tests/process/engines.py"}
