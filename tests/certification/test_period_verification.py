from ..shared.periods import PeriodCommon
from ..shared.verification import VerificationCommon


class TestPeriodVerification(PeriodCommon, VerificationCommon):
    """A verification's payments in the report of a whole shop are named, and are no difference."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.write({"period_scope": "shop", "period_time": 3.0, "period_tz": "UTC"})

    def setUp(self):
        super().setUp()
        self.mark_at_glase()

    def stopped(self, after):
        """A verification that is stopped after one of its steps, and cleans up."""
        run = self.started()
        self.play(run, until=lambda: self.verdicts(run)[after] == "ok")
        self.press(run, "action_stop")
        self.play(run)
        return run

    def test_payments_and_refunds_of_a_verification_are_no_difference(self):
        for way in ("own_row", "payment_reference", "netted"):
            with self.subTest(way):
                self.profile(refunds_in_reports=way)
                _order, row = self.paid_order(100)
                run = self.stopped("refund_pay")
                self.assertFalse(run.left_behind)
                period = self.closed_and_settled()
                kinds = set(self.kinds(period)) - {"matched"}
                self.assertEqual(kinds, {"verification"}, self.kinds(period))
                self.assertEqual((period.state, period.difference), ("reconciled", 0))
                self.assertEqual(row.period_id, period)
                self.assertEqual(self.pos_session.glase_difference, 0)
                line = period.line_ids.filtered(lambda one: one.kind == "verification")[:1]
                self.assertIn("no sale", line.todo)
                self.assertFalse(
                    self.env["glase.case"].search([("kind", "=", "unknown_reference")])
                )
                self.next_day()

    def test_a_mark_between_a_payment_and_its_refund(self):
        run = self.started()
        self.play(run, until=lambda: self.verdicts(run)["refund_pay"] == "ok")
        self.paid_order(100)
        period = self.closed_and_settled()
        self.assertEqual((period.state, period.difference), ("reconciled", 0), self.kinds(period))
        self.assertGreater(period.report_total, 100)
        self.assertEqual(self.pos_session.glase_report_total, 100)
        self.next_day()
        self.play(run)
        self.assertEqual(run.state, "passed")

    def test_what_glase_makes_up_beside_it_is_still_a_difference(self):
        run = self.stopped("pay")
        paid = run.bill_ids.filtered("ers_reference")[:1]
        self.env.cr.execute(
            "UPDATE glase_verification_bill SET refund_reference = NULL, ers_reference = 'other'"
            " WHERE id = %s",
            (paid.id,),
        )
        self.env.invalidate_all()
        self.paid_order(100)
        period = self.closed_and_settled()
        self.assertEqual(period.state, "differences")
        self.assertIn("unknown", self.kinds(period))
