"""The service's operations: name → function of a :class:`Call`, returning the answer's fields.

Each function checks first and changes afterwards: a refusal (:class:`~..codes.Refused`) leaves
nothing behind.
"""

from dataclasses import dataclass

from ..state import Transaction


@dataclass
class Call:
    """One request while it is carried out.

    ``request``: the wrapper's children as nested dicts; ``profile``: effective settings;
    ``simulator``: the whole (currencies, notifier).
    """

    tx: Transaction
    request: dict
    profile: dict
    simulator: object


def benchmarking_nop(_call):
    """Always success, for everybody."""
    return {}


def operations():
    """All operations that the simulator offers; any other name is refused with 91."""
    from . import (
        cancel,
        commit,
        periods,
        receipts,
        refunds,
        reports,
        send,
        status,
        terminals,
        update,
    )

    return {
        "registerTerminal": terminals.register,
        "unregisterTerminal": terminals.unregister,
        "assignSeqrId": terminals.assign,
        "sendInvoice": send.send_invoice,
        "updateInvoice": update.update_invoice,
        "getPaymentStatus": status.get_payment_status,
        "cancelInvoice": cancel.cancel_invoice,
        "commitReservation": commit.commit_reservation,
        "refundPayment": refunds.refund_payment,
        "submitPaymentReceipt": receipts.submit_payment_receipt,
        "markTransactionPeriod": periods.mark_transaction_period,
        "executeReport": reports.execute_report,
        "benchmarkingNop": benchmarking_nop,
    }
