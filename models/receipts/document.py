"""A receipt as it is handed to Glase (``doc/protocol.md §4.12``)."""

from odoo import fields

from ...glase import ReceiptDocument
from ...rules import state_machine
from ..accounts.glase_account import RECEIPT_HTML

# A receipt is kept small: its size at Glase is not documented.
MOST_LINES = 100
LONGEST_NAME = 100


def receipt_document(account, values):
    """A receipt: small HTML, or empty, by its account's setting.

    :param dict values: what the template ``pos_glase.glase_receipt_document`` shows
    :rtype: glase.ReceiptDocument
    """
    account = account.sudo()
    data = b""
    if account.receipt_mode == RECEIPT_HTML:
        html = account.env["ir.qweb"]._render("pos_glase.glase_receipt_document", values)
        data = " ".join(str(html).split()).encode()
    return ReceiptDocument(data, mime_type=account.receipt_mime)


def values_of(row, order):
    """What a receipt shows: shop, order, rows, totals and the reference at Glase.

    :param row: of the ledger, paid or refunded
    :param order: its finished order
    :rtype: dict
    """
    env, money = order.env, order.currency_id.format
    moved = env._("Glase refund") if row.kind == state_machine.REFUND else env._("Glase")
    when = fields.Datetime.context_timestamp(
        order.with_context(tz=order.company_id.partner_id.tz or "UTC"), order.date_order
    )
    return {
        "shop": row.account_id.shop_name or row.company_id.name,
        "order": order.pos_reference or order.name,
        "issued": f"{when:%Y-%m-%d %H:%M %Z}",
        "lines": _lines(order),
        "totals": [
            (env._("Total"), money(float(order._glase_total_due()))),
            (moved, money(row._taken_amount() or row.amount)),
        ],
        "reference": row.ers_reference,
    }


def _lines(order):
    """Name, quantity and price of each line, in words."""
    lines = [
        (
            (line.full_product_name or line.product_id.display_name or "")[:LONGEST_NAME],
            f"{line.qty:g}",
            order.currency_id.format(line.price_subtotal_incl),
        )
        for line in order.lines[:MOST_LINES]
    ]
    more = len(order.lines) - len(lines)
    if more > 0:
        lines.append((order.env._("%s more", more), "", ""))
    return lines
