"""The simulator's memory: one SQLite database, one lock discipline.

Every access, reading included, is one :meth:`Store.transaction`: first this process's lock, then
SQLite's own write lock (``BEGIN IMMEDIATE``), then whatever time has brought about since the last
access (:mod:`.timing`). Nothing slow happens inside: no network, no waiting. So threads and
processes see one order of events, and no background thread is needed.

A file is opened at the first access, not before; it is closed before a fork and opened again after
it, so a child inherits no handle. In memory the state belongs to one process.
"""

import contextlib
import json
import os
import pathlib
import sqlite3
import threading
import time
import weakref

try:
    import fcntl
except ImportError:
    fcntl = None

VERSION = 1
BUSY_SECONDS = 30

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE reseller (
    id TEXT PRIMARY KEY, user TEXT NOT NULL, salt TEXT NOT NULL, hash TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE terminal (
    id TEXT PRIMARY KEY, reseller_id TEXT NOT NULL, external_id TEXT NOT NULL, name TEXT NOT NULL,
    salt TEXT NOT NULL, hash TEXT NOT NULL, short_password INTEGER NOT NULL,
    glase_id TEXT, current_invoice TEXT, registered_at REAL NOT NULL, unregistered_at REAL
);
CREATE UNIQUE INDEX terminal_glase_id ON terminal (glase_id) WHERE glase_id IS NOT NULL;
CREATE TABLE invoice (
    reference TEXT PRIMARY KEY, terminal_id TEXT NOT NULL, status TEXT NOT NULL,
    version INTEGER NOT NULL, amount TEXT NOT NULL, currency TEXT NOT NULL,
    content TEXT NOT NULL, tokens TEXT NOT NULL DEFAULT '[]',
    acknowledged INTEGER NOT NULL DEFAULT 0, closed_by TEXT, glase_id TEXT,
    issued_at REAL NOT NULL, scanned_at REAL, begun_at REAL, reserved_at REAL, closed_at REAL,
    commit_seconds REAL, reserved_amount TEXT, asked_at REAL, ers_reference TEXT
);
CREATE INDEX invoice_status ON invoice (status, issued_at);
CREATE INDEX invoice_terminal ON invoice (terminal_id, issued_at);
CREATE TABLE history (
    seq INTEGER PRIMARY KEY, invoice_reference TEXT NOT NULL, at REAL NOT NULL,
    status TEXT NOT NULL, version INTEGER NOT NULL, why TEXT NOT NULL
);
CREATE INDEX history_invoice ON history (invoice_reference);
CREATE TABLE payment (
    ers_reference TEXT PRIMARY KEY, invoice_reference TEXT NOT NULL, terminal_id TEXT NOT NULL,
    reseller_id TEXT NOT NULL, amount TEXT NOT NULL, currency TEXT NOT NULL, cashier TEXT,
    payer TEXT NOT NULL, paid_at REAL NOT NULL, fetched_at REAL, reversed_at REAL
);
CREATE INDEX payment_unfetched ON payment (paid_at)
    WHERE fetched_at IS NULL AND reversed_at IS NULL;
CREATE TABLE refund (
    ers_reference TEXT PRIMARY KEY, payment_reference TEXT NOT NULL, terminal_id TEXT NOT NULL,
    reseller_id TEXT NOT NULL, amount TEXT NOT NULL, currency TEXT NOT NULL, cashier TEXT,
    client_invoice_id TEXT, refunded_at REAL NOT NULL
);
CREATE INDEX refund_payment ON refund (payment_reference);
CREATE TABLE booking (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, ers_reference TEXT NOT NULL,
    payment_reference TEXT NOT NULL, reseller_id TEXT NOT NULL, terminal_id TEXT NOT NULL,
    amount TEXT NOT NULL, cashier TEXT, booked_at REAL NOT NULL
);
CREATE INDEX booking_reseller ON booking (reseller_id, seq);
CREATE TABLE receipt (
    seq INTEGER PRIMARY KEY, ers_reference TEXT NOT NULL, terminal_id TEXT NOT NULL,
    mime_type TEXT, receipt_type TEXT, bytes INTEGER NOT NULL, submitted_at REAL NOT NULL
);
CREATE TABLE period (
    id TEXT PRIMARY KEY, reseller_id TEXT NOT NULL, terminal_id TEXT,
    after_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, marked_at REAL NOT NULL
);
CREATE TABLE report (
    period_id TEXT NOT NULL, report_id TEXT NOT NULL, not_ready INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (period_id, report_id)
) WITHOUT ROWID;
CREATE TABLE notification (
    seq INTEGER PRIMARY KEY, invoice_reference TEXT NOT NULL, url TEXT NOT NULL,
    at REAL NOT NULL, outcome TEXT NOT NULL
);
CREATE TABLE call (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, received_at REAL NOT NULL, operation TEXT NOT NULL,
    client_id TEXT, client_reference TEXT, principal_type TEXT, principal_id TEXT,
    invoice_reference TEXT, ers_reference TEXT, code INTEGER, fault TEXT, carried_out_at REAL
);
"""

_stores = weakref.WeakSet()
_held = []


def _before_fork():
    for store in list(_stores):
        store.before_fork()
        _held.append(store)


def _after_fork(in_child):
    while _held:
        _held.pop().after_fork(in_child)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=lambda: _after_fork(in_child=False),
        after_in_child=lambda: _after_fork(in_child=True),
    )


class StateError(Exception):
    """The state cannot be used; the message is a sentence for the person who started it."""


def _connection(path):
    db = sqlite3.connect(
        str(path), timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    db.row_factory = sqlite3.Row
    # A small log: a copy of the main file alone is then nearly up to date.
    db.execute("PRAGMA wal_autocheckpoint = 64")
    db.execute("PRAGMA synchronous = NORMAL")
    return db


def _make_tables(db):
    """Fill an empty database; returns the version of what is there."""
    db.execute("BEGIN IMMEDIATE")
    found = db.execute("PRAGMA user_version").fetchone()[0]
    if found == 0:
        for statement in TABLES.split(";\n"):
            if statement.strip():
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")
        found = VERSION
    db.execute("COMMIT")
    return found


@contextlib.contextmanager
def _alone_in(folder):
    """Keep other processes from opening a state in this folder meanwhile, where the system can."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _make_file(path):
    """An empty database that keeps a write-ahead log; to be called alone in its folder.

    SQLite does not wait for others while it switches to that log, and it would replay one that a
    deleted database has left behind.
    """
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    # Sales are nobody else's business, hence 0600 from the start.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    db = _connection(path)
    db.execute("PRAGMA journal_mode = WAL")
    return db


def _roll_back(db):
    # SQLite may have done it by itself already, for instance when the disk is full.
    if db.in_transaction:
        db.execute("ROLLBACK")


class Transaction:
    """What an operation gets: the database and the moment at which it happens.

    ``now``: seconds since the epoch on the simulator's clock, the same for the whole transaction.
    """

    def __init__(self, db, now):
        self.db = db
        self.now = now
        self.after_commit = []

    def one(self, query, *parameters):
        """First row or None."""
        return self.db.execute(query, parameters).fetchone()

    def all(self, query, *parameters):
        """All rows."""
        return self.db.execute(query, parameters).fetchall()

    def run(self, query, *parameters):
        """Change something; returns the cursor."""
        return self.db.execute(query, parameters)

    def insert(self, table, **values):
        """Add one row; returns its rowid."""
        columns = ", ".join(values)
        marks = ", ".join("?" * len(values))
        return self.run(
            f"INSERT INTO {table} ({columns}) VALUES ({marks})", *values.values()
        ).lastrowid

    def get_meta(self, name, default=None):
        """A stored setting (JSON)."""
        row = self.one("SELECT value FROM meta WHERE name = ?", name)
        return json.loads(row["value"]) if row else default

    def set_meta(self, name, value):
        """Store a setting (JSON)."""
        self.run(
            "INSERT INTO meta (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            name,
            json.dumps(value),
        )


class Store:
    """The database, opened when first needed.

    :param path: a file (made with its folder if missing), or None: in this process's memory
    :param on_open: called with the first transaction of each opening
    :param on_access: called at the start of each transaction
    """

    def __init__(self, path, on_open, on_access):
        self._path = pathlib.Path(path) if path is not None else None
        self._on_open = on_open
        self._on_access = on_access
        self._lock = threading.Lock()
        self._db = None
        self._inode = None
        self._lost = False
        _stores.add(self)

    @contextlib.contextmanager
    def transaction(self):
        """One step that happens wholly or not at all; callbacks in ``after_commit`` run after it.

        :raise StateError: the file cannot be used
        """
        with self._lock:
            db = self._open()
            tx = self._begin(db)
            try:
                self._on_access(tx)
                yield tx
                db.execute("COMMIT")
            except BaseException:
                _roll_back(db)
                raise
        for callback in tx.after_commit:
            callback()

    def _begin(self, db):
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise StateError(
                f"The simulator's state {self._path} cannot be used: {error}"
            ) from error
        row = db.execute("SELECT value FROM meta WHERE name = 'clock_offset'").fetchone()
        return Transaction(db, time.time() + (json.loads(row["value"]) if row else 0))

    def _open(self):
        if self._lost:
            raise StateError("A simulator in memory cannot be used after a fork; give it a file.")
        if self._db is not None and not self._replaced():
            return self._db
        self._close()
        try:
            db = self._connect()
            self._db = db
        except (sqlite3.Error, OSError) as error:
            raise StateError(
                f"The simulator's state {self._path} cannot be used: {error}"
            ) from error
        tx = self._begin(db)
        try:
            self._on_open(tx)
            db.execute("COMMIT")
        except BaseException:
            self._close()
            raise
        return db

    def _replaced(self):
        """Whether the file was deleted or another one put in its place (a restored backup)."""
        if self._path is None:
            return False
        try:
            return os.stat(self._path).st_ino != self._inode
        except FileNotFoundError:
            return True

    def _connect(self):
        path = self._path
        if path is None:
            db = _connection(":memory:")
            found = _make_tables(db)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            with _alone_in(path.parent):
                new = not path.exists() or not path.stat().st_size
                db = _make_file(path) if new else _connection(path)
                found = _make_tables(db)
                self._inode = os.stat(path).st_ino
        if found != VERSION:
            db.close()
            raise StateError(
                f"{path} was written by another version of the simulator; "
                "delete it and register again."
            )
        return db

    def _close(self):
        if self._db is not None:
            self._db.close()
            self._db = None

    def close(self):
        """Let go of the file; waits for the transaction that is running."""
        with self._lock:
            self._close()

    def before_fork(self):
        """Finish what is running and let go of the file.

        SQLite remembers its locks by process: a child that inherits an open handle believes that it
        holds its parent's locks, and either waits for ever or writes without one.
        """
        self._lock.acquire()
        if self._path is not None:
            self._close()

    def after_fork(self, in_child):
        """Go on; the file is opened again when needed."""
        self._lost = in_child and self._db is not None
        self._lock.release()
