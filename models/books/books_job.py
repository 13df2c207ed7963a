"""The job that corrects the books (``doc/ledger.md §19``): when it is woken, and what it does.

A row of the ledger, or a payment of an order, is *due* from its first moment until it was compared
with the books after the end of its sessions, and again after each change of its money or its order.
The comparison is set-based and looks at what is due only: what is settled costs nothing.
"""

import time

import psycopg2

from odoo.exceptions import RedirectWarning, UserError

from ...glase.logs import get_logger
from ...rules import state_machine, suspense_due
from ..support import autonomous_transaction, clock, cron, managers
from .booking import Booking

_logger = get_logger(__name__)

BATCH = 200
JOB_SECONDS = 50
# A change of one of these may change what the books must show for a row.
MONEY = frozenset(
    {
        "amount",
        "kind",
        "payment_id",
        "proposing",
        "receipt_amount",
        "receipt_currency",
        "session_id",
        "state",
    }
)


def wake(env):
    """Let the job correct the books soon."""
    cron.wake(env, "cron_books")


def makes_due(vals):
    """Whether these values of a row may change what the books must show for it."""
    return bool(MONEY & set(vals))


def wake_for_rows(rows):
    """Let the job book at once what no closing will book; the rest waits for its closing.

    :param rows: of the ledger, whose money or order has changed
    """
    for row in rows:
        moved = row.state in (state_machine.PAID, state_machine.REFUNDED) or row.payment_id
        if moved and row.session_id.state in (False, "closed"):
            wake(rows.env)
            return


def mark_due(rows):
    """These rows have another order than before, or none: the books must be compared with them."""
    rows.books_due = True
    wake_for_rows(rows)


def wake_for_payments(payments):
    """Let the job book at once what no closing will book.

    :param payments: of orders, of which it has changed whether they are proven
    """
    if any(payment.session_id.state == "closed" for payment in payments):
        wake(payments.env)


class BooksJob:
    """One run over all that is due.

    Each subject is booked in a transaction of its own, under its lock: one that cannot be booked
    stops neither the others nor a closing, and is told.
    """

    def __init__(self, env):
        """:param env: any environment of the database"""
        self.env = env

    def run(self):
        """Correct the books for all rows and payments that are due."""
        until = time.monotonic() + JOB_SECONDS
        started = autonomous_transaction.run(self.env, lambda env: clock.now(env.cr))
        for model in suspense_due.SUBJECTS:
            while subject_ids := autonomous_transaction.run(
                self.env, lambda env, model=model: self._to_correct(env, model, started)
            ):
                for subject_id in subject_ids:
                    self.correct(model, subject_id)
                if time.monotonic() > until:
                    wake(self.env)
                    return

    @staticmethod
    def _to_correct(env, model, started):
        """Ids of what must be booked; what is even after its last session is forgotten."""
        env.flush_all()
        statements = suspense_due.SUBJECTS[model]
        env.cr.execute(statements.forget)  # pylint: disable=sql-injection
        env.invalidate_all()
        env.cr.execute(statements.due, (started, BATCH))  # pylint: disable=sql-injection
        return [subject_id for (subject_id,) in env.cr.fetchall()]

    def correct(self, model, subject_id):
        """Book one subject; what goes wrong is a case, and is tried again by a later run.

        :param str model: a key of ``suspense_due.SUBJECTS``
        """
        try:
            self._book(model, subject_id, lambda books, subject: books.correct(subject))
        except (UserError, RedirectWarning, ValueError, psycopg2.Error) as error:
            words = str(error.args[0]) if error.args else str(error)
            _logger.warning("Not booked: %s %s: %s", model, subject_id, words)
            self._book(model, subject_id, lambda books, subject: books.not_booked(subject, words))

    def _book(self, model, subject_id, work):
        """Work on a subject in a transaction of its own, in the language of who reads the books.

        :param work: takes the :class:`Booking` and the subject
        """

        def of_reader(env):
            subject = managers.for_reader(env[model].browse(subject_id))
            work(Booking(subject.env), subject)

        autonomous_transaction.run(self.env, of_reader)
