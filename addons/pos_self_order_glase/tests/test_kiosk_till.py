import uuid
from urllib.error import HTTPError

from odoo.addons.pos_glase.models.ledger import known_rows, row_money
from odoo.addons.pos_glase.tests.shared.refunds import RefundCommon
from odoo.fields import Command

from .kiosk_common import KioskCommon


class TestKioskTill(KioskCommon, RefundCommon):
    """What a till of the shop does with an order of a kiosk: finish what was left, give money back."""

    def setUp(self):
        super().setUp()
        self.main_pos_config.trusted_config_ids = self.kiosk
        self.authenticate(None, None)

    def at_till(self, order, payments):
        """The till opens an order that the kiosk left, and finishes it with these payments."""
        values = self.order_values(self.pos_session, order.amount_total, [], "paid", order.uuid)
        values.update(lines=[], amount_paid=order.amount_total, payment_ids=payments)
        self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])
        self.env.invalidate_all()

    def cash(self, order):
        """The payments of an order that is paid in cash after all."""
        taken = [Command.delete(line.id) for line in order.payment_ids]
        cash = {"amount": order.amount_total, "payment_method_id": self.cash_method.id}
        return [*taken, Command.create(cash)]

    def done(self, order):
        """The payments of an order of which the till has read that its line is done."""
        return [Command.update(order.payment_ids.id, {"payment_status": "done"})]

    def assert_finished_at_the_till(self, order, method):
        self.assertEqual((order.state, order.session_id), ("paid", self.pos_session))
        self.assertEqual(order.payment_ids.payment_method_id, method)
        self.assertEqual(sum(order.payment_ids.mapped("amount")), order.amount_total)

    # === A menu on the guest's own phone, paid at the counter ===

    def test_a_guest_changes_nothing_while_the_till_has_the_bill_out(self):
        """Nor while it is paid; once the bill is canceled, the order is the guest's again."""
        self.main_pos_config.write(
            {
                "self_ordering_mode": "mobile",
                "self_ordering_default_user_id": self.pos_user.id,
                "access_token": uuid.uuid4().hex[:16],
            }
        )
        self.authenticate("pos_user", "pos_user")
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        self.assert_stays(order)
        self.customer("pay")
        asked = {"line_uuid": line, "attempt": "1"}
        self.assertEqual(self.door("status", **asked)["state"], "paid")
        self.assert_stays(order)
        other, line = self.draft_order(self.pos_session, 20)
        self.send(other, line)
        asked = {"line_uuid": line, "attempt": "1"}
        self.assertEqual(self.door("cancel", **asked)["state"], "canceled")
        self.assertNotIn("error", self.say_more(other))
        self.assertEqual(other.amount_total, 30)
        self.assertNotIn("error", self.take_back(other))
        self.assertEqual(other.state, "cancel")

    def assert_stays(self, order):
        """What a guest's page says of an order is refused, and makes no case."""
        self.assertEqual(self.error(self.say_more(order)), "UserError")
        self.assertEqual(self.error(self.take_back(order)), "UserError")
        self.assertEqual((order.state, order.amount_total, len(order.lines)), ("draft", 20, 1))
        self.assertFalse(self.rows(order).case_ids)

    def say_more(self, order):
        """A guest's page stores the order with another sum."""
        return self.ask(
            "/pos-self-order/process-order/mobile",
            order=self.values(price=10, uuid=order.uuid, session_id=self.pos_session.id),
            access_token=self.main_pos_config.access_token,
            table_identifier=None,
        )

    def take_back(self, order):
        return self.ask(
            "/pos-self-order/remove-order",
            access_token=self.main_pos_config.access_token,
            order_id=order.id,
            order_access_token=order.access_token,
        )

    # === Left open ===

    def test_left_before_it_was_sent_and_paid_in_cash(self):
        order = self.ordered()
        self.at_till(order, self.cash(order))
        self.assert_finished_at_the_till(order, self.cash_method)
        self.assertEqual((self.sent(), len(self.rows(order))), (0, 0))
        self.assertEqual(self.door_of_kiosk("send", order), {"ok": False, "reason": "gone"})

    def test_left_with_a_bill_out_and_paid_in_cash_nobody_pays_twice(self):
        order = self.out()
        line = order.payment_ids.uuid
        self.at_till(order, self.cash(order))
        self.assert_finished_at_the_till(order, self.cash_method)
        self.assertTrue(self.row(line).given_up_at)
        self.assertEqual(self.door_of_kiosk("status", order), {"ok": False, "reason": "gone"})
        self.run_job()
        self.assertEqual(self.row(line).state, "canceled")
        with self.assertRaises(HTTPError):
            self.guest("pay")
        self.assertEqual(self.cases(line), [])

    def test_paid_in_cash_while_the_phone_had_paid_already_is_a_case(self):
        order = self.out()
        line = order.payment_ids.uuid
        self.pay_unheard(order)
        self.at_till(order, self.cash(order))
        self.assert_finished_at_the_till(order, self.cash_method)
        self.run_job()
        self.advance(31)
        self.run_job()
        self.assertEqual(self.row(line).state, "paid")
        self.assertEqual(self.cases(line), ["paid_without_order"])
        self.assertEqual(row_money.refundable(self.row(line)), 20)

    def test_left_and_paid_after_all_the_till_finishes_it_with_that_payment(self):
        order = self.out()
        line = order.payment_ids.uuid
        self.pay_and_be_gone(order)
        self.assertEqual(self.cases(line), ["paid_without_order"])
        self.assertEqual(order.payment_ids.payment_status, "done")
        self.at_till(order, self.done(order))
        self.assert_finished_at_the_till(order, self.glase_method)
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertEqual(self.row(line).payment_id, order.payment_ids)
        self.assertEqual(self.cases(line), [])

    def test_a_till_that_says_done_of_what_the_guest_did_not_pay_is_not_believed(self):
        order = self.out()
        line = order.payment_ids.uuid
        self.door_of_kiosk("cancel", order)
        self.at_till(order, self.done(order))
        self.assertTrue(order.payment_ids.glase_unverified)
        self.assertEqual(len(self.cases(line)), 1)

    def test_finished_at_the_till_its_closings_say_where_the_money_is(self):
        order = self.out()
        self.guest("pay")
        # Odoo refuses to finish it at the kiosk.
        order.lines.write({"price_subtotal_incl": 30})
        order.write({"amount_total": 30})
        self.assertEqual(self.status(order)["finished"], False)
        order.lines.write({"price_subtotal_incl": 20})
        order.write({"amount_total": 20})
        self.at_till(order, self.done(order))
        self.assert_finished_at_the_till(order, self.glase_method)
        self.assertFalse(order.payment_ids.glase_unverified)
        self.kiosk.with_user(self.pos_admin).action_close_kiosk_session()
        self.assertEqual(self.kiosk_session.state, "closed")

    def test_where_it_was_taken_is_known_while_it_is_proven(self):
        other, _line = self.draft_order(self.pos_session, 20)
        for order, tills in ((self.paid(), self.kiosk), (other, self.main_pos_config)):
            with self.subTest(tills.name), known_rows.locked(self.env, order):
                self.assertEqual(order._glase_tills(), tills)
                with self.assertQueryCount(0):
                    order._glase_tills()

    # === Given back ===

    def given_back(self, original, amount):
        """A refund at the till of an order of the kiosk; returns the answer and the order of the refund."""
        back, line = self.refund_order(original, amount)
        self.authenticate("pos_user", "pos_user")
        return self.refund(back, line, amount), back

    def test_given_back_at_a_till_in_parts_and_never_more_than_was_paid(self):
        order = self.paid()
        row = self.rows(order)
        answer, back = self.given_back(order, 12)
        self.assertEqual(answer["state"], "refunded")
        self.assertEqual(row_money.refundable(row), 8)
        refund = self.rows(back)
        self.assertEqual((refund.original_id, refund.terminal_id), (row, self.kiosk_terminal))
        answer, too_much = self.given_back(order, 9)
        self.assertFalse(answer["ok"], answer)
        self.assertFalse(self.rows(too_much).filtered(lambda one: one.state != "failed"))
        answer, _back = self.given_back(order, 8)
        self.assertEqual(answer["state"], "refunded")
        self.assertEqual(row_money.refundable(row), 0)
        answer, _more = self.given_back(order, 0.01)
        self.assertFalse(answer["ok"], answer)

    def test_what_the_phone_did_not_pay_is_not_given_back(self):
        order = self.out()
        self.door_of_kiosk("cancel", order)
        answer, _back = self.given_back(order, 20)
        self.assertFalse(answer["ok"], answer)
