"""What makes an invoice acceptable (``doc/protocol.md §2.4-2.6, §4.8, §4.13``)."""

from decimal import Decimal
from urllib.parse import urlsplit

from . import codes
from .codes import Refused

CENT = Decimal("0.01")
LARGEST = Decimal(10) ** 15
REQUIRED = (
    "paymentMode",
    "acknowledgmentMode",
    "issueDate",
    "title",
    "clientInvoiceId",
    "totalAmount",
    "cashierId",
    "footer",
)
LONGEST = {"channel": 40, "clientComment": 80, "clientReference": 32}
REQUIRED_CONTEXT = ("channel", "clientId", "clientReference")


def money(amount):
    """``(value, currency)`` of an amount element; the value in major units with two decimals.

    :raise Refused: 49 if a part is missing, or the value is no multiple of 0.01
    """
    value, currency = (amount or {}).get("value"), (amount or {}).get("currency")
    if value is None or not currency or abs(value) >= LARGEST or value != value.quantize(CENT):
        raise Refused(codes.INVALID_INVOICE_DATA)
    return value.quantize(CENT), currency


def total(invoice, currencies):
    """``(value, currency)`` of an invoice that is in order.

    :raise Refused: 49 currency or rows wrong, 11 nothing or less to pay, 64 bad notification URL
    """
    if not invoice:
        raise Refused(codes.INVALID_INVOICE_DATA)
    value, currency = money(invoice.get("totalAmount"))
    if currency not in currencies:
        raise Refused(codes.INVALID_INVOICE_DATA)
    if value <= 0:
        raise Refused(codes.REJECTED_AMOUNT)
    _check_rows(invoice, value, currency)
    _check_url(invoice.get("notificationUrl"))
    return value, currency


def _check_rows(invoice, value, currency):
    rows = (invoice.get("invoiceRows") or {}).get("invoiceRow")
    if not rows:
        return
    added = Decimal(0)
    for row in rows:
        row_value, row_currency = money(row.get("itemTotalAmount"))
        if row_currency != currency:
            raise Refused(codes.INVALID_INVOICE_DATA)
        added += row_value
    if added != value:
        raise Refused(codes.INVALID_INVOICE_DATA)


def _check_url(url):
    if url is None:
        return
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid or any(character <= " " for character in url):
        raise Refused(codes.INVALID_NOTIFICATION_URL)


def check_documented(request):
    """For the profile's strictness ``documented``: all that the vendor's tables call required.

    :raise Refused: 49 for the invoice, 90 for the context
    """
    context, invoice = request.get("context"), request.get("invoice")
    if context is not None and not _is_whole_context(context):
        raise Refused(codes.SYSTEM_ERROR)
    if invoice is not None and not _is_whole_invoice(invoice):
        raise Refused(codes.INVALID_INVOICE_DATA)


def _is_whole_context(context):
    return (
        all(context.get(name) for name in REQUIRED_CONTEXT)
        and all(len(context.get(name) or "") <= most for name, most in LONGEST.items())
        and context["clientRequestTimeout"] == 0
    )


def _is_whole_invoice(invoice):
    rows = (invoice.get("invoiceRows") or {}).get("invoiceRow", [])
    counted = all((row.get("itemQuantity") or 0) >= 1 for row in rows)
    return counted and all(invoice.get(name) is not None for name in REQUIRED)
