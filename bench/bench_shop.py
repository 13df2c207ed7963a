"""What benches stand on: a served shop whose till talks to a simulator in a process of its own, and their tables."""

import http.client
import json
import os
import statistics
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(CHECKOUT / folder) for folder in ("bin", "tests/shared", "tests/process")]

from far_glase import FarGlase  # noqa: E402
from simulator_process import SimulatorProcess  # noqa: E402
from till import Till, set_up_till  # noqa: E402

from stack import console, set_up  # noqa: E402
from stack.base_db import Workplace, with_module  # noqa: E402

PROBE = "pos_glase_probe"


def prepared(browser=False):
    """The stack, with this program run by the Python of the stack, which has what the simulator needs.

    :param bool browser: whether Chromium is needed, too
    """
    stack = set_up.prepare(browser=browser)
    if sys.executable != str(stack.python):
        os.execv(stack.python, [str(stack.python), *sys.argv])
    return stack


class Served:
    """A running shop: Odoo, its till, Glase.

    :ivar odoo: an :class:`~stack.server.Odoo`
    :ivar url: of Odoo's HTTP workers
    :ivar evented_url: of its evented process, where there are workers
    :ivar far: the :class:`far_glase.FarGlase` between Odoo and the simulator, or None
    :ivar told: what :class:`till.Till` wants to know
    """

    def __init__(self, odoo, running, simulator, far=None):
        self.odoo, self.running, self.simulator, self.far = odoo, running, simulator, far
        self.url = running.url
        self.evented_url = running.evented_url
        self.told = set_up_till(running.url, (far or simulator).endpoint)

    def till(self, login="cashier"):
        """A browser that has just logged in."""
        return Till(self.url, self.told).log_in(login, login)

    def connect(self):
        """A connection of the bench's own to the database."""
        return self.odoo.connect()

    def rows(self, query, *values):
        """What a fresh transaction sees."""
        connection = self.connect()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(query, values)
                return cursor.fetchall()
        finally:
            connection.close()


@contextmanager
def served(stack, *, workers=2, modules=(), environment=(), delay=None, settings=(), **options):
    """A shop that is served.

    :param int workers: of Odoo; 0: threads
    :param modules: that are installed beside; ``PROBE`` is one
    :param environment: variables of the server's environment, as pairs
    :param float delay: so many seconds Glase is away; by default nothing lies between
    :param settings: PostgreSQL's for the database, by name
    :param options: of Odoo's configuration
    """
    os.environ.update(environment)
    simulator, far = SimulatorProcess(), None
    try:
        far = None if delay is None else FarGlase(simulator.url, delay)
        with Workplace(with_module(stack), stack.python, stack.tree) as workplace:
            odoo = workplace.odoo
            odoo.options.update(workers=workers, **options)
            (odoo.addons / PROBE).symlink_to(CHECKOUT / "bench" / PROBE)
            if modules:
                odoo.once("-i", ",".join(modules), what="the bench's modules cannot be installed")
            for name, value in dict(settings).items():
                odoo.server.query(f"ALTER DATABASE \"{odoo.database}\" SET {name} = '{value}'")
            running = odoo.start().wait_until_ready()
            try:
                yield Served(odoo, running, simulator, far)
            finally:
                running.stop()
    finally:
        if far:
            far.stop()
        simulator.stop()


class Line:
    """Requests to one address over a connection that is kept where the server keeps it.

    :param str url: of the server
    :param dict headers: of each request
    """

    def __init__(self, url, headers):
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        self._headers = headers

    def post(self, path, body, **headers):
        """One request.

        :return: seconds, body and headers of the answer
        """
        began = time.perf_counter()
        self._connection.request("POST", path, body, {**self._headers, **headers})
        answer = self._connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - began
        if answer.status != 200:
            raise console.Stop(f"{path} answered {answer.status}: {content[:300]!r}")
        return seconds, content, answer.headers


class OdooLine(Line):
    """JSON requests of one log-in to Odoo."""

    def __init__(self, till):
        cookies = "; ".join(f"{one.name}={one.value}" for one in till.jar)
        super().__init__(till.url, {"Content-Type": "application/json", "Cookie": cookies})

    def call(self, path, params, **headers):
        """One request; raises where Odoo answers with an error.

        :return: seconds, the result, and the headers of the answer
        """
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}).encode()
        seconds, content, told = self.post(path, body, **headers)
        decoded = json.loads(content)
        if "error" in decoded:
            raise console.Stop(f"{path}: {decoded['error']}")
        return seconds, decoded.get("result"), told


class _StubHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = self.server.answer
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer

    def log_message(self, *_arguments):
        """Nothing is printed."""


@contextmanager
def stub(answer):
    """A server on this machine that answers everything with the same JSON; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _StubHandler)
    server.answer = json.dumps(answer).encode()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def median(seconds):
    """The median in milliseconds."""
    return statistics.median(seconds) * 1000


def p95(seconds):
    """What nineteen of twenty stay below, in milliseconds."""
    return statistics.quantiles(seconds, n=20)[-1] * 1000


def say_machine():
    """How many cores there are, and how busy they were."""
    console.say(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; Python {sys.version.split()[0]}"
    )
