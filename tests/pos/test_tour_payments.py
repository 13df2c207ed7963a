from concurrent.futures import Future
from contextlib import contextmanager
from unittest.mock import patch
from urllib.parse import quote

from odoo.tests import tagged
from odoo.tests.common import ChromeBrowser, ChromeBrowserException, _registry_test_lock

from ..shared.common import GlaseCommon

# Seconds; a tour takes some on a quiet machine, and minutes on a busy one.
PATIENCE = 600


class GlaseTourCommon(GlaseCommon):
    """Tours at an open till; the customer's phone is the simulator's JSON API."""

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.judged = {}

    def till(self, tour, login="pos_user", **options):
        """Run one tour at the till."""
        address = f"/pos/ui/{self.main_pos_config.id}?glase_simulator={quote(self.simulator.url)}"
        self.start_tour(address, tour, login=login, timeout=PATIENCE, **options)

    def till_for(self, scenarios, login="pos_user"):
        """Run several tours in one load of the till, each judged before the next begins.

        :param scenarios: functions without arguments that judge what a tour left behind, by the tour's name; they
            find the orders, rows and cases of their own tour alone
        """
        first = next(iter(scenarios))
        wait = ChromeBrowser._wait_code_ok

        def play(browser, code, timeout, error_checker=None):
            for tour, judge in scenarios.items():
                if tour != first:
                    browser._result = Future()
                try:
                    wait(browser, code.replace(repr(first), repr(tour)), timeout, error_checker)
                except ChromeBrowserException as trouble:
                    raise ChromeBrowserException(f"{tour}: {trouble}") from trouble
                with self.page_held():
                    with self.subTest(tour):
                        judge()
                    self.begin_anew()

        with patch.object(ChromeBrowser, "_wait_code_ok", play):
            self.till(first, login=login)

    @contextmanager
    def page_held(self):
        """Until the block is left no request of the page is served: the cursor is the test's."""
        self.assertTrue(_registry_test_lock.acquire(timeout=PATIENCE))
        try:
            self.env.invalidate_all()
            yield
            self.env.flush_all()
            self.env.cr.clear()
        finally:
            _registry_test_lock.release()

    def begin_anew(self):
        """Nothing goes wrong any more, nothing is left undecided, and what is there now was judged."""
        self.simulator.faults()
        self.run_job()
        for model in ("pos.order", "glase.transaction", "glase.case"):
            self.judged[model] = self.env[model].sudo().search([])

    def new(self, model, domain):
        """The records of a model since the last tour that was judged, oldest first."""
        self.env.invalidate_all()
        found = self.env[model].search(domain)
        return (found - self.judged.get(model, found.browse())).sorted("id")

    def orders(self):
        """The session's orders, oldest first, as the database has them now."""
        return self.new("pos.order", [("session_id", "=", self.pos_session.id)])

    def rows(self):
        """This till's rows of the ledger, oldest first."""
        return self.new("glase.transaction", [("config_id", "=", self.main_pos_config.id)])

    def glase_cases(self):
        """This till's cases, oldest first."""
        return self.new("glase.case", [("config_id", "=", self.main_pos_config.id)])

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
        self.assertFalse(self.glase_cases())


@tagged("post_install", "-at_install")
class TestTourPayments(GlaseTourCommon):
    def test_a_day_of_payments(self):
        self.till_for(
            {
                # A tour that has ended takes it for a failure when its page is loaded anew: first, then.
                "GlaseReload": self.is_paid,
                "GlasePaidAtOnce": self.is_paid,
                "GlasePaidAfterTryAgain": self.is_paid,
                "GlasePaidWhileAsking": self.is_paid,
                "GlaseCanceledByCashier": self.is_canceled_and_paid_in_cash,
                "GlaseCanceledTooLate": self.is_paid,
                "GlaseDeclined": self.is_declined_then_paid_with_a_new_attempt,
                "GlaseSplitLast": lambda: self.is_paid(3.10),
                "GlaseLowered": lambda: self.is_paid(3.00),
                "GlaseRaisedForChange": lambda: self.is_paid(9.00),
                "GlaseCheckAgain": self.is_paid,
                "GlaseTwoCustomers": self.are_paid_one_after_the_other,
                "GlaseDownLeaveOpen": self.is_left_open_and_paid_in_cash,
            }
        )

    def is_paid(self, amount=5.10):
        self.assert_paid(self.orders(), self.rows(), amount)

    def is_canceled_and_paid_in_cash(self):
        self.assertEqual(self.rows().state, "canceled")
        self.assert_cash()

    def is_declined_then_paid_with_a_new_attempt(self):
        declined, paid = self.rows()
        self.assertEqual(declined.state, "canceled")
        self.assertNotEqual(declined.attempt, paid.attempt)
        self.assert_paid(self.orders(), paid, 5.10)

    def is_left_open_and_paid_in_cash(self):
        row = self.rows()
        self.assertEqual(row.state, "issued")
        self.assertTrue(row.given_up_at)
        self.assert_cash()

    def are_paid_one_after_the_other(self):
        for order, row, amount in zip(self.orders(), self.rows(), (5.10, 2.83), strict=True):
            self.assert_paid(order, row, amount)

    def assert_cash(self):
        order = self.orders()
        self.assertEqual(order.state, "paid")
        self.assertEqual(order.payment_ids.payment_method_id, self.cash_method)

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
