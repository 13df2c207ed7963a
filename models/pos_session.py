from odoo import models


class PosSession(models.Model):
    _inherit = "pos.session"

    def write(self, vals):
        """Override of `point_of_sale`: money without an order is a case once its session ends.

        The order may still come: then it lands in the next session and settles the case.
        """
        result = super().write(vals)
        if vals.get("state") == "closed":
            rows = self.env["glase.transaction"].sudo()._unclaimed([("session_id", "in", self.ids)])
            for row in rows:
                row._open_case("paid_without_order")
        return result
