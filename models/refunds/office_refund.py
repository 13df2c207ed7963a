"""*Refund* in the back office, for managers (``doc/ledger.md §12``)."""

from odoo.exceptions import AccessError, UserError

from ...rules import state_machine
from ..ledger import known_rows, row_money
from ..ledger.till import values_of_line
from ..pos.bill import DryRun
from ..support import autonomous_transaction, parameters
from ..support.managers import MANAGERS
from ..support.till_errors import Refused
from . import refund_order
from .refund import (
    elsewhere_words,
    is_elsewhere,
    make_refund,
    too_much_words,
    undivided_words,
)

FROM_OFFICE = "back office"


class OfficeRefund:
    """What a manager gives back of one row, or enters in an order.

    :param row: a payment, or a refund that no order has; in the manager's own environment
    """

    def __init__(self, row):
        self.row, self.env = row, row.env

    def give_back(self, line_uuid, total, reason, quantities=None):
        """Give money back from the back office; asked again for the same line, it goes on.

        The request's transaction is committed before the call: with the draft of the refund order
        in it, so that money never goes back for an order that cannot be made.

        :param str line_uuid: made once for each press of *Refund*
        :param Decimal total: what goes back, in the row's currency
        :param str reason: why, in the manager's words
        :param dict quantities: pieces of order lines, or None for an amount
        :return: the refund's row
        :raises UserError: with a sentence, if no money went back
        """
        self._check_manager()
        order = row_money.finished_order(self.row)
        known = self.row.sudo().search(
            [("line_uuid", "=", line_uuid), ("attempt", "=", FROM_OFFICE)], limit=1
        )
        if not known:
            self._check(order, total)
        payment = self.env["pos.payment"].search([("uuid", "=", line_uuid)])
        if order and not payment:
            payment = refund_order.draft(order, total, line_uuid, quantities, reason)
            self._check_finish(payment.pos_order_id)
        values = self._values(payment, line_uuid, total, reason)
        try:
            row_id = make_refund(
                self.row.sudo(), values, spends=None if order else ("draft", "cancel")
            )
        except Refused as refusal:
            self._drop_draft(payment)
            raise UserError(refusal.message) from refusal
        self.env.invalidate_all()
        return self._ended(self.row.browse(row_id), payment)

    def _ended(self, refund, payment):
        """What the answer says: its order is closed, or gone."""
        if refund.state == state_machine.FAILED:
            self._drop_draft(payment)
            raise UserError(refund._till_message())
        if refund.state in state_machine.HOLDS_TILL:
            # Another request is calling for the same press of the button: the order is its to close.
            raise UserError(refund._till_message())
        if payment:
            refund_order.finish(payment.pos_order_id, payment)
        return refund

    def _check_manager(self):
        if not self.env.su and not self.env.user.has_group(MANAGERS):
            raise AccessError(
                self.env._("Only a Point of Sale administrator refunds in the back office.")
            )

    def _check(self, order, total):
        open_order = self.row.payment_id.pos_order_id
        if open_order.state == "draft" and not self._is_left_alone():
            raise UserError(
                self.env._(
                    "The order of this payment is still open at the till (%s): finish it there, "
                    "or give the payment back there with Reverse.",
                    open_order.pos_reference or open_order.name,
                )
            )
        if total > row_money.refundable(self.row):
            raise UserError(too_much_words(self.row, total))
        if not order and total != row_money.refundable(self.row):
            raise UserError(undivided_words(self.env))

    @staticmethod
    def _check_finish(refund):
        why_not = DryRun().why_not(refund)
        if why_not:
            raise UserError(why_not)

    def _is_left_alone(self):
        """Whether a case says that nobody finishes the order of this payment: a manager decides."""
        cases = self.row.sudo().case_ids.filtered("awaits_order")
        return any(case.state == "open" for case in cases)

    def _values(self, payment, line_uuid, total, reason):
        order = payment.pos_order_id
        if order:
            values = values_of_line(self.env, order, line_uuid, FROM_OFFICE, total)
        else:
            values = {
                "line_uuid": line_uuid,
                "attempt": FROM_OFFICE,
                "amount": float(total),
                "config_id": self.row.config_id.id,
                "order_name": self.row.order_name,
                "cashier": parameters.short(self.env.user.name),
                "user_id": self.env.uid,
            }
        return {**values, "refund_reason": reason}

    def _drop_draft(self, payment):
        """No money went back: the draft order that was made for it is canceled, for good."""
        order = payment.pos_order_id
        if order.state == "draft":
            order.write({"state": "cancel"})
        autonomous_transaction.end_request(self.env)

    def make_order(self):
        """Enter a refund that was made, but that no order has, in an order.

        :return: the action that shows the order
        :raises UserError: if it has one, or none can be made
        """
        row = self.row.sudo()
        known_rows.lock(row)
        if (
            row.kind != state_machine.REFUND
            or row.state != state_machine.REFUNDED
            or row_money.finished_order(row)
        ):
            raise UserError(self.env._("This refund has an order already, or was not made."))
        payment = self.env["pos.payment"].search([("uuid", "=", row.line_uuid)])
        payment = payment or self._draft_of_original(row)
        order = payment.pos_order_id
        if order.state not in ("draft", "paid", "done"):
            raise UserError(self.env._("The refund order was canceled: settle the case."))
        refund_order.finish(order, payment)
        return order._get_records_action(context={})

    def _draft_of_original(self, row):
        """Make the refund order of the payment's order: the one that it was made for is gone."""
        original = row_money.finished_order(row.original_id)
        if not original:
            raise UserError(
                self.env._("The order that was refunded is not there any more: settle the case.")
            )
        if is_elsewhere(row, original.config_id):
            raise UserError(elsewhere_words(row, original.config_id))
        total = row_money.decimal(row, row.amount)
        payment = refund_order.draft(original, total, row.line_uuid, reason=row.refund_reason)
        # The manager says that this is its order.
        made = payment.pos_order_id
        row.write({"config_id": made.config_id.id, "order_id": made.id, "order_uuid": made.uuid})
        row._note("refund_order", made.pos_reference)
        return payment
