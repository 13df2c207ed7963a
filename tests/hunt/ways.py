"""The paths that end or use a row of the ledger, by the situation that they start from.

Each is one step of a run (:mod:`steps.play`). ``pairs_test.py`` keeps the list complete: each place of the
module that locks a row, or ends one, is on one of these paths.
"""

from steps.recipes import (
    DELETE,
    EACH,
    FINISH,
    PAID,
    PAYS,
    POLL,
    REFUND,
    REVERSE,
    SELL,
    SEND,
    SENT,
    SOLD,
)


def _call(what, order="A", **more):
    return {"do": "call", "what": what, "order": order, **more}


def _edit(what, order="A"):
    return {"do": "edit", "order": order, "what": what, "early": True}


def _changes(order="A"):
    """What anybody with a log-in can do to an order and to its payment."""
    return {
        **{
            f"edited: {what}": _edit(what, order)
            for what in ("amount", "method", "unlink", "uuid", "draft", "total", "claim")
        },
        **{
            what: _call(what, order)
            for what in (
                "order.cancel",
                "order.unlink",
                "order.session",
                "order.state",
                "order.paid",
                "order.wizard",
                "order.saved",
                "order.stored",
                "order.cash",
                "payment.status",
                "payment.move",
                "payment.link",
            )
        },
    }


_CLOSE = {
    "closed at the till": {"do": "session", "till": 0},
    "closed, drafts dropped": {"do": "session", "till": 0, "drafts": True},
    "closed in the office": _call("session.close"),
}
_CLOSE_ALL = {
    **_CLOSE,
    "closed over all": {"do": "session", "till": 0, "drafts": True, "override": True},
}
_REGISTRATION = {
    "registered anew": _call("till.register"),
    "unregistered": _call("till.unregister"),
    "assigned": _call("till.assign"),
}
_ASK = {
    "asked": POLL,
    "taken back": {**POLL, "take_back": True},
    "canceled": {"do": "cancel", "order": "A"},
    "left open": {"do": "leave", "order": "A"},
    "marked as paid": {"do": "force", "order": "A"},
    "amount changed": {"do": "update", "order": "A", "amount": 19.5},
    "sent again": SEND,
    "reloaded": {"do": "reload", "till": 0},
    "settled by the job": {"do": "job"},
}
_OFFICE = {
    "refunded in the office": {"do": "office_refund", "order": "A", "amount": 0},
    "part refunded in the office": {"do": "office_refund", "order": "A", "amount": 5},
}
_RECEIPT = {"receipt submitted": _call("receipt.job")}
_SECOND = {**SELL, "order": "B"}
_LOST_REFUND = {"do": "fault", "operation": "refundPayment", "kind": "drop-after"}
_GIVE = {**SEND, "order": "A-1"}
_FILL_IN = {"do": "fill_in", "order": "A"}
_LATER = {"do": "clock", "seconds": 16 * 60}
_PERIODS, _MARK = {"do": "periods"}, _call("till.mark")
_UNKNOWN = {
    "case.repeat": _call("case.repeat"),
    "other tender": {"do": "approve", "order": "A-1"},
    "finished": {"do": "finish", "order": "A-1", "how": "unknown"},
    "sent again": _GIVE,
    "refund deleted": _edit("draft", "A-1"),
    "refund.cash": _call("order.cash", "A-1"),
    **_OFFICE,
}

