from odoo.exceptions import AccessError, UserError

from ..shared.periods import PeriodCommon


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

    def test_a_refund_that_a_manager_decided_was_made_is_matched_with_the_report(self):
        for way in ("payment_reference", "netted"):
            with self.subTest(way=way):
                self.profile(refunds_in_reports=way)
                order, payment = self.paid_order(100)
                case = self.lost_refund(order, 30)
                period = self.closed_and_settled()
                line = period.line_ids.filtered(lambda line: line.kind == "undecidable")
                self.assertEqual(line.transaction_id, case.transaction_id)
                self.assertFalse(line.can_refund)
                self.assertNotIn("awaited", self.kinds(period), "one difference, not two")
                self.decided(case)
                self.work()
                self.assertEqual((line.is_difference, period.state), (False, "reconciled"))
                self.assertEqual((case.transaction_id | payment).period_id, period)
                self.next_day()

    def test_what_was_decided_not_to_be_made_leaves_another_amount(self):
        self.profile(refunds_in_reports="netted")
        order, payment = self.paid_order(100)
        case = self.lost_refund(order, 30)
        period = self.closed_and_settled()
        self.advance(16 * 60)
        with self.office() as env:
            own = case.with_env(env)
            own.reason = "Glase's support says so"
            own.action_was_not_refunded()
        self.work()
        line = period.line_ids
        self.assertEqual((line.kind, line.transaction_id), ("amount", payment))
        self.assertTrue(line.can_refund)

    def decided(self, case, reference=False):
        """A manager decides that a refund was made, and may know what Glase calls it."""
        self.advance(16 * 60)
        with self.office() as env:
            own = case.with_env(env)
            own.write({"reason": "Glase's support says so", "refund_reference": reference})
            own.action_was_refunded()

    def at_glase(self):
        """What the simulator calls the newest refund of this till."""
        refunds = self.simulator.journal()["refunds"]
        own = [one for one in refunds if one["terminal_id"] == self.terminal.terminal_identifier]
        return max(own, key=lambda one: one["refunded_at"])["ers_reference"]

    def decided_and_reported(self, reference=False):
        """A refund that was decided to be made; Glase's report shows it under its own reference."""
        order, _row = self.paid_order(100)
        case = self.lost_refund(order, 30)
        self.decided(case, reference)
        period = self.closed_and_settled()
        refund = case.transaction_id
        self.assertEqual((refund.state, refund.ers_reference), ("refunded", reference))
        line = period.line_ids.filtered(lambda line: line.kind == "unknown")
        self.assertEqual((period.state, line.amount), ("differences", -30))
        return period, refund, line

    def test_a_manager_names_the_refund_that_a_row_of_the_report_is(self):
        period, refund, line = self.decided_and_reported()
        self.assertEqual(line.refund_candidate_ids, refund)
        reported = self.env["glase.case"].search([("period_id", "=", period.id)])
        self.assertEqual((reported.kind, reported.state), ("unknown_reference", "open"))
        line.with_user(self.pos_admin).named_refund_id = refund
        with self.assertRaisesRegex(UserError, "how you know it"):
            line.with_user(self.pos_admin).action_name_refund()
        line.with_user(self.pos_admin).reason = "The only refund of 30"
        with self.assertRaises(AccessError):
            line.with_user(self.pos_user).action_name_refund()
        line.with_user(self.pos_admin).action_name_refund()
        self.env.invalidate_all()
        self.assertEqual((refund.ers_reference, refund.period_id), (line.reference, period))
        self.assertEqual(
            (line.kind, period.state, reported.state), ("matched", "reconciled", "settled")
        )
        self.assertEqual(self.kinds(period), ["late", "matched", "matched"])
        with self.assertRaisesRegex(UserError, "any more"):
            line.with_user(self.pos_admin).action_name_refund()

    def name(self, line, refund):
        line = line.with_user(self.pos_admin)
        line.write({"named_refund_id": refund.id, "reason": "The only refund of 30"})
        line.action_name_refund()
        self.env.invalidate_all()

    def lose_the_mark(self, kind):
        self.simulator.faults({"operation": "markTransactionPeriod", "kind": kind, "count": 1})
        lost = self.close()
        self.work()
        self.assertEqual(lost.state, "mark_unknown")
        self.work(61)
        self.settle()
        return lost

    def test_a_mark_that_is_lost_later_does_not_take_the_refund_of_an_earlier_report_with_it(self):
        period, refund, line = self.decided_and_reported()
        self.next_day()
        _order, payment = self.paid_order(20)
        lost = self.lose_the_mark("drop-after")
        self.assertEqual((payment.period_id, lost.ledger_total), (lost, 20))
        self.name(line, refund)
        self.assertEqual((refund.period_id, period.state), (period, "reconciled"))

    def test_a_refund_that_was_counted_to_a_lost_period_is_named_too(self):
        order, _row = self.paid_order(100)
        self.closed_and_settled()
        self.next_day()
        case = self.lost_refund(order, 30)
        self.decided(case)
        refund = case.transaction_id
        lost = self.lose_the_mark("drop-before")
        self.assertEqual((refund.period_id, self.kinds(lost)), (lost, ["unreported"]))
        following = self.period()
        line = following.line_ids.filtered(lambda line: line.kind == "unknown")
        self.name(line, refund)
        self.assertEqual((refund.period_id, following.state), (following, "reconciled"))
        self.assertEqual((self.kinds(lost), lost.state), (["late"], "reconciled"))

    def test_the_reference_that_was_entered_finds_the_row_of_the_report(self):
        order, _row = self.paid_order(100)
        case = self.lost_refund(order, 30)
        reference = self.at_glase()
        self.decided(case, f" {reference} ")
        refund = case.transaction_id
        self.assertEqual((refund.ers_reference, refund.reference_by), (reference, self.pos_admin))
        self.assertEqual(refund.payment_id.transaction_id, reference)
        heard = refund.event_ids.filtered("ers_reference")
        self.assertEqual((heard.operation, heard.user_id), ("reference_named", self.pos_admin))
        receipt = self.env["glase.receipt"].search([("transaction_id", "=", refund.id)])
        self.assertEqual(receipt.ers_reference, reference)
        period = self.closed_and_settled()
        self.assertEqual((period.state, self.kinds(period)), ("reconciled", ["matched"] * 2))
        self.assertEqual(refund.period_id, period)

    def test_a_reference_that_was_entered_wrongly_matches_nothing_until_it_is_corrected(self):
        period, refund, line = self.decided_and_reported("MISTYPED1")
        self.assertEqual(line.refund_candidate_ids, refund)
        line.with_user(self.pos_admin).write({"named_refund_id": refund.id, "reason": "A typo"})
        line.with_user(self.pos_admin).action_name_refund()
        self.env.invalidate_all()
        self.assertEqual((line.kind, period.state), ("matched", "reconciled"))
        self.assertEqual(refund.payment_id.transaction_id, line.reference)
        self.assertEqual(
            refund.event_ids.filtered("ers_reference").mapped("ers_reference"),
            ["MISTYPED1", line.reference],
        )

    def test_only_a_refund_of_that_amount_without_a_reference_can_be_named(self):
        _period, _refund, line = self.decided_and_reported()
        self.next_day()
        other_order, other = self.paid_order(30)
        known = self.give_back(other_order, 30)
        for row in (other, known):
            line.with_user(self.pos_admin).write({"named_refund_id": row.id, "reason": "A guess"})
            with self.assertRaisesRegex(UserError, "any more"):
                line.with_user(self.pos_admin).action_name_refund()

    def test_what_no_report_has_is_a_case_until_it_is_accepted(self):
        period, refund, _line = self.decided_and_reported()
        self.next_day()
        self.paid_order(20)
        self.closed_and_settled()
        self.env.invalidate_all()
        missing = period.line_ids.filtered(lambda line: line.transaction_id == refund)
        self.assertEqual(missing.kind, "missing")
        case = refund.case_ids.filtered(lambda case: case.kind == "not_reported")
        self.assertEqual(case.state, "open")
        missing.with_user(self.pos_admin).reason = "Glase's support has it"
        missing.with_user(self.pos_admin).action_accept()
        self.assertEqual((case.state, case.note), ("settled", "Glase's support has it"))
