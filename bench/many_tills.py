"""Many waiting tills of one shop, as benches play them: each a log-in of its own that asks as a till's browser does."""

import http.client
import json
import random
import threading
import time
from urllib.parse import urlsplit

from bench_shop import OdooLine, console
from till import Till

TICK = 0.1
SHORTEST, LONGEST = 1.0, 5.0
# A till whose question fails asks again after this, as after an answer.
REQUEST_SECONDS = 20
# Of the shop's first till, which sells.
STICKER = "PROC1"

SET_UP = """
import json, time, uuid
import odoo.http
from odoo.addons.pos_glase.models.support import clock
from odoo.service import security

first = env["pos.config"].browse({config_id})
env = env(context=dict(env.context, allowed_company_ids=first.company_id.ids))
cashier = env["res.users"].search([("login", "=", "cashier")])
registered = first.sudo().glase_terminal_id
tills = []
for number in range({count}):
    config = first.copy({{"name": "Waiting %s" % number}})
    terminal = env["glase.terminal"].sudo().create(
        {{
            "account_id": registered.account_id.id, "config_id": config.id, "name": config.name,
            "external_identifier": config.name, "terminal_identifier": uuid.uuid4().hex,
            "password": "a-secret-of-the-bench", "glase_id": "WAIT%s" % number, "state": "ready",
            "environment": "test", "endpoint": registered.endpoint, "reseller_id": "demo",
        }}
    )
    now = clock.now(env.cr)
    row = env["glase.transaction"].sudo().create(
        {{
            "line_uuid": str(uuid.uuid4()), "attempt": str(uuid.uuid4()), "amount": 25,
            "currency_id": first.currency_id.id, "terminal_id": terminal.id, "config_id": config.id,
            "account_id": terminal.account_id.id, "company_id": first.company_id.id,
            "environment": "test", "terminal_identifier": terminal.terminal_identifier,
            "reseller_id": "demo", "state": "issued", "sent_at": now, "issued_at": now,
            "till_seen_at": now, "invoice_reference": "WAITING%s" % number, "user_id": cashier.id,
        }}
    )
    row._note("sendInvoice")
    session = odoo.http.root.session_store.new()
    session.update(odoo.http.get_default_session(), db=env.cr.dbname)
    session.uid, session.login = cashier.id, cashier.login
    session.context = dict(cashier.with_user(cashier).context_get())
    env.flush_all()
    session.session_token = security.compute_session_token(session, env)
    odoo.http.root.session_store.save(session)
    tills.append(
        {{
            "session": session.sid, "reference": row.invoice_reference,
            "asked": {{"config_id": config.id, "line_uuid": row.line_uuid, "attempt": row.attempt}},
        }}
    )
env.cr.commit()
print("TOLD " + json.dumps(tills))
"""


def waiting(shop, count):
    """So many tills of the shop, each with a bill that is out.

    :return: what :class:`WaitingTill` wants to know of each
    """
    script = SET_UP.format(config_id=shop.told["config_id"], count=count)
    printed = shop.odoo.shell(script, "the tills cannot be made")
    tills = json.loads(printed.partition("TOLD ")[2].splitlines()[0])
    shop.far.set(canned=[till["reference"] for till in tills])
    return tills


class Jobs:
    """Threads that go on until they are told to stop, and what became of them."""

    def __init__(self):
        self.over = threading.Event()
        self._threads, self._failures = [], []

    def start(self, work):
        thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self, work):
        try:
            work()
        except Exception as failure:
            self._failures.append(failure)

    def stop(self):
        """:raise Stop: if one of them ended by itself"""
        self.over.set()
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise console.Stop(f"{type(self._failures[0]).__name__}: {self._failures[0]}")


