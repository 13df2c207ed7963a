"""Refund orders: what they give back, and how the back office makes one.

The order is stored as a draft before Glase is asked and finished when the refund is known, or known to
be unknown (``doc/ledger.md §12``).
"""

from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tools.convert import convert_file
from odoo.tools.translate import LazyTranslate

from ...rules import giving_back, state_machine
from ..pos.after_payment import FINISHED
from ..pos.bill import Bill, kept_rounding
from ..pos.payment_proof import DONE
from ..support import managers
from ..support.sentences import note

# Said in the language of whoever reads the order's history.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

WAITING = "waiting"
REFUND_PRODUCT = "pos_glase.product_refund"
MAX_PRICE_ROUNDS = 5
# What the taxes of all lines together may be off by, in steps of the currency.
MAX_ROUNDING_STEPS = 20


def refunded_orders(order):
    """The orders whose products an order gives back, whoever asks."""
    return order.sudo().lines.refunded_orderline_id.order_id


def most_back(refund, line_uuid=None):
    """What a refund order gives back at most, however its till rounds.

    :param refund: a draft; its lines say what comes back
    :param str line_uuid: a payment that is not counted as given back yet
    :return: Decimal, above zero
    """
    worth = _worth(refund)
    return most_for_products(worth, _products_back(refund), refund) + Bill(refund).taken(line_uuid)


def most_for_products(worth, products, refund=None):
    """What goes back for products at most; see :func:`rules.giving_back.most_for`.

    :param Decimal worth: what they come to, less what is sold with them
    :param dict products: by each order that has sold some of them, what these come to (Decimal)
    :param refund: their refund order, if it is stored
    :rtype: Decimal
    """
    sales = []
    for order, now in products.items():
        bill = Bill(order.sudo())
        earlier = _earlier_refunds(bill.order, refund)
        before = sum((_products_back(one).get(order, 0) for one in earlier), Decimal(0))
        # What rounding has added to a refund of several sales counts for each of them.
        rounded = sum((-Bill(one).taken() - _worth(one) for one in earlier), Decimal(0))
        sales.append(
            giving_back.Sale(
                worth=bill.worth(),
                paid=bill.taken(),
                now=now,
                before=before,
                given=before + rounded,
                rounding=_rounding_of(bill.order),
            )
        )
    return giving_back.most_for(worth, sales)


def _worth(refund):
    """What comes back with a refund order, less what is sold with it: above zero, without a row of rounding."""
    rounding = refund_product(refund.env)
    lines = refund.lines.filtered(lambda line: line.product_id != rounding)
    return -Bill(refund).decimal(sum(lines.mapped("price_subtotal_incl")))


def _products_back(refund):
    """What of which order comes back with a refund order: sums of its lines, above zero, by order."""
    back = {}
    for line in refund.sudo().lines.filtered("refunded_orderline_id"):
        order = line.refunded_orderline_id.order_id
        back[order] = back.get(order, 0) - Bill(refund).decimal(line.price_subtotal_incl)
    return back


def _earlier_refunds(order, refund):
    """The refund orders of an order that have given something back, but one of them."""
    orders = order.lines.refund_orderline_ids.order_id - (refund or order.browse())
    return orders.filtered(lambda one: one.state in FINISHED or one._glase_moved_payments())


def _rounding_of(order):
    """How a sale was rounded, as the row of its Glase payment knows it."""
    rows = order.env["glase.transaction"].sudo()
    paid = [("payment_id", "in", order.payment_ids.ids), ("kind", "=", state_machine.PAYMENT)]
    return kept_rounding(rows.search(paid, limit=1).rounding)


def draft(order, total, line_uuid, quantities=None, reason=""):
    """Store the draft of a refund order in the open session of this order's till.

    :param Decimal total: what goes back, above zero, in the order's currency
    :param str line_uuid: for its only payment
    :param dict quantities: how many pieces of which order lines go back; without it the whole
        goes on the *Glase refund* product, with the taxes of this order's lines in proportion
    :param str reason: kept in the order's history
    :return: the payment of the draft
    :raises UserError: if the till has no open session, or takes no Glase payments
    """
    session = open_session(order)
    if not session:
        raise UserError(
            order.env._(
                "Open the register of %s first: the refund belongs into its session.",
                order.config_id.display_name,
            )
        )
    method = _method(order, session)
    refund = order.copy(order._prepare_refund_values(session))
    refund.user_id = order.env.uid
    for line, quantity in (quantities or {}).items():
        _give_back_pieces(refund, line, quantity)
    if not quantities:
        _give_back_amount(refund, order, total)
    _balance(refund, -total)
    _tell(refund, order, total, reason)
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


def refund_product(env):
    """The product that stands for an amount; made anew if somebody has deleted what nobody sells."""
    if not env.ref(REFUND_PRODUCT, raise_if_not_found=False):
        convert_file(env(su=True), "pos_glase", "data/product.xml", None, mode="init")
    return env.ref(REFUND_PRODUCT)


