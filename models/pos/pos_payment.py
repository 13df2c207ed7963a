from odoo import api, fields, models

from ...rules import case_kinds
from ..books import books_job, session_books
from ..cases import progress
from ..ledger import known_rows, unsettled
from ..support.sentences import mark
from .bill import NOT_TAKEN
from .payment_proof import PaymentProof, rows_of
from .pos_config import without_glase

# What only the proof may set: a till or an RPC caller that sends these is not believed.
PROVEN_FIELDS = frozenset(
    {
        "transaction_id",
        "payment_ref_no",
        "card_type",
        "glase_paid_at",
        "glase_unverified",
        "glase_original_reference",
        "glase_books_due",
        "glase_books_failed_at",
    }
)
PROOF_RELEVANT = frozenset(
    {"amount", "payment_method_id", "uuid", "payment_status", "pos_order_id"}
)
# What rows of the ledger are found by.
KEYS = frozenset({"uuid", "pos_order_id"})
# Copies of what their order says: written by nobody, they would hide a payment or move it.
OF_ORDER = frozenset({"company_id", "session_id", "currency_id", "user_id", "partner_id"})


class PosPayment(models.Model):
    """A payment of an order: whatever creates, changes or removes one proves it (``doc/ledger.md §6``)."""

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

    glase_books_due = fields.Boolean("To Be Compared with the Books", readonly=True, copy=False)
    glase_books_failed_at = fields.Datetime("Could not Be Booked", readonly=True, copy=False)

    _glase_books_due = models.Index("(id) WHERE glase_books_due")

    glase_mark = fields.Char(
        compute="_compute_glase_mark",
        compute_sudo=True,
        help="What a receipt says of a payment that moved no money; empty in production",
    )

    @api.depends("uuid", "payment_method_id")
    @api.depends_context("lang")
    def _compute_glase_mark(self):
        glase = self.filtered(lambda payment: payment._is_glase())
        (self - glase).glase_mark = False
        lines = [uuid for uuid in glase.mapped("uuid") if uuid]
        rows = known_rows.rows_about(glase, [("line_uuid", "in", lines)])
        environments = {row.line_uuid: row.environment for row in rows}
        for payment in glase:
            config = payment.pos_order_id.config_id
            environment = environments.get(payment.uuid) or config._glase_environment()
            payment.glase_mark = mark(self.env, environment)

    @api.model
    def _load_pos_self_data_fields(self, config):
        """Override of `pos_self_order`, where it is installed: its loader answers anybody."""
        return without_glase(self, super()._load_pos_self_data_fields(config))

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `point_of_sale` to prove Glase payments against the ledger."""
        methods = self.env["pos.payment.method"]
        checked, order_ids = [], set()
        for vals in vals_list:
            method = methods.browse(vals.get("payment_method_id"))
            if method.sudo().use_payment_terminal == "glase":
                order_ids.add(vals.get("pos_order_id"))
                # Named, so that no default of a browser's context takes their place.
                vals = {**self._glase_drop_claims(vals), **dict.fromkeys(PROVEN_FIELDS, False)}
            checked.append(vals)
        orders = self.env["pos.order"].browse(order_ids - {None, False})
        with known_rows.locked(self.env, orders):
            payments = super().create(checked)
            known_rows.note_made(payments.sudo())
            payments._glase_prove()
        return payments

    def write(self, vals):
        """Override of `point_of_sale` to prove Glase payments again after a change."""
        relevant = PROOF_RELEVANT & set(vals)
        with known_rows.locked(self.env, payments=self if relevant else None):
            glase = self.filtered(lambda payment: payment._is_glase())
            rows = rows_of(self) if relevant else {}
            super(PosPayment, self - glase).write(vals)
            result = super(PosPayment, glase).write(self._glase_drop_claims(vals))
            if KEYS & set(vals):
                known_rows.forget(self.env)
            for payment, row in rows.items():
                PaymentProof(payment).compare(row)
            if relevant:
                self._glase_prove()
        return result

    @api.ondelete(at_uninstall=False)
    def _glase_unlink_keeps_case(self):
        self._glase_let_go()
        known_rows.forget(self.env)

    @api.ondelete(at_uninstall=False)
    def _glase_unlink_never_when_booked(self):
        session_books.refuse_removal(self)

    def _create_payment_moves(self, is_reverse=False):
        """Override of `point_of_sale`: the entries of invoiced orders carry Glase's reference."""
        moves = super()._create_payment_moves(is_reverse)
        session_books.write_reference(self)
        return moves

    def _glase_settled_by(self):
        """The account that names who decides about this payment, and the session whose opener is asked else."""
        return self.session_id.config_id.glase_terminal_id.account_id, self.session_id

    def _glase_let_go(self):
        """These payments end without an order: their bills and their money must not.

        A bill that is out is given up, so that it is canceled; money that was taken is a case.
        """
        with known_rows.locked(self.env, payments=self):
            for payment, row in rows_of(self).items():
                if row.payment_id == payment:
                    row.payment_id = False
                    progress.open_case(case_kinds.without_order(row.kind), row)
                else:
                    row._give_up("order_gone")
            # Paid already, though the till has not stored it yet.
            lines = [uuid for uuid in self.mapped("uuid") if uuid]
            ledger_rows = self.env["glase.transaction"].sudo()
            for row in lines and unsettled.unclaimed(ledger_rows, [("line_uuid", "in", lines)]):
                progress.open_case("paid_without_order", row)

    def _glase_prove(self):
        """Match these payments with the ledger; see :class:`PaymentProof`."""
        ended = [PaymentProof(payment).prove().id for payment in self]
        rows = self.env["glase.transaction"].sudo().browse(filter(None, ended))
        self.env["glase.receipt"].sudo()._queue(rows)

    def _glase_write_proof(self, values):
        """Write what the proof found, past the guard against what others claim.

        Proven or not, the books must be compared with it.
        """
        # What was booked before carries the reference that the payment had.
        reference = values.get("transaction_id")
        changed = "transaction_id" in values and self.filtered(
            lambda payment: (payment.transaction_id or False) != (reference or False)
        )
        # pylint: disable-next=super-method-mismatch
        result = super().write({**values, "glase_books_due": True})
        books_job.wake_for_payments(self)
        if changed:
            session_books.write_reference(changed)
        return result

    def _glase_write_marks(self, values):
        """Write marks of the books: they are no proof, and do not make the payment due again."""
        # pylint: disable-next=super-method-mismatch
        return super().write(values)

    def _is_glase(self):
        return self.payment_method_id.sudo().use_payment_terminal == "glase"

    @api.model
    def _glase_drop_claims(self, vals):
        dropped = PROVEN_FIELDS | OF_ORDER
        return {name: value for name, value in vals.items() if name not in dropped}

    def _glase_claims_paid(self):
        """Whether this payment says that Glase money was taken or given back.

        In a finished order each payment does, whatever its status says.
        """
        self.ensure_one()
        if not self._is_glase() or self.currency_id.is_zero(self.amount):
            return False
        if self.pos_order_id.state not in ("draft", "cancel"):
            return True
        return bool(self.payment_status) and self.payment_status not in NOT_TAKEN
