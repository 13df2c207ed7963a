"""All short histories of payments: each order of requests, answers, losses, crashes, clock steps and second devices.

One till, one sticker, and up to two attempts at one bill. Odoo's side of each step asks the rules of
``pos_glase.rules`` and nothing else; Glase's side is written here, from ``doc/protocol.md``. Histories are
explored breadth first: what was reached before is not gone through again, so that the first history that
breaks a rule is a shortest one.
"""

import time
from collections import deque
from datetime import datetime, timedelta
from typing import NamedTuple

from pos_glase.rules import settlement, state_machine
from pos_glase.rules.state_machine import Evidence

# A clock step is so many seconds; what is older than the oldest that counts is as old as that.
STEP = 15
OLDEST = 5
NOW = datetime(2026, 1, 1)
# A first bill, and what comes after it: another try, or the server's own bill in its place.
ATTEMPTS = 2
UNPAID = frozenset(
    {
        state_machine.CANCELED,
        state_machine.FAILED,
        state_machine.EXPIRED,
        state_machine.REVERSED,
    }
)
SEND, ASK, CANCEL = "sendInvoice", "getPaymentStatus", "cancelInvoice"
# What Glase knows of a bill. An unfetched payment is reversed after 20 seconds, so after two steps.
OPEN, PAYING, UNFETCHED, STANDS = "open", "paying", "paid, unfetched", "stands"
BILL_CANCELED, BILL_REVERSED = "canceled", "reversed"
REVERSED_AFTER = 2


class Bill(NamedTuple):
    """One bill at Glase."""

    status: str = OPEN
    version: int = 1
    since: int = 0


class Call(NamedTuple):
    """A call under way: on its way to Glase, or (``answer``) on its way back."""

    operation: str
    answer: Evidence | None = None
    by_server: bool = False


class Canceling(NamedTuple):
    """What is known of the cancels of a bill: the answer that counts, how old it is, the last refusal."""

    code: int | None = None
    age: int = 0
    refusal: int = 0
    tries: int = 0
    released: bool = False


class Attempt(NamedTuple):
    """One row of the ledger as the rules see it, the calls under way for it, and its bill at Glase."""

    row: state_machine.Row = state_machine.Row()
    ers_reference: bool = False
    age: int = 0
    sent: int = 0
    given_up: bool = False
    canceling: Canceling = Canceling()
    replaces: bool = False
    calls: tuple = ()
    bill: Bill | None = None


class Step(NamedTuple):
    """One step of a history.

    ``evidence`` is what was heard in it, if anything was.
    """

    words: str
    world: tuple
    number: int = 0
    evidence: Evidence | None = None


# === Odoo's side ===


def _requested(attempt, request):
    """The attempt after a request that is on the map; None if it is not."""
    state = state_machine.REQUESTS[request].get(attempt.row.state)
    return state and attempt._replace(row=_changed(attempt.row, state=state))


def _changed(row, **values):
    return state_machine.Row(
        **{name: values.get(name, getattr(row, name)) for name in row.__dataclass_fields__}
    )


def _claims(world, number):
    """Somebody presses *Send*, or a request for the same press is repeated, here or elsewhere."""
    attempt = world[number]
    claimed = _requested(attempt, "claim")
    if claimed and attempt.sent < 2:
        claimed = claimed._replace(
            age=0, sent=attempt.sent + 1, calls=_with(attempt.calls, Call(SEND))
        )
        yield Step("claimed, the bill is sent", _put(world, number, claimed), number)


def _new_attempt(world):
    """The cashier tries again: only if no earlier row can carry money (``doc/ledger.md §1``)."""
    rows = [attempt.row for attempt in world]
    dead = UNPAID | {state_machine.UNKNOWN}
    if len(world) < ATTEMPTS and all(row.state in dead for row in rows):
        yield Step("a new attempt is made", (*world, Attempt()), len(world))


def _asks(world, number):
    attempt = world[number]
    busy = sum(call.operation != SEND for call in attempt.calls)
    if attempt.row.state != state_machine.ISSUED or attempt.given_up or busy > 1:
        return
    for operation, words in ((ASK, "a device asks"), (CANCEL, "the cashier cancels")):
        calls = _with(attempt.calls, Call(operation))
        yield Step(words, _put(world, number, attempt._replace(calls=calls)), number)


def _is_left(world, number):
    """The till falls silent or leaves the bill open, or its cashier checks again."""
    attempt = world[number]
    open_states = (state_machine.SENDING, state_machine.ISSUED, state_machine.UNKNOWN)
    if attempt.row.state in open_states and not attempt.replaces:
        words = "the cashier checks again" if attempt.given_up else "nobody waits for it any more"
        left = attempt._replace(given_up=not attempt.given_up, canceling=Canceling())
        yield Step(words, _put(world, number, left), number)


