"""What the rows of a report are: matched with the ledger by reference only, without a database.

One reference may carry a payment and its refunds: they are told apart by their sign. How Glase reports
refunds is not documented; each way that is known is read, and what stays unclear is said to be so
(``doc/ledger.md §15``). The words for each kind stand beside ``glase.period.line``.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal

from . import state_machine

# Nothing to decide: it matches, or it will.
MATCHED, NETTED, AWAITED, LATE = "matched", "netted", "awaited", "late"
OVERLAP, VERIFICATION = "overlap", "verification"
# Of one row: a difference until somebody has accepted it.
UNKNOWN, AMOUNT, CURRENCY, TILL = "unknown", "amount", "currency", "till"
TWICE, UNPAID, UNDECIDABLE = "twice", "unpaid", "undecidable"
MISSING, UNREPORTED, FORCED = "missing", "unreported", "forced"
# Of a report as a whole.
CONTRADICTION, UNLISTED = "contradiction", "unlisted"

DIFFERENCES = (
    UNKNOWN,
    AMOUNT,
    CURRENCY,
    TILL,
    TWICE,
    UNPAID,
    UNDECIDABLE,
    MISSING,
    UNREPORTED,
    FORCED,
    CONTRADICTION,
    UNLISTED,
)
# May become something else once the ledger has learnt more.
REMATCHED = (UNKNOWN, UNPAID, UNDECIDABLE)
# What a report lacks, or says otherwise than the other one, it may have the next time.
LACKING = (AWAITED, MISSING, CONTRADICTION, UNLISTED)


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

    @property
    def signed_amount(self):
        """What stands beside a report's amount, refunds below zero; 0 in another currency."""
        if not self.same_currency:
            return Decimal(0)
        return -self.amount if self.kind == state_machine.REFUND else self.amount


@dataclass(frozen=True)
class Match:
    """What a line is: its ``kind``; ``entries`` are reported by it."""

    line: Line
    kind: str
    entry: Entry | None = None
    entries: tuple = ()

    def counted(self):
        """The entries whose amounts stand beside the line's."""
        return (self.entry,) if self.kind == OVERLAP else self.entries

    def known_amount(self):
        """What we know of that stands beside the line's amount: a Decimal, refunds below zero."""
        if self.kind == VERIFICATION:
            # Known to the last cent: it makes no difference between Glase's sum and ours.
            return self.line.amount
        return sum((entry.signed_amount for entry in self.counted()), Decimal(0))


def match(lines, entries):
    """Match a report with the ledger.

    :param lines: rows of the report
    :param entries: rows of the ledger with one of their references
    :rtype: list[Match]
    """
    payments, refunds = _by_reference(entries)
    left = Counter(line.reference for line in lines if line.amount < 0)
    taken, found = set(), []
    for line in sorted(lines, key=lambda line: _turn(line, payments, refunds)):
        reference = line.reference
        case = _Case(line, payments[reference], refunds[reference], taken, left[reference] == 1)
        matched = _first(REFUND_RULES if line.amount < 0 else PAYMENT_RULES, case)
        if line.amount < 0:
            left[reference] -= bool(matched.entries)
        taken.update(entry.id for entry in matched.counted())
        found.append(matched)
    return found


def name_verified(matches, done):
    """Name the lines that a verification of the integration is known to have caused, each once.

    What it paid and gave back is in no ledger (``doc/protocol.md §6``).

    :param matches: what :func:`match` returned
    :param set done: pairs of a reference and a Decimal, below zero for a refund, 0 for a payment that
        is reported less its refund
    :rtype: list[Match]
    """
    left, named = set(done), []
    for one in matches:
        key = one.line.reference, one.line.amount
        if one.kind == UNKNOWN and key in left:
            left.remove(key)
            one = replace(one, kind=VERIFICATION, entry=None)
        named.append(one)
    return named


def contradict(details, summary, is_same):
    """Whether two reports of one period cannot both be right.

    A summary may count refunds or not: how Glase does is not documented (``doc/protocol.md §4.14``).

    :param details: the report with a row for each payment: ``rows``, ``count`` and ``total``
    :param summary: the report with their sum
    :param is_same: says of two sums whether they are the same in the period's currency
    """
    returns = sum(row.amount < 0 for row in details.rows)
    counted = details.count - returns <= summary.count <= details.count
    return not counted or not is_same(summary.total, details.total)


def _by_reference(entries):
    """Payments by their reference; refunds by their own and by that of their payment."""
    payments, refunds = defaultdict(list), defaultdict(list)
    for entry in entries:
        if entry.kind == state_machine.PAYMENT:
            payments[entry.reference].append(entry)
            continue
        for reference in {entry.reference, entry.original} - {None}:
            refunds[reference].append(entry)
    return payments, refunds


