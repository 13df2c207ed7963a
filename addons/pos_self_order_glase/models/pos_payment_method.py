from odoo import api, models
from odoo.fields import Domain

from .kiosk_order import KioskOrder


class PosPaymentMethod(models.Model):
    _inherit = "pos.payment.method"

    @api.model
    def _load_pos_self_data_domain(self, data, config):
        """Override of `pos_self_order`: a kiosk that is ready for Glase offers it."""
        domain = super()._load_pos_self_data_domain(data, config)
        if config._glase_is_ready_kiosk():
            domain = Domain.OR([domain, [("id", "=", config._glase_payment_method().id)]])
        return domain

    def _payment_request_from_kiosk(self, order):
        """Override of `pos_self_order`: the payment line is made; nothing is sent yet.

        Odoo repeats the whole request after a conflict, and it has just stored the order: the bill
        is sent by a request of its own (``doc/ledger.md §2``).

        :return: ``{"to_be_sent": True}``
        :raises UserError: if the order does not cost what the shop's prices say
        """
        if self.use_payment_terminal != "glase":
            return super()._payment_request_from_kiosk(order)
        KioskOrder(order).make_line(self)
        return {"to_be_sent": True}
