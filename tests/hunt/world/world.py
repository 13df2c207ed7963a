"""The world of the hunt: a real database with real commits, one clock, and what may go wrong.

Each request is what a worker of Odoo does with one: a cursor of the user's own, committed at the end,
repeated when PostgreSQL reports a conflict. A request can be killed at each of its checkpoints; then
its cursors are closed as those of a dead process are, and nothing else of it happens.
"""

import collections
import itertools
import logging
import traceback

import psycopg2
import psycopg2.errors
from world.overlap import Lanes, Overlap
from world.shop import Shop

from odoo import SUPERUSER_ID, api
from odoo.addons.pos_glase.models.accounts import glase_connection
from odoo.addons.pos_glase.models.ledger import glase_event, settlement
from odoo.addons.pos_glase.models.support import autonomous_transaction, clock
from odoo.exceptions import (
    AccessError,
    ConcurrencyError,
    RedirectWarning,
    UserError,
    ValidationError,
)
from odoo.service.model import MAX_TRIES_ON_CONCURRENCY_FAILURE as TRIES

REFUSALS = (UserError, AccessError, RedirectWarning, ValidationError)
# What Odoo repeats a request for, and how often it tries.
CONFLICTS = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.LockNotAvailable,
    ConcurrencyError,
)

BUSY_CONNECTIONS = """
    SELECT a.state, left(a.query, 200),
           (SELECT count(*) FROM pg_locks l WHERE l.pid = a.pid AND l.granted)
      FROM pg_stat_activity a
     WHERE a.datname = current_database() AND a.backend_type = 'client backend'
       AND a.pid <> pg_backend_pid()
       AND (a.state LIKE 'idle in transaction%%'
            OR a.state = 'idle' AND EXISTS (SELECT 1 FROM pg_locks l WHERE l.pid = a.pid))
"""


class Killed(BaseException):
    """The process that served this request is gone."""


class Active:
    """A request under way.

    :param kill: the checkpoint at which its process dies: its number, from 1, or the name of which the
        first is meant; None: never
    :param conflict: number of the ledger step that PostgreSQL refuses once, 0 for the request's end
    :param inner: what somebody else does during a call: ``(operation, "before" | "after", callable)``
    :param overlap: another request at the same time: ``(number of the write, callable)``
    :param order: whose payment it is about, if it is about one
    """

    def __init__(self, kill=None, conflict=None, inner=None, overlap=None, order=None):
        self.kill, self.conflict, self.inner, self.order = kill, conflict, inner, order
        self.overlap = overlap and Overlap(*overlap)
        self.checkpoints = self.steps = 0
        self.names = []


