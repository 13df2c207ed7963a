from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError

from ..pos.pos_order import DONE

WAITING = "waiting"
MAX_PRICE_ROUNDS = 5
# What the taxes of all lines together may be off by, in steps of the currency.
MAX_ROUNDING_STEPS = 20


class PosOrder(models.Model):
    """Refund orders: what they give back, and how the back office makes one.

    The order is stored as a draft before Glase is asked and finished when the refund is known, or
    known to be unknown (``doc/ledger.md §12``).
    """

    _inherit = "pos.order"

    def _glase_refunded_orders(self):
        """The orders whose products this order gives back, whoever asks."""
        return self.sudo().lines.refunded_orderline_id.order_id

    def _glase_draft_refund(self, total, line_uuid, quantities=None, reason=""):
        """Store the draft of a refund order in the open session of this order's till.

        :param Decimal total: what goes back, above zero, in the order's currency
        :param str line_uuid: for its only payment
        :param dict quantities: how many pieces of which order lines go back; without it the whole
            goes on the *Glase refund* product, with the taxes of this order's lines in proportion
        :param str reason: kept in the order's history
        :return: the payment of the draft
        :raises UserError: if the till has no open session, or takes no Glase payments
        """
        self.ensure_one()
        session = self._glase_open_session()
        if not session:
            raise UserError(
                self.env._(
                    "Open the register of %s first: the refund belongs into its session.",
                    self.config_id.display_name,
                )
            )
        method = self._glase_refund_method(session)
        refund = self.copy(self._prepare_refund_values(session))
        refund.user_id = self.env.uid
        for line, quantity in (quantities or {}).items():
            refund._glase_give_back_pieces(line, quantity)
        if not quantities:
            refund._glase_give_back_amount(self, total)
        refund._glase_balance(-total)
        refund.message_post(
            body=self.env._(
                "Glase refund of %(amount)s for %(order)s: %(reason)s",
                amount=self.currency_id.format(float(total)),
                order=self.pos_reference or self.name,
                reason=reason,
            )
        )
        refund.add_payment(
            {
                "pos_order_id": refund.id,
                "amount": -float(total),
                "payment_method_id": method.id,
                "payment_status": WAITING,
                "uuid": line_uuid,
            }
        )
        return refund.payment_ids

    def _glase_open_session(self):
        """The session of this order's till in which a refund order can be made, if it is open."""
        session = self.config_id.current_session_id
        return session if session.state == "opened" else session.browse()

    def _glase_refund_method(self, session):
        methods = session.config_id.payment_method_ids.filtered(
            lambda method: method.use_payment_terminal == "glase"
        )
        method = (self.payment_ids.payment_method_id & methods)[:1] or methods[:1]
        if not method:
            raise UserError(
                self.env._(
                    "%s takes no Glase payments any more: add its payment method again.",
                    session.config_id.display_name,
                )
            )
        return method

    def _glase_give_back_pieces(self, line, quantity):
        lots = line.pack_lot_ids.browse()
        for lot in line.pack_lot_ids:
            lots += lot.copy()
        values = {**line._prepare_refund_data(self, lots), "qty": -quantity}
        line.copy(values)._onchange_amount_line_all()

    def _glase_give_back_amount(self, original, total):
        product = self.env.ref("pos_glase.product_refund")
        reference = original.pos_reference or original.name
        for taxes, share in original._glase_tax_shares(total):
            line = self.env["pos.order.line"].create(
                {
                    "order_id": self.id,
                    "product_id": product.id,
                    "full_product_name": f"{product.name} ({reference})",
                    "qty": -1,
                    "price_unit": self._glase_price_for(taxes, float(share), product),
                    "price_subtotal": 0,
                    "price_subtotal_incl": 0,
                    "tax_ids": [(6, 0, taxes.ids)],
                }
            )
            line._onchange_amount_line_all()

    def _glase_tax_shares(self, total):
        """Split an amount over the taxes of this order's lines, in proportion; it adds up.

        :param Decimal total: in the order's currency, taxes included
        :return: pairs of taxes and their share (Decimal)
        """
        self.ensure_one()
        groups = {}
        for line in self.lines:
            value = self._glase_decimal(line.price_subtotal_incl)
            groups[line.tax_ids] = groups.get(line.tax_ids, Decimal(0)) + value
        whole = sum(groups.values())
        if whole <= 0:
            return [(self.lines.tax_ids.browse(), total)]
        largest_first = sorted(groups.items(), key=lambda group: group[1])
        shares, left = [], total
        for taxes, value in largest_first[:-1]:
            share = self._glase_decimal(float(total * value / whole))
            left -= share
            shares.append((taxes, share))
        shares.append((largest_first[-1][0], left))
        return [(taxes, share) for taxes, share in shares if share]

    def _glase_price_for(self, taxes, share, product):
        """The unit price with which a line of these taxes costs ``share``, as near as can be."""
        taxes = self.fiscal_position_id.map_tax(taxes)
        price = share
        for _round in range(MAX_PRICE_ROUNDS):
            priced = taxes.compute_all(price, self.currency_id, 1, product, self.partner_id)
            total = priced["total_included"]
            if not total or not self.currency_id.compare_amounts(total, share):
                break
            price *= share / total
        return price

    def _glase_balance(self, total):
        """Let the order cost exactly ``total``: what taxes round becomes a row without tax."""
        self._compute_prices()
        rounded_as_a_whole = self.config_id.cash_rounding and not (
            self.config_id.only_round_cash_method
        )
        costs = (
            sum(self.lines.mapped("price_subtotal_incl"))
            if rounded_as_a_whole
            else self.amount_total
        )
        missing = total - self._glase_decimal(costs)
        if not missing:
            return
        if abs(missing) > MAX_ROUNDING_STEPS * Decimal(str(self.currency_id.rounding)):
            raise UserError(
                self.env._(
                    "The products do not add up to %s, with the taxes as they are now: give back "
                    "an amount instead.",
                    self.currency_id.format(-float(total)),
                )
            )
        product = self.env.ref("pos_glase.product_refund")
        self.env["pos.order.line"].create(
            {
                "order_id": self.id,
                "product_id": product.id,
                "full_product_name": self.env._("Rounding"),
                "qty": -1,
                "price_unit": -float(missing),
                "price_subtotal": float(missing),
                "price_subtotal_incl": float(missing),
                "tax_ids": [(5, 0, 0)],
            }
        )
        self._compute_prices()

    def _glase_finish_refund(self, payment):
        """Close a draft refund order whose refund was made, or may have been made."""
        self.ensure_one()
        payment.write({"payment_status": DONE})
        if self.state == "draft":
            self.amount_paid = self._compute_amount_paid()
            self._process_saved_order(False)
