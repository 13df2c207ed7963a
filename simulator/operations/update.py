"""updateInvoice (``doc/protocol.md §4.11``)."""

import json
from decimal import Decimal

from .. import codes, invoices, principals, rules
from ..codes import Refused
from . import serves
from .owned import own_invoice


@serves("updateInvoice")
def update_invoice(call):
    """New content for a bill that the customer has not scanned yet, or that waits for the till."""
    tx, content = call.tx, call.request.get("invoice")
    terminal = principals.terminal(tx, call.request)
    invoice = own_invoice(call, terminal)
    amount, currency = rules.total(content, call.simulator.currencies)
    _check_state(call, invoice)
    if invoice["status"] == "RESERVED":
        if currency != invoice["currency"]:
            raise Refused(codes.INVALID_INVOICE_DATA)
        if amount > Decimal(invoice["reserved_amount"]):
            raise Refused(codes.REJECTED_AMOUNT)
    values = {
        "amount": f"{amount:f}",
        "currency": currency,
        "content": invoices.dump(content),
    }
    if call.request.get("tokens"):
        values["tokens"] = json.dumps(call.request["tokens"], ensure_ascii=False)
    if invoice["status"] == invoices.PENDING:
        invoices.change(
            tx, invoice, "ISSUED", "acknowledged and updated by the till", acknowledged=1, **values
        )
    else:
        invoices.update(tx, invoice["reference"], **values)
        invoices.note(
            tx, invoice["reference"], invoice["status"], invoice["version"], "updated by the till"
        )
    return {}


def _check_state(call, invoice):
    status = invoice["status"]
    if status == "ISSUED" and invoice["scanned_at"] is not None:
        raise Refused(call.profile["update_after_scan"])
    if status not in invoices.OPEN:
        raise Refused(codes.SYSTEM_ERROR)
