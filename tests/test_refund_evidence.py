from .periods import PeriodCommon


class TestRefundEvidence(PeriodCommon):
    """What a manager sees of Glase's reports before an unknown refund is decided."""

    def lost_refund(self, order, amount, kind="drop-after"):
        """A refund that got no answer; returns its case."""
        refund_order, line = self.refund_order(order, amount)
        self.simulator.faults({"operation": "refundPayment", "kind": kind, "count": 1})
        view = self.door(
            "refund",
            order_uuid=refund_order.uuid,
            line_uuid=line,
            attempt="lost",
            amount=f"{amount:.2f}",
        )
        self.assertEqual(view["state"], "unknown")
        self.simulator.faults()
        self.validate(refund_order, line)
        return self.row(line).case_ids

    def test_before_the_session_is_closed_there_is_no_report(self):
        order, _row = self.paid_order(100)
        case = self.lost_refund(order, 30)
        self.assertFalse(case.evidence_line_ids)
        self.assertIn("not here yet", case.evidence_words)

    def test_the_row_and_the_sums_with_and_without_it_are_shown_and_nothing_is_decided(self):
        known_order, _row = self.paid_order(50)
        self.give_back(known_order, 20)
        order, row = self.paid_order(100)
        case = self.lost_refund(order, 30)
        period = self.closed_and_settled()
        self.env.invalidate_all()
        self.assertEqual(sorted(case.evidence_line_ids.mapped("amount")), [-30, -20, 100])
        self.assertIn("as a row of its own", case.evidence_words)
        for sum_ in ("100.00", "130.00"):
            self.assertIn(sum_, case.evidence_words)
        self.assertEqual(case.transaction_id.state, "unknown", "no machine decides it")
        self.assertEqual(period.state, "differences", "money went back that nobody vouches for")
        self.assertEqual(row.period_id, period)

    def test_a_refund_that_was_not_made_is_in_no_report(self):
        order, _row = self.paid_order(100)
        case = self.lost_refund(order, 30, kind="drop-before")
        period = self.closed_and_settled()
        self.assertEqual(period.state, "reconciled")
        self.assertEqual(case.evidence_line_ids.mapped("amount"), [100])
        self.assertIn("do not conclude", case.evidence_words)

    def test_a_refund_that_a_manager_decided_was_made_is_matched_when_it_is_fetched_again(self):
        self.profile(refunds_in_reports="payment_reference")
        order, _row = self.paid_order(100)
        case = self.lost_refund(order, 30)
        period = self.closed_and_settled()
        [line] = case.evidence_line_ids.filtered(lambda line: line.amount < 0)
        self.assertEqual(line.kind, "undecidable")
        self.advance(16 * 60)
        with self.office() as env:
            own = case.with_env(env)
            own.reason = "Glase's report shows it"
            own.action_was_refunded()
        period.with_user(self.pos_admin).action_resume()
        self.settle()
        self.assertEqual((line.kind, period.state), ("matched", "reconciled"))
