from ...rules.state_machine import Evidence
from ..shared.common import GlaseCommon


class TestChangeAmount(GlaseCommon):
    """*Change amount*: accepted, refused after the scan, or uncertain until Glase's receipt."""

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")

    def update(self, order, line, amount):
        return self.door(
            "update", order_uuid=order.uuid, line_uuid=line, attempt="1", amount=amount
        )

    def bill_at_glase(self, line):
        reference = self.row(line).invoice_reference
        invoices = self.simulator.journal()["invoices"]
        return next(bill for bill in invoices if bill["invoice_reference"] == reference)

    def pay_uncertain(self, kind):
        """A bill of 20 whose change to 12 got no answer, and that was then paid."""
        order, line = self.sent(20)
        self.simulator.faults({"operation": "updateInvoice", "kind": kind, "count": 1})
        view = self.update(order, line, "12.00")
        self.assertEqual((view["amount"], view["proposed"]), ("20.00", "12.00"))
        self.assertFalse(view["updatable"])
        self.customer("pay")
        return order, line

    def test_accepted(self):
        order, line = self.sent(20)
        view = self.update(order, line, "12.00")
        self.assertEqual(
            (view["state"], view["amount"], view["proposed"]), ("issued", "12.00", False)
        )
        self.assertEqual(self.bill_at_glase(line)["amount"], "12.00")
        self.customer("pay")
        view = self.ask(line)
        self.assertEqual((view["state"], view["amount"]), ("paid", "12.00"))
        order.payment_ids.amount = 12
        order.payment_ids.payment_status = "done"
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertEqual(self.cases(line), [])

    def test_the_till_stores_the_new_amount_while_the_bill_is_out(self):
        order, line = self.sent(20)
        self.update(order, line, "12.00")
        order.payment_ids.amount = 12
        self.assertEqual(self.cases(line), [])

    def test_refused_after_the_scan(self):
        for answer in (90, 48):
            with self.subTest(answer=answer):
                self.profile(update_after_scan=answer)
                order, line = self.sent(20)
                self.customer("scan")
                refusal = self.update(order, line, "12.00")
                self.assertEqual((refusal["ok"], refusal["reason"]), (False, "scanned"))
                self.assertEqual(refusal["view"]["amount"], "20.00")
                self.customer("pay")
                view = self.ask(line)
                self.assertEqual((view["state"], view["amount"]), ("paid", "20.00"))
                self.assertEqual(self.cases(line), [])

    def test_uncertain_and_carried_out_the_receipt_decides(self):
        order, line = self.pay_uncertain("drop-after")
        view = self.ask(line)
        self.assertEqual((view["state"], view["amount"]), ("paid", "12.00"))
        order.payment_ids.write({"amount": 12, "payment_status": "done"})
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertEqual(self.cases(line), [])

    def test_uncertain_and_not_carried_out_the_receipt_decides(self):
        order, line = self.pay_uncertain("drop-before")
        view = self.ask(line)
        self.assertEqual((view["state"], view["amount"]), ("paid", "20.00"))
        self.validate(order, line)
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertEqual(self.cases(line), [])

    def test_no_second_change_while_one_is_uncertain(self):
        order, line = self.sent(20)
        self.simulator.faults({"operation": "updateInvoice", "kind": "drop-before", "count": 1})
        self.update(order, line, "12.00")
        self.assertEqual(self.update(order, line, "13.00")["reason"], "updating")

    def test_never_sent_leaves_nothing_uncertain(self):
        order, line = self.sent(20)
        self.terminal.sudo().password = False
        view = self.update(order, line, "12.00")
        self.assertEqual((view["amount"], view["proposed"]), ("20.00", False))

    def test_amounts_that_cannot_be(self):
        order, line = self.sent(20)
        for amount in ("0", "-5", "NaN", "1e400", "12.345", "", None, "x"):
            with self.subTest(amount=amount):
                self.assertEqual(self.update(order, line, amount)["reason"], "amount")
        self.assertEqual(self.bill_at_glase(line)["amount"], "20.00")

    def test_a_bill_that_is_not_out_is_not_changed(self):
        order, line = self.sent(20)
        self.customer("pay")
        self.ask(line)
        self.assertEqual(self.update(order, line, "12.00")["reason"], "not_open")

    def test_no_receipt_amount_is_a_case_and_the_line_is_not_done(self):
        order, line = self.pay_uncertain("drop-after")
        row = self.row(line)
        with self.registry.cursor() as cr:
            env = self.env(cr=cr)
            ledger_row = env["glase.transaction"].sudo().browse(row.id)
            ledger_row._record_answer(
                Evidence("getPaymentStatus", code=0, status="PAID", ers_reference="R1"), {}
            )
        view = self.ask(line)
        self.assertEqual((view["state"], view["amount_certain"]), ("paid", False))
        self.assertEqual(self.cases(line), ["amount_unknown"])
        case = self.row(line).case_ids
        case.reason = "Glase's support says 12"
        case.with_user(self.pos_admin).action_new_amount_taken()
        self.assertEqual(self.row(line).amount, 12)
        self.assertEqual(self.cases(line), ["paid_without_order"])
        order.payment_ids.write({"amount": 12, "payment_status": "done"})
        self.assertFalse(order.payment_ids.glase_unverified)
        # A draft that has the money is no end of it.
        self.assertEqual(self.cases(line), ["paid_without_order"])
        rest = {"amount": 8, "payment_method_id": self.cash_method.id}
        values = self.order_values(order.session_id, 20, [rest], "paid", order.uuid)
        values.update(lines=[], amount_paid=20)
        self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])
        self.assertEqual(order.state, "paid")
        self.assertEqual(self.cases(line), [])
