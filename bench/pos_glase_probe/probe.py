"""Counts and times what one request does, and tells it in a header of its answer.

Only a request with the header ``X-Probe`` is watched, so that what is timed from outside is not slowed down. With
``files`` in it, the module's files whose code has run are told, too.
"""

import functools
import importlib
import json
import socket
import sys
import threading
import time
from collections import Counter

from psycopg2.extensions import TRANSACTION_STATUS_IDLE

import odoo.http
from odoo.addons.pos_glase.models.ledger.prepared import _Kept
from odoo.sql_db import Cursor

ASKED, TOLD = "HTTP_X_PROBE", "X-Probe"
GLASE = "odoo.addons.pos_glase"
OUTSIDE = "Odoo: request, session, log-in, answer"
# Where the time of a poll goes: a layer, and what belongs to it. What one calls of another counts there.
LAYERS = (
    ("PostgreSQL", "odoo.sql_db", "Cursor.execute"),
    ("PostgreSQL", "odoo.sql_db", "Cursor.commit"),
    ("PostgreSQL", f"{GLASE}.models.ledger.prepared", "Statement._ask_kept"),
    (
        "the door: who asks, about what",
        f"{GLASE}.controllers.payment",
        "GlasePaymentController.status",
    ),
    ("the ledger", f"{GLASE}.models.ledger.till", "Till.status"),
    ("the ledger: one read", f"{GLASE}.models.ledger.poll", "read"),
    (
        "the ledger: who calls",
        f"{GLASE}.models.registration.glase_terminal",
        "GlaseTerminal._caller",
    ),
    (
        "the ledger: transactions of its own",
        f"{GLASE}.models.support.autonomous_transaction",
        "run",
    ),
    (
        "the view of the row",
        f"{GLASE}.models.ledger.glase_transaction_words",
        "GlaseTransaction._view",
    ),
    ("the client", f"{GLASE}.glase.client", "Client._call"),
    ("the client: envelope", f"{GLASE}.glase.envelope", "build"),
    ("the client: answer read", f"{GLASE}.glase.client", "_Call.heard"),
    ("the wire, and Glase", f"{GLASE}.glase.transport", "SocketTransport.post"),
)

_watched = threading.local()


class Watch:
    """What one request has done so far; the layer that runs last is on top."""

    def __init__(self):
        self.counts = Counter(queries=0, commits=0, writes=0, sockets=0)
        self.seconds = Counter()
        self.layers = [OUTSIDE]
        self.files = set()
        self.since = time.perf_counter()

    def turn(self):
        """Book the time since the last turn to the layer that runs."""
        now = time.perf_counter()
        self.seconds[self.layers[-1]] += now - self.since
        self.since = now

    def told(self):
        self.turn()
        milliseconds = {layer: seconds * 1000 for layer, seconds in self.seconds.items()}
        ours = "/addons/pos_glase/"
        files = sorted(name.rpartition(ours)[2] for name in self.files if ours in name)
        return json.dumps({"counts": self.counts, "milliseconds": milliseconds, "files": files})

    def note_file(self, frame, _event, _argument):
        """As a profile function: this code runs."""
        self.files.add(frame.f_code.co_filename)


def _now():
    return getattr(_watched, "watch", None)


def _layer(name, function):
    @functools.wraps(function)
    def timed(*arguments, **options):
        watch = _now()
        if watch is None:
            return function(*arguments, **options)
        watch.turn()
        watch.layers.append(name)
        try:
            return function(*arguments, **options)
        finally:
            watch.turn()
            watch.layers.pop()

    return timed


def _counted(function, count):
    @functools.wraps(function)
    def counting(*arguments, **options):
        watch = _now()
        if watch is not None:
            count(watch.counts, *arguments)
        return function(*arguments, **options)

    return counting


def _query(counts, _cursor, query, *_more):
    counts["queries"] += 1
    code = getattr(query, "code", query)
    counts["writes"] += str(code).lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE")


def _prepared(counts, *_more):
    counts["queries"] += 1


def _commit(counts, cursor):
    # Of one in which nothing was asked PostgreSQL does not hear.
    counts["commits"] += cursor.connection.get_transaction_status() != TRANSACTION_STATUS_IDLE


def _connect(counts, _socket, _address):
    counts["sockets"] += 1


class WatchedSocket(socket.socket):
    """A socket of which it is counted that it was opened."""

    connect = _counted(socket.socket.connect, _connect)


def watch():
    """Watch each request that asks for it."""
    Cursor.execute = _counted(Cursor.execute, _query)
    Cursor.commit = _counted(Cursor.commit, _commit)
    _Kept.ask = _counted(_Kept.ask, _prepared)
    socket.socket = WatchedSocket
    for name, module, path in LAYERS:
        owner = importlib.import_module(module)
        *classes, attribute = path.split(".")
        for each in classes:
            owner = getattr(owner, each)
        setattr(owner, attribute, _layer(name, getattr(owner, attribute)))
    odoo.http.Application.__call__ = _telling(odoo.http.Application.__call__)


def _telling(application):
    def answer(self, environ, start_response):
        if ASKED not in environ:
            return application(self, environ, start_response)
        _watched.watch = watch = Watch()

        def start(status, headers, *more):
            return start_response(status, [*headers, (TOLD, watch.told())], *more)

        if environ[ASKED] == "files":
            sys.setprofile(watch.note_file)
        try:
            return application(self, environ, start)
        finally:
            sys.setprofile(None)
            _watched.watch = None

    return answer
