from datetime import datetime, timezone
from decimal import Decimal

from odoo.tests import tagged

from ...glase import Amount, Client, Invoice, InvoiceRow, Principal
from ...models.pos.session_closing import SessionClosing
from ..shared.common import TERMINAL_PASSWORD
from ..shared.periods import PeriodSteps
from .test_tour_payments import GlaseTourCommon


@tagged("post_install", "-at_install")
class TestTourClosing(PeriodSteps, GlaseTourCommon):
    """The register is closed at the till."""

    def closed_at_the_till(self, tour):
        self.till(tour)
        self.env.invalidate_all()
        self.assertEqual(self.pos_session.state, "closed")

    def test_all_matches(self):
        self.closed_at_the_till("GlaseCloseMatched")
        self.settle()
        self.assertEqual(self.period().state, "reconciled")
        self.assertAlmostEqual(self.period().report_total, 5.10)

    def test_one_difference(self):
        stray = self.pay_without_odoo("7.00")
        self.closed_at_the_till("GlaseCloseMatched")
        self.settle()
        period = self.period()
        self.assertEqual(period.state, "differences")
        self.assertAlmostEqual(period.difference, 7.00)
        line = period.line_ids.filtered("is_difference")
        self.assertEqual((line.kind, line.reference, line.amount), ("unknown", stray, 7.00))
        line.with_user(self.pos_admin).reason = "Paid while Odoo was being moved"
        line.with_user(self.pos_admin).action_accept()
        self.assertEqual(period.state, "reconciled")
        self.assertEqual(line.accepted_by, self.pos_admin)

    def test_the_bookkeeper_accepts_the_difference(self):
        self.pay_without_odoo("7.00")
        self.closed_at_the_till("GlaseCloseMatched")
        self.settle()
        period = self.period()
        self.assertEqual((period.state, period.difference_count), ("differences", 1))
        self.start_tour(
            f"/odoo/action-pos_glase.action_glase_period/{period.id}",
            "GlaseAcceptDifference",
            login="pos_admin",
        )
        self.env.invalidate_all()
        line = period.line_ids.filtered("accepted_at")
        self.assertEqual(period.state, "reconciled")
        self.assertEqual((line.amount, line.accepted_by), (7.00, self.pos_admin))
        self.assertEqual(line.reason, "Paid while Odoo was being moved")

    def test_a_manager_overrides_in_the_back_office(self):
        self.left_half_closed()
        self.start_tour(
            f"/odoo/action-point_of_sale.action_pos_session/{self.pos_session.id}",
            "GlaseCloseOverInOffice",
            login="pos_admin",
        )
        self.env.invalidate_all()
        self.assertEqual(self.pos_session.state, "closed")
        self.assertEqual(self.pos_session.glase_override_by, self.pos_admin)

    def test_the_popup_says_what_glase_says(self):
        self.authenticate("pos_user", "pos_user")
        order, line = self.sent(20)
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        self.validate(order, line)
        self.pay_without_odoo("7.00")
        self.pos_session.with_user(self.pos_admin).action_glase_mark_period()
        self.settle()
        self.assertEqual(self.period().state, "differences")
        self.till("GlaseClosePopupReported")

    def pay_without_odoo(self, amount):
        """A payment at this till of which our ledger knows nothing; returns its reference."""
        client = Client(self.simulator.endpoint)
        who = Principal.terminal(self.terminal.terminal_identifier, TERMINAL_PASSWORD)
        total = Amount(Decimal(amount), self.company.currency_id.name)
        bill = Invoice(
            title="Stray",
            client_invoice_id="S-1",
            rows=(InvoiceRow("Stray", total),),
            total=total,
            cashier_id="Maja",
            footer="",
            issue_date=datetime.now(timezone.utc),
        )
        sent = client.send_invoice(who, bill)
        self.customer("pay")
        return client.get_payment_status(who, sent.invoice_reference, 0).ers_reference

    def test_glase_is_down_and_the_report_comes_later(self):
        self.closed_at_the_till("GlaseCloseGlaseDown")
        self.work()
        self.assertEqual(self.period().replaces_id.state, "mark_unknown")
        self.assertEqual(self.period().state, "to_mark")
        self.simulator.faults()
        self.work(61)
        self.settle()
        self.assertEqual(self.period().state, "reconciled")
        self.assertAlmostEqual(self.period().report_total, 5.10)

    def test_refused_because_a_payment_is_undecided(self):
        self.till("GlaseCloseRefused")
        self.env.invalidate_all()
        self.assertEqual(self.pos_session.state, "opened")
        self.assertFalse(self.pos_session.glase_period_ids)
        self.assertEqual(len(self.pos_session.order_ids), 2, "the till sells on")
        self.assertTrue(SessionClosing(self.pos_session).open_ends()["blocking"])
        self.run_job()
        self.assertEqual(self.rows()[0].state, "canceled")
        self.assertFalse(SessionClosing(self.pos_session).open_ends()["blocking"])

    def test_refused_until_a_manager_overrides(self):
        self.closed_at_the_till("GlaseCloseOverridden")
        self.assertEqual(self.pos_session.glase_override_by, self.pos_admin)
        self.assertEqual(self.pos_session.glase_override_reason, "Seen on the phone")
        self.assertIn("5.10", self.pos_session.glase_override_list)
