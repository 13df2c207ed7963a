"""Questions that a process asks PostgreSQL each second: planned once, and answered in one message.

Odoo's connections forget each plan when they go back to their pool, and a transaction is begun and ended
around each question: that takes longer than the answer. So a process keeps a few connections of its own
on which these questions are prepared. They read what is committed, one statement at a time, and can write
nothing. Nothing depends on them: where there is none, or it fails, the cursor at hand is asked as ever.
"""

import itertools
import os
import re
import threading
import time
from contextlib import suppress

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from odoo.sql_db import connection_info_for

from ...glase.logs import get_logger

_logger = get_logger(__name__)

# So many connections are kept, of all databases; one that nobody needs for so long is closed.
MOST_KEPT = 4
KEPT_SECONDS = 600.0
# After one has failed, the cursor at hand is asked for so long.
PAUSE_SECONDS = 10.0

_numbers = itertools.count(1)
_lock = threading.Lock()
# Those that nobody uses at the moment; the one that was used last is the last.
_idle = []
# Until when none is opened, by database.
_paused = {}


class Statement:
    """A statement that reads one row.

    :param str text: with ``%s`` for each value
    """

    def __init__(self, text):
        self._text = text
        self.name = f"pos_glase_{next(_numbers)}"
        places = itertools.count(1)
        self.prepare = re.sub("%s", lambda _place: f"${next(places)}", text)
        self.prepare = f"PREPARE {self.name} AS {self.prepare}"
        self.execute = f"EXECUTE {self.name} ({', '.join(['%s'] * (next(places) - 1))})"

    def ask(self, cr, values):
        """The row as a transaction sees it that begins now; of one that has begun, as that sees it.

        :param cr: any cursor of the database
        :param tuple values: of the statement
        :return: None where there is no row
        """
        if cr.connection.get_transaction_status() == TRANSACTION_STATUS_IDLE:
            with suppress(LookupError):
                return self._ask_kept(cr.dbname, values)
        cr.execute(self._text, values)
        return cr.fetchone()

    def _ask_kept(self, dbname, values):
        """:raises LookupError: no connection could be asked"""
        kept = None
        try:
            kept = _take(dbname)
            row = kept.ask(self, values)
        except psycopg2.Error as error:
            _logger.info(
                "Waiting tills are asked about without a prepared statement: %s",
                type(error).__name__,
            )
            _pause(dbname, kept)
            raise LookupError from None
        _give_back(kept)
        return row


class _Kept:
    """A connection to a database, with the statements that were prepared on it."""

    def __init__(self, dbname):
        self.dbname, self.used_at = dbname, 0.0
        _name, where = connection_info_for(dbname)
        self._connection = psycopg2.connect(**where)
        self._connection.set_session(readonly=True, autocommit=True)
        self._cursor = self._connection.cursor()
        self._prepared = set()

    def ask(self, statement, values):
        if statement.name not in self._prepared:
            self._cursor.execute(statement.prepare)
            self._prepared.add(statement.name)
        self._cursor.execute(statement.execute, values)
        return self._cursor.fetchone()

    def close(self):
        self._connection.close()


def _take(dbname):
    """A connection to a database that nobody else uses meanwhile.

    :raises LookupError: not after one has failed
    """
    now = time.monotonic()
    with _lock:
        if now < _paused.get(dbname, now):
            raise LookupError
        for kept in [one for one in _idle if now - one.used_at > KEPT_SECONDS]:
            _idle.remove(kept)
            kept.close()
        found = next((one for one in reversed(_idle) if one.dbname == dbname), None)
        if found:
            _idle.remove(found)
    return found or _Kept(dbname)


def _give_back(kept):
    kept.used_at = time.monotonic()
    with _lock:
        _idle.append(kept)
        too_many = _idle.pop(0) if len(_idle) > MOST_KEPT else None
    if too_many:
        too_many.close()


def _pause(dbname, failed):
    """A connection has failed, or could not be opened."""
    if failed:
        failed.close()
    with _lock:
        _paused[dbname] = time.monotonic() + PAUSE_SECONDS


def _start_anew():
    # A forked worker must not talk on its parent's connections, nor wait for its parent's locks.
    global _lock
    _lock = threading.Lock()
    _idle.clear()
    _paused.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