def _is_settled(world, number):
    """The job that works what was left to an end does its next step (``doc/ledger.md §5``)."""
    attempt = world[number]
    if not attempt.given_up or any(call.by_server for call in attempt.calls):
        return
    action = settlement.next_step(_as_settled(world, number))
    if action == settlement.REPLACE and len(world) < ATTEMPTS:
        own = Attempt(given_up=True, replaces=True)
        yield Step("the server makes a bill of its own in its place", (*world, own), len(world))
    called = {settlement.ASK: ASK, settlement.CANCEL: CANCEL}.get(action)
    if called:
        tries = attempt.canceling.tries + (called == CANCEL)
        canceling = attempt.canceling._replace(tries=min(tries, state_machine.REFUSED_CANCELS))
        calls = _with(attempt.calls, Call(called, by_server=True))
        called_for = attempt._replace(canceling=canceling, calls=calls)
        yield Step(f"the server's job: {action}", _put(world, number, called_for), number)


def _as_settled(world, number):
    """A bill as the settlement sees it; it was given up before anything of ``canceling`` was heard."""
    attempt, known = world[number], world[number].canceling
    heard_at = None if known.code is None else NOW - timedelta(seconds=known.age * STEP)
    waited = state_machine.REVERSAL_WAIT.total_seconds()
    later = [other for other in world[number + 1 :] if other.row.invoice_reference]
    return settlement.Bill(
        state=attempt.row.state,
        now=NOW,
        given_up_at=NOW - timedelta(days=1),
        cancel_answered_at=heard_at,
        cancel_code=known.code or 0,
        cancel_refusal=known.refusal,
        cancel_tries=known.tries,
        released=known.released,
        replaces_lost=attempt.replaces,
        is_replaced=any(other.age * STEP > waited for other in later),
    )


def _ages(world, number):
    """What becomes of a row by its age alone (``doc/ledger.md §3``)."""
    attempt = world[number]
    seconds = attempt.age * STEP
    later = any(other.row.invoice_reference for other in world[number + 1 :])
    aging = {
        state_machine.DRAFT: ("never_sent", state_machine.MAX_DRAFT_AGE, True),
        state_machine.SENDING: ("lost", state_machine.MAX_SENDING_AGE, True),
        state_machine.UNKNOWN: ("superseded", state_machine.MAX_SENDING_AGE, later),
    }
    request, limit, possible = aging.get(attempt.row.state, (None, None, False))
    if possible and seconds > limit.total_seconds():
        yield Step(f"by age: {request}", _put(world, number, _requested(attempt, request)), number)


def _hears(world, number, call, evidence, words):
    """An answer, or that there will be none, comes: judged and stored."""
    attempt = world[number]
    verdict = state_machine.judge(attempt.row, evidence)
    known = {name: verdict.values[name] for name in _KEPT if name in verdict.values}
    row = _changed(attempt.row, state=verdict.state, **known)
    heard = attempt._replace(
        row=row,
        canceling=_canceling_after(attempt.canceling, call, verdict),
        ers_reference=bool(verdict.values.get("ers_reference", attempt.ers_reference)),
        calls=_without(attempt.calls, call),
    )
    return Step(words, _put(world, number, heard), number, evidence)


def _canceling_after(known, call, verdict):
    if "cancel_code" in verdict.values:
        return known._replace(code=verdict.values["cancel_code"], age=0, released=True)
    if verdict.values.get("cancel_refusal"):
        return known._replace(refusal=verdict.values["cancel_refusal"], released=True)
    if call.by_server and call.operation == ASK:
        # It was asked in vain: the bill is canceled again.
        return known._replace(code=None, age=0)
    return known


_KEPT = ("invoice_version", "invoice_reference", "said_paid")


# === Glase's side, and what is between ===


def _travels(world, number):
    """Each call under way: it arrives, is answered, or is lost on either way."""
    attempt = world[number]
    for call in dict.fromkeys(attempt.calls):
        name = call.operation
        if call.answer:
            words = f"the answer to {name} comes: {_say(call.answer)}"
            yield _hears(world, number, call, call.answer, words)
        else:
            never = Evidence(name, state_machine.NEVER_SENT)
            yield _hears(world, number, call, never, f"{name} never left")
            for after, answer, words in _AT_GLASE[name](world, number):
                calls = _with(_without(attempt.calls, call), call._replace(answer=answer))
                arrived = _put(after, number, after[number]._replace(calls=calls))
                yield Step(words, arrived, number)
        lost = Evidence(name, state_machine.NO_ANSWER)
        yield _hears(world, number, call, lost, f"{name} is lost: no answer")
    if attempt.calls:
        yield Step("the server stops", _put(world, number, attempt._replace(calls=())), number)


