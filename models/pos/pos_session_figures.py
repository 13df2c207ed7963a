from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ...rules import state_machine
from ...rules.environments import REAL_FIRST
from ..support.public_method import public

KINDS = (state_machine.PAYMENT, state_machine.REFUND)
FIGURES = (
    "payment_count",
    "payment_total",
    "refund_count",
    "refund_total",
    "net",
    "unconfirmed_count",
    "unconfirmed_total",
    "elsewhere_total",
    "order_total",
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
    glase_unconfirmed_count = fields.Integer(
        "Not Confirmed", compute="_compute_glase_figures", help="Payments that no ledger row proves"
    )
    glase_unconfirmed_total = fields.Monetary(
        "Not Confirmed by Glase",
        compute="_compute_glase_figures",
        help="What the orders count as paid or given back beyond what Glase has confirmed",
    )
    glase_elsewhere_total = fields.Monetary(
        "Not in Its Orders",
        compute="_compute_glase_figures",
        help="What Glase moved in this session that is in no order of it, or is in another's; with "
        "a minus what its orders were paid with in another session",
    )
    glase_order_total = fields.Monetary("In the Orders", compute="_compute_glase_figures")
    glase_is_reported = fields.Boolean(compute="_compute_glase_figures")
    glase_report_total = fields.Monetary("By Glase's Report", compute="_compute_glase_figures")
    glase_difference = fields.Monetary("Difference", compute="_compute_glase_figures")

    @api.depends(
        "state", "glase_period_ids.state", "glase_period_ids.report_total", "order_ids.payment_ids"
    )
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
            rows._moved_between(since, until) & Domain("counted_session_id", "in", self.ids),
            ["environment", "currency_id", "kind"],
            ["__count", "signed_amount:sum"],
        )
        moved, ordered = {}, self._glase_in_orders(since, until)
        for environment, currency, kind, count, total in groups:
            moved.setdefault((environment, currency), {})[kind] = (count, total)
        found = sorted(
            moved.keys() | ordered.keys(), key=lambda key: (REAL_FIRST.index(key[0]), key[1].name)
        )
        return [
            self._glase_block(currency, environment, moved, ordered, since, until)
            for environment, currency in found
        ]

    def _glase_in_orders(self, since=None, until=None):
        """What the finished orders of these sessions say was paid or given back with Glase.

        :param since: naive UTC datetime: only orders from then on, and before ``until``
        :return: by environment and currency: the sum of the payments, how many of them nothing
            proves, and by how much they differ from what the rows that they are linked to moved
        :rtype: dict
        """
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT payment.session_id, SUM(payment.amount),
                   COUNT(*) FILTER (WHERE payment.glase_unverified OR linked.moved IS NULL),
                   SUM(payment.amount - COALESCE(linked.moved, 0))
              FROM pos_payment payment
              JOIN pos_order AS of_payment ON of_payment.id = payment.pos_order_id
              JOIN pos_payment_method method ON method.id = payment.payment_method_id
              LEFT JOIN LATERAL (
                    SELECT SUM(row.signed_amount) AS moved
                      FROM glase_transaction row
                     WHERE row.payment_id = payment.id AND row.state IN ('paid', 'refunded')
                   ) linked ON TRUE
             WHERE payment.session_id = ANY(%s) AND method.use_payment_terminal = 'glase'
               AND of_payment.state NOT IN ('draft', 'cancel')
               AND (%s::timestamp IS NULL OR of_payment.date_order >= %s)
               AND (%s::timestamp IS NULL OR of_payment.date_order < %s)
             GROUP BY payment.session_id
            """,
            (self.ids, since, since, until, until),
        )
        found = {}
        for session_id, *sums in self.env.cr.fetchall():
            session = self.browse(session_id)
            own = session._glase_environment() or session.config_id._glase_environment()
            key = own or REAL_FIRST[0], session.currency_id
            sums = [float(each) for each in sums]
            known = found.get(key, (0.0, 0.0, 0.0))
            found[key] = tuple(map(sum, zip(known, sums, strict=True)))
        return found

    def _glase_block(
        self, currency, environment=False, moved=None, ordered=None, since=None, until=None
    ):
        """What these sessions moved at the Glase of one environment, in one currency.

        Glase's own figures are of whole periods. What matches a session's row is the session's,
        whichever period reports it; what matches nothing is the session's if its period ends no
        other. All figures fit together::

            order_total = net - elsewhere_total + unconfirmed_total
            difference = report_total - net - unconfirmed_total

        :param dict moved: by environment and currency: count and sum of each kind of row
        :param dict ordered: what :meth:`_glase_in_orders` returns
        """
        key = environment, currency
        of_kind = (moved or {}).get(key, {})
        payments, refunds = (of_kind.get(kind, (0, 0.0)) for kind in KINDS)
        order_total, unproven, unconfirmed = (ordered or {}).get(key, (0.0, 0, 0.0))
        periods = self.sudo().glase_period_ids.filtered(
            lambda period: (
                period.fetched_at
                and period.environment == environment
                and period.currency_id == currency
            )
        )
        net = currency.round(payments[1] + refunds[1])
        unconfirmed = currency.round(unconfirmed)
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
            "unconfirmed_count": int(unproven),
            "unconfirmed_total": unconfirmed,
            "elsewhere_total": currency.round(net + unconfirmed - order_total),
            "order_total": currency.round(order_total),
            "is_reported": is_reported,
            "report_total": reported,
            "difference": currency.round(reported - net - unconfirmed) if is_reported else 0.0,
        }

    def _glase_await_report(self, periods, domain):
        """Whether money of these sessions is in no period yet whose report is there.

        :param periods: those whose report is there
        :param domain: which rows of the sessions
        :rtype: bool
        """
        of_sessions = Domain("counted_session_id", "in", self.ids) & Domain("period_id", "=", False)
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

    counted_session_id = fields.Many2one(
        "pos.session",
        "Counted in",
        compute="_compute_counted_session_id",
        store=True,
        recursive=True,
        index=True,
        ondelete="set null",
        help="Its own session; of a refund that was made in none, the one that took the payment",
    )

    @api.depends("session_id", "original_id.counted_session_id")
    def _compute_counted_session_id(self):
        for row in self:
            row.counted_session_id = row.session_id or row.original_id.counted_session_id

    @api.model
    def _moved_between(self, since=None, until=None):
        """Rows that moved money, from ``since`` on and before ``until`` if given: a domain."""
        moved = Domain("state", "in", [state_machine.PAID, state_machine.REFUNDED])
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
            groups = rows._read_group(rows._moved_between(since, until), ["counted_session_id"])
            payments = self.env["pos.payment"].search(
                [
                    ("payment_method_id.use_payment_terminal", "=", "glase"),
                    ("pos_order_id.date_order", ">=", since),
                    ("pos_order_id.date_order", "<", until),
                ]
            )
            ids = {session.id for (session,) in groups} | set(payments.session_id.ids)
            asked = Domain("id", "in", list(ids))
            if config_ids:
                asked &= Domain("config_id", "in", config_ids)
        blocks = self.env["pos.session"].search(asked)._glase_blocks(since, until)
        return {**details, "glase": blocks}
