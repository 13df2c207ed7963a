"""Result codes that the simulator answers with, and the two ways a call can end badly.

Codes and names: ``doc/protocol.md §5``.
"""

SUCCESS = 0
REPORT_NOT_READY = 2
REJECTED_AMOUNT = 11
AUTHENTICATION_FAILED = 20
ACCESS_DENIED = 21
INVALID_ERS_REFERENCE = 23
INVALID_INITIATOR_PRINCIPAL_ID = 29
INITIATOR_PRINCIPAL_NOT_FOUND = 37
PAYMENT_IN_PROGRESS = 48
INVALID_INVOICE_DATA = 49
CANNOT_CANCEL_PAID_INVOICE = 50
CANNOT_CANCEL_INVOICE_IN_PROGRESS = 51
INVALID_SEQR_ID = 53
INVALID_INVOICE_REFERENCE = 54
PAYMENT_ALREADY_CANCELLED = 55
REGISTRATION_PRINCIPAL_ALREADY_EXISTS = 57
PAYMENT_EXPIRED = 58
INVALID_NOTIFICATION_URL = 64
SYSTEM_ERROR = 90
UNSUPPORTED_OPERATION = 91
INVOICE_ALREADY_CANCELED = 95
INVOICE_STATE_NOT_RESERVED = 96
RESELLER_NOT_ALLOWED_TO_DO_REFUND = 97
REFUNDS_EXCEED_PAYMENT = 98
RECEIVER_ACCOUNT_DOES_NOT_ALLOW_REFUNDS = 99

DESCRIPTIONS = {
    0: "SUCCESS",
    1: "PENDING_APPROVAL",
    2: "REPORT_NOT_READY",
    10: "REJECTED_BUSINESS_LOGIC",
    11: "REJECTED_AMOUNT",
    12: "REJECTED_PAYMENT",
    13: "REJECTED_TOPUP",
    20: "AUTHENTICATION_FAILED",
    21: "ACCESS_DENIED",
    22: "INVALID_NEW_PASSWORD",
    23: "INVALID_ERS_REFERENCE",
    29: "INVALID_INITIATOR_PRINCIPAL_ID",
    33: "INVALID_INITIATOR_PRINCIPAL_STATE",
    37: "INITIATOR_PRINCIPAL_NOT_FOUND",
    48: "PAYMENT_IN_PROGRESS",
    49: "INVALID_INVOICE_DATA",
    50: "CANNOT_CANCEL_PAID_INVOICE",
    51: "CANNOT_CANCEL_INVOICE_IN_PROGRESS",
    53: "INVALID_SEQR_ID",
    54: "INVALID_INVOICE_REFERENCE",
    55: "PAYMENT_ALREADY_CANCELLED",
    57: "REGISTRATION_PRINCIPAL_ALREADY_EXISTS",
    58: "PAYMENT_EXPIRED",
    64: "INVALID_NOTIFICATION_URL",
    90: "SYSTEM_ERROR",
    91: "UNSUPPORTED_OPERATION",
    92: "LICENSE_REJECTION",
    93: "SYSTEM_BUSY",
    94: "SERVICE_UNAVAILABLE",
    95: "INVOICE_ALREADY_CANCELED",
    96: "INVOICE_STATE_NOT_RESERVED",
    97: "RESELLER_NOT_ALLOWED_TO_DO_REFUND",
    98: "The refunds of a payment cannot add up to more than the payment.",
    99: "RECEIVER_ACCOUNT_DOES_NOT_ALLOW_REFUNDS",
}


def describe(code):
    """Text that goes with a result code; unknown codes get ``UNKNOWN <code>``."""
    return DESCRIPTIONS.get(code, f"UNKNOWN {code}")


class Refused(Exception):
    """The call was understood and refused: HTTP 200 with this result code."""

    def __init__(self, code):
        super().__init__(describe(code))
        self.code = code


class SoapFault(Exception):
    """The call could not be understood or carried out: HTTP 500 with a SOAP fault.

    :param str reason: a sentence; never holds a value of the request, which may be a password
    :param str blame: ``Client``, ``Server``, ``VersionMismatch`` or ``MustUnderstand``
    """

    def __init__(self, reason, blame="Client"):
        super().__init__(reason)
        self.reason = reason
        self.blame = blame
