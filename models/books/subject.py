"""What the books are kept for: a row of the ledger, or a payment of an order that nothing proves.

Both are booked by the same rules (:class:`~.booking.Booking`); what differs is here.
"""

import dataclasses
from decimal import ROUND_HALF_UP, Decimal

from odoo.exceptions import UserError

from ...rules import case_kinds, state_machine, suspense_due
from ..ledger import row_money


def exact(amount):
    """An amount as the database has it, of which Odoo makes a float.

    :rtype: Decimal
    """
    return Decimal(str(amount))


def _rounded(amount, digits):
    # As PostgreSQL rounds: what it calls due must be due here, too.
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _known_of(payment):
    """What the rule must know of a payment of an order, if there is one."""
    if not payment:
        return {}
    return {
        "payment": exact(payment.amount),
        "payment_session": payment.session_id.state,
        "is_glase": payment._is_glase(),
        "order": payment.pos_order_id.state,
    }


class RowSubject:
    """A row of the ledger.

    :cvar str link: the field of a journal entry that names its subject
    """

    link = "glase_transaction_id"

    def __init__(self, row):
        self.record, self.env = row, row.env

    def rounded(self, amount):
        """An exact amount as the subject's books have it.

        :rtype: Decimal
        """
        return _rounded(amount, self.record.currency_id.decimal_places)

    def known(self):
        """What the rule about the books must know.

        :rtype: suspense_due.Subject
        """
        row = self.record
        return suspense_due.Subject(
            kind=row.kind,
            state=row.state,
            taken=exact(row_money.taken_amount(row)),
            session=row.session_id.state or None,
            **_known_of(row.payment_id),
        )

    def family(self):
        """This payment with its refunds: on the suspense account they clear each other."""
        root = self.record.original_id or self.record
        return root | root.refund_ids

    def method(self):
        """The payment method whose accounts this row is booked on.

        :raises UserError: if the company has none in the row's currency any more
        """
        row = self.record
        own = row.payment_id.payment_method_id
        if own.use_payment_terminal == "glase":
            return own
        found = (
            self.env["pos.payment.method"]
            .with_context(active_test=False)
            .search(
                [("use_payment_terminal", "=", "glase"), ("company_id", "=", row.company_id.id)],
                order="active desc, id",
            )
            .filtered(lambda method: method._glase_currency() == row.currency_id)
        )
        if not found:
            raise UserError(
                self.env._(
                    "%(company)s has no Glase payment method in %(currency)s, so there is no "
                    "account to book this on.",
                    company=row.company_id.name,
                    currency=row.currency_id.name,
                )
            )
        return found[0]

    def words(self):
        """What an entry is about, for the bookkeeper."""
        name = self.record.ers_reference or self.record.display_name
        if self.record.kind == state_machine.REFUND:
            return self.env._("Glase refund without an order: %s", name)
        return self.env._("Glase payment without an order: %s", name)

    def references(self):
        """Glase's reference and the id of its transaction period."""
        return self.record.ers_reference, self.record.period_id.identifier

    def moved_at(self):
        """When the money moved: a naive UTC datetime."""
        return self.record.paid_at or self.record.ended_at or self.record.create_date

    def mark(self, **values):
        """Write the marks of the books; the row is not due again by that."""
        self.record.write({f"books_{name}": value for name, value in values.items()})


class PaymentSubject:
    """A payment of an order that nothing proves; see :class:`RowSubject`."""

    link = "glase_payment_id"

    def __init__(self, payment):
        self.record, self.env = payment, payment.env

    def rounded(self, amount):
        return _rounded(amount, suspense_due.PAYMENT_DIGITS)

    def known(self):
        known = suspense_due.Subject(**_known_of(self.record))
        rows = self.env["glase.transaction"]
        linked = rows.search_count([("payment_id", "=", self.record.id)], limit=1)
        # What a row is linked to is that row's to book.
        return dataclasses.replace(known, payment=Decimal(0)) if linked else known

    def family(self):
        return self.record

    def method(self):
        return self.record.payment_method_id

    def words(self):
        order = self.record.pos_order_id.display_name
        return self.env._("Glase payment not proven: %s", order)

    def references(self):
        return self.record.transaction_id, False

    def moved_at(self):
        return self.record.payment_date

    def mark(self, **values):
        """Write the marks past the guard against what others claim."""
        marks = {f"glase_books_{name}": value for name, value in values.items()}
        self.record._glase_write_marks(marks)


_SUBJECTS = {case_kinds.ROW: RowSubject, case_kinds.ORDER_PAYMENT: PaymentSubject}


def subject_of(record):
    """What the books keep of a record.

    :param record: one row of the ledger, or one payment of an order
    """
    record.ensure_one()
    return _SUBJECTS[record._name](record)


# Where each row of the ledger is booked: the payment per customer; else the session's combined
# payment; else the newest correction, of the row or of its order's payment that nothing proves. Of
# its lines the one on Glase's account: core exchanges the
# two accounts of a payment that gives money back, and the method's own may have been exchanged since.
JOURNAL_ITEMS = """
    SELECT DISTINCT ON (entry.row_id) entry.row_id, item.id
      FROM (
        SELECT row.id AS row_id, own.move_id, 1 AS rank
          FROM glase_transaction row
          JOIN account_payment own ON own.glase_pos_payment_id = row.payment_id
        UNION ALL
        SELECT row.id, combined.move_id, 2
          FROM glase_transaction row
          JOIN pos_payment payment ON payment.id = row.payment_id
          JOIN account_payment combined
            ON combined.pos_session_id = payment.session_id
           AND combined.pos_payment_method_id = payment.payment_method_id
           AND combined.glase_pos_payment_id IS NULL
        UNION ALL
        SELECT glase_transaction_id, id, 3 FROM account_move
        UNION ALL
        SELECT row.id, correction.id, 3
          FROM glase_transaction row
          JOIN pos_payment unproven
            ON unproven.uuid = row.line_uuid AND unproven.glase_unverified
          JOIN account_move correction ON correction.glase_payment_id = unproven.id
      ) entry
      JOIN account_move_line item
        ON item.move_id = entry.move_id AND item.parent_state = 'posted'
      JOIN account_account account ON account.id = item.account_id
     WHERE entry.row_id = ANY(%s)
     ORDER BY entry.row_id, entry.rank,
              EXISTS (SELECT FROM pos_payment_method method
                       WHERE method.outstanding_account_id = account.id
                         AND method.use_payment_terminal = 'glase') DESC,
              account.account_type = 'asset_receivable', item.id DESC
"""


def journal_items(rows):
    """The item on Glase's account of what was booked for rows of the ledger.

    :param rows: of ``glase.transaction``
    :return: ids of ``account.move.line`` by the id of a row; nothing for what is not booked yet
    :rtype: dict
    """
    if not rows.ids:
        return {}
    rows.env.flush_all()
    rows.env.cr.execute(JOURNAL_ITEMS, (rows.ids,))
    return dict(rows.env.cr.fetchall())
