from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from . import ledger
from .glase_environments import REAL_FIRST
from .public_method import public

KINDS = (ledger.PAYMENT, ledger.REFUND)
FIGURES = (
    "payment_count",
    "payment_total",
    "refund_count",
    "refund_total",
    "net",
    "is_reported",
    "report_total",
    "difference",
)


class PosSession(models.Model):
    """What a session took and gave back with Glase, by the ledger and by Glase's own report."""

    _inherit = "pos.session"

    glase_period_ids = fields.Many2many(
        "glase.period",
        "glase_period_session_rel",
        "session_id",
        "period_id",
        "Glase Periods",
        readonly=True,
        copy=False,
    )
    glase_payment_count = fields.Integer("Glase Payments", compute="_compute_glase_figures")
    glase_payment_total = fields.Monetary("Taken with Glase", compute="_compute_glase_figures")
    glase_refund_count = fields.Integer("Glase Refunds", compute="_compute_glase_figures")
    glase_refund_total = fields.Monetary("Given Back with Glase", compute="_compute_glase_figures")
    glase_net = fields.Monetary("Glase, Net", compute="_compute_glase_figures")
    glase_is_reported = fields.Boolean(compute="_compute_glase_figures")
    glase_report_total = fields.Monetary("By Glase's Report", compute="_compute_glase_figures")
    glase_difference = fields.Monetary("Difference", compute="_compute_glase_figures")

    @api.depends("state", "glase_period_ids.state", "glase_period_ids.report_total")
    def _compute_glase_figures(self):
        for session in self:
            figures = session._glase_figures()
            for name in FIGURES:
                session[f"glase_{name}"] = figures[name]

    def _glase_figures(self):
        """Counts and sums of a session's rows that moved money, in its currency.

        :rtype: dict
        """
        blocks = self._glase_blocks()
        return blocks[0] if blocks else self._glase_block(self.currency_id)

    def _glase_blocks(self, since=None, until=None):
        """Counts and sums of the sessions' rows that moved money: one dict for each environment.

        Play money is never added to real money, nor one currency to another (``doc/ledger.md §21``).

        :param since: naive UTC datetime: only what moved from then on, and before ``until``
        :return: real money first
        :rtype: list[dict]
        """
        rows = self.env["glase.transaction"].sudo()
        groups = rows._read_group(
            rows._moved_between(since, until) & Domain("session_id", "in", self.ids),
            ["environment", "currency_id", "kind"],
            ["__count", "signed_amount:sum"],
        )
        moved = {}
        for environment, currency, kind, count, total in groups:
            moved.setdefault((environment, currency), {})[kind] = (count, total)
        found = sorted(moved, key=lambda key: (REAL_FIRST.index(key[0]), key[1].name))
        return [
            self._glase_block(currency, environment, moved[environment, currency], since, until)
            for environment, currency in found
        ]

    def _glase_block(self, currency, environment=False, moved=None, since=None, until=None):
        """What these sessions moved at the Glase of one environment, in one currency.

        Glase's own figures are of whole periods. What matches a session's row is the session's,
        whichever period reports it; what matches nothing is the session's if its period ends no
        other.

        :param dict moved: count and sum of each kind of row
        """
        payments, refunds = ((moved or {}).get(kind, (0, 0.0)) for kind in KINDS)
        periods = self.sudo().glase_period_ids.filtered(
            lambda period: (
                period.fetched_at
                and period.environment == environment
                and period.currency_id == currency
            )
        )
        net = payments[1] + refunds[1]
        reported = periods._report_total_of(self, since, until)
        of_block = Domain("environment", "=", environment) & Domain("currency_id", "=", currency.id)
        is_reported = bool(periods) and not self._glase_await_report(
            periods, of_block & self.env["glase.transaction"]._moved_between(since, until)
        )
        labels = dict(
            self.env["glase.account"]._fields["environment"]._description_selection(self.env)
        )
        return {
            "environment": labels.get(environment, ""),
            "is_real": environment == REAL_FIRST[0],
            "currency": currency.name,
            "precision": currency.decimal_places,
            "payment_count": payments[0],
            "payment_total": payments[1],
            "refund_count": refunds[0],
            "refund_total": refunds[1],
            "net": net,
            "is_reported": is_reported,
            "report_total": reported,
            "difference": currency.round(reported - net) if is_reported else 0.0,
        }

    def _glase_await_report(self, periods, domain):
        """Whether money of these sessions is in no period yet whose report is there.

        :param periods: those whose report is there
        :param domain: which rows of the sessions
        :rtype: bool
        """
        of_sessions = Domain("session_id", "in", self.ids) & Domain("period_id", "=", False)
        return any(
            not any(period._has_ended(row) for period in periods)
            for row in self.env["glase.transaction"].sudo().search(domain & of_sessions)
        )

    @public()
    def action_glase_periods(self):
        """The transaction periods of this session."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("pos_glase.action_glase_period")
        return {**action, "domain": [("session_ids", "in", self.ids)]}


class GlaseTransaction(models.Model):
    _inherit = "glase.transaction"

    @api.model
    def _moved_between(self, since=None, until=None):
        """Rows that moved money, from ``since`` on and before ``until`` if given: a domain."""
        moved = Domain("state", "in", [ledger.PAID, ledger.REFUNDED])
        if since:
            moved &= Domain("ended_at", ">=", since) & Domain("ended_at", "<", until)
        return moved


class ReportSaleDetails(models.AbstractModel):
    _inherit = "report.point_of_sale.report_saledetails"

    @api.model
    def get_sale_details(
        self, date_start=False, date_stop=False, config_ids=False, session_ids=False, **kwargs
    ):
        """Override of `point_of_sale`: a Glase block for each environment and currency.

        Of the sessions that were asked for; or of what moved in the range, whatever sessions it cuts.
        """
        details = super().get_sale_details(date_start, date_stop, config_ids, session_ids, **kwargs)
        since = until = None
        asked = Domain("id", "in", session_ids or [])
        if not session_ids:
            since, until = self._get_date_start_and_date_stop(date_start, date_stop)
            # Odoo's range ends with a whole second.
            until += timedelta(seconds=1)
            rows = self.env["glase.transaction"].sudo()
            groups = rows._read_group(rows._moved_between(since, until), ["session_id"])
            asked = Domain("id", "in", [session.id for (session,) in groups])
            if config_ids:
                asked &= Domain("config_id", "in", config_ids)
        blocks = self.env["pos.session"].search(asked)._glase_blocks(since, until)
        return {**details, "glase": blocks}