def _say(evidence):
    status = f", {evidence.status}" if evidence.status else ""
    return f"code {evidence.code}{status}"


def _glase_takes_bill(world, number):
    """A bill takes the sticker: the one before it is off it."""
    off = {OPEN: BILL_CANCELED, PAYING: BILL_CANCELED, UNFETCHED: BILL_REVERSED}
    for other, attempt in enumerate(world):
        bill = attempt.bill
        if bill and bill.status in off:
            world = _put(world, other, attempt._replace(bill=_moved(bill, off[bill.status])))
    world = _put(world, number, world[number]._replace(bill=Bill()))
    taken = Evidence(SEND, code=0, invoice_reference=f"bill {number}")
    yield world, taken, "Glase takes the bill"
    yield world, Evidence(SEND, code=90), "Glase takes the bill, and says 90"


def _glase_hears_send(world, number):
    yield from _glase_takes_bill(world, number)
    yield world, Evidence(SEND, code=49), "Glase refuses the bill"


_STATUS = {
    OPEN: "ISSUED",
    PAYING: "RESERVED",
    UNFETCHED: "PAID",
    STANDS: "PAID",
    BILL_CANCELED: "CANCELED",
    BILL_REVERSED: "CANCELED",
}


def _glase_is_asked(world, number):
    bill = world[number].bill
    paid = bill.status in (UNFETCHED, STANDS)
    status = Evidence(
        ASK,
        code=0,
        status=_STATUS[bill.status],
        version=bill.version,
        ers_reference=f"payment {number}" if paid else None,
    )
    # Fetching PAID is what makes it stand.
    fetched = bill._replace(status=STANDS) if paid else bill
    after = _put(world, number, world[number]._replace(bill=fetched))
    yield after, status, f"Glase is asked: {status.status}"
    if paid:
        bare = Evidence(ASK, code=0, status="PAID", version=bill.version)
        yield world, bare, "Glase says PAID without a reference"
    yield world, Evidence(ASK, code=29), "Glase is asked, and does not know the till"


def _glase_is_told_to_cancel(world, number):
    bill = world[number].bill
    codes = {OPEN: 0, PAYING: 51, UNFETCHED: 50, STANDS: 50, BILL_CANCELED: 95, BILL_REVERSED: 95}
    after = _moved(bill, BILL_CANCELED) if bill.status == OPEN else bill
    answer = Evidence(CANCEL, code=codes[bill.status])
    world = _put(world, number, world[number]._replace(bill=after))
    yield world, answer, f"Glase is told to cancel: {answer.code}"


_AT_GLASE = {SEND: _glase_hears_send, ASK: _glase_is_asked, CANCEL: _glase_is_told_to_cancel}


def _customer(world, number):
    attempt = world[number]
    ways = {OPEN: ((PAYING, "begins to pay"),), PAYING: ((UNFETCHED, "pays"), (OPEN, "declines"))}
    for status, words in ways.get(attempt.bill and attempt.bill.status, ()):
        bill = _moved(attempt.bill, status)
        yield Step(
            f"the customer {words}", _put(world, number, attempt._replace(bill=bill)), number
        )


def _moved(bill, status):
    return Bill(status, bill.version + 1, 0)


def _clock(world):
    yield Step(f"{STEP} seconds pass", tuple(_older(attempt) for attempt in world))


def _older(attempt):
    bill = attempt.bill
    if bill and bill.status == UNFETCHED:
        bill = bill._replace(since=bill.since + 1)
        bill = _moved(bill, BILL_REVERSED) if bill.since >= REVERSED_AFTER else bill
    known = attempt.canceling
    known = known._replace(age=min(known.age + 1, OLDEST) if known.code is not None else 0)
    return attempt._replace(age=min(attempt.age + 1, OLDEST), canceling=known, bill=bill)


def _put(world, number, attempt):
    return (*world[:number], attempt, *world[number + 1 :])


def _with(calls, call):
    return tuple(sorted((*calls, call), key=repr))


def _without(calls, call):
    index = calls.index(call)
    return calls[:index] + calls[index + 1 :]


def steps(world):
    """All that may happen next.

    :param tuple world: the attempts
    :return: iterator of :class:`Step`
    """
    for number in range(len(world)):
        for ways in (_claims, _asks, _is_left, _is_settled, _ages, _travels, _customer):
            yield from ways(world, number)
    yield from _new_attempt(world)
    yield from _clock(world)


# === The rules, as they are broken ===


def _once(_before, step):
    return step.world[step.number].sent > 1


