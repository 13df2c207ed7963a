"""A till asks each second: what is done about its row, and what is worth writing down (``doc/ledger.md §2``).

Most questions change nothing. Of those it is written every few seconds only that the till and Glase were
heard, and how often; so what is compared with those times allows for what is not written yet.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from . import state_machine

# What is not written yet, of who was heard and how often, is younger than this.
HEARTBEAT = timedelta(seconds=5)
# The till of a row that was written down so lately is not called silent while Glase is asked.
SURELY_ALIVE = timedelta(seconds=30)
# Answers that say the same are one event for so long; what the last hours brought is found by its beginning.
LONGEST_RUN = timedelta(hours=1)

# Nothing is to be done: the row as it stands is the answer.
ANSWER = "answer"
# Ask Glase: nothing has to be written before.
ASK = "ask"
# Something has to be written first, under the row's lock.
STEP = "step"


@dataclass(frozen=True)
class Question:
    """A till's question about a row; times are of the ledger's clock.

    ``stale``: the row has become something else by its age; ``take_back``: the cashier's *Check again*;
    ``cancel_due``: a cancel that was not answered is to be repeated now.
    """

    state: str
    now: datetime
    till_seen_at: datetime
    stale: bool = False
    given_up: bool = False
    take_back: bool = False
    cancel_due: bool = False


def next_step(question):
    """What is done first about a question.

    :param Question question: about which row, and when
    :return: :data:`ANSWER`, :data:`ASK` or :data:`STEP`
    """
    if question.stale:
        return STEP
    if question.state not in state_machine.HOLDS_TILL:
        return ANSWER
    if question.given_up:
        return STEP if question.take_back else ANSWER
    return _next_while_waited_for(question)


def _next_while_waited_for(question):
    issued = question.state == state_machine.ISSUED
    if issued and question.cancel_due:
        return STEP
    limit = SURELY_ALIVE if issued else HEARTBEAT
    if is_due(question.till_seen_at, question.now, limit):
        return STEP
    return ASK if issued else ANSWER


def is_due(written_at, now, after=HEARTBEAT):
    """Whether what was written then is so old that it is written anew.

    What lies ahead was written before the clock was set back: it counts by its distance.

    :param datetime written_at: None if it never was
    """
    return written_at is None or abs(now - written_at) >= after


def silence(heard_at, now):
    """How long nobody was heard for certain, whatever was not written yet.

    :param datetime heard_at: as it was written
    :rtype: timedelta
    """
    return max(now - heard_at - HEARTBEAT, timedelta(0))


def said(evidence, message=None):
    """All that one answer says: two that say the same are equal.

    :param state_machine.Evidence evidence: the answer, or the lack of one
    :param str message: what a person is told about it
    """
    return (
        evidence.operation,
        evidence.outcome,
        evidence.code or 0,
        evidence.status or None,
        evidence.version or 0,
        evidence.invoice_reference or None,
        evidence.ers_reference or None,
        amount_words(evidence),
        message or None,
    )


def is_repeated(newest, answer, now, row, verdict):
    """Whether an answer is counted with the newest event, because it says the same and changes nothing.

    :param newest: what was heard before: ``said``, as :func:`said` gives it, and ``time``, when first
    :param tuple answer: what this one says
    :param state_machine.Row row: the row before
    :param state_machine.Verdict verdict: on what was heard
    """
    return is_again(newest.said, newest.time, answer, now) and changes_nothing(row, verdict)


def is_again(newest, since, answer, now):
    """Whether an answer goes on what the newest event says, or is an event of its own.

    :param tuple newest: what the newest event says, as :func:`said` gives it
    :param datetime since: when that was heard first
    :param tuple answer: what this one says
    """
    return newest == answer and abs(now - since) < LONGEST_RUN


def amount_words(evidence):
    """Amount and currency of Glase's receipt as they are kept; None without one."""
    return None if evidence.amount is None else f"{evidence.amount} {evidence.currency}"


def changes_nothing(row, verdict):
    """Whether a row is judged after a verdict as it was before, so that the same may be said again.

    :param state_machine.Row row: the row before
    :param state_machine.Verdict verdict: on what was heard
    """
    known = {name: value for name, value in verdict.values.items() if hasattr(row, name)}
    changed = any(getattr(row, name) != value for name, value in known.items())
    return verdict.state == row.state and not changed
