import json
from datetime import time, timedelta

from odoo import api, fields, models
from odoo.tools import format_date

from ...rules import state_machine
from ..periods.glase_period import FAILED
from ..registration.glase_terminal import LIVE
from ..support import clock
from ..support.caller_context import with_own_context
from ..support.public_method import public

MOVED = (state_machine.PAID, state_machine.REFUNDED)
TREND_DAYS = 30


class GlaseAccount(models.Model):
    """The front page of *Point of Sale / Glase*: one card for each account.

    All figures of all cards come from one query each.
    """

    _inherit = "glase.account"

    today_turnover = fields.Char(
        compute="_compute_overview",
        help="Payments less refunds since midnight where you are, in each currency",
    )
    today_unconfirmed = fields.Char(
        "Not Confirmed by Glase",
        compute="_compute_overview",
        help="What a manager has marked as paid today and Glase has not confirmed: not in the turnover",
    )
    trend = fields.Text(
        compute="_compute_trend",
        help="What was taken on each of the last thirty days, for a chart",
    )
    open_case_count = fields.Integer("Open Cases", compute="_compute_overview")
    failed_period_count = fields.Integer("Failed Periods", compute="_compute_overview")
    unregistered_count = fields.Integer("Tills Not Registered", compute="_compute_overview")

    @api.depends_context("tz", "uid", "allowed_company_ids")
    def _compute_overview(self):
        asked = with_own_context(self)
        turnover = self._overview_sums(asked._overview_today(), "signed_amount")
        unconfirmed = self._overview_sums(asked._overview_unconfirmed(), "amount")
        cases = self._overview_count("glase.case", self._overview_cases())
        periods = self._overview_count("glase.period", self._overview_periods())
        tills = self._overview_tills()
        for account in self:
            own = account._origin
            sums = turnover.get(own, {}) or {account.company_id.currency_id: 0.0}
            account.today_turnover = " + ".join(
                currency.format(total) for currency, total in sums.items()
            )
            account.today_unconfirmed = " + ".join(
                currency.format(total) for currency, total in unconfirmed.get(own, {}).items()
            )
            account.open_case_count = cases.get(own, 0)
            account.failed_period_count = periods.get(own, 0)
            account.unregistered_count = len(tills.get(own, ()))

    @api.depends_context("tz", "uid", "lang", "allowed_company_ids")
    def _compute_trend(self):
        """Payments less refunds of each day, in the currency of the company, all cards with one query."""
        asked = with_own_context(self)
        zone = asked._overview_zone()
        today = clock.day_in(zone, clock.now(self.env.cr))
        days = [today - timedelta(days=back) for back in reversed(range(TREND_DAYS))]
        since = clock.moment_of(zone, days[0], time.min)
        domain = [("account_id", "in", self.ids), ("state", "in", MOVED), ("ended_at", ">=", since)]
        rows = asked.env["glase.transaction"].sudo().with_context(tz=zone.zone)
        sums = {
            (account, environment, currency, day.date()): total
            for account, environment, currency, day, total in rows._read_group(
                domain,
                ["account_id", "environment", "currency_id", "ended_at:day"],
                ["signed_amount:sum"],
            )
        }
        for account in self:
            currency = account.company_id.currency_id
            own = (account._origin, account.environment, currency)
            account.trend = json.dumps(
                [
                    {
                        "key": asked.env._("Taken (%s)", currency.name),
                        "is_sample_data": False,
                        "values": [
                            {"x": format_date(asked.env, day), "y": sums.get((*own, day), 0.0)}
                            for day in days
                        ],
                    }
                ]
            )

    def _overview_count(self, model, domain):
        return dict(self.env[model].sudo()._read_group(domain, ["account_id"], ["__count"]))

    def _overview_cases(self):
        return [("account_id", "in", self.ids), ("state", "=", "open")]

    def _overview_periods(self):
        return [("account_id", "in", self.ids), ("state", "=", FAILED)]

    def _overview_today(self):
        """Payments and refunds of today: a domain."""
        return [("state", "in", MOVED), *self._overview_since_midnight("ended_at")]

    def _overview_unconfirmed(self):
        """What was marked as paid today and is not confirmed by Glase: a domain."""
        return [("state", "!=", state_machine.PAID), *self._overview_since_midnight("forced_at")]

    def _overview_since_midnight(self, name):
        """Rows with a moment of today, where the user is (else the company, else UTC): a domain."""
        zone = self._overview_zone()
        today = clock.day_in(zone, clock.now(self.env.cr))
        return [
            ("account_id", "in", self.ids),
            (name, ">=", clock.moment_of(zone, today, time.min)),
            (name, "<", clock.moment_of(zone, today + timedelta(days=1), time.min)),
        ]

    def _overview_zone(self):
        return clock.time_zone(
            self.env.context.get("tz"), self.env.user.tz, self.env.company.partner_id.tz
        )

    def _overview_sums(self, domain, amount):
        """Sums in the environment that each account has now, by account and currency."""
        groups = (
            self.env["glase.transaction"]
            .sudo()
            ._read_group(
                domain,
                ["account_id", "environment", "currency_id"],
                [f"{amount}:sum"],
            )
        )
        sums = {}
        for account, environment, currency, total in groups:
            if environment == account.environment:
                sums.setdefault(account, {})[currency] = total
        return sums

    def _overview_tills(self):
        """The tills that take Glase and are not registered, by the account that they would use."""
        tills = (
            self.env["pos.config"]
            .sudo()
            .search(
                [
                    ("company_id", "in", self.company_id.ids),
                    ("payment_method_ids.use_payment_terminal", "=", "glase"),
                    ("glase_terminal_ids", "not any", [("state", "in", LIVE)]),
                ]
            )
        )
        first = {}
        for account in self.sudo().search([("company_id", "in", self.company_id.ids)]):
            first.setdefault(account.company_id, account)
        found = {}
        for till in tills:
            account = till.glase_terminal_id.account_id or first.get(till.company_id)
            found[account] = found.get(account, till.browse()) | till
        return found

    @public()
    def action_overview(self):
        """Open what a figure of the card counts; the context's ``figure`` says which one."""
        self.ensure_one()
        self.check_access("read")
        figure = self.env.context.get("figure")
        if figure == "cases":
            return self._overview_action("action_glase_case", self._overview_cases())
        if figure == "periods":
            return self._overview_action("action_glase_period", self._overview_periods())
        if figure == "tills":
            tills = self._overview_tills().get(self, self.env["pos.config"])
            domain = [("id", "in", tills.ids)]
            return self._overview_action("action_glase_till", domain)
        if figure == "unconfirmed":
            domain = [*self._overview_unconfirmed(), ("environment", "=", self.environment)]
            return self._overview_action("action_glase_transaction", domain)
        today = [*self._overview_today(), ("environment", "=", self.environment)]
        return self._overview_action("action_glase_transaction", today)

    def _overview_action(self, name, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(f"pos_glase.{name}")
        return {**action, "domain": domain, "context": {}}
