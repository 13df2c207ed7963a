"""A real Odoo server on a copy of the prepared database, and a real simulator, for each test file."""

import dataclasses
import os
import re
import signal
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from stack import live
from stack.paths import cache

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared"))

from simulator_process import SimulatorProcess
from till import Till, set_up_till

PICTURE_MILLISECONDS = 10_000


def wait_for(condition, what, seconds=30):
    """Return what ``condition`` returns once it is true; fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        pause.wait(0.02)
    raise AssertionError(f"{what}: not within {seconds} s")


class Shop:
    """A server, its database, and the Glase that it talks to."""

    def __init__(self, odoo, running, simulator):
        self.odoo, self.running, self.simulator, self.told = odoo, running, simulator, None
        self._known = {}

    def first_till(self):
        """The till that is logged in since the first test; it outlives a restart."""
        return self.known("first")

    def known(self, name, login="cashier"):
        """The browser of this name, logged in when it is first asked for: a log-in computes for a second."""
        if name not in self._known:
            self._known[name] = self.till(login)
        return self._known[name]

    def till(self, login="cashier"):
        """A new browser, logged in as the cashier or another person of the demo shop."""
        return Till(self.running.url, self.told).log_in(login, login)

    @contextmanager
    def second_server(self):
        """Another Odoo on the same database and filestore; yields its address."""
        with self.second_running() as running:
            yield running.url

    @contextmanager
    def second_running(self):
        """The same; yields the running server."""
        folder = self.odoo.folder / "second"
        folder.mkdir(exist_ok=True)
        options = {**self.odoo.options, "data_dir": self.odoo.data_dir}
        running = dataclasses.replace(self.odoo, folder=folder, options=options).start()
        try:
            yield running.wait_until_ready()
        finally:
            running.stop()

    def kill(self):
        """End the server and all its workers without a word (SIGKILL)."""
        os.killpg(self.running.process.pid, signal.SIGKILL)
        self.running.process.wait()

    def restart(self):
        """Start the server again, at the same address."""
        self.running = self.odoo.start(self.running.port)
        wait_for(self._answers, "Odoo answers again", 90)

    def _answers(self):
        assert self.running.process.poll() is None, f"Odoo ended: see {self.running.log}"
        try:
            with urllib.request.urlopen(f"{self.running.url}/web/health", timeout=30):
                return True
        except OSError:
            return False

    def advance(self, seconds):
        """Move the ledger's clock and the simulator's together."""
        connection = self.connect()
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ir_config_parameter (key, value)"
                " VALUES ('pos_glase.clock_offset', %s) ON CONFLICT (key) DO UPDATE SET"
                " value = (ir_config_parameter.value::float + EXCLUDED.value::float)::text",
                (str(seconds),),
            )
        connection.close()
        self.simulator.advance(seconds)

    def connect(self):
        """A connection of the test's own to the database."""
        return self.odoo.connect()

    def query(self, sql, *params):
        """The rows that a fresh transaction sees."""
        connection = self.connect()
        # Nothing of the asking itself may look like a transaction that was left open.
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, params)
                return cursor.fetchall()
        finally:
            connection.close()

    def execute(self, sql, *params):
        """Change the database as nobody at the till can."""
        connection = self.connect()
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, params)
        connection.close()

    def calls(self, operation):
        """How many calls of one operation Glase heard from this till."""
        return [
            call
            for call in self.simulator.journal()["calls"]
            if call["operation"] == operation and call["principal_id"] == self.told["terminal"]
        ]


def prepare_move(admin, account_id, endpoint):
    """Begin a move of an account's tills to another Glase, whose log-in is given and tested.

    :param Till admin: an administrator
    :param str endpoint: the other Glase's
    :return: the id of the move
    """
    move_id = admin.call("glase.account", "action_go_live", [account_id])["res_id"]
    give_log_in(admin, move_id, endpoint)
    return move_id


