"""One read for one poll: the row, its registration, account, log-in and newest event, and the time.

A till asks each second. What its answer and the call to Glase are made of is fetched by one query into
the cache of the records, where everybody finds it; what is missing there Odoo reads as ever. The query
is prepared once a connection: to plan it takes five times as long as to run it.
"""

import re
import weakref
import zlib
from dataclasses import dataclass
from datetime import datetime

import psycopg2.errors

from ..accounts import glase_endpoint
from ..support import clock
from .glase_event import SAID

# By alias: the model, and the fields that a poll looks at.
_READ = {
    "t": (
        "glase.transaction",
        "line_uuid attempt kind state outcome create_date amount proposed_amount proposing currency_id"
        " terminal_id account_id config_id company_id environment original_id invoice_reference"
        " invoice_version qr_code ers_reference receipt_time receipt_amount receipt_currency sent_at"
        " paid_at scanned till_seen_at glase_seen_at cancel_wished_at cancel_code said_paid"
        " cancel_answered_at cancel_tries given_up_at next_try_at message forced_at",
    ),
    "l": (
        "glase.terminal",
        "account_id environment endpoint terminal_identifier password glase_id",
    ),
    "a": ("glase.account", "company_id environment bound_to certifying shop_name"),
    "u": ("res.currency", "name rounding decimal_places"),
    "p": ("pos.config", "active company_id"),
}
_FIELDS = [
    (alias, model, name)
    for alias, (model, names) in _READ.items()
    for name in ("id", *names.split())
]
_SAID = tuple(SAID)
_NOW = clock.NOW.replace("%s", f"'{clock.OFFSET_PARAMETER}'")
# What does not belong to a field: the row's version, the time, slow addresses, the newest event.
_SLOW = f"""(
    SELECT json_object_agg(
               url, json_build_array(slow, trials, EXTRACT(EPOCH FROM ({_NOW}) - tried_at)))
      FROM glase_endpoint WHERE slow > 0
)"""
_MORE = ("t.xmin::text", _SLOW, f"({_NOW})", "e.id", "e.time", "COALESCE(e.last_time, e.time)")
_QUERY = f"""
    SELECT {", ".join([*_MORE, *(f"e.{name}" for name in _SAID)])},
           {", ".join(f"{alias}.{name}" for alias, _model, name in _FIELDS)}
      FROM glase_transaction t
      JOIN glase_terminal l ON l.id = t.terminal_id
      JOIN glase_account a ON a.id = t.account_id
      JOIN res_currency u ON u.id = t.currency_id
      JOIN pos_config p ON p.id = t.config_id
      LEFT JOIN LATERAL (
           SELECT * FROM glase_event WHERE transaction_id = t.id ORDER BY id DESC LIMIT 1
           ) e ON TRUE
     WHERE t.line_uuid = $1 AND t.attempt = $2 AND t.config_id = $3
"""
# Beside the text of the query in its name: an update may bring another one to the same connection.
_NAME = f"pos_glase_poll_{zlib.crc32(_QUERY.encode())}"
_PREPARE = f"PREPARE {_NAME} (text, text, int) AS {_QUERY}; "
_EXECUTE = f"EXECUTE {_NAME} (%s, %s, %s)"
_UNPREPARED = re.sub(r"\$[123]", "%s", _QUERY)
_VERSION = "SELECT xmin::text FROM glase_transaction WHERE id = %s"

# What PostgreSQL says where a pooler gives each transaction another server's connection, and after an
# update has changed a column.
_NOT_KEPT = (
    psycopg2.errors.InvalidSqlStatementName,
    psycopg2.errors.DuplicatePreparedStatement,
    psycopg2.errors.FeatureNotSupported,
)
_prepared = weakref.WeakSet()
_may_prepare = True


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
    ``now``: of the ledger's clock.
    """

    row: object
    version: str
    now: datetime
    newest: Newest


def read(rows, config_id, line_uuid, attempt):
    """Read what a poll needs, if the till is one of who asks.

    :param rows: the ledger's, in the environment of the request
    :rtype: Reading
    :return: None where there is no such row, or it is not for who asks
    """
    env = rows.env
    found = _fetched(env.cr, (line_uuid, attempt, config_id))
    if not found:
        return None
    version, slow, now, *newest = found[: len(_MORE)]
    glase_endpoint.tell(env.cr, slow or {})
    said, values = found[len(_MORE) :][: len(_SAID)], found[len(_MORE) + len(_SAID) :]
    records = _cached(env, values)
    if not _may_ask(records["p"]):
        return None
    said = tuple(value or default for value, default in zip(said, SAID.values(), strict=True))
    return Reading(records["t"].sudo(), version, now, Newest(*newest, said))


def _fetched(cr, values):
    """The row that the query finds, or None."""
    global _may_prepare
    connection = cr.connection
    if _may_prepare:
        prepare = "" if connection in _prepared else _PREPARE
        try:
            cr.execute(prepare + _EXECUTE, values, log_exceptions=False)
            _prepared.add(connection)
            return cr.fetchone()
        except _NOT_KEPT:
            # Nothing was done yet in this transaction. It is planned anew each time from now on.
            _may_prepare = False
            cr.rollback()
    cr.execute(_UNPREPARED, values)
    return cr.fetchone()


def forget_prepared():
    """Prepare the query anew, as a process does that has just started."""
    global _may_prepare
    _may_prepare = True
    _prepared.clear()


def is_unchanged(reading):
    """Whether nothing has written the row since it was read."""
    cr = reading.row.env.cr
    cr.execute(_VERSION, (reading.row.id,))
    return cr.fetchone() == (reading.version,)


def _cached(env, values):
    """The records by alias, with the values in their cache."""
    records = {}
    for (alias, model, name), value in zip(_FIELDS, values, strict=True):
        if name == "id":
            records[alias] = env[model].browse(value)
        else:
            records[alias]._fields[name]._insert_cache(records[alias], [value])
    return records


def _may_ask(config):
    """As :func:`.till.config_of` decides, without a query of its own."""
    mine = config.company_id.id in config.env.user._get_company_ids()
    return mine and config.has_access("read")
