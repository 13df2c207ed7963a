from odoo import models

from .kiosk_order import KioskOrder


class PosOrder(models.Model):
    _inherit = "pos.order"

    def _glase_tills(self):
        """Override of `pos_glase`: a till finishes what guests have paid at a kiosk that cannot finish it."""
        taken_at = KioskOrder(self).rows().config_id
        kiosks = taken_at.filtered(lambda till: till.self_ordering_mode == "kiosk")
        return super()._glase_tills() | kiosks.sudo(False)
