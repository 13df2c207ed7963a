from odoo.exceptions import UserError

from .kiosk_common import KioskCommon


class TestKiosk(KioskCommon):
    """What becomes of a guest's payment: each end, over HTTP, against the real simulator."""

    def test_the_method_is_offered_at_a_ready_kiosk_only(self):
        method = self.glase_method
        self.assertIn("glase", self.kiosk._supported_kiosk_payment_terminal())
        self.assertTrue(self.kiosk.has_valid_self_payment_method())

        def offered():
            data = self.ask(f"/pos-self/data/{self.kiosk.id}", access_token=self.kiosk.access_token)
            return [one["id"] for one in data["result"]["pos.payment.method"]]

        self.assertEqual(offered(), method.ids)
        self.kiosk_terminal.sudo().state = "registered"
        self.assertEqual(offered(), [])
        self.kiosk_terminal.sudo().state = "ready"
        self.kiosk.self_ordering_mode = "mobile"
        self.assertEqual(offered(), [])

    def test_the_line_is_made_before_anything_is_sent(self):
        order = self.ordered()
        line = order.payment_ids
        self.assertEqual((line.amount, line.payment_status), (20, "pending"))
        self.assertEqual(line.payment_method_id, self.glase_method)
        self.assertFalse(self.rows(order))
        self.assertEqual(self.sent(), 0)
        self.pay(self.values(uuid=order.uuid, lines=[]))
        self.assertEqual(order.payment_ids, line, "one line, however often *Pay* is pressed")

    def test_paid_finishes_the_order_and_is_proven(self):
        order = self.out()
        answer = self.status(order)
        self.assertEqual((answer["end"], answer["amount"]), (False, "20.00"))
        self.assertEqual(answer["scan"], self.rows(order).qr_code)
        self.guest("pay")
        answer = self.status(order)
        self.assertEqual((answer["end"], answer["finished"]), ("paid", True))
        self.assertEqual(answer["number"], order.tracking_number)
        self.assertEqual(order.state, "paid")
        row = self.rows(order)
        self.assertEqual((row.state, row.payment_id), ("paid", order.payment_ids))
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertEqual(order.payment_ids.transaction_id, row.ers_reference)
        self.assertEqual(self.replayed(row), "paid")
        self.assertFalse(row.case_ids)

    def test_asked_again_after_the_end_it_says_the_same(self):
        order = self.paid()
        moves = len(order.picking_ids)
        for name in ("status", "send", "cancel", "leave"):
            answer = self.door_of_kiosk(name, order)
            self.assertEqual((answer["end"], answer["finished"]), ("paid", True), name)
        self.assertEqual((len(self.rows(order)), len(order.picking_ids)), (1, moves))

    def test_declined_and_tried_again(self):
        order = self.out()
        self.guest("decline")
        answer = self.status(order)
        self.assertEqual((answer["end"], answer["finished"]), ("declined", False))
        self.assertEqual(self.door_of_kiosk("send", order, "2")["state"], "issued")
        self.guest("pay")
        self.assertEqual(self.status(order, "2")["end"], "paid")
        self.assertEqual((order.state, len(order.payment_ids)), ("paid", 1))

    def test_canceled(self):
        order = self.out()
        answer = self.door_of_kiosk("cancel", order)
        self.assertEqual((answer["end"], answer["final"]), ("canceled", True))

    def test_a_cancel_that_comes_too_late_finishes_the_order(self):
        order = self.out()
        self.guest("pay")
        answer = self.door_of_kiosk("cancel", order)
        self.assertEqual((answer["end"], answer["finished"]), ("paid", True))
        self.assertEqual(order.state, "paid")

    def test_the_server_ends_a_bill_that_nobody_pays(self):
        order = self.out()
        for _second in range(2):
            self.advance(44)
            self.assertEqual(self.door_of_kiosk("status", order)["end"], False)
        self.advance(3)
        answer = self.door_of_kiosk("status", order)
        self.assertEqual((answer["end"], answer["seconds_left"]), ("timed_out", 0))

    def test_glase_does_not_answer_the_bill(self):
        self.simulator.faults({"operation": "sendInvoice", "kind": "drop-after", "count": 1})
        order = self.ordered()
        self.assertEqual(self.door_of_kiosk("send", order)["end"], "lost")
        self.assertEqual(self.door_of_kiosk("send", order, "2")["state"], "issued")

    def test_glase_does_not_answer_a_question(self):
        order = self.out()
        self.simulator.faults({"operation": "getPaymentStatus", "kind": "drop-before", "count": 1})
        answer = self.status(order)
        self.assertEqual((answer["end"], answer["state"]), (False, "issued"))
        self.guest("pay")
        self.assertEqual(self.status(order)["end"], "paid")

    def test_a_page_that_is_gone_is_given_up_and_the_next_guest_pays(self):
        order = self.out()
        self.fall_silent()
        other = self.ordered()
        self.assertEqual(self.door_of_kiosk("send", other)["state"], "issued")
        row = self.rows(order)
        self.assertEqual((row.state, row.given_up_why), ("canceled", "silent"))
        self.assertEqual(order.state, "draft")

    def test_a_guest_who_pays_and_is_gone_is_a_case_as_at_a_till(self):
        order = self.out()
        line = order.payment_ids.uuid
        self.pay_and_be_gone(order)
        self.assertEqual(self.row(line).state, "paid")
        self.assertEqual(self.cases(line), ["paid_without_order"])
        self.assertEqual(order.payment_ids.payment_status, "done", "a till that opens it sees that")

    def test_an_order_that_cannot_be_finished_stays_paid(self):
        order = self.out()
        self.guest("pay")
        # Odoo refuses to finish it: no longer the sum that was paid.
        order.lines.write({"price_subtotal_incl": 30})
        order.write({"amount_total": 30})
        answer = self.status(order)
        self.assertEqual((answer["end"], answer["finished"]), ("paid", False))
        self.assertEqual((order.state, self.rows(order).state), ("draft", "paid"))

    def test_a_removed_order_gives_its_bill_up(self):
        order = self.out()
        row = self.rows(order)
        self.ask(
            "/pos-self-order/remove-order",
            access_token=self.kiosk.access_token,
            order_id=order.id,
            order_access_token=order.access_token,
        )
        self.assertEqual(order.state, "cancel")
        row.invalidate_recordset()
        self.assertEqual(row.given_up_why, "order_gone")
        self.run_job()
        self.assertEqual(row.state, "canceled")

    def test_a_session_with_a_bill_out_stays_open(self):
        order = self.out()
        admin = self.kiosk.with_user(self.pos_admin)
        with self.assertRaisesRegex(UserError, "Running"), self.env.cr.savepoint():
            admin.action_close_kiosk_session()
        self.env.invalidate_all()
        self.assertTrue(order.exists(), "its drafts are there, too")
        self.assertEqual(self.kiosk_session.state, "opened")
        self.env.cr.postrollback.run()
        self.door_of_kiosk("cancel", order)
        admin.action_close_kiosk_session()
        self.assertEqual(self.kiosk_session.state, "closed")
        self.assertFalse(order.exists(), "drafts are Odoo's to delete")

    def test_a_session_is_closed_over_a_bill_and_the_page_hears_of_its_end(self):
        order = self.out()
        self.guest("pay")
        self.kiosk_session.sudo().state = "closed"
        self.env.flush_all()
        answer = self.status(order)
        self.assertEqual((answer["end"], answer["finished"]), ("paid", False))
        self.assertEqual(order.state, "draft", "nothing is entered in a closed session")

    def test_closed_with_a_paid_order_its_period_has_it(self):
        self.paid()
        self.kiosk.with_user(self.pos_admin).action_close_kiosk_session()
        self.assertEqual(self.kiosk_session.state, "closed")
        self.assertEqual(self.kiosk_session.glase_payment_total, 20)
        self.assertTrue(self.kiosk_session.glase_period_ids)
