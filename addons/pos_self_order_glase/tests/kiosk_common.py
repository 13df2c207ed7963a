"""A self-order kiosk that takes Glase payments from a real simulator, asked by a page without a log-in."""

import json
import uuid

from odoo.addons.pos_glase.tests.shared.common import GlaseCommon
from odoo.tests import tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class KioskCommon(GlaseCommon):
    """A kiosk beside the till, with its own registration; what a page asks goes over HTTP."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kiosk = cls._kiosk("Kiosk")
        cls.kiosk_terminal = cls.kiosk.glase_terminal_id
        cls.bank = cls.main_pos_config.payment_method_ids.filtered(
            lambda method: method.type == "bank" and method != cls.glase_method
        )[:1]
        cls.product = cls.env["product.product"].create(
            {
                "name": "Coffee",
                "list_price": 20,
                "available_in_pos": True,
                "taxes_id": [(6, 0, cls.tax.ids)],
            }
        )

    @classmethod
    def _kiosk(cls, name):
        """A registered kiosk that sells with Glase only."""
        kiosk = cls.env["pos.config"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "payment_method_ids": [(6, 0, cls.glase_method.ids)],
                "self_ordering_mode": "kiosk",
                "self_ordering_default_user_id": cls.pos_user.id,
                "self_ordering_pay_after": "each",
                "self_ordering_service_mode": "counter",
                "use_presets": False,
                "available_preset_ids": [(5, 0)],
                "default_preset_id": False,
                "access_token": uuid.uuid4().hex[:16],
            }
        )
        cls._registered_terminal(kiosk)
        return kiosk

    def setUp(self):
        super().setUp()
        self.kiosk_session = self.open_register(self.kiosk)
        # Nobody is logged in.
        self.authenticate(None, None)
        self.sent_before = self._sent()

    def ask(self, path, **params):
        """One JSON-RPC request of a stranger; returns the answer, with ``error`` if it was refused so."""
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        with mute_logger("odoo.http", "odoo.addons.http_routing.models.ir_http"):
            answer = self.url_open(
                path, data=body, headers={"Content-Type": "application/json"}, timeout=30
            )
        self.env.invalidate_all()
        return answer.json()

    def error(self, answer):
        """The class of the error that an answer is."""
        return answer["error"]["data"]["name"].rpartition(".")[2]

    def values(self, price=20.0, qty=1, **more):
        """An order as the page sends it."""
        total = price * qty
        line = {
            "uuid": str(uuid.uuid4()),
            "product_id": self.product.id,
            "qty": qty,
            "price_unit": price,
            "price_subtotal": total / (1 + self.tax.amount / 100),
            "price_subtotal_incl": total,
            "tax_ids": [[6, 0, self.tax.ids]],
        }
        return {
            "uuid": str(uuid.uuid4()),
            "access_token": str(uuid.uuid4()),
            "state": "draft",
            "session_id": self.kiosk_session.id,
            "amount_total": total,
            "amount_tax": 0,
            "amount_paid": 0,
            "amount_return": 0,
            "lines": [[0, 0, line]],
            "payment_ids": [],
            "relations_uuid_mapping": {},
            **more,
        }

    def process(self, values, kiosk=None):
        """Odoo's own route: the order is stored, without a payment; returns the whole answer."""
        return self.ask(
            "/pos-self-order/process-order/kiosk",
            order=values,
            access_token=(kiosk or self.kiosk).access_token,
            table_identifier=None,
        )

    def pay(self, values, kiosk=None, **more):
        """*Pay*: the order is stored, and its payment line made; returns the whole answer."""
        kiosk = kiosk or self.kiosk
        return self.ask(
            f"/kiosk/payment/{kiosk.id}/kiosk",
            order=values,
            access_token=kiosk.access_token,
            payment_method_id=self.glase_method.id,
            **more,
        )

    def ordered(self, **values):
        """An order whose payment is to be sent."""
        values = self.values(**values)
        answer = self.pay(values)
        self.assertEqual(answer["result"]["payment_status"], {"to_be_sent": True}, answer)
        return self.order_of(values)

    def order_of(self, values):
        return self.env["pos.order"].search([("uuid", "=", values["uuid"])])

    def door_of_kiosk(self, name, order, attempt="1", kiosk=None, **more):
        """Ask one of the kiosk's routes about an order; returns its answer, or the error."""
        asked = {
            "access_token": (kiosk or self.kiosk).access_token,
            "order_access_token": order.access_token,
            "attempt": attempt,
            **more,
        }
        answer = self.ask(f"/pos_self_order_glase/{name}", **asked)
        return answer.get("result", answer)

    def out(self, **values):
        """An order whose bill is out (attempt 1)."""
        order = self.ordered(**values)
        self.assertEqual(self.door_of_kiosk("send", order)["state"], "issued")
        return order

    def status(self, order, attempt="1"):
        """The page asks, a second later."""
        self.advance(1)
        return self.door_of_kiosk("status", order, attempt)

    def paid(self):
        """An order that the guest has paid."""
        order = self.out()
        self.guest("pay")
        self.assertEqual(self.status(order)["end"], "paid")
        return order

    def pay_unheard(self, order):
        """The guest pays, and the answer that says so is lost."""
        self.guest("pay")
        self.simulator.faults({"operation": "getPaymentStatus", "kind": "drop-after", "count": 1})
        self.status(order)

    def pay_and_be_gone(self, order):
        """As :meth:`pay_unheard`, and the guest leaves: the server finds it paid, and that no order has it."""
        self.pay_unheard(order)
        self.door_of_kiosk("leave", order)
        self.run_job()
        self.advance(31)
        self.run_job()

    def guest(self, action):
        """The guest does something with the phone."""
        return self.customer(action, self.kiosk_terminal)

    def rows(self, order):
        rows = self.env["glase.transaction"].search([("order_uuid", "=", order.uuid)])
        rows.invalidate_recordset()
        return rows

    def sent(self):
        """How many bills of this kiosk Glase has heard of in this test."""
        return self._sent() - self.sent_before

    def _sent(self):
        return sum(
            call["operation"] == "sendInvoice"
            and call["principal_id"] == self.kiosk_terminal.terminal_identifier
            for call in self.simulator.journal()["calls"]
        )
