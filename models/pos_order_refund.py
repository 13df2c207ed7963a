from odoo import models


class PosOrder(models.Model):
    """Refund orders: which orders they give back (``doc/ledger.md §12``)."""

    _inherit = "pos.order"

    def _glase_refunded_orders(self):
        """The orders whose products this order gives back, whoever asks."""
        return self.sudo().lines.refunded_orderline_id.order_id
