from html import unescape

from odoo.exceptions import UserError

from ...rules import state_machine
from ..shared.common import GlaseCommon

PAID_AFTER_ALL = state_machine.Evidence(
    "getPaymentStatus", code=0, status="PAID", ers_reference="201211270000000001"
)

UNCONFIRMED = "Glase payment: not confirmed by Glase yet"


class TestForceDone(GlaseCommon):
    """A manager marks a payment as paid that Glase has not confirmed: known as such until PAID."""

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")

    def force(self, line, reason="The customer shows a receipt", **approval):
        return self.door("force", line_uuid=line, attempt="1", reason=reason, **approval)

    def approved(self, line, **options):
        return self.force(line, login="pos_admin", password="pos_admin", **options)

    def silent_glase(self):
        self.simulator.faults(
            {"operation": "getPaymentStatus", "kind": "drop-before", "count": None}
        )

    def forced(self):
        """An order that was finished with a payment which only a manager vouches for."""
        order, line = self.sent()
        self.silent_glase()
        view = self.approved(line)
        self.assertTrue(view["forced"])
        self.assertEqual(view["state"], "issued")
        self.validate(order, line)
        return order, line

    def paper(self, order):
        """The invoice of an order as it is printed, sent, and shown to the customer."""
        if not order.account_move:
            order.partner_id = self.env["res.partner"].create({"name": "Guest"})
            order.with_user(self.pos_user).action_pos_order_invoice()
        reports = self.env["ir.actions.report"].with_user(self.pos_admin)
        html, _kind = reports._render_qweb_html(
            "account.report_invoice_with_payments", order.account_move.ids
        )
        text = unescape(html.decode())
        self.assertRegex(text, r"using\s+Glase", "Odoo says that it is paid")
        return text

    def test_an_invoice_says_what_is_not_certain(self):
        order, _line = self.forced()
        text = self.paper(order)
        self.assertIn(UNCONFIRMED, text)
        self.assertIn(order.payment_ids.glase_mark, text)

    def test_an_invoice_says_what_is_no_money(self):
        order, line = self.paid_bill()
        self.validate(order, line)
        text = self.paper(order)
        self.assertNotIn(UNCONFIRMED, text)
        self.assertIn(order.payment_ids.glase_mark, text)
        # What was real money needs no word.
        self.row(line).sudo().environment = "production"
        self.env.invalidate_all()
        self.assertNotIn("glase_payments", self.paper(order))

    def test_only_a_manager_with_the_right_password(self):
        _order, line = self.sent()
        for approval in (
            {},
            {"login": "pos_user", "password": "pos_user"},
            {"login": "pos_admin", "password": "wrong"},
            {"login": "pos_admin", "password": ""},
            {"login": "nobody", "password": "pos_admin"},
        ):
            with self.subTest(**approval):
                refusal = self.force(line, **approval)
                self.assertEqual((refusal["ok"], refusal["reason"]), (False, "approval"))
        self.assertFalse(self.row(line).forced_at)

    def test_a_manager_of_another_company_does_not_approve_here(self):
        _order, line = self.sent()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.pos_admin.write({"company_ids": [(6, 0, elsewhere.ids)], "company_id": elsewhere.id})
        self.assertEqual(self.approved(line)["reason"], "approval")

    def test_it_needs_a_reason(self):
        _order, line = self.sent()
        self.assertEqual(self.approved(line, reason="  ")["reason"], "reason")

    def test_a_manager_who_is_logged_in_gives_no_password(self):
        _order, line = self.sent()
        self.authenticate("pos_admin", "pos_admin")
        self.assertTrue(self.force(line)["forced"])
        self.assertEqual(self.row(line).forced_by, self.pos_admin)

    def test_it_needs_no_scheduled_job(self):
        """Somebody may have deleted it."""
        self.env.ref("pos_glase.cron_watch_forced").unlink()
        _order, line = self.sent()
        self.assertTrue(self.approved(line)["forced"])

    def test_it_is_recorded_and_the_payment_is_unverified_until_paid(self):
        order, line = self.forced()
        row = self.row(line)
        self.assertEqual(row.forced_by, self.pos_admin)
        self.assertEqual(row.forced_reason, "The customer shows a receipt")
        self.assertEqual(order.state, "paid")
        self.assertTrue(order.payment_ids.glase_unverified)
        self.assertEqual(self.cases(line), ["forced_done"], "one case, not two")
        self.simulator.faults()
        self.customer("pay")
        self.advance(2)
        self.run_job()
        self.assertEqual(self.row(line).state, "paid")
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertEqual(order.payment_ids, self.row(line).payment_id)
        self.assertEqual(self.cases(line), [])

    def test_paid_is_heard_at_once_where_glase_answers(self):
        _order, line = self.sent()
        self.customer("pay")
        view = self.approved(line)
        self.assertEqual(view["state"], "paid")
        self.assertEqual(self.cases(line), [])

    def test_it_is_never_given_up_and_never_canceled(self):
        _order, line = self.forced()
        self.assertFalse(self.leave(line)["given_up"])
        self.door("cancel", line_uuid=line, attempt="1")
        self.advance(600)
        self.run_job()
        row = self.row(line)
        self.assertFalse(row.given_up_at)
        asked = row.event_ids.filtered(lambda event: event.outcome != state_machine.NOTE)
        self.assertNotIn("cancelInvoice", asked.mapped("operation"))

    def test_a_bill_that_was_left_open_can_be_forced_before_its_cancel(self):
        _order, line = self.sent()
        self.leave(line)
        self.silent_glase()
        self.assertTrue(self.approved(line)["forced"])
        self.run_job()
        self.assertFalse(self.row(line).given_up_at)
        self.assertFalse(self.row(line).cancel_tries)

    def test_a_final_unpaid_status_is_goods_without_money(self):
        order, line = self.forced()
        self.simulator.faults()
        self.customer("decline")
        self.advance(2)
        self.run_job()
        self.assertEqual(self.row(line).state, "canceled")
        self.assertEqual(self.cases(line), ["goods_without_money"])
        self.assertTrue(order.payment_ids.glase_unverified)

    def test_a_bill_that_glase_no_longer_knows_is_decided_by_a_manager(self):
        self.profile(reversed_status="54")
        _order, line = self.forced()
        self.customer("pay")
        self.simulator.faults()
        self.advance(61)
        self.run_job()
        self.assertEqual(self.cases(line), ["forced_done"])
        case = self.row(line).case_ids
        self.assertIn("Glase refused to answer", case.message_ids[0].body)
        case.reason = "Glase's support: reversed"
        case.with_user(self.pos_admin).action_not_paid()
        self.assertEqual(self.row(line).state, "canceled")
        self.assertEqual(self.cases(line), ["goods_without_money"])
        self.assertEqual(self.row(line).case_ids, case, "one cause is one case that changes")

    def test_nobody_says_not_paid_while_glase_may_still_answer(self):
        _order, line = self.forced()
        case = self.row(line).case_ids.with_user(self.pos_admin)
        self.assertFalse(case.can_say_unpaid)
        case.reason = "I think so"
        with self.assertRaisesRegex(UserError, "decided already"):
            case.action_not_paid()
        self.assertEqual(self.row(line).state, "issued")

    def test_a_bill_that_counted_as_unpaid_and_is_paid_after_all_is_still_the_same_case(self):
        _order, line = self.forced()
        case = self.row(line).case_ids
        self.simulator.faults()
        self.customer("decline")
        self.advance(2)
        self.run_job()
        self.assertEqual(case.kind, "goods_without_money")
        self.row(line).sudo()._record_answer(PAID_AFTER_ALL, {})
        self.assertEqual(self.row(line).case_ids, case)
        self.assertEqual((case.kind, case.state), ("paid_late", "open"))
        self.assertEqual(case.activity_ids.summary, case.display_name)
        said = " ".join(case.message_ids.tracking_value_ids.mapped("old_value_char"))
        self.assertIn("Marked as paid by a manager", said)
        self.assertIn("Goods given, no money", said)

    def test_nothing_at_glase_is_nothing_to_force(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.simulator.faults({"operation": "sendInvoice", "kind": "drop-after", "count": 1})
        self.assertEqual(self.send(order, line)["state"], "unknown")
        self.assertEqual(self.approved(line)["reason"], "not_open")

    def test_it_is_asked_each_second_for_a_minute_then_with_growing_pauses(self):
        _order, line = self.forced()
        row = self.row(line)
        self.assertEqual(row._forced_pause().total_seconds(), 1)
        self.advance(120)
        self.assertGreaterEqual(row._forced_pause().total_seconds(), 120)
        self.advance(100000)
        self.assertEqual(row._forced_pause().total_seconds(), 3600)

    def test_the_watching_job_ends_by_itself_when_the_payment_is_decided(self):
        _order, line = self.forced()
        self.simulator.faults()
        self.customer("pay")
        self.advance(2)
        self.env.flush_all()
        with self.registry.cursor() as cr:
            self.env(cr=cr)["glase.transaction"].sudo()._cron_watch_forced()
        self.assertEqual(self.row(line).state, "paid")

    def test_after_its_minute_the_till_can_sell_again(self):
        _order, line = self.forced()
        self.simulator.faults()
        other, other_line = self.draft_order(self.pos_session, 30)
        refusal = self.send(other, other_line)
        self.assertEqual(refusal["reason"], "busy")
        self.assertRegex(refusal["message"], r"is being checked with Glase: free in (5\d|60) s\.")
        self.advance(40)
        message = self.send(other, other_line)["message"]
        self.assertRegex(message, r"free in (1\d|20) s\.")
        self.assertNotIn("Finish or cancel", message, "there is nothing to finish")
        self.advance(21)
        self.assertEqual(self.send(other, other_line, attempt="2")["state"], "issued")
        self.advance(3600)
        self.run_job()
        self.assertEqual(self.cases(line), ["goods_without_money"], "the next bill replaced it")
