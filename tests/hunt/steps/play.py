"""One run, step by step: two tills, their customers, the back office, and time.

A step is a small dict, so that a run can be printed, repeated and shortened. A step that makes no
sense where it stands (because shrinking took away what it needs) does nothing.
"""

from oracle.ends import no_bill_for_nothing
from steps.back_office import BackOffice
from steps.calls import Calls
from steps.days import Days
from steps.decide import Decisions
from steps.orders_come import OrdersCome
from world.order import Order, Till, new_uuid
from world.world import REFUSALS

from odoo.addons.pos_glase.models.ledger.push import Push
from odoo.addons.pos_glase.models.refunds.refund_till import RefundTill

# What may not have happened to an order whose payment must come out without a person's help.
SILENCE_SECONDS = 15


VERIFIED_BY_NOTHING = """
    SELECT o.uuid, p.amount FROM pos_payment p JOIN pos_order o ON o.id = p.pos_order_id
     WHERE p.payment_method_id = %s AND p.amount <> 0 AND p.glase_unverified IS NOT TRUE
       AND p.is_change IS NOT TRUE AND o.state IN ('paid', 'done')
       AND NOT EXISTS (SELECT 1 FROM glase_transaction t WHERE t.payment_id = p.id
                          AND t.refund_claim IS NULL AND t.state IN ('paid', 'refunded'))
"""


