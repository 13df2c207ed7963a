"""cancelInvoice (``doc/protocol.md §4.7``)."""

from .. import codes, invoices, principals
from ..codes import Refused
from . import serves
from .owned import own_invoice


@serves("cancelInvoice")
def cancel_invoice(call):
    """Take an unpaid bill back; too late is said with 50, in the middle of paying with 51."""
    terminal = principals.terminal(call.tx, call.request)
    invoice = own_invoice(call, terminal)
    status = invoice["status"]
    if status == "PAID":
        raise Refused(codes.CANNOT_CANCEL_PAID_INVOICE)
    if status == "CANCELED":
        raise Refused(call.profile["cancel_canceled"])
    if status == "EXPIRED":
        raise Refused(codes.PAYMENT_EXPIRED)
    if status not in invoices.OPEN:
        raise Refused(codes.SYSTEM_ERROR)
    if invoice["begun_at"] is not None:
        raise Refused(call.profile["cancel_while_paying"])
    invoices.close(call.tx, invoice, "CANCELED", by="till", why="canceled by the till")
    return {}
