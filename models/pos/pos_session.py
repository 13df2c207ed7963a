from odoo import models


class PosSession(models.Model):
    _inherit = "pos.session"

    def load_data(self, models_to_load):
        """Override of `point_of_sale`: the till hears what only it may know, in ``_glase``.

        Only a Point of Sale user who may read the session gets it; see ``_glase_till_info``.
        """
        response = super().load_data(models_to_load)
        for record in response.get("pos.config", ()):
            record["_glase"] = self.config_id._glase_till_info()
        return response

    def write(self, vals):
        """Override of `point_of_sale`: every way of closing a session passes here.

        Money without an order is a case now; its order may still come, lands in the next session and
        settles the case. The periods to mark are made in this very transaction: nothing that talks
        with Glase can stop or slow the closing (``doc/ledger.md §15``).
        """
        result = super().write(vals)
        if vals.get("state") == "closed":
            rows = self.env["glase.transaction"].sudo()._unclaimed([("session_id", "in", self.ids)])
            for row in rows:
                row._open_case("paid_without_order")
            periods = self.env["glase.period"]
            for session in self:
                for account, terminal in periods._scopes_of(session):
                    periods._make(account, terminal, session)
        return result
