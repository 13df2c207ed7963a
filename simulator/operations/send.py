"""sendInvoice (``doc/protocol.md §4.3, §4.6, §4.10, §4.11``)."""

import json

from .. import codes, invoices, payments, principals, references, rules, timing
from ..codes import Refused
from . import serves

QR_PREFIX = "HTTP://SEQR.SE/R"


@serves("sendInvoice")
def send_invoice(call):
    """A new bill at this terminal; at a cash register the one before it, if open, is canceled."""
    tx, content = call.tx, call.request.get("invoice")
    terminal = principals.terminal(tx, call.request)
    amount, currency = rules.total(content, call.simulator.currencies)
    commit_seconds = content.get("commitReservationTimeout")
    if content.get("paymentMode") == "RESERVATION_REQUIRED_PRELIMINARY_AMOUNT" and (
        commit_seconds is None or commit_seconds <= 0
    ):
        raise Refused(codes.INVALID_INVOICE_DATA)
    _make_room(call, terminal)
    reference = references.invoice_reference(tx)
    version = call.profile["first_version"]
    tx.insert(
        "invoice",
        reference=reference,
        terminal_id=terminal["id"],
        status="ISSUED",
        version=version,
        amount=f"{amount:f}",
        currency=currency,
        content=invoices.dump(content),
        tokens=json.dumps(call.request.get("tokens", []), ensure_ascii=False),
        glase_id=terminal["glase_id"],
        issued_at=tx.now,
        commit_seconds=commit_seconds or call.profile["reservation_seconds"],
    )
    invoices.note(tx, reference, "ISSUED", version, "sent by the till")
    tx.run("UPDATE terminal SET current_invoice = ? WHERE id = ?", reference, terminal["id"])
    return {"invoiceQRCode": QR_PREFIX + reference, "invoiceReference": reference}


def _make_room(call, terminal):
    """End a cash register's previous invoice; what to do with a paid one is up to the profile."""
    tx = call.tx
    previous = invoices.current(tx, terminal)
    if previous is None or call.profile["terminal_kind"] == "webshop":
        return
    if previous["status"] == "PAID":
        _leave_paid(call, payments.of_invoice(tx, previous["reference"]))
    elif previous["status"] in invoices.OPEN:
        if previous["begun_at"] is not None and call.profile["send_while_paying"] == "refuse":
            raise Refused(codes.PAYMENT_IN_PROGRESS)
        invoices.close(tx, previous, "CANCELED", by="newer invoice", why="a newer invoice was sent")


def _leave_paid(call, payment):
    if payment["fetched_at"] is not None:
        return
    choice = call.profile["send_while_paid_unfetched"]
    if choice == "refuse":
        raise Refused(codes.PAYMENT_IN_PROGRESS)
    if choice == "reverse":
        timing.reverse(call.tx, call.profile, payment, call.tx.now)
