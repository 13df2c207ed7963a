from dataclasses import replace
from unittest.mock import patch

from ...models.periods.glase_period_job import ASK_AGAIN_PAUSES
from ..shared.periods import PeriodCommon

HELD_BACK = {"report_rows": "missing", "report_not_ready_count": 0}


class TestPeriodLate(PeriodCommon):
    """What a report does not have yet is asked for again before it is called missing."""

    def setUp(self):
        super().setUp()
        self.profile(**HELD_BACK)

    def comes(self):
        """From now on Glase's reports have all their rows."""
        self.profile(report_not_ready_count=0)

    def calls(self):
        journal = self.simulator.journal()["calls"]
        return sum(call["operation"] == "executeReport" for call in journal)

    def a_day(self, *amounts):
        """A day with payments; returns its period, and the row that its report lacks."""
        for amount in amounts:
            _order, row = self.paid_order(amount)
        period = self.closed_and_settled()
        self.next_day()
        return period, row

    def told(self, row):
        self.env.invalidate_all()
        return [(case.kind, case.state) for case in row.case_ids]

    def test_a_row_that_comes_late_needs_nobody(self):
        period, row = self.a_day(100, 20)
        self.assertEqual(self.kinds(period), ["awaited", "matched"])
        self.comes()
        self.work(280)
        self.assertEqual(self.kinds(period), ["awaited", "matched"])
        self.work(21)
        self.assertEqual(
            (period.state, self.kinds(period)), ("reconciled", ["late", "matched", "matched"])
        )
        self.assertEqual((row.period_id, self.told(row)), (period, []))
        self.assertEqual(
            (period.ledger_total, period.report_total, period.awaited_count), (120, 120, 0)
        )
        asked = self.calls()
        self.work(7 * 24 * 3600)
        self.assertEqual(self.calls(), asked, "nothing is lacking: nothing is asked")

    def test_a_row_that_comes_with_the_next_report_is_never_called_missing(self):
        first, row = self.a_day(100, 20)
        self.assertEqual(self.kinds(first), ["awaited", "matched"])
        self.comes()
        second, _row = self.a_day(50, 10)
        self.assertEqual(self.kinds(second), ["matched", "matched"])
        self.assertEqual(
            (first.state, self.kinds(first)), ("reconciled", ["late", "matched", "matched"])
        )
        self.assertEqual((row.period_id, self.told(row)), (first, []))

    def test_a_row_that_is_late_twice_closes_its_case_by_itself(self):
        first, row = self.a_day(100, 20)
        self.a_day(50, 10)
        self.work(61)
        self.assertEqual((first.state, self.kinds(first)), ("differences", ["matched", "missing"]))
        self.assertEqual(self.told(row), [("not_reported", "open")])
        self.comes()
        self.work(ASK_AGAIN_PAUSES[1].total_seconds() + 1)
        self.assertEqual(
            (first.state, self.kinds(first)), ("reconciled", ["late", "matched", "matched"])
        )
        self.assertEqual(self.told(row), [("not_reported", "settled")])
        self.assertFalse(first.activity_ids, "nobody is to do anything")

    def test_a_refund_that_comes_late(self):
        order, _row = self.paid_order(100)
        self.comes()
        self.closed_and_settled()
        self.next_day()
        self.profile(**HELD_BACK)
        self.paid_order(70)
        refund = self.give_back(order, 30)
        period = self.closed_and_settled()
        self.assertEqual(self.kinds(period), ["awaited", "matched"])
        self.comes()
        self.work(301)
        self.assertEqual((period.state, refund.period_id), ("reconciled", period))
        self.assertEqual((period.report_total, period.difference), (40, 0))

    def test_a_summary_that_comes_late(self):
        """Two reports that contradict each other for long are fetched again after that, too."""
        self.comes()
        self.paid_order(100)
        self.profile(report_not_ready_count=0, report_rows="missing")
        plan = type(self.env["glase.period"])._report_plan

        def old_summary(period):
            found = plan(period)
            exchange, call = found["summary"]

            def outdated():
                answer = call()
                return replace(answer, report=replace(answer.report, content=old))

            return {**found, "summary": (exchange, outdated)} if old else found

        period = self.close()
        self.work()
        self.work(4)
        old = self.env["ir.attachment"].browse(period.summary_id.id).raw
        self.comes()
        self.next_day()
        with patch.object(type(self.env["glase.period"]), "_report_plan", old_summary):
            for _round in range(6):
                self.work(301)
            self.assertEqual(
                (period.state, self.kinds(period)[:1]), ("differences", ["contradiction"])
            )
        old = None
        self.work(24 * 3600)
        self.assertEqual((period.state, period.difference_count), ("reconciled", 0))
        self.assertEqual(period.summary_total, 100)

    def reporting(self, *corrections):
        """Until the end of a ``with``: Glase's reports say other amounts, as (which, instead)."""
        plan = type(self.env["glase.period"])._report_plan

        def otherwise(period):
            found = plan(period)
            return {what: (exchange, changed(call)) for what, (exchange, call) in found.items()}

        def changed(call):
            def answered():
                answer = call()
                content = answer.report.content
                for one, other in corrections:
                    content = content.replace(f">{one:.5f}<".encode(), f">{other:.5f}<".encode())
                return replace(answer, report=replace(answer.report, content=content))

            return answered

        return patch.object(type(self.env["glase.period"]), "_report_plan", otherwise)

    def test_an_amount_that_a_later_report_corrects(self):
        with self.reporting((100, 90)):
            period, row = self.a_day(100, 20)
        self.assertEqual(self.kinds(period), ["amount", "awaited"])
        first = self.env["glase.transaction"].search([("amount", "=", 100)], limit=1)
        self.comes()
        self.work(301)
        self.assertEqual(
            (period.state, self.kinds(period)), ("reconciled", ["late", "matched", "matched"])
        )
        self.assertEqual((first.period_id, row.period_id), (period, period))
        self.assertEqual((period.report_total, period.difference), (120, 0))
        self.assertFalse(period.activity_ids)

    def test_an_amount_that_a_later_report_says_wrongly(self):
        period, row = self.a_day(100, 20)
        self.comes()
        with self.reporting((100, 90), (120, 110)):
            self.work(301)
        self.assertEqual(
            (period.state, self.kinds(period)), ("differences", ["amount", "late", "matched"])
        )
        self.assertEqual(
            (row.period_id, period.report_total, period.difference), (period, 110, -10)
        )

    def test_a_payment_that_a_later_report_gives_less_its_refund(self):
        """Corrected to what is left of it: the refund has gone with it."""
        order, paid = self.paid_order(100)
        refund = self.give_back(order, 30)
        self.paid_order(20)
        self.profile(refunds_in_reports="absent", **HELD_BACK)
        period = self.closed_and_settled()
        self.assertEqual(self.kinds(period), ["awaited", "awaited", "matched"])
        self.profile(refunds_in_reports="netted", report_not_ready_count=0)
        self.work(301)
        self.assertEqual((period.state, period.difference_count), ("reconciled", 0))
        self.assertEqual((paid.period_id, refund.period_id), (period, period))
        self.assertIn("netted", self.kinds(period))

    def test_an_accepted_amount_is_not_taken_back(self):
        with self.reporting((100, 90)):
            period, _row = self.a_day(100, 20)
        wrong = period.line_ids.filtered(lambda line: line.kind == "amount")
        wrong.with_user(self.pos_admin).write({"reason": "Glase says so"})
        wrong.with_user(self.pos_admin).action_accept()
        self.comes()
        self.work(301)
        self.assertTrue(wrong.exists().accepted_at)
        self.assertEqual(wrong.amount, 90)

    def test_what_never_comes_is_asked_for_with_growing_pauses_and_not_for_ever(self):
        first, row = self.a_day(100, 20)
        self.a_day(50, 10)
        self.work(61)
        self.assertEqual(self.told(row), [("not_reported", "open")])
        for pause in ASK_AGAIN_PAUSES:
            self.work(pause.total_seconds() + 1)
        self.assertFalse(first.next_try_at, "enough is enough")
        asked = self.calls()
        self.work(30 * 24 * 3600)
        self.assertEqual(self.calls(), asked)
        self.assertEqual(self.told(row), [("not_reported", "open")])

    def test_a_difference_that_is_accepted_is_not_asked_for(self):
        first, row = self.a_day(100, 20)
        second, _row = self.a_day(50, 10)
        self.work(61)
        for line in first.line_ids.filtered("is_difference"):
            line.with_user(self.pos_admin).write({"reason": "Glase says so"})
            line.with_user(self.pos_admin).action_accept()
        self.env.invalidate_all()
        self.assertFalse(first.next_try_at)
        self.assertTrue(second.next_try_at)

    def test_a_glase_that_does_not_answer_again_leaves_what_is_known(self):
        """Asking again can end in nothing: that makes nothing worse."""
        first, row = self.a_day(100, 20)
        kept = first.details_id.raw
        for kind in ("drop-before", "http500", "garbage"):
            self.simulator.faults({"operation": "executeReport", "kind": kind, "count": 100})
            self.work(3600)
            self.assertEqual(
                (first.state, self.kinds(first)), ("reconciled", ["awaited", "matched"])
            )
            self.assertEqual(first.details_id.raw, kept)
        for _again in ASK_AGAIN_PAUSES:
            self.work(25 * 3600)
        self.assertFalse(first.next_try_at)
        self.simulator.faults()
        self.comes()
        self.a_day(50, 10)
        self.assertEqual(self.kinds(first), ["late", "matched", "matched"])
        self.assertEqual(self.told(row), [], "the next period has it asked for once more")

    def test_a_report_that_comes_back_broken_does_not_take_the_place_of_the_first(self):
        first, _row = self.a_day(100, 20)
        kept = first.details_id.raw
        self.profile(report_xml="broken", report_not_ready_count=0)
        self.work(301)
        self.assertEqual((first.state, self.kinds(first)), ("reconciled", ["awaited", "matched"]))
        self.assertEqual(first.details_id.raw, kept)
        self.comes()
        self.work(901)
        self.assertEqual((first.state, first.awaited_count), ("reconciled", 0))

    def test_what_a_lost_period_seems_to_have_taken_comes_late(self):
        self.comes()
        _order, row = self.paid_order(100)
        self.simulator.faults(
            {"operation": "markTransactionPeriod", "kind": "drop-before", "count": 1}
        )
        lost = self.close()
        self.work()
        self.simulator.faults()
        self.profile(**HELD_BACK)
        self.work(61)
        self.settle()
        self.assertEqual(self.kinds(lost), ["unreported"])
        self.comes()
        self.work(301)
        self.assertEqual((lost.state, self.kinds(lost)), ("reconciled", ["late"]))
        self.assertEqual(row.period_id, self.period())
        case = self.env["glase.case"].search([("period_id", "=", lost.id)])
        self.assertEqual(case.mapped("state"), ["settled"])
