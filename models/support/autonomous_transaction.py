"""Transactions of the ledger's own, beside the one of the request.

What Glase said must outlive whatever happens to the request that asked (``doc/ledger.md §2``):
so the ledger writes through cursors of its own, each committed before anybody hears of it. Storing
an answer is repeated with the answer in memory when PostgreSQL refuses it; the call never is.
"""

import threading
from contextlib import contextmanager

import psycopg2
import psycopg2.errors

from odoo import SUPERUSER_ID, api
from odoo.exceptions import ConcurrencyError

from ...glase.logs import get_logger
from . import caller_context

_logger = get_logger(__name__)

# A conflict is over once the other transaction has ended: the row lock waited for that already.
CONFLICTS = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.LockNotAvailable,
    ConcurrencyError,
)
# What PostgreSQL says when a connection is refused or ended; other errors come again each time.
LOST = ("08", "57P", "53300")
ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 0.05


def run(env, work):
    """Run ``work`` in a transaction of its own and commit it.

    :param env: any environment of the database; its registry is used, and of its context language,
        time zone and companies
    :param work: called with a superuser environment; called again after a conflict, so it must
        do nothing but read and write through that environment
    :return: what ``work`` returns
    :raises psycopg2.Error: when PostgreSQL refuses for another reason, or for too long
    """
    pause = FIRST_PAUSE_SECONDS
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with env.registry.cursor() as cr:
                return work(api.Environment(cr, SUPERUSER_ID, _context(env)))
        except (psycopg2.Error, ConcurrencyError) as error:
            if attempt == ATTEMPTS or not _passes(error):
                raise
            _logger.info("Ledger transaction repeated (%s): %s", attempt, type(error).__name__)
        threading.Event().wait(pause)
        pause *= 2
    raise AssertionError("unreachable")


def with_records(records, work):
    """Run ``work`` on the same records in a transaction of its own, for whoever asks here.

    :param records: of one model, in any environment; may be empty: the model alone
    :param work: called with them in a superuser environment whose context says who asked; see
        :func:`run`
    """
    name, ids, user_id = records._name, records.ids, records.env.uid
    return run(
        records.env,
        lambda env: work(env[name].with_context(glase_user_id=user_id).browse(ids)),
    )


def end_request(env):
    """Commit the transaction of a request: nothing of it is open while Glase thinks.

    The cursor stays usable: the session may be rotated at the end of the request.
    """
    env.cr.commit()  # pylint: disable=invalid-commit


def step_of_request(records, work):
    """As :func:`with_records`, with nothing of the request's transaction left open meanwhile.

    It is committed before and after, and sees what the step has stored.
    """
    end_request(records.env)
    result = with_records(records, work)
    end_request(records.env)
    records.env.invalidate_all()
    return result


def _context(env):
    context = caller_context.kept(env, caller_context.TAKEN_OVER)
    if "allowed_company_ids" in context:
        # Asked of the environment, which refuses companies that are not the caller's.
        context["allowed_company_ids"] = env.companies.ids
    return context


def _passes(error):
    """Whether an error is over by itself: a conflict, or a connection that is gone."""
    if isinstance(error, (*CONFLICTS, psycopg2.InterfaceError)):
        return True
    # Odoo keeps connections; one whose server vanished without a word raises a bare class.
    bare = type(error) in (psycopg2.DatabaseError, psycopg2.OperationalError)
    return bare or (error.pgcode or "").startswith(LOST)


def flush_unique(records):
    """Write out records of which was looked up that they are the only ones of their kind.

    :param records: of one model that has a unique index for it
    :raises ConcurrencyError: as :func:`only_one`
    """
    with only_one():
        records.flush_recordset()


@contextmanager
def only_one():
    """Store in this block that of which was looked up that there is none.

    :raises ConcurrencyError: another transaction has just stored the same: begin again, to see it
    """
    try:
        yield
    except psycopg2.errors.UniqueViolation as error:
        raise ConcurrencyError("Another transaction has just stored the same.") from error


def lock(records):
    """Lock rows until the transaction ends, in the order of their ids (``doc/ledger.md §2``).

    An update rather than ``FOR UPDATE`` alone: a transaction that waited behind this one, or that
    began before it ended, then sees a conflict and is repeated, by :func:`run` or by Odoo, with a
    snapshot that shows what this one did. So what is read after the lock is how things stand.

    :param records: of one model, in a superuser environment
    """
    _lock_rows(records, "FOR NO KEY UPDATE")


def lock_free(records):
    """Lock those rows that nobody else has locked; waits for no one.

    :param records: of one model, in a superuser environment
    :return: those that are locked now
    """
    return _lock_rows(records, "FOR NO KEY UPDATE SKIP LOCKED")


def _lock_rows(records, how):
    if not records:
        return records
    records.flush_recordset()
    cr, table = records.env.cr, records._table
    cr.execute(
        f"""
        WITH held AS (SELECT id FROM "{table}" WHERE id = ANY(%s) ORDER BY id {how})
        UPDATE "{table}" own SET id = own.id FROM held WHERE own.id = held.id RETURNING own.id
        """,
        (list(records.ids),),
        log_exceptions=False,
    )
    locked = records.browse(sorted(row_id for (row_id,) in cr.fetchall()))
    locked.invalidate_recordset()
    return locked
