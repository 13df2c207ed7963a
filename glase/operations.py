"""The operations that a till uses, and how each one travels (``doc/protocol.md §1.5``)."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB

# Lanes of the gate: what may take which share of the calls in flight.
POLL = "poll"
OTHER = "other"
MONEY = "money"
CANCEL = "cancel"


@dataclass(frozen=True)
class Operation:
    """How one operation travels.

    ``timeout`` is the default in seconds, ``limit`` and ``elements`` the most bytes and XML
    elements that an answer may have, ``max_idle`` the seconds that a connection may have been
    idle to be used for it (0: it has one of its own), ``is_trial`` whether it may find out if a
    slow Glase answers again: nothing is lost with it, however early it is cut off.
    """

    name: str
    lane: str = OTHER
    timeout: float = 15.0
    limit: int = 256 * KIB
    elements: int = 1000
    max_idle: float = 0.0
    is_trial: bool = False


# An answer says nothing of the call that it belongs to, but for a receipt: so whatever does something
# has a connection of its own. On it comes no late answer to another call, and it is not half dead.
# What only asks, each second, takes one that was kept.
KEPT = 20.0


def _money(name):
    return Operation(name, lane=MONEY)


OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation("benchmarkingNop", timeout=5.0, max_idle=KEPT, is_trial=True),
        _money("registerTerminal"),
        Operation("unregisterTerminal"),
        Operation("assignSeqrId"),
        _money("sendInvoice"),
        Operation("updateInvoice"),
        # The receipt of a long bill repeats each of its rows, about ten elements each.
        Operation(
            "getPaymentStatus",
            lane=POLL,
            timeout=5.0,
            limit=512 * KIB,
            elements=20_000,
            max_idle=KEPT,
            is_trial=True,
        ),
        Operation("cancelInvoice", lane=CANCEL, is_trial=True),
        _money("refundPayment"),
        Operation("submitPaymentReceipt"),
        _money("markTransactionPeriod"),
        Operation("executeReport", limit=32 * MIB),
    )
}

# A repeated call of these could do the same thing twice.
MOVES_MONEY = frozenset(name for name, operation in OPERATIONS.items() if operation.lane == MONEY)
