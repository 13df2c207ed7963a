"""How orders come to the server: once, twice, edited, split, though nothing was paid."""

from world.order import Order, new_uuid


class OrdersCome:
    """Steps of a :class:`steps.play.Play` with which an order is finished, or changed past the till."""

    def _do_finish(self, step, order):
        how = step["how"]
        if order.stored != "draft":
            return False
        done = order.state == ("refunded" if order.original else "paid")
        if how == "forged" or (how == "unknown" and order.original and order.state == "unknown"):
            done = True
        elif how == "forced":
            done = bool(order.view and order.view["forced"])
        if not done:
            return False
        if how in ("edited", "forged", "split", "forced"):
            order.taint(how)
        sign = -1 if order.original else 1
        shift = 1 if how == "edited" else 0
        amount = order.amount - shift
        lines = [(1, order.payment_id, {"payment_status": "done", "amount": sign * amount})]
        rest = round(order.total - order.cash - amount, 2)
        if rest:
            lines.append((0, 0, self._cash(order, sign * rest)))
        values = self._order_values(order, "paid")
        values.update(lines=[], payment_ids=lines)
        if how == "split" and not self._split(order, step):
            return None
        self._sync(order, values, step)
        if how == "twice":
            self._sync(order, self._order_values(order, "paid") | values, {})
        return None

    def _split(self, order, step):
        """The payment is moved to another order, and then sold as this one's all the same."""
        other = Order(f"{order.label}'", order.till, order.amount, 0, order.original)
        other.taint("split")
        self.orders[other.label] = other
        self.world.orders_by_reference[other.line_uuid] = other
        if not self._store_draft(other, {}):
            return False

        def work(env):
            env["pos.payment"].browse(order.payment_id).write({"pos_order_id": other.id})

        self.world.request("cashier", work, order, **self._plan(step))
        return True

    def _do_edit(self, step, order):
        """Somebody changes what was stored, past the till."""
        if not order.payment_id or not (order.attempt or step.get("early")):
            return False
        order.taint("edited")
        what = step["what"]

        def work(env):
            payment = env["pos.payment"].browse(order.payment_id).exists()
            match what:
                case "amount":
                    payment.write({"amount": order.amount - 1})
                case "method":
                    cash = self.world.cash_ids[order.till.config_id]
                    payment.write({"payment_method_id": cash})
                case "unlink":
                    payment.unlink()
                case "uuid":
                    payment.write({"uuid": new_uuid()})
                case "draft":
                    env["pos.order"].remove_from_ui([order.id])
                case "total":
                    sold = env["pos.order"].browse(order.id).exists()
                    sold.write({"amount_total": sold.amount_total + 1})
                case "claim":
                    payment.write({"payment_status": "done", "transaction_id": "forged"})

        self.world.request("manager", work, order, **self._plan(step))
        self._look(order)
        return None

    def _look(self, order):
        """What the database has of an order; returns whether that has changed."""
        rows = self.world.sql(
            "SELECT o.state, p.id FROM pos_order o LEFT JOIN pos_payment p"
            " ON p.pos_order_id = o.id AND p.uuid = %s WHERE o.uuid = %s",
            order.line_uuid,
            order.uuid,
        )
        before = order.stored
        order.stored, order.payment_id = rows[0] if rows else ("gone", None)
        return order.stored != before
