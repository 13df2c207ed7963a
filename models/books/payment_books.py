"""Payments of orders in the books."""

from odoo.exceptions import UserError


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
    """A Glase payment that is in the books of a closed session is not removed.

    :raises UserError: for such a payment
    """
    for payment in payments:
        finished = payment.pos_order_id.state not in ("draft", "cancel")
        if finished and payment._is_glase() and payment.session_id.state == "closed":
            raise UserError(
                payment.env._(
                    "This Glase payment is in the books of a closed session: refund its order "
                    "instead."
                )
            )
