from odoo import api, fields, models

from . import ledger


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
            for name, value in figures.items():
                session[f"glase_{name}"] = value

    def _glase_figures(self):
        """Counts and sums of the sessions' rows that moved money, in their currency.

        Glase's own figures are of whole periods. What matches a session's row is the session's,
        whichever period reports it; what matches nothing is the session's if its period ends no
        other.

        :rtype: dict
        """
        environment = self._glase_environment()
        groups = (
            self.env["glase.transaction"]
            .sudo()
            ._read_group(
                [
                    ("session_id", "in", self.ids),
                    ("environment", "=", environment),
                    ("state", "in", [ledger.PAID, ledger.REFUNDED]),
                ],
                ["kind"],
                ["__count", "signed_amount:sum"],
            )
        )
        by_kind = {kind: (count, total) for kind, count, total in groups}
        payments = by_kind.get(ledger.PAYMENT, (0, 0.0))
        refunds = by_kind.get(ledger.REFUND, (0, 0.0))
        periods = self.sudo().glase_period_ids.filtered(
            lambda period: period.fetched_at and environment in (False, period.environment)
        )
        net = payments[1] + refunds[1]
        reported = periods._report_total_of(self)
        return {
            "payment_count": payments[0],
            "payment_total": payments[1],
            "refund_count": refunds[0],
            "refund_total": refunds[1],
            "net": net,
            "is_reported": bool(periods),
            "report_total": reported,
            "difference": reported - net if periods else 0.0,
        }

    def action_glase_periods(self):
        """The transaction periods of this session."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("pos_glase.action_glase_period")
        return {**action, "domain": [("session_ids", "in", self.ids)]}


class ReportSaleDetails(models.AbstractModel):
    _inherit = "report.point_of_sale.report_saledetails"

    @api.model
    def get_sale_details(
        self, date_start=False, date_stop=False, config_ids=False, session_ids=False, **kwargs
    ):
        """Override of `point_of_sale`: a Glase block for the sessions of the report."""
        details = super().get_sale_details(date_start, date_stop, config_ids, session_ids, **kwargs)
        sessions = self.env["pos.session"].browse(session_ids or [])
        if not session_ids:
            domain = self._get_domain(
                details["date_start"], details["date_stop"], config_ids, False
            )
            sessions = self.env["pos.order"].search(domain).session_id
        figures = sessions._glase_figures()
        used = figures["payment_count"] or figures["refund_count"]
        details["glase"] = used and figures
        return details
