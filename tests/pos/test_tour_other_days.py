from odoo.tests import tagged

from .test_tour_payments import GlaseTourCommon


class GlaseOtherDayCommon(GlaseTourCommon):
    """Tours of the days on which something goes wrong."""

    def cases(self, *kinds):
        """The kinds of the till's cases are these; returns the cases."""
        cases = self.glase_cases()
        self.assertEqual(sorted(cases.mapped("kind")), sorted(kinds))
        return cases

    def glase_payment(self, order):
        """The order's payment with Glase."""
        return order.payment_ids.filtered(
            lambda payment: payment.payment_method_id == self.glase_method
        )

    def assert_taken(self, *amounts):
        """What stands at Glase of this till's rows, in the order in which it was paid."""
        references = self.rows().mapped("ers_reference")
        standing = [
            entry["amount"]
            for entry in self.simulator.journal()["payments"]
            if entry["ers_reference"] in references and entry["state"] == "standing"
        ]
        self.assertEqual(standing, list(amounts))


@tagged("post_install", "-at_install")
class TestTourOtherDays(GlaseOtherDayCommon):
    def test_what_may_go_wrong_with_a_payment(self):
        self.till_for(
            {
                "GlaseForceDone": self.is_approved_with_a_password_at_a_cashiers_till,
                "GlaseChangeAmount": self.is_changed,
                "GlaseChangeAmountScanned": self.is_canceled_and_sent_anew,
                "GlaseChangeAmountUnanswered": self.is_paid_in_part,
                "GlaseGiveUpLostSend": self.is_given_up,
                "GlaseSendAgainAfterLostSend": self.is_sent_again,
                "GlaseOtherTenderAfterUnansweredCancel": self.is_left_open_and_paid_otherwise,
                "GlaseFrozenBasket": self.is_canceled,
            }
        )

    def is_approved_with_a_password_at_a_cashiers_till(self):
        """Refused with a wrong password; unverified until Glase says PAID."""
        row = self.rows()
        self.assertEqual(row.forced_by, self.pos_admin)
        self.assertEqual(row.forced_reason, "Seen on the phone")
        self.assertEqual(row.state, "paid")
        payment = self.glase_payment(self.orders())
        self.assertEqual(row.payment_id, payment)
        self.assertFalse(payment.glase_unverified)
        self.assertEqual(payment.transaction_id, row.ers_reference)

    def test_a_manager_who_is_logged_in_gives_a_reason_only(self):
        self.till("GlaseForceDoneWhenLeftOpen", login="pos_admin")
        row = self.rows()
        self.assertEqual(row.forced_by, self.pos_admin)
        order = self.orders()
        self.assertEqual(order.state, "paid")
        self.assertTrue(self.glase_payment(order).glase_unverified)

    def is_paid_in_part(self):
        """The receipt says which amount was paid."""
        order = self.orders()
        self.assertEqual(order.state, "paid")
        payment = self.glase_payment(order)
        self.assertAlmostEqual(payment.amount, 3.10)
        self.assertFalse(payment.glase_unverified)
        self.assertEqual(payment.transaction_id, self.rows()[-1].ers_reference)
        self.assert_taken("3.10")

    def is_changed(self):
        self.is_paid_in_part()
        self.cases()

    def is_canceled_and_sent_anew(self):
        self.assertEqual(self.rows().mapped("state"), ["canceled", "paid"])
        self.is_paid_in_part()

    def is_given_up(self):
        lost = self.rows()[0]
        self.assertEqual(lost.state, "unknown")
        self.assertTrue(lost.given_up_at)
        self.assertEqual(self.orders().payment_ids.payment_method_id, self.cash_method)

    def is_sent_again(self):
        lost, paid = self.rows()
        self.assertNotEqual(lost.attempt, paid.attempt)
        self.assert_paid(self.orders(), paid, 5.10)

    def is_canceled(self):
        self.assertEqual(self.rows().state, "canceled")

    def is_left_open_and_paid_otherwise(self):
        row = self.rows()
        self.assertEqual(row.state, "issued")
        self.assertTrue(row.given_up_at)
        self.assertEqual(self.orders().payment_ids.payment_method_id, self.cash_method)

    def test_raised_for_a_tip(self):
        tip = self.env.ref("point_of_sale.product_product_tip")
        self.main_pos_config.write({"iface_tipproduct": True, "tip_product_id": tip.id})
        self.till("GlaseRaisedForTip")
        order = self.orders()
        self.assert_paid(order, self.rows(), 6.00)
        self.assertAlmostEqual(order.tip_amount, 0.90)


@tagged("post_install", "-at_install")
class TestTourRefund(GlaseOtherDayCommon):
    def test_a_day_of_refunds(self):
        self.till_for(
            {
                "GlaseRefund": self.is_given_back,
                # The answer is lost on the way to the till.
                "GlaseRefundReload": self.is_given_back,
                "GlaseReverse": self.is_reversed_before_the_order_is_finished,
                "GlaseRefundUnknownPaidOtherwise": self.is_not_answered_and_paid_otherwise,
                "GlaseRefundUnknown": self.is_not_answered,
                "GlaseReverseUnknown": self.holds_the_order,
            }
        )

    def is_given_back(self):
        paid, refund = self.rows()
        self.assertEqual((refund.kind, refund.state), ("refund", "refunded"))
        self.assertEqual(refund.original_id, paid)
        payment = self.glase_payment(self.orders()[-1])
        self.assertEqual(refund.payment_id, payment)
        self.assertAlmostEqual(payment.amount, -5.10)
        self.assertEqual(payment.transaction_id, refund.ers_reference)
        self.assertEqual(payment.glase_original_reference, paid.ers_reference)
        self.assertFalse(payment.glase_unverified)
        refunds = self.simulator.journal()["refunds"]
        mine = [entry for entry in refunds if entry["ers_reference"] == refund.ers_reference]
        self.assertEqual(len(mine), 1)
        self.cases()

    def is_not_answered(self):
        """The order closes, and the refund is a case."""
        refund = self.rows()[-1]
        self.assertEqual(refund.state, "unknown")
        order = self.orders()[-1]
        self.assertEqual(order.state, "paid")
        self.assertTrue(self.glase_payment(order).glase_unverified)
        self.assertIn(
            "unknown_refund",
            self.env["glase.case"].search([("transaction_id", "=", refund.id)]).mapped("kind"),
        )

    def is_not_answered_and_paid_otherwise(self):
        """A manager allows another tender."""
        refund = self.rows()[-1]
        self.assertEqual(refund.state, "unknown")
        self.assertEqual(refund.other_tender_by, self.pos_admin)
        order = self.orders()[-1]
        self.assertEqual(order.payment_ids.payment_method_id, self.cash_method)
        self.assertAlmostEqual(order.payment_ids.amount, -5.10)

    def is_reversed_before_the_order_is_finished(self):
        paid, reversal = self.rows()
        self.assertEqual((reversal.kind, reversal.state), ("refund", "refunded"))
        self.assertEqual(reversal.original_id, paid)
        self.assertEqual(self.orders().payment_ids.payment_method_id, self.cash_method)
        self.cases()

    def holds_the_order(self):
        """A reversal that is not answered."""
        self.assertEqual(self.rows()[-1].state, "unknown")
        self.assertEqual(self.orders().state, "draft")
