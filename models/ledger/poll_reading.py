"""One read for one poll: the row, its registration, account, log-in and newest event, and the time.

A till asks each second. What its answer and the call to Glase are made of is fetched by one query into
the cache of the records, where everybody finds it; what is missing there Odoo reads as ever. What the
row refers to comes as a value of its own: to find the order of joins takes longer than all of the rest.
"""

from dataclasses import dataclass
from datetime import datetime

from ..accounts import glase_endpoint
from ..support import clock
from .glase_event import SAID

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
_QUERY = f"""
    SELECT {", ".join([*_MORE, *(f"e.{name}" for name in _SAID)])},
           {", ".join(f"({query})" for query in _REFERRED.values())},
           t.id, {", ".join(f"t.{name}" for name in _ROW)}
      FROM glase_transaction t
      LEFT JOIN LATERAL (
           SELECT * FROM glase_event WHERE transaction_id = t.id ORDER BY id DESC LIMIT 1
           ) e ON TRUE
     WHERE t.line_uuid = %s AND t.attempt = %s AND t.config_id = %s
"""
_VERSION = "SELECT xmin::text FROM glase_transaction WHERE id = %s"


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
    env.cr.execute(_QUERY, (line_uuid, attempt, config_id))
    found = env.cr.fetchone()
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
    for field, values in zip(_REFERRED, referred, strict=True):
        _cache(row[field], values)
    if not _may_ask(row.config_id):
        return None
    return Reading(row.sudo(), version, now, Newest(*newest, said))


def is_unchanged(reading):
    """Whether nothing has written the row since it was read."""
    cr = reading.row.env.cr
    cr.execute(_VERSION, (reading.row.id,))
    return cr.fetchone() == (reading.version,)


def _cache(record, values):
    for name, value in values.items():
        record._fields[name]._insert_cache(record, [value])


def _may_ask(config):
    """As :func:`.till.config_of` decides, without a query of its own."""
    mine = config.company_id.id in config.env.user._get_company_ids()
    return mine and config.has_access("read")
