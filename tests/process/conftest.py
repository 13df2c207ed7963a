"""A real Odoo server on a copy of the prepared database, and a real simulator, for each test file."""

import dataclasses
import http.cookiejar
import json
import os
import re
import signal
import sys
import threading
import time
import urllib.request
import uuid
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest

from stack import live

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulator_process import SimulatorProcess


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


class Till:
    """A till that talks to a real server the way the browser does."""

    def __init__(self, url, told):
        self.url, self.told = url, told
        self._actions = {}
        jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def log_in(self, login, password):
        """Log in through the form, as a person does."""
        with self._opener.open(f"{self.url}/web/login", timeout=60) as page:
            token = re.search(r'name="csrf_token" value="([^"]+)"', page.read().decode()).group(1)
        form = urllib.parse.urlencode(
            {"csrf_token": token, "login": login, "password": password}
        ).encode()
        with self._opener.open(f"{self.url}/web/login", form, timeout=60):
            return self

    def rpc(self, route, params):
        """One JSON-RPC request; raises on an error. No result is None."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}).encode()
        request = urllib.request.Request(
            self.url + route, body, {"Content-Type": "application/json"}
        )
        with self._opener.open(request, timeout=60) as answer:
            decoded = json.load(answer)
        # As text: pytest would cut the middle out of anything else.
        assert "error" not in decoded, str(decoded["error"])
        return decoded.get("result")

    def door(self, name, **params):
        """Ask one of the till's routes."""
        return self.rpc(f"/pos_glase/{name}", {"config_id": self.told["config_id"], **params})

    def draft(self, amount, refunded=None):
        """Store a draft with one Glase line; returns what ``send`` wants to know.

        :param refunded: the bill whose order this one gives back, for what ``refund`` wants
        """
        order_uuid, line_uuid = str(uuid.uuid4()), str(uuid.uuid4())
        sign = -1 if refunded else 1
        line = {
            "product_id": self.told["product_id"],
            "full_product_name": "Wool socks",
            "qty": sign,
            "price_unit": amount,
            "price_subtotal": sign * amount,
            "price_subtotal_incl": sign * amount,
            "tax_ids": [[6, 0, []]],
        }
        if refunded:
            [original] = self.call(
                "pos.order.line",
                "search_read",
                [("order_id.uuid", "=", refunded["order_uuid"])],
                ["id"],
            )
            line["refunded_orderline_id"] = original["id"]
        payment = {
            "uuid": line_uuid,
            "amount": sign * amount,
            "payment_method_id": self.told["method_id"],
            "payment_status": "pending",
        }
        order = {
            "uuid": order_uuid,
            "access_token": str(uuid.uuid4()),
            "state": "draft",
            "session_id": self.told["session_id"],
            "amount_total": sign * amount,
            "amount_tax": 0,
            "amount_paid": 0,
            "amount_return": 0,
            "is_refund": bool(refunded),
            "lines": [[0, 0, line]],
            "payment_ids": [[0, 0, payment]],
        }
        self.call("pos.order", "sync_from_ui", [order])
        return {
            "order_uuid": order_uuid,
            "line_uuid": line_uuid,
            "attempt": str(uuid.uuid4()),
            "amount": f"{amount:.2f}",
        }

    def call(self, model, method, *arguments, **keywords):
        """Call a public method of a model, as the browser does."""
        return self.rpc(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": arguments, "kwargs": keywords},
        )

    def run(self, model, job):
        """Let a scheduled job work once, as an administrator; no server of these tests has a scheduler.

        :param str job: the method that the job calls
        """
        if job not in self._actions:
            [found] = self.call("ir.model", "search_read", [("model", "=", model)], ["id"])
            values = {"name": job, "state": "code", "code": f"model.{job}()"}
            self._actions[job] = self.call(
                "ir.actions.server", "create", {**values, "model_id": found["id"]}
            )
        self.call("ir.actions.server", "run", [self._actions[job]])

    def validate(self, bill):
        """Sync the order of a bill as paid, its Glase line as done."""
        [order] = self.call(
            "pos.order",
            "search_read",
            [("uuid", "=", bill["order_uuid"])],
            ["payment_ids", "amount_total"],
        )
        values = {
            "uuid": bill["order_uuid"],
            "access_token": str(uuid.uuid4()),
            "state": "paid",
            "session_id": self.told["session_id"],
            "amount_total": order["amount_total"],
            "amount_tax": 0,
            "amount_paid": order["amount_total"],
            "amount_return": 0,
            "lines": [],
            "payment_ids": [[1, order["payment_ids"][0], {"payment_status": "done"}]],
        }
        self.call("pos.order", "sync_from_ui", [values])

    def open_register(self):
        """Open the till's register; what is sold from now on belongs to its session."""
        config_id = self.told["config_id"]
        self.call("pos.config", "open_ui", [config_id])
        [config] = self.call("pos.config", "read", [config_id], ["current_session_id"])
        session_id = config["current_session_id"][0]
        self.call("pos.session", "set_opening_control", [session_id], 0, "")
        self.told["session_id"] = session_id

    def close_register(self):
        """Close the register as the till's popup does, in its order; returns its last answer."""
        session_id = self.told["session_id"]
        counted = self.call("pos.session", "post_closing_cash_details", [session_id], 0)
        if not counted["successful"]:
            return counted
        self.call("pos.session", "update_closing_control_state_session", [session_id], "")
        return self.call("pos.session", "close_session_from_ui", [session_id], [])


