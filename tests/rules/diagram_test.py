"""The diagrams of ``doc/architecture.md`` show what the tables and the judge of the code do, no more and no less."""

import itertools
import re
from pathlib import Path

from pos_glase.rules import state_machine
from pos_glase.rules.state_machine import Evidence, Row, judge

DOC = Path(__file__).resolve().parents[2] / "doc/architecture.md"
OUTCOMES = [outcome for outcome, _label in state_machine.OUTCOMES]
STATUSES = (None, "ISSUED", "RESERVED", "PAID", "CANCELED", "FAILED", "EXPIRED", "UNHEARD-OF")
ENDED = tuple(state_machine.FINAL - {state_machine.REFUNDED})
# Which calls a row can hear of, by its state: a bill without a reference is not asked about.
HEARD_BY = {
    state_machine.PAYMENT: {
        "sendInvoice": (state_machine.SENDING, state_machine.UNKNOWN),
        "getPaymentStatus": (state_machine.ISSUED, *ENDED),
        "cancelInvoice": (state_machine.ISSUED, *ENDED),
        "updateInvoice": (state_machine.ISSUED, *ENDED),
        "executeReport": (state_machine.ISSUED, state_machine.UNKNOWN, *ENDED),
    },
    state_machine.REFUND: {"refundPayment": (state_machine.SENDING, state_machine.UNKNOWN)},
}
REQUESTS_OF_REFUNDS = {"claim", "never_sent", "lost", "decided_refunded", "decided_not_refunded"}
REQUESTS_OF_PAYMENTS = set(state_machine.REQUESTS) - {"decided_refunded", "decided_not_refunded"}


def drawn(kind):
    """The arrows of one diagram."""
    text = DOC.read_text().partition(f'state "{kind}" as ')[2].partition("```")[0]
    return set(re.findall(r"^ +(\w+) --> (\w+)$", text, re.MULTILINE))


def by_request(names):
    return {arrow for name in names for arrow in state_machine.REQUESTS[name].items()}


def by_evidence(kind):
    found = set()
    for operation, states in HEARD_BY[kind].items():
        heard = itertools.product(
            states, OUTCOMES, range(100), STATUSES, (None, "R"), (False, True)
        )
        for state, outcome, code, status, reference, said_paid in heard:
            row = Row(kind=kind, state=state, said_paid=said_paid)
            evidence = Evidence(
                operation,
                outcome,
                code,
                status,
                1,
                ers_reference=reference,
                invoice_reference=reference,
            )
            verdict = judge(row, evidence)
            if verdict.state != state:
                found.add((state, verdict.state))
    return found


def test_payments():
    assert drawn("payment") == by_request(REQUESTS_OF_PAYMENTS) | by_evidence("payment")


def test_refunds():
    assert drawn("refund") == by_request(REQUESTS_OF_REFUNDS) | by_evidence("refund")
