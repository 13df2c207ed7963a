"""The sheet by which an integration is certified, as data (``doc/protocol.md §6``).

The words are English whatever the user's language is: they go to Glase.
"""

from dataclasses import dataclass

REGISTER = "registerTerminal"
UNREGISTER = "unregisterTerminal"
ASSIGN = "assignSeqrId"
SEND = "sendInvoice"
ASK = "getPaymentStatus"
CANCEL = "cancelInvoice"
REFUND = "refundPayment"
RECEIPT = "submitPaymentReceipt"
MARK = "markTransactionPeriod"
REPORT = "executeReport"


@dataclass(frozen=True)
class SheetStep:
    """One step of the sheet: one operation, called once or until it is decided.

    ``number`` is the step's number on the sheet, empty for what we add; ``expects`` names how it
    is judged (``glase_verification_judge.JUDGES``); ``needs`` are the steps without which it makes
    no sense; ``bill`` is the step whose bill it is about; ``person`` says what a person must do.
    """

    key: str
    number: str
    operation: str
    title: str
    looked_at: str
    needs: tuple = ()
    bill: str = ""
    expects: str = "success"
    person: str = ""


_SCAN = "Scan the code with the Glase app, and pay."

SHEET = (
    SheetStep(
        "register",
        "1",
        REGISTER,
        "Register a terminal",
        "With the reseller's login; the till makes up the terminal's password. The terminal id of "
        "the answer is used from then on.",
    ),
    SheetStep(
        "assign",
        "2",
        ASSIGN,
        "Assign the Glase ID",
        "The Glase ID that Glase has given goes to that terminal; clientReference is filled, "
        "clientRequestTimeout is 0.",
        needs=("register",),
    ),
    SheetStep(
        "send",
        "3",
        SEND,
        "Send an invoice",
        "The invoice has several rows, each with itemQuantity and itemTotalAmount, and a total.",
        needs=("assign",),
        bill="send",
    ),
    SheetStep(
        "unscanned",
        "4",
        ASK,
        "Ask before anybody has scanned",
        "The status is ISSUED.",
        needs=("send",),
        bill="send",
        expects="issued",
    ),
    SheetStep(
        "pay",
        "4",
        ASK,
        "Ask until the customer has paid",
        "After the scan and the payment the status is PAID, with an ersReference.",
        needs=("send",),
        bill="send",
        expects="paid",
        person=_SCAN,
    ),
    SheetStep(
        "again",
        "4",
        SEND,
        "Send an invoice again",
        "The terminal takes another invoice.",
        needs=("assign",),
        bill="again",
    ),
    SheetStep(
        "wait",
        "4",
        ASK,
        "Let 30 seconds pass without a payment",
        "The till survives 30 seconds without a payment and then asks with the invoice reference "
        "that it has just received.",
        needs=("again",),
        bill="again",
        expects="unpaid_for_30_seconds",
        person="Do not scan now: 30 seconds must pass without a payment.",
    ),
    SheetStep(
        "older",
        "4",
        ASK,
        "Ask about the invoice before it",
        "The reference that was received before is still answered: its payment stands.",
        needs=("pay", "again"),
        bill="send",
        expects="paid",
    ),
    SheetStep(
        "receipt",
        "5",
        RECEIPT,
        "Submit the payment's receipt",
        "After PAID, with the payment's ersReference. The document may be empty.",
        needs=("pay",),
        bill="send",
    ),
    SheetStep(
        "cancel_send",
        "6",
        SEND,
        "Send an invoice that will be canceled",
        "An invoice that nobody pays.",
        needs=("assign",),
        bill="cancel_send",
    ),
    SheetStep(
        "cancel_ask",
        "6",
        ASK,
        "Ask about it",
        "The status is ISSUED.",
        needs=("cancel_send",),
        bill="cancel_send",
        expects="issued",
    ),
    SheetStep(
        "cancel",
        "6",
        CANCEL,
        "Cancel it",
        "The unpaid invoice is canceled.",
        needs=("cancel_send",),
        bill="cancel_send",
    ),
    SheetStep(
        "canceled",
        "6",
        ASK,
        "Ask whether it is canceled",
        "The status is CANCELED.",
        needs=("cancel",),
        bill="cancel_send",
        expects="canceled",
    ),
    SheetStep(
        "refund_send",
        "7",
        SEND,
        "Send an invoice that will be refunded",
        "An invoice for the refund.",
        needs=("assign",),
        bill="refund_send",
    ),
    SheetStep(
        "refund_ask",
        "7",
        ASK,
        "Ask about it",
        "The status is ISSUED.",
        needs=("refund_send",),
        bill="refund_send",
        expects="issued",
    ),
    SheetStep(
        "refund_pay",
        "7",
        ASK,
        "Ask until the customer has paid",
        "After the scan and the payment the status is PAID, with an ersReference.",
        needs=("refund_send",),
        bill="refund_send",
        expects="paid",
        person=_SCAN,
    ),
    SheetStep(
        "refund",
        "7",
        REFUND,
        "Refund the payment",
        "A payment that was just made is given back from the till.",
        needs=("refund_pay",),
        bill="refund_send",
    ),
    SheetStep(
        "refund_receipt",
        "",
        RECEIPT,
        "Submit the refund's receipt",
        "Not on the sheet: with the refund's own ersReference.",
        needs=("refund",),
        bill="refund_send",
    ),
    SheetStep(
        "settle",
        "",
        REFUND,
        "Give back what else was paid",
        "Not on the sheet: no invoice of this run is open or paid any more.",
        needs=("assign",),
        expects="settled",
    ),
    SheetStep(
        "mark",
        "8",
        MARK,
        "Mark the transaction period",
        "As when the cash register is closed; with the terminal's id, so that no till's and no "
        "shop's period ends by it.",
        needs=("register",),
    ),
    SheetStep(
        "report",
        "8",
        REPORT,
        "Fetch the period's report",
        "Goes with the mark; the sheet does not score it.",
        needs=("mark",),
        expects="report",
    ),
    SheetStep(
        "unregister",
        "9",
        UNREGISTER,
        "Unregister the terminal",
        "The terminal is gone.",
        needs=("register", "settle"),
    ),
    SheetStep(
        "clean",
        "",
        UNREGISTER,
        "Clean up",
        "Not on the sheet: nothing is left unpaid, unrefunded or registered.",
        expects="settled",
    ),
)
STEPS = {step.key: step for step in SHEET}
CLEAN = "clean"
