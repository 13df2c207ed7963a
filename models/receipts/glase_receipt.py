from odoo import api, fields, models

from ..accounts.glase_account import RECEIPT_OFF
from ..pos.res_users import MANAGERS
from ..support import clock, cron
from ..support.public_method import public

WAITING, SENDING, SUBMITTED, FAILED = "waiting", "sending", "submitted", "failed"
STATES = [
    (WAITING, "Waiting"),
    (SENDING, "Being submitted"),
    (SUBMITTED, "Submitted"),
    (FAILED, "Given up"),
]


class GlaseReceipt(models.Model):
    """The receipt of one payment or refund, on its way to Glase (``doc/protocol.md §4.12``).

    Made in the transaction in which the order of the payment is finished; all that talks with
    Glase happens later, in a scheduled job. Whatever becomes of it, the sale stands.
    """

    _name = "glase.receipt"
    _description = "Receipt for Glase"
    _inherit = ["pos_glase.kept"]
    _order = "id desc"
    _rec_name = "transaction_id"

    transaction_id = fields.Many2one(
        "glase.transaction", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    state = fields.Selection(STATES, default=WAITING, required=True, readonly=True, index=True)
    order_id = fields.Many2one(related="transaction_id.order_id")
    kind = fields.Selection(related="transaction_id.kind")
    ers_reference = fields.Char(related="transaction_id.ers_reference")
    tries = fields.Integer(readonly=True)
    next_try_at = fields.Datetime(readonly=True)
    submitted_at = fields.Datetime("Submitted", readonly=True)
    message = fields.Char("Last Message", readonly=True)

    _transaction_unique = models.UniqueIndex(
        "(transaction_id)", "This payment has a receipt for Glase already."
    )
    _due = models.Index("(next_try_at) WHERE state IN ('waiting', 'sending')")

    @api.model
    def _queue(self, row):
        """Put the receipt of a row of the ledger into the queue, unless it is there already.

        :param row: a paid or refunded ``glase.transaction`` whose order is finished
        """
        if row.account_id.sudo().receipt_mode == RECEIPT_OFF or not row.ers_reference:
            return
        self.env.cr.execute(
            """
            INSERT INTO glase_receipt (transaction_id, company_id, state, tries, next_try_at)
            VALUES (%s, %s, 'waiting', 0, %s) ON CONFLICT DO NOTHING
            """,
            (row.id, row.company_id.id, clock.now(self.env.cr)),
        )
        if self.env.cr.rowcount:
            self._wake()

    @api.model
    def _wake(self):
        cron.wake(self.env, "cron_receipts")

    @public(group=MANAGERS, many=True)
    def action_retry(self):
        """Try again now what was given up, or waits for its next try.

        :raises AccessError: for anyone but a Point of Sale administrator
        """
        again = self.sudo().filtered(lambda receipt: receipt.state in (WAITING, FAILED))
        again.write({"state": WAITING, "tries": 0, "next_try_at": clock.now(self.env.cr)})
        self._wake()
