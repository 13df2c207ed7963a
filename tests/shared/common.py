"""What the Odoo tests stand on: a real simulator process and a till registered with it."""

import math
import uuid
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

from odoo import api
from odoo.tests import tagged

from ...glase import Client, Principal
from ...models.ledger import settlement
from ...models.support import clock
from ...rules import polling, state_machine
from .jobs import jobs
from .shared_till import SharedTillCommon
from .simulator_process import SimulatorProcess

RESELLER, RESELLER_USER, RESELLER_PASSWORD = "demo", "9900", "demo"
# When it was heard last is written every few seconds only.
SILENT_SECONDS = state_machine.SILENT_TILL_SECONDS + polling.HEARTBEAT.total_seconds() + 1
TERMINAL_PASSWORD = "terminal-secret-5d1c9a"


@tagged("post_install", "-at_install")
class GlaseCommon(SharedTillCommon):
    """A till that takes Glase payments from a simulator with its own process and port."""

    # Seconds that a request waits for the one before it; on a busy machine each may take long.
    test_cursor_lock_timeout = 300

    # Of its command line.
    simulator_options = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A test's cursors are of one thread.
        cls.startClassPatcher(patch.object(settlement, "AT_ONCE", 1))
        cls.simulator = SimulatorProcess(*cls.simulator_options)
        cls.addClassCleanup(cls.simulator.stop)
        cls.company = cls.main_pos_config.company_id
        cls.account = cls.env["glase.account"].create(
            {
                "name": "Fjällboden",
                "company_id": cls.company.id,
                "environment": "test",
                "endpoint": cls.simulator.endpoint,
                "reseller_id": RESELLER,
                "reseller_user": RESELLER_USER,
                "reseller_password": RESELLER_PASSWORD,
                "shop_name": "Fjällboden",
            }
        )
        cls.glase_journal = cls.env["account.journal"].create(
            {"name": "Glase", "type": "bank", "code": "GLA", "company_id": cls.company.id}
        )
        cls.glase_method = cls.env["pos.payment.method"].create(
            {
                "name": "Glase",
                "journal_id": cls.glase_journal.id,
                "company_id": cls.company.id,
                "payment_method_type": "terminal",
                "use_payment_terminal": "glase",
            }
        )
        cls.main_pos_config.payment_method_ids += cls.glase_method
        cls.terminal = cls._registered_terminal(cls.main_pos_config)
        # Prices with the tax in them, so that Odoo's own sums come to the same total.
        cls.tax = cls.company_data["default_tax_sale"].copy(
            {"name": "Tax in the price", "price_include_override": "tax_included"}
        )
        cls.cash_method = cls.main_pos_config.payment_method_ids.filtered("is_cash_count")[:1]

    @classmethod
    def _registered_terminal(cls, config):
        """A registration that the simulator knows, with a Glase ID of its own."""
        glase_id = f"TILL{uuid.uuid4().hex[:8].upper()}"
        client = Client(cls.simulator.endpoint)
        reseller = Principal.reseller(RESELLER, RESELLER_USER, RESELLER_PASSWORD)
        external = f"test/{uuid.uuid4().hex}"
        identifier = client.register_terminal(
            reseller, external, TERMINAL_PASSWORD, config.name
        ).terminal_id
        client.assign_seqr_id(Principal.terminal(identifier, TERMINAL_PASSWORD), glase_id)
        return (
            cls.env["glase.terminal"]
            .sudo()
            .create(
                {
                    "account_id": cls.account.id,
                    "config_id": config.id,
                    "name": config.name,
                    "external_identifier": external,
                    "terminal_identifier": identifier,
                    "password": TERMINAL_PASSWORD,
                    "glase_id": glase_id,
                    "state": "ready",
                    "environment": cls.account.environment,
                    "endpoint": cls.account.endpoint,
                    "reseller_id": RESELLER,
                }
            )
        )

    def setUp(self):
        super().setUp()
        self.simulator.faults()

    @classmethod
    def _request_handler(cls, s, r, **kwargs):
        """Let the client's own short timeouts stand: Odoo's test guard wants numbers only."""
        if isinstance(kwargs.get("timeout"), tuple):
            kwargs["timeout"] = max(kwargs["timeout"])
        return super()._request_handler(s, r, **kwargs)

    def open_register(self, config=None):
        """Open a session of the till as its cashier; returns the session."""
        config = config or self.main_pos_config
        config.with_user(self.pos_user).open_ui()
        session = config.current_session_id
        session.set_opening_control(0, "")
        return session

    def fall_silent(self):
        """So much time goes by that a till which asked just now counts as silent."""
        self.advance(SILENT_SECONDS)

    def advance(self, seconds):
        """Move the ledger's clock and the simulator's together."""
        self.env.flush_all()
        # Past Odoo: it would forget all that it remembers, and the clock is read past it, too.
        self.env.cr.execute(
            "INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s)"
            " ON CONFLICT (key) DO UPDATE SET"
            " value = (ir_config_parameter.value::float + EXCLUDED.value::float)::text",
            (clock.OFFSET_PARAMETER, str(seconds)),
        )
        self.env["ir.config_parameter"].invalidate_model()
        self.simulator.advance(seconds)

    def set_unit(self, unit):
        """The smallest amount of the till's currency; Odoo lets nobody change it once there are entries."""
        self.env.flush_all()
        places = max(0, math.ceil(math.log10(1 / unit)))
        self.env.cr.execute(
            "UPDATE res_currency SET rounding = %s, decimal_places = %s WHERE id = %s",
            (unit, places, self.main_pos_config.currency_id.id),
        )
        self.env.registry.clear_cache("stable")
        self.env.invalidate_all()

    def profile(self, **settings):
        """Let the simulator behave in another way until the end of the test."""
        self.simulator.request("PUT", "/api/profile", settings)
        self.addCleanup(self.simulator.request, "PUT", "/api/profile", {})

    def customer(self, action, terminal=None):
        """Let the customer at the till's sticker do something."""
        return self.simulator.customer((terminal or self.terminal).glase_id, action)

    def draft_order(self, session, amount, price=None, tenders=(), status="pending"):
        """Store a draft order with one Glase line, as the till does before it sends.

        :param float amount: of the Glase line
        :param float price: of the order's only product; ``amount`` if not given
        :param tenders: further payments as ``(method, amount)``
        :return: the order and the uuid of its Glase line
        """
        price = amount if price is None else price
        line_uuid = str(uuid.uuid4())
        payments = [
            {
                "uuid": line_uuid,
                "amount": amount,
                "payment_method_id": self.glase_method.id,
                "payment_status": status,
            },
            *({"amount": sum_, "payment_method_id": method.id} for method, sum_ in tenders),
        ]
        values = self.order_values(session, price, payments)
        self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])
        order = self.env["pos.order"].search([("uuid", "=", values["uuid"])])
        return order, line_uuid

    def order_values(self, session, price, payments, state="draft", order_uuid=None):
        """The values of an order as the till sends them."""
        product = self.env["product.product"].search([("available_in_pos", "=", True)], limit=1)
        tax = self.tax
        line = {
            "product_id": product.id,
            "full_product_name": product.name,
            "qty": 1,
            "price_unit": price,
            "price_subtotal": price / (1 + tax.amount / 100),
            "price_subtotal_incl": price,
            "tax_ids": [(6, 0, tax.ids)],
        }
        return {
            "uuid": order_uuid or str(uuid.uuid4()),
            "access_token": str(uuid.uuid4()),
            "state": state,
            "session_id": session.id,
            "amount_total": price,
            "amount_tax": 0,
            "amount_paid": sum(payment["amount"] for payment in payments),
            "amount_return": 0,
            "lines": [(0, 0, line)],
            "payment_ids": [(0, 0, payment) for payment in payments],
        }

    def validate(self, order, line_uuid):
        """Sync an order as paid whose Glase line the till says is done."""
        line = order.payment_ids.filtered(lambda payment: payment.uuid == line_uuid)
        values = self.order_values(order.session_id, order.amount_total, [], "paid", order.uuid)
        values.update(
            lines=[],
            amount_paid=order.amount_total,
            payment_ids=[(1, line.id, {"payment_status": "done"})],
        )
        self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])

    def left_half_closed(self):
        """Leave the session in closing control, over an order of 20 whose payment nothing proves."""
        order, line = self.draft_order(self.pos_session, 20)
        self.validate(order, line)
        case = self.env["glase.case"].sudo().search([("payment_id", "in", order.payment_ids.ids)])
        case.state = "settled"
        self.env.flush_all()
        self.pos_session.update_closing_control_state_session("")
        self.env.cr.postcommit.run()
        case.state = "open"
        self.env.flush_all()

    def door(self, name, **params):
        """Ask one of the till's routes, as the till that is logged in."""
        params.setdefault("config_id", self.main_pos_config.id)
        return self.make_jsonrpc_request(f"/pos_glase/{name}", params, timeout=30)

    def send(self, order, line_uuid, amount=None, attempt="1"):
        """Send the bill of an order's Glase line."""
        line = order.payment_ids.filtered(lambda payment: payment.uuid == line_uuid)
        return self.door(
            "send",
            order_uuid=order.uuid,
            line_uuid=line_uuid,
            attempt=attempt,
            amount=amount or f"{line.amount:.2f}",
            cashier="Maja",
        )

    def sent(self, amount=20, **options):
        """A bill that is out: its order and the uuid of its Glase line (attempt 1)."""
        order, line = self.draft_order(self.pos_session, amount, **options)
        self.assertEqual(self.send(order, line)["state"], "issued")
        return order, line

    def paid_bill(self, amount=20):
        """A bill that the customer has paid, as the till knows; its order is still the draft that was sent."""
        order, line = self.sent(amount)
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        return order, line

    def ask(self, line):
        """The till asks once about a line's first attempt."""
        return self.door("status", line_uuid=line, attempt="1")

    def leave(self, line):
        """The cashier leaves a line's first attempt open."""
        return self.door("leave", line_uuid=line, attempt="1")

    def pay_and_leave(self, line):
        """The customer pays, the answer is lost, the cashier leaves the line open: the server finds it paid."""
        self.customer("pay")
        self.simulator.faults({"operation": "getPaymentStatus", "kind": "drop-after", "count": 1})
        self.ask(line)
        self.leave(line)
        self.run_job()
        self.advance(31)
        self.run_job()

    def run_job(self):
        """Let the scheduled job work once."""
        self.env.flush_all()
        with self.registry.cursor() as cr:
            self.env(cr=cr)["glase.transaction"].sudo()._cron_settle()
        self.env.invalidate_all()

    def run_each_job(self):
        """Let each scheduled job of the module work once, as Odoo calls it."""
        self.env.flush_all()
        for job in jobs(self.env):
            with self.registry.cursor() as cr:
                model = self.env(cr=cr)[job.model_id.model].sudo()
                method = job.code.removeprefix("model.").removesuffix("()")
                # One that waits for what is due in seconds would wait for a clock that stands.
                getattr(model, {"_cron_periods": "_work_due"}.get(method, method))()
        self.env.invalidate_all()

    def cases(self, line_uuid, state="open"):
        """The kinds of the open cases about a line, whether they name its row or its payment."""
        self.env.invalidate_all()
        payment = self.env["pos.payment"].search([("uuid", "=", line_uuid)])
        rows = self.env["glase.transaction"].search([("line_uuid", "=", line_uuid)])
        cases = self.env["glase.case"].search(
            [
                ("state", "=", state),
                "|",
                ("transaction_id", "in", rows.ids),
                ("payment_id", "in", payment.ids or [0]),
            ]
        )
        return sorted(cases.mapped("kind"))

    def let_round(self, method, env=None):
        """Let the till round by another coin, or not at all; with an open register Odoo refuses it to everybody.

        :param method: an ``account.cash.rounding``, or none
        """
        env = env or self.env
        env.flush_all()
        env.cr.execute(
            "UPDATE pos_config SET cash_rounding = %s, rounding_method = %s,"
            " only_round_cash_method = FALSE WHERE id = %s",
            (bool(method), method.id or None, self.main_pos_config.id),
        )
        env.invalidate_all()

    @contextmanager
    def office(self, user=None):
        """An environment as a request of the back office has it: it may be committed.

        :param user: who asks; the Point of Sale administrator by default
        """
        self.env.flush_all()
        with self.registry.cursor() as cr:
            context = {"allowed_company_ids": self.company.ids}
            yield api.Environment(cr, (user or self.pos_admin).id, context)
        self.env.invalidate_all()

    def row(self, line_uuid):
        """The newest ledger row of a line."""
        rows = self.env["glase.transaction"].search([("line_uuid", "=", line_uuid)])
        rows.invalidate_recordset()
        return rows[:1]

    def replayed(self, row):
        """The state that the row's events lead to."""
        state = state_machine.Row(kind=row.kind)
        for event in row.event_ids.sorted("id"):
            if event.outcome == state_machine.NOTE:
                move = state_machine.REQUESTS.get(event.operation, {})
                state = replace(state, state=move.get(state.state, state.state))
                continue
            verdict = state_machine.judge(
                state,
                state_machine.Evidence(
                    event.operation,
                    event.outcome,
                    code=event.code,
                    status=event.status or None,
                    invoice_reference=event.invoice_reference or None,
                    ers_reference=event.ers_reference or None,
                ),
            )
            said_paid = verdict.values.get("said_paid", state.said_paid)
            state = replace(state, state=verdict.state, said_paid=said_paid)
            self.assertEqual(event.state, state.state, "the event says which state it led to")
        return state.state
