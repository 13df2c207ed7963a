"""markTransactionPeriod (``doc/protocol.md §4.14``)."""

from .. import codes, principals, references
from ..codes import Refused
from . import serves
from .parameters import parameters_of


@serves("markTransactionPeriod")
def mark_transaction_period(call):
    """Close a period of the shop, or with TERMINALID of one till.

    It holds what was booked since the previous mark of the same shop or till. Marks of the shop
    and of its tills do not end each other.
    """
    tx = call.tx
    reseller = principals.reseller(tx, call.request)
    terminal_id = parameters_of(call.request).get("TERMINALID")
    if terminal_id is not None and not tx.one(
        "SELECT 1 FROM terminal WHERE id = ? AND reseller_id = ?", terminal_id, reseller["id"]
    ):
        raise Refused(codes.INVALID_INITIATOR_PRINCIPAL_ID)
    previous = tx.one(
        "SELECT max(last_seq) AS seq FROM period WHERE reseller_id = ? AND terminal_id IS ?",
        reseller["id"],
        terminal_id,
    )["seq"]
    last = tx.one("SELECT coalesce(max(seq), 0) AS seq FROM booking")["seq"]
    period_id = references.ers_reference(tx)
    tx.insert(
        "period",
        id=period_id,
        reseller_id=reseller["id"],
        terminal_id=terminal_id,
        after_seq=previous or 0,
        last_seq=last,
        marked_at=tx.now,
    )
    return {call.profile["period_id_field"]: period_id}
