"""Glase for one run: the simulator in this process, behind a line on which everything is watched.

Each call passes :class:`Line`. There a run may lose the call or its answer, let somebody else act
while the call is under way, or kill the server that makes it. Nothing of it waits.
"""

import re

from odoo.addons.pos_glase.glase import Client
from odoo.addons.pos_glase.glase.errors import NeverSent, NoAnswer
from odoo.addons.pos_glase.glase.gate import Gate
from odoo.addons.pos_glase.simulator import Simulator, create_app

ENDPOINT = "http://127.0.0.1:9/soap/merchant/cashregister-2"
RESELLER = ("demo", "9900", "hunt-reseller-8c41d0")

# Faults of the way to Glase, which the simulator cannot play in this process.
LINE_FAULTS = ("never-sent", "timeout-before", "timeout-after", "another")
# What an answer names, and the newest of those that the ledger has already.
NAMED = {
    "sendInvoice": (
        "invoiceReference",
        "SELECT invoice_reference FROM glase_transaction"
        " WHERE invoice_reference <> %s ORDER BY id DESC LIMIT 1",
    ),
    **{
        operation: (
            "ersReference",
            "SELECT own_reference FROM glase_transaction WHERE own_reference <> %s"
            f" AND kind = '{kind}' ORDER BY id DESC LIMIT 1",
        )
        for operation, kind in (("getPaymentStatus", "payment"), ("refundPayment", "refund"))
    },
}

_OPERATION = re.compile(rb"<[^>]*Body[^>]*>\s*<(?:\w+:)?(\w+)")


def _field(body, name):
    found = re.search(rb"<(?:\w+:)?%s[^>]*>([^<]*)<" % name.encode(), body)
    return found.group(1).decode() if found else None


class Heard:
    """One call as it went over the line.

    :ivar code: the result code that the caller read, or None when it read no answer
    :ivar fault: what happened to it on purpose, or None
    :ivar at: the ledger's time when it left
    """

    def __init__(self, number, body, at):
        found = _OPERATION.search(body)
        self.number, self.at = number, at
        self.operation = found.group(1).decode() if found else "?"
        self.invoice_reference = _field(body, "invoiceReference")
        self.client_reference = _field(body, "clientReference")
        self.terminal = _field(body, "id")
        self.code = self.fault = None
        self.answered_at = None

    def __repr__(self):
        return f"{self.operation} {self.invoice_reference or ''} → {self.code} ({self.fault})"


class Line:
    """A WSGI application between the module and the simulator.

    :param world: told of each call before and after it was carried out
    :param simulator: the other end
    """

    def __init__(self, world, simulator):
        self.world = world
        self.simulator = simulator
        self.app = create_app(simulator)
        self.calls = []
        self.faults = []

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read()
        environ["wsgi.input"].seek(0)
        call = Heard(len(self.calls), body, self.world.now())
        self.calls.append(call)
        fault = self._take(call.operation)
        call.fault = fault
        self.world.call_leaves(call)
        if fault in ("never-sent", "timeout-before"):
            self.world.fault_met(call)
        if fault == "never-sent":
            raise NeverSent(reason="refused", detail="the connection was refused")
        if fault == "timeout-before":
            raise NoAnswer(reason="timeout", slow=True, detail="no answer in time")
        before = len(self.simulator.faults())
        try:
            parts = list(self.app(environ, start_response))
        finally:
            if len(self.simulator.faults()) < before:
                with self.simulator.transaction() as tx:
                    call.fault = tx.one("SELECT fault FROM call ORDER BY seq DESC LIMIT 1")["fault"]
            self.world.call_ends(call)
        if fault == "timeout-after":
            raise NoAnswer(reason="timeout", slow=True, detail="no answer in time")
        if fault == "another":
            parts = [self._of_another(call, b"".join(parts))]
        code = _field(b"".join(parts), "resultCode")
        call.code = int(code) if code else None
        call.answered_at = self.world.now()
        return parts

    def _of_another(self, call, answer):
        """The answer, but with a reference that it has given to somebody else before."""
        name, others = NAMED.get(call.operation, (None, None))
        own = name and _field(answer, name)
        [(other,)] = (own and self.world.sql(others, own)) or [(None,)]
        if not other:
            # It waits for a call that it can spoil; what the simulator did to this one stays noted.
            call.fault = None if call.fault == "another" else call.fault
            self.faults.append((call.operation, "another"))
            return answer
        self.world.counts[f"another: {call.operation}"] += 1
        return answer.replace(own.encode(), other.encode())

    def _take(self, operation):
        for index, (name, kind) in enumerate(self.faults):
            if name in ("*", operation):
                del self.faults[index]
                return kind
        return None


class Glase:
    """One run's Glase.

    :param world: the :class:`world.world.World`
    :param dict profile: the vendor's undocumented choices
    """

    def __init__(self, world, profile):
        self.world = world
        self.simulator = Simulator(resellers=[RESELLER], currencies=["SEK"])
        self.simulator.set_profile(profile)
        self.profile = profile
        self.line = Line(world, self.simulator)
        self.gate = Gate(clock=lambda: world.offset)

    def client(self, *_environment):
        """What the module is given instead of a client with a socket."""
        client = Client(ENDPOINT, wsgi_app=self.line)
        # One gate an endpoint, and what it knows, as with real sockets, and on the run's clock.
        client._own_line = (client._own_line[0], self.gate)
        return client

    def add_fault(self, fault):
        """One more thing that goes wrong with a call to come."""
        if fault["kind"] in LINE_FAULTS:
            self.line.faults.append((fault["operation"], fault["kind"]))
        else:
            self.simulator.set_faults([*self.simulator.faults(), fault])

    def heal(self):
        """From now on nothing goes wrong."""
        self.line.faults.clear()
        self.simulator.set_faults([])

    def customer(self, action, glase_id):
        """Let the customer act; False if there is nothing to act on."""
        from odoo.addons.pos_glase.simulator.customer import StickerError

        try:
            getattr(self.simulator, action)(glase_id)
        except StickerError:
            return False
        return True
