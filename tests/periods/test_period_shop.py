import sys
import zoneinfo
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import ConcurrencyError, UserError, ValidationError

from ...models.periods.scope import next_mark_at, open_sessions
from ...models.support import clock
from ...models.support.sentences import local_day, local_time
from ..shared.periods import PeriodCommon


class TestPeriodShop(PeriodCommon):
    """One period for the whole shop: marked when the last till closes, or at a time of day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second_till = cls.main_pos_config.copy({"name": "Till 2"})
        cls.second_terminal = cls._registered_terminal(cls.second_till)
        cls.account.write({"period_scope": "shop", "period_time": 3.0, "period_tz": "UTC"})

    def setUp(self):
        super().setUp()
        self.mark_at_glase()
        self.second_session = self.open_register(self.second_till)

    def paid_here(self, amount):
        """Paid at the second till; returns the order and its row."""
        return self.paid_order_at(self.second_terminal, self.second_session, amount)

    def close_second(self):
        self.second_session.sudo().state = "closed"
        return self.period()

    # === When it is marked ===

    def test_the_last_till_that_closes_ends_the_period_of_the_shop(self):
        _order, first = self.paid_order(100)
        _order, second = self.paid_here(20)
        period = self.close()
        self.assertEqual((period.state, period.terminal_id.id), ("to_mark", False))
        self.work()
        self.assertEqual(period.state, "to_mark", "the other till is open")
        self.assertIn("Till 2", period.waits_for)
        self.assertIn("03:00:00 AM (UTC)", period.waits_for)
        self.assertEqual(self.close_second(), period, "one period of the shop waits")
        self.assertEqual(period.session_ids, self.pos_session | self.second_session)
        self.settle()
        self.assertEqual(period.state, "reconciled", self.kinds(period))
        self.assertEqual((first | second).period_id, period)
        self.assertEqual((period.report_total, period.summary_total), (120, 120))
        self.assertEqual(
            set(period.line_ids.mapped("terminal_identifier")),
            {self.terminal.terminal_identifier, self.second_terminal.terminal_identifier},
        )

    def test_a_time_of_day_marks_it_whatever_is_open(self):
        self.paid_order(100)
        period = self.close()
        wait = period.next_try_at - clock.now(self.env.cr)
        self.assertEqual((period.next_try_at.hour, period.next_try_at.minute), (3, 0))
        self.assertLessEqual(wait, timedelta(days=1))
        self.work(wait.total_seconds() - 60)
        self.assertEqual(period.state, "to_mark")
        self.work(61)
        self.assertEqual(period.state, "marked")
        self.settle()
        self.assertEqual(period.state, "reconciled")
        _order, later = self.paid_here(20)
        following = self.close_second()
        self.assertNotEqual(following, period)
        self.settle()
        self.assertEqual((following.state, later.period_id), ("reconciled", following))

    def test_the_time_of_day_is_in_the_zone_of_the_account(self):
        self.account.write({"period_time": 2.5, "period_tz": "Europe/Stockholm"})
        night, noon = datetime(2026, 7, 1, 0, 29), datetime(2026, 1, 1, 12)
        self.assertEqual(next_mark_at(self.account, night), datetime(2026, 7, 1, 0, 30))
        self.assertEqual(
            next_mark_at(self.account, datetime(2026, 7, 1, 0, 30)), datetime(2026, 7, 2, 0, 30)
        )
        self.assertEqual(next_mark_at(self.account, noon), datetime(2026, 1, 2, 1, 30))
        self.assertEqual(local_time(self.account, noon), "01/01/2026 01:00:00 PM")
        self.assertEqual(local_day(self.account, datetime(2026, 1, 1, 23, 30)), "01/02/2026")
        for wrong in (-1, 24, 99):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.account.period_time = wrong

    def test_each_time_zone_that_can_be_chosen_is_known(self):
        """Odoo brings a list of its own; a server may have fewer, as where old names are packed apart."""
        zoneinfo.reset_tzpath(to=[])
        zoneinfo.ZoneInfo.clear_cache()
        self.addCleanup(zoneinfo.reset_tzpath)
        # The package that Python asks where the server has none.
        packed = {name for name in sys.modules if name.split(".")[0] == "tzdata"}
        self.startPatcher(patch.dict(sys.modules, dict.fromkeys({"tzdata", *packed})))
        with self.assertRaises(zoneinfo.ZoneInfoNotFoundError):
            zoneinfo.ZoneInfo("Europe/Stockholm")
        noon = datetime(2026, 1, 1, 12)
        for name, _label in self.account._fields["period_tz"]._description_selection(self.env):
            with self.subTest(name):
                self.account.period_tz = name
                self.assertGreater(next_mark_at(self.account, noon), noon)
                self.assertTrue(local_time(self.account, noon))

    def test_a_till_that_was_registered_with_another_account_keeps_the_shop_open(self):
        self.paid_order(100)
        _order, row = self.paid_here(20)
        other = self.account.copy({"name": "Another shop"})
        self.second_terminal.write({"state": "retired", "active": False})
        self.assertEqual(open_sessions(self.account), self.pos_session | self.second_session)
        newer = self._registered_terminal(self.second_till)
        newer.account_id = other
        _order, foreign = self.paid_order_at(newer, self.second_session, 7)
        period = self.close()
        self.work()
        self.assertEqual(period.state, "to_mark")
        self.close_second()
        self.settle()
        self.assertEqual(row.period_id, period)
        self.assertFalse(foreign.period_id, "only the account's own rows")
        # Both accounts have one log-in at Glase here, so its report has them all.
        self.assertEqual(self.kinds(period), ["matched", "matched", "till"])

    # === The mode ===

    def test_the_mode_changes_only_with_no_period_unsettled(self):
        self.paid_order(100)
        period = self.close()
        with self.assertRaisesRegex(UserError, "settled"):
            self.account.period_scope = "terminal"
        self.account.period_scope = "shop"
        self.close_second()
        self.settle()
        self.assertEqual(period.state, "reconciled")
        self.account.period_scope = "terminal"

    def test_the_first_period_after_a_change_of_mode_has_what_the_tills_had(self):
        self.account.period_scope = "terminal"
        order, sold = self.paid_order(100)
        refund = self.give_back(order, 30)
        of_till = self.close()
        self.assertEqual(of_till.terminal_id, self.terminal)
        self.settle()
        self.assertEqual(of_till.state, "reconciled")
        self.account.period_scope = "shop"
        self.paid_here(20)
        period = self.close_second()
        self.settle()
        self.assertEqual(self.kinds(period), ["matched", "overlap", "overlap"])
        self.assertEqual((period.state, period.difference), ("reconciled", 0))
        self.assertEqual((sold | refund).period_id, of_till)
        self.assertEqual(self.second_session.glase_difference, 0)

    # === What differs ===

    def test_a_payment_that_glase_reports_for_another_till(self):
        _order, row = self.paid_order(100)
        self.env.cr.execute(
            "UPDATE glase_transaction SET terminal_identifier = 'elsewhere' WHERE id = %s",
            (row.id,),
        )
        self.env.invalidate_all()
        self.close()
        period = self.close_second()
        self.settle()
        self.assertEqual((period.state, self.kinds(period)), ("differences", ["till"]))
        self.assertEqual(row.period_id, period, "it is not missing as well")

    def test_what_a_shops_report_lacks_is_awaited_then_missing(self):
        self.profile(refunds_in_reports="absent")
        order, _row = self.paid_order(100)
        self.give_back(order, 30)
        self.close()
        period = self.close_second()
        self.settle()
        self.assertEqual((period.state, period.awaited_count), ("reconciled", 1))
        self.next_day()
        self.paid_order(50)
        self.close()
        self.settle()
        self.assertEqual(
            (period.state, self.kinds(period)), ("differences", ["matched", "missing"])
        )

    def test_refunds_in_every_way_glase_may_report_them(self):
        for way in ("own_row", "payment_reference", "netted"):
            for shape in ("manual", "reporting"):
                with self.subTest(way=way, shape=shape):
                    self.profile(refunds_in_reports=way, report_shape=shape)
                    order, row = self.paid_order(100)
                    refund = self.give_back(order, 30)
                    self.close()
                    period = self.close_second()
                    self.settle()
                    self.assertEqual(period.state, "reconciled", self.kinds(period))
                    self.assertEqual((period.report_total, period.summary_total), (70, 70))
                    self.assertEqual((row.period_id, refund.period_id), (period, period))
                    self.next_day()

    def test_the_session_says_what_is_its_own_of_the_shops_report(self):
        self.paid_order(100)
        self.paid_here(20)
        self.close()
        self.close_second()
        self.settle()
        for session, total in ((self.pos_session, 100), (self.second_session, 20)):
            self.assertTrue(session.glase_is_reported)
            self.assertEqual((session.glase_report_total, session.glase_difference), (total, 0))

    # === A lost mark ===

    def test_a_lost_mark_of_a_shop(self):
        for kind, state in (("drop-before", "reconciled"), ("drop-after", "differences")):
            with self.subTest(kind=kind):
                _order, first = self.paid_order(100)
                fault = {"operation": "markTransactionPeriod", "kind": kind, "count": 1}
                self.simulator.faults(fault)
                self.close()
                period = self.close_second()
                self.work()
                self.assertEqual(period.state, "mark_unknown")
                self.next_day()
                _order, second = self.paid_order(10)
                following = self.close()
                self.assertEqual(following.replaces_id, period)
                self.work(30)
                self.assertEqual(following.state, "to_mark", "not before a minute has passed")
                self.work(31)
                self.settle()
                self.assertEqual((period.state, following.state), (state, "reconciled"))
                self.assertEqual(second.period_id, following)
                self.assertEqual(first.period_id, following if kind == "drop-before" else period)
                self.next_day()

    # === Two at once ===

    def test_two_tills_that_close_at_the_same_moment_make_one_period(self):
        self.paid_order(100)
        self.paid_here(20)
        made = self.close()
        # A transaction that began before the other till's period was committed does not see it: Odoo
        # repeats the request.
        not_seen = patch.object(
            type(self.env["glase.period"]), "_waiting", lambda model, *_scope: model.browse()
        )
        with not_seen, self.assertRaises(ConcurrencyError), self.env.cr.savepoint():
            self.close_second()
        self.assertEqual(self.close_second(), made)
        self.assertEqual(made.session_ids, self.pos_session | self.second_session)
