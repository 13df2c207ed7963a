from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..support.evidence import kept_words, refuse_system_fields

SYSTEM_FIELDS = frozenset(
    {
        "glase_transaction_id",
        "glase_payment_id",
        "glase_amount",
        "glase_reference",
        "glase_period",
    }
)

# What of an entry of the module's nobody changes by hand, beside its lines.
FROZEN = frozenset({"date", "journal_id", "line_ids"})


class AccountMove(models.Model):
    """Journal entries that the module makes, and Glase's references on those of Odoo."""

    _inherit = "account.move"

    glase_transaction_id = fields.Many2one(
        "glase.transaction",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="This entry corrects the books for this payment or refund",
    )
    glase_payment_id = fields.Many2one(
        "pos.payment",
        "Unproven Glase Payment",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="This entry corrects the books for this payment of an order, which nothing proves",
    )
    glase_amount = fields.Monetary(
        "Change of the Glase Account",
        readonly=True,
        copy=False,
        help="What this entry adds to Glase's outstanding account, in the journal's currency",
    )
    glase_reference = fields.Char(
        "Glase Payment Reference",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Glase's own reference of this one payment",
    )
    glase_period = fields.Char(
        "Glase Transaction Period",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The transaction periods that Glase pays this money out with",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `account`: Glase's references come from its ledger."""
        refuse_system_fields(self, vals_list, SYSTEM_FIELDS)
        return super().create(vals_list)

    def write(self, vals):
        """Override of `account`: Glase's references stay, and so do the module's own entries.

        :raises AccessError: for a reference, whoever writes it
        :raises UserError: for an entry that corrects the books for a Glase payment
        """
        refuse_system_fields(self, [dict.fromkeys(vals, True)], SYSTEM_FIELDS)
        by_hand = not self.env.su and FROZEN & set(vals)
        if by_hand or vals.get("state") in ("draft", "cancel"):
            self._glase_refuse_corrections()
        return super().write(vals)

    def button_draft(self):
        """Override of `account`: the module counts on its own entries.

        :raises UserError: for an entry that corrects the books for a Glase payment
        """
        self._glase_refuse_corrections()
        return super().button_draft()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """Override of `account`: a reversal would leave the accounts with what Glase does not have.

        :raises UserError: for an entry that corrects the books for a Glase payment
        """
        self._glase_refuse_corrections()
        return super()._reverse_moves(default_values_list, cancel)

    def _glase_payments_to_explain(self):
        """The Glase payments of an invoice that nothing proves, or that moved no money: its paper says so.

        :return: of ``pos.payment``, as the superuser
        """
        payments = self.sudo().pos_order_ids._glase_payments()
        return payments.filtered(
            lambda payment: (
                payment._is_glase()
                and payment.amount
                and (payment.glase_mark or not payment.transaction_id)
            )
        )

    @api.ondelete(at_uninstall=False)
    def _glase_unlink_never_with_reference(self):
        """Also one that was reset to draft: who wants it out of the books cancels it.

        :raises AccessError: for an entry that carries a reference of Glase's
        """
        named = self.sudo().filtered(lambda move: any(move[name] for name in SYSTEM_FIELDS))
        if named and not self.env.su:
            raise AccessError(kept_words(self.env))

    def _glase_refuse_corrections(self):
        for move in self:
            if move.state != "posted" or not (move.glase_transaction_id or move.glase_payment_id):
                continue
            if move.glase_amount:
                raise UserError(
                    self.env._(
                        "“%s” was made from the Glase ledger and is taken back by itself once its "
                        "payment is settled. Attach the payment, pay it back, or write it off: "
                        "Glase / Cases.",
                        move.name,
                    )
                )
            raise UserError(
                self.env._(
                    "“%s” wrote Glase money off, and is taken back by itself if its order or proof "
                    "comes after all. If another account should have taken it, book an entry "
                    "between the two accounts.",
                    move.name,
                )
            )


# What of an entry's line the books say, and where.
AMOUNTS = frozenset(
    {
        "account_id",
        "amount_currency",
        "balance",
        "credit",
        "currency_id",
        "date",
        "debit",
        "move_id",
        "partner_id",
    }
)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    glase_reference = fields.Char(related="move_id.glase_reference")
    glase_period = fields.Char(related="move_id.glase_period")

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `account`: an entry of the module's has no other lines than its own."""
        lines = super().create(vals_list)
        if not self.env.su:
            lines.move_id._glase_refuse_corrections()
        return lines

    def write(self, vals):
        """Override of `account`: core lets an accountant change amounts of a posted entry."""
        if not self.env.su and AMOUNTS & set(vals):
            self.move_id._glase_refuse_corrections()
        return super().write(vals)


class AccountPayment(models.Model):
    """What a bank line is matched by: Glase's references on what Odoo books (``doc/bookkeeping.md``).

    They are fields of their own: the memo of an entry that is posted is never rewritten.
    """

    _inherit = "account.payment"

    glase_pos_payment_id = fields.Many2one(
        "pos.payment", "Glase Payment", readonly=True, copy=False, index="btree_not_null"
    )
    glase_reference = fields.Char(related="move_id.glase_reference")
    glase_period = fields.Char(related="move_id.glase_period")

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `account`: which Glase payment this is says the system."""
        refuse_system_fields(self, vals_list, {"glase_pos_payment_id"})
        return super().create(vals_list)

    def write(self, vals):
        """Override of `account`: which Glase payment this is says the system."""
        refuse_system_fields(self, [dict.fromkeys(vals, True)], {"glase_pos_payment_id"})
        return super().write(vals)