class LeakWatch(logging.Handler):
    """Reads each line that is logged, for secrets."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.secrets, self.leaks = set(), []

    def emit(self, record):
        text = record.getMessage()
        if record.exc_info:
            text += "".join(traceback.format_exception(*record.exc_info))
        if any(secret in text for secret in self.secrets):
            self.leaks.append(f"{record.name}: {record.funcName}")


class World(Lanes, Shop):
    """The shop, Glase, and the requests between them.

    :param registry: of the copied database
    :param int tills: how many there are; those that the database lacks are made
    """

    def __init__(self, registry, tills=2):
        self.registry = registry
        self._open_lanes()
        self.offset = 0.0
        self.mismatches = []
        self.counts = collections.Counter()
        self.glase = None
        self.kills = self.served = 0
        # How many writes the last request has made that was stopped at one, or would have been.
        self.writes_seen = 0
        # What each of two worker processes keeps in its memory; they serve in turns.
        self.memories = ({}, {})
        # When the giving up that an event tells of was committed while another was served; else None.
        self.given_up = {}
        self.orders_by_reference = {}
        self.last_refusal = None
        self.leak_watch = LeakWatch()
        logging.getLogger().addHandler(self.leak_watch)
        self._watch = psycopg2.connect(**registry._db._Connection__dsn)
        self._watch.autocommit = True
        autonomous_transaction.FIRST_PAUSE_SECONDS = 0
        # What happens in a run is in one order, which its seed repeats.
        settlement.AT_ONCE = 1
        self._run_own = autonomous_transaction.run
        autonomous_transaction.run = self._own_transaction
        # Only the answer of a sync, all of the order's data read again: most of the time it takes.
        registry["pos.order"].read_pos_data = lambda *_arguments: {}
        self._set_up_shop(tills)
        glase_connection.client = lambda *arguments: self.glase.client(*arguments)

    # === The database ===

    def sql(self, query, *parameters):
        """Rows as anybody outside sees them: what is committed."""
        with self._watch.cursor() as cursor:
            cursor.execute(query, parameters or None)
            return cursor.fetchall() if cursor.description else None

    def now(self):
        """The ledger's time."""
        with self._watch.cursor() as cursor:
            return clock.now(cursor)

    def advance(self, seconds):
        """Move the ledger's clock, Glase's and the gate's together."""
        self.offset += seconds
        self._store_offset()
        self.glase.simulator.advance(seconds)

    def _store_offset(self):
        self.sql(
            "UPDATE ir_config_parameter SET value = %s WHERE key = %s",
            str(self.offset),
            clock.OFFSET_PARAMETER,
        )

    # === Requests ===

    def request(self, login, work, order=None, **plan):
        """Serve one request.

        :param work: called with the user's environment
        :param plan: see :class:`Active`
        :return: what ``work`` returns, None when the process died, or the refusal that was raised
        """
        active = Active(order=order, **plan)
        self.stack.append(active)
        self.served += 1
        memory, before = self.memories[self.served % 2], glase_event._unwritten
        glase_event._unwritten = memory
        try:
            return self._serve(self.users.get(login, SUPERUSER_ID), work, active)
        except Killed:
            memory.clear()
            self.counts[f"kill in {self.step}: {active.names[-1]}"] += 1
            self.kills += 1
            if order:
                order.taint("kill")
            return None
        except REFUSALS as refusal:
            self.last_refusal = refusal
            return refusal
        except Exception:
            self.blame("error", f"a request ended in an error:\n{traceback.format_exc()}")
            return None
        finally:
            if active.overlap:
                active.overlap.end(self)
            glase_event._unwritten = before
            self.stack.pop()

    def _serve(self, uid, work, active):
        context = {"allowed_company_ids": [self.company_id], "tracking_disable": False}
        conflict = active.conflict == 0
        for tried in itertools.count(1):
            try:
                with self.registry.cursor() as cr:
                    cr.postcommit.add(lambda: self._committed(active, "after the request's commit"))
                    try:
                        result = work(api.Environment(cr, uid, context))
                        cr.flush()
                        if conflict:
                            conflict = False
                            self.counts["conflict: at the end of a request"] += 1
                            raise psycopg2.errors.SerializationFailure("of the hunt")
                        self._checkpoint(active, "before the request's commit")
                    except Killed:
                        # Nobody is left who could do what comes after a rollback.
                        cr.postrollback.clear()
                        raise
                return result
            except CONFLICTS as conflict_met:
                self.lane.met(conflict_met)
                self.counts[f"conflict met: {type(conflict_met).__name__}"] += 1
                if tried == TRIES and not self.lane.refused:
                    raise

    def _checkpoint(self, active, name):
        active.checkpoints += 1
        active.names.append(name)
        if active.kill in (active.checkpoints, name):
            raise Killed

    def _own_transaction(self, env, work):
        if not self.stack:
            return self._run_own(env, work)
        active = self.stack[-1]
        self._checkpoint(active, "before a step of the ledger")
        active.steps += 1
        refuse = active.steps == active.conflict

        def refused_once(ledger_env):
            nonlocal refuse
            result = work(ledger_env)
            if refuse:
                refuse = False
                ledger_env.cr.flush()
                self.counts["conflict: in a step of the ledger"] += 1
                raise psycopg2.errors.SerializationFailure("of the hunt")
            return result

        result = self._run_own(env, refused_once)
        self._committed(active, "after a step of the ledger")
        return result

    def _committed(self, active, name):
        """Something is committed: what was given up by it is so from this moment on, for everybody.

        Where nobody else is served meanwhile, that is the moment of which the event tells.
        """
        beside = self._overlapping or active.overlap
        found = self.sql(
            "SELECT id FROM glase_event WHERE operation = 'give_up' AND id <> ALL(%s)",
            list(self.given_up),
        )
        for (event_id,) in found:
            self.given_up[event_id] = self.now() if beside else None
        self._checkpoint(active, name)

    # === Calls, as the line tells of them ===

    def call_leaves(self, call):
        """A call is about to reach Glase."""
        self._nothing_is_open(call)
        if call.operation in ("sendInvoice", "refundPayment"):
            self._row_is_committed(call)
        if not self.stack:
            return
        self._inner(call, "before")
        self._checkpoint(self.stack[-1], f"before {call.operation}")

    def call_ends(self, call):
        """A call was carried out, or was not; its answer is on its way."""
        if call.fault:
            self.fault_met(call)
        if not self.stack:
            return
        self._inner(call, "after")
        self._checkpoint(self.stack[-1], f"after {call.operation}")

    def fault_met(self, call):
        """Something went wrong on purpose: whose payment was it about?"""
        self.counts[f"fault: {call.operation} {call.fault}"] += 1
        lines = self.sql(
            "SELECT t.line_uuid FROM glase_transaction t WHERE t.invoice_reference = %s"
            " OR t.call_reference = %s",
            call.invoice_reference or "",
            call.client_reference or "",
        )
        orders = [self.orders_by_reference.get(line) for (line,) in lines]
        for order in [*orders, self.stack[-1].order if self.stack else None]:
            if order:
                order.taint("fault")

    def _inner(self, call, phase):
        active = self.stack[-1]
        if self.mismatches:
            # What is wrong already may have left a lock, for which the other would wait for ever.
            return
        if active.inner and active.inner[:2] == (call.operation, phase):
            work, active.inner = active.inner[2], None
            self.counts[f"meanwhile: {phase} {call.operation}"] += 1
            work()

    def _nothing_is_open(self, call):
        if self._overlapping:
            # The transaction of the other, who is stopped or waits, is meant to be open.
            return
        for state, query, locks in self.sql(BUSY_CONNECTIONS):
            self.blame(
                "7 nothing open while Glase thinks",
                f"during {call.operation} a connection is {state} with {locks} locks: {query}",
            )

    def _row_is_committed(self, call):
        rows = self.sql(
            "SELECT t.id, t.state FROM glase_event e JOIN glase_transaction t"
            " ON t.id = e.transaction_id WHERE e.client_reference = %s",
            call.client_reference,
        )
        if [state for _id, state in rows] != ["sending"]:
            self.blame(
                "2 ledger first, once",
                f"{call.operation} {call.client_reference} leaves while its rows are {rows}",
            )

        if call.operation == "refundPayment":
            self._refunds_fit(call)

    def _refunds_fit(self, call):
        """All refunds of a payment, undecided ones included, stay within it."""
        over = self.sql(
            "SELECT o.id, o.amount, sum(t.amount) FROM glase_transaction r"
            " JOIN glase_transaction o ON o.id = r.original_id"
            " JOIN glase_transaction t ON t.original_id = o.id AND t.state <> 'failed'"
            " WHERE r.call_reference = %s AND r.repeats_id IS NULL"
            " GROUP BY o.id, o.amount HAVING sum(t.amount) > o.amount",
            call.client_reference,
        )
        for row_id, paid, refunds in over:
            self.blame("2 refunds fit", f"row {row_id}: {refunds} is given back of {paid}")

    def blame(self, check, message):
        """Note that one of the rules does not hold."""
        self.mismatches.append((check, message))
