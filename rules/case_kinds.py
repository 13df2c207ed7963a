"""The kinds of case: what a person must settle about Glase money, one entry for each kind.

Everything that treats one kind otherwise than another reads this table: the buttons of a case, what
ends it by itself, the closing of a session, the proof of a payment, the books. Beside the entry a
kind needs its sentence, in ``models/cases/case_words.py``.
"""

from dataclasses import dataclass

from . import reconciliation, state_machine

# What a case is about: a row of the ledger, a payment of an order, a transaction period.
ROW, ORDER_PAYMENT, PERIOD = "glase.transaction", "pos.payment", "glase.period"
# The field of a case that keeps it.
LINKS = {ROW: "transaction_id", ORDER_PAYMENT: "payment_id", PERIOD: "period_id"}

# What a manager may do about a case: the names of the buttons' methods.
SETTLE = "action_settle"
ATTACH = "action_attach"
REFUND = "action_refund"
WRITE_OFF = "action_write_off"
NOT_PAID = "action_not_paid"
OLD_AMOUNT, NEW_AMOUNT = "action_old_amount_taken", "action_new_amount_taken"
WAS_REFUNDED, WAS_NOT_REFUNDED = "action_was_refunded", "action_was_not_refunded"
REPEAT_REFUND = "action_repeat_refund"
MAKE_REFUND_ORDER = "action_make_refund_order"

# What ends a case by itself, beside its actions: the row was proven to be paid, or not to be; what
# Glase took is known; a finished order has the row; the order's payment is proven; it is booked;
# somebody, or Glase, has said what became of the refund.
PAID, UNPAID, AMOUNT_KNOWN = "paid", "unpaid", "amount known"
IN_ORDER, PROVEN, BOOKED, DECIDED = "in order", "proven", "booked", "decided"
# The order has its invoice.
INVOICED = "invoiced"
# A report of Glase has the row; of a period: the ledger knows all of its lines, or other periods'
# reports have all of its rows.
REPORTED, LINES_KNOWN, ROWS_REPORTED = "reported", "lines known", "rows reported"

# How an open case about a row says why a payment of an order is not proven: for each payment of the
# row's line, or only for the one that the row is linked to.
OF_LINE, OF_LINKED = "line", "linked"


@dataclass(frozen=True)
class Kind:
    """One kind of case.

    :ivar tuple about: of which models its subject may be
    :ivar tuple offers: what a manager may do while it is open; what else an action needs (the state
        of the payment, a reason) it asks for itself
    :ivar tuple ends_by: what ends it by itself; an action of ``offers`` that was done ends it, too
    :ivar bool stops_closing: its session is not closed while it is open: the money of the session's
        own orders is in question
    :ivar explains: how it says why an order's payment is not proven, or None if it does not
    :ivar bool awaits_order: it waits for an order, which the till may still send
    :ivar tuple takes_over: of the same subject: an open case of one of these kinds is of the same cause
        and becomes this one, instead of a second case beside it
    :ivar tuple part_of: an open case of one of these kinds has the same cause and hears of it: there
        is no case of this kind beside it
    :ivar without_order: of which kind of row it says that no order has its money, or None
    :ivar lists: of a period: which kind of line it stands for, where the ledger has no row; or None
    :ivar bool left_to_do: the order is paid, and something is left to do that follows a payment: the
        till says it
    :ivar bool names_another: Glase answered with a reference that another record has
    """

    about: tuple = (ROW,)
    offers: tuple = (SETTLE,)
    ends_by: tuple = ()
    stops_closing: bool = False
    explains: str | None = None
    awaits_order: bool = False
    takes_over: tuple = ()
    part_of: tuple = ()
    without_order: str | None = None
    lists: str | None = None
    names_another: bool = False
    left_to_do: bool = False


# Of a case that has no kind (yet), or one that is known no more.
NONE = Kind(offers=())

_WITHOUT_ORDER = (SETTLE, ATTACH, REFUND, WRITE_OFF)
_BOOKED_OTHERWISE = (SETTLE, WRITE_OFF)
# Nobody could say yet what became of the bill.
_NOT_SAID = ("not_answered_for_till", "paid_without_reference")
_DECISIONS = (SETTLE, WAS_REFUNDED, WAS_NOT_REFUNDED, REPEAT_REFUND)

