import functools

from odoo import models
from odoo.exceptions import UserError

from ...rules import case_kinds, state_machine
from ..ledger import known_rows, row_money
from ..ledger.payment_end import PaymentEnd
from ..ledger.references import SHAPE
from ..refunds import refund
from ..support import autonomous_transaction
from ..support.managers import MANAGERS
from ..support.public_method import public
from ..support.shown_values import notification
from ..support.till_errors import Refused
from . import attach, progress
from .refund_decision import RefundDecision


def case_action(method):
    """Let a manager call an action of a case that is open, where its kind offers that."""

    @functools.wraps(method)
    def offered(self):
        for case in self:
            if case.state != "open" or method.__name__ not in case._kind().offers:
                raise UserError(
                    self.env._(
                        "This case is decided already, or does not ask for that. Reload the page."
                    )
                )
        return method(self)

    many = method.__name__ == case_kinds.SETTLE
    return public(group=MANAGERS, access="write", many=many)(offered)


class GlaseCase(models.Model):
    """What a manager does about a case: the buttons of its form."""

    _inherit = "glase.case"

    @case_action
    def action_settle(self):
        """Close the cases with the reason typed in the form.

        :raises AccessError: for anyone but a POS administrator
        :raises UserError: without a reason; for an unknown refund, which is decided and not settled
        """
        if any(case._is_refund_to_decide() for case in self):
            raise UserError(
                self.env._(
                    "Nobody knows whether the money went back. Find out, then choose It Was "
                    "Refunded or It Was Not Refunded."
                )
            )
        for case in self:
            words = self.env._("Write how “%s” was settled, then settle it.", case.display_name)
            progress.settle(case, case._reason_typed(words))

    def _reason_typed(self, words):
        """The reason that was typed, trimmed.

        :param str words: what is said without one
        :raises UserError: without a reason
        """
        self.ensure_one()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(words)
        return reason

    @case_action
    def action_attach(self):
        """Attach the payment of this case to the chosen order.

        :raises AccessError: for anyone but a POS administrator
        :raises UserError: if no order is chosen, or somebody else has claimed the payment meanwhile
        """
        row = self.sudo().transaction_id
        known_rows.lock(row)
        if not self.can_attach:
            raise UserError(
                self.env._(
                    "This payment has an order, or was given back, already. Reload the page."
                )
            )
        order = self.attach_order_id
        # Somebody may be paying it in another way, or deleting it.
        autonomous_transaction.lock(order.sudo())
        if order not in attach.attachable_orders(self.env, row):
            raise UserError(
                self.env._(
                    "Choose the order that the customer paid for: one that still lacks this "
                    "amount. If there is none, enter the sale at the till, or pay the money back."
                )
            )
        attach.attach(row, order.sudo(), self.env.user)

    @case_action
    def action_refund(self):
        """Give the money of this case back."""
        return self.transaction_id.action_refund()

    @case_action
    def action_make_refund_order(self):
        """Enter the refund of this case in an order."""
        return self.transaction_id.action_make_refund_order()

    @case_action
    def action_write_off(self):
        """Ask which account takes what stands on the suspense account, and why.

        :raises AccessError: for anyone but a POS administrator
        :raises UserError: if nothing of it stands there
        """
        if not self.can_write_off:
            raise UserError(
                self.env._(
                    "Nothing of this stands on the Glase suspense account. Money gets there when "
                    "its session is closed; what was settled has left it already."
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write Off"),
            "res_model": "glase.write.off",
            "view_mode": "form",
            "target": "new",
            "context": {"default_case_id": self.id},
        }

    # === What only Glase's support or report can tell ===

    @case_action
    def action_not_paid(self):
        """Glase does not answer about this bill any more, and its support says it is not paid.

        :raises AccessError: for anyone but a POS administrator
        :raises UserError: without a reason, or if the bill is decided already
        """
        reason = self._how_known()
        row = self.sudo().transaction_id
        known_rows.lock(row)
        self.invalidate_recordset(["can_say_unpaid"])
        if not self.can_say_unpaid:
            raise UserError(self.env._("This bill is decided already. Reload the page."))
        # The case ends by that; where goods were given, it goes on as a case about them.
        row._transition("decided_unpaid", inferred=True, **row._decided(reason, self.env.user))
        asked = self.filtered(lambda case: case_kinds.NOT_PAID in case._kind().offers)
        progress.settle(asked, reason)

    @case_action
    def action_old_amount_taken(self):
        """Glase took the amount from before the change; see :meth:`_say_taken`."""
        self._say_taken(self.old_amount)

    @case_action
    def action_new_amount_taken(self):
        """Glase took the amount from after the change; see :meth:`_say_taken`."""
        self._say_taken(self.new_amount)

    def _say_taken(self, amount):
        """Write down what Glase took of a bill that was paid while its amount was being changed.

        :raises AccessError: for anyone but a POS administrator
        :raises UserError: without a reason, or if it is known already
        """
        reason = self._how_known()
        row = self.sudo().transaction_id
        known_rows.lock(row)
        if self.state != "open" or row.state != state_machine.PAID or not row.proposing:
            raise UserError(self.env._("It is known already what Glase took. Reload the page."))
        row.write({"amount": amount, "proposing": False, **row._decided(reason, self.env.user)})
        row._note("amount_decided", f"{row_money.decimal(row, amount)}: {reason}")
        PaymentEnd(row).paid()
        if not row_money.finished_order(row):
            progress.open_case(case_kinds.without_order(row.kind), row)
        progress.settle(self, reason)

    def _how_known(self):
        words = self.env._("Write how you know it (from Glase's support, or from its report).")
        return self._reason_typed(words)

    # === What became of a refund ===

    @case_action
    def action_was_refunded(self):
        """The manager found out that the customer got the money back.

        :raises UserError: also if Glase's reference of the refund was typed and cannot be it
        """
        self._decide_refund("decided_refunded", self._typed_reference())

    @case_action
    def action_was_not_refunded(self):
        """The manager found out that the customer did not get the money back."""
        if self._typed_reference():
            raise UserError(
                self.env._(
                    "A refund that has a reference at Glase was made. Empty the reference, or choose "
                    "It Was Refunded."
                )
            )
        self._decide_refund("decided_not_refunded")

    def _typed_reference(self):
        """Glase's reference of the refund as it was typed, trimmed; empty if it was not.

        :raises UserError: if it does not look like a reference
        """
        reference = (self.refund_reference or "").strip()
        if reference and not SHAPE.fullmatch(reference):
            raise UserError(
                self.env._(
                    "“%s” is no reference of Glase: it has at least six letters or digits, and no "
                    "spaces.",
                    reference,
                )
            )
        return reference

    def _decide_refund(self, request, reference=""):
        row, reason = self._refund_decision()
        user_id = self.env.uid
        autonomous_transaction.end_request(self.env)
        try:
            autonomous_transaction.with_records(
                row, lambda own: RefundDecision(own).decide(request, reason, user_id, reference)
            )
        except Refused as refusal:
            raise UserError(refusal.message) from refusal
        self.env.invalidate_all()

    def _refund_decision(self):
        """The unknown refund of this case, and the manager's reason.

        :raises UserError: without a reason, too early, or if it is decided already
        """
        row = self.transaction_id.sudo()
        if row.state != state_machine.UNKNOWN:
            raise UserError(self.env._("This refund is decided already."))
        words = self.env._("Write how you found out what became of the refund, then decide.")
        reason = self._reason_typed(words)
        RefundDecision(row).refuse_early()
        return row, reason

    @case_action
    def action_repeat_refund(self):
        """Make the refund a second time, where only one of the two can stand.

        :raises UserError: if it cannot be told apart afterwards, or nothing was learnt
        """
        row, reason = self._refund_decision()
        row_id, why_not = row.id, RefundDecision(row).why_not_repeat()
        if why_not:
            raise UserError(why_not)
        try:
            repeated_id = refund.repeat(row, reason, self.env.uid)
        except Refused as refusal:
            raise UserError(refusal.message) from refusal
        self.env.invalidate_all()
        rows = self.env["glase.transaction"].sudo()
        return self._learnt(rows.browse(row_id), rows.browse(repeated_id))

    def _learnt(self, first, repeated):
        """What a repetition has shown about the refund that it repeats, as a notification."""
        if first.state == state_machine.UNKNOWN:
            message = self.env._("Nothing was learnt. %s", repeated._till_message() or "")
        elif first.state == state_machine.REFUNDED:
            message = self.env._("Glase refused the repetition: the first refund was made.")
        else:
            message = self.env._("The repetition was made: the first refund was not.")
        return notification(
            message, "warning" if first.state == state_machine.UNKNOWN else "success"
        )