class WaitingTill:
    """A till that waits for its customer: it asks, and waits as long as its server says.

    :param dict told: see :func:`waiting`
    :param str url: where it asks
    :ivar answers: of each question: when it was asked, when answered, and the view, None for no answer
    """

    def __init__(self, told, url):
        parts = urlsplit(url)
        self._address = parts.hostname, parts.port
        self._headers = {
            "Content-Type": "application/json",
            "Cookie": f"session_id={told['session']}",
        }
        call = {"jsonrpc": "2.0", "id": 1, "method": "call", "params": told["asked"]}
        self._body = json.dumps(call).encode()
        self._connection = None
        self.answers = []

    def wait(self, over, first):
        """Ask until ``over`` is set, first after so many seconds."""
        over.wait(first)
        while not over.is_set():
            asked = time.monotonic()
            view = self._ask()
            now = time.monotonic()
            self.answers.append((asked, now, view))
            pause = min(max((view or {}).get("pause", SHORTEST), SHORTEST), LONGEST)
            # It looks at its clock ten times a second.
            over.wait(pause + random.random() * TICK)

    def _ask(self):
        try:
            if not self._connection:
                self._connection = http.client.HTTPConnection(
                    *self._address, timeout=REQUEST_SECONDS
                )
            self._connection.request("POST", "/pos_glase/status", self._body, self._headers)
            answer = self._connection.getresponse()
            content = answer.read()
            if answer.will_close:
                self._connection.close()
            view = json.loads(content).get("result")
            return view if view and view["ok"] else None
        except (OSError, http.client.HTTPException, ValueError):
            self._connection = None
            return None


class Beside(Till):
    """Who works beside waiting tills: logs in before them, and asks again where a full server closes the connection.

    :param list refused: gets the time of each request that was not answered
    """

    def __init__(self, shop, refused):
        super().__init__(shop.url, shop.told)
        self._shop, self._refused = shop, refused
        self.log_in("cashier", "cashier")

    def rpc(self, route, params):
        while True:
            try:
                return super().rpc(route, params)
            except (OSError, http.client.HTTPException):
                self._refused.append(time.monotonic())

    def search(self, over, times):
        """Search a product again and again, as a cashier who types; when, and seconds, are added to ``times``."""
        line = OdooLine(self)
        call = {
            "model": "product.product",
            "method": "search_read",
            "args": [
                [["name", "ilike", "sock"], ["available_in_pos", "=", True]],
                ["name", "lst_price"],
            ],
            "kwargs": {"limit": 30},
        }
        while not over.is_set():
            try:
                seconds, _found, _told = line.call(
                    "/web/dataset/call_kw/product.product/search_read", call
                )
                times.append((time.monotonic(), seconds))
            except (OSError, http.client.HTTPException):
                self._refused.append(time.monotonic())
                line = OdooLine(self)
            over.wait(0.1)

    def sync(self, over, times):
        """Store a draft order each second, as tills do while a cashier types; seconds of each are added."""
        while not over.is_set():
            began = time.monotonic()
            self.draft(25)
            times.append((time.monotonic(), time.monotonic() - began))
            over.wait(max(1 - (time.monotonic() - began), 0))

    def sell(self, over, times):
        """One real sale a second: sent, paid by the customer at once, asked, stored.

        Added is what it takes from the customer's confirmation to *paid*.
        """
        while not over.is_set():
            began = time.monotonic()
            bill = self.draft(25)
            view = self.door("send", **bill)
            if not view["ok"]:
                raise console.Stop(f"the sale was refused: {view}")
            if view["state"] == "issued":
                self._shop.simulator.customer(STICKER, "pay")
                confirmed = time.monotonic()
                asked = {name: bill[name] for name in ("line_uuid", "attempt")}
                # To its end, also when the time is over: the till's next bill would be refused.
                while not view["final"]:
                    view = self.door("status", **asked)
                    if not view["final"]:
                        time.sleep(view["pause"])
                if view["state"] == "paid":
                    times.append((time.monotonic(), time.monotonic() - confirmed))
                    self.validate(bill)
            over.wait(max(1 - (time.monotonic() - began), 0))
