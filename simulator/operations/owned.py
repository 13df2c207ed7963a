"""The invoice a call is about: it must belong to the terminal that calls."""

from .. import codes, invoices
from ..codes import Refused


def own_invoice(call, terminal):
    """The invoice named by the call.

    :raise Refused: 54 if this terminal has none of that reference (``doc/protocol.md §4.4``)
    """
    invoice = invoices.find(call.tx, call.request.get("invoiceReference"))
    if (
        invoice is None
        or invoice["terminal_id"] != terminal["id"]
        or invoice["status"] == invoices.GONE
    ):
        raise Refused(codes.INVALID_INVOICE_REFERENCE)
    return invoice
