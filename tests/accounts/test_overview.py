from datetime import timedelta
from statistics import median

from odoo.exceptions import AccessError
from odoo.tools import mute_logger

from ...models.cases import progress
from ...models.support import clock
from ..shared.common import GlaseCommon


class TestOverview(GlaseCommon):
    """The front page and the dashboards: figures that people believe."""

    def make_row(self, number, seconds=None, **values):
        """A ledger row; paid after so many seconds where they are given."""
        now = clock.now(self.env.cr)
        paid = {"state": "paid", "paid_at": now, "ended_at": now}
        row = {
            "line_uuid": f"line-{number}",
            "attempt": "1",
            "amount": 10,
            "currency_id": self.company.currency_id.id,
            "account_id": self.account.id,
            "terminal_id": self.terminal.id,
            "config_id": self.main_pos_config.id,
            "company_id": self.company.id,
            "environment": self.account.environment,
            "cashier": "Maja",
            "state": "canceled",
            "sent_at": now - timedelta(seconds=seconds or 30),
            **(paid if seconds else {}),
            **values,
        }
        return self.env["glase.transaction"].sudo().create(row)

    def seen(self, user=None, **context):
        """The card of the account, as a manager sees it."""
        self.env.invalidate_all()
        return self.account.with_user(user or self.pos_admin).with_context(**context)

    def opened(self, figure):
        """The records that a figure of the card opens."""
        action = self.seen(figure=figure).action_overview()
        records = self.env[action["res_model"]].with_user(self.pos_admin)
        return records.search(action["domain"])

    # === Time to pay ===

    def groups(self, *groupby):
        rows = self.env["glase.transaction"].with_user(self.pos_admin)
        return rows.formatted_read_group(
            [("account_id", "=", self.account.id)], groupby, ["seconds_to_pay:median", "__count"]
        )

    def test_the_median_is_one(self):
        times = [3, 4, 5, 9, 600]
        for number, seconds in enumerate(times):
            self.make_row(number, seconds)
        self.make_row("unpaid")
        self.make_row("late", cashier="Nils", seconds=8)
        field = self.env["glase.transaction"].fields_get(["seconds_to_pay"])["seconds_to_pay"]
        self.assertEqual(field["aggregator"], "median")
        by_cashier = {group["cashier"]: group for group in self.groups("cashier")}
        self.assertEqual(by_cashier["Maja"]["seconds_to_pay:median"], median(times))
        self.assertEqual(by_cashier["Maja"]["__count"], 6, "the unpaid one has no time")
        self.assertEqual(by_cashier["Nils"]["seconds_to_pay:median"], 8)
        [everyone] = self.groups()
        self.assertEqual(everyone["seconds_to_pay:median"], median([*times, 8]))
        sets = self.env["glase.transaction"].formatted_read_grouping_sets(
            [("account_id", "=", self.account.id)], [[], ["cashier"]], ["seconds_to_pay:median"]
        )
        self.assertEqual(sets[0][0]["seconds_to_pay:median"], median([*times, 8]))

    def test_no_median_where_nothing_was_paid(self):
        self.make_row("unpaid")
        [nobody] = self.groups()
        self.assertFalse(nobody["seconds_to_pay:median"])

    # === Play money and real money ===

    def test_the_dashboards_show_one_environment(self):
        rows = self.env["glase.transaction"].with_user(self.pos_admin)
        old = self.make_row(1, 5, environment="simulator", amount=999)
        new = self.make_row(2, 5)
        for name in ("payments", "outcomes", "times"):
            action = self.env.ref(f"pos_glase.action_glase_dashboard_{name}")
            self.assertIn("search_default_present", action.context)
        present = rows.search([("in_present_environment", "=", True)])
        self.assertIn(new, present)
        self.assertNotIn(old, present)
        self.assertEqual(rows.search([("in_present_environment", "=", False)]), old)
        self.assertTrue(new.with_user(self.pos_admin).in_present_environment)
        self.assertFalse(old.with_user(self.pos_admin).in_present_environment)
        self.account.copy({"name": "Live", "environment": "production", "endpoint": "https://a.b"})
        self.assertFalse(rows.search([("in_present_environment", "=", True)]))

    # === The card ===

    def test_turnover_of_today_by_currency(self):
        today = clock.now(self.env.cr)
        self.make_row(1, 5, amount=30)
        self.make_row(2, 5, amount=10, kind="refund", state="refunded")
        self.make_row(3)
        self.make_row(4, 5, amount=500, ended_at=today - timedelta(days=1))
        self.make_row(5, 5, amount=700, environment="simulator")
        currency = self.company.currency_id
        self.assertEqual(self.seen(tz="UTC").today_turnover, currency.format(20))
        self.assertEqual(sorted(self.opened("turnover").mapped("signed_amount")), [-10, 30])
        other = self.env.ref("base.EUR") if currency.name != "EUR" else self.env.ref("base.USD")
        other.active = True
        self.make_row(6, 5, amount=7, currency_id=other.id)
        words = self.seen(tz="UTC").today_turnover
        self.assertEqual(set(words.split(" + ")), {currency.format(20), other.format(7)})

    def test_today_is_where_the_user_is(self):
        now = clock.now(self.env.cr)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        self.advance((midnight + timedelta(days=1, hours=22, minutes=30) - now).total_seconds())
        moment = clock.now(self.env.cr)
        self.make_row(1, 5, ended_at=moment)
        self.make_row(2, 5, ended_at=moment - timedelta(hours=1), amount=4)
        currency = self.company.currency_id
        # 22:30 in London is 23:30 in Stockholm or later: one day; in Kyiv midnight is past.
        self.assertEqual(self.seen(tz="Etc/GMT-1").today_turnover, currency.format(14))
        self.assertEqual(self.seen(tz="Etc/GMT-2").today_turnover, currency.format(10))
        self.pos_admin.tz = "Etc/GMT-2"
        self.assertEqual(self.seen(tz=False).today_turnover, currency.format(10))

    def test_cases_periods_and_tills(self):
        card = self.seen()
        self.assertEqual((card.open_case_count, card.failed_period_count), (0, 0))
        self.assertEqual(card.unregistered_count, 0)
        cases = self.env["glase.case"]
        row = self.make_row(1, 5)
        case = cases._open("paid_without_order", "For this test", row)
        settled = cases._open("paid_late", "For this test", row)
        progress.settle(settled, "done")
        period = self.env["glase.period"]._make(
            self.account, self.terminal, self.env["pos.session"]
        )
        of_period = cases._open("period_lost", "For this test", period, 5.0)
        period.state = "failed"
        till = self.main_pos_config.copy({"name": "Second till"})
        self.main_pos_config.copy({"name": "Cash only", "payment_method_ids": False})
        card = self.seen()
        self.assertEqual((card.open_case_count, card.failed_period_count), (2, 1))
        self.assertEqual(card.unregistered_count, 1)
        self.assertEqual(self.opened("cases"), case | of_period)
        self.assertEqual(self.opened("periods"), period)
        self.assertEqual(self.opened("tills"), till)

    def test_a_case_about_a_payment_alone_is_on_a_card_too(self):
        session = self.open_register()
        order, line = self.draft_order(session, 20)
        payment = order.payment_ids.filtered(lambda payment: payment.uuid == line)
        case = self.env["glase.case"]._open("unverified_payment", "For this test", payment)
        self.assertEqual(self.opened("cases"), case)

    def test_many_cards_take_no_more_queries(self):
        self.make_row(1, 5)
        few = self.counted(self.account)
        more = self.env["glase.account"].create(
            [
                {"name": f"Shop {number}", "environment": "test", "company_id": self.company.id}
                for number in range(20)
            ]
        )
        self.assertLessEqual(self.counted(self.account | more), few + 1)

    def counted(self, accounts):
        self.env.flush_all()
        self.env.invalidate_all()
        accounts.mapped("name")
        before = self.env.cr.sql_log_count
        accounts.mapped("today_turnover")
        return self.env.cr.sql_log_count - before

    def test_who_may(self):
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            self.seen(self.pos_user, figure="cases").action_overview()
        elsewhere = self.env["res.company"].create({"name": "Another shop"})
        other = self.env["glase.account"].create(
            {"name": "Elsewhere", "company_id": elsewhere.id, "environment": "simulator"}
        )
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            other.with_user(self.pos_admin).mapped("today_turnover")
