from unittest.mock import patch

from odoo.exceptions import AccessError, UserError

from ...models.ledger import exchange
from ...models.support import autonomous_transaction
from ...rules import state_machine
from ..shared.common import GlaseCommon


class TestLedgerSettle(GlaseCommon):
    """Rows that nobody asks about are worked to an end, and each end can be replayed."""

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")

    def operations(self, line):
        """What Glase was asked about a row, in order."""
        answers = self.row(line).event_ids.filtered(
            lambda event: event.outcome != state_machine.NOTE
        )
        return answers.sorted("id").mapped("operation")

    def assert_ended(self, line, state):
        row = self.row(line)
        self.assertEqual(row.state, state)
        self.assertEqual(self.replayed(row), state)
        return row

    def test_left_open_is_canceled_and_then_asked(self):
        _order, line = self.sent()
        self.leave(line)
        self.run_job()
        row = self.assert_ended(line, "canceled")
        self.assertNotIn("declined", row._view()["message"])
        self.assertEqual(
            self.operations(line), ["sendInvoice", "cancelInvoice", "getPaymentStatus"]
        )
        self.assertFalse(row.case_ids)

    def test_already_paid_is_left_to_glase_to_reverse(self):
        _order, line = self.sent()
        self.leave(line)
        self.customer("pay")
        self.run_job()
        self.assertEqual(self.operations(line)[-1], "cancelInvoice", "asking would take the money")
        self.run_job()
        self.assertEqual(self.operations(line)[-1], "cancelInvoice", "not within 30 seconds")
        self.advance(31)
        self.run_job()
        self.assertFalse(self.assert_ended(line, "reversed").case_ids)

    def test_paid_whose_answer_was_lost_is_paid_and_a_case(self):
        order, line = self.sent()
        self.customer("pay")
        self.simulator.faults({"operation": "getPaymentStatus", "kind": "drop-after", "count": 1})
        self.assertEqual(self.door("status", line_uuid=line, attempt="1")["state"], "issued")
        self.leave(line)
        self.run_job()
        self.advance(31)
        self.run_job()
        row = self.assert_ended(line, "paid")
        self.assertEqual(row.case_ids.mapped("kind"), ["paid_without_order"])
        self.validate(order, line)
        self.assertEqual(self.row(line).payment_id, order.payment_ids)
        self.assertEqual(row.case_ids.state, "settled", "the order has come: nothing is open")

    def test_unanswered_cancel_is_repeated_with_pauses_and_never_asked(self):
        _order, line = self.sent()
        self.simulator.faults({"operation": "cancelInvoice", "kind": "drop-before", "count": 2})
        self.leave(line)
        self.run_job()
        self.run_job()
        self.assertEqual(self.operations(line), ["sendInvoice", "cancelInvoice"])
        self.advance(10)
        self.run_job()
        self.assertEqual(self.operations(line).count("cancelInvoice"), 2)
        self.assertNotIn("getPaymentStatus", self.operations(line))
        self.advance(60)
        self.run_job()
        self.assert_ended(line, "canceled")

    def test_silent_till_is_found_by_the_job(self):
        _order, line = self.sent()
        # It may have asked until a few seconds after what was written.
        self.advance(64)
        self.run_job()
        self.assertFalse(self.row(line).given_up_at)
        self.advance(2)
        self.run_job()
        self.assertEqual(self.assert_ended(line, "canceled").given_up_why, "silent")

    def test_a_registration_without_its_secret_stores_that_nothing_was_sent(self):
        _order, line = self.sent()
        self.terminal.sudo().password = False
        view = self.door("status", line_uuid=line, attempt="1")
        self.assertEqual((view["state"], view["final"]), ("issued", False))
        self.assertEqual(self.row(line).event_ids.sorted("id")[-1].outcome, "never_sent")

    def test_the_job_does_not_wake_itself_for_nothing(self):
        triggers = self.env["ir.cron.trigger"].search_count
        job = [("cron_id", "=", self.env.ref("pos_glase.cron_settle").id)]
        before = triggers(job)
        self.run_job()
        self.assertEqual(triggers(job), before)
        _order, line = self.sent()
        self.leave(line)
        self.assertEqual(triggers(job), before + 1)

    def test_check_again_takes_a_row_back(self):
        _order, line = self.sent()
        self.leave(line)
        self.customer("pay")
        view = self.door("status", line_uuid=line, attempt="1", take_back=True)
        self.assertEqual((view["state"], view["given_up"]), ("paid", False))
        self.assert_ended(line, "paid")

    def test_lost_send_is_canceled_once_a_later_bill_replaced_it(self):
        self.simulator.faults({"operation": "sendInvoice", "kind": "drop-after", "count": 1})
        order, line = self.draft_order(self.pos_session, 20)
        self.assertEqual(self.send(order, line)["state"], "unknown")
        _order, later = self.sent(30)
        self.door("cancel", line_uuid=later, attempt="1")
        self.assertEqual(self.row(line).state, "unknown")
        self.advance(61)
        self.sent(40)
        self.assertTrue(self.assert_ended(line, "canceled").inferred)

    def test_paid_that_no_order_takes_is_a_case(self):
        _order, line = self.sent()
        self.customer("pay")
        self.door("status", line_uuid=line, attempt="1")
        self.run_job()
        self.assertFalse(self.row(line).case_ids, "the order may be on its way")
        self.advance(301)
        self.run_job()
        self.assertEqual(self.row(line).case_ids.kind, "paid_without_order")

    def test_removing_a_proven_payment_opens_a_case(self):
        order, line = self.sent()
        self.customer("pay")
        self.door("status", line_uuid=line, attempt="1")
        self.validate(order, line)
        self.row(line).payment_id.unlink()
        row = self.row(line)
        self.assertFalse(row.payment_id)
        self.assertEqual(
            row.case_ids.filtered(lambda case: case.state == "open").kind, "paid_without_order"
        )

    def test_nobody_but_the_ledger_writes_it(self):
        _order, line = self.sent()
        row = self.row(line)
        for user in (self.pos_user, self.pos_admin):
            mine = row.with_user(user)
            with self.assertRaises(AccessError):
                mine.write({"state": "paid"})
            with self.assertRaises(AccessError):
                mine.unlink()
            with self.assertRaises(AccessError):
                mine.event_ids.write({"status": "PAID"})
            with self.assertRaises(AccessError):
                mine.env["glase.event"].create(
                    {"transaction_id": row.id, "operation": "getPaymentStatus"}
                )

    def test_a_payment_cannot_be_claimed_over_rpc(self):
        order, line = self.sent()
        payment = order.payment_ids.with_user(self.pos_user)
        payment.write({"payment_status": "done", "transaction_id": "forged"})
        self.assertFalse(payment.transaction_id)
        self.assertTrue(payment.glase_unverified)
        payment.write({"glase_unverified": False, "payment_ref_no": "forged"})
        self.assertTrue(payment.glase_unverified)
        self.assertFalse(payment.payment_ref_no)

    def test_a_reference_is_used_once(self):
        order, line = self.sent()
        self.customer("pay")
        self.door("status", line_uuid=line, attempt="1")
        self.validate(order, line)
        other, other_line = self.draft_order(self.pos_session, 20)
        self.validate(other, other_line)
        self.assertTrue(other.payment_ids.glase_unverified)
        self.assertFalse(order.payment_ids.glase_unverified)

    def test_a_row_that_turns_paid_proves_the_waiting_payment(self):
        order, line = self.sent()
        self.validate(order, line)
        self.assertTrue(order.payment_ids.glase_unverified)
        self.customer("pay")
        self.assertEqual(self.door("status", line_uuid=line, attempt="1")["state"], "paid")
        self.env.invalidate_all()
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertTrue(order.payment_ids.transaction_id)

    def test_another_till_cannot_ask_about_a_row(self):
        _order, line = self.sent()
        other = self.main_pos_config.copy({"name": "Other till"})
        view = self.door("status", config_id=other.id, line_uuid=line, attempt="1")
        self.assertEqual((view["ok"], view["reason"]), (False, "access"))

    def test_a_case_is_settled_by_a_manager_with_a_reason(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.validate(order, line)
        case = self.env["glase.case"].search([("payment_id", "=", order.payment_ids.id)])
        with self.assertRaises(AccessError):
            case.with_user(self.pos_user).action_settle()
        mine = case.with_user(self.pos_admin)
        with self.assertRaises(AccessError):
            mine.write({"state": "settled"})
        mine.reason = "Paid in cash afterwards"
        mine.action_settle()
        self.assertEqual((case.state, case.note), ("settled", "Paid in cash afterwards"))
        self.assertEqual(case.settled_by, self.pos_admin)

    def test_a_bill_that_glase_no_longer_knows_lets_the_till_go_and_is_decided_by_a_manager(self):
        self.profile(reversed_status="54")
        _order, line = self.sent()
        self.customer("pay")
        self.fall_silent()
        self.run_job()
        row = self.row(line)
        self.assertEqual((row.state, row.released), ("issued", True), "nobody knows: it stays open")
        other, other_line = self.draft_order(self.pos_session, 30)
        self.assertEqual(self.send(other, other_line)["state"], "issued")
        [case] = row.case_ids
        self.assertEqual(case.kind, "not_answered_for_till")
        with self.assertRaises(UserError):
            case.with_user(self.pos_admin).action_not_paid()
        case.reason = "Glase's support: reversed"
        with self.assertRaises(AccessError):
            case.with_user(self.pos_user).action_not_paid()
        case.with_user(self.pos_admin).action_not_paid()
        self.assert_ended(line, "canceled")
        self.assertEqual(case.state, "settled")

    def end_without_a_cancel(self):
        """Work a bill to its end that Glase neither cancels nor calls paid."""
        for _round in range(8):
            self.advance(61)
            self.run_job()

    def test_a_bill_that_failed_before_its_cancel_is_replaced_and_then_asked(self):
        _order, line = self.sent()
        self.leave(line)
        self.customer("fail")
        self.end_without_a_cancel()
        rows = self.env["glase.transaction"].search([("line_uuid", "=", line)], order="id")
        self.assertEqual(rows.mapped("state"), ["failed", "canceled"])
        self.assertFalse(rows.case_ids)

    def test_a_bill_that_expired_before_its_cancel_is_asked_at_once(self):
        self.profile(expire_seconds=30)
        _order, line = self.sent()
        self.leave(line)
        self.advance(40)
        self.run_job()
        self.assert_ended(line, "expired")

    def test_a_payment_that_was_reversed_in_other_words_comes_to_its_end(self):
        for status, state in (("EXPIRED", "expired"), ("FAILED", "failed")):
            with self.subTest(status=status):
                self.profile(reversed_status=status)
                _order, line = self.sent()
                self.customer("pay")
                self.fall_silent()
                self.run_job()
                self.end_without_a_cancel()
                rows = self.env["glase.transaction"].search([("line_uuid", "=", line)], order="id")
                self.assertEqual(rows[0].state, state)
                self.assertFalse(rows.case_ids)

    def test_a_bill_that_is_given_up_while_its_cancel_is_under_way_is_not_asked_about(self):
        _order, line = self.sent()
        self.customer("pay")
        cancel = exchange.cancel

        def cancel_while_the_cashier_leaves(rows, row_id):
            cancel(rows, row_id)
            row = rows.browse(row_id)
            autonomous_transaction.with_records(row, lambda own: own._give_up("left_open"))

        with patch.object(exchange, "cancel", cancel_while_the_cashier_leaves):
            self.door("cancel", line_uuid=line, attempt="1")
        self.assertEqual(self.operations(line), ["sendInvoice", "cancelInvoice"])
        self.advance(31)
        self.run_job()
        self.assert_ended(line, "reversed")

    def test_cancels_that_were_refused_at_the_till_are_tried_again_after_it_was_given_up(self):
        _order, line = self.sent()
        for _time in range(state_machine.REFUSED_CANCELS):
            self.simulator.faults(
                {"operation": "getPaymentStatus", "kind": "drop-before", "count": 1},
                {"operation": "cancelInvoice", "kind": "code", "code": 77, "count": 1},
            )
            self.door("cancel", line_uuid=line, attempt="1")
        self.simulator.faults()
        self.leave(line)
        self.run_job()
        self.assert_ended(line, "canceled")
