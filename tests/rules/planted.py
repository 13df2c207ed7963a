"""Bugs to be planted in the rules, one for each rule of ``exploration.RULES``: all must be found."""

import contextlib
from typing import NamedTuple
from unittest.mock import patch

from exploration import ASK, CANCEL, RULES, SEND

from pos_glase.rules import settlement, state_machine
from pos_glase.rules.state_machine import Verdict


class Plant(NamedTuple):
    """One bug: the rule that it breaks, what it is, and what puts it in place while it is entered.

    ``after``: what has happened before, where the shortest history is too long to be gone through in a
    second.
    """

    rule: str
    words: str
    planted: object
    after: tuple = ()


def _judging(instead):
    """The judge with one mistake.

    :param instead: function of row and evidence that gives a verdict, or None where the judge is right
    """
    right = state_machine.judge

    def judge(row, evidence):
        return instead(row, evidence, right) or right(row, evidence)

    return lambda: patch.object(state_machine, "judge", judge)


def _without_reference(row, evidence, _right):
    if evidence.status == "PAID" and not evidence.ers_reference:
        return Verdict(state_machine.PAID)
    return None


def _reserved_is_an_end(row, evidence, _right):
    if evidence.status == "RESERVED" and row.state == state_machine.ISSUED:
        return Verdict(state_machine.CANCELED)
    return None


def _cancel_is_an_end(row, evidence, _right):
    if evidence.operation == CANCEL and evidence.code in state_machine.CANCELED_CODES:
        return Verdict(state_machine.CANCELED)
    return None


def _forgets_already_paid(row, evidence, right):
    forgetful = state_machine.Row(state=row.state, invoice_version=row.invoice_version)
    return right(forgetful, evidence)


def _paid_is_refused(row, evidence, _right):
    return Verdict(row.state) if row.said_paid and evidence.status == "PAID" else None


def _silence_is_an_end(row, evidence, _right):
    if evidence.operation == ASK and evidence.outcome == state_machine.NO_ANSWER:
        return Verdict(state_machine.CANCELED)
    return None


def _believes_the_older(row, evidence, right):
    if row.state != state_machine.PAID or evidence.status == "PAID":
        return None
    return right(state_machine.Row(state=state_machine.ISSUED), evidence)


def _comes_back(row, evidence, right):
    if row.state == state_machine.UNKNOWN and evidence.operation == SEND:
        return right(state_machine.Row(state=state_machine.SENDING), evidence)
    return None


def _steps_without(condition):
    kept = [(applies, step) for applies, step in settlement._STEPS if applies is not condition]
    return lambda: patch.object(settlement, "_STEPS", kept)


def _twice():
    again = {
        state_machine.DRAFT: state_machine.SENDING,
        state_machine.SENDING: state_machine.SENDING,
    }
    return patch.dict(state_machine.REQUESTS, {"claim": again})


def _trouble_is_proof():
    more = state_machine.PROOF_OF_FAILURE | {90}
    return patch.object(state_machine, "PROOF_OF_FAILURE", more)


(
    ONCE,
    PROVEN,
    NOT_LOST,
    PAYS_ONCE,
    CANCEL_ENDS_NOTHING,
    REVERSED,
    NEVER_REFUSED,
    WEAKER,
    FAILED,
    STAYS_LOST,
    ASKING_IS_TAKING,
) = RULES

ISSUED = (
    "claimed, the bill is sent",
    "Glase takes the bill",
    "the answer to sendInvoice comes: code 0",
)
PAID = ("the customer begins to pay", "the customer pays")

PLANTS = (
    Plant(ONCE, "a request that is repeated claims again", _twice),
    Plant(PROVEN, "PAID is believed without its reference", _judging(_without_reference)),
    Plant(NOT_LOST, "RESERVED is taken for an end", _judging(_reserved_is_an_end)),
    Plant(
        PAYS_ONCE,
        "no answer to a question is taken for an end",
        _judging(_silence_is_an_end),
        (*ISSUED, "a device asks", *PAID, "Glase is asked: PAID"),
    ),
    Plant(CANCEL_ENDS_NOTHING, "a cancel's answer ends the row", _judging(_cancel_is_an_end)),
    Plant(REVERSED, "already paid is forgotten", _judging(_forgets_already_paid), ISSUED),
    Plant(NEVER_REFUSED, "after already paid PAID is refused", _judging(_paid_is_refused)),
    Plant(WEAKER, "after PAID an older status is believed", _judging(_believes_the_older)),
    Plant(FAILED, "trouble at Glase is taken for proof", _trouble_is_proof),
    Plant(STAYS_LOST, "a late answer brings a lost bill back", _judging(_comes_back)),
    Plant(
        ASKING_IS_TAKING,
        "the server asks without waiting for the reversal",
        _steps_without(settlement._may_be_reversed),
    ),
    Plant(
        ASKING_IS_TAKING,
        "the server asks before its cancel was answered",
        _steps_without(settlement._is_unanswered),
    ),
)


@contextlib.contextmanager
def planted(plant):
    """The rules with one bug, and the one rule that it breaks as what is looked for."""
    with plant.planted():
        yield {plant.rule: RULES[plant.rule]}
