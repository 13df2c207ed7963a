from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain

from .session_figures import SessionFigures, moved_between


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
            asked = self._glase_sessions_between(since, until)
            if config_ids:
                asked &= Domain("config_id", "in", config_ids)
        sessions = self.env["pos.session"].search(asked)
        return {**details, "glase": SessionFigures(sessions, since, until).blocks()}

    @api.model
    def _glase_sessions_between(self, since, until):
        """The sessions with Glase money that moved, or orders that were made, in a range: a domain."""
        groups = (
            self.env["glase.transaction"]
            .sudo()
            ._read_group(moved_between(since, until), ["counted_session_id"])
        )
        payments = self.env["pos.payment"].search(
            [
                ("payment_method_id.use_payment_terminal", "=", "glase"),
                ("pos_order_id.date_order", ">=", since),
                ("pos_order_id.date_order", "<", until),
            ]
        )
        ids = {session.id for (session,) in groups} | set(payments.session_id.ids)
        return Domain("id", "in", list(ids))
