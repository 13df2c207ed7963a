from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ...rules import case_kinds, state_machine
from ..pos.pos_order import NOT_TAKEN
from ..support import clock
from .glase_case import case_action


class GlaseCase(models.Model):
    """*Attach*: a payment without an order gets one (``doc/ledger.md §6``)."""

    _inherit = "glase.case"

    can_attach = fields.Boolean(compute="_compute_can_attach")
    attach_order_id = fields.Many2one(
        "pos.order",
        "Attach to",
        compute="_compute_attach_order_id",
        store=True,
        readonly=False,
        ondelete="set null",
        domain="[('id', 'in', attachable_order_ids)]",
        help="The order that the customer paid for. It is paid with this payment, or the payment "
        "that it lacked proof of is proven by it.",
    )
    attachable_order_ids = fields.Many2many("pos.order", compute="_compute_attachable_order_ids")
    till_heard_at = fields.Datetime("Till Last Heard", related="transaction_id.asked_at")

    @api.depends(
        "state",
        "kind",
        "transaction_id.payment_id.pos_order_id.state",
        "transaction_id.spent_on",
    )
    def _compute_can_attach(self):
        for case in self:
            row = case.sudo().transaction_id
            case.can_attach = bool(
                case.state == "open"
                and case_kinds.ATTACH in case._kind().offers
                and row.kind == state_machine.PAYMENT
                and row.state == state_machine.PAID
                and not row._finished_order()
                and not row.spent_on
                and not row.refund_ids.filtered(lambda refund: refund.state != state_machine.FAILED)
            )

    @api.depends("transaction_id")
    def _compute_attach_order_id(self):
        for case in self:
            order = case.transaction_id.order_id
            case.attach_order_id = order if order.state == "draft" else False

    @api.depends("state", "transaction_id", "can_attach")
    def _compute_attachable_order_ids(self):
        for case in self:
            case.attachable_order_ids = case.can_attach and case._attachable_orders()

    def _attachable_orders(self):
        """Orders of the company that lack just this money, or the proof of it."""
        self.ensure_one()
        row = self.sudo().transaction_id
        orders = self.env["pos.order"]
        of_company = [
            ("company_id", "=", row.company_id.id),
            ("currency_id", "=", row.currency_id.id),
        ]
        drafts = orders.search([*of_company, ("state", "=", "draft"), ("lines", "!=", False)])
        unproven = self.env["pos.payment"].search(
            [("company_id", "=", row.company_id.id), ("glase_unverified", "=", True)]
        )
        fitting = drafts.filtered(lambda order: order._glase_lacks(row))
        found = fitting | unproven.filtered(row._fits_payment).pos_order_id
        return found.filtered(lambda order: order.session_id._glase_is_of(row.environment))

    @case_action
    def action_attach(self):
        """Attach the payment of this case to the chosen order.

        :raises AccessError: for anyone but a POS administrator
        :raises UserError: if no order is chosen, or somebody else has claimed the payment meanwhile
        """
        self.sudo().transaction_id._lock()
        if not self.can_attach:
            raise UserError(
                self.env._(
                    "This payment has an order, or was given back, already. Reload the page."
                )
            )
        order = self.attach_order_id
        if order not in self._attachable_orders():
            raise UserError(
                self.env._(
                    "Choose the order that the customer paid for: one that still lacks this "
                    "amount. If there is none, enter the sale at the till, or pay the money back."
                )
            )
        self.sudo()._attach(order.sudo(), self.env.user)

    def _attach(self, order, manager):
        row = self.transaction_id
        payment = order._glase_payment_for(row)
        if row.payment_id != payment:
            # Where its own draft had it, that one has it no more.
            row._forget_payment()
            row.payment_id = False
            if not row._claim_link(payment):
                raise UserError(self.env._("Somebody else has just claimed this payment. Reload."))
        row.write({"attached_at": clock.now(self.env.cr), "attached_by": manager.id})
        row._note("attach", order.name)
        payment.write({"payment_status": "done", "amount": row._taken_amount()})
        payment._glase_prove()
        order._glase_finish()
        row._settle_cases(
            case_kinds.offering(case_kinds.ATTACH),
            self.env._(
                "Attached to %(order)s by %(manager)s.",
                order=order.display_name,
                manager=manager.name,
            ),
        )


class GlaseTransaction(models.Model):
    _inherit = "glase.transaction"

    def _fits_payment(self, payment):
        """Whether an unproven payment of an order may be the one that this row was about."""
        self.ensure_one()
        linked = self.sudo().search_count([("payment_id", "=", payment.id)], limit=1)
        return (
            not linked
            and payment.currency_id == self.currency_id
            and payment.amount > 0
            and self._amount_is_certain()
            and self.currency_id.compare_amounts(payment.amount, self._taken_amount()) == 0
        )


class PosOrder(models.Model):
    _inherit = "pos.order"

    def _glase_lacks(self, row):
        """Whether this draft can be paid, in full or in part, with what Glase took."""
        self.ensure_one()
        due = self._glase_due(row.line_uuid)
        return row._amount_is_certain() and due >= row._decimal(row._taken_amount())

    def _glase_payment_for(self, row):
        """The payment of this order that a row is attached to; made if there is none.

        :raises UserError: if a draft's till has no open session to finish it in
        """
        self.ensure_one()
        if self.state != "draft":
            return self.payment_ids.filtered(
                lambda payment: payment.glase_unverified and row._fits_payment(payment)
            )[:1]
        if self.session_id.state != "opened":
            session = self.config_id.current_session_id
            if session.state != "opened":
                raise UserError(
                    self.env._(
                        "Open the register of %s first: the order is finished in its session.",
                        self.config_id.display_name,
                    )
                )
            self.session_id = session
        line = self.payment_ids.filtered(lambda payment: payment.uuid == row.line_uuid)
        if not line:
            self.write(
                {
                    "payment_ids": [
                        Command.create(
                            {
                                "payment_method_id": self.config_id._glase_payment_method().id,
                                "amount": row._taken_amount(),
                                "payment_status": "pending",
                            }
                        )
                    ]
                }
            )
            line = self.payment_ids.sorted("id")[-1:]
        return line

    def _glase_finish(self):
        """Finish a draft that is paid in full now; what its till had not taken is dropped."""
        self.ensure_one()
        if self.state != "draft":
            return
        taken = self.payment_ids.filtered(lambda payment: payment.payment_status not in NOT_TAKEN)
        if not self._glase_due():
            (self.payment_ids - taken).unlink()
            self.amount_paid = sum(taken.mapped("amount"))
            self._process_saved_order(False)
