"""Glase's money in the books of a session (``doc/bookkeeping.md``).

What Glase took is counted by its ledger, never by a cashier: core lets a cashier type another sum
for each bank method when the register is closed, and books the difference as a loss or a profit.
For Glase that is neither asked nor booked.
"""

from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ..support import managers
from ..support.sentences import note

# Said in the language of whoever reads the session's history.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

WRITE_PERIODS = """
    WITH named AS (
        SELECT closed.session_id, period.id, period.identifier
          FROM glase_period period
          JOIN glase_period_session_rel closed ON closed.period_id = period.id
         WHERE closed.session_id = ANY(%(sessions)s)
        UNION
        SELECT payment.session_id, period.id, period.identifier
          FROM pos_payment payment
          JOIN glase_transaction row ON row.payment_id = payment.id
          JOIN glase_period period ON period.id = row.period_id
         WHERE payment.session_id = ANY(%(sessions)s)
        UNION
        SELECT row.session_id, period.id, period.identifier
          FROM glase_transaction row
          JOIN glase_period period ON period.id = row.period_id
         WHERE row.session_id = ANY(%(sessions)s) AND row.payment_id IS NULL
    ), listed AS (
        SELECT session_id, string_agg(identifier, ', ' ORDER BY id) AS identifiers
          FROM named WHERE identifier <> '' GROUP BY session_id
    )
    UPDATE account_move move
       SET glase_period = COALESCE(
               (SELECT period.identifier FROM glase_transaction row
                  JOIN glase_period period ON period.id = row.period_id
                 WHERE row.payment_id = booked.glase_pos_payment_id),
               listed.identifiers)
      FROM listed, account_payment booked, pos_payment_method method
     WHERE move.id = booked.move_id
       AND booked.pos_session_id = listed.session_id
       AND listed.session_id = ANY(%(sessions)s)
       AND method.id = booked.pos_payment_method_id
       AND method.use_payment_terminal = 'glase'
"""


def counted_methods(session):
    """The payment methods of a session that nobody counts, because Glase's ledger does."""
    return session.payment_method_ids.filtered(
        lambda method: method.sudo().use_payment_terminal == "glase"
    )


def without_counts(session, diffs):
    """Drop what somebody counted for Glase.

    :param dict diffs: counted differences by the id of the payment method, or None
    :rtype: dict
    """
    glase = counted_methods(session).ids
    return {method: diff for method, diff in (diffs or {}).items() if int(method) not in glase}


def mark_uncounted(session, closing_data):
    """Let the closing popup ask no count for Glase.

    Its methods get a type of their own there: the popup counts the type *bank* only.

    :param dict closing_data: what ``get_closing_control_data`` returns; changed here
    """
    glase = counted_methods(session).ids
    for method in closing_data["non_cash_payment_methods"]:
        if method["id"] in glase:
            method["type"] = "glase"


def tell_dropped_counts(session, diffs):
    """Say in the session's history what somebody counted for Glase and what is not booked."""
    kept = without_counts(session, diffs)
    written = managers.for_reader(session).currency_id.format
    dropped = [
        written(diff)
        for method, diff in (diffs or {}).items()
        if method not in kept and not session.currency_id.is_zero(diff)
    ]
    if dropped:
        words = _lt(
            "A difference of %s was counted for Glase. It was not booked: what Glase took is "
            "counted by its ledger.",
            ", ".join(dropped),
        )
        note(session.sudo(), words, session)


def book_apart(session, payment_method, lines):
    """Book a day that gives back more than it takes with Glase on two accounts, as any other day.

    Core books both lines of its payment on the outstanding account then: it swaps the two accounts,
    and Odoo computes one of them anew. Glase's account would keep what was given back.

    :param payment_method: whose combined payment core has just booked
    :param lines: what core's ``_create_combine_account_payment`` returned
    :return: the lines that the session reconciles
    """
    if payment_method.use_payment_terminal != "glase":
        return lines
    of_method = [("pos_session_id", "=", session.id)]
    of_method.append(("pos_payment_method_id", "=", payment_method.id))
    booked = session.env["account.payment"].search(of_method, order="id desc", limit=1)
    if booked.outstanding_account_id != booked.destination_account_id:
        return lines
    receivable = session._get_receivable_account(payment_method)
    booked.action_draft()
    counterpart = booked.move_id.line_ids.filtered(lambda line: line.balance > 0)
    counterpart.account_id = receivable
    booked.destination_account_id = receivable
    booked.action_post()
    return booked.move_id.line_ids.filtered(lambda line: line.account_id == receivable)


