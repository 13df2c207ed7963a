from ..shared.books import BooksCommon
from ..shared.periods import PeriodCommon


class TestBooks(BooksCommon):
    """Sessions closed by Odoo: what Glase took stands on Glase's account, to the last cent."""

    def payments(self, session=None):
        """The payments that closing a session has booked for Glase."""
        return self.env["account.payment"].search(
            [
                ("pos_session_id", "=", (session or self.pos_session).id),
                ("pos_payment_method_id", "=", self.method.id),
            ]
        )

    def refunded(self, order, amount):
        """Give money of an order back at the till; the refund order is finished."""
        refund_order, line = self.refund_order(order, amount)
        refund_order.partner_id = order.partner_id
        self.assertEqual(self.refund(refund_order, line, amount)["state"], "refunded")
        self.validate(refund_order, line)
        self.assertEqual(refund_order.state, "paid")
        return refund_order

    def test_a_day_with_refunds_and_other_tenders(self):
        order, _row = self.paid_order(148)
        self.paid_order(75.5, price=100, tenders=[(self.cash_method, 24.5)])
        self.cash_order(30)
        self.refunded(order, 48)
        self.close_session()
        self.assert_books(175.5, 0)
        booked = self.payments()
        self.assertEqual(
            (len(booked), booked.amount, booked.journal_id), (1, 175.5, self.glase_journal)
        )
        self.assertFalse(booked.glase_reference, "one payment for many")
        self.assertFalse(self.env["glase.transaction"].search_count([("books_due", "=", True)]))
        self.assertFalse(self.env["pos.payment"].search_count([("glase_books_due", "=", True)]))

    def test_a_day_that_gives_back_more_than_it_takes(self):
        order, _row = self.paid_order(100)
        self.close_session()
        self.next_day()
        self.paid_order(20)
        self.refunded(order, 100)
        self.close_session()
        booked = self.payments()
        self.assertEqual((booked.payment_type, booked.amount), ("outbound", 80))
        counterpart = booked.move_id.line_ids.filtered(
            lambda line: line.account_id != self.outstanding
        )
        self.assertEqual(
            counterpart.account_id, self.pos_session._get_receivable_account(self.method)
        )
        self.assertTrue(counterpart.reconciled)
        self.assert_books(20, 0)

    def test_a_day_that_comes_to_nothing(self):
        order, _row = self.paid_order(100)
        self.refunded(order, 100)
        self.close_session()
        self.assert_books(0, 0)

    def test_an_unknown_refund_is_in_suspense_until_it_is_decided(self):
        order, _row = self.paid_order(100)
        refund_order, line = self.refund_order(order, 30)
        self.simulator.faults({"operation": "refundPayment", "kind": "drop-after", "count": 1})
        self.assertEqual(self.refund(refund_order, line, 30)["state"], "unknown")
        self.validate(refund_order, line)
        self.close_session()
        self.assert_books(100, -30)
        self.advance(16 * 60)
        case = self.case(self.row(line), "unknown_refund")
        with self.office() as env:
            decided = env["glase.case"].browse(case.id)
            decided.reason = "Glase's support says so"
            decided.action_was_refunded()
        self.book()
        self.assert_books(70, 0)

    def test_identified_customers(self):
        self.pos_session.sudo().state = "closed"
        self.method.split_transactions = True
        self.next_day()
        customer = self.env["res.partner"].create({"name": "Alma"})
        order, row = self.paid_order(100, customer=customer)
        _other, other_row = self.paid_order(20, customer=customer)
        refund_order = self.refunded(order, 40)
        self.close_session()
        self.assert_books(80, 0)
        booked = self.payments()
        refund = self.env["glase.transaction"].search(
            [("payment_id", "=", refund_order.payment_ids.id)]
        )
        self.assertEqual(
            {one.glase_reference: (one.amount, one.payment_type) for one in booked},
            {
                row.ers_reference: (100, "inbound"),
                other_row.ers_reference: (20, "inbound"),
                refund.ers_reference: (40, "inbound"),
            },
        )
        self.assertIn("Alma", booked[0].memo)
        found = self.env["account.move.line"].search(
            [("glase_reference", "=", row.ers_reference), ("account_id", "=", self.outstanding.id)]
        )
        self.assertEqual(found.balance, 100)

    def test_an_invoiced_order(self):
        customer = self.env["res.partner"].create({"name": "Alma"})
        order, row = self.paid_order(100, customer=customer)
        order.write({"to_invoice": True})
        order.action_pos_order_invoice()
        self.assertEqual(order.account_move.payment_state, "paid")
        move = order.payment_ids.account_move_id
        self.assertEqual(move.glase_reference, row.ers_reference)
        self.close_session()
        self.assert_books(100, 0)

    def test_cash_rounding(self):
        self.pos_session.sudo().state = "closed"
        profit = self.company_data["default_account_revenue"]
        self.main_pos_config.write(
            {
                "cash_rounding": True,
                "only_round_cash_method": False,
                "rounding_method": self.env["account.cash.rounding"]
                .create(
                    {
                        "name": "To five cents",
                        "rounding": 0.05,
                        "rounding_method": "HALF-UP",
                        "strategy": "add_invoice_line",
                        "profit_account_id": profit.copy().id,
                        "loss_account_id": self.company_data["default_account_expense"].copy().id,
                    }
                )
                .id,
            }
        )
        self.next_day()
        self.paid_order(20, price=20.02)
        self.close_session()
        self.assert_books(20, 0)

    def test_what_a_cashier_counts_for_glase_is_not_booked(self):
        self.paid_order(100)
        data = self.pos_session.with_user(self.pos_user).get_closing_control_data()
        [listed] = [one for one in data["non_cash_payment_methods"] if one["id"] == self.method.id]
        self.assertEqual((listed["type"], listed["amount"]), ("glase", 100))
        self.close_session(diffs=[(self.method.id, -7.5)])
        self.assert_books(100, 0)
        self.assertEqual(self.payments().amount, 100)
        notes = "".join(str(body) for body in self.pos_session.message_ids.mapped("body"))
        self.assertIn("7.50", notes)

    def test_what_a_cashier_counts_for_a_card_is_booked_as_ever(self):
        self.paid_order(100)
        card = self.bank_payment_method
        self.assertIn(card, self.main_pos_config.payment_method_ids)
        values = self.order_values(
            self.pos_session, 50, [{"amount": 50, "payment_method_id": card.id}], "paid"
        )
        self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])
        card.journal_id.loss_account_id = self.company_data["default_account_expense"]
        self.close_session(diffs=[(card.id, -5), (self.method.id, 3)])
        self.assert_books(100, 0)
        self.assertEqual(self.balance(self.company_data["default_account_expense"]), 5)

    def test_a_method_from_before_gets_its_accounts_at_the_closing(self):
        self.paid_order(100)
        self.env.cr.execute(
            "UPDATE pos_payment_method SET outstanding_account_id = NULL,"
            " glase_suspense_account_id = NULL WHERE id = %s",
            (self.method.id,),
        )
        self.env.invalidate_all()
        self.close_session()
        self.outstanding = self.method.outstanding_account_id
        self.suspense = self.method.glase_suspense_account_id
        self.assertTrue(self.outstanding and self.suspense)
        self.assert_books(100, 0)


