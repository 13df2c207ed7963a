"""The result codes of the cash register service (``doc/protocol.md §5``).

One table: what a code is called, whether it proves that no money moved, whether the trouble may
pass by itself, and what to tell a cashier. ``errors.py`` groups the codes into exceptions.
"""

from dataclasses import dataclass

SUCCESS = 0


@dataclass(frozen=True)
class Code:
    """One result code.

    ``proves_unmoved``: for a send or a refund this answer is proof that nothing was started
    (``doc/protocol.md §5.1``). ``passing``: the trouble may be over in a moment.
    """

    number: int
    name: str
    message: str
    proves_unmoved: bool = False
    passing: bool = False


_CONFIGURATION = "Glase refused this till's log-in. Take another tender and tell the manager."
_OTHER_TENDER = "Glase refused the payment. Take another tender."
_UNEXPECTED = "Glase gave an answer that was not expected. Tell the manager."


def _code(number, name, message=_UNEXPECTED, *, proof=False, passing=False):
    return Code(number, name, message, proof, passing)


_TABLE = (
    _code(1, "PENDING_APPROVAL"),
    _code(2, "REPORT_NOT_READY", "Glase is still preparing the report.", passing=True),
    _code(10, "REJECTED_BUSINESS_LOGIC", _OTHER_TENDER, proof=True),
    _code(
        11,
        "REJECTED_AMOUNT",
        "Glase refused the amount. Take another tender, or another amount.",
        proof=True,
    ),
    _code(12, "REJECTED_PAYMENT", _OTHER_TENDER, proof=True),
    _code(13, "REJECTED_TOPUP"),
    _code(20, "AUTHENTICATION_FAILED", _CONFIGURATION, proof=True),
    _code(21, "ACCESS_DENIED", _CONFIGURATION, proof=True),
    _code(22, "INVALID_NEW_PASSWORD"),
    _code(
        23,
        "INVALID_ERS_REFERENCE",
        "Glase does not know the payment that is to be refunded. Refund it in another way.",
        proof=True,
    ),
    _code(
        29,
        "INVALID_INITIATOR_PRINCIPAL_ID",
        "Glase does not know this till. Take another tender and have the till registered again.",
        proof=True,
    ),
    _code(30, "INVALID_RECEIVER_PRINCIPAL_ID"),
    _code(31, "INVALID_SENDER_PRINCIPAL_ID"),
    _code(32, "INVALID_TOPUP_PRINCIPAL_ID"),
    _code(
        33,
        "INVALID_INITIATOR_PRINCIPAL_STATE",
        "Glase has blocked this till or shop. Take another tender and contact Glase.",
        proof=True,
    ),
    _code(34, "INVALID_RECEIVER_PRINCIPAL_STATE"),
    _code(35, "INVALID_SENDER_PRINCIPAL_STATE"),
    _code(36, "INVALID_TOPUP_PRINCIPAL_STATE"),
    _code(
        37,
        "INITIATOR_PRINCIPAL_NOT_FOUND",
        "Glase does not know this shop. Take another tender and check the Glase account.",
        proof=True,
    ),
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
    _code(
        48,
        "PAYMENT_IN_PROGRESS",
        "The customer is paying right now. Wait for the result.",
        proof=True,
        passing=True,
    ),
    _code(
        49,
        "INVALID_INVOICE_DATA",
        "Glase refused the bill. Take another tender and tell the manager.",
        proof=True,
    ),
    _code(
        50,
        "CANNOT_CANCEL_PAID_INVOICE",
        "Too late to cancel: the customer has already paid.",
    ),
    _code(
        51,
        "CANNOT_CANCEL_INVOICE_IN_PROGRESS",
        "The customer is paying right now. Wait for the result, or cancel again.",
        passing=True,
    ),
    _code(52, "INVALID_CUSTOMER"),
    _code(
        53,
        "INVALID_SEQR_ID",
        "Glase did not take this Glase ID: it is not valid, or another till has it. "
        "Use another sticker, or unregister the old till first.",
    ),
    _code(
        54,
        "INVALID_INVOICE_REFERENCE",
        "Glase does not know this payment. Tell the manager before the order is closed.",
    ),
    _code(55, "PAYMENT_ALREADY_CANCELLED", "The payment had been canceled before."),
    _code(56, "REGISTRATION_NOT_POSSIBLE"),
    _code(57, "REGISTRATION_PRINCIPAL_ALREADY_EXISTS"),
    _code(58, "PAYMENT_EXPIRED", "The customer did not pay in time. Send the payment again."),
    _code(60, "AUTHORIZATION_EXPIRED"),
    _code(61, "AUTHORIZATION_CANCELLED"),
    _code(62, "AUTHORIZATION_IN_PROGRESS"),
    _code(63, "INVALID_AUTHORIZATION_REFERENCE"),
    _code(
        64,
        "INVALID_NOTIFICATION_URL",
        "Glase refused the address for notifications. Tell the manager.",
        proof=True,
    ),
    _code(
        90,
        "SYSTEM_ERROR",
        "Glase reports an error of its own. Check the payment before anything else.",
        passing=True,
    ),
    _code(
        91,
        "UNSUPPORTED_OPERATION",
        "Glase does not offer this to this till or shop. Tell the manager.",
        proof=True,
    ),
    _code(92, "LICENSE_REJECTION", "Glase refused the shop's license. Contact Glase."),
    _code(93, "SYSTEM_BUSY", "Glase is busy. Try again in a moment.", passing=True),
    _code(
        94,
        "SERVICE_UNAVAILABLE",
        "Glase or the customer's bank cannot be reached. Try again, or take another tender.",
        passing=True,
    ),
    _code(95, "INVOICE_ALREADY_CANCELED", "The payment had been canceled before."),
    _code(96, "INVOICE_STATE_NOT_RESERVED"),
    _code(
        97,
        "RESELLER_NOT_ALLOWED_TO_DO_REFUND",
        "This shop may not refund through Glase. Refund in another way and contact Glase.",
        proof=True,
    ),
    _code(
        98,
        "SUM_OF_REFUNDS_CAN_NOT_BE_MORE_THAN_ORIGINAL_TRANSACTION",
        "The refund is more than what is left of the payment. Refund less.",
        proof=True,
    ),
    _code(
        99,
        "RECEIVER_ACCOUNT_DOES_NOT_ALLOW_REFUNDS",
        "The customer's account does not take refunds. Refund in another way.",
        proof=True,
    ),
)

CODES = {code.number: code for code in _TABLE}


def describe(number):
    """The table's entry for a code; an entry of its own for one that is not in it."""
    return CODES.get(number) or Code(number, f"UNKNOWN_{number}", _UNEXPECTED)