def name_payment(payment, lines):
    """Let a payment per customer carry Glase's reference.

    :param payment: of ``pos.payment``
    :param lines: what core's ``_create_split_account_payment`` has booked for it
    """
    if payment._is_glase():
        booked = lines.move_id.origin_payment_id
        booked.sudo().glase_pos_payment_id = payment
        write_reference(payment)


def write_periods(sessions):
    """Write the ids of their transaction periods to what these sessions have booked.

    A payment of its own gets the period that its row was reported in as soon as it is known;
    until then, and the combined payment of a session, gets all periods of that session.
    """
    if not sessions:
        return
    env = sessions.env
    env.flush_all()
    env.cr.execute(WRITE_PERIODS, {"sessions": sessions.ids})
    env["account.payment"].invalidate_model(["glase_period"])
    env["account.move"].invalidate_model(["glase_period"])


def write_periods_of(periods):
    """Write the ids of transaction periods to all that was booked for the money in them."""
    write_periods(_closed_sessions(periods))
    name_in_corrections(periods)


def name_in_corrections(periods):
    """Write the ids of transaction periods to the corrections for the rows that they reported."""
    periods.env.cr.execute(
        """
        UPDATE account_move move SET glase_period = period.identifier
          FROM glase_transaction row JOIN glase_period period ON period.id = row.period_id
         WHERE move.glase_transaction_id = row.id AND period.id = ANY(%s)
           AND period.identifier <> ''
        """,
        (periods.ids,),
    )
    periods.env["account.move"].invalidate_model(["glase_period"])


def _closed_sessions(periods):
    """The closed sessions that have money in these periods."""
    env = periods.env
    env.flush_all()
    env.cr.execute(
        """
        SELECT DISTINCT COALESCE(payment.session_id, row.session_id)
          FROM glase_transaction row
          LEFT JOIN pos_payment payment ON payment.id = row.payment_id
         WHERE row.period_id = ANY(%s)
        """,
        (periods.ids,),
    )
    found = [session_id for (session_id,) in env.cr.fetchall() if session_id]
    sessions = periods.session_ids | env["pos.session"].browse(found)
    return sessions.filtered(lambda session: session.state == "closed")


def write_reference(payments):
    """Write Glase's reference to the entries that were made for one of these payments alone."""
    for payment in payments.sudo().filtered(lambda payment: payment._is_glase()):
        reference = payment.transaction_id or False
        own = payment.env["account.payment"].sudo()
        own = own.search([("glase_pos_payment_id", "=", payment.id)])
        for move in own.move_id | payment.account_move_id:
            if (move.glase_reference or False) != reference:
                move.sudo().glase_reference = reference


def refuse_removal(payments):
    """A Glase payment that is in the books of a closed session, or in a chain of hashes, is not removed.

    :raises UserError: for such a payment
    """
    for payment in payments:
        order = payment.pos_order_id
        # Of `l10n_fr_pos_cert`, where it is installed: the hash of an order is made of its payments, too.
        if "l10n_fr_hash" in order._fields and order.l10n_fr_hash and payment._is_glase():
            raise UserError(
                payment.env._(
                    "By French law this Glase payment stays in its order: refund the order instead."
                )
            )
        finished = order.state not in ("draft", "cancel")
        if finished and payment._is_glase() and payment.session_id.state == "closed":
            raise UserError(
                payment.env._(
                    "This Glase payment is in the books of a closed session: refund its order "
                    "instead."
                )
            )