def _tell(refund, order, total, reason):
    """Say in the refund's history what it is for."""
    paid = order.payment_ids.filtered(lambda payment: payment._is_glase())[:1]
    words = _lt(
        "Glase refund of %(amount)s for %(order)s: %(reason)s",
        amount=managers.for_reader(paid).currency_id.format(float(total)),
        order=order.pos_reference or order.name,
        reason=reason,
    )
    note(refund, words, paid)


def open_session(order):
    """The session of this order's till in which a refund order can be made, if it is open."""
    session = order.config_id.current_session_id
    return session if session.state == "opened" else session.browse()


def _method(order, session):
    methods = session.config_id.payment_method_ids.filtered(
        lambda method: method.use_payment_terminal == "glase"
    )
    method = (order.payment_ids.payment_method_id & methods)[:1] or methods[:1]
    if not method:
        raise UserError(
            order.env._(
                "%s takes no Glase payments any more: add its payment method again.",
                session.config_id.display_name,
            )
        )
    return method


def _give_back_pieces(refund, line, quantity):
    lots = line.pack_lot_ids.browse()
    for lot in line.pack_lot_ids:
        lots += lot.copy()
    values = {**line._prepare_refund_data(refund, lots), "qty": -quantity}
    line.copy(values)._onchange_amount_line_all()


def _give_back_amount(refund, original, total):
    product = refund_product(refund.env)
    reference = original.pos_reference or original.name
    for taxes, share in _tax_shares(original, total):
        line = refund.env["pos.order.line"].create(
            {
                "order_id": refund.id,
                "product_id": product.id,
                "full_product_name": f"{product.name} ({reference})",
                "qty": -1,
                "price_unit": _price_for(refund, taxes, float(share), product),
                "price_subtotal": 0,
                "price_subtotal_incl": 0,
                "tax_ids": [(6, 0, taxes.ids)],
            }
        )
        line._onchange_amount_line_all()


def _tax_shares(order, total):
    """Split an amount over the taxes of this order's lines, in proportion; it adds up.

    :param Decimal total: in the order's currency, taxes included
    :return: pairs of taxes and their share (Decimal)
    """
    groups = {}
    for line in order.lines:
        value = Bill(order).decimal(line.price_subtotal_incl)
        groups[line.tax_ids] = groups.get(line.tax_ids, Decimal(0)) + value
    whole = sum(groups.values())
    if whole <= 0:
        return [(order.lines.tax_ids.browse(), total)]
    largest_first = sorted(groups.items(), key=lambda group: group[1])
    shares, left = [], total
    for taxes, value in largest_first[:-1]:
        share = Bill(order).decimal(float(total * value / whole))
        left -= share
        shares.append((taxes, share))
    shares.append((largest_first[-1][0], left))
    return [(taxes, share) for taxes, share in shares if share]


def _price_for(refund, taxes, share, product):
    """The unit price with which a line of these taxes costs ``share``, as near as can be."""
    taxes = refund.fiscal_position_id.map_tax(taxes)
    price = share
    for _round in range(MAX_PRICE_ROUNDS):
        priced = taxes.compute_all(price, refund.currency_id, 1, product, refund.partner_id)
        total = priced["total_included"]
        if not total or not refund.currency_id.compare_amounts(total, share):
            break
        price *= share / total
    return price


def _balance(refund, total):
    """Let the order cost exactly ``total``: what taxes round becomes a row without tax."""
    refund._compute_prices()
    config = refund.config_id
    costs = refund.amount_total
    if config.cash_rounding and not config.only_round_cash_method:
        costs = sum(refund.lines.mapped("price_subtotal_incl"))
    missing = total - Bill(refund).decimal(costs)
    if abs(missing) > _most_rounding(refund):
        raise UserError(
            refund.env._(
                "The products do not add up to %s, with the taxes as they are now: give back "
                "an amount instead.",
                refund.currency_id.format(-float(total)),
            )
        )
    if not missing or Bill(refund).total_due() == total:
        return
    product = refund_product(refund.env)
    refund.env["pos.order.line"].create(
        {
            "order_id": refund.id,
            "product_id": product.id,
            "full_product_name": refund.env._("Rounding"),
            "qty": -1,
            "price_unit": -float(missing),
            "price_subtotal": float(missing),
            "price_subtotal_incl": float(missing),
            "tax_ids": [(5, 0, 0)],
        }
    )
    refund._compute_prices()


def _most_rounding(refund):
    """By how much the lines may differ from the total."""
    of_taxes = MAX_ROUNDING_STEPS * Decimal(str(refund.currency_id.rounding))
    return of_taxes + abs(most_back(refund) - _worth(refund))


def finish(refund, payment):
    """Close a draft refund order whose refund was made, or may have been made."""
    payment.write({"payment_status": DONE})
    if refund.state == "draft":
        refund.amount_paid = refund._compute_amount_paid()
        refund._process_saved_order(False)