# Situation: the steps that lead to it, and the paths that lead on.
SITUATIONS = {
    "a draft": (
        (SELL,),
        {"sent": SEND, **_changes(), **_CLOSE, **_REGISTRATION},
    ),
    "two drafts of one table": (
        (SELL, _SECOND),
        {
            "sent": SEND,
            "the other is sent": {**SEND, "order": "B"},
            "order.stored": _call("order.stored"),
            "order.cash": _call("order.cash"),
            "edited: amount": _edit("amount"),
            "payment.move": _call("payment.move"),
            "payment.link": _call("payment.link", "B"),
            "the other is deleted": _edit("draft", "B"),
        },
    ),
    "the bill is out": (
        SENT,
        {**_ASK, **_changes(), **_CLOSE, **_REGISTRATION, "pushed": {"do": "push", "order": "A"}},
    ),
    "the customer has paid": (
        (*SENT, PAYS),
        {
            **_ASK,
            **_changes(),
            **_CLOSE,
            **_REGISTRATION,
            "finished unheard": {"do": "finish", "order": "A", "how": "forged"},
        },
    ),
    "given up": (
        (*SENT, {"do": "leave", "order": "A"}, PAYS, {"do": "clock", "seconds": 31}),
        {
            **_ASK,
            "sent by the next": {**SEND, "order": "B"},
            "edited: draft": DELETE,
            "order.cash": _call("order.cash"),
        },
    ),
    "marked as paid": (
        (*SENT, {"do": "force", "order": "A"}, PAYS, {"do": "clock", "seconds": 61}),
        {
            "asked": POLL,
            "settled by the job": {"do": "job"},
            "finished": {"do": "finish", "order": "A", "how": "forced"},
            "edited: draft": DELETE,
            "edited: unlink": _edit("unlink"),
            "order.cash": _call("order.cash"),
        },
    ),
    "paid": (
        PAID,
        {
            "finished": FINISH,
            "finished twice": {**FINISH, "how": "twice"},
            "marked by hand": _MARK,
            "finished, edited": {**FINISH, "how": "edited"},
            "reversed": REVERSE,
            "reversed again": {**REVERSE, "press": 2},
            "refunded in the office": _OFFICE["refunded in the office"],
            "asked": POLL,
            "settled by the job": {"do": "job"},
            **_changes(),
            **_CLOSE_ALL,
            "unregistered": _call("till.unregister"),
        },
    ),
    "sold, nothing else": (
        SOLD,
        {
            **_CLOSE_ALL,
            **_OFFICE,
            **_RECEIPT,
            "the next order": _SECOND,
            "edited: unlink": _edit("unlink"),
            "edited: method": _edit("method"),
            "settled by the job": {"do": "job"},
            "unregistered": _call("till.unregister"),
            "registered anew": _call("till.register"),
        },
    ),
    "closed": (
        (*SOLD, {"do": "session", "till": 0}),
        {
            **_OFFICE,
            **_RECEIPT,
            "booked": {"do": "books"},
            "marked": _PERIODS,
            "marked by hand": _MARK,
            "edited: unlink": _edit("unlink"),
            "edited: amount": _edit("amount"),
            "registered anew": _call("till.register"),
        },
    ),
    "its report is there": (
        (*SOLD, _CLOSE["closed at the till"], _PERIODS, {"do": "clock", "seconds": 4}),
        {
            "fetched": _PERIODS,
            **_OFFICE,
            "booked": {"do": "books"},
            "edited: unlink": _edit("unlink"),
            "edited: amount": _edit("amount"),
            "marked by hand": _MARK,
            "registered anew": _call("till.register"),
            "the next order": _SECOND,
        },
    ),
    "a refund is prepared": (
        (*SOLD, REFUND),
        {
            "refunded at the till": _GIVE,
            "refund.cash": _call("order.cash", "A-1"),
            "refund deleted": _edit("draft", "A-1"),
            "refund's line deleted": _edit("unlink", "A-1"),
            "refund's amount": _edit("amount", "A-1"),
            "refund canceled": _call("order.cancel", "A-1"),
            "edited: unlink": _edit("unlink"),
            "edited: amount": _edit("amount"),
            **_OFFICE,
            **_CLOSE,
            **_RECEIPT,
            "unregistered": _call("till.unregister"),
        },
    ),
    "refund unknown, and made": (
        (*SOLD, REFUND, _LOST_REFUND, _GIVE, _LATER, _FILL_IN),
        {"case.refunded": _call("case.refunded"), **_UNKNOWN},
    ),
    "refund unknown, and not made": (
        (*SOLD, REFUND, {**_LOST_REFUND, "kind": "drop-before"}, _GIVE, _LATER, _FILL_IN),
        {"case.unmade": _call("case.unmade"), **_UNKNOWN},
    ),
    "money without an order": (
        (*PAID, DELETE, _SECOND, {"do": "fill_in", "order": "B"}),
        {
            "case.attach": _call("case.attach", "B"),
            "case.settle": _call("case.settle", "B"),
            "refunded in the office": _OFFICE["refunded in the office"],
            "sent": {**SEND, "order": "B"},
            "edited: draft": _edit("draft", "B"),
            "edited: total": _edit("total", "B"),
            "edited: unlink": _edit("unlink", "B"),
            "order.cancel": _call("order.cancel", "B"),
            "order.cash": _call("order.cash", "B"),
            **_CLOSE_ALL,
        },
    ),
    "refund without its order": (
        (*SOLD, {**REFUND, "amount": 5}, _GIVE, _edit("draft", "A-1"), _FILL_IN),
        {
            "case.order": _call("case.order"),
            "case.settle": _call("case.settle"),
            **_OFFICE,
            "edited: unlink": _edit("unlink"),
            **_CLOSE,
        },
    ),
    "Glase does not answer": (
        (
            *SENT,
            {"do": "fault", "operation": "getPaymentStatus", "kind": "code", "code": 29},
            POLL,
            {"do": "leave", "order": "A"},
            {"do": "customer", "till": 0, "act": "decline"},
            _FILL_IN,
        ),
        {
            "case.unpaid": _call("case.unpaid"),
            "settled by the job": {"do": "job"},
            "asked": POLL,
            "taken back": {**POLL, "take_back": True},
            "canceled": {"do": "cancel", "order": "A"},
            "marked as paid": {"do": "force", "order": "A"},
            "edited: draft": DELETE,
            "order.cash": _call("order.cash"),
            "case.settle": _call("case.settle"),
        },
    ),
    "amount unknown": (
        (*PAID, {"do": "unsure", "order": "A"}, _FILL_IN),
        {
            "case.old_amount": _call("case.old_amount"),
            "finished": FINISH,
            "reversed": REVERSE,
            "edited: draft": DELETE,
            "edited: unlink": _edit("unlink"),
            "settled by the job": {"do": "job"},
            "order.cash": _call("order.cash"),
        },
    ),
    "silent": (
        (*SENT, PAYS, {"do": "clock", "seconds": 66}),
        {
            "settled by the job": {"do": "job"},
            "asked": POLL,
            "canceled": {"do": "cancel", "order": "A"},
            "left open": {"do": "leave", "order": "A"},
            "marked as paid": {"do": "force", "order": "A"},
            "edited: draft": DELETE,
            "order.cash": _call("order.cash"),
        },
    ),
    "money left for minutes": (
        (*PAID, {"do": "clock", "seconds": 305}),
        {
            "settled by the job": {"do": "job"},
            "finished": FINISH,
            "reversed": REVERSE,
            "edited: draft": DELETE,
            "order.cash": _call("order.cash"),
            "payment.move": _call("payment.move"),
        },
    ),
}

