import uuid

from .common import GlaseCommon


class RefundCommon(GlaseCommon):
    """A till with orders that were paid with Glase, and refund orders for them."""

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")

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
        """The amounts that the simulator gave back at this till, in order."""
        terminal = self.terminal.terminal_identifier
        refunds = self.simulator.journal()["refunds"]
        return [one["amount"] for one in refunds if one["terminal_id"] == terminal]

    def received(self, operation="refundPayment"):
        """How often the simulator received an operation from this till's terminal."""
        calls = self.simulator.journal()["calls"]
        terminal = self.terminal.terminal_identifier
        return sum(
            call["operation"] == operation and call["principal_id"] == terminal for call in calls
        )

    def profile(self, **settings):
        """Let the simulator behave in another way until the end of the test."""
        self.simulator.request("PUT", "/api/profile", settings)
        self.addCleanup(self.simulator.request, "PUT", "/api/profile", {})


class TestRefundTill(RefundCommon):
    """Refunds from a till, against an original order, on the real simulator."""

    def test_a_refund_from_the_original_to_the_proof(self):
        original, paid = self.paid_order()
        order, line = self.refund_order(original, 148)
        offer = self.door("refundable", order_uuid=order.uuid)
        self.assertEqual((offer["total"], offer["message"]), ("148.00", False))
        self.assertEqual(offer["payments"][0]["reference"], paid.ers_reference)
        view = self.refund(order, line, 148)
        self.assertEqual((view["kind"], view["state"]), ("refund", "refunded"))
        self.assertEqual(view["original_reference"], paid.ers_reference)
        self.assertNotEqual(view["reference"], paid.ers_reference)
        self.validate(order, line)
        payment = order.payment_ids
        self.assertEqual((order.state, payment.amount), ("paid", -148))
        self.assertEqual(payment.transaction_id, view["reference"])
        self.assertEqual(payment.glase_original_reference, paid.ers_reference)
        self.assertFalse(payment.glase_unverified)
        self.assertFalse(self.row(line).case_ids)
        self.assertEqual(self.refunds_at_glase(), ["148.00"])
