from odoo.exceptions import AccessError, UserError

from ...models.periods.glase_period_line import KINDS
from ...rules import state_machine
from ..shared.periods import PeriodCommon


class TestPeriodDifference(PeriodCommon):
    """What a difference means, what is done about it, where it is booked; marking by hand."""

    def test_each_kind_says_what_to_do(self):
        self.paid_order(100)
        line = self.closed_and_settled().line_ids.sudo()
        told = set()
        for kind in KINDS:
            line.kind = kind
            self.assertTrue(line.todo, kind)
            told.add(line.todo)
        self.assertEqual(len(told), len(KINDS))

    def test_the_report_is_believed_about_a_payment_that_counted_as_unpaid(self):
        self.paid_order(20)
        _order, row = self.paid_order(100)
        self.env.cr.execute(
            "UPDATE glase_transaction SET state = 'expired', payment_id = NULL WHERE id = %s",
            (row.id,),
        )
        self.env.invalidate_all()
        period = self.closed_and_settled()
        line = period.line_ids.filtered(lambda line: line.transaction_id == row)
        self.assertEqual((period.state, line.kind), ("differences", "unpaid"))
        self.assertTrue(line.can_take_as_paid)
        with self.assertRaisesRegex(UserError, "how you know it"):
            line.with_user(self.pos_admin).action_take_as_paid()
        line.with_user(self.pos_admin).reason = "The bank has it"
        with self.assertRaises(AccessError):
            line.with_user(self.pos_user).action_take_as_paid()
        shown = line.with_user(self.pos_admin).action_take_as_paid()
        self.env.invalidate_all()
        self.assertEqual((row.state, row.decided_by), (state_machine.PAID, self.pos_admin))
        self.assertEqual(
            (line.kind, period.state, row.period_id), ("matched", "reconciled", period)
        )
        case = self.env["glase.case"].browse(shown["res_id"])
        self.assertEqual((case.kind, case.transaction_id), ("paid_late", row))
        with self.assertRaisesRegex(UserError, "meanwhile"):
            line.with_user(self.pos_admin).action_take_as_paid()

    def paid_unheard(self):
        """A payment that Glase's report has while the ledger has not heard of it; its row and line."""
        self.paid_order(20)
        _order, line = self.sent(100)
        self.customer("pay")
        self.simulator.faults({"operation": "getPaymentStatus", "kind": "drop-after", "count": 1})
        self.assertEqual(self.ask(line)["state"], "issued")
        self.simulator.faults()
        period = self.closed_and_settled()
        reported = period.line_ids.filtered(lambda line: line.amount == 100)
        self.assertEqual((reported.kind, period.state), ("unknown", "differences"))
        return self.row(line), reported

    def hear_of(self, row):
        """The ledger hears that it is paid, and wakes the job that compares periods."""
        job = self.env.ref("pos_glase.cron_periods")
        woken = self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)])
        view = self.door("status", line_uuid=row.line_uuid, attempt="1")
        self.assertEqual(view["state"], "paid")
        self.env.invalidate_all()
        self.assertFalse(row.period_id, "not in the till's request")
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)]) - woken)
        self.work()

    def test_what_turns_out_to_be_paid_is_matched_with_the_report_that_has_it(self):
        row, line = self.paid_unheard()
        self.hear_of(row)
        self.assertEqual((line.kind, row.period_id), ("matched", line.period_id))
        self.assertEqual((line.period_id.state, line.period_id.difference), ("reconciled", 0))

    def test_what_was_accepted_as_unknown_is_not_missing_once_it_is_paid(self):
        row, line = self.paid_unheard()
        line.with_user(self.pos_admin).reason = "The customer has a receipt"
        line.with_user(self.pos_admin).action_accept()
        self.hear_of(row)
        self.assertEqual((line.kind, row.period_id), ("matched", line.period_id))
        self.assertEqual(line.accepted_by, self.pos_admin)
        self.assertEqual(line.period_id.ledger_total, 120)

    def test_a_payment_that_is_heard_of_does_not_wake_the_job_for_nothing(self):
        job = self.env.ref("pos_glase.cron_periods")
        woken = self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)])
        self.paid_order(20)
        self.assertEqual(self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)]), woken)

    def test_several_are_accepted_with_one_reason(self):
        for amount in (100, 20, 3):
            self.paid_order(amount)
        period = self.closed_and_settled()
        period.line_ids.sudo().kind = "twice"
        period.sudo()._sum_up()
        self.assertEqual(period.state, "differences")
        chosen = period.line_ids[:2]
        wizards = self.env["glase.accept"].with_context(active_ids=chosen.ids)
        wizards.with_user(self.pos_admin).create({"reason": "Asked"}).action_accept()
        self.assertEqual((period.state, period.difference_count), ("differences", 1))
        self.assertEqual(chosen.mapped("reason"), ["Asked", "Asked"])
        self.assertEqual(chosen.accepted_by, self.pos_admin)
        wizards = wizards.with_context(active_ids=period.line_ids.ids)
        wizards.with_user(self.pos_admin).create({"reason": "Asked"}).action_accept()
        self.assertEqual(period.state, "reconciled")
        with self.assertRaisesRegex(UserError, "any more"):
            wizards.with_user(self.pos_admin).create({"reason": "Again"}).action_accept()
        with self.assertRaisesRegex(UserError, "any more"):
            period.line_ids.with_user(self.pos_admin).action_accept()

    def test_a_line_leads_to_its_journal_item(self):
        _order, row = self.paid_order(100)
        line = (
            self.env["glase.period.line"]
            .sudo()
            .create(
                {
                    "period_id": self.env["glase.period"]
                    ._make(self.account, self.terminal, self.env["pos.session"])
                    .id,
                    "origin": "report",
                    "kind": "matched",
                    "transaction_id": row.id,
                }
            )
        )
        self.assertFalse(line.journal_item_id)
        self.pos_session.action_pos_session_closing_control()
        self.env.invalidate_all()
        booked = self.env["account.payment"].search(
            [
                ("pos_session_id", "=", self.pos_session.id),
                ("pos_payment_method_id", "=", self.glase_method.id),
            ]
        )
        self.assertEqual(line.journal_item_id.move_id, booked.move_id)
        self.assertEqual(line.journal_item_id.account_id, booked.outstanding_account_id)
        self.assertEqual(line.action_open_journal_item()["res_id"], booked.move_id.id)

    # === By hand ===

    def test_a_period_is_marked_by_hand_within_an_open_session(self):
        session = self.pos_session.with_user(self.pos_admin)
        with self.assertRaisesRegex(UserError, "nothing to mark"):
            session.action_glase_mark_period()
        _order, row = self.paid_order(100)
        with self.assertRaises(AccessError):
            self.pos_session.with_user(self.pos_user).action_glase_mark_period()
        period = self.env["glase.period"].browse(session.action_glase_mark_period()["res_id"])
        again = session.action_glase_mark_period()
        self.assertEqual(again["res_id"], period.id, "pressed twice it is one period")
        self.settle()
        self.assertEqual((period.state, row.period_id), ("reconciled", period))
        self.assertEqual(self.pos_session.state, "opened")
        with self.assertRaisesRegex(UserError, "nothing to mark"):
            session.action_glase_mark_period()
        _order, later = self.paid_order(20)
        following = self.closed_and_settled()
        self.assertNotEqual(following, period)
        self.assertEqual((following.state, later.period_id), ("reconciled", following))

    def test_a_shops_period_is_marked_by_hand_whatever_is_open(self):
        self.mark_at_glase()
        self.account.period_scope = "shop"
        _order, row = self.paid_order(100)
        shown = self.account.with_user(self.pos_admin).action_mark_period()
        period = self.env["glase.period"].browse(shown["res_id"])
        self.assertFalse(period.terminal_id)
        self.settle()
        self.assertEqual(row.period_id, period)
