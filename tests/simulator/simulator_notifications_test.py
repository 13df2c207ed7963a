"""The hint after a payment: doc/protocol.md §4.8."""

import http.server
import queue
import threading

import pytest
from simulator_tools import in_process, until

from simulator import Simulator


@pytest.fixture
def listener():
    """A till's own server: its URL, and a queue of ``(path, body)``."""
    received = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers.get("Content-Length") or 0)
            received.put((self.path, self.rfile.read(length).decode()))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()


def outcome(simulator):
    """The note of the one hint, once it is there."""
    return until(lambda: simulator.journal()["notifications"])[0]["outcome"]


@pytest.mark.parametrize(("choice", "reference_sent"), [("empty", False), ("reference", True)])
def test_posted_after_a_payment(simulator, till, listener, choice, reference_sent):
    url, received = listener
    simulator.set_profile({"notification_body": choice})
    reference = till.bill(notificationUrl=f"{url}/hint?token=x%20y")
    assert received.empty()
    simulator.pay("FJALL1")
    body = f"invoiceReference={reference}" if reference_sent else ""
    assert received.get(timeout=20) == ("/hint?token=x%20y", body)
    assert outcome(simulator) == "HTTP 200"
    assert till.poll(reference)["status"] == "PAID"


def test_only_for_paid(simulator, till, listener):
    url, received = listener
    till.bill(notificationUrl=url)
    simulator.decline("FJALL1")
    till.cancel(till.bill(notificationUrl=url))
    simulator.set_profile({"notifications": "never"})
    till.bill(notificationUrl=url)
    simulator.pay("FJALL1")
    assert received.empty()
    assert simulator.journal()["notifications"] == []


def test_nobody_listens(simulator, till):
    till.bill(notificationUrl="http://127.0.0.1:1/hint")
    simulator.pay("FJALL1")
    assert outcome(simulator) == "failed: ConnectionRefusedError"


@pytest.mark.parametrize("host", ["shop.example", "10.0.0.1", "169.254.169.254", "[::ffff:a00:1]"])
def test_never_to_other_machines(simulator, till, host):
    till.bill(notificationUrl=f"http://{host}/hint")
    simulator.pay("FJALL1")
    assert outcome(simulator).startswith("not sent")


def test_to_hosts_that_were_named():
    simulator = Simulator(notify_hosts=["Shop.Invalid"])
    try:
        till = in_process(simulator).register(glase_id="A1")
        till.bill(notificationUrl="http://shop.invalid/hint")
        simulator.pay("A1")
        assert outcome(simulator).startswith("failed: ")
    finally:
        simulator.close()