class Play(OrdersCome, BackOffice, Decisions, Days, Calls):
    """Plays steps in a world.

    :param world: a :class:`world.world.World` in which a run was begun
    :param glase_ids: the stickers of its tills
    """

    def __init__(self, world, glase_ids):
        self.world = world
        self.tills = [
            Till(config_id, glase_id)
            for config_id, glase_id in zip(world.config_ids, glase_ids, strict=True)
        ]
        self.orders = {}
        self.stickers = 0

    def play(self, step):
        """Play one step; unknown orders and senseless moments are passed over."""
        kind = step["do"]
        order = None
        if "order" in step and kind != "sell":
            order = self.orders.get(step["order"])
            if order is None:
                return
        around, self.world.step = self.world.step, kind
        result = getattr(self, f"_do_{kind}")(step, order)
        self.world.step = around
        if result is not False:
            self.world.counts[f"step: {kind}"] += 1
        if "overlap" in step:
            self._check_verified()
            no_bill_for_nothing(self.world)

    def _check_verified(self):
        """What an order calls proven is proven by a row that is its own.

        Asked at once: a later write would prove it again, and find out by luck.
        """
        for order_uuid, amount in self.world.sql(VERIFIED_BY_NOTHING, self.world.method_id):
            self.world.blame(
                "6 no done without paid",
                f"order {order_uuid} is finished and says that {amount} was paid with Glase, but its "
                "payment has no row that is paid and not given back",
            )

    def _plan(self, step):
        plan = {name: step[name] for name in ("kill", "conflict") if name in step}
        if "overlap" in step:
            write, inner = step["overlap"]
            self.world.counts[f"overlap: {step['do']} with {inner['do']}"] += 1
            plan["overlap"] = (write, lambda: self.play(inner))
        if "meanwhile" in step:
            operation, phase, inner = step["meanwhile"]
            plan["inner"] = (operation, phase, lambda: self.play(inner))
        return plan

    # === The till ===

    def _do_sell(self, step, _order):
        if step["order"] in self.orders:
            return False
        order = Order(step["order"], self.tills[step["till"]], step["amount"], step.get("cash", 0))
        self.orders[order.label] = order
        self.world.orders_by_reference[order.line_uuid] = order
        return self._store_draft(order, step)

    def _store_draft(self, order, step):
        sign = -1 if order.original else 1
        payments = [
            {
                "uuid": order.line_uuid,
                "amount": sign * order.amount,
                "payment_method_id": self.world.method_id,
                "payment_status": "pending",
            }
        ]
        if order.cash:
            payments.append(self._cash(order, sign * order.cash))
        line = self._order_line(order.total)
        if order.original:
            line.update(qty=-1, refunded_orderline_id=self._line_id(order.original))
            for name in ("price_subtotal", "price_subtotal_incl"):
                line[name] = -order.total
        values = self._order_values(order, "draft")
        values.update(lines=[(0, 0, line)], payment_ids=[(0, 0, payment) for payment in payments])
        return self._sync(order, values, step)

    def _cash(self, order, amount):
        cash_id = self.world.cash_ids[order.till.config_id]
        return {"amount": round(amount, 2), "payment_method_id": cash_id}

    def _line_id(self, order):
        rows = self.world.sql(
            "SELECT l.id FROM pos_order_line l JOIN pos_order o ON o.id = l.order_id"
            " WHERE o.uuid = %s ORDER BY l.id LIMIT 1",
            order.uuid,
        )
        return rows[0][0] if rows else False

    def _sync(self, order, values, step):
        plan = self._plan(step)

        def work(env):
            env["pos.order"].sync_from_ui([dict(values)])
            stored = env["pos.order"].search([("uuid", "=", order.uuid)])
            line = stored.payment_ids.filtered(lambda payment: payment.uuid == order.line_uuid)
            return stored.id, line.id, stored.state

        told = self.world.request("cashier", work, order, **plan)
        if isinstance(told, tuple):
            order.id, order.payment_id, order.stored = told
            return True
        return None

    def _order_values(self, order, state):
        total = -order.total if order.original else order.total
        return {
            "uuid": order.uuid,
            "is_refund": bool(order.original),
            "access_token": new_uuid(),
            "state": state,
            "session_id": self.world.session_id(order.till.config_id),
            "amount_total": total,
            "amount_tax": 0,
            "amount_paid": total,
            "amount_return": 0,
        }

    def _order_line(self, amount):
        return {
            "product_id": self.world.product_id,
            "full_product_name": "Wool socks",
            "qty": 1,
            "price_unit": amount,
            "price_subtotal": amount,
            "price_subtotal_incl": amount,
            "tax_ids": [(6, 0, [])],
        }

    def _ask(self, step, order, name, *arguments, login="cashier"):
        """One of the ledger's doors, as the till's cashier; the till keeps what it hears."""

        def work(env):
            return getattr(RefundTill(env), name)(order.till.config_id, *arguments)

        order.unheard = 0.0
        view = self.world.request(login, work, order, **self._plan(step))
        if isinstance(view, REFUSALS):
            self.world.blame("error", f"{name} raised {view!r} instead of a refusal")
        elif view and view["ok"] and view["attempt"] == order.attempt:
            self._hear(order, view)
        elif view and not view["ok"]:
            self.world.counts[f"refused: {view['reason']}"] += 1
            self.world.last_refusal = view
            if name in ("send", "refund") and order.view is None:
                # Refused before a row was made: the next press is a new attempt.
                order.attempt = None
        return view

    def _hear(self, order, view):
        """The till hears a view: what it says must be true at Glase at this moment."""
        order.view = view
        if view["state"] == "paid" and view["amount"]:
            order.amount = float(view["amount"])
        if view["kind"] == "refund":
            self._check_refund(order, view)
        else:
            self._check_payment(order, view)

    def _check_payment(self, order, view):
        with self.world.glase.simulator.transaction() as tx:
            invoice = tx.one(
                "SELECT * FROM invoice WHERE reference = ?", view["invoice_reference"] or ""
            )
            payment = invoice and tx.one(
                "SELECT * FROM payment WHERE invoice_reference = ?", invoice["reference"]
            )
        stands = bool(payment and payment["fetched_at"] and not payment["reversed_at"])
        if view["state"] == "paid" and not (
            stands
            and payment["ers_reference"] == view["reference"]
            and float(payment["amount"]) == order.amount
        ):
            self.world.blame(
                "1 no done without paid",
                f"{order.label} heard paid {view['amount']} {view['reference']}, at Glase: "
                f"{payment and dict(payment)}",
            )
        if view["state"] == "failed" and not invoice and self._was_made(view["id"]):
            self.world.blame(
                "1 no end without proof", f"{order.label} heard failed, but Glase has the bill"
            )
        ended = view["final"] and view["state"] != "paid" and invoice
        kept = payment and not payment["reversed_at"]
        if ended and (kept or invoice["status"] in ("ISSUED", "RESERVED")):
            self.world.blame(
                "1 no end without proof",
                f"{order.label} heard {view['state']}, but at Glase it is {invoice['status']}",
            )

    def _check_refund(self, order, view):
        """A refund is *refunded* or *failed* only if that is what its one call did."""
        made = self._was_made(view["id"])
        if view["final"] and made != (view["state"] == "refunded"):
            self.world.blame(
                "1 no end without proof",
                f"refund {order.label} heard {view['state']}, at Glase it was "
                f"{'made' if made else 'not made'}",
            )

    def _was_made(self, row_id):
        """Whether Glase carried out the one call of a row that moves money."""
        [(reference,)] = self.world.sql(
            "SELECT call_reference FROM glase_transaction WHERE id = %s", row_id
        )
        with self.world.glase.simulator.transaction() as tx:
            return bool(
                tx.one(
                    "SELECT 1 FROM call WHERE client_reference = ? AND code = 0", reference or ""
                )
            )

    def _do_send(self, step, order):
        if order.stored != "draft":
            return False
        state = order.state
        again = (
            order.attempt is None
            or order.view
            and (order.view["final"] or (state == "unknown" and not order.original))
        )
        if again:
            if state in ("paid", "refunded"):
                return False
            order.attempt, order.view = new_uuid(), None
            order.attempts.append(order.attempt)
        self._ask(
            step,
            order,
            "refund" if order.original else "send",
            order.uuid,
            order.line_uuid,
            order.attempt,
            f"{order.amount:.2f}",
        )
        return None

    def _do_update(self, step, order):
        """*Change amount* in the dialog."""
        if order.state != "issued" or order.original:
            return False
        view = self._ask(
            step,
            order,
            "update",
            order.uuid,
            order.line_uuid,
            order.attempt,
            f"{step['amount']:.2f}",
        )
        if view and view.get("view"):
            # Refused by Glase: the customer is looking at the bill already.
            view = view["view"]
            self._hear(order, view)
        if view and view.get("ok") and not view["proposed"] and order.stored == "draft":
            order.amount = float(view["amount"])
            values = self._order_values(order, "draft")
            line = (1, order.payment_id, {"amount": order.amount})
            values.update(lines=[], payment_ids=[line])
            self._sync(order, values, {})
        return None

    def _do_force(self, step, order):
        """A manager marks it as paid."""
        if order.state != "issued":
            return False
        order.taint("force")
        self._ask(
            step, order, "force", order.line_uuid, order.attempt, "Saw the phone", login="manager"
        )
        return None

    def _do_poll(self, step, order):
        if not order.attempt:
            return False
        back = bool(step.get("take_back"))
        if back:
            order.taint("taken back")
        self._ask(step, order, "status", order.line_uuid, order.attempt, back)
        return None

    def _do_cancel(self, step, order):
        if not order.is_open:
            return False
        order.taint("cancel")
        self._ask(step, order, "cancel", order.line_uuid, order.attempt)
        return None

    def _do_leave(self, step, order):
        if not order.is_open:
            return False
        order.taint("leave")
        self._ask(step, order, "leave", order.line_uuid, order.attempt)
        return None

    def _do_reload(self, step, _order):
        """The till is reloaded, or opened in a second tab: it asks for all its lines."""
        till = self.tills[step["till"]]
        mine = [order for order in self.orders.values() if order.till is till]

        def work(env):
            return RefundTill(env).resume(till.config_id, [order.line_uuid for order in mine])

        told = self.world.request("cashier", work, **self._plan(step))
        for view in (told or {}).get("rows", ()):
            order = self.world.orders_by_reference.get(view["line_uuid"])
            if order and view["attempt"] == order.attempt:
                self._hear(order, view)

    # === The customer, time, and the server's own work ===

    def _do_customer(self, step, _order):
        till = self.tills[step["till"]]
        done = self.world.glase.customer(step["act"], till.glase_id)
        if done:
            self.world.counts[f"customer: {step['act']}"] += 1
        return done

    def _do_clock(self, step, _order):
        seconds = step["seconds"]
        self.world.advance(seconds)
        for order in self.orders.values():
            if order.attempt and not (order.view and order.view["state"] == "paid"):
                order.unheard += seconds
                if order.unheard >= SILENCE_SECONDS:
                    order.taint("silence")

    def _do_push(self, step, order):
        """Glase, or anybody, posts to a bill's address: nothing changes by that."""
        invoice = None
        for known in self.world.glase.simulator.journal()["invoices"]:
            if order.view and known["invoice_reference"] == order.view["invoice_reference"]:
                invoice = known
        if not (invoice and invoice["notification_url"]):
            return False
        token = invoice["notification_url"].rpartition("/")[2]
        before = self._state_of(order)
        told = self.world.request(None, lambda env: Push(env).heard(token), **self._plan(step))
        if self._state_of(order) != before or told not in (None, 200, 403):
            self.world.blame("1 a push proves nothing", f"{order.label}: {told}, was {before}")
        return None

    def _state_of(self, order):
        return self.world.sql(
            "SELECT id, state FROM glase_transaction WHERE line_uuid = %s ORDER BY id",
            order.line_uuid,
        )

    def _do_job(self, step, _order):
        self.world.request(
            None, lambda env: env["glase.transaction"]._cron_settle(), **self._plan(step)
        )

    def _do_fault(self, step, _order):
        fault = {name: value for name, value in step.items() if name != "do"}
        self.world.glase.add_fault(fault)
