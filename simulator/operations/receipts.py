"""submitPaymentReceipt (``doc/protocol.md §4.12``)."""

from .. import codes, principals
from ..codes import Refused
from . import serves


@serves("submitPaymentReceipt")
def submit_payment_receipt(call):
    """Note that the till confirmed a payment or refund; the document itself is not kept."""
    tx, reference = call.tx, call.request.get("ersReference")
    terminal = principals.terminal(tx, call.request)
    known = tx.one(
        "SELECT 1 FROM payment WHERE ers_reference = ? AND terminal_id = ? "
        "AND reversed_at IS NULL "
        "UNION SELECT 1 FROM refund WHERE ers_reference = ? AND terminal_id = ?",
        reference,
        terminal["id"],
        reference,
        terminal["id"],
    )
    if known is None:
        raise Refused(codes.INVALID_ERS_REFERENCE)
    document = call.request.get("receiptDocument")
    if document is None:
        raise Refused(codes.SYSTEM_ERROR)
    tx.insert(
        "receipt",
        ers_reference=reference,
        terminal_id=terminal["id"],
        mime_type=document.get("mimeType"),
        receipt_type=document.get("receiptType"),
        bytes=len(document.get("receiptData", b"")),
        submitted_at=tx.now,
    )
    return {}
