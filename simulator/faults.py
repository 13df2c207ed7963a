"""Trouble on demand: what a network and a busy server do to calls.

A fault is a dict, see ``doc/simulator.md``: ``operation`` (or ``*``), ``kind``, ``seconds``,
``code``, ``count``, and optionally ``terminal``, ``carried_out``, ``body``, ``status``.
"""

import threading

KINDS = (
    "delay-before",
    "delay-after",
    "drop-before",
    "drop-after",
    "http500",
    "garbage",
    "code",
    "status",
)
FIELDS = {
    "operation",
    "kind",
    "seconds",
    "code",
    "count",
    "terminal",
    "carried_out",
    "body",
    "status",
}
LONGEST_SECONDS = 3600
CARRIED_OUT = {"garbage": True, "http500": False, "code": False, "status": False}


class FaultError(ValueError):
    """A fault that does not exist; the message says what is wrong."""


class Dropped(ConnectionAbortedError):
    """The connection is to be closed without an answer."""


def check(faults):
    """The list, completed with defaults, if every fault makes sense.

    :raise FaultError: otherwise
    """
    if not isinstance(faults, list):
        raise FaultError("Faults are a list.")
    return [_check_one(fault) for fault in faults]


def _check_one(fault):
    if not isinstance(fault, dict) or set(fault) - FIELDS:
        raise FaultError(f"A fault is an object of {', '.join(sorted(FIELDS))}.")
    whole = {"seconds": 0, "count": 1, **fault}
    for is_right, words in _MUST_BE:
        if not is_right(whole):
            raise FaultError(words)
    return whole


def _is_text(value):
    return isinstance(value, (str, type(None)))


def _is_word(value):
    return isinstance(value, str) and value.isprintable()


def _is_code(value):
    return _is_whole(value) and -(2**31) <= value < 2**31


def _is_count(value):
    return value is None or _is_whole(value) and value > 0


# In this order: what must be true of a fault, and what is said where it is not.
_MUST_BE = (
    (lambda fault: fault.get("kind") in KINDS, f"kind must be one of {', '.join(KINDS)}."),
    (
        lambda fault: isinstance(fault.get("operation"), str) and fault["operation"],
        "operation must name an operation, or be * for any.",
    ),
    (
        lambda fault: _is_number(fault["seconds"]) and 0 <= fault["seconds"] <= LONGEST_SECONDS,
        f"seconds must be a number from 0 to {LONGEST_SECONDS}.",
    ),
    (
        lambda fault: _is_count(fault["count"]),
        "count must be a whole number above 0, or null for always.",
    ),
    (
        lambda fault: fault["kind"] != "code" or _is_code(fault.get("code")),
        "code must be a whole number of 32 bits.",
    ),
    (
        lambda fault: fault["kind"] != "status" or _is_word(fault.get("status")),
        "status must be a printable text.",
    ),
    (lambda fault: _is_text(fault.get("body")), "body must be a text."),
    (lambda fault: _is_text(fault.get("terminal")), "terminal must be a text."),
    (
        lambda fault: isinstance(fault.get("carried_out", True), bool),
        "carried_out must be true or false.",
    ),
)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def current(tx):
    """The faults that are still to come."""
    return tx.get_meta("faults", [])


def replace(tx, faults):
    """Put another list in place (already checked)."""
    tx.set_meta("faults", faults)


def take(tx, operation, principal_id):
    """The first fault that this call meets, used up by one; or None."""
    faults = current(tx)
    for index, fault in enumerate(faults):
        if fault["operation"] not in ("*", operation):
            continue
        if fault.get("terminal") and fault["terminal"] != principal_id:
            continue
        if fault["count"] is not None:
            fault["count"] -= 1
            if not fault["count"]:
                del faults[index]
            replace(tx, faults)
        return fault
    return None


def is_carried_out(fault):
    """Whether a call that meets this answer-changing fault takes effect all the same."""
    return fault.get("carried_out", CARRIED_OUT[fault["kind"]])


class Delays:
    """Calls that are being held; all are let go when the faults are replaced."""

    def __init__(self):
        self._let_go = threading.Event()

    def hold(self, seconds):
        """Wait in real time, at most until the next :meth:`release`."""
        self._let_go.wait(seconds)

    def release(self):
        """Let every held call go on at once."""
        held, self._let_go = self._let_go, threading.Event()
        held.set()
