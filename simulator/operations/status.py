"""getPaymentStatus (``doc/protocol.md §2.9, §4.4``)."""

import json
from decimal import Decimal

from .. import codes, invoices, payments, principals, references
from ..codes import Refused
from . import serves
from .owned import own_invoice


@serves("getPaymentStatus")
def get_payment_status(call):
    """State of an invoice. Fetching PAID makes the payment stand."""
    tx = call.tx
    terminal = principals.terminal(tx, call.request)
    named = "invoiceReference" in call.request
    invoice = own_invoice(call, terminal) if named else _current(call, terminal)
    invoices.update(tx, invoice["reference"], asked_at=tx.now)
    answer = {"status": invoice["status"], "version": invoice["version"]}
    tokens = json.loads(invoice["tokens"])
    if tokens:
        answer["customerTokens"] = {"token": tokens}
    if invoice["status"] == "PAID":
        payment = payments.of_invoice(tx, invoice["reference"])
        payments.fetch(tx, payment)
        answer["ersReference"] = payment["ers_reference"]
        answer["receipt"] = _receipt(terminal, invoice, payment)
    return answer


def _current(call, terminal):
    """The terminal's current invoice, for a caller that lost the reference."""
    invoice = invoices.current(call.tx, terminal)
    if (
        invoice is None
        or invoice["status"] == invoices.GONE
        or call.profile["status_without_reference"] == "refuse"
    ):
        raise Refused(codes.INVALID_INVOICE_REFERENCE)
    return invoice


def _receipt(terminal, invoice, payment):
    content = invoices.load(invoice["content"])
    content["totalAmount"] = {"currency": payment["currency"], "value": Decimal(payment["amount"])}
    return {
        "terminalId": terminal["id"],
        "paymentDate": references.local(payment["paid_at"]).isoformat(timespec="milliseconds"),
        "clientInvoiceId": content.get("clientInvoiceId"),
        "invoiceReference": invoice["reference"],
        "paymentReference": payment["ers_reference"],
        "payerTerminalId": payment["payer"],
        "receiverName": content.get("title") or terminal["name"],
        "invoice": content,
    }
