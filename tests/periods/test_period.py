from datetime import timedelta

from odoo.exceptions import AccessError, UserError

from ...rules import state_machine
from ..shared.periods import PeriodCommon


class TestPeriod(PeriodCommon):
    """A session closes, its period is marked, the report comes back and is compared."""

    # === A day that matches ===

    def test_the_period_is_made_by_closing_and_all_that_talks_comes_later(self):
        _order, row = self.paid_order(148)
        before = len(self.simulator.journal()["calls"])
        period = self.close()
        self.assertEqual((period.state, period.session_ids), ("to_mark", self.pos_session))
        self.assertEqual(len(self.simulator.journal()["calls"]), before, "closing calls nobody")
        self.work()
        self.assertEqual(period.state, "marked")
        self.assertTrue(period.identifier)
        self.work()
        self.assertFalse(period.fetched_at, "not within 3 seconds")
        self.settle()
        self.assertEqual(period.state, "reconciled")
        self.assertEqual(
            (period.report_total, period.ledger_total, period.difference), (148, 148, 0)
        )
        self.assertEqual(period.line_ids.transaction_id, row)
        self.assertEqual(row.period_id, period)
        self.assertIn(row.ers_reference, period.details_id.raw.decode())
        self.assertEqual(period.details_id.mimetype, "text/plain")

    def test_a_session_without_glase_makes_no_period(self):
        self.assertFalse(self.close())

    def test_refunds_in_every_way_glase_may_report_them(self):
        for way in ("own_row", "payment_reference", "netted"):
            with self.subTest(way=way):
                self.profile(refunds_in_reports=way)
                order, row = self.paid_order(100)
                refund = self.give_back(order, 30)
                period = self.closed_and_settled()
                self.assertEqual(period.state, "reconciled", self.kinds(period))
                self.assertEqual((period.report_total, period.ledger_total), (70, 70))
                self.assertEqual((row.period_id, refund.period_id), (period, period))
                self.next_day()

    def test_a_refund_of_the_next_session_is_not_taken_off_a_payment_of_this_one(self):
        self.profile(refunds_in_reports="netted")
        order, row = self.paid_order(100)
        before = self.give_back(order, 20)
        period = self.close()
        self.work()
        self.next_day()
        after = self.give_back(order, 30, "refund-2")
        self.settle()
        self.assertEqual((period.state, self.kinds(period)), ("reconciled", ["netted"]))
        self.assertEqual((row | before).period_id, period)
        self.assertFalse(after.period_id)

    def test_refunds_that_glase_never_reports_are_awaited_then_missing_then_accepted(self):
        self.profile(refunds_in_reports="absent")
        order, _row = self.paid_order(100)
        self.give_back(order, 30)
        period = self.closed_and_settled()
        self.assertEqual((period.state, period.awaited_count), ("reconciled", 1))
        self.next_day()
        self.paid_order(50)
        following = self.closed_and_settled()
        self.assertEqual(following.state, "reconciled")
        self.assertEqual((period.state, period.difference_count), ("differences", 1))
        line = period.line_ids.filtered(lambda line: line.kind == "missing")
        with self.assertRaises(UserError):
            line.with_user(self.pos_admin).action_accept()
        line.with_user(self.pos_admin).reason = "Glase reports no refunds"
        with self.assertRaises(AccessError):
            line.with_user(self.pos_user).action_accept()
        line.with_user(self.pos_admin).action_accept()
        self.assertEqual((period.state, line.accepted_by), ("reconciled", self.pos_admin))

    def test_sales_details_of_a_range_have_what_moved_in_it_of_a_session_over_midnight(self):
        _order, before = self.paid_order(148)
        self.advance(24 * 3600)
        order, after = self.paid_order(50)
        self.give_back(order, 20)
        report = self.env["report.point_of_sale.report_saledetails"]

        def told(row, config):
            hour = timedelta(hours=1)
            around = [str((row.ended_at + by).replace(microsecond=0)) for by in (-hour, hour)]
            names = ("payment_count", "net", "report_total", "difference")
            blocks = report.get_sale_details(*around, config.ids)["glase"]
            return [tuple(block[name] for name in names) for block in blocks]

        self.closed_and_settled()
        self.assertEqual(told(before, self.main_pos_config), [(1, 148, 148, 0)])
        self.assertEqual(told(after, self.main_pos_config), [(1, 30, 30, 0)])
        other = self.main_pos_config.copy({"name": "Till 2"})
        self.assertEqual(told(after, other), [])
        [whole] = report.get_sale_details(session_ids=self.pos_session.ids)["glase"]
        self.assertEqual((whole["payment_count"], whole["net"]), (2, 178))

    def test_the_session_and_its_sales_details_say_what_glase_says(self):
        order, _row = self.paid_order(148)
        self.give_back(order, 48)
        session = self.pos_session
        self.assertEqual((session.glase_payment_total, session.glase_refund_total), (148, -48))
        report = self.env["report.point_of_sale.report_saledetails"]
        details = report.get_sale_details(session_ids=session.ids)
        self.assertEqual([block["is_reported"] for block in details["glase"]], [False])
        self.closed_and_settled()
        session.invalidate_recordset()
        self.assertEqual((session.glase_report_total, session.glase_difference), (100, 0))
        details = report.get_sale_details(session_ids=session.ids)
        [block] = details["glase"]
        self.assertEqual((block["net"], block["difference"]), (100, 0))
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "point_of_sale.sale_details_report", session.ids
        )
        self.assertIn("By Glase", html.decode())

    # === What differs ===

    def test_a_row_that_comes_late_is_awaited_and_added_when_it_is_fetched_again(self):
        self.profile(report_rows="late", report_not_ready_count=0)
        self.paid_order(100)
        _order, last = self.paid_order(20)
        period = self.closed_and_settled()
        self.assertEqual((period.state, period.awaited_count), ("reconciled", 1))
        period.with_user(self.pos_admin).action_resume()
        self.settle()
        self.assertEqual((period.state, period.awaited_count), ("reconciled", 0))
        self.assertEqual(self.kinds(period), ["late", "matched", "matched"])
        self.assertEqual(last.period_id, period)
        period.with_user(self.pos_admin).action_resume()
        self.settle()
        self.assertEqual(len(period.line_ids), 3, "fetching again adds nothing twice")

    def test_money_at_glase_that_the_ledger_does_not_know_is_a_case_that_lists_it(self):
        _order, row = self.paid_order(100)
        reference = row.ers_reference
        self.env.cr.execute(
            "UPDATE glase_transaction SET ers_reference = 'other' WHERE id = %s", (row.id,)
        )
        self.env.invalidate_all()
        period = self.closed_and_settled()
        self.assertEqual(period.state, "differences")
        self.assertEqual(self.kinds(period), ["awaited", "unknown"])
        case = self.env["glase.case"].search([("period_id", "=", period.id)])
        self.assertEqual(case.kind, "unknown_reference")
        self.assertIn(reference, case.summary)
        self.assertTrue(period.activity_ids)

    def test_another_amount_is_a_difference(self):
        _order, row = self.paid_order(100)
        self.env.cr.execute(
            "UPDATE glase_transaction SET receipt_amount = 90 WHERE id = %s", (row.id,)
        )
        self.env.invalidate_all()
        period = self.closed_and_settled()
        self.assertEqual((period.state, period.difference), ("differences", 10))
        self.assertEqual(self.kinds(period), ["amount"])

    def test_a_report_that_is_only_a_sum_is_not_matched_by_luck(self):
        self.profile(report_shape="reporting")
        self.paid_order(100)
        period = self.closed_and_settled()
        self.assertEqual(period.state, "differences")
        self.assertIn("only their sum", period.message)
        self.accept(period)
        self.assertEqual((period.state, period.difference_count), ("reconciled", 0))

    def accept(self, period):
        """Accept what differs, one line."""
        line = period.line_ids.filtered("is_difference").with_user(self.pos_admin)
        line.reason = "Glase has been asked"
        line.action_accept()

    def reports(self, period, details, summary):
        """Take in two reports as Glase would send them: rows, and count and sum."""
        rows = "".join(
            f"<Row><SalesAmount>{amount}</SalesAmount><ErsReference>{reference}</ErsReference></Row>"
            for reference, amount in details
        )
        sums = summary and "<Row><SalesCount>%s</SalesCount><SalesTotal>%s</SalesTotal></Row>"
        contents = {
            what: f"<R><Meta></Meta>{some}</R>".encode()
            for what, some in (("details", rows), ("summary", sums and sums % summary))
        }
        with self.registry.cursor() as cr:
            self.env(cr=cr)["glase.period"].sudo().browse(period.id)._take_in(contents)
        self.env.invalidate_all()

    def test_a_manager_is_told_the_newest_and_is_done_when_nothing_differs(self):
        _order, row = self.paid_order(100)
        period = self.close()
        self.work()
        payment, sums = [(row.ers_reference, "100.00000")], (1, "100.00000")
        for _fetch in range(4):
            self.reports(period, payment, (2, "100.00000"))
        self.assertIn("contradict", period.activity_ids.summary)
        self.reports(period, [(row.ers_reference, "much")], sums)
        self.assertEqual(period.state, "failed")
        self.assertIn("cannot be read", period.activity_ids.summary)
        self.reports(period, payment, sums)
        self.assertEqual(period.state, "reconciled")
        self.assertFalse(period.activity_ids)

    def test_a_contradiction_that_stays_is_a_difference_that_is_accepted(self):
        _order, row = self.paid_order(100)
        period = self.close()
        self.work()
        payment = [(row.ers_reference, "100.00000")]
        for summary in ((0, "0.00000"), (), (2, "100.00000"), (1, "90.00000")):
            with self.subTest(summary=summary):
                for _fetch in range(4):
                    self.reports(period, payment, summary or "")
                self.assertEqual(period.state, "differences")
                self.assertIn("contradict each other", period.message)
                self.accept(period)
                self.assertEqual((period.state, period.report_total), ("reconciled", 100))
                self.reports(period, payment, summary or "")
                self.assertEqual(period.state, "reconciled", "accepted once is enough")
                self.reports(period, payment, (1, "100.00000"))
                self.assertEqual(period.state, "reconciled")
        self.assertEqual(period.ledger_total, 100)

    def test_a_summary_may_count_refunds_or_not(self):
        order, row = self.paid_order(100)
        refund = self.give_back(order, 30)
        period = self.close()
        self.work()
        for count in (1, 2):
            rows = [(row.ers_reference, "100.00000"), (refund.ers_reference, "-30.00000")]
            self.reports(period, rows, (count, "70.00000"))
            self.assertEqual((period.state, period.contradictions), ("reconciled", 0))

    def test_two_reports_that_contradict_each_other_are_fetched_again_before_anybody_is_told(self):
        self.profile(report_rows="late")
        self.paid_order(100)
        _order, renamed = self.paid_order(20)
        self.env.cr.execute(
            "UPDATE glase_transaction SET ers_reference = 'other' WHERE id = %s", (renamed.id,)
        )
        self.env.invalidate_all()
        period = self.closed_and_settled()
        self.assertEqual(period.state, "marked")
        self.assertFalse(period.activity_ids)
        self.assertEqual(self.kinds(period), ["matched", "unknown"], "nothing is awaited yet")
        self.assertFalse(self.env["glase.case"].search([("period_id", "=", period.id)]))
        self.work(61)
        self.assertEqual((period.state, period.report_total), ("differences", 120))
        self.assertEqual(self.kinds(period), ["awaited", "matched", "unknown"])
        self.assertTrue(self.env["glase.case"].search([("period_id", "=", period.id)]))

    # === Reports that come out of order ===

    def late_report(self):
        """A period whose report stays out for minutes."""
        self.profile(report_not_ready_count=1000)
        period = self.close()
        self.work()
        for _round in range(21):
            self.work(4)
        self.work(61)
        self.assertEqual(period.state, "marked")
        self.profile(report_not_ready_count=0)
        self.next_day()
        return period

    def a_day(self, amount, **profile):
        """A day with one payment, and its period."""
        _order, row = self.paid_order(amount)
        self.profile(report_not_ready_count=0, **profile)
        period = self.closed_and_settled()
        self.profile(report_not_ready_count=0)
        self.next_day()
        return period, row

    def test_what_a_report_that_is_still_out_may_have_is_not_missing(self):
        _order, first_row = self.paid_order(100)
        first = self.late_report()
        for amount in (50, 20):
            period, row = self.a_day(amount)
            self.assertEqual((period.state, self.kinds(period)), ("reconciled", ["matched"]))
            self.assertEqual((period.ledger_total, row.period_id), (amount, period))
        self.assertFalse(first_row.period_id or first_row.case_ids)
        self.work(3600)
        self.assertEqual((first.state, self.kinds(first)), ("reconciled", ["matched"]))
        self.assertEqual(first_row.period_id, first)

    def test_what_is_awaited_waits_for_the_next_report_and_not_for_a_later_one(self):
        self.paid_order(10)
        first, awaited = self.a_day(100, report_rows="missing")
        self.assertEqual((first.state, self.kinds(first)), ("reconciled", ["awaited", "matched"]))
        self.paid_order(50)
        self.late_report()
        third, _row = self.a_day(20)
        self.assertEqual(self.kinds(third), ["matched"])
        self.assertEqual(self.kinds(first), ["awaited", "matched"], "the second may have it")
        self.profile(report_not_ready_count=0, report_rows="missing")
        self.work(3600)
        self.assertEqual((first.state, self.kinds(first)), ("differences", ["matched", "missing"]))
        self.assertEqual(awaited.case_ids.mapped("kind"), ["not_reported"])

    def test_a_late_report_is_asked_once_more_before_it_says_what_is_missing(self):
        self.paid_order(10)
        _order, lacking = self.paid_order(100)
        first = self.late_report()
        self.a_day(50)
        self.profile(report_not_ready_count=0, report_rows="missing")
        self.work(3600)
        self.assertEqual(first.asked_again, 1)
        self.assertEqual((first.state, self.kinds(first)), ("differences", ["matched", "missing"]))
        self.assertEqual(lacking.case_ids.mapped("kind"), ["not_reported"])

    # === Glase is slow, dead or talks nonsense ===

    def test_a_report_that_is_not_ready_is_asked_for_again(self):
        self.profile(report_not_ready_count=3)
        self.paid_order(100)
        period = self.close()
        self.work()
        for _round in range(7):
            self.work(4)
        self.assertEqual(period.state, "reconciled")

    def test_a_report_that_is_never_ready_fails_loudly_and_can_be_resumed(self):
        self.profile(report_not_ready_count=1000)
        self.paid_order(100)
        period = self.close()
        self.work()
        for _round in range(20):
            self.work(4)
        for _round in range(9):
            self.work(8 * 3600)
        self.assertEqual(period.state, "failed")
        self.assertTrue(period.activity_ids)
        self.profile()
        period.with_user(self.pos_admin).action_resume()
        self.settle()
        self.assertEqual(period.state, "reconciled")

    def test_a_report_that_cannot_be_read_is_kept_as_it_came(self):
        self.profile(report_xml="broken")
        self.paid_order(100)
        period = self.closed_and_settled()
        self.assertEqual(period.state, "failed")
        self.assertIn(b"TransactionDetails", period.details_id.raw)
        self.assertFalse(period.line_ids)

    def test_glase_is_down_at_closing(self):
        self.paid_order(100)
        self.simulator.faults({"operation": "*", "kind": "drop-before", "count": None})
        period = self.close()
        self.assertEqual(self.pos_session.state, "closed")
        self.work()
        self.assertEqual(period.state, "mark_unknown")
        self.simulator.faults()
        self.work(61)
        self.settle()
        following = self.period()
        self.assertEqual((following.replaces_id, following.state), (period, "reconciled"))
        self.assertEqual(period.state, "reconciled", "this mark never happened")

    # === A lost mark ===

    def lose_mark(self, kind):
        self.simulator.faults({"operation": "markTransactionPeriod", "kind": kind, "count": 1})
        period = self.close()
        self.work()
        self.assertEqual(period.state, "mark_unknown")
        return period

    def test_a_lost_mark_that_never_happened(self):
        _order, row = self.paid_order(100)
        period = self.lose_mark("drop-before")
        self.work(30)
        self.assertEqual(self.period().state, "to_mark", "not before a minute has passed")
        self.work(31)
        self.settle()
        following = self.period()
        self.assertEqual(row.period_id, following)
        self.assertEqual(following.state, "reconciled")
        self.assertIn("never happened", period.message)
        self.assertFalse(self.env["glase.case"].search([("period_id", "!=", False)]))

    def test_a_lost_mark_that_happened_loses_its_period_and_is_a_case_for_glase(self):
        _order, row = self.paid_order(100)
        period = self.lose_mark("drop-after")
        self.work(61)
        self.settle()
        following = self.period()
        self.assertEqual(following.state, "reconciled")
        self.assertFalse(following.line_ids, "they are not missing")
        self.assertEqual((period.state, self.kinds(period)), ("differences", ["unreported"]))
        self.assertEqual(row.period_id, period)
        case = self.env["glase.case"].search([("period_id", "=", period.id)])
        self.assertEqual((case.kind, case.amount), ("period_lost", 100))

    def test_what_comes_after_all_is_not_in_the_lost_period_any_more(self):
        _order, row = self.paid_order(100)
        lost = self.lose_mark("drop-before")
        self.profile(report_rows="late", report_not_ready_count=0)
        self.work(61)
        self.settle()
        following = self.period()
        self.assertEqual(self.kinds(lost), ["unreported"])
        case = self.env["glase.case"].search([("period_id", "=", lost.id)])
        self.assertEqual((case.kind, case.state), ("period_lost", "open"))
        following.with_user(self.pos_admin).action_resume()
        self.settle()
        self.assertEqual((following.state, self.kinds(following)), ("reconciled", ["matched"]))
        self.assertEqual(row.period_id, following)
        self.assertEqual((lost.state, self.kinds(lost)), ("reconciled", ["late"]))
        self.assertEqual((lost.ledger_total, case.state), (0, "settled"))

    def test_two_marks_in_a_row_that_were_lost_are_both_decided_by_the_next_report(self):
        for ways in (("before", "before"), ("after", "before"), ("before", "after")):
            with self.subTest(ways=ways):
                _order, row = self.paid_order(100)
                first = self.lose_mark(f"drop-{ways[0]}")
                self.simulator.faults(
                    {"operation": "markTransactionPeriod", "kind": f"drop-{ways[1]}", "count": 1}
                )
                self.work(61)
                second = self.period().replaces_id
                self.assertEqual((second.state, second.replaces_id), ("mark_unknown", first))
                self.work(61)
                self.settle()
                third = self.period()
                self.assertEqual((third.state, third.replaces_id), ("reconciled", second))
                lost = first | second
                self.assertNotIn("mark_unknown", lost.mapped("state"))
                if "after" in ways:
                    self.assertEqual(lost.filtered(lambda p: p.state == "differences"), first)
                    self.assertEqual(row.period_id, first)
                else:
                    self.assertEqual(set(lost.mapped("state")), {"reconciled"})
                    self.assertEqual(row.period_id, third)
                self.next_day()

    def test_a_log_in_is_not_sent_to_a_glase_that_the_account_has_left(self):
        self.paid_order(100)
        period = self.close()
        self.work()
        self.assertEqual(period.state, "marked")
        calls = len(self.simulator.journal()["calls"])
        self.terminal.state = "retired"
        self.account.endpoint = "https://cashregister.example.com/soap"
        self.work(4)
        self.assertEqual(len(self.simulator.journal()["calls"]), calls)
        self.assertIn("its log-in is not sent there", period.message)

    def test_a_session_that_closes_while_the_last_one_is_being_marked(self):
        for answer in ("never sent", "lost"):
            with self.subTest(answer=answer):
                _order, first_row = self.paid_order(100)
                first = self.close()
                with self.registry.cursor() as cr:
                    self.env(cr=cr)["glase.period"].sudo()._claim_next()
                self.next_day()
                _order, second_row = self.paid_order(50)
                second = self.close()
                self.assertEqual((first.state, second.state), ("marking", "to_mark"))
                outcome = (
                    state_machine.NEVER_SENT if answer == "never sent" else state_machine.NO_ANSWER
                )
                heard = state_machine.Evidence("markTransactionPeriod", outcome)
                first.sudo()._marked(heard, None, "Glase is down")
                self.work(61)
                self.settle()
                self.assertEqual((second.state, second.report_total), ("reconciled", 150))
                self.assertEqual(first.state, "reconciled")
                self.assertEqual((first_row | second_row).period_id, second)
                self.next_day()

    def test_a_mark_whose_worker_died_counts_as_lost(self):
        self.paid_order(100)
        period = self.close()
        with self.registry.cursor() as cr:
            self.env(cr=cr)["glase.period"].sudo()._claim_next()
        self.work(61)
        self.assertEqual(period.state, "mark_unknown")
        self.work(61)
        self.settle()
        self.assertEqual(self.period().state, "reconciled")

    # === Who may ===

    def test_nobody_writes_a_period_by_hand(self):
        self.paid_order(100)
        period = self.close()
        for user in (self.pos_user, self.pos_admin):
            with self.assertRaises(AccessError):
                period.with_user(user).write({"state": "reconciled"})
        with self.assertRaises(AccessError):
            period.with_user(self.pos_user).action_resume()
