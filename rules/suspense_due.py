"""What the books must be corrected by, told by SQL for rows and payments that are due.

For each subject (a ledger row, or a Glase payment of an order that no row proves) Glase's outstanding
account must be corrected by **what Glase has really moved for it minus what its session has booked**
(``doc/ledger.md §19``). Both are sums in the currency of the row; refunds are negative.
"""

from typing import NamedTuple

# What of a subject our own entries have booked already.
BOOKED = """
    COALESCE((SELECT SUM(move.glase_amount) FROM account_move move
               WHERE move.{link} = {subject}.id AND move.state = 'posted'), 0)
"""

# Queries with a condition to fill in. Columns: id, failed_at, ended (all sessions have), correction,
# booked; of rows also stands (what Glase moved) and posted (what the session booked). What a receipt
# in another currency took, or none while the amount was being changed, is not known: nothing stands
# for it (see `_taken_amount`).
ROWS = f"""
    SELECT *, ROUND(stands - posted, decimal_places) AS correction
      FROM (
        SELECT subject.id, subject.books_failed_at AS failed_at, currency.decimal_places,
               (subject.session_id IS NULL OR own.state = 'closed')
                   AND (payment.id IS NULL OR posted.state = 'closed') AS ended,
               CASE WHEN subject.state IN ('paid', 'refunded')
                     AND (own.state = 'closed' OR posted.state = 'closed'
                          OR subject.session_id IS NULL AND payment.id IS NULL)
                    THEN CASE subject.kind WHEN 'refund' THEN -1 ELSE 1 END
                       * CASE WHEN subject.proposing IS TRUE
                                OR subject.receipt_currency <> currency.name THEN 0
                              WHEN subject.receipt_currency <> '' THEN subject.receipt_amount
                              ELSE subject.amount END
                    ELSE 0 END AS stands,
               CASE WHEN posted.state = 'closed' AND method.use_payment_terminal = 'glase'
                     AND sale.state NOT IN ('draft', 'cancel')
                    THEN payment.amount ELSE 0 END AS posted,
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

PAYMENTS = f"""
    SELECT subject.id, subject.glase_books_failed_at AS failed_at,
           posted.state = 'closed' AS ended,
           ROUND(
               CASE WHEN posted.state = 'closed' AND method.use_payment_terminal = 'glase'
                     AND sale.state NOT IN ('draft', 'cancel')
                     AND NOT EXISTS (SELECT 1 FROM glase_transaction row
                                      WHERE row.payment_id = subject.id)
                    THEN -subject.amount ELSE 0 END,
               6) AS correction,
           ROUND({BOOKED.format(link="glase_payment_id", subject="subject")}, 6) AS booked
      FROM pos_payment subject
      JOIN pos_order sale ON sale.id = subject.pos_order_id
      JOIN pos_session posted ON posted.id = subject.session_id
      JOIN pos_payment_method method ON method.id = subject.payment_method_id
     WHERE {{condition}}
"""


class Statements(NamedTuple):
    """What is asked about the subjects of one model."""

    forget: str
    due: str
    one: str


def _statements(query, table, mark):
    marked = query.format(condition=f"subject.{mark}")
    one = query.format(condition="subject.id = %s")
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
        one=f"SELECT correction::text, booked::text, ended FROM ({one}) one",
    )


# The queries are texts of this file alone: what differs from call to call are their parameters.
SUBJECTS = {
    "glase.transaction": _statements(ROWS, "glase_transaction", "books_due"),
    "pos.payment": _statements(PAYMENTS, "pos_payment", "glase_books_due"),
}


def forget_even(cr, model):
    """Take the mark off all subjects whose sessions have ended and whose books are even.

    :param str model: a key of :data:`SUBJECTS`
    """
    cr.execute(SUBJECTS[model].forget)  # pylint: disable=sql-injection


def due(cr, model, limit, failed_before):
    """The ids of subjects that must be booked, those that have failed before last.

    :param str model: a key of :data:`SUBJECTS`
    :param int limit: at most so many
    :param datetime failed_before: what has failed since then is left for the next run
    """
    cr.execute(SUBJECTS[model].due, (failed_before, limit))  # pylint: disable=sql-injection
    return [subject_id for (subject_id,) in cr.fetchall()]


def correction(cr, model, subject_id):
    """What the books must be corrected by for one subject, and what is booked of it.

    :return: two exact decimal numbers as text, and whether all of its sessions have ended
    """
    cr.execute(SUBJECTS[model].one, (subject_id,))  # pylint: disable=sql-injection
    return cr.fetchone()
