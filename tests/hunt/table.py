"""What happened in the runs, counted; what never happened was not tested."""

import sys

FAULTS = (
    "never-sent",
    "timeout-before",
    "timeout-after",
    "another",
    "drop-before",
    "drop-after",
    "http500",
    "garbage",
    "code",
    "status",
)
FAULTY = ("sendInvoice", "getPaymentStatus", "cancelInvoice", "updateInvoice", "refundPayment")
PERIOD_CALLS = ("markTransactionPeriod", "executeReport")
PERIOD_LINES = ("matched", "netted", "awaited", "late", "missing", "unreported")
# Rows are made and claimed in one transaction, so a draft that was never sent does not occur; and
# PAID after an end needs two answers to overtake each other: tests of the rules cover both.
TRANSITIONS = (
    "payment draft → sending",
    "payment sending → issued",
    "payment sending → failed",
    "payment sending → unknown",
    "payment issued → paid",
    "payment issued → canceled",
    "payment issued → failed",
    "payment issued → expired",
    "payment issued → reversed",
    "payment unknown → canceled",
    "refund draft → sending",
    "refund sending → refunded",
    "refund sending → failed",
    "refund sending → unknown",
    "refund unknown → refunded",
    "refund unknown → failed",
)
STEPS = (
    "sell",
    "send",
    "poll",
    "cancel",
    "leave",
    "update",
    "force",
    "reload",
    "finish",
    "edit",
    "refund",
    "reverse",
    "office_refund",
    "attach",
    "customer",
    "clock",
    "job",
    "register",
    "session",
    "periods",
    "books",
    "resume",
    "approve",
    "push",
)
ACTS = ("scan", "begin", "confirm", "pay", "decline", "fail")
LEDGER_STEPS = ("before a step of the ledger", "after a step of the ledger")
COMMIT = "before the request's commit"
COMMITTED = "after the request's commit"


def _around(*operations):
    return tuple(f"{when} {operation}" for when in ("before", "after") for operation in operations)


# The moments at which the server died, by what it was doing.
KILLS = {
    "send": (*LEDGER_STEPS, COMMIT, *_around("sendInvoice", "refundPayment")),
    "poll": (*LEDGER_STEPS, COMMIT, *_around("getPaymentStatus")),
    "cancel": (*LEDGER_STEPS, COMMIT, *_around("cancelInvoice")),
    "update": (*LEDGER_STEPS, COMMIT, *_around("updateInvoice")),
    "reverse": (*LEDGER_STEPS, COMMIT, *_around("refundPayment")),
    "finish": (COMMIT,),
    "job": (*LEDGER_STEPS, *_around("sendInvoice", "getPaymentStatus", "cancelInvoice")),
    "session": (*LEDGER_STEPS, COMMIT, COMMITTED),
    "periods": (*LEDGER_STEPS, *_around(*PERIOD_CALLS)),
    "books": LEDGER_STEPS,
}
EXPECTED = (
    *(f"another: {call}" for call in ("sendInvoice", "getPaymentStatus", "refundPayment")),
    *(f"fault: {kind}" for kind in FAULTS),
    *(f"kill in {step}: {moment}" for step, moments in KILLS.items() for moment in moments),
    "overlap: send with edit",
    "overlap: edit with send",
    "overlap: finish with reverse",
    "overlap: reverse with finish",
    "overlap: finish with edit",
    "overlap: edit with finish",
    "overlap: reverse with edit",
    "overlap: edit with reverse",
    "overlap: finish with poll",
    "overlap: poll with finish",
    "overlap: office_refund with edit",
    "overlap: edit with office_refund",
    "overlap: the other waited for the first",
    "overlap: the other was served while the first stood",
    "conflict: in a step of the ledger",
    "conflict: at the end of a request",
    *(f"transition: {change}" for change in TRANSITIONS),
    *(f"step: {step}" for step in STEPS),
    *(f"customer: {act}" for act in ACTS),
    "registered anew",
    *(f"period line: {kind}" for kind in PERIOD_LINES),
    "period: contradicted itself",
    "period: reconciled",
    "period: differences",
    "period resumed",
    "closing refused",
    "session closed",
    "broken closing brought to its end",
    "attached",
    "refunded in the back office",
    "unknown refund decided",
    "refund repeated to find out",
    "another tender approved",
)


def say(text=""):
    """One line on stdout, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def print_table(counts, must_be_whole=False):
    """Print all counts, those that are missing with a zero.

    :param must_be_whole: what had to happen and did not is a fault
    :return: whether there is none
    """
    counts = dict(counts)
    for name, count in list(counts.items()):
        if name.startswith("fault: "):
            kind = f"fault: {name.split()[-1]}"
            counts[kind] = counts.get(kind, 0) + count
    missing = [name for name in EXPECTED if not counts.get(name)]
    for name in sorted({*counts, *EXPECTED}):
        say(f"  {counts.get(name, 0):7}  {name}")
    if missing and must_be_whole:
        say("Never happened: " + "; ".join(missing))
    return not (missing and must_be_whole)
