"""The rows of the ledger that orders and payments have: found, locked and linked; what was found is known from then on.

Odoo writes an order several times while it stores one, and each time the order is locked and proven
(``doc/ledger.md §2``, §6). A transaction reads from one snapshot, and nobody else changes a row that it
has locked: so what was found by the keys of orders and payments stands until this transaction changes a
key itself, ends, or goes back to a savepoint. Then it is found anew.
"""

from collections import defaultdict
from contextlib import contextmanager

from ..books import books_job
from ..support import autonomous_transaction

# In the cache of the cursor, which Odoo empties when a transaction ends or goes back to a savepoint.
_KEY = "pos_glase.known_rows"

FIND = """
    WITH asked AS MATERIALIZED (
        SELECT stored.id, stored.uuid FROM pos_order stored
         WHERE stored.id = ANY(%(orders)s) OR stored.uuid = ANY(%(order_uuids)s)
    ), paid AS MATERIALIZED (
        SELECT payment.id, payment.uuid, payment.pos_order_id FROM pos_payment payment
         WHERE payment.id = ANY(%(payments)s)
            OR payment.pos_order_id = ANY(ARRAY(SELECT asked.id FROM asked))
    ), found AS MATERIALIZED (
        SELECT id, line_uuid, payment_id, original_id, repeats_id FROM glase_transaction
         WHERE order_uuid = ANY(%(order_uuids)s || ARRAY(SELECT asked.uuid::text FROM asked))
            OR order_id = ANY(ARRAY(SELECT asked.id FROM asked))
            OR line_uuid = ANY(%(lines)s || ARRAY(SELECT paid.uuid::text FROM paid))
            OR payment_id = ANY(ARRAY(SELECT paid.id FROM paid))
    )
    SELECT (SELECT json_agg(json_build_array(asked.id, asked.uuid)) FROM asked),
           (SELECT json_agg(json_build_array(paid.id, paid.uuid, paid.pos_order_id)) FROM paid),
           (SELECT json_agg(json_build_array(
                       found.id, found.line_uuid, found.payment_id, found.original_id, found.repeats_id))
              FROM found),
           EXISTS (
               SELECT FROM glase_case
                WHERE state = 'open'
                  AND (order_id = ANY(ARRAY(SELECT asked.id FROM asked))
                       OR payment_id = ANY(ARRAY(SELECT paid.id FROM paid))
                       OR transaction_id = ANY(ARRAY(SELECT found.id FROM found))))
"""
# What the statement reads, and may not be written yet.
READ = {
    "pos.order": ("uuid",),
    "pos.payment": ("pos_order_id", "uuid"),
    "glase.transaction": ("line_uuid", "order_id", "order_uuid", "payment_id"),
    "glase.case": ("order_id", "payment_id", "state", "transaction_id"),
}


class KnownRows:
    """What this transaction knows of some orders and payments; see :func:`locked`."""

    def __init__(self, env, orders, payments, order_uuids, lines):
        for model, names in READ.items():
            env[model].flush_model(names)
        asked = {
            "orders": orders.ids,
            "payments": payments.ids,
            "order_uuids": list(order_uuids),
            "lines": list(lines),
        }
        env.cr.execute(FIND, asked)
        stored, paid, found, self.has_cases = env.cr.fetchone()
        stored = dict(stored or ())
        self._orders = set(stored)
        # Orders that may be made yet: then they have the payments that are made with them.
        self._unstored = {*order_uuids} - {*stored.values()}
        self._lines = {*lines}
        self._payments, self._of_order = set(), defaultdict(set)
        for payment, uuid, order in paid or ():
            self._lines.add(uuid)
            self._note(payment, order)
        # What may have a line, or be linked with a payment, and more: who asks looks at each.
        self._of_line, self._of_payment = defaultdict(set), defaultdict(set)
        self.row_ids, self.locked_ids = set(), set()
        self._note_rows(found or ())

    def _note_rows(self, found):
        for row, line, payment, *behind in found:
            self._of_line[line].add(row)
            self._of_payment[payment].add(row)
            self.row_ids.add(row)
            self.locked_ids |= {row, *behind} - {None}

    def _note(self, payment, order):
        self._payments.add(payment)
        self._of_order[order].add(payment)

    def covers(self, orders=(), payments=()):
        """Whether all rows, and all open cases, of these orders and payments are known."""
        for order in orders:
            if order.id not in self._orders:
                if not self._unstored or order.uuid not in self._unstored:
                    return False
                self._orders.add(order.id)
        return all(payment.id in self._payments for payment in payments)

    def payments_of(self, orders):
        """The ids of the payments of orders that are covered, the newest first."""
        found = (self._of_order.get(order, ()) for order in orders.ids)
        return sorted(set().union(*found), reverse=True)

    def rows_of(self, payments):
        """The ids of all rows that may have the line of one of these payments, or be linked with it."""
        found = set()
        for payment in payments:
            found |= self._of_payment.get(payment.id, set()) | self._of_line.get(
                payment.uuid, set()
            )
        return sorted(found)

    def add(self, payments):
        """Payments that were just made.

        :return: whether their rows are known, too
        """
        known = all(not payment.uuid or payment.uuid in self._lines for payment in payments)
        for payment in payments if known else ():
            self._note(payment.id, payment.pos_order_id.id)
        return known


