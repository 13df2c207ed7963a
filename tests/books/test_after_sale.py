"""What Odoo lets people do to an order that was paid with Glase, and what becomes of the money."""

from odoo import Command
from odoo.addons.mail.tests.common import mail_new_test_user
from odoo.exceptions import UserError

from ..shared.books import BooksCommon


class TestAfterSale(BooksCommon):
    """Edit Payment, shipping later, paying later, invoices that customers make themselves."""

    def setUp(self):
        super().setUp()
        self.customer_record = self.env["res.partner"].create(
            {"name": "Maja", "street": "Storgatan 1", "city": "Östersund"}
        )

    def edit(self, order, *commands):
        """*Edit Payment*: the cashier saves the order's form."""
        order = order.with_user(self.pos_user)
        order.web_save({"payment_ids": list(commands)}, {"payment_ids": {"fields": {"amount": {}}}})
        self.env.invalidate_all()

    def assert_case(self, row, kind):
        open_cases = row.case_ids.filtered(lambda case: case.state == "open")
        self.assertEqual(open_cases.mapped("kind"), [kind])
        self.assertEqual(row.state, "paid")

    # === Edit Payment ===

    def test_another_method_for_the_payment(self):
        """Glase has the money all the same: the books say so, and a case."""
        order, row = self.paid_order(100)
        self.edit(
            order,
            Command.update(order.payment_ids.id, {"payment_method_id": self.cash_method.id}),
        )
        self.assertTrue(order.payment_ids.glase_unverified)
        self.assert_case(row, "changed_after_send")
        self.close_session()
        self.assert_books(100, -100)

    def test_another_amount_for_the_payment(self):
        """Odoo takes no less than the order costs; more is a case, and the books have what Glase took."""
        order, row = self.paid_order(100)
        [payment] = order.payment_ids
        with self.assertRaises(UserError):
            self.edit(order, Command.update(payment.id, {"amount": 60}))
        self.edit(order, Command.update(payment.id, {"amount": 130}))
        self.assertTrue(payment.glase_unverified)
        self.assert_case(row, "changed_after_send")

    def test_the_payment_is_replaced_by_cash(self):
        order, row = self.paid_order(100)
        cash = {"payment_method_id": self.cash_method.id, "amount": 100}
        self.edit(order, Command.delete(order.payment_ids.id), Command.create(cash))
        self.assert_case(row, "paid_without_order")
        self.override_and_close()
        self.assert_books(100, -100)

    def test_a_glase_payment_that_nobody_made_is_added(self):
        order = self.cash_order(100)
        glase = {"payment_method_id": self.glase_method.id, "amount": 100}
        self.edit(order, Command.delete(order.payment_ids.id), Command.create(glase))
        self.assertTrue(order.payment_ids.glase_unverified)
        self.assertEqual(self.cases(order.payment_ids.uuid), ["unverified_payment"])

    def test_what_does_not_touch_the_money_is_no_case(self):
        order, row = self.paid_order(100)
        self.edit(order, Command.update(order.payment_ids.id, {"payment_date": "2030-01-02"}))
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertFalse(row.case_ids)

    def test_nothing_is_edited_once_it_is_in_the_books(self):
        order, row = self.paid_order(100)
        self.close_session()
        cash = {"payment_method_id": self.cash_method.id, "amount": 100}
        for commands in (
            [Command.update(order.payment_ids.id, {"amount": 130})],
            [Command.delete(order.payment_ids.id), Command.create(cash)],
        ):
            with self.subTest(commands), self.assertRaises(UserError):
                self.edit(order, *commands)
        self.assertFalse(row.case_ids)
        self.assert_books(100, 0)

    # === Shipped later, paid later ===

    def test_shipped_later(self):
        order, _row = self.paid_order(100)
        self.assertEqual(order.state, "paid")
        later, line = self.draft_order(self.pos_session, 50)
        later.write({"partner_id": self.customer_record.id, "shipping_date": "2030-01-02"})
        self.send(later, line)
        self.customer("pay")
        self.ask(line)
        self.validate(later, line)
        self.assertEqual(later.state, "paid")
        self.assertFalse(later.payment_ids.glase_unverified)
        self.assertFalse(later.glase_left_to_do)
        self.close_session()
        self.assert_books(150, 0)

    def test_the_rest_on_the_customers_account(self):
        account = self.env["pos.payment.method"].create(
            {"name": "Customer Account", "split_transactions": True, "company_id": self.company.id}
        )
        self.assertEqual(account.type, "pay_later")
        self.close_session()
        self.main_pos_config.payment_method_ids += account
        self.next_day()
        order, row = self.paid_order(
            60, price=100, tenders=[(account, 40)], customer=self.customer_record
        )
        self.assertEqual(row.payment_id, order.payment_ids.filtered("transaction_id"))
        self.close_session()
        self.assert_books(60, 0)

    # === The customer makes the invoice ===

    def test_the_customer_invoices_an_order_of_an_open_and_of_a_closed_session(self):
        mail_new_test_user(self.env, login="glase_guest", groups="base.group_portal")
        orders = self.env["pos.order"]
        for closed in (False, True):
            with self.subTest(closed=closed):
                order, row = self.paid_order(100)
                orders += order
                if closed:
                    self.close_session()
                self.authenticate("glase_guest", "glase_guest")
                self.url_open(f"/pos/ticket/validate?access_token={order.access_token}")
                self.authenticate("pos_user", "pos_user")
                self.env.invalidate_all()
                self.assertEqual(order.account_move.payment_state, "paid")
                self.assertEqual(order.payment_ids.transaction_id, row.ers_reference)
                self.assertFalse(order.payment_ids.glase_unverified)
                self.assertFalse(row.case_ids)
        self.assert_books(200, 0)
