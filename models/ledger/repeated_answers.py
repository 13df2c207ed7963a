"""Answers in a row that say the same are one event, which counts them (``doc/ledger.md §2``).

A process keeps in memory how often an event was said again, and writes it with a poll that it serves
``polling.HEARTBEAT`` later: one that is killed loses no more than that of a count, and no event.
"""

import threading
from dataclasses import dataclass, replace

from ...rules import polling

_WRITE = """
    UPDATE glase_event
       SET count = COALESCE(count, 1) + %(count)s,
           seconds = %(seconds)s,
           client_reference = %(client_reference)s,
           last_time = GREATEST(LEAST(COALESCE(last_time, time), %(now)s), %(last)s)
     WHERE id = %(event)s
"""

_lock = threading.Lock()
# By database and event.
_unwritten = {}


@dataclass(frozen=True)
class Repeated:
    """How often an event was said again since it was written: the first and the last time, and the last answer."""

    count: int
    since: object
    last: object
    seconds: float
    client_reference: str


def heard_again(heard, at):
    """One more answer that says the same.

    :param Heard heard: what came of the call
    :param datetime at: when, by the ledger's clock
    """
    return Repeated(1, at, at, heard.seconds, heard.reference)


def keep(database, event_id, repeated):
    """Keep in memory that an event was said again."""
    key = (database, event_id)
    with _lock:
        known = _unwritten.get(key)
        if known:
            repeated = replace(repeated, count=known.count + repeated.count, since=known.since)
        _unwritten[key] = repeated


def due(database, now, event_id=None):
    """What is to be written: all that was kept for long enough, and one event whatever its age.

    It stays in memory until :func:`written` is told.

    :return: :class:`Repeated` by event
    """
    with _lock:
        return {
            event: repeated
            for (of, event), repeated in _unwritten.items()
            if of == database and (event == event_id or polling.is_due(repeated.since, now))
        }


def write(cr, repeated, now):
    """Count in the database what was said again, by a cursor of the ledger's own."""
    # In one order, so that no two processes wait for each other.
    for event_id in sorted(repeated):
        cr.execute(
            _WRITE,
            {**vars(repeated[event_id]), "event": event_id, "now": now},
            log_exceptions=False,
        )


def written(database, repeated):
    """What :func:`due` gave is committed: only what was kept since then is left."""
    with _lock:
        for event_id, each in repeated.items():
            left = _unwritten.pop((database, event_id), each)
            if left.count > each.count:
                rest = replace(left, count=left.count - each.count, since=each.last)
                _unwritten[database, event_id] = rest


def forget():
    """What this process has kept is lost, as when it is killed."""
    with _lock:
        _unwritten.clear()
