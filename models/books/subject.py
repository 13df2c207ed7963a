from odoo import api, fields, models
from odoo.exceptions import UserError

from ...rules import state_machine
from ..support import cron

# A change of one of these may change what the books must show for a row.
MONEY = frozenset(
    {
        "amount",
        "kind",
        "payment_id",
        "proposing",
        "receipt_amount",
        "receipt_currency",
        "session_id",
        "state",
    }
)


class GlaseTransaction(models.Model):
    """Which rows the books must be compared with (``doc/ledger.md §19``).

    A row is *due* from its first moment until it was compared after the end of its sessions, and
    again after each change of its money or its order. The comparison is set-based and looks at due
    rows only: what is settled costs nothing.
    """

    _inherit = "glase.transaction"

    books_due = fields.Boolean(
        "To Be Compared with the Books", default=True, readonly=True, copy=False
    )
    books_failed_at = fields.Datetime("Could not Be Booked", readonly=True, copy=False)
    book_move_ids = fields.One2many(
        "account.move",
        "glase_transaction_id",
        "Journal Entries",
        readonly=True,
        groups="account.group_account_readonly,account.group_account_invoice",
    )

    _books_due = models.Index("(id) WHERE books_due")

    def write(self, vals):
        """Override: a change of the money or its order makes the row due."""
        if not MONEY & set(vals):
            return super().write(vals)
        result = super().write({**vals, "books_due": True})
        self._wake_books()
        return result

    def _claim_link(self, payment):
        """Override: the row has an order now, so the books may change."""
        claimed = super()._claim_link(payment)
        if claimed:
            self.books_due = True
            self._wake_books()
        return claimed

    def _claim_for_refund(self, order_states):
        """Override: the row has no order any more, so the books may change."""
        claimed = super()._claim_for_refund(order_states)
        if claimed:
            self.books_due = True
            self._wake_books()
        return claimed

    def _wake_books(self):
        """Let the job book at once what no closing will book; the rest waits for its closing."""
        for row in self:
            moved = row.state in (state_machine.PAID, state_machine.REFUNDED) or row.payment_id
            if moved and row.session_id.state in (False, "closed"):
                self._trigger_books()
                return

    @api.model
    def _trigger_books(self):
        cron.wake(self.env, "cron_books")


class PosPayment(models.Model):
    """Payments of orders that nothing proves are booked back to the suspense account."""

    _inherit = "pos.payment"

    glase_books_due = fields.Boolean("To Be Compared with the Books", readonly=True, copy=False)
    glase_books_failed_at = fields.Datetime("Could not Be Booked", readonly=True, copy=False)

    _glase_books_due = models.Index("(id) WHERE glase_books_due")

    def _glase_write_proof(self, values):
        """Override: proven or not, the books must be compared with it."""
        result = super()._glase_write_proof({**values, "glase_books_due": True})
        if any(payment.session_id.state == "closed" for payment in self):
            self.env["glase.transaction"]._trigger_books()
        return result

    def _glase_write_marks(self, values):
        """Write marks of the books: they are no proof, and do not make the payment due again."""
        # pylint: disable-next=super-method-mismatch
        return super()._glase_write_proof(values)

    @api.ondelete(at_uninstall=False)
    def _glase_unlink_never_when_booked(self):
        for payment in self:
            finished = payment.pos_order_id.state not in ("draft", "cancel")
            if finished and payment._is_glase() and payment.session_id.state == "closed":
                raise UserError(
                    self.env._(
                        "This Glase payment is in the books of a closed session: refund its order "
                        "instead."
                    )
                )
