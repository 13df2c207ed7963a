"""References in the shapes that the vendor's documents show (``doc/protocol.md §4.15``)."""

import uuid
from datetime import datetime, timezone


def local(moment):
    """Seconds since the epoch as an aware datetime in this machine's own time zone."""
    return datetime.fromtimestamp(moment, timezone.utc).astimezone()


def invoice_reference(tx):
    """A new invoice reference: 17 digits, time of issue to the millisecond, never used twice."""
    wanted = int(local(tx.now).strftime("%Y%m%d%H%M%S%f")[:17])
    last = tx.get_meta("last_invoice_reference", 0)
    reference = max(wanted, last + 1)
    tx.set_meta("last_invoice_reference", reference)
    return str(reference)


def ers_reference(tx):
    """A new reference of a payment, refund or period: 25 digits, time first, never used twice."""
    serial = tx.get_meta("last_serial", 0) + 1
    tx.set_meta("last_serial", serial)
    return local(tx.now).strftime("%Y%m%d%H%M%S%f")[:17] + f"{serial % 10**8:08d}"


def terminal_id():
    """A new terminal id: 32 hexadecimal digits."""
    return uuid.uuid4().hex


def payer_id():
    """An id for the phone of a customer: 20 hexadecimal digits."""
    return uuid.uuid4().hex[:20]