class Shop:
    """A server, its database, and the Glase that it talks to."""

    def __init__(self, odoo, running, simulator):
        self.odoo, self.running, self.simulator, self.told = odoo, running, simulator, None
        self._first_till = None

    def first_till(self):
        """The till that is logged in since the first test; it outlives a restart."""
        self._first_till = self._first_till or self.till()
        return self._first_till

    def till(self, login="cashier"):
        """A new browser, logged in as the cashier or another person of the demo shop."""
        return Till(self.running.url, self.told).log_in(login, login)

    @contextmanager
    def second_server(self):
        """Another Odoo on the same database and filestore; yields its address."""
        folder = self.odoo.folder / "second"
        folder.mkdir(exist_ok=True)
        options = {**self.odoo.options, "data_dir": self.odoo.data_dir}
        running = dataclasses.replace(self.odoo, folder=folder, options=options).start()
        try:
            running.wait_until_ready()
            yield running.url
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
        environment = self.odoo.server.environment()
        return psycopg2.connect(
            dbname=self.odoo.database,
            host=environment.get("PGHOST"),
            port=environment.get("PGPORT"),
            user=environment.get("PGUSER"),
            password=environment.get("PGPASSWORD"),
        )

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


def set_up_till(url, endpoint):
    """Register the shop's first till with a simulator and open it, as an administrator and a cashier do.

    :param str url: the running server's
    :param str endpoint: the simulator's
    :return: what :class:`Till` and the tests want to know of it
    :rtype: dict
    """
    told = {}
    admin = Till(url, told).log_in("admin", "admin")
    [company_id] = admin.call(
        "res.company", "search", [("chart_template", "=", "se")], order="id desc", limit=1
    )
    there = {"context": {"allowed_company_ids": [company_id]}}

    def create(model, **values):
        return admin.call(model, "create", values, **there)

    [config_id] = admin.call(
        "pos.config", "search", [("company_id", "=", company_id)], order="id", limit=1, **there
    )
    account_id = create(
        "glase.account",
        name="Process test",
        company_id=company_id,
        environment="test",
        endpoint=endpoint,
        reseller_id="demo",
        reseller_user="9900",
        reseller_password="demo",
        shop_name="Fjällboden",
    )
    journal_id = create(
        "account.journal", name="Glase", type="bank", code="GLP", company_id=company_id
    )
    method_id = create(
        "pos.payment.method",
        name="Glase",
        journal_id=journal_id,
        company_id=company_id,
        payment_method_type="terminal",
        use_payment_terminal="glase",
    )
    admin.call(
        "pos.config", "write", [config_id], {"payment_method_ids": [[4, method_id]]}, **there
    )
    terminal_id = create("glase.terminal", name="Till", account_id=account_id, config_id=config_id)
    admin.call("glase.terminal", "action_register", [terminal_id], **there)
    assign_id = create("glase.assign", terminal_id=terminal_id, text="PROC1")
    admin.call("glase.assign", "action_assign", [assign_id], **there)
    [terminal] = admin.call(
        "glase.terminal", "read", [terminal_id], ["terminal_identifier"], **there
    )
    [product_id] = admin.call(
        "product.product", "search", [("available_in_pos", "=", True)], limit=1, **there
    )
    told.update(
        config_id=config_id,
        method_id=method_id,
        product_id=product_id,
        terminal=terminal["terminal_identifier"],
    )
    Till(url, told).log_in("cashier", "cashier").open_register()
    return told


def prepare_move(admin, account_id, endpoint):
    """Begin a move of an account's tills to another Glase, whose log-in is given and tested.

    :param Till admin: an administrator
    :param str endpoint: the other Glase's
    :return: the id of the move
    """
    move_id = admin.call("glase.account", "action_go_live", [account_id])["res_id"]
    login = {
        "target_id": False,
        "endpoint": endpoint,
        "reseller_id": "demo",
        "reseller_user": "9900",
        "reseller_password": "demo",
    }
    admin.call("glase.go.live", "write", [move_id], login)
    admin.call("glase.go.live", "action_test", [move_id])
    return move_id


@pytest.fixture(scope="module")
def shop(request):
    """A shop whose server runs with the workers, and has the modules, that the test file names."""
    simulator = SimulatorProcess()
    try:
        workers = getattr(request.module, "WORKERS", 2)
        modules = getattr(request.module, "MODULES", ())
        with live.copy(request.module.__name__.rpartition(".")[2], workers=workers) as odoo:
            if modules:
                odoo.once("-i", ",".join(modules), what="other modules cannot be installed")
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


@pytest.fixture(scope="module")
def browser():
    """A browser for the tests of a file, which is where Playwright is wanted."""
    from till_page import chromium

    with chromium() as found:
        yield found


@pytest.fixture
def admin(shop):
    return shop.till("admin")


@pytest.fixture(autouse=True)
def no_faults(shop):
    """Each test starts with a healthy Glase and a free till."""
    shop.simulator.faults()
    till = shop.first_till()
    for view in till.door("resume", line_uuids=[])["rows"]:
        till.door("cancel", line_uuid=view["line_uuid"], attempt=view["attempt"])
    yield
    shop.simulator.faults()
