"""One question of a till about a bill that is out: read at once, asked, written where it says something new.

A till asks each second. What its answer and the call to Glase are made of is fetched by one query into
the cache of the records, where everybody finds it; what is missing there Odoo reads as ever. What the
row refers to comes as a value of its own: to find the order of joins takes longer than all of the rest.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from odoo.tools.lru import LRU

from ...rules import polling, state_machine
from ...rules.environments import SIMULATOR
from ..accounts import glase_endpoint
from ..cases import progress
from ..support import autonomous_transaction, clock
from . import glase_event
from .exchange import ASK, Exchange
from .glase_event import SAID
from .prepared import Statement

# The fields of the row that a poll looks at.
_ROW = [
    "line_uuid",
    "attempt",
    "kind",
    "state",
    "outcome",
    "create_date",
    "amount",
    "proposed_amount",
    "proposing",
    "currency_id",
    "terminal_id",
    "account_id",
    "config_id",
    "company_id",
    "environment",
    "original_id",
    "invoice_reference",
    "invoice_version",
    "qr_code",
    "ers_reference",
    "receipt_time",
    "receipt_amount",
    "receipt_currency",
    "sent_at",
    "paid_at",
    "scanned",
    "till_seen_at",
    "glase_seen_at",
    "cancel_wished_at",
    "cancel_code",
    "said_paid",
    "cancel_answered_at",
    "cancel_tries",
    "given_up_at",
    "next_try_at",
    "message",
    "forced_at",
]
# What it refers to, by the field that does: some of its fields by their names. None of them is a time.
_REFERRED = {
    "terminal_id": """
        SELECT json_build_object(
                   'account_id', l.account_id, 'environment', l.environment,
                   'endpoint', l.endpoint, 'terminal_identifier', l.terminal_identifier,
                   'password', l.password, 'glase_id', l.glase_id)
          FROM glase_terminal l WHERE l.id = t.terminal_id
    """,
    "account_id": """
        SELECT json_build_object(
                   'company_id', a.company_id, 'environment', a.environment,
                   'bound_to', a.bound_to, 'certifying', a.certifying, 'shop_name', a.shop_name)
          FROM glase_account a WHERE a.id = t.account_id
    """,
    "currency_id": """
        SELECT json_build_object(
                   'name', u.name, 'rounding', u.rounding, 'decimal_places', u.decimal_places)
          FROM res_currency u WHERE u.id = t.currency_id
    """,
    "config_id": """
        SELECT json_build_object('active', p.active, 'company_id', p.company_id)
          FROM pos_config p WHERE p.id = t.config_id
    """,
}
_SAID = tuple(SAID)
_NOW = clock.NOW.replace("%s", f"'{clock.OFFSET_PARAMETER}'")
_SLOW = f"""(
    SELECT json_object_agg(
               url, json_build_array(slow, trials, EXTRACT(EPOCH FROM ({_NOW}) - tried_at)))
      FROM glase_endpoint WHERE slow > 0
)"""
# What does not belong to a field: the row's version, slow addresses, the time, the newest event.
_MORE = ("t.xmin::text", _SLOW, f"({_NOW})", "e.id", "e.time", "COALESCE(e.last_time, e.time)")
_READ = Statement(
    f"""
    SELECT {", ".join([*_MORE, *(f"e.{name}" for name in _SAID)])},
           {", ".join(f"({query})" for query in _REFERRED.values())},
           t.id, {", ".join(f"t.{name}" for name in _ROW)}
      FROM glase_transaction t
      LEFT JOIN LATERAL (
           SELECT * FROM glase_event WHERE transaction_id = t.id ORDER BY id DESC LIMIT 1
           ) e ON TRUE
     WHERE t.line_uuid = %s AND t.attempt = %s AND t.config_id = %s
    """
)
_VERSION = Statement("SELECT xmin::text FROM glase_transaction WHERE id = %s")
# What a process has told tills last, and what that was made of, by database and row.
_told = LRU(256)


@dataclass(frozen=True)
class Newest:
    """The newest event of a row: when it was heard first and last, and what it says (``polling.said``)."""

    id: int
    time: datetime
    last_time: datetime
    said: tuple


@dataclass(frozen=True)
class Reading:
    """A row as a poll reads it.

    ``row``: in the asker's environment, as superuser; ``version``: changes with each write of the row;
    ``now``: of the ledger's clock; ``values``: what was read of the row and of what it refers to, but
    for the secret.
    """

    row: object
    version: str
    now: datetime
    newest: Newest
    values: tuple


def read(rows, config_id, line_uuid, attempt):
    """Read what a poll needs, if the till is one of who asks.

    :param rows: the ledger's, in the environment of the request
    :rtype: Reading
    :return: None where there is no such row, or it is not for who asks
    """
    env = rows.env
    found = _READ.ask(env.cr, (line_uuid, attempt, config_id))
    if not found:
        return None
    found = iter(found)
    version, slow, now, *newest = (next(found) for _name in _MORE)
    said = tuple(next(found) or default for default in SAID.values())
    referred = [next(found) for _field in _REFERRED]
    row_id, *values = found
    glase_endpoint.tell(env.cr, slow or {})
    row = env["glase.transaction"].browse(row_id)
    _cache(row, dict(zip(_ROW, values, strict=True)))
    for field, of_other in zip(_REFERRED, referred, strict=True):
        _cache(row[field], of_other)
    if not _may_ask(row.config_id):
        return None
    told = (values, _without_secret(referred))
    return Reading(row.sudo(), version, now, Newest(*newest, said), told)


def is_unchanged(reading):
    """Whether nothing has written the row since it was read."""
    return _VERSION.ask(reading.row.env.cr, (reading.row.id,)) == (reading.version,)


def _cache(record, values):
    for name, value in values.items():
        record._fields[name]._insert_cache(record, [value])


def _without_secret(referred):
    return [{**values, "password": None} for values in referred]


def _may_ask(config):
    """As :func:`.till.config_of` decides, without a query of its own."""
    mine = config.company_id.id in config.env.user._get_company_ids()
    return mine and config.has_access("read")


def _says_more(row):
    """Whether the view of a row that waits for its customer says what no poll reads."""
    return row.environment == SIMULATOR or row.original_id or not row.account_id.shop_name


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

    def _same_answer(self):
        """As :meth:`answer`; made anew only where something that it says is not as it was a moment ago."""
        row = self.row
        key, made_of = (self.env.cr.dbname, row.id), (self.env.lang, *self.reading.values)
        known_of, view = _told.get(key, (None, None))
        if known_of != made_of:
            view = self.answer()
            if not _says_more(row):
                _told[key] = made_of, view
        return {**view, "silence": row._silence(self.asked_at)}

    def ask(self):
        """Ask Glase once, and write down what says something new.

        The request's transaction is ended before; nothing is open while Glase thinks.

        :return: the row as the till sees it
        """
        row, exchange = self.row, Exchange(self.rows, ASK)
        call = exchange.bound(row.terminal_id, row.invoice_reference, row.invoice_version)
        view, judged = self._same_answer(), row._as_judged()
        seen = (row.till_seen_at, row.glase_seen_at)
        autonomous_transaction.end_request(self.env)
        heard = exchange.hear(row.id, call)
        verdict = state_machine.judge(judged, heard.evidence)
        said = polling.said(heard.evidence, heard.message)
        repeated = polling.is_repeated(self.newest, said, self._now(), judged, verdict)
        if not repeated or not is_unchanged(self.reading):
            # Something new; or somebody had to do with it meanwhile, and the till hears what he has left.
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
        again = glase_event.heard_again(heard, at)
        glase_event.keep(self.env.cr.dbname, self.newest.id, again)
        answered = heard.evidence.outcome == state_machine.ANSWER
        till_seen_at, glase_seen_at = seen
        is_due = (
            polling.is_due(till_seen_at or None, at)
            or polling.is_due(self.newest.last_time, at)
            or (answered and polling.is_due(glase_seen_at or None, at))
        )
        if not is_due and not glase_event.due(self.env.cr.dbname, at):
            return
        values = {"row": self.row.id, "now": at, "asked": self.asked_at}
        values["heard"] = at if answered else None

        def store(row):
            row.env.cr.execute(_SEEN, values, log_exceptions=False)
            for kind in verdict.cases:
                progress.open_case(kind, row)

        self._write(store)

    def _write(self, store):
        """Write in a transaction of the ledger's own, with what this process has kept in memory."""
        database, at = self.env.cr.dbname, self._now()
        repeated = glase_event.due(database, at, self.newest.id)

        def work(row):
            result = store(row)
            glase_event.write(row.env.cr, repeated, at)
            return result

        result = autonomous_transaction.with_records(self.rows.browse(self.row.id), work)
        glase_event.written(database, repeated)
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
