"""How some runs begin: with steps that random ones would put together once in hundreds of runs.

Each so many runs one begins with a server that dies: each moment of each request has its turn. And one with
two requests at one time that did something wrong once (:data:`ways.FOUND`).
"""

from table import KILLS

# Each so many runs one begins with the next of these: (what the server was doing, at which moment).
EACH = 4
CRASHES = (
    *((step, moment) for step, moments in KILLS.items() for moment in moments),
    # Their steps have one name: each of them is meant.
    *((step, number) for step in ("books", "session") for number in range(2, 9)),
)

SELL = {"do": "sell", "order": "A", "till": 0, "amount": 20}
SEND = {"do": "send", "order": "A"}
SENT = (SELL, SEND)
LEAVE = {"do": "leave", "order": "A"}
PAID = (*SENT, {"do": "customer", "till": 0, "act": "pay"}, {"do": "poll", "order": "A"})
SOLD = (*PAID, {"do": "finish", "order": "A", "how": "once"})
CLOSE = {"do": "session", "till": 0}
CLOSE_OVER = {**CLOSE, "drafts": True, "override": True}
BOOKS = {"do": "books"}
LOST_POLL = {"do": "fault", "operation": "getPaymentStatus", "kind": "drop-after"}
LOST_SEND = {"do": "fault", "operation": "sendInvoice", "kind": "drop-after"}
REFUND = {"do": "refund", "order": "A", "as": "A-1", "till": 0, "amount": 20}

# Money in the books that changes afterwards: it gets an order, or it comes to be known late.
SUSPENSE = (
    (*PAID, CLOSE_OVER, BOOKS, {**SELL, "order": "B"}, {"do": "attach", "pick": 0}),
    (*PAID[:-1], LOST_POLL, PAID[-1], CLOSE_OVER, BOOKS, {"do": "job"}),
)

# A mark that Glase has made, and nobody hears of it; how the answer is lost is drawn.
LOST_MARK = (
    *SOLD,
    {"do": "fault", "operation": "markTransactionPeriod"},
    CLOSE,
    {"do": "periods"},
    {"do": "clock", "seconds": 61},
    {"do": "periods"},
)
LOST_AFTER = ("drop-after", "timeout-after")

# An answer that names what an earlier one has named: a payment, a bill, a refund.
SECOND = {**SELL, "order": "B"}
ANOTHER = tuple(
    (*before, {"do": "fault", "operation": operation, "kind": "another"}, *after)
    for before, operation, after in (
        (
            (*SOLD, SECOND, {**SEND, "order": "B"}),
            "getPaymentStatus",
            ({"do": "customer", "till": 0, "act": "pay"}, {"do": "poll", "order": "B"}),
        ),
        ((*SOLD, SECOND), "sendInvoice", ({**SEND, "order": "B"},)),
        (
            (*SOLD, {**REFUND, "amount": 5}, {"do": "send", "order": "A-1"}),
            "refundPayment",
            ({**REFUND, "as": "A-2", "amount": 5}, {"do": "send", "order": "A-2"}),
        ),
    )
)

FINISH = {"do": "finish", "order": "A", "how": "once"}
REVERSE = {"do": "reverse", "order": "A", "press": 1}
DELETE = {"do": "edit", "order": "A", "what": "draft"}
UNLINK = {"do": "edit", "order": "A", "what": "unlink"}
POLL = {"do": "poll", "order": "A"}
FORGE = {"do": "finish", "order": "A", "how": "forged"}
OFFICE_REFUND = {"do": "office_refund", "order": "A", "amount": 0}

# An order that is finished while nobody knows whether its payment was given back.
REVERSALS = ((*PAID, {**REVERSE, "kill": "after refundPayment"}, FINISH),)

# Two at the same time who both end one payment: (what came before, the first, the second).
OVERLAPS = (
    ((SELL,), SEND, DELETE),
    ((SELL,), {**DELETE, "early": True}, SEND),
    ((SELL,), SEND, {**UNLINK, "early": True}),
    ((SELL,), {**UNLINK, "early": True}, SEND),
    (PAID, FINISH, REVERSE),
    (PAID, REVERSE, FINISH),
    (PAID, FINISH, DELETE),
    (PAID, DELETE, FINISH),
    (PAID, REVERSE, DELETE),
    (PAID, DELETE, REVERSE),
    ((*PAID[:-1],), FORGE, POLL),
    ((*PAID[:-1],), POLL, FORGE),
    (SOLD, OFFICE_REFUND, UNLINK),
    (SOLD, UNLINK, OFFICE_REFUND),
    (SOLD, OFFICE_REFUND, {**OFFICE_REFUND, "amount": 1}),
)


# A till that waits and asks each second: one of its servers dies between what is written, or its answer
# is lost, and the customer pays.
SECOND_LATER = ({"do": "clock", "seconds": 1}, POLL)
PAYS = {"do": "customer", "till": 0, "act": "pay"}
TROUBLED = tuple(
    (*SENT, *SECOND_LATER * before, *trouble, *SECOND_LATER * after, PAYS, *SECOND_LATER * 2)
    for before, after in ((3, 4), (7, 1))
    for trouble in (
        ({**POLL, "kill": "before getPaymentStatus"},),
        ({**POLL, "kill": "after getPaymentStatus"},),
        ({**POLL, "kill": "after a step of the ledger"},),
        (LOST_POLL, POLL),
        ({**POLL, "meanwhile": ["getPaymentStatus", "after", POLL]},),
    )
)
# The customer takes his time, and nothing happens but that the till asks: it is no silent one.
PATIENT = (*SENT, *({"do": "clock", "seconds": 10}, POLL) * 9, {"do": "job"}, PAYS, POLL)
WAITING = (*TROUBLED, *[PATIENT] * 4)


def crash_of(seed):
    """The crash with which a run begins: a member of :data:`CRASHES`, or None."""
    turn, others = divmod(seed, EACH)
    return None if others else CRASHES[turn % len(CRASHES)]


def steps_to(step, moment):
    """The steps of a run up to one whose server dies.

    :param str step: the kind of the last of them
    :param moment: when its server dies, see :class:`world.world.Active`
    :rtype: list[dict]
    """
    before, last = _ways(str(moment))[step]
    return [*map(dict, before), {"do": step, **last, "kill": moment}]


def _ways(moment):
    """For each kind of step: the steps before it, and its own values."""
    of_order, of_till = {"order": "A"}, {"till": 0}
    ways = {
        "send": ((SELL,), of_order),
        "poll": (PAID[:-1], of_order),
        "cancel": (SENT, of_order),
        "update": (SENT, {**of_order, "amount": 19.5}),
        "reverse": (PAID, {**of_order, "press": 1}),
        "finish": (PAID, {**of_order, "how": "once"}),
        "job": ((*SENT, LEAVE), {}),
        "session": (SOLD, of_till),
        "periods": ((*SOLD, CLOSE), {}),
        "books": ((*PAID, CLOSE_OVER), {}),
    }
    if moment.endswith("refundPayment"):
        ways["send"] = ((*SOLD, REFUND), {"order": REFUND["as"]})
    if moment.endswith("sendInvoice"):
        ways["job"] = ((LOST_SEND, *SENT, LEAVE, {"do": "clock", "seconds": 61}), {})
    if moment.endswith("executeReport"):
        marked = ({"do": "periods"}, {"do": "clock", "seconds": 5})
        ways["periods"] = ((*SOLD, CLOSE, *marked), {})
    return ways
