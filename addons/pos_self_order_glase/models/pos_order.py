from odoo import models
from odoo.addons.pos_glase.models.ledger import known_rows


class PosOrder(models.Model):
    _inherit = "pos.order"

    def _glase_tills(self):
        """Override of `pos_glase`: a till finishes what guests have paid at a kiosk that cannot finish it."""
        # Of the order's payments: who proves one of them has found and locked these rows already.
        payments = known_rows.payments_of(self)
        rows = known_rows.rows_about(payments, [("order_uuid", "=", self.uuid)])
        kiosks = rows.config_id.filtered(lambda till: till.self_ordering_mode == "kiosk")
        return super()._glase_tills() | kiosks.sudo(False)
