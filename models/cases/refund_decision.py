from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...rules import case_kinds, state_machine
from ..ledger.glase_transaction_named import SHAPE
from ..refunds.glase_transaction_refund import UNDECIDED
from ..support import clock
from ..support.till_errors import Refused
from .glase_case import case_action

DECIDE_AFTER = timedelta(minutes=15)


class GlaseCase(models.Model):
    """Refunds of which nobody knows whether they were made: a manager decides.

    Never a machine, never without a reason, and never earlier than 15 minutes after the call
    (``doc/ledger.md §12``). *Repeat to find out* is the only call that is made a second time, and
    only where Glase's own limit lets one of the two stand.
    """

    _inherit = "glase.case"

    refund_state = fields.Selection(related="transaction_id.state", string="State of the Refund")
    call_reference = fields.Char(related="transaction_id.call_reference")
    called_at = fields.Datetime("Called", related="transaction_id.sent_at")
    original_id = fields.Many2one(related="transaction_id.original_id")
    paid_amount = fields.Monetary("Was Paid", related="original_id.amount")
    refundable_amount = fields.Monetary(related="transaction_id.refundable_amount")
    refund_reference = fields.Char(
        "Glase's Reference of the Refund",
        help="The payment reference (ersReference) that Glase gave the refund, from its portal or its "
        "support. Leave it empty if you do not know it: the report is then matched by hand.",
    )
    other_tender_by = fields.Many2one(related="transaction_id.other_tender_by")
    other_tender_reason = fields.Char(related="transaction_id.other_tender_reason")
    decide_from = fields.Datetime("Can Be Decided from", compute="_compute_may_decide")
    may_decide = fields.Boolean(compute="_compute_may_decide")
    may_repeat = fields.Boolean(compute="_compute_may_decide")

    @api.depends("kind", "state", "transaction_id.state")
    def _compute_may_decide(self):
        for case in self:
            row = case.transaction_id
            undecided = case._is_refund_to_decide()
            case.decide_from = undecided and row.sent_at + DECIDE_AFTER
            case.may_decide = (
                undecided and case.state == "open" and not row._seconds_until_decision()
            )
            case.may_repeat = case.may_decide and not row._why_not_repeat()

    def _is_refund_to_decide(self):
        """Whether this case asks what became of a refund, and nobody knows it yet."""
        self.ensure_one()
        asks = case_kinds.WAS_REFUNDED in self._kind().offers
        return asks and self.transaction_id.state == state_machine.UNKNOWN

    @case_action
    def action_was_refunded(self):
        """The manager found out that the customer got the money back.

        :raises UserError: also if Glase's reference of the refund was typed and cannot be it
        """
        return self._decide_refund("decided_refunded", self._typed_reference())

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
        return self._decide_refund("decided_not_refunded")

    def _typed_reference(self):
        """Glase's reference of the refund as it was typed, trimmed; empty if it was not.

        :raises UserError: if it does not look like a reference
        """
        self.ensure_one()
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

    @case_action
    def action_repeat_refund(self):
        """Make the refund a second time, where only one of the two can stand.

        :raises UserError: if it cannot be told apart afterwards, or nothing was learnt
        """
        row, reason = self._refund_decision()
        row_id, user_id = row.id, self.env.uid
        why_not = row._why_not_repeat()
        if why_not:
            raise UserError(why_not)
        try:
            repeated_id = row._repeat_refund(reason, user_id)
        except Refused as refusal:
            raise UserError(refusal.message) from refusal
        self.env.invalidate_all()
        repeated = self.env["glase.transaction"].sudo().browse(repeated_id)
        first = repeated.browse(row_id)
        if first.state == state_machine.UNKNOWN:
            message = self.env._("Nothing was learnt. %s", repeated._till_message() or "")
        elif first.state == state_machine.REFUNDED:
            message = self.env._("Glase refused the repetition: the first refund was made.")
        else:
            message = self.env._("The repetition was made: the first refund was not.")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "warning" if first.state == state_machine.UNKNOWN else "success",
                "sticky": True,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _decide_refund(self, request, reference=""):
        row, reason = self._refund_decision()
        row_id, user_id = row.id, self.env.uid
        row._end_request_transaction()
        try:
            row._in_own_transaction(
                lambda rows: rows.browse(row_id)._decide_unknown(
                    request, reason, user_id, reference
                )
            )
        except Refused as refusal:
            raise UserError(refusal.message) from refusal
        self.env.invalidate_all()

    def _refund_decision(self):
        """The unknown refund of this case, and the manager's reason.

        :raises UserError: without a reason, too early, or if it is decided already
        """
        self.ensure_one()
        row = self.transaction_id.sudo()
        if row.state != state_machine.UNKNOWN:
            raise UserError(self.env._("This refund is decided already."))
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(
                self.env._("Write how you found out what became of the refund, then decide.")
            )
        row._refuse_early_decision()
        return row, reason

    @case_action
    def action_settle(self):
        """Override: an unknown refund is not settled with words, but with a decision."""
        if any(case._is_refund_to_decide() for case in self):
            raise UserError(
                self.env._(
                    "Nobody knows whether the money went back. Find out, then choose It Was "
                    "Refunded or It Was Not Refunded."
                )
            )
        return super().action_settle()

    @case_action
    def action_refund(self):
        """Give the money of this case back."""
        self.ensure_one()
        return self.transaction_id.action_refund()

    @case_action
    def action_make_refund_order(self):
        """Enter the refund of this case in an order."""
        self.ensure_one()
        return self.transaction_id.action_make_refund_order()


