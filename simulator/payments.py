"""Money that moves: a payment is made, fetched (and so stands), refunded.

Fetching PAID is what makes a payment stand, so that is when it is booked
(``doc/protocol.md §4.4``); periods and reports are made of bookings.
"""

from . import invoices, references


def pay(tx, simulator, invoice, amount, why):
    """Take the money for an invoice; it is PAID afterwards, and not fetched yet."""
    content = invoices.load(invoice["content"])
    terminal = tx.one("SELECT * FROM terminal WHERE id = ?", invoice["terminal_id"])
    reference = references.ers_reference(tx)
    tx.insert(
        "payment",
        ers_reference=reference,
        invoice_reference=invoice["reference"],
        terminal_id=terminal["id"],
        reseller_id=terminal["reseller_id"],
        amount=f"{amount:f}",
        currency=invoice["currency"],
        cashier=content.get("cashierId"),
        payer=references.payer_id(),
        paid_at=tx.now,
    )
    invoices.change(
        tx,
        invoice,
        "PAID",
        why,
        amount=f"{amount:f}",
        begun_at=None,
        closed_at=tx.now,
        ers_reference=reference,
    )
    url = content.get("notificationUrl")
    if url:
        tx.after_commit.append(lambda: simulator.notifier.send(invoice["reference"], url))
    return reference


def of_invoice(tx, reference):
    """The payment of an invoice, or None."""
    return tx.one("SELECT * FROM payment WHERE invoice_reference = ?", reference)


def fetch(tx, payment):
    """The till has seen PAID: from now on the payment stands."""
    if payment["fetched_at"] is None:
        tx.run(
            "UPDATE payment SET fetched_at = ? WHERE ers_reference = ?",
            tx.now,
            payment["ers_reference"],
        )
        book(tx, "payment", payment["ers_reference"], payment, payment["amount"])


def book(tx, kind, reference, payment, amount, cashier=None, terminal_id=None):
    """Write one line that periods count: ``amount`` is text, negative for a refund."""
    tx.insert(
        "booking",
        kind=kind,
        ers_reference=reference,
        payment_reference=payment["ers_reference"],
        reseller_id=payment["reseller_id"],
        terminal_id=terminal_id or payment["terminal_id"],
        amount=amount,
        cashier=payment["cashier"] if cashier is None else cashier,
        booked_at=tx.now,
    )
