"""commitReservation (``doc/protocol.md §4.10``)."""

from decimal import Decimal

from .. import codes, payments, principals, rules
from ..codes import Refused
from . import serves
from .owned import own_invoice


@serves("commitReservation")
def commit_reservation(call):
    """Take reserved money: the amount given, or without one the whole invoice."""
    tx = call.tx
    terminal = principals.terminal(tx, call.request)
    invoice = own_invoice(call, terminal)
    if invoice["status"] != "RESERVED":
        raise Refused(codes.INVOICE_STATE_NOT_RESERVED)
    amount = Decimal(invoice["amount"])
    if "amount" in call.request:
        amount, currency = rules.money(call.request["amount"])
        if currency != invoice["currency"]:
            raise Refused(codes.INVALID_INVOICE_DATA)
    if amount <= 0 or amount > Decimal(invoice["reserved_amount"]):
        raise Refused(codes.REJECTED_AMOUNT)
    payments.pay(tx, call.simulator, invoice, amount, "reservation committed by the till")
    return {}