class TestBooksPeriods(PeriodCommon, BooksCommon):
    """What is booked learns the id of the transaction period that Glase pays it out with."""

    def test_the_period_is_written_to_the_payment_later(self):
        _order, row = self.paid_order(100)
        unclaimed = self.paid_without_order(30)
        self.assertTrue(self.door("override_closing", reason="End", **self.manager)["ok"])
        self.env.invalidate_all()
        self.close_session()
        booked = (
            self.env["account.payment"]
            .search([("pos_session_id", "=", self.pos_session.id)])
            .filtered(lambda payment: payment.pos_payment_method_id == self.method)
        )
        memo = booked.memo
        self.assertFalse(booked.glase_period)
        self.settle()
        period = self.period()
        self.assertEqual(row.period_id, period)
        self.assertTrue(period.identifier)
        self.assertEqual(booked.glase_period, period.identifier)
        self.assertEqual(booked.memo, memo)
        self.assertEqual(
            self.env["account.payment"].search([("glase_period", "=", period.identifier)]), booked
        )
        items = self.env["account.move.line"].search(
            [("glase_period", "=", period.identifier), ("account_id", "=", self.outstanding.id)]
        )
        self.assertEqual(sum(items.mapped("balance")), 130)
        self.assertEqual(self.corrections(unclaimed).glase_period, period.identifier)
