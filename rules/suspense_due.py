"""What the books must be corrected by: one rule, and the same in SQL for all that is due at once.

For each subject (a ledger row, or a Glase payment of an order that no row proves) Glase's outstanding
account must be corrected by **what Glase has really moved for it minus what its session has booked**
(``doc/ledger.md §19``). Both are sums in the currency of the row; refunds are negative.

The SQL says the same with the same words; a test compares the two for every subject there may be.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from . import state_machine, taken

# States of a row for which Glase has moved money, and the sign of each kind.
MOVED = (state_machine.PAID, state_machine.REFUNDED)
SIGN = {state_machine.PAYMENT: 1, state_machine.REFUND: -1}
# What Odoo calls a session that is over, and orders that are in no books.
CLOSED = "closed"
NOT_BOOKED = ("draft", "cancel")
# A payment that nothing proves is compared to so many decimals, whatever its currency has.
PAYMENT_DIGITS = 6


@dataclass(frozen=True)
class Subject:
    """What is known of a ledger row and of the order's payment that it is linked to.

    A payment that no row proves is a subject without a row: it has no kind and no state.

    :ivar kind: of the row, or None
    :ivar state: of the row, or None
    :ivar Decimal taken: what Glase took; see ``rules/taken.py``
    :ivar session: state of the row's session, or None without one
    :ivar payment: amount (Decimal) of the order's payment, or None without one
    :ivar payment_session: state of the payment's session
    :ivar bool is_glase: whether the payment's method is Glase
    :ivar order: state of the payment's order
    """

    kind: str | None = None
    state: str | None = None
    taken: Decimal = Decimal(0)
    session: str | None = None
    payment: Decimal | None = None
    payment_session: str | None = None
    is_glase: bool = False
    order: str | None = None

    def ended(self):
        """Whether all sessions of it are over: what is due does not change by a closing any more."""
        own = self.session in (None, CLOSED)
        return own and (self.payment is None or self.payment_session == CLOSED)

    def stands(self):
        """What Glase has moved for it, once a session of it is over.

        :rtype: Decimal
        """
        sessions = {self.session, self.payment_session} - {None}
        if self.state not in MOVED or (sessions and CLOSED not in sessions):
            return Decimal(0)
        return SIGN[self.kind] * self.taken

    def posted(self):
        """What a closed session has booked for it.

        :rtype: Decimal
        """
        booked = self.payment_session == CLOSED and self.order not in NOT_BOOKED
        return self.payment if booked and self.is_glase else Decimal(0)

    def correction(self):
        """What Glase's outstanding account must show more.

        :rtype: Decimal
        """
        return self.stands() - self.posted()


# === The same in SQL ===


def _listed(words):
    return ", ".join(f"'{word}'" for word in words)


_SIGNS = " ".join(f"WHEN '{kind}' THEN {sign}" for kind, sign in SIGN.items())

# Of ``subject`` (a ledger row), ``own`` (its session), ``payment``, ``posted`` (the payment's session),
# ``method`` and ``sale`` (the payment's order).
ENDED = f"""
    (subject.session_id IS NULL OR own.state = '{CLOSED}')
        AND (payment.id IS NULL OR posted.state = '{CLOSED}')
"""
STANDS = f"""
    CASE WHEN subject.state IN ({_listed(MOVED)})
          AND (own.state = '{CLOSED}' OR posted.state = '{CLOSED}'
               OR subject.session_id IS NULL AND payment.id IS NULL)
         THEN CASE subject.kind {_SIGNS} END * {taken.sql("subject", "currency")}
         ELSE 0 END
"""
POSTED = f"""
    CASE WHEN posted.state = '{CLOSED}' AND method.use_payment_terminal = 'glase'
          AND sale.state NOT IN ({_listed(NOT_BOOKED)})
         THEN payment.amount ELSE 0 END
"""
# What of a subject our own entries have booked already.
BOOKED = """
    COALESCE((SELECT SUM(move.glase_amount) FROM account_move move
               WHERE move.{link} = {subject}.id AND move.state = 'posted'), 0)
"""

# Queries with a condition to fill in. Columns: id, failed_at, ended (all sessions have), correction,
# booked; of rows also stands (what Glase moved) and posted (what the session booked).
ROWS = f"""
    SELECT *, ROUND(stands - posted, decimal_places) AS correction
      FROM (
        SELECT subject.id, subject.books_failed_at AS failed_at, currency.decimal_places,
               {ENDED} AS ended, {STANDS} AS stands, {POSTED} AS posted,
               ROUND({BOOKED.format(link="glase_transaction_id", subject="subject")},
                     currency.decimal_places) AS booked
          FROM glase_transaction subject
          JOIN res_currency currency ON currency.id = subject.currency_id
          LEFT JOIN pos_session own ON own.id = subject.session_id
          LEFT JOIN pos_payment payment ON payment.id = subject.payment_id
          LEFT JOIN pos_session posted ON posted.id = payment.session_id
          LEFT JOIN pos_order sale ON sale.id = payment.pos_order_id
          LEFT JOIN pos_payment_method method ON method.id = payment.payment_method_id
         WHERE {{condition}}
      ) subjects
"""
# A payment that a row is linked to is that row's to book.
PAYMENTS = f"""
    SELECT payment.id, payment.glase_books_failed_at AS failed_at,
           posted.state = '{CLOSED}' AS ended,
           ROUND(CASE WHEN EXISTS (SELECT 1 FROM glase_transaction row
                                    WHERE row.payment_id = payment.id)
                      THEN 0 ELSE -({POSTED}) END, {PAYMENT_DIGITS}) AS correction,
           ROUND({BOOKED.format(link="glase_payment_id", subject="payment")},
                 {PAYMENT_DIGITS}) AS booked
      FROM pos_payment payment
      JOIN pos_order sale ON sale.id = payment.pos_order_id
      JOIN pos_session posted ON posted.id = payment.session_id
      JOIN pos_payment_method method ON method.id = payment.payment_method_id
     WHERE {{condition}}
"""


class Statements(NamedTuple):
    """What is asked about the subjects of one model.

    :ivar forget: takes the mark off all whose sessions have ended and whose books are even
    :ivar due: ids that must be booked, those that failed before a moment last; at most so many
    """

    forget: str
    due: str


def _statements(query, table, mark, alias):
    marked = query.format(condition=f"{alias}.{mark}")
    return Statements(
        forget=f"""
            UPDATE {table} SET {mark} = FALSE
             WHERE id IN (SELECT id FROM ({marked}) due WHERE ended AND correction = booked)
            """,
        due=f"""
            SELECT id FROM ({marked}) due
             WHERE correction <> booked AND (failed_at IS NULL OR failed_at < %s)
             ORDER BY failed_at NULLS FIRST, id
             LIMIT %s
            """,
    )


# The queries are texts of this file alone: what differs from call to call are their parameters.
SUBJECTS = {
    "glase.transaction": _statements(ROWS, "glase_transaction", "books_due", "subject"),
    "pos.payment": _statements(PAYMENTS, "pos_payment", "glase_books_due", "payment"),
}
