"""A sale from all sides: the order, the ledger, the bill on the phone, the receipt, the browser's console."""

from decimal import Decimal

from conftest import wait_for
from till_page import STICKER, lines

# What a browser writes by itself when a page is left, or the network is gone; and when Odoo draws no picture of a
# code, because the drawing library of its report tool is not there.
OF_THE_MACHINE = ("net::ERR_", "/report/barcode/")

PAYMENTS = """
SELECT p.amount, p.glase_unverified, t.amount, t.state, t.invoice_reference
  FROM pos_payment p JOIN pos_order o ON o.id = p.pos_order_id
  LEFT JOIN glase_transaction t ON t.payment_id = p.id WHERE o.uuid = %s ORDER BY p.id"""
LINES = """
SELECT l.full_product_name, l.price_subtotal_incl FROM pos_order_line l
  JOIN pos_order o ON o.id = l.order_id WHERE o.uuid = %s"""
CASES = """
SELECT c.kind FROM glase_case c LEFT JOIN glase_transaction t ON t.id = c.transaction_id
  LEFT JOIN pos_order o ON o.uuid = %s
 WHERE c.state = 'open' AND (t.order_uuid = o.uuid OR c.order_id = o.id)"""


def look(shop, till, uuid, refunded=False, decimals=2):
    """Assert that a sale is whole on every side; the till shows its receipt.

    :param uuid: of the order
    :param refunded: it gives money back, so that there is no bill on a phone
    :param decimals: of the till's currency
    :return: what was seen, in words
    """
    receipt = till.receipt()
    words = whole(shop, uuid, refunded)
    total = shop.query("SELECT amount_total FROM pos_order WHERE uuid = %s", uuid)[0][0]
    assert "Glase" in receipt and f"{abs(total):,.{decimals}f}" in receipt, receipt
    assert till.complaints == [], till.complaints
    assert quiet(till) == [], quiet(till)
    return words


def whole(shop, uuid, refunded=False):
    """Assert that a sale is whole at the server and on the phone; returns what was seen, in words."""
    total, payments = _paid(shop, uuid)
    glase = [(amount, reference) for amount, *_others, reference in payments if reference]
    assert glase or refunded, payments
    rows = 0 if refunded else sum(_bill(shop, uuid, *each) for each in glase)
    paid = ", ".join(f"{amount:.2f}" for amount, *_others in payments)
    words = f"order {total:.2f} paid by {paid}, ledger the same"
    return f"{words}, {rows} rows on the phone" if rows else words


def sold(shop, till, sticker=STICKER, **more):
    """Send the order, reload while the bill is out, and let the customer pay; returns what was seen.

    :param sticker: of the till
    :param more: see :func:`look`
    """
    uuid = till.order_uuid()
    before = lines(till, uuid)
    till.send()
    till.reload().start().looks("waiting")
    till.settle()
    assert lines(till, uuid) == before
    shop.simulator.customer(sticker, "pay")
    words = look(shop, till, uuid, **more)
    assert lines(till, uuid) == before
    return words


def given_back(shop, till, uuid, **more):
    """Give a sold order back; returns what was seen."""
    till.refund_order(uuid).give_back()
    return look(shop, till, till.order_uuid(), refunded=True, **more)


def assert_paid(shop, uuid):
    """The order is finished, proven, costs what the ledger says, and is no case.

    A receipt may come before that: a till that Odoo takes for offline stores its order afterwards.
    """
    _total, payments = _paid(shop, uuid)
    assert [known for _amount, _unverified, known, *_others in payments if known is not None], (
        payments
    )


def quiet(till):
    """What the browser's console complains about, but for what is the machine's."""
    return [line for line in till.console if not any(word in line for word in OF_THE_MACHINE)]


def _paid(shop, uuid):
    """The order's total, and its payments, once the server has both."""
    [(total,)] = wait_for(
        lambda: shop.query(
            "SELECT amount_total FROM pos_order WHERE uuid = %s AND state IN ('paid', 'done')", uuid
        ),
        "the order is paid",
    )
    payments = shop.query(PAYMENTS, uuid)
    assert sum(Decimal(str(amount)) for amount, *_others in payments) == Decimal(str(total))
    for amount, unverified, known, stands, _reference in payments:
        assert not unverified, payments
        if known is not None:
            assert abs(amount) == known, payments
            assert stands == ("paid" if amount > 0 else "refunded"), stands
    assert not shop.query(CASES, uuid)
    return total, payments


def _bill(shop, uuid, amount, reference):
    """How many rows the bill has: they add up to it, and each line of the order is named."""
    [invoice] = [
        one for one in shop.simulator.journal()["invoices"] if one["invoice_reference"] == reference
    ]
    rows = invoice["rows"]
    assert sum(Decimal(row["amount"]) for row in rows) == Decimal(invoice["amount"])
    assert Decimal(invoice["amount"]) == Decimal(str(amount))
    names = [row["description"] for row in rows]
    for name, price in shop.query(LINES, uuid):
        if price:
            assert any(one.startswith(name[:80]) for one in names), (name, names)
    return len(rows)