def _proof_of_paid(_before, step):
    paid = [each for each in step.world if each.row.state == state_machine.PAID]
    return any(not each.ers_reference or each.bill.status != STANDS for each in paid)


def _money_lost(_before, step):
    standing = [each for each in step.world if each.bill and each.bill.status == STANDS]
    return any(each.row.state in UNPAID and not each.calls for each in standing)


def _paid_twice(_before, step):
    return sum(bool(each.bill and each.bill.status == STANDS) for each in step.world) > 1


def _cancel_ends(before, step):
    heard = step.evidence and step.evidence.operation == CANCEL
    return heard and before[step.number].row.state != step.world[step.number].row.state


def _not_reversed(before, step):
    if not step.evidence or not before[step.number].row.said_paid:
        return False
    ended = {state_machine.CANCELED, state_machine.EXPIRED}
    old, new = before[step.number].row.state, step.world[step.number].row.state
    return old not in ended and new in ended


def _paid_is_refused(_before, step):
    heard = step.evidence
    proven = heard and heard.status == "PAID" and heard.ers_reference
    return proven and step.world[step.number].row.state != state_machine.PAID


def _weaker_evidence(before, step):
    if step.evidence is None:
        return False
    old, new = before[step.number].row, step.world[step.number].row
    left_paid = old.state == state_machine.PAID != new.state
    return left_paid or new.invoice_version < old.invoice_version


def _failed_without_proof(_before, step):
    row = step.world[step.number].row
    return row.state == state_machine.FAILED and step.world[step.number].bill is not None


def _fetched_for_nobody(before, step):
    """The server's own question made a payment stand that Glase would have given back."""
    asking = Call(ASK, by_server=True)
    return any(
        old.bill
        and (old.bill.status, new.bill.status) == (UNFETCHED, STANDS)
        and asking in old.calls
        and asking not in new.calls
        for old, new in zip(before, step.world, strict=False)
    )


def _off_the_map(before, step):
    """A row that was lost is not brought back by a late answer: another may have the sticker."""
    if step.number >= len(before):
        return False
    old, new = before[step.number].row.state, step.world[step.number].row.state
    return old == state_machine.UNKNOWN and new == state_machine.ISSUED


RULES = {
    "once: no bill is sent twice for one attempt": _once,
    "paid only with proof: PAID and its reference, which stands at Glase": _proof_of_paid,
    "no money is lost: what stands at Glase is not called unpaid": _money_lost,
    "a customer pays once, however often it is tried": _paid_twice,
    "a cancel's answer ends nothing: only a status does": _cancel_ends,
    "unpaid after Glase had said already paid is reversed": _not_reversed,
    "evidence is never refused: PAID moves any state to paid": _paid_is_refused,
    "weaker or older evidence changes nothing": _weaker_evidence,
    "failed needs proof": _failed_without_proof,
    "a lost bill stays lost": _off_the_map,
    "asking is taking: what nobody waits for is not fetched": _fetched_for_nobody,
}


class Exploration(NamedTuple):
    """What came of it.

    ``depth``: all histories of so many steps were gone through; ``broken``: the name of the rule that
    does not hold, and ``history`` the words of a shortest history that shows it; else None and empty.
    """

    worlds: int
    steps: int
    depth: int
    broken: str | None = None
    history: tuple = ()


def explore(depth, *, rules=None, after=(), seconds=None):
    """Go through all histories of so many steps.

    :param int depth: the longest history
    :param dict rules: functions of the world before and a step that say whether it is broken
    :param tuple after: the words of the steps with which all of them begin
    :param seconds: end when they are over, with what was gone through by then
    :rtype: Exploration
    """
    rules = RULES if rules is None else rules
    start = follow(after)
    ends_at = seconds and time.monotonic() + seconds
    came_from = {start: None}
    waiting = deque([(start, 0)])
    count, length = 0, 0
    while waiting:
        world, length = waiting.popleft()
        if length == depth or ends_at and time.monotonic() > ends_at:
            break
        for step in steps(world):
            count += 1
            broken = next((name for name, rule in rules.items() if rule(world, step)), None)
            if broken:
                history = (*after, *_history(came_from, world), step.words)
                return Exploration(len(came_from), count, length, broken, history)
            if step.world not in came_from:
                came_from[step.world] = (world, step.words)
                waiting.append((step.world, length + 1))
    return Exploration(len(came_from), count, length)


def follow(words):
    """The world at the end of a history.

    :param words: the words of its steps
    """
    world = (Attempt(),)
    for each in words:
        world = next(step.world for step in steps(world) if step.words == each)
    return world


def _history(came_from, world):
    words = []
    while came_from[world]:
        world, step = came_from[world]
        words.append(step)
    return reversed(words)