def _known(env):
    return env.cr.cache.get(_KEY)


@contextmanager
def locked(env, orders=None, payments=None, order_uuids=(), lines=()):
    """Lock the rows of orders and of payments; who may end one of them does it in here.

    They are found by the ledger's own keys, and as superuser: not by what the caller may see
    (``doc/ledger.md §2``). They stay locked until the transaction ends, and are known in here.

    :param orders: orders whose rows are meant, whatever they are linked to
    :param payments: payments whose rows are meant
    :param order_uuids: of orders that may not be stored yet
    :param lines: uuids of payments that may not be stored yet
    """
    orders = (env["pos.order"] if orders is None else orders).sudo()
    payments = (env["pos.payment"] if payments is None else payments).sudo()
    unstored = [*order_uuids, *lines]
    if not _asks_more(env, orders, payments, unstored):
        yield
        return
    before = _known(env)
    own = KnownRows(env, orders, payments, order_uuids, lines)
    autonomous_transaction.lock(env["glase.transaction"].sudo().browse(sorted(own.locked_ids)))
    cache = env.cr.cache
    cache[_KEY] = own
    try:
        yield
    finally:
        # What was forgotten meanwhile stays forgotten, also by who began before.
        if cache.pop(_KEY, None) is own and before:
            cache[_KEY] = before


def _asks_more(env, orders, payments, unstored):
    """Whether anything is asked that is not known already."""
    known = _known(env)
    if unstored or not known:
        return bool(unstored or orders or payments)
    return not known.covers(orders, payments)


def forget(env):
    """This transaction has changed what rows, payments or cases are found by."""
    env.cr.cache.pop(_KEY, None)


def note_made(payments):
    """Payments were made: they are known with their rows, or nothing is known any more.

    :param payments: of ``pos.payment``, as the superuser
    """
    known = _known(payments.env)
    if known and not known.add(payments):
        forget(payments.env)


def claim_link(row, payment):
    """Link a row of the ledger with an order's payment, if nothing else has claimed it meanwhile.

    :return: whether it is linked with this payment now
    """
    row.ensure_one()
    known = _known(row.env)
    if known and row.id not in known.rows_of(payment.sudo()):
        forget(row.env)
    row.env.flush_all()
    row.env.cr.execute(
        "UPDATE glase_transaction SET payment_id = %s, order_id = %s"
        " WHERE id = %s AND payment_id IS NULL AND refund_claim IS NULL",
        (payment.id, payment.pos_order_id.id, row.id),
    )
    claimed = bool(row.env.cr.rowcount)
    row.invalidate_recordset(["payment_id", "order_id", "refund_claim"])
    if claimed:
        books_job.mark_due(row)
    return claimed


def lock(rows):
    """Lock these rows before how they end is read, with what they give back and repeat."""
    if not are_locked(rows):
        autonomous_transaction.lock(rows | rows.original_id | rows.repeats_id)


def are_locked(rows):
    """Whether this transaction has locked these rows already, with what they give back and repeat."""
    known = _known(rows.env)
    return bool(known) and known.row_ids.issuperset(rows.ids)


def payments_of(orders):
    """All payments of orders, as the superuser, the newest first.

    No rule, and nothing that was written to a payment, hides one.
    """
    payments, known = orders.env["pos.payment"].sudo(), _known(orders.env)
    if known and known.covers(orders.sudo()):
        return payments.browse(known.payments_of(orders))
    return payments.search([("pos_order_id", "in", orders.ids)])


def rows_about(payments, domain):
    """Rows of the ledger that a domain about the lines and the links of payments finds, by their ids.

    :param payments: of ``pos.payment``
    :param domain: what it finds has the line of one of them, or is linked with it
    """
    rows, known = payments.env["glase.transaction"].sudo(), _known(payments.env)
    if known and known.covers(payments=payments):
        found = rows.browse(known.rows_of(payments.sudo()))
        return found.with_prefetch(tuple(known.row_ids)).filtered_domain(domain)
    return rows.search(domain, order="id")


def open_cases(env, domain, orders=(), payments=()):
    """Open cases that a domain finds, which says that they are about these orders or payments.

    :param orders: of ``pos.order``, as the superuser
    :param payments: of ``pos.payment``
    """
    cases, known = env["glase.case"].sudo(), _known(env)
    if known and not known.has_cases and known.covers(orders, payments):
        return cases.browse()
    return cases.search([("state", "=", "open"), *domain])
