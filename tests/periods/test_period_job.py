import re
from unittest.mock import patch

import psycopg2.errors

from odoo.exceptions import ConcurrencyError
from odoo.tools import mute_logger

from ...models.periods.glase_period_job import UNREADABLE
from ...models.support import autonomous_transaction
from ..shared.periods import PeriodCommon
from ..shared.porting import ROOT


class TestPeriodJob(PeriodCommon):
    """The scheduled job: what it waits for, what it takes up again, and what no closing has made."""

    # === Not ready is one thing, a failure another ===

    def test_a_failure_after_a_report_that_was_long_not_ready_only_waits_a_minute(self):
        self.profile(report_not_ready_count=8)
        self.paid_order(100)
        period = self.close()
        for _round in range(9):
            self.work(4)
        self.assertEqual((period.state, period.tries, period.not_ready_count), ("marked", 0, 8))
        self.simulator.faults({"operation": "executeReport", "kind": "drop-after", "count": 1})
        self.work(4)
        self.assertEqual((period.state, period.tries), ("marked", 1))
        self.work(61)
        for _round in range(8):
            self.work(4)
        self.assertEqual(period.state, "reconciled", period.message)

    def test_a_report_that_cannot_be_stored_holds_up_no_other_and_is_fetched_again(self):
        self.paid_order(100)
        first = self.close()
        self.work()
        self.next_day()
        self.paid_order(20)
        second = self.close()
        self.work()
        model = type(first)
        store = model._store_lines

        def refuse_first(period, rows):
            if period.id == first.id:
                raise psycopg2.errors.NumericValueOutOfRange("integer out of range")
            return store(period, rows)

        with (
            patch.object(model, "_store_lines", refuse_first),
            mute_logger("odoo.addons.pos_glase.models.periods.glase_period_job"),
        ):
            self.settle()
        self.assertEqual((first.state, first.tries, second.state), ("marked", 1, "reconciled"))
        self.assertIn("could not be stored", first.message)
        self.work(61)
        self.assertEqual(first.state, "reconciled")

    # === A period that is fetched again ===

    def test_what_is_accepted_meanwhile_does_not_end_the_fetching(self):
        _order, row = self.paid_order(100)
        self.env.cr.execute(
            "UPDATE glase_transaction SET receipt_amount = 90 WHERE id = %s", (row.id,)
        )
        self.env.invalidate_all()
        period = self.closed_and_settled()
        self.assertEqual(self.kinds(period), ["amount"])
        fetched = period.fetched_at
        period.with_user(self.pos_admin).action_resume()
        line = period.line_ids.with_user(self.pos_admin)
        line.reason = "Looked at the receipt"
        line.action_accept()
        self.assertEqual((period.state, period.difference_count), ("marked", 0))
        self.work(4)
        self.assertGreater(period.fetched_at, fetched)
        self.assertEqual(period.state, "reconciled")

    def test_a_report_that_cannot_be_read_stays_failed_whatever_is_found_out_about_others(self):
        _order, row = self.paid_order(100)
        self.profile(report_xml="broken")
        period = self.closed_and_settled()
        self.assertEqual(period.state, "failed")
        period.sudo()._sum_up()
        self.assertEqual(period.state, "failed")
        self.assertIn("cannot be read", period.message)
        self.profile()
        period.with_user(self.pos_admin).action_resume()
        self.work(4)
        self.assertEqual((period.state, row.period_id), ("reconciled", period))

    def test_each_reason_why_a_report_is_not_read_has_a_sentence(self):
        sources = ("glase/reading.py", "glase/reports.py", "models/periods/glase_period_job.py")
        code = "".join((ROOT / source).read_text() for source in sources)
        reasons = set(re.findall(r'Unreadable\(reason="(\w+)"', code))
        self.assertGreater(len(reasons), 8)
        self.assertEqual(reasons, set(UNREADABLE))

    def test_a_report_that_is_only_a_sum_stays_one(self):
        self.profile(report_shape="reporting")
        self.paid_order(100)
        period = self.closed_and_settled()
        period.sudo()._sum_up()
        self.assertEqual(period.state, "differences")
        self.assertIn("only their sum", period.message)

    # === A lost mark whose successor gave up ===

    def test_a_lost_mark_is_decided_whichever_period_is_marked_in_the_end(self):
        for kind, state in (("drop-before", "reconciled"), ("drop-after", "differences")):
            with self.subTest(kind=kind):
                _order, row = self.paid_order(100)
                self.simulator.faults(
                    {"operation": "markTransactionPeriod", "kind": kind, "count": 1}
                )
                lost = self.close()
                self.work()
                self.assertEqual(lost.state, "mark_unknown")
                gave_up = self.period()
                self.assertEqual(gave_up.replaces_id, lost)
                refused = {"operation": "markTransactionPeriod", "kind": "code", "code": 20}
                self.simulator.faults({**refused, "count": None})
                for _round in range(10):
                    self.work(8 * 3600)
                self.simulator.faults()
                self.assertEqual(gave_up.state, "failed")
                self.next_day()
                _order, later = self.paid_order(20)
                following = self.close()
                gave_up.with_user(self.pos_admin).action_resume()
                self.assertEqual((gave_up.state, following.replaces_id), ("reconciled", lost))
                self.settle()
                self.assertEqual((following.state, later.period_id), ("reconciled", following))
                self.assertEqual(lost.state, state)
                self.assertEqual(row.period_id, following if kind == "drop-before" else lost)
                self.next_day()

    # === What no closing has made ===

    def test_money_of_a_closed_session_gets_a_period(self):
        _order, line = self.sent(30)
        self.assertFalse(self.close(), "nothing has moved yet")
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        self.settle()
        period = self.period()
        self.assertEqual((period.state, self.row(line).period_id), ("reconciled", period))
        self.assertEqual(period.session_ids, self.pos_session)
        self.assertEqual(period.report_total, 30)
        self.settle()
        self.assertEqual(self.period(), period, "one, not one for each run of the job")

    def test_money_of_a_closed_session_joins_the_period_that_waits(self):
        _order, line = self.sent(30)
        self.close()
        session = self.pos_session
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        self.next_day()
        self.paid_order(100)
        period = self.close()
        self.work()
        self.assertEqual(period.session_ids, session | self.pos_session)
        self.settle()
        self.assertEqual((period.state, period.report_total), ("reconciled", 130))

    # === By hand ===

    def test_a_session_knows_the_period_that_was_marked_by_hand_within_it(self):
        self.paid_order(100)
        self.pos_session.with_user(self.pos_admin).action_glase_mark_period()
        self.settle()
        self.assertEqual(self.pos_session.glase_period_ids, self.period())
        self.assertTrue(self.pos_session.glase_is_reported)
        self.assertEqual(self.pos_session.glase_report_total, 100)
        self.paid_order(20)
        self.env.invalidate_all()
        self.assertFalse(self.pos_session.glase_is_reported, "the rest of the day is in no report")
        self.assertEqual(self.pos_session.glase_difference, 0)
        self.closed_and_settled()
        self.assertTrue(self.pos_session.glase_is_reported)
        figures = self.pos_session.read(["glase_report_total", "glase_difference"])[0]
        self.assertEqual((figures["glase_report_total"], figures["glase_difference"]), (120, 0))

    # === Whose period ===

    def test_a_refund_at_another_till_is_in_the_period_of_the_payments_till(self):
        order, _row = self.paid_order(100)
        self.closed_and_settled()
        other = self.main_pos_config.copy({"name": "Till 2"})
        self._registered_terminal(other)
        first, self.pos_session = self.pos_session, self.open_register(other)
        refund_order, line = self.refund_order(order, 30, session=self.pos_session)
        view = self.door(
            "refund",
            order_uuid=refund_order.uuid,
            line_uuid=line,
            attempt="1",
            amount="30.00",
            config_id=other.id,
        )
        self.assertEqual(view["state"], "refunded", view)
        period = self.close()
        self.assertEqual(period.terminal_id, self.terminal)
        self.assertEqual(period.config_id, first.config_id)
        self.assertEqual(period.session_ids, self.pos_session)
        self.settle()
        self.assertEqual((period.state, period.report_total), ("reconciled", -30))

    # === Another transaction was first ===

    def test_a_lost_mark_finds_the_period_that_a_closing_has_just_made(self):
        self.paid_order(100)
        period = self.close()
        with self.registry.cursor() as cr:
            self.env(cr=cr)["glase.period"].sudo()._claim_next()
        self.next_day()
        self.paid_order(50)
        made = self.close()
        periods = self.env["glase.period"]
        seen = [periods, made]
        not_seen_once = patch.object(
            type(periods), "_waiting", lambda model, *_scope: model.browse(seen.pop(0).ids)
        )
        with not_seen_once:
            autonomous_transaction.run(self.env, lambda env: period.with_env(env)._lose_mark())
        self.env.invalidate_all()
        self.assertFalse(seen, "begun again once")
        self.assertEqual((period.state, made.replaces_id), ("mark_unknown", period))
        self.work(61)
        self.settle()
        self.assertEqual((made.state, period.state), ("reconciled", "reconciled"))

    def test_closing_begins_again_when_another_has_made_the_period(self):
        self.paid_order(100)
        shown = self.terminal.with_user(self.pos_admin).action_mark_period()
        periods = type(self.env["glase.period"])
        not_seen = patch.object(periods, "_waiting", lambda model, *_scope: model.browse())
        with not_seen, self.assertRaises(ConcurrencyError), self.env.cr.savepoint():
            self.close()
        self.assertEqual(self.close().id, shown["res_id"])
