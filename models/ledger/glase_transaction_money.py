from odoo import api, models

from ...rules import giving_back
from ..books import books_job
from ..pos.bill import RETRY, REVERSING
from . import known_rows, row_money


class GlaseTransaction(models.Model):
    """Who has a row's money: links and claims (``doc/ledger.md §6, §12``)."""

    _inherit = "glase.transaction"

    @api.depends("state", "refund_ids.state", "receipt_amount", "amount")
    def _compute_refundable_amount(self):
        for row in self:
            row.refundable_amount = float(row_money.refundable(row))

    # === Whose it is ===

    def _claim_link(self, payment):
        """Link the row to an order's payment, if nothing else has claimed it meanwhile.

        :return: whether it is linked to this payment now
        """
        self.ensure_one()
        known_rows.note_linked(self, payment.sudo())
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE glase_transaction SET payment_id = %s, order_id = %s"
            " WHERE id = %s AND payment_id IS NULL AND refund_claim IS NULL",
            (payment.id, payment.pos_order_id.id, self.id),
        )
        claimed = bool(self.env.cr.rowcount)
        self.invalidate_recordset(["payment_id", "order_id", "refund_claim"])
        if claimed:
            books_job.mark_due(self)
        return claimed

    def _claim_for_refund(self, order_states):
        """Claim a paid row for a refund, unless an order has it: the loser of a race sees it.

        :param order_states: an order in one of these is not finished and does not count
        """
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE glase_transaction SET refund_claim = 'refund', payment_id = NULL
             WHERE id = %s AND refund_claim IS NULL
               AND (payment_id IS NULL OR payment_id IN (
                    SELECT payment.id FROM pos_payment payment
                      JOIN pos_order o ON o.id = payment.pos_order_id
                     WHERE o.state = ANY(%s)))
            """,
            (self.id, list(order_states)),
        )
        claimed = bool(self.env.cr.rowcount)
        self.invalidate_recordset(["refund_claim", "payment_id"])
        if claimed:
            self._draft_payments()._glase_write_proof({"payment_status": REVERSING})
            books_job.mark_due(self)
        return claimed

    def _release_claim(self):
        """The refund was not made: an order may have the payment after all."""
        self.ensure_one()
        standing = self.search_count(
            [("original_id", "=", self.id), ("state", "in", list(giving_back.STANDING))], limit=1
        )
        if self.refund_claim and not standing:
            self.write({"refund_claim": False})
            self._prove_payments()

    def _forget_payment(self):
        """What was given back before its order was finished is on that order no more."""
        self._draft_payments()._glase_write_proof(
            {
                "transaction_id": False,
                "payment_ref_no": False,
                "glase_paid_at": False,
                "card_type": False,
                "payment_status": RETRY,
            }
        )

    def _draft_payments(self):
        """The payments of this row's line, where their order is not finished."""
        return self.env["pos.payment"].search(
            [("uuid", "=", self.line_uuid), ("pos_order_id.state", "=", "draft")]
        )

    def _prove_payments(self):
        self.env["pos.payment"].search([("uuid", "in", self.mapped("line_uuid"))])._glase_prove()
