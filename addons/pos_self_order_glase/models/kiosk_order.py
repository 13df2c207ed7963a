"""The order of a kiosk as it came from a page that nobody has logged in to (``doc/kiosk.md``)."""

import uuid

from werkzeug.exceptions import Unauthorized

from odoo.addons.pos_glase.rules import state_machine
from odoo.exceptions import UserError

from . import kiosk_prices

# What a page may say about the records of an order: its lines, and what belongs to them.
RELATED = frozenset({"pos.order", "pos.order.line", "product.attribute.custom.value"})
# Commands of the ORM on lines: 0 makes one; these name one that is there.
UPDATE, DELETE, UNLINK, LINK = 1, 2, 3, 4
NAMING = (UPDATE, DELETE, UNLINK, LINK)
MAKE = 0
# While there is such a row, the order stays as the bill says.
OUT = (*state_machine.HOLDS_TILL, state_machine.PAID)


def trusted_values(config, values):
    """The values of an order that a page may store at a kiosk with Glase.

    Odoo's own route stores whatever comes, as the superuser. Here payments are made by the server
    alone, the order is of this kiosk's open session, and names no line of another order. An order
    whose bill is out, or paid, stays as it is.

    :param config: the kiosk, found by its token
    :param dict values: as they came
    :rtype: dict
    :raises Unauthorized: about an order of another till, or a line of another order
    :raises UserError: if the order is being paid
    """
    orders = config.env["pos.order"].sudo()
    stored = orders.search([("uuid", "=", values.get("uuid") or "")], limit=1)
    if stored:
        _refuse_to_change(stored, config)
    if any(not _is_own(command, stored.lines.ids) for command in values.get("lines") or ()):
        raise Unauthorized()
    related = values.get("relations_uuid_mapping") or {}
    return {
        **values,
        "relations_uuid_mapping": {name: related[name] for name in RELATED & set(related)},
        "payment_ids": [],
        "state": "draft",
        "session_id": config.current_session_id.id,
        "config_id": config.id,
        "company_id": config.company_id.id,
    }


def _refuse_to_change(order, config):
    """:raises Unauthorized: about another till's order; or ``UserError``, if it is being paid"""
    if order.config_id != config:
        raise Unauthorized()
    if any(row.state in OUT for row in KioskOrder(order).rows()):
        raise UserError(config.env._("This order is being paid. Wait, or cancel the payment."))


def _is_own(command, line_ids):
    """Whether a command on an order's lines is about one of them, or makes one."""
    if command[0] in NAMING:
        return command[1] in line_ids
    return command[0] == MAKE


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
        amount = float(self.order._glase_due(line.uuid))
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