class GlaseTransaction(models.Model):
    _inherit = "glase.transaction"

    def _seconds_until_decision(self):
        """How long an unknown refund must wait before a manager may decide; 0 if it may now."""
        self.ensure_one()
        if self.state != state_machine.UNKNOWN or not self.sent_at:
            return 0
        left = self.sent_at + DECIDE_AFTER - clock.now(self.env.cr)
        return max(int(left.total_seconds()) + 1, 0) if left > timedelta(0) else 0

    def _refuse_early_decision(self):
        seconds = self._seconds_until_decision()
        if seconds:
            raise UserError(
                self.env._("Glase may still be working on it: decide in %s min.", -(-seconds // 60))
            )

    def _decide_unknown(self, request, reason, user_id, reference):
        """Write down a manager's decision, under the row's lock.

        :param str reference: what Glase calls the refund, or empty
        :raises Refused: if something else decided it meanwhile, or the reference is another's
        """
        self.ensure_one()
        self._lock()
        if self.kind != state_machine.REFUND or self.state != state_machine.UNKNOWN:
            raise Refused("decided", self.env._("This refund is decided already."))
        undecided = self.search(
            [("original_id", "=", self.original_id.id), ("state", "in", list(UNDECIDED))]
        )
        left = self.original_id._left_of_payment(but=undecided)
        if request == "decided_refunded" and self._decimal(self.amount) > left:
            raise Refused(
                "too_much",
                self.env._(
                    "Then more had gone back than was paid: another refund of this payment was "
                    "made, so this one was not."
                ),
            )
        user = self.env["res.users"].browse(user_id)
        if reference:
            why_not = self._why_not_reference(reference)
            if why_not:
                raise Refused("reference", why_not)
            self._enter_reference(reference, reason, user)
        self._decide(request, reason, user)

    def _why_not_repeat(self):
        """Why a repetition would prove nothing, as a sentence; False if it would."""
        self.ensure_one()
        original = self.original_id.sudo()
        others = self.sudo().search_count(
            [
                ("original_id", "=", original.id),
                ("state", "in", list(UNDECIDED)),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        if others:
            return self.env._("Another refund of this payment is undecided: decide that one first.")
        before = original._left_of_payment(but=self)
        if 2 * self._decimal(self.amount) <= before:
            return self.env._(
                "Two refunds of this amount fit into the payment: a repetition would prove nothing, "
                "and might pay twice."
            )
        return False

    def _repeat_refund(self, reason, user_id):
        """Make the refund a second time, as a row of its own (``doc/ledger.md §12``).

        :return: the id of the repetition's row
        :raises Refused: before any call
        """
        self.ensure_one()
        values = {
            "line_uuid": self.line_uuid,
            "attempt": f"{self.attempt} repeated {self.id}",
            "amount": self.amount,
            "config_id": self.config_id.id,
            "session_id": self.session_id.id,
            "order_id": self.order_id.id,
            "order_uuid": self.order_uuid,
            "order_name": self.order_name,
            "order_total": self.order_total,
            "cashier": self.cashier,
            "user_id": user_id,
            "refund_reason": reason,
            "repeats_id": self.id,
        }
        return self._make_refund(self.original_id, values)
