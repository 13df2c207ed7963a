from odoo import fields, models
from odoo.exceptions import UserError

from ...rules import case_kinds
from ..cases.glase_case import LINKS, case_action
from .booking import Booking


class GlaseCase(models.Model):
    """*Write off*: what stands on the suspense account for good goes to another account."""

    _inherit = "glase.case"

    suspense_amount = fields.Monetary(
        "On the Suspense Account",
        compute="_compute_suspense_amount",
        help="Above zero: money that Glase took and nobody has claimed. Below zero: money that the "
        "sales say Glase took, and Glase did not.",
    )
    can_write_off = fields.Boolean(compute="_compute_suspense_amount")

    def _compute_suspense_amount(self):
        for case in self:
            subject = case._books_subject()
            amount = subject and Booking(self.sudo().env).on_suspense(subject)
            case.suspense_amount = amount
            case.can_write_off = (
                case.state == "open"
                and case_kinds.WRITE_OFF in case._kind().offers
                and bool(amount)
                and not case.currency_id.is_zero(amount)
            )

    def _books_subject(self):
        """What this case's money is booked for: a payment's row, or a payment that nothing proves."""
        self.ensure_one()
        row = self.sudo().transaction_id
        if row:
            unproven = (
                self.env["pos.payment"]
                .sudo()
                .search([("uuid", "=", row.line_uuid), ("glase_unverified", "=", True)], limit=1)
            )
            # Goods were given for a bill that was not paid: its order's payment stands there.
            if unproven and row.state not in ("paid", "refunded"):
                return unproven
            return row.original_id or row
        return self.sudo().payment_id or False

    def _books_cases(self, subject):
        """The open cases that a write-off of a subject ends."""
        family = subject._glase_family()
        kinds = case_kinds.offering(case_kinds.WRITE_OFF)
        of_subject = [(LINKS[subject._name], "in", family.ids), ("kind", "in", list(kinds))]
        return self.sudo().search([*of_subject, ("state", "=", "open")]) | self.sudo()

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
