"""refundPayment (``doc/protocol.md §4.13``)."""

from decimal import Decimal

from .. import codes, payments, principals, references, rules
from ..codes import Refused
from . import serves


@serves("refundPayment")
def refund_payment(call):
    """Give money back: a positive amount, never more in sum than was paid."""
    tx, profile, content = call.tx, call.profile, call.request.get("invoice")
    terminal = principals.terminal(tx, call.request, retired=profile["retired_refunds"] == "allow")
    if not profile["refunds_allowed"]:
        raise Refused(codes.RESELLER_NOT_ALLOWED_TO_DO_REFUND)
    payment = _payment(call, terminal)
    if payment["fetched_at"] is None:
        raise Refused(codes.PAYMENT_IN_PROGRESS)
    amount, _currency = rules.total(content, {payment["currency"]})
    if amount > Decimal(payment["amount"]) - refunded(tx, payment["ers_reference"]):
        raise Refused(codes.REFUNDS_EXCEED_PAYMENT)
    if not profile["payer_takes_refunds"]:
        raise Refused(codes.RECEIVER_ACCOUNT_DOES_NOT_ALLOW_REFUNDS)
    reference = references.ers_reference(tx)
    cashier = content.get("cashierId")
    tx.insert(
        "refund",
        ers_reference=reference,
        payment_reference=payment["ers_reference"],
        terminal_id=terminal["id"],
        reseller_id=payment["reseller_id"],
        amount=f"{amount:f}",
        currency=payment["currency"],
        cashier=cashier,
        client_invoice_id=content.get("clientInvoiceId"),
        refunded_at=tx.now,
    )
    payments.book(tx, "refund", reference, payment, f"{-amount:f}", cashier, terminal["id"])
    own = profile["refund_reference"] == "own"
    return {"ersReference": reference if own else payment["ers_reference"]}


def refunded(tx, payment_reference):
    """Sum of a payment's refunds so far, in major units."""
    rows = tx.all("SELECT amount FROM refund WHERE payment_reference = ?", payment_reference)
    return sum((Decimal(row["amount"]) for row in rows), Decimal(0))


def _payment(call, terminal):
    """The payment to refund.

    :raise Refused: 23 unknown, reversed, another shop's or (by the profile) another till's
    """
    payment = call.tx.one(
        "SELECT * FROM payment WHERE ers_reference = ? AND reversed_at IS NULL",
        call.request.get("ersReference"),
    )
    if payment is None or payment["reseller_id"] != terminal["reseller_id"]:
        raise Refused(codes.INVALID_ERS_REFERENCE)
    if call.profile["refund_by"] == "paying_terminal" and payment["terminal_id"] != terminal["id"]:
        raise Refused(codes.INVALID_ERS_REFERENCE)
    return payment