def give_log_in(admin, move_id, endpoint, target_id=False):
    """Fill in where a move goes, and test it; see :func:`prepare_move`.

    :param target_id: the account that has been there before, if there is one
    """
    login = {
        "target_id": target_id,
        "endpoint": endpoint,
        "reseller_id": "demo",
        "reseller_user": "9900",
        "reseller_password": "demo",
    }
    admin.call("glase.go.live", "write", [move_id], login)
    admin.call("glase.go.live", "action_test", [move_id])


@pytest.fixture(scope="module")
def shop(request):
    """A shop whose server runs with the workers that the test file names, beside the ``MODULES`` that it names.

    ``SIMULATOR`` has options for the simulator's command line, ``OPTIONS`` for Odoo's configuration.
    """
    simulator = SimulatorProcess(*getattr(request.module, "SIMULATOR", ()))
    try:
        workers = getattr(request.module, "WORKERS", 2)
        evented = getattr(request.module, "EVENTED", False)
        name = request.module.__name__.rpartition(".")[2]
        options = {"workers": workers, **getattr(request.module, "OPTIONS", {})}
        with live.copy(name, evented, **options) as odoo:
            if getattr(request.module, "DURABLE", False):
                # Test clusters may lose what was just committed when they crash. It counts for new
                # connections: it is said before Odoo has any.
                odoo.server.query(f'ALTER DATABASE "{odoo.database}" SET synchronous_commit = on')
            running = odoo.start()
            shop = Shop(odoo, running, simulator)
            try:
                running.wait_until_ready()
                shop.told = set_up_till(running.url, simulator.endpoint)
                yield shop
            finally:
                shop.running.stop()
    finally:
        simulator.stop()


BROWSER = pytest.StashKey()


@pytest.fixture(scope="module")
def browser(request):
    """A browser for the tests of a file, which is where Playwright is wanted."""
    from till_page import chromium

    with chromium() as found:
        request.config.stash[BROWSER] = found
        yield found
        del request.config.stash[BROWSER]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Of a test that failed in a browser: pictures of its pages, kept in the cache."""
    report = yield
    found = item.config.stash.get(BROWSER, None)
    if report.failed and call.when == "call" and found:
        report.sections.append(("pages", "\n".join(_pictures(item.name, found))))
    return report


def _pictures(name, browser):
    folder = cache() / "screenshots"
    folder.mkdir(exist_ok=True)
    pages = [page for context in browser.contexts for page in context.pages]
    for number, page in enumerate(pages, 1):
        path = folder / f"failed-{re.sub(r'[^A-Za-z0-9_]+', '-', name)}-{number}.png"
        try:
            page.screenshot(path=path, timeout=PICTURE_MILLISECONDS)
        except Exception as failure:
            # The test's own failure is what counts; a page may have crashed.
            yield f"{page.url}: no picture ({type(failure).__name__})"
        else:
            yield f"{page.url}: {path}"


@pytest.fixture
def till(browser, shop):
    """The shop's till in a browser of its own; its page must have thrown nothing."""
    from till_page import TillPage

    page = TillPage(browser, shop)
    yield page
    page.close()
    assert page.complaints == []


@pytest.fixture
def seen(request):
    """A function that writes down what a test saw, for the table of the matrix."""

    def write(words):
        request.node.user_properties.append(("seen", words))

    return write


@pytest.fixture
def no_open_orders(shop):
    """A failed test leaves no order that the next one would go on with."""
    yield
    shop.execute("UPDATE pos_order SET state = 'cancel' WHERE state = 'draft'")
    shop.execute(
        "UPDATE glase_transaction SET state = 'canceled' WHERE state IN ('sending', 'issued')"
    )


@pytest.fixture
def admin(shop):
    return shop.known("admin", "admin")


@pytest.fixture(autouse=True)
def no_faults(shop):
    """Each test starts with a healthy Glase and a free till."""
    shop.simulator.faults()
    till = shop.first_till()
    for view in till.door("resume", line_uuids=[])["rows"]:
        till.door("cancel", line_uuid=view["line_uuid"], attempt=view["attempt"])
    yield
    shop.simulator.faults()