KINDS = {
    "unverified_payment": Kind((ORDER_PAYMENT,), _BOOKED_OTHERWISE, (PROVEN,), stops_closing=True),
    "paid_without_order": Kind(
        (ROW,),
        _WITHOUT_ORDER,
        (IN_ORDER,),
        awaits_order=True,
        takes_over=("paid_late", *_NOT_SAID),
        without_order=state_machine.PAYMENT,
    ),
    "paid_late": Kind(
        (ROW,), _WITHOUT_ORDER, takes_over=("forced_done", "goods_without_money", *_NOT_SAID)
    ),
    "paid_without_reference": Kind(
        offers=(SETTLE, NOT_PAID),
        ends_by=(PAID,),
        takes_over=("not_answered_for_till",),
        part_of=("forced_done",),
    ),
    "reference_twice": Kind((ROW, PERIOD), (SETTLE, NOT_PAID), (PAID,), names_another=True),
    "amount_differs": Kind((ROW,), (SETTLE, ATTACH, WRITE_OFF)),
    # How much was paid is not settled with words: somebody says which amount.
    "amount_unknown": Kind(
        (ROW,), (OLD_AMOUNT, NEW_AMOUNT), (AMOUNT_KNOWN,), stops_closing=True, explains=OF_LINE
    ),
    "changed_after_send": Kind((ROW,), _BOOKED_OTHERWISE, explains=OF_LINKED),
    "forced_done": Kind(
        (ROW,),
        (*_BOOKED_OTHERWISE, NOT_PAID),
        (PAID, UNPAID),
        stops_closing=True,
        explains=OF_LINE,
        takes_over=_NOT_SAID,
    ),
    "goods_without_money": Kind(
        (ROW,),
        _BOOKED_OTHERWISE,
        (PAID,),
        stops_closing=True,
        explains=OF_LINE,
        takes_over=("forced_done", *_NOT_SAID),
    ),
    "unknown_refund": Kind((ROW,), _DECISIONS, (IN_ORDER, DECIDED), explains=OF_LINE),
    "unverified_refund": Kind((ORDER_PAYMENT,), _BOOKED_OTHERWISE, (PROVEN,)),
    "refund_without_order": Kind(
        (ROW,),
        (SETTLE, MAKE_REFUND_ORDER, WRITE_OFF),
        (IN_ORDER,),
        without_order=state_machine.REFUND,
    ),
    "unknown_reference": Kind((PERIOD,), ends_by=(LINES_KNOWN,), lists=reconciliation.UNKNOWN),
    "not_reported": Kind(ends_by=(REPORTED,)),
    "period_lost": Kind((PERIOD,), ends_by=(ROWS_REPORTED,), lists=reconciliation.UNREPORTED),
    "not_booked": Kind((ROW, ORDER_PAYMENT), _BOOKED_OTHERWISE, (BOOKED,)),
    "not_answered_for_till": Kind(
        (ROW,),
        (SETTLE, NOT_PAID),
        (PAID, UNPAID),
        part_of=("forced_done", "paid_without_reference"),
    ),
    "not_invoiced": Kind((ORDER_PAYMENT,), ends_by=(INVOICED,), left_to_do=True),
    "not_finished": Kind((ORDER_PAYMENT,), left_to_do=True),
}


def offering(action):
    """The kinds of case for which a manager may do something.

    :param str action: one of the names above
    :rtype: frozenset
    """
    return frozenset(key for key, kind in KINDS.items() if action in kind.offers)


def ended_by(what):
    """The kinds of case that end by themselves when something has happened.

    :param str what: one of the words above
    :rtype: frozenset
    """
    return frozenset(key for key, kind in KINDS.items() if what in kind.ends_by)


def stopping_a_closing():
    """The kinds of case over which a session is not closed.

    :rtype: frozenset
    """
    return frozenset(key for key, kind in KINDS.items() if kind.stops_closing)


def explaining(how):
    """The kinds of case that say why a payment of an order is not proven.

    :param str how: ``OF_LINE`` or ``OF_LINKED``
    :rtype: frozenset
    """
    return frozenset(key for key, kind in KINDS.items() if kind.explains == how)


def without_order(row_kind):
    """The kind of case that says of a row's money that no order has it.

    :param str row_kind: ``state_machine.PAYMENT`` or ``REFUND``
    :rtype: str
    """
    return next(key for key, kind in KINDS.items() if kind.without_order == row_kind)


def listing(line_kind):
    """The kind of case that stands for a period's lines of a kind that have no row, or None.

    :param str line_kind: as in ``reconciliation``
    """
    return line_kind and next((key for key, kind in KINDS.items() if kind.lists == line_kind), None)


def left_to_do():
    """The kinds of case that say of a paid order what is left to do.

    :rtype: frozenset
    """
    return frozenset(key for key, kind in KINDS.items() if kind.left_to_do)


def naming_another():
    """The kinds of case that say: Glase answered with a reference that another record has.

    :rtype: frozenset
    """
    return frozenset(key for key, kind in KINDS.items() if kind.names_another)
