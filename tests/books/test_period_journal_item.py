from ..shared.books import BooksCommon
from ..shared.periods import PeriodCommon


class TestPeriodJournalItem(PeriodCommon, BooksCommon):
    """Each row of a report leads to the item on Glase's account that has its money."""

    def day_ends(self):
        """The session is closed and booked, its period fetched."""
        self.assertTrue(self.door("override_closing", reason="End", **self.manager)["ok"])
        self.env.invalidate_all()
        self.close_session()
        self.settle()

    def item(self, row, kind):
        """The journal item of the report's row that was matched with a row of the ledger."""
        line = self.env["glase.period.line"].search(
            [("transaction_id", "=", row.id), ("origin", "=", "report")]
        )
        self.assertEqual(line.kind, kind)
        item = line.journal_item_id
        if item:
            self.assertEqual(line.action_open_journal_item()["res_id"], item.move_id.id)
        return item

    def assert_item(self, row, amount, kind="matched"):
        """The row's item is posted, on Glase's account, with this amount."""
        item = self.item(row, kind)
        self.assertEqual(item.account_id, self.outstanding)
        self.assertEqual(item.amount_currency, amount)
        self.assertEqual(item.parent_state, "posted")
        return item

    def given_back_at_till(self, order, amount):
        """A refund order that is finished; returns the refund's row."""
        refund_order, line = self.refund_order(order, amount)
        refund_order.partner_id = order.partner_id
        self.assertEqual(self.refund(refund_order, line, amount)["state"], "refunded")
        self.validate(refund_order, line)
        return self.row(line)

    def identify_customers(self):
        self.pos_session.sudo().state = "closed"
        self.method.split_transactions = True
        self.next_day()
        return self.env["res.partner"].create({"name": "Alma"})

    def test_a_payment_for_each_customer(self):
        customer = self.identify_customers()
        order, row = self.paid_order(100, customer=customer)
        _other, other_row = self.paid_order(20, customer=customer)
        refund = self.given_back_at_till(order, 40)
        self.day_ends()
        for each, amount in ((row, 100), (other_row, 20), (refund, -40)):
            item = self.assert_item(each, amount)
            self.assertEqual(item.glase_reference, each.ers_reference)
            self.assertEqual(item.partner_id, customer)

    def test_an_invoiced_order(self):
        customer = self.env["res.partner"].create({"name": "Alma"})
        order, row = self.paid_order(100, customer=customer)
        order.write({"to_invoice": True})
        order.action_pos_order_invoice()
        self.day_ends()
        self.assert_item(row, 100)

    def test_an_invoiced_order_of_an_identified_customer(self):
        customer = self.identify_customers()
        order, row = self.paid_order(100, customer=customer)
        order.write({"to_invoice": True})
        order.action_pos_order_invoice()
        self.day_ends()
        self.assert_item(row, 100)

    def test_a_refund_on_a_day_of_sales(self):
        order, row = self.paid_order(100)
        refund = self.given_back_at_till(order, 40)
        self.day_ends()
        self.assertEqual(self.assert_item(refund, 60), self.assert_item(row, 60))

    def test_a_refund_on_a_day_that_gives_back_more_than_it_takes(self):
        order, row = self.paid_order(100)
        self.day_ends()
        self.next_day()
        refund = self.given_back_at_till(order, 40)
        self.day_ends()
        self.assert_item(row, 100)
        self.assert_item(refund, -40)

    def test_a_method_without_an_outstanding_account(self):
        _order, row = self.paid_order(100)
        self.env.cr.execute(
            "UPDATE pos_payment_method SET outstanding_account_id = NULL WHERE id = %s",
            (self.method.id,),
        )
        self.env.invalidate_all()
        self.day_ends()
        self.outstanding = self.method.outstanding_account_id
        self.assert_item(row, 100)

    def test_the_account_of_the_method_was_exchanged_since(self):
        _order, row = self.paid_order(100)
        self.day_ends()
        self.method.outstanding_account_id = self.outstanding.copy()
        self.assert_item(row, 100)

    def test_money_without_an_order_stands_on_suspense(self):
        row = self.paid_without_order(30)
        self.day_ends()
        item = self.assert_item(row, 30)
        [other] = item.move_id.line_ids - item
        self.assertEqual((other.account_id, other.amount_currency), (self.suspense, -30))

    def test_money_without_an_order_that_was_given_back(self):
        row = self.paid_without_order(30)
        self.day_ends()
        self.next_day()
        self.refund_without_order(row)
        self.paid_order(20)
        self.day_ends()
        self.assert_item(row, 30)
        self.assert_item(row.refund_ids, -30)

    def test_money_that_was_attached_to_an_order(self):
        """It stands on suspense until the order's session is closed, then with its other payments."""
        row = self.paid_without_order(30)
        self.day_ends()
        self.next_day()
        payment = self.unproven_order(30)
        case = self.case(row, "paid_without_order").with_user(self.pos_admin)
        case.attach_order_id = payment.pos_order_id
        case.action_attach()
        self.assertEqual(self.assert_item(row, 30).move_id, self.corrections(row))
        self.paid_order(20)
        self.day_ends()
        self.assertFalse(self.assert_item(row, 50).move_id.glase_transaction_id)

    def test_a_payment_that_nothing_proves_stands_on_suspense(self):
        """Glase reports it, and by the ledger it was not paid."""
        _order, row = self.paid_order(30)
        payment = row.payment_id
        self.env.cr.execute(
            "UPDATE glase_transaction SET state = 'expired', payment_id = NULL WHERE id = %s",
            (row.id,),
        )
        self.env.invalidate_all()
        payment._glase_write_proof({"glase_unverified": True})
        self.paid_order(20)
        self.day_ends()
        item = self.assert_item(row, -30, "unpaid")
        self.assertEqual(item.move_id, self.corrections(payment=payment))
