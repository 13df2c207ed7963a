"""One question of a till about a bill that is out: read at once, asked, written where it says something new."""

import time
from datetime import timedelta

from ...rules import polling, state_machine
from ..support import autonomous_transaction
from . import poll_reading, repeated_answers
from .exchange import ASK, Exchange

_SEEN = """
    UPDATE glase_transaction
       SET till_seen_at = CASE WHEN given_up_at IS NULL
                               THEN GREATEST(LEAST(till_seen_at, %(now)s), %(asked)s)
                               ELSE till_seen_at END,
           glase_seen_at = COALESCE(%(heard)s, glase_seen_at)
     WHERE id = %(row)s
"""


class Poll:
    """A till's question about a row that may be asked about at once (``doc/ledger.md §2``).

    :param rows: the ledger's, in the environment of the request
    :param Reading reading: of the row
    """

    def __init__(self, rows, reading):
        self.rows, self.env, self.reading = rows, rows.env, reading
        self.row, self.asked_at, self.newest = reading.row, reading.now, reading.newest
        self._began = time.monotonic()

    def next_step(self, take_back):
        """What is done first: see :func:`rules.polling.next_step`."""
        row, now = self.row, self.asked_at
        return polling.next_step(
            polling.Question(
                state=row.state,
                now=now,
                till_seen_at=row.till_seen_at or None,
                stale=bool(row._stale_request(now)),
                given_up=bool(row.given_up_at),
                take_back=take_back,
                cancel_due=bool(row._cancel_is_due(now)),
            )
        )

    def answer(self):
        """The row as it stands, as the till sees it."""
        return self.row._view(self.asked_at)

    def ask(self):
        """Ask Glase once, and write down what says something new.

        The request's transaction is ended before; nothing is open while Glase thinks.

        :return: the row as the till sees it
        """
        row, exchange = self.row, Exchange(self.rows, ASK)
        call = exchange.bound(row.terminal_id, row.invoice_reference, row.invoice_version)
        view, judged = self.answer(), row._as_judged()
        seen = (row.till_seen_at, row.glase_seen_at)
        autonomous_transaction.end_request(self.env)
        heard = exchange.hear(row.id, call)
        verdict = state_machine.judge(judged, heard.evidence)
        said = polling.said(heard.evidence, heard.message)
        again = polling.is_again(self.newest.said, self.newest.time, said, self._now())
        if not again or not polling.changes_nothing(judged, verdict):
            return self._store(heard)
        if not poll_reading.is_unchanged(self.reading):
            # Somebody else had to do with it meanwhile: what the till hears is what he has left.
            return self._store(heard)
        self._count(heard, verdict, seen)
        return self._silent_for(view, heard)

    def _store(self, heard):
        """Store an answer that says something new, with what was kept of the one before."""

        def store(row):
            row._till_heard(self.asked_at)
            row._record_answer(heard.evidence, heard.as_event())
            return row._view()

        return self._write(store)

    def _count(self, heard, verdict, seen):
        """Count an answer that says nothing new; it is written with others, every few seconds."""
        at = self._now()
        again = repeated_answers.heard_again(heard, at)
        repeated_answers.keep(self.env.cr.dbname, self.newest.id, again)
        answered = heard.evidence.outcome == state_machine.ANSWER
        till_seen_at, glase_seen_at = seen
        is_due = (
            polling.is_due(till_seen_at or None, at)
            or polling.is_due(self.newest.last_time, at)
            or (answered and polling.is_due(glase_seen_at or None, at))
        )
        if not is_due and not repeated_answers.due(self.env.cr.dbname, at):
            return
        values = {"row": self.row.id, "now": at, "asked": self.asked_at}
        values["heard"] = at if answered else None

        def store(row):
            row.env.cr.execute(_SEEN, values, log_exceptions=False)
            for kind in verdict.cases:
                row._open_case(kind)

        self._write(store)

    def _write(self, store):
        """Write in a transaction of the ledger's own, with what this process has kept in memory."""
        database, at = self.env.cr.dbname, self._now()
        repeated = repeated_answers.due(database, at, self.newest.id)

        def work(row):
            result = store(row)
            repeated_answers.write(row.env.cr, repeated, at)
            return result

        result = autonomous_transaction.with_records(self.rows.browse(self.row.id), work)
        repeated_answers.written(database, repeated)
        return result

    def _silent_for(self, view, heard):
        """The view from before the call, with how long Glase was silent by now."""
        if heard.evidence.outcome == state_machine.ANSWER:
            return {**view, "silence": 0.0}
        return {**view, "silence": view["silence"] + self._elapsed().total_seconds()}

    def _elapsed(self):
        return timedelta(seconds=time.monotonic() - self._began)

    def _now(self):
        return self.asked_at + self._elapsed()
