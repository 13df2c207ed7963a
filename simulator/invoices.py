"""One invoice: its content as stored, its current state, and every change of it.

States: ``doc/protocol.md §4.3``. Besides the wire's own there is ``GONE``: a reversed payment whose
invoice the server no longer knows (profile ``reversed_status`` = ``54``).
"""

import json
from decimal import Decimal

OPEN = ("ISSUED", "PENDING_ISSUER_ACKNOWLEDGE", "RESERVED")
PENDING = "PENDING_ISSUER_ACKNOWLEDGE"
GONE = "GONE"


def dump(content):
    """An invoice as read from the wire → text for the database."""
    return json.dumps(content, default=_encode, ensure_ascii=False)


def _encode(value):
    if isinstance(value, Decimal):
        return {"decimal": f"{value:f}"}
    raise TypeError(type(value))


def _decode(value):
    return Decimal(value["decimal"]) if set(value) == {"decimal"} else value


def load(text):
    """The reverse of :func:`dump`."""
    return json.loads(text, object_hook=_decode)


def find(tx, reference):
    """The invoice of this reference, or None."""
    return tx.one("SELECT * FROM invoice WHERE reference = ?", reference)


def current(tx, terminal):
    """The invoice that a customer at this terminal's sticker sees, or None."""
    return find(tx, terminal["current_invoice"]) if terminal["current_invoice"] else None


def open_of(tx, terminal):
    """The open invoices of a terminal; a cash register has one at most."""
    marks = ", ".join("?" * len(OPEN))
    return tx.all(
        f"SELECT * FROM invoice WHERE terminal_id = ? AND status IN ({marks}) ORDER BY reference",
        terminal["id"],
        *OPEN,
    )


def forget(tx, reseller_id, before):
    """See :meth:`.core.Simulator.forget`; what a sticker still shows stays."""
    old = (
        "SELECT reference FROM invoice WHERE closed_at < ?"
        " AND terminal_id IN (SELECT id FROM terminal WHERE reseller_id = ?)"
        " AND reference NOT IN"
        " (SELECT current_invoice FROM terminal WHERE current_invoice IS NOT NULL)"
    )
    about = (before, reseller_id)
    tx.run(f"DELETE FROM history WHERE invoice_reference IN ({old})", *about)
    tx.run(f"DELETE FROM notification WHERE invoice_reference IN ({old})", *about)
    return tx.run(f"DELETE FROM invoice WHERE reference IN ({old})", *about).rowcount


def note(tx, reference, status, version, why, at=None):
    """Write one line of an invoice's history."""
    tx.insert(
        "history",
        invoice_reference=reference,
        at=tx.now if at is None else at,
        status=status,
        version=version,
        why=why,
    )


def change(tx, invoice, status, why, at=None, **values):
    """Move an invoice to another state: its version rises by one, its history tells why.

    :param str why: who or what did it, in a few words
    :param at: when it happened, if not now
    :param values: other columns to set
    """
    version = invoice["version"] + 1
    values.update(status=status, version=version)
    update(tx, invoice["reference"], **values)
    note(tx, invoice["reference"], status, version, why, at)


def update(tx, reference, **values):
    """Set columns without a change of state."""
    columns = ", ".join(f"{name} = ?" for name in values)
    tx.run(f"UPDATE invoice SET {columns} WHERE reference = ?", *values.values(), reference)


def close(tx, invoice, status, by, why, at=None):
    """End an invoice without money."""
    moment = tx.now if at is None else at
    change(tx, invoice, status, why, at=at, closed_by=by, closed_at=moment, begun_at=None)