def _turn(line, payments, refunds):
    """Payments first: a netted one takes its refunds with it. Then those that fit first.

    What a line is must not hang on the order of a report's rows.
    """
    known = refunds[line.reference] if line.amount < 0 else payments[line.reference]
    equal = [entry for entry in known if entry.amount == abs(line.amount)]
    own = any(entry.reference == line.reference for entry in equal)
    fits = not own, not equal
    return line.amount < 0, *fits, line.amount, line.reference, line.terminal or ""


# === What one line is: the first rule that has an answer ===


@dataclass(frozen=True)
class _Case:
    """A line, and the rows of the ledger under its reference.

    ``taken`` are the ids of those that lines before it were about; ``alone`` is whether no other row of a
    refund under this reference is left.
    """

    line: Line
    payments: list
    refunds: list
    taken: Collection
    alone: bool

    @property
    def payment(self):
        """The payment of this reference; asked once it is known that there is one."""
        return self.payments[0]

    @property
    def in_time(self):
        """The refunds that may be rows of this report."""
        return [entry for entry in self.refunds if entry.in_time]

    def is_before(self, entry):
        """Whether a report has had an entry before, or this one has it already."""
        return entry.reported or entry.id in self.taken

    def open(self, refunds):
        """Refunds that were made and that no report has had."""
        made = (entry for entry in refunds if entry.state == state_machine.REFUNDED)
        return [entry for entry in made if not self.is_before(entry)]

    def again(self, entry):
        """What a line is whose entry was reported before: in the other way that is expected, once."""
        once = entry.overlap and entry.id not in self.taken
        return OVERLAP if once and abs(self.line.amount) == entry.amount else TWICE


def _first(rules, case):
    return next(found for rule in rules if (found := rule(case)))


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


def _not_one_payment(case):
    if len(case.payments) != 1:
        return Match(case.line, UNDECIDABLE if case.payments else UNKNOWN)
    return None


def _payment_before(case):
    if case.is_before(case.payment):
        return Match(case.line, case.again(case.payment), case.payment)
    return None


def _payment_not_paid(case):
    if case.payment.state != state_machine.PAID:
        return Match(case.line, UNPAID, case.payment)
    return None


def _payment_fits(case):
    line, payment = case.line, case.payment
    if not payment.here or not payment.same_currency or line.amount == payment.amount:
        return _fitting(line, payment)
    return None


def _payment_netted(case):
    """Glase may report a payment less its refunds."""
    line, payment = case.line, case.payment
    made = case.open(case.refunds)
    # A report is made after its mark: it may be less what was given back until then.
    for some in ([entry for entry in made if entry.in_time], made):
        if some and line.amount == payment.amount - sum(entry.amount for entry in some):
            return Match(line, NETTED, payment, (payment, *some))
    return None


def _payment_less_undecided(case):
    undecided = _undecided(case.refunds)
    if undecided and case.line.amount < case.payment.amount:
        return Match(case.line, UNDECIDABLE, undecided[0])
    return None


def _payment_of_another_amount(case):
    return Match(case.line, AMOUNT, case.payment, (case.payment,))


PAYMENT_RULES = (
    _not_one_payment,
    _payment_before,
    _payment_not_paid,
    _payment_fits,
    _payment_netted,
    _payment_less_undecided,
    _payment_of_another_amount,
)


def _refund_fits(case):
    # Of several equal refunds under one reference it does not matter which is which.
    for entry in case.open(case.in_time):
        if entry.amount == -case.line.amount:
            return _fitting(case.line, entry)
    return None


def _refund_undecided(case):
    undecided = _undecided(case.in_time)
    return Match(case.line, UNDECIDABLE, undecided[0]) if undecided else None


def _refund_of_another_amount(case):
    """One refund that does not fit is meant if there is one line for it, and no other refund."""
    made = case.open(case.in_time)
    if not made:
        return None
    if len(made) > 1 or not case.alone:
        return Match(case.line, UNDECIDABLE)
    return Match(case.line, AMOUNT, made[0], (made[0],))


def _refund_before(case):
    before = [entry for entry in case.in_time if case.is_before(entry)]
    if not before:
        return None
    # One that is expected to come twice first.
    entry = min(before, key=lambda entry: case.again(entry) != OVERLAP)
    return Match(case.line, case.again(entry), entry)


def _refund_unknown(case):
    return Match(case.line, UNKNOWN, case.payment if len(case.payments) == 1 else None)


REFUND_RULES = (
    _refund_fits,
    _refund_undecided,
    _refund_of_another_amount,
    _refund_before,
    _refund_unknown,
)
