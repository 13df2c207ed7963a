"""What is done next about a bill that no till asks about: a table (``doc/ledger.md §5``, ``§13``, ``§14``).

Asking is taking: fetching PAID makes a payment stand. So what was given up is canceled first, and
asked about only when that was answered. All times are of one clock.
"""

from dataclasses import dataclass
from datetime import datetime

from . import state_machine

ASK, CANCEL, REPLACE, WAIT, NOTHING = "ask", "cancel", "replace", "wait", "nothing"


@dataclass(frozen=True)
class Bill:
    """The part of a payment's row that the decision needs; what did not happen is None.

    ``is_replaced``: a later bill took the sticker so long ago that no payment of this one can
    stand; ``replaces_lost``: it was sent by the server itself, in the place of another.
    """

    state: str
    now: datetime
    given_up_at: datetime | None = None
    forced_at: datetime | None = None
    cancel_answered_at: datetime | None = None
    cancel_code: int = 0
    cancel_refusal: int = 0
    cancel_tries: int = 0
    released: bool = False
    replaces_lost: bool = False
    is_replaced: bool = False


def next_step(bill):
    """What to do about a bill: the first line of the table that applies.

    :param Bill bill: as it stands
    :return: ``ask``, ``cancel``, ``replace`` it by a bill of our own, ``wait`` or ``nothing``
    """
    return next(step for applies, step in _STEPS if applies(bill))


def waits_until(bill):
    """Until when Glase may give a payment back by itself, after *already paid* (datetime)."""
    return bill.cancel_answered_at + state_machine.REVERSAL_WAIT


def _is_forced(bill):
    return bill.state == state_machine.ISSUED and bill.forced_at


def _is_lost(bill):
    return bill.state == state_machine.UNKNOWN and bill.given_up_at


def _is_none_of_ours(bill):
    return bill.state != state_machine.ISSUED or not bill.given_up_at


def _is_unanswered(bill):
    return not bill.cancel_answered_at or bill.cancel_answered_at < bill.given_up_at


def _cannot_stand(bill):
    return _is_unanswered(bill) and bill.is_replaced


def _is_refused_for_good(bill):
    # Refusals from before it was given up do not count: the next cancel may be answered.
    refused = bill.released and bill.cancel_refusal and not bill.replaces_lost
    enough = bill.cancel_tries >= state_machine.REFUSED_CANCELS
    return _is_unanswered(bill) and refused and enough


def _may_be_reversed(bill):
    paid = bill.cancel_code == state_machine.ALREADY_PAID_CODE
    return paid and bill.now < waits_until(bill)


_STEPS = (
    (_is_forced, ASK),
    (_is_lost, REPLACE),
    (_is_none_of_ours, NOTHING),
    (_cannot_stand, ASK),
    (_is_refused_for_good, REPLACE),
    (_is_unanswered, CANCEL),
    (_may_be_reversed, WAIT),
    (lambda _bill: True, ASK),
)
