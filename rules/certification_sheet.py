"""The sheet by which an integration is certified, as data, and the states of a run of it (``doc/protocol.md §6``).

The words are English whatever the user's language is: they go to Glase.
"""

import re
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

DRAFT, RUNNING, PAUSED, CLEANING = "draft", "running", "paused", "cleaning"
PASSED, FAILED, STOPPED = "passed", "failed", "stopped"
STATES = [
    (DRAFT, "Not started"),
    (RUNNING, "Running"),
    (PAUSED, "Paused"),
    (CLEANING, "Cleaning up"),
    (PASSED, "Passed"),
    (FAILED, "Failed"),
    (STOPPED, "Stopped"),
]
UNFINISHED = (RUNNING, PAUSED, CLEANING)
DRIVEN = (RUNNING, CLEANING)
FINISHED = (PASSED, FAILED, STOPPED)

TODO, DOING, OK, SKIPPED = "todo", "doing", "ok", "skipped"
STEP_STATES = [
    (TODO, "To do"),
    (DOING, "Under way"),
    (OK, "OK"),
    (FAILED, "Failed"),
    (SKIPPED, "Skipped"),
]


@dataclass(frozen=True)
class SheetStep:
    """One step of the sheet: one operation, called once or until it is decided.

    ``number`` is the step's number on the sheet, empty for what we add; ``bill`` is the step whose
    invoice it is about; ``expects`` names how it is judged (``certification_judge.py``);
    ``needs`` are the steps without which it makes no sense; ``person`` says what a person must do.
    """

    key: str
    number: str
    operation: str
    bill: str
    expects: str
    needs: tuple
    title: str
    looked_at: str
    person: str = ""


# Key, number, operation, invoice, what is expected, what it needs; then
# title | what is looked at | what a person must do.
_SHEET = """
register        1  registerTerminal       -            success   -
    Register a terminal | With the reseller's login; the till makes up the terminal's password. The
    terminal id of the answer is used from then on.
assign          2  assignSeqrId           -            success   register
    Assign the Glase ID | The Glase ID that Glase has given goes to that terminal; clientReference is
    filled, clientRequestTimeout is 0.
send            3  sendInvoice            send         success   assign
    Send an invoice | The invoice has several rows, each with itemQuantity and itemTotalAmount, and a
    total.
unscanned       4  getPaymentStatus       send         issued    send
    Ask before anybody has scanned | The status is ISSUED.
pay             4  getPaymentStatus       send         paid      send
    Ask until the customer has paid | After the scan and the payment the status is PAID, with an
    ersReference. | Scan the code with the Glase app, and pay.
again           4  sendInvoice            again        success   assign
    Send an invoice again | The terminal takes another invoice.
wait            4  getPaymentStatus       again        unpaid_for_30_seconds  again
    Let 30 seconds pass without a payment | The till survives 30 seconds without a payment and then
    asks with the invoice reference that it has just received. | Do not scan now: 30 seconds must
    pass without a payment.
older           4  getPaymentStatus       send         paid      pay,again
    Ask about the invoice before it | The reference that was received before is still answered: its
    payment stands.
receipt         5  submitPaymentReceipt   send         success   pay
    Submit the payment's receipt | After PAID, with the payment's ersReference. The document may be
    empty.
cancel_send     6  sendInvoice            cancel_send  success   assign
    Send an invoice that will be canceled | An invoice that nobody pays.
cancel_ask      6  getPaymentStatus       cancel_send  issued    cancel_send
    Ask about it | The status is ISSUED.
cancel          6  cancelInvoice          cancel_send  success   cancel_send
    Cancel it | The unpaid invoice is canceled.
canceled        6  getPaymentStatus       cancel_send  canceled  cancel
    Ask whether it is canceled | The status is CANCELED.
refund_send     7  sendInvoice            refund_send  success   assign
    Send an invoice that will be refunded | An invoice for the refund.
refund_ask      7  getPaymentStatus       refund_send  issued    refund_send
    Ask about it | The status is ISSUED.
refund_pay      7  getPaymentStatus       refund_send  paid      refund_send
    Ask until the customer has paid | After the scan and the payment the status is PAID, with an
    ersReference. | Scan the code with the Glase app, and pay.
refund          7  refundPayment          refund_send  success   refund_pay
    Refund the payment | A payment that was just made is given back from the till.
refund_receipt  -  submitPaymentReceipt   refund_send  success   refund
    Submit the refund's receipt | Not on the sheet: with the refund's own ersReference.
settle          -  refundPayment          -            settled   assign
    Give back what else was paid | Not on the sheet: no invoice of this run is open or paid any more.
mark            8  markTransactionPeriod  -            success   register
    Mark the transaction period | As when the till is closed; with the terminal's id, so that
    no till's and no shop's period ends by it.
report          8  executeReport          -            report    mark
    Fetch the period's report | Goes with the mark; the sheet does not score it.
unregister      9  unregisterTerminal     -            success   register,settle
    Unregister the terminal | The terminal is gone.
clean           -  unregisterTerminal     -            settled   -
    Clean up | Not on the sheet: nothing is left unpaid, unrefunded or registered.
"""


def _step(entry):
    """A step of an entry of the sheet: its words are indented."""
    first, _newline, words = entry.partition("\n")
    key, number, operation, bill, expects, needs = (
        "" if word == "-" else word for word in first.split()
    )
    needs = tuple(needs.split(",")) if needs else ()
    return SheetStep(
        key, number, operation, bill, expects, needs, *" ".join(words.split()).split(" | ")
    )


SHEET = tuple(map(_step, re.split(r"\n(?=\S)", _SHEET.strip())))
STEPS = {step.key: step for step in SHEET}
CLEAN = "clean"


def result(steps, stopped):
    """How a run has ended.

    :param steps: the states of its steps
    :param bool stopped: somebody wished that it ends
    :return: passed, failed or stopped
    """
    if stopped:
        return STOPPED
    return FAILED if {FAILED, SKIPPED} & set(steps) else PASSED
