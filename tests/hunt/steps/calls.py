"""What anybody with a log-in can do to an order, a payment or a session: Odoo's own methods, one a name."""

from world.order import Order

from odoo.addons.pos_glase.models.cases import progress
from odoo.addons.pos_glase.rules import case_kinds

# What a manager types on a case; a case that was settled with it was decided by a person.
REASON = "Glase's support says so"
# What is written to an order or to its payment; None stands for what the run decides.
WRITTEN = {
    "order.state": {"state": "paid"},
    "order.session": {"session_id": False},
    "payment.status": {"payment_status": "done"},
}
# Actions of a case, as a step names them.
OF_CASES = {
    "case.old_amount": case_kinds.OLD_AMOUNT,
    "case.unpaid": case_kinds.NOT_PAID,
    "case.order": case_kinds.MAKE_REFUND_ORDER,
    "case.attach": case_kinds.ATTACH,
    "case.settle": case_kinds.SETTLE,
    "case.refunded": case_kinds.WAS_REFUNDED,
    "case.unmade": case_kinds.WAS_NOT_REFUNDED,
    "case.repeat": case_kinds.REPEAT_REFUND,
}


class Calls:
    """Steps of a :class:`steps.play.Play` past the till: ``{"do": "call", "what": a name, "order": label}``."""

    def _do_call(self, step, order):
        """One call; what it finds refused is refused, and that is all."""
        order.taint(step["what"])
        work = self._call(step["what"], order)
        told = self.world.request(step.get("login", "manager"), work, order, **self._plan(step))
        self.world.counts[f"call {step['what']}: {'refused' if told is not True else 'done'}"] += 1
        for one in list(self.orders.values()):
            self._look(one)

    def _call(self, what, order):
        """What is done for a name, with an environment; of :data:`OF_CASES`, of :data:`WRITTEN`, or a method here."""
        if what in OF_CASES:
            return self._on_case(OF_CASES[what])
        if what in WRITTEN:
            return self._written(what, order)
        return getattr(self, f"_call_{what.replace('.', '_')}")(order)

    @staticmethod
    def _written(what, order):
        model = f"pos.{what.partition('.')[0]}"

        def work(env):
            record = order.id if model == "pos.order" else order.payment_id
            return env[model].browse(record).write(dict(WRITTEN[what]))

        return work

    # === An order ===

    def _call_order_paid(self, order):
        return lambda env: env["pos.order"].browse(order.id).action_pos_order_paid()

    def _call_order_cancel(self, order):
        return lambda env: bool(env["pos.order"].browse(order.id).action_pos_order_cancel()) or True

    def _call_order_unlink(self, order):
        return lambda env: env["pos.order"].browse(order.id).unlink()

    def _call_order_stored(self, order):
        """The draft is stored again: by a second device, or twice at once by one till."""
        values = self._order_values(order, "draft")
        line = (1, order.payment_id, {"payment_status": "waiting", "amount": order.amount})
        values.update(lines=[], payment_ids=[line])

        def work(env):
            env["pos.order"].sync_from_ui([dict(values)])
            return True

        return work

    def _call_order_saved(self, order):
        """As a kiosk finishes an order, or a case that was attached to it, if it is a draft still."""

        def work(env):
            draft = env["pos.order"].browse(order.id)
            return draft.state == "draft" and bool(draft._process_saved_order(False))

        return work

    def _call_order_wizard(self, order):
        """*Payment* in the back office, of nothing: the order is finished with what it has."""
        values = {"amount": 0, "payment_method_id": self.world.method_id}

        def work(env):
            wizards = env["pos.make.payment"].with_context(active_id=order.id)
            wizards.create(values).check()
            return True

        return work

    def _call_order_cash(self, order):
        """Another device of the till: it is paid in cash, without its Glase line."""
        sign = -1 if order.original else 1
        values = self._order_values(order, "paid")
        cash = (0, 0, self._cash(order, sign * order.amount))
        values.update(lines=[], payment_ids=[(2, order.payment_id), cash])

        def work(env):
            env["pos.order"].sync_from_ui([dict(values)])
            return True

        return work

    # === A payment ===

    def _call_payment_move(self, order):
        other = self._another(order)
        return lambda env: (
            env["pos.payment"].browse(order.payment_id).write({"pos_order_id": other.id})
        )

    def _call_payment_link(self, order):
        other = self._another(order)

        def work(env):
            link = [(4, order.payment_id, 0)]
            return env["pos.order"].browse(other.id).write({"payment_ids": link})

        return work

    def _another(self, order):
        """A draft of the same till, which a payment is moved to."""
        label = f"{order.label}''"
        if label not in self.orders:
            other = Order(label, order.till, 3, 0)
            other.taint("moved to")
            self.orders[label] = other
            self.world.orders_by_reference[other.line_uuid] = other
            self._store_draft(other, {})
        return self.orders[label]

    # === The till ===

    def _call_session_close(self, order):
        """*Close Register*: the last of its requests is the one that is meant."""
        session_id = self.world.session_id(order.till.config_id)

        def work(env):
            env["pos.session"].browse(session_id).action_pos_session_closing_control()
            return True

        return work

    def _call_till_unregister(self, order):
        terminal_id = self._live_terminal(order.till)
        return lambda env: env["glase.terminal"].browse(terminal_id)._ask_unregister().ok

    def _call_till_register(self, order):
        terminal_id = self._live_terminal(order.till)
        return lambda env: env["glase.terminal"].browse(terminal_id)._ask_replace().ok

    def _call_till_mark(self, order):
        """*Mark Period* on the terminal, in the middle of the day."""
        terminal_id = self._live_terminal(order.till)
        return lambda env: bool(env["glase.terminal"].browse(terminal_id).action_mark_period())

    def _call_till_assign(self, order):
        terminal_id = self._live_terminal(order.till)
        self.stickers += 1
        sticker = f"HUNT{order.till.config_id}N{self.stickers}"
        return lambda env: env["glase.terminal"].browse(terminal_id)._ask_assign(sticker).ok

    def _call_receipt_job(self, _order):
        """The job that hands over receipts: what it says of a row is read beside whatever changes that row."""

        def work(env):
            env["glase.receipt"]._cron_receipts()
            return bool(env["glase.receipt"].search_count([("state", "=", "submitted")], limit=1))

        return work

    # === A case ===

    def _do_fill_in(self, _step, order):
        """What managers have typed on each open case, with this order to attach to: stored before they decide."""

        def work(env):
            cases = env["glase.case"].search([("state", "=", "open")])
            cases.write({"reason": REASON, "attach_order_id": order.id})
            return True

        self.world.request("manager", work, order)

    def _do_unsure(self, _step, order):
        """Glase's receipt of a bill whose amount was being changed has named no amount."""
        self.world.sql(
            "UPDATE glase_transaction SET proposing = true, proposed_amount = amount - 1,"
            " receipt_amount = 0, receipt_currency = NULL WHERE line_uuid = %s",
            order.line_uuid,
        )
        row_id = self._paid_row(order)

        def work(env):
            progress.open_case("amount_unknown", env["glase.transaction"].browse(row_id))
            return True

        order.taint("unsure")
        self.world.request(None, work, order)

    def _on_case(self, action):
        """An action of the case that is open longest of those that offer it."""
        found = self.world.sql(
            "SELECT id FROM glase_case WHERE state = 'open' AND kind = ANY(%s) ORDER BY id LIMIT 1",
            list(case_kinds.offering(action)),
        )

        def work(env):
            getattr(env["glase.case"].browse(found[0][0]), action)()
            return True

        return work if found else lambda _env: False
