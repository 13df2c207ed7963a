"""What a run does besides the till's sales: refunds, registrations, sessions, cases."""

from odoo.addons.pos_glase.models.refunds.refund_till import RefundTill
from odoo.addons.pos_glase.rules import case_kinds, state_machine


class BackOffice:
    """Steps of a :class:`steps.play.Play` for which a manager, or a second order, is needed."""

    # === Refunds ===

    def _do_refund(self, step, order):
        """Begin a refund order for a finished sale; it is sent like a sale."""
        if order.stored != "paid" or order.original or step["as"] in self.orders:
            return False
        till = self.tills[step["till"]]
        refund = type(order)(
            step["as"], till, round(min(step["amount"], order.amount), 2), 0, order
        )
        self.orders[refund.label] = refund
        self.world.orders_by_reference[refund.line_uuid] = refund
        if order.taints:
            refund.taint("of a tainted sale")
        return self._store_draft(refund, step)

    def _do_reverse(self, step, order):
        """*Reverse* on a done line before the order is validated."""
        if order.state != "paid" or order.stored != "draft" or order.original:
            return False
        attempt = f"{order.attempt}/reverse/{step['press']}"

        def work(env):
            return RefundTill(env).reverse(
                order.till.config_id, order.line_uuid, order.attempt, attempt
            )

        view = self.world.request("cashier", work, order, **self._plan(step))
        order.taint("reverse")
        if not view:
            return None
        if not view["ok"]:
            self.world.counts[f"refused: {view['reason']}"] += 1
            return None
        self._check_refund(order, view)
        if view["state"] == "refunded":
            # The line is gone: what was sold may be paid anew.
            order.attempt = order.view = None
        return None

    def _do_office_refund(self, step, order):
        """*Refund* on a paid transaction, in the back office."""
        row_id = self._paid_row(order)
        if not row_id:
            return False
        order.taint("office refund")

        def work(env):
            wizard = env["glase.refund"].create({"transaction_id": row_id, "reason": "Returned"})
            if step["amount"]:
                wizard.amount = min(step["amount"], wizard.refundable_amount)
            wizard.action_refund()
            return True

        if self.world.request("manager", work, order, **self._plan(step)) is True:
            self.world.counts["refunded in the back office"] += 1
        return None

    def _paid_row(self, order):
        rows = self.world.sql(
            "SELECT id FROM glase_transaction WHERE line_uuid = %s AND kind = 'payment'"
            " AND state = 'paid' ORDER BY id DESC LIMIT 1",
            order.line_uuid,
        )
        return rows[0][0] if rows else None

    # === Cases ===

    def has_money_without_order(self):
        """Whether an open case says that a payment has no order."""
        return bool(self.money_without_order())

    def money_without_order(self):
        return self.world.sql(
            "SELECT c.id, t.line_uuid FROM glase_case c JOIN glase_transaction t"
            " ON t.id = c.transaction_id WHERE c.state = 'open' AND c.kind = %s"
            " ORDER BY c.id LIMIT 1",
            case_kinds.without_order(state_machine.PAYMENT),
        )

    def _do_attach(self, step, _order):
        """A manager attaches a payment without an order to one that waits for such an amount."""
        found = self.money_without_order()
        if not found:
            return False
        case_id, line_uuid = found[0]

        def work(env):
            case = env["glase.case"].browse(case_id)
            waiting = case.attachable_order_ids.sorted("id")
            if waiting:
                case.attach_order_id = waiting[step["pick"] % len(waiting)]
            case.action_attach()
            return True

        if self.world.request("manager", work, **self._plan(step)) is True:
            self.world.counts["attached"] += 1
        for order in self.orders.values():
            if order.line_uuid == line_uuid:
                order.taint("attached")
            elif order.stored == "draft" and self._look(order):
                order.taint("attached to")
        return None

    # === Registrations ===

    def _do_register(self, step, _order):
        """The till is registered anew, and gets another sticker."""
        till = self.tills[step["till"]]
        terminal_id = self._live_terminal(till)
        if not terminal_id:
            return False

        def replace(env):
            return env["glase.terminal"].browse(terminal_id)._ask_replace().ok

        if self.world.request("manager", replace, **self._plan(step)) is True:
            self.world.counts["registered anew"] += 1
            self._assign(till)
        return None

    def _live_terminal(self, till):
        rows = self.world.sql(
            "SELECT id, password FROM glase_terminal WHERE config_id = %s AND active"
            " AND state IN ('ready', 'registered') ORDER BY id DESC LIMIT 1",
            till.config_id,
        )
        if not rows:
            return None
        self.world.leak_watch.secrets.add(rows[0][1])
        return rows[0][0]

    def _assign(self, till):
        self.stickers += 1
        glase_id = f"HUNT{till.config_id}N{self.stickers}"
        terminal_id = self._live_terminal(till)

        def assign(env):
            return env["glase.terminal"].browse(terminal_id)._ask_assign(glase_id).ok

        if self.world.request("manager", assign) is True:
            till.glase_id = glase_id

    def make_ready(self, till):
        """Bring an interrupted registration to its end, as a manager would."""
        for _try in range(5):
            rows = self.world.sql(
                "SELECT state, glase_id FROM glase_terminal WHERE id = %s",
                self._live_terminal(till),
            )
            if rows and rows[0][0] == "ready":
                till.glase_id = rows[0][1]
                return
            self.world.advance(61)
            self._assign(till)
        self.world.blame("5 nothing is left", f"till {till.config_id} cannot be made ready")
