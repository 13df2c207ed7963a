from odoo import fields, models
from odoo.exceptions import UserError

from ...rules import case_kinds, state_machine
from ..support import clock
from .glase_case import case_action


class GlaseCase(models.Model):
    """What only Glase's support or report can tell, written down by a manager with a reason."""

    _inherit = "glase.case"

    old_amount = fields.Monetary("Amount Before the Change", related="transaction_id.amount")
    new_amount = fields.Monetary(
        "Amount After the Change", related="transaction_id.proposed_amount"
    )
    can_say_unpaid = fields.Boolean(compute="_compute_can_say_unpaid")

    def _compute_can_say_unpaid(self):
        for case in self:
            row = case.sudo().transaction_id
            undecided = row.state == state_machine.ISSUED and row.kind == state_machine.PAYMENT
            broken = case_kinds.NOT_PAID in case._kind().offers and case.state == "open"
            # While a till waits for it, the till may still hear.
            alone = bool(row.given_up_at or row.forced_at)
            case.can_say_unpaid = broken and undecided and alone

    @case_action
    def action_not_paid(self):
        """Glase does not answer about this bill any more, and its support says it is not paid.

        :raises AccessError: for anyone but a POS administrator
        :raises UserError: without a reason, or if the bill is decided already
        """
        reason = self._decision()
        self.sudo().transaction_id._lock()
        self.invalidate_recordset(["can_say_unpaid"])
        if not self.can_say_unpaid:
            raise UserError(self.env._("This bill is decided already. Reload the page."))
        row = self.sudo().transaction_id
        row._move("decided_unpaid", inferred=True, **row._decided(reason, self.env.user))
        row._after(row.state)
        self._settle(reason)

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
        reason = self._decision()
        row = self.sudo().transaction_id
        row._lock()
        if self.state != "open" or row.state != state_machine.PAID or not row.proposing:
            raise UserError(self.env._("It is known already what Glase took. Reload the page."))
        row.write({"amount": amount, "proposing": False, **row._decided(reason, self.env.user)})
        row._note("amount_decided", f"{row._decimal(amount)}: {reason}")
        row._after_paid()
        if not row._finished_order():
            row._open_case("paid_without_order")
        self._settle(reason)

    def _decision(self):
        """Who decides, and why.

        :return: the reason that was typed
        """
        self.ensure_one()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(
                self.env._("Write how you know it (from Glase's support, or from its report).")
            )
        return reason


class GlaseTransaction(models.Model):
    _inherit = "glase.transaction"

    def _decided(self, reason, manager):
        return {
            "decided_by": manager.id,
            "decided_at": clock.now(self.env.cr),
            "decided_reason": reason,
        }
