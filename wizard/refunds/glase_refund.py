import uuid
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.tools.misc import formatLang

from ...models.ledger import row_money
from ...models.refunds import refund_order
from ...models.refunds.office_refund import OfficeRefund
from ...models.support.managers import MANAGERS
from ...models.support.public_method import public


class GlaseRefund(models.TransientModel):
    """*Refund* on a paid transaction: how much, or which products, and why."""

    _name = "glase.refund"
    _description = "Glase Refund"
    _inherit = ["pos_glase.wizard"]
    # It marks one press of Refund: another's would continue that one's refund.
    _made = frozenset({"line_uuid"})

    transaction_id = fields.Many2one("glase.transaction", required=True, readonly=True)
    line_uuid = fields.Char(default=lambda self: str(uuid.uuid4()), required=True, readonly=True)
    currency_id = fields.Many2one(related="transaction_id.currency_id")
    config_id = fields.Many2one(related="transaction_id.config_id")
    paid_amount = fields.Monetary("Paid", related="transaction_id.amount")
    refundable_amount = fields.Monetary(related="transaction_id.refundable_amount")
    till_seen_at = fields.Datetime(related="transaction_id.till_seen_at")
    order_id = fields.Many2one("pos.order", compute="_compute_order_id")
    register_open = fields.Boolean(compute="_compute_order_id")
    what = fields.Selection(
        [("amount", "An amount"), ("products", "Chosen products")],
        "Give back",
        default="amount",
        required=True,
    )
    line_ids = fields.One2many(
        "glase.refund.line",
        "refund_id",
        "Products",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    amount = fields.Monetary(compute="_compute_amount", store=True, readonly=False)
    reason = fields.Char(help="Kept with the refund, for good")

    @api.depends("transaction_id")
    def _compute_order_id(self):
        for wizard in self:
            order = row_money.finished_order(wizard.transaction_id)
            wizard.order_id = order
            wizard.register_open = not order or bool(refund_order.open_session(order))

    @api.depends("transaction_id")
    def _compute_line_ids(self):
        for wizard in self:
            lines = row_money.finished_order(wizard.transaction_id).lines
            wizard.line_ids = [(5, 0, 0)] + [
                (0, 0, {"order_line_id": line.id})
                for line in lines
                if line.qty > line.refunded_qty and line.price_subtotal_incl
            ]

    @api.depends("what", "line_ids.amount", "transaction_id")
    def _compute_amount(self):
        for wizard in self:
            if wizard.what == "products":
                wizard.amount = wizard._worth_of_products()
            elif isinstance(wizard.id, int):
                # What was typed stays, a zero too: all that is left is proposed only.
                wizard.amount = wizard.amount
            else:
                wizard.amount = wizard.transaction_id.refundable_amount

    def _worth_of_products(self):
        """What the chosen products bring back, rounded as their sale was."""
        worth = row_money.decimal(self.transaction_id, sum(self.line_ids.mapped("amount")))
        if not worth or not self.order_id:
            return float(worth)
        return float(refund_order.most_for_products(worth, {self.order_id._origin: worth}))

    @api.model_create_multi
    def create(self, vals_list):
        """Override: all that is left is proposed to who gives no amount; a zero is an amount."""
        wizards = super().create(vals_list)
        for wizard, vals in zip(wizards, vals_list, strict=True):
            if wizard.what == "amount" and "amount" not in vals:
                wizard.amount = wizard.transaction_id.refundable_amount
        return wizards

    @public(group=MANAGERS, access="write")
    def action_refund(self):
        """Give the money back.

        :raises UserError: with a sentence that says what to do, if no money went back
        :raises RedirectWarning: with *Open Register*, if the till has no open session
        """
        self.ensure_one()
        row = self.transaction_id
        row.check_access("read")
        if not (self.reason or "").strip():
            raise UserError(self.env._("Write why the money goes back."))
        total = row_money.decimal(row, self.amount)
        if total <= 0:
            raise UserError(self.env._("Enter an amount above zero."))
        if not self.register_open:
            self._refuse_without_register()
        refund = OfficeRefund(row).give_back(
            self.line_uuid, total, self.reason.strip(), self._chosen_pieces()
        )
        return self._show(refund)

    def _refuse_without_register(self):
        raise RedirectWarning(
            self.env._(
                "The register of %s is not open: the refund belongs into its session. Nothing "
                "was given back.",
                self.order_id.config_id.display_name,
            ),
            self.action_open_register(),
            self.env._("Open Register"),
        )

    @public(group=MANAGERS, access="write")
    def action_open_register(self):
        """Open the till of the original order, so that the refund has a session."""
        self.ensure_one()
        if not self.order_id:
            raise UserError(
                self.env._("This payment has no order: its refund needs no open register.")
            )
        return self.order_id.config_id.open_ui()

    def _chosen_pieces(self):
        if self.what != "products" or not self.order_id:
            return None
        return {line.order_line_id: line.quantity for line in self.line_ids if line.quantity > 0}

    def _show(self, refund):
        """The refund order; the case, if nobody knows whether the refund was made."""
        case = refund.case_ids.filtered(lambda case: case.state == "open")[:1]
        shown = case or refund.payment_id.pos_order_id or refund
        return shown._get_records_action(context={})


class GlaseRefundLine(models.TransientModel):
    """One product of the original order, and how many pieces of it come back."""

    _name = "glase.refund.line"
    _description = "Glase Refund Line"
    _inherit = ["pos_glase.wizard"]

    refund_id = fields.Many2one("glase.refund", required=True, ondelete="cascade")
    order_line_id = fields.Many2one("pos.order.line", "Product", required=True, readonly=True)
    currency_id = fields.Many2one(related="order_line_id.currency_id")
    name = fields.Char("Product Name", related="order_line_id.full_product_name")
    left_quantity = fields.Float(
        "Can Come Back", compute="_compute_left_quantity", digits="Product Unit"
    )
    quantity = fields.Float("Comes Back", digits="Product Unit")
    amount = fields.Monetary(compute="_compute_amount")

    @api.depends("order_line_id", "refund_id.order_id")
    def _compute_left_quantity(self):
        """Of a product that another order has sold nothing comes back with this payment."""
        for line in self:
            sold = line.order_line_id
            is_paid = sold.order_id == line.refund_id.order_id
            line.left_quantity = is_paid and sold.qty - sold.refunded_qty

    @api.depends("quantity", "order_line_id")
    def _compute_amount(self):
        for line in self:
            sold = line.order_line_id
            each = Decimal(str(sold.price_subtotal_incl)) / Decimal(str(sold.qty or 1))
            line.amount = line.currency_id.round(float(each) * line.quantity)

    @api.constrains("quantity", "order_line_id")
    def _check_quantity(self):
        for line in self:
            if line.quantity < 0 or line.quantity > line.left_quantity:
                raise UserError(
                    self.env._(
                        "Of %(product)s at most %(quantity)s can come back.",
                        product=line.name,
                        quantity=formatLang(self.env, line.left_quantity, dp="Product Unit"),
                    )
                )
