"""The result codes of the cash register service (``doc/protocol.md §5``).

One table: what a code is called, whether it proves that no money moved, and whether the trouble may
pass by itself. What a person is told about it is the module's matter, not the client's.
"""

from dataclasses import dataclass

SUCCESS = 0
REPORT_NOT_READY = 2
# Glase has trouble of its own, is busy, or its bank is down: the outcome is unknown.
SERVICE_TROUBLE = frozenset({90, 93, 94})


@dataclass(frozen=True)
class Code:
    """One result code.

    ``proves_unmoved``: for a send or a refund this answer is proof that nothing was started
    (``doc/protocol.md §5.1``). ``passing``: the trouble may be over in a moment.
    """

    number: int
    name: str
    proves_unmoved: bool = False
    passing: bool = False


def _code(number, name, *, proof=False, passing=False):
    return Code(number, name, proof, passing)


_TABLE = (
    _code(1, "PENDING_APPROVAL"),
    _code(2, "REPORT_NOT_READY", passing=True),
    _code(10, "REJECTED_BUSINESS_LOGIC", proof=True),
    _code(11, "REJECTED_AMOUNT", proof=True),
    _code(12, "REJECTED_PAYMENT", proof=True),
    _code(13, "REJECTED_TOPUP"),
    _code(20, "AUTHENTICATION_FAILED", proof=True),
    _code(21, "ACCESS_DENIED", proof=True),
    _code(22, "INVALID_NEW_PASSWORD"),
    _code(23, "INVALID_ERS_REFERENCE", proof=True),
    _code(29, "INVALID_INITIATOR_PRINCIPAL_ID", proof=True),
    _code(30, "INVALID_RECEIVER_PRINCIPAL_ID"),
    _code(31, "INVALID_SENDER_PRINCIPAL_ID"),
    _code(32, "INVALID_TOPUP_PRINCIPAL_ID"),
    _code(33, "INVALID_INITIATOR_PRINCIPAL_STATE", proof=True),
    _code(34, "INVALID_RECEIVER_PRINCIPAL_STATE"),
    _code(35, "INVALID_SENDER_PRINCIPAL_STATE"),
    _code(36, "INVALID_TOPUP_PRINCIPAL_STATE"),
    _code(37, "INITIATOR_PRINCIPAL_NOT_FOUND", proof=True),
    _code(38, "RECEIVER_PRINCIPAL_NOT_FOUND"),
    _code(39, "SENDER_PRINCIPAL_NOT_FOUND"),
    _code(40, "TOPUP_PRINCIPAL_NOT_FOUND"),
    _code(41, "INVALID_PRODUCT"),
    _code(42, "INVALID_RECEIVER_ACCOUNT_TYPE"),
    _code(43, "INVALID_SENDER_ACCOUNT_TYPE"),
    _code(44, "INVALID_TOPUP_ACCOUNT_TYPE"),
    _code(45, "RECEIVER_ACCOUNT_NOT_FOUND"),
    _code(46, "SENDER_ACCOUNT_NOT_FOUND"),
    _code(47, "TOPUP_ACCOUNT_NOT_FOUND"),
    _code(48, "PAYMENT_IN_PROGRESS", proof=True, passing=True),
    _code(49, "INVALID_INVOICE_DATA", proof=True),
    _code(50, "CANNOT_CANCEL_PAID_INVOICE"),
    _code(51, "CANNOT_CANCEL_INVOICE_IN_PROGRESS", passing=True),
    _code(52, "INVALID_CUSTOMER"),
    _code(53, "INVALID_SEQR_ID"),
    _code(54, "INVALID_INVOICE_REFERENCE"),
    _code(55, "PAYMENT_ALREADY_CANCELLED"),
    _code(56, "REGISTRATION_NOT_POSSIBLE"),
    _code(57, "REGISTRATION_PRINCIPAL_ALREADY_EXISTS"),
    _code(58, "PAYMENT_EXPIRED"),
    _code(60, "AUTHORIZATION_EXPIRED"),
    _code(61, "AUTHORIZATION_CANCELLED"),
    _code(62, "AUTHORIZATION_IN_PROGRESS"),
    _code(63, "INVALID_AUTHORIZATION_REFERENCE"),
    _code(64, "INVALID_NOTIFICATION_URL", proof=True),
    _code(90, "SYSTEM_ERROR", passing=True),
    _code(91, "UNSUPPORTED_OPERATION", proof=True),
    _code(92, "LICENSE_REJECTION"),
    _code(93, "SYSTEM_BUSY", passing=True),
    _code(94, "SERVICE_UNAVAILABLE", passing=True),
    _code(95, "INVOICE_ALREADY_CANCELED"),
    _code(96, "INVOICE_STATE_NOT_RESERVED"),
    _code(97, "RESELLER_NOT_ALLOWED_TO_DO_REFUND", proof=True),
    _code(98, "SUM_OF_REFUNDS_CAN_NOT_BE_MORE_THAN_ORIGINAL_TRANSACTION", proof=True),
    _code(99, "RECEIVER_ACCOUNT_DOES_NOT_ALLOW_REFUNDS", proof=True),
)

CODES = {code.number: code for code in _TABLE}


def describe(number):
    """The table's entry for a code; an entry of its own for one that is not in it."""
    return CODES.get(number) or Code(number, f"UNKNOWN_{number}")
