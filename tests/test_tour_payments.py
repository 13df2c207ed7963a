from urllib.parse import quote

from odoo.tests import tagged

from .common import GlaseCommon


class GlaseTourCommon(GlaseCommon):
    """Tours at an open till; the customer's phone is the simulator's JSON API."""

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()

    def till(self, tour, login="pos_user", **options):
        """Run one tour at the till."""
        address = f"/pos/ui/{self.main_pos_config.id}?glase_simulator={quote(self.simulator.url)}"
        self.start_tour(address, tour, login=login, timeout=300, **options)

    def orders(self):
        """The session's orders, oldest first, as the database has them now."""
        self.env.invalidate_all()
        return self.pos_session.order_ids.sorted("id")

    def rows(self):
        """This till's rows of the ledger, oldest first."""
        self.env.invalidate_all()
        domain = [("config_id", "=", self.main_pos_config.id)]
        return self.env["glase.transaction"].search(domain).sorted("id")

    def assert_paid(self, order, row, amount):
        """The order, the ledger and the simulator tell the same story."""
        self.assertEqual(order.state, "paid")
        payment = order.payment_ids.filtered(
            lambda line: line.payment_method_id == self.glase_method and not line.is_change
        )
        self.assertAlmostEqual(payment.amount, amount)
        self.assertEqual(row.state, "paid")
        self.assertEqual(row.payment_id, payment)
        self.assertEqual(payment.transaction_id, row.ers_reference)
        self.assertEqual(payment.payment_ref_no, row.invoice_reference)
        self.assertTrue(payment.glase_paid_at)
        self.assertFalse(payment.glase_unverified)
        standing = [
            entry["amount"]
            for entry in self.simulator.journal()["payments"]
            if entry["ers_reference"] == row.ers_reference and entry["state"] == "standing"
        ]
        self.assertEqual(standing, [f"{amount:.2f}"])
        self.assertFalse(self.env["glase.case"].search([("config_id", "=", order.config_id.id)]))


@tagged("post_install", "-at_install")
class TestTourPayments(GlaseTourCommon):
    def test_paid_at_once(self):
        self.till("GlasePaidAtOnce")
        self.assert_paid(self.orders(), self.rows(), 5.10)

    def test_paid_after_try_again_on_the_same_bill(self):
        self.till("GlasePaidAfterTryAgain")
        self.assert_paid(self.orders(), self.rows(), 5.10)

    def test_paid_while_it_asks(self):
        self.till("GlasePaidWhileAsking")
        self.assert_paid(self.orders(), self.rows(), 5.10)

    def test_canceled_by_the_cashier(self):
        self.till("GlaseCanceledByCashier")
        self.assertEqual(self.rows().state, "canceled")
        order = self.orders()
        self.assertEqual(order.state, "paid")
        self.assertEqual(order.payment_ids.payment_method_id, self.cash_method)

    def test_canceled_too_late(self):
        self.till("GlaseCanceledTooLate")
        self.assert_paid(self.orders(), self.rows(), 5.10)

    def test_declined_by_the_customer_then_paid_with_a_new_attempt(self):
        self.till("GlaseDeclined")
        declined, paid = self.rows()
        self.assertEqual(declined.state, "canceled")
        self.assertNotEqual(declined.attempt, paid.attempt)
        self.assert_paid(self.orders(), paid, 5.10)

    def test_split_with_glase_last(self):
        self.till("GlaseSplitLast")
        self.assert_paid(self.orders(), self.rows(), 3.10)

    def test_amount_lowered(self):
        self.till("GlaseLowered")
        self.assert_paid(self.orders(), self.rows(), 3.00)

    def test_amount_raised_for_change(self):
        self.till("GlaseRaisedForChange")
        self.assert_paid(self.orders(), self.rows(), 9.00)

    def test_reload_while_waiting(self):
        self.till("GlaseReload")
        self.assert_paid(self.orders(), self.rows(), 5.10)

    def test_glase_down_and_left_open(self):
        self.till("GlaseDownLeaveOpen")
        row = self.rows()
        self.assertEqual(row.state, "issued")
        self.assertTrue(row.given_up_at)
        order = self.orders()
        self.assertEqual(order.state, "paid")
        self.assertEqual(order.payment_ids.payment_method_id, self.cash_method)

    def test_left_open_and_checked_again(self):
        self.till("GlaseCheckAgain")
        self.assert_paid(self.orders(), self.rows(), 5.10)

    def test_two_customers_in_a_row(self):
        self.till("GlaseTwoCustomers")
        for order, row, amount in zip(self.orders(), self.rows(), (5.10, 2.83), strict=True):
            self.assert_paid(order, row, amount)

    def test_sent_at_once_where_the_method_says_so(self):
        self.glase_method.glase_send_at_once = True
        self.till("GlaseAtOnceSetting")
        self.assert_paid(self.orders(), self.rows(), 5.10)


@tagged("post_install", "-at_install")
class TestTourPhoneSized(GlaseTourCommon):
    browser_size = "375x667"
    touch_enabled = True

    def test_paid_on_a_phone_sized_till(self):
        self.till("GlaseOnAPhone")
        self.assert_paid(self.orders(), self.rows(), 5.10)
