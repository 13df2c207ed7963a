"""The latch that a closing puts on the registrations of its till: while it stands, nothing is sent.

Set and lifted in transactions of their own, so that other requests see it while the closing runs
(``doc/ledger.md §16``). Several closings do not disturb each other: each has its own latch.
"""

from datetime import datetime, timedelta

from ..support import autonomous_transaction, clock
from ..support.till_errors import Refused

# A latch that nobody lifted, because its server died, holds no till longer than this.
LATCH_FOR = timedelta(minutes=5)


def is_closing(terminal):
    """Whether the till's register is being closed. Meaningful under the till's lock only.

    :param terminal: one ``glase.terminal``
    :rtype: bool
    """
    terminal.ensure_one()
    return bool(_standing(terminal))


def refuse_while_closing(terminals):
    """:raises Refused: while the register of one of these is being closed; see :func:`is_closing`"""
    if any(is_closing(terminal) for terminal in terminals):
        raise Refused(
            "closing",
            terminals.env._("This till's register is being closed: nothing is sent any more."),
        )


def refuse_closed(session):
    """Asked under the till's lock: a closing may have ended since the till was heard.

    :raises Refused: if no money is moved in this session any more
    """
    session.ensure_one()
    if session.state != "opened":
        raise Refused("session", session.env._("Open the register first."))


def set_latch(terminals):
    """Latch these registrations, each under its lock.

    :param terminals: in a superuser environment
    :return: what :func:`lift_latch` needs
    :rtype: str
    """
    autonomous_transaction.lock(terminals)
    latch = clock.now(terminals.env.cr).isoformat()
    for terminal in terminals:
        terminal.closing_latches = [*_standing(terminal), latch]
    return latch


def lift_latch(terminals, latch):
    """Take a latch off again, and all that nobody lifted.

    :param terminals: in a superuser environment
    :param str latch: what :func:`set_latch` returned
    """
    autonomous_transaction.lock(terminals)
    for terminal in terminals:
        terminal.closing_latches = [one for one in _standing(terminal) if one != latch]


def _standing(terminal):
    return [
        latch
        for latch in terminal.sudo().closing_latches or []
        if clock.is_recent(terminal.env.cr, datetime.fromisoformat(latch), LATCH_FOR)
    ]
