"""Matching the rows of a report with the ledger: by reference only, without a database.

One reference may carry a payment and its refunds: they are told apart by their sign. How Glase reports
refunds is not documented; each way that is known is read, and what stays unclear is said to be so
(``doc/ledger.md §15``).
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal

from ...rules import state_machine
from .glase_period_line import (
    AMOUNT,
    CURRENCY,
    MATCHED,
    NETTED,
    OVERLAP,
    TILL,
    TWICE,
    UNDECIDABLE,
    UNKNOWN,
    UNPAID,
)


@dataclass(frozen=True)
class Line:
    """A row of a report: ``amount`` is a Decimal in major units, negative for a refund.

    ``terminal``: Glase's name of the till that the report says, or None.
    """

    id: int
    reference: str
    amount: Decimal
    terminal: str | None = None


@dataclass(frozen=True)
class Entry:
    """A row of the ledger: ``amount`` is what was taken or given back, above zero.

    ``original`` is the reference of the payment that a refund gives back; ``here`` is whether the period
    covers it; ``in_time`` whether it was sent before the period's mark was answered: what came later
    is no row of its report; ``reported`` whether a report has had it before, and ``overlap`` whether
    that was one of the other way (a till's for a shop's, or a shop's for a till's).
    """

    id: int
    kind: str
    state: str
    reference: str | None
    original: str | None
    amount: Decimal
    terminal: str | None = None
    here: bool = True
    in_time: bool = True
    same_currency: bool = True
    reported: bool = False
    overlap: bool = False


@dataclass(frozen=True)
class Match:
    """What a line is: ``kind`` of ``glase_period_line``; ``entries`` are reported by it."""

    line: Line
    kind: str
    entry: Entry | None = None
    entries: tuple = ()

    def counted(self):
        """The entries whose amounts stand beside the line's."""
        return (self.entry,) if self.kind == OVERLAP else self.entries


def match(lines, entries):
    """Match a report with the ledger.

    :param lines: rows of the report
    :param entries: rows of the ledger with one of their references
    :rtype: list[Match]
    """
    payments, refunds = defaultdict(list), defaultdict(list)
    for entry in entries:
        if entry.kind == state_machine.PAYMENT:
            payments[entry.reference].append(entry)
        else:
            for reference in {entry.reference, entry.original} - {None}:
                refunds[reference].append(entry)

    def turn(line):
        # Payments first: a netted one takes its refunds with it. Then those that fit first: what a
        # line is must not hang on the order of a report's rows.
        known = refunds[line.reference] if line.amount < 0 else payments[line.reference]
        equal = [entry for entry in known if entry.amount == abs(line.amount)]
        own = any(entry.reference == line.reference for entry in equal)
        return line.amount < 0, not own, not equal

    left = Counter(line.reference for line in lines if line.amount < 0)
    taken = set()
    found = []
    for line in sorted(lines, key=turn):
        known = payments[line.reference], refunds[line.reference]
        if line.amount < 0:
            matched = _match_refund(line, *known, taken, left[line.reference] == 1)
            left[line.reference] -= bool(matched.entries)
        else:
            matched = _match_payment(line, *known, taken)
        taken.update(entry.id for entry in matched.counted())
        found.append(matched)
    return found


def _match_payment(line, payments, refunds, taken):
    if not payments:
        return Match(line, UNKNOWN)
    if len(payments) > 1:
        return Match(line, UNDECIDABLE)
    payment = payments[0]
    if payment.id in taken or payment.reported:
        return Match(line, _again(line, payment, taken), payment)
    if payment.state != state_machine.PAID:
        return Match(line, UNPAID, payment)
    if not payment.here or not payment.same_currency or line.amount == payment.amount:
        return _fitting(line, payment)
    if line.amount < payment.amount:
        made = [entry for entry in refunds if _is_open(entry, taken)]
        # A report is made after its mark: it may be less what was given back until then.
        for some in ([entry for entry in made if entry.in_time], made):
            if some and line.amount == payment.amount - sum(entry.amount for entry in some):
                return Match(line, NETTED, payment, (payment, *some))
        undecided = _undecided(refunds)
        if undecided:
            return Match(line, UNDECIDABLE, undecided[0])
    return Match(line, AMOUNT, payment, (payment,))


def _match_refund(line, payments, refunds, taken, alone):
    """:param bool alone: whether no other row of a refund under this reference is left"""
    refunds = [entry for entry in refunds if entry.in_time]
    made = [entry for entry in refunds if _is_open(entry, taken)]
    equal = [entry for entry in made if entry.amount == -line.amount]
    if equal:
        # Of several equal refunds under one reference it does not matter which is which.
        return _fitting(line, equal[0])
    undecided = _undecided(refunds)
    if undecided or len(made) > 1 or (made and not alone):
        return Match(line, UNDECIDABLE, undecided[0] if undecided else None)
    if made:
        return Match(line, AMOUNT, made[0], (made[0],))
    before = [entry for entry in refunds if entry.reported or entry.id in taken]
    if before:
        equal = [entry for entry in before if _again(line, entry, taken) == OVERLAP]
        entry = (equal or before)[0]
        return Match(line, _again(line, entry, taken), entry)
    return Match(line, UNKNOWN, payments[0] if len(payments) == 1 else None)


def _undecided(refunds):
    """Refunds of which nobody knows whether they were made: one is decided after the other."""
    return [entry for entry in refunds if entry.state == state_machine.UNKNOWN]


def _fitting(line, entry):
    """An entry that the line is about by reference and amount: does the rest fit?"""
    if not entry.here:
        return Match(line, TILL, entry)
    if not entry.same_currency:
        return Match(line, CURRENCY, entry, (entry,))
    apart = line.terminal and entry.terminal and line.terminal != entry.terminal
    return Match(line, TILL if apart else MATCHED, entry, (entry,))


def _again(line, entry, taken):
    """An entry that a report has had before: in the other way that is to be expected, once."""
    once = entry.overlap and entry.id not in taken and abs(line.amount) == entry.amount
    return OVERLAP if once else TWICE


def _is_open(entry, taken):
    return entry.state == state_machine.REFUNDED and not entry.reported and entry.id not in taken
