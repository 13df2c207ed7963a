"""One order of a kiosk, and its payment."""

import uuid

from odoo.addons.pos_glase.models.pos.bill import Bill
from odoo.exceptions import UserError

from . import kiosk_prices


def find_order(config, order_token):
    """The order of a kiosk with this token, with the rights that the kiosk has; empty if there is none."""
    domain = [("access_token", "=", order_token), ("config_id", "=", config.id)]
    return config.env["pos.order"].search(domain, limit=1)


class KioskOrder:
    """One order of a kiosk, and its Glase payment.

    :param order: of ``pos.order``
    """

    def __init__(self, order):
        order.ensure_one()
        self.order, self.env = order, order.env

    def line(self):
        """Its Glase payment; empty if none was made."""
        return self.order.payment_ids.filtered(lambda payment: payment._is_glase())[:1]

    def rows(self):
        """The attempts to pay it, newest first."""
        rows = self.env["glase.transaction"].sudo()
        return rows.search([("order_uuid", "=", self.order.uuid)])

    def is_of_kiosk(self):
        """Whether a page of a kiosk has made it, and its payment with Glase was begun.

        Whatever the Point of Sale has become since: money may come for it.
        """
        return self.order.source == "kiosk" and bool(self.line())

    def make_line(self, method):
        """Make its payment, or let it be about what is due now; nothing is sent.

        :raises UserError: if this is no order of a ready kiosk, or costs less than the shop says
        """
        config = self.order.config_id
        if not config._glase_is_ready_kiosk() or self.order.state != "draft":
            raise UserError(self.env._("Glase cannot be used here. Please pay at the counter."))
        if not kiosk_prices.is_full_price(self.order):
            raise UserError(
                self.env._("The prices of this order have changed. Start again, please.")
            )
        line = self.line()
        amount = float(Bill(self.order).due(line.uuid))
        if line:
            line.amount = amount
            self.order.amount_paid = self.order._compute_amount_paid()
            return
        self.order.add_payment(
            {
                "pos_order_id": self.order.id,
                "payment_method_id": method.id,
                "amount": amount,
                "payment_status": "pending",
                "uuid": str(uuid.uuid4()),
            }
        )
