"""The module is updated while a register is open and a bill is out: nothing is lost, and the till goes on.

An ordinary run updates from the code as it is; ``bin/test --all`` from the code of the version before, whose fields had
other names: its workers go on with tables that they do not know any more.
"""

import io
import json
import subprocess
import tarfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import Shop, wait_for
from crash_points import asked, assert_all_is_well, finish, pay, prove, rows, sell
from simulator_process import SimulatorProcess
from till import set_up_till

from stack import live
from stack.console import end
from stack.paths import CHECKOUT

MANIFEST = "__manifest__.py"
UNINSTALL = """
env["ir.module.module"].search([("name", "=", "pos_glase")]).button_immediate_uninstall()
"""
UPDATE_SECONDS = 300


@pytest.fixture(autouse=True)
def no_faults():
    """Each test has an Odoo and a Glase of its own."""


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, check=True).stdout


def version_of(commit):
    return json.loads(
        git("show", f"{commit}:{MANIFEST}").decode().partition('"version": ')[2].partition(",")[0]
    )


def code_before(folder):
    """The code of the version before this one, in an addons folder."""
    try:
        commits = git("log", "--format=%H", "--", MANIFEST).decode().split()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("the history of the code is not here")
    present = version_of(commits[0])
    before = next((one for one in commits if version_of(one) != present), None)
    if not before:
        pytest.skip("the history of the code does not go back to the version before")
    later = commits[commits.index(before) - 1]
    with tarfile.open(fileobj=io.BytesIO(git("archive", f"{later}^"))) as tree:
        tree.extractall(folder / "pos_glase", filter="data")
    return folder


@contextmanager
def shop_on(addons):
    """A shop with two workers, on the present code or on another.

    :param addons: the folder that has the other code, or None
    """
    simulator = SimulatorProcess()
    try:
        with live.copy("updated", workers=2) as odoo:
            present = odoo.addons
            if addons:
                odoo.shell(UNINSTALL, "the module cannot be uninstalled")
                odoo.addons = addons
                odoo.once("-i", "pos_glase", what="the version before cannot be installed")
            shop = Shop(odoo, odoo.start(), simulator)
            try:
                shop.running.wait_until_ready()
                shop.told = set_up_till(shop.running.url, simulator.endpoint)
                yield shop, present
            finally:
                shop.running.stop()
    finally:
        simulator.stop()


class Polling:
    """A till that asks about a bill each half second, whatever it hears."""

    def __init__(self, shop, bill):
        self.till, self.bill, self.heard = shop.till(), bill, []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exception):
        self._end.set()
        self._thread.join()

    def _ask(self):
        while not self._end.wait(0.5):
            self.heard.append(heard_of(lambda: self.till.door("status", **asked(self.bill))))


def heard_of(ask):
    """What a till hears: the server's answer, or as a text that it failed or is not there."""
    try:
        return ask()
    except (AssertionError, OSError) as trouble:
        return str(trouble)


@contextmanager
def updating(shop, addons):
    """``-u pos_glase`` with the present code beside the running workers; yields in the midst of it."""
    shop.odoo.addons = addons
    with open(shop.odoo.folder / "update.log", "w+b") as log:
        process = subprocess.Popen(
            shop.odoo.command("-u", "pos_glase", "--stop-after-init", "--no-http"),
            env=shop.odoo.environment(),
            cwd=shop.odoo.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(
                lambda: b"Loading module pos_glase" in Path(log.name).read_bytes(),
                "the update comes to the module",
                UPDATE_SECONDS,
            )
            yield
            assert process.wait(UPDATE_SECONDS) == 0, Path(log.name).read_text()[-3000:]
        finally:
            end(process)


def ended(shop, till, bill):
    """What becomes of a bill whose till asks again after a reload, and gives up what nobody has paid."""
    if not rows(shop, bill):
        # Nothing of it reached the ledger, so nothing was sent: the till sends it anew.
        assert till.door("status", **asked(bill))["reason"] == "unknown_attempt"
        return None
    rows_of_till = till.door("resume", line_uuids=[bill["line_uuid"]])["rows"]
    [view] = [row for row in rows_of_till if row["line_uuid"] == bill["line_uuid"]]
    if view["state"] == "sending":
        # Its answer was lost with the old server.
        shop.advance(61)
    view = till.door("status", **asked(bill))
    if view["state"] == "issued":
        view = till.door("cancel", **asked(bill))
    if view["state"] == "paid":
        prove(shop, till, bill)
    return view["state"]


@pytest.mark.parametrize("code", ["present", pytest.param("before", marks=pytest.mark.soak)])
def test_an_update_while_a_bill_is_out_loses_nothing(code, tmp_path):
    before = None if code == "present" else code_before(tmp_path / "addons")
    with shop_on(before) as (shop, present):
        till = shop.first_till()
        sell(shop, till, 150)
        bill, next_bill = till.draft(151), till.draft(152)
        assert till.door("send", **bill)["state"] == "issued"
        with Polling(shop, bill) as polling:
            with updating(shop, present):
                pay(shop)
            asked_before = len(polling.heard)
            # The old workers go on, with tables that have changed.
            wait_for(lambda: len(polling.heard) > asked_before + 2, "the till asks")
            sent = heard_of(lambda: till.door("send", **next_bill))
        assert polling.heard[0]["state"] == "issued"
        if before:
            assert "UndefinedColumn" in polling.heard[-1]
        else:
            assert {view["state"] for view in polling.heard[1:]} <= {"issued", "paid"}
            assert sent["state"] == "issued"
        shop.running.stop()
        shop.restart()
        assert ended(shop, till, bill) == "paid"
        assert ended(shop, till, next_bill) in ((None, "unknown") if before else ("canceled",))
        again = {**next_bill, "attempt": "again"}
        assert till.door("send", **again)["state"] == "issued"
        finish(shop, till, again)
        assert_all_is_well(shop, 153)
        assert till.close_register()["successful"]
