"""What the tests of refunds share: orders that were paid with Glase, and refunds of them."""

import uuid

from .common import GlaseCommon


class RefundCommon(GlaseCommon):
    """A till with orders that were paid with Glase, and refund orders for them."""

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        self.given_before, self.received_before = 0, {}
        self.given_before = len(self.refunds_at_glase())
        for operation in ("refundPayment", "sendInvoice"):
            self.received_before[operation] = self.received(operation)

    def paid_order(self, amount=148, session=None, tenders=(), price=None):
        """An order that was paid with Glase and is finished; returns it and its row."""
        order, line = self.draft_order(
            session or self.pos_session, amount, price=price, tenders=tenders
        )
        self.send(order, line)
        self.customer("pay")
        view = self.door("status", line_uuid=line, attempt="1")
        self.assertEqual(view["state"], "paid")
        self.validate(order, line)
        self.assertEqual(order.state, "paid")
        return order, self.row(line)

    def cash_order(self, amount):
        """A finished order that was paid in cash."""
        cash = {"amount": amount, "payment_method_id": self.cash_method.id}
        values = self.order_values(self.pos_session, amount, [cash], "paid")
        self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])
        return self.env["pos.order"].search([("uuid", "=", values["uuid"])])

    def refund_order(self, original, amount, session=None, tenders=()):
        """Store the draft of a refund order, as the till does before it asks Glase.

        :return: the order and the uuid of its Glase line
        """
        line_uuid = str(uuid.uuid4())
        total = amount + sum(sum_ for _method, sum_ in tenders)
        payments = [
            {"uuid": line_uuid, "amount": -amount, "payment_method_id": self.glase_method.id},
            *({"amount": -sum_, "payment_method_id": method.id} for method, sum_ in tenders),
        ]
        values = self.order_values(session or self.pos_session, -total, payments)
        values["is_refund"] = True
        line = values["lines"][0][2]
        line.update(qty=-1, price_unit=total, refunded_orderline_id=original.lines[:1].id)
        self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])
        return self.env["pos.order"].search([("uuid", "=", values["uuid"])]), line_uuid

    def refund(self, order, line_uuid, amount, attempt="1", **params):
        """Ask the till's door to give money back."""
        return self.door(
            "refund",
            order_uuid=order.uuid,
            line_uuid=line_uuid,
            attempt=attempt,
            amount=f"{amount:.2f}",
            **params,
        )

    def refunds_at_glase(self):
        """The amounts that the simulator gave back at this till in this test, in order."""
        terminal = self.terminal.terminal_identifier
        refunds = self.simulator.journal()["refunds"]
        refunds.sort(key=lambda one: one["refunded_at"])
        amounts = [one["amount"] for one in refunds if one["terminal_id"] == terminal]
        return amounts[self.given_before :]

    def received(self, operation="refundPayment"):
        """How often the simulator received an operation from this till in this test."""
        calls = self.simulator.journal()["calls"]
        asked = (operation, self.terminal.terminal_identifier)
        count = sum((call["operation"], call["principal_id"]) == asked for call in calls)
        return count - self.received_before.get(operation, 0)