# What two at one time did wrong once: situation, the first, the second, and before which write it was stopped.
FOUND = (
    ("a draft", "sent", "edited: amount", 0),
    ("a draft", "sent", "edited: unlink", 0),
    ("a draft", "sent", "edited: total", 0),
    ("a draft", "order.paid", "order.wizard", 0),
    ("a refund is prepared", "refunded at the till", "refund.cash", 0),
    ("amount unknown", "reversed", "case.old_amount", 0),
    ("refund unknown, and made", "other tender", "case.refunded", 0),
    ("money without an order", "edited: unlink", "sent", 0),
)


def steps_of(situation, first, second, write):
    """The run of two paths of a situation, the first of which is stopped before its write of this number."""
    before, paths = SITUATIONS[situation]
    return [*map(dict, before), {**paths[first], "overlap": [write, dict(paths[second])]}]


def found_of(seed):
    """What two at one time did wrong once, with which a run begins: a member of :data:`FOUND`, or None."""
    turn, others = divmod(seed, EACH)
    return FOUND[turn % len(FOUND)] if others == EACH // 2 else None


# What a path has done at least once, and was not only refused: ``--pairs some`` finds that out, too.
DONE = frozenset({"receipt.job"})

# Where rows, tills and orders are locked: each is on a path, which ``--pairs some`` finds out.
PLACES = frozenset(
    {
        "exchange._locked_order",
        "exchange._own_order",
        "exchange.known",
        "glase_case_actions._say_taken",
        "glase_case_actions.action_attach",
        "glase_case_actions.action_not_paid",
        "glase_terminal_registration._claim",
        "glase_transaction._record_answer",
        "glase_transaction_attempt._expire_stale",
        "glase_transaction_attempt._force",
        "glase_transaction_attempt._give_up",
        "glase_transaction_attempt._note_till_seen",
        "glase_transaction_attempt._propose",
        "glase_transaction_attempt._release_forced",
        "glase_transaction_attempt._request_cancel",
        "office_refund.make_order",
        "payment_proof.prove",
        "pos_order.sync_from_ui",
        "pos_order.write",
        "pos_payment._glase_let_go",
        "pos_payment.create",
        "pos_payment.write",
        "refund.make",
        "refund_decision.decide",
        "refund_till._approve_other_tender",
        "session_closing.guard",
        "session_closing.lift_latch",
        "session_closing.set_latch",
        "settlement._find_silent",
        "settlement._find_unclaimed",
    }
)
