"""What time alone brings about, applied at the next access (``doc/protocol.md §4.3, §4.5``)."""

from . import invoices


def catch_up(tx, profile):
    """Reverse what was not fetched, expire and lapse what was left open.

    Each change is dated at the moment it was due, on the simulator's clock.
    """
    _reverse_unfetched(tx, profile)
    _expire_issued(tx, profile)
    _lapse_reserved(tx, profile)


def _reverse_unfetched(tx, profile):
    due = tx.all(
        "SELECT * FROM payment WHERE fetched_at IS NULL AND reversed_at IS NULL AND paid_at < ? "
        "ORDER BY paid_at",
        tx.now - profile["reversal_seconds"],
    )
    for payment in due:
        reverse(tx, profile, payment, payment["paid_at"] + profile["reversal_seconds"])


def reverse(tx, profile, payment, at):
    """Give an unfetched payment back to the customer."""
    tx.run(
        "UPDATE payment SET reversed_at = ? WHERE ers_reference = ?", at, payment["ers_reference"]
    )
    status = profile["reversed_status"]
    invoices.close(
        tx,
        invoices.find(tx, payment["invoice_reference"]),
        invoices.GONE if status == "54" else status,
        by="reversal",
        why="payment was not fetched in time: money returned",
        at=at,
    )


def _expire_issued(tx, profile):
    if not profile["expire_seconds"]:
        return
    due = tx.all(
        "SELECT * FROM invoice WHERE status IN ('ISSUED', 'PENDING_ISSUER_ACKNOWLEDGE') "
        "AND issued_at < ?",
        tx.now - profile["expire_seconds"],
    )
    for invoice in due:
        at = invoice["issued_at"] + profile["expire_seconds"]
        invoices.close(tx, invoice, "EXPIRED", by="expiry", why="nobody paid in time", at=at)


def _lapse_reserved(tx, profile):
    for invoice in tx.all("SELECT * FROM invoice WHERE status = 'RESERVED'"):
        at = invoice["reserved_at"] + invoice["commit_seconds"]
        if at < tx.now:
            invoices.close(
                tx,
                invoice,
                profile["lapsed_status"],
                by="lapse",
                why="reservation was not committed in time",
                at=at,
            )
