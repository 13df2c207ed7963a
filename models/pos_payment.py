from odoo import api, fields, models

from . import ledger
from .pos_order import NOT_TAKEN

# What only the proof may set: a till or an RPC caller that sends these is not believed.
PROVEN_FIELDS = frozenset(
    {
        "transaction_id",
        "payment_ref_no",
        "card_type",
        "glase_paid_at",
        "glase_unverified",
        "glase_original_reference",
    }
)
# What a reprint goes by: the same words as in the till, where they are never translated.
MOVED, SIMULATED = "Glase payment", "Glase simulation"
PROOF_RELEVANT = frozenset(
    {"amount", "payment_method_id", "uuid", "payment_status", "pos_order_id"}
)


class PosPayment(models.Model):
    _inherit = "pos.payment"

    glase_attempt = fields.Char(copy=False, help="Made by the till when the cashier pressed Send")
    glase_original_reference = fields.Char(
        "Refunded Glase Payment",
        copy=False,
        readonly=True,
        help="The payment reference of what this refund gives back",
    )
    glase_paid_at = fields.Datetime("Paid with Glase at", copy=False, readonly=True)
    glase_unverified = fields.Boolean(
        "Not Proven by the Glase Ledger",
        copy=False,
        readonly=True,
        help="No paid row of the ledger matches this payment: see the Glase cases",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `point_of_sale` to prove Glase payments against the ledger."""
        methods = self.env["pos.payment.method"]
        checked = []
        for vals in vals_list:
            method = methods.browse(vals.get("payment_method_id"))
            glase = method.sudo().use_payment_terminal == "glase"
            checked.append(self._glase_drop_claims(vals) if glase else vals)
        payments = super().create(checked)
        payments._glase_prove()
        return payments

    def write(self, vals):
        """Override of `point_of_sale` to prove Glase payments again after a change."""
        glase = self.filtered(lambda payment: payment._is_glase())
        if glase:
            super(PosPayment, self - glase).write(vals)
            result = super(PosPayment, glase).write(self._glase_drop_claims(vals))
        else:
            result = super().write(vals)
        if PROOF_RELEVANT & set(vals):
            (glase | self)._glase_prove()
        return result

    @api.ondelete(at_uninstall=False)
    def _glase_unlink_keeps_case(self):
        """A payment that the ledger had linked is removed: its money has no order any more."""
        rows = self.env["glase.transaction"].sudo().search([("payment_id", "in", self.ids)])
        for row in rows:
            row.payment_id = False
            row._open_case("paid_without_order")

    def _is_glase(self):
        return self.payment_method_id.sudo().use_payment_terminal == "glase"

    def _glase_is_simulated(self):
        """Whether the ledger proved this payment against the simulator: no money was moved."""
        return self.card_type == SIMULATED

    @api.model
    def _glase_drop_claims(self, vals):
        return {name: value for name, value in vals.items() if name not in PROVEN_FIELDS}

    def _glase_claims_paid(self):
        """Whether this payment says that Glase money was taken or given back."""
        self.ensure_one()
        return bool(
            self._is_glase()
            and not self.is_change
            and not self.currency_id.is_zero(self.amount)
            and self.payment_status not in NOT_TAKEN
            and (self.payment_status or self.pos_order_id.state != "draft")
        )

    def _glase_prove(self):
        """Match payments with the ledger; mark and list what does not match.

        Never raises: the sale is stored whatever comes out (``doc/ledger.md §6``).
        """
        for payment in self.filtered(lambda payment: payment._is_glase()):
            if payment._glase_claims_paid():
                payment._glase_link(payment._glase_matching_row())

    def _glase_matching_row(self):
        """The one settled row of the ledger with this line, amount, currency and till."""
        self.ensure_one()
        refund = self.amount < 0
        currency = self.currency_id
        rows = (
            self.env["glase.transaction"]
            .sudo()
            .search(
                [
                    ("line_uuid", "=", self.uuid),
                    ("state", "=", ledger.REFUNDED if refund else ledger.PAID),
                    ("kind", "=", ledger.REFUND if refund else ledger.PAYMENT),
                    ("currency_id", "=", currency.id),
                    ("config_id", "=", self.pos_order_id.config_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("ers_reference", "!=", False),
                    ("payment_id", "in", [False, self.id]),
                ]
            )
        )
        taken = rows.filtered(
            lambda row: currency.compare_amounts(abs(self.amount), row._taken_amount()) == 0
        )
        return taken if len(taken) == 1 else taken.browse()

    def _glase_link(self, row):
        self.ensure_one()
        if row and row.payment_id != self:
            self.env.cr.execute(
                "UPDATE glase_transaction SET payment_id = %s, order_id = %s"
                " WHERE id = %s AND payment_id IS NULL",
                (self.id, self.pos_order_id.id, row.id),
            )
            linked = self.env.cr.rowcount
            row.invalidate_recordset(["payment_id", "order_id"])
            row = row if linked else row.browse()
        if row:
            values = {
                "card_type": SIMULATED if row.environment == "simulator" else MOVED,
                "transaction_id": row.ers_reference,
                "payment_ref_no": row.invoice_reference,
                "glase_paid_at": row.receipt_time or row.paid_at,
                "glase_unverified": False,
            }
        else:
            values = {"transaction_id": False, "payment_ref_no": False, "glase_paid_at": False}
            values["glase_unverified"] = True
        self._glase_write_proof(values)
        self._glase_update_cases(row)

    def _glase_write_proof(self, values):
        """Write what the proof found, past the guard against what others claim."""
        return super().write(values)

    def _glase_update_cases(self, row):
        cases = self.env["glase.case"].sudo()
        if not row:
            cases._open(
                "unverified_payment",
                self.env._(
                    "The till reported %(amount)s as paid with Glase, but no paid bill of that "
                    "till and amount is in the ledger. Check the order with the cashier.",
                    amount=self.currency_id.format(self.amount),
                ),
                payment=self,
            )
            return
        waiting = cases.search(
            [
                ("state", "=", "open"),
                "|",
                "&",
                ("kind", "=", "unverified_payment"),
                ("payment_id", "=", self.id),
                "&",
                ("kind", "=", "paid_without_order"),
                ("transaction_id", "=", row.id),
            ]
        )
        waiting._settle(self.env._("Proven by the ledger: %s", row.ers_reference))
