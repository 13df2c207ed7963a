from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ...rules import case_kinds, state_machine
from ..cases import progress
from ..ledger import known_rows
from ..support import managers
from . import after_payment
from .after_payment import FINISHED, AfterPayment
from .bill import Bill, DryRun
from .payment_proof import PaymentProof, rows_of

# Said in the language of whoever settles the case.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

# The name that core gives to an order until it is paid.
UNNAMED = "/"

# What of an order the proof of its Glase payments hangs on, beside the payments themselves.
PROOF_RELEVANT = frozenset(
    {"amount_total", "config_id", "session_id", "company_id", "state", "uuid"}
)


def _payments_sent(orders):
    """What a till sends of the payments of orders that it stores, as dicts."""
    for order in orders:
        for command in order.get("payment_ids") or ():
            if isinstance(command, (list, tuple)):
                yield from (values for values in command if isinstance(values, dict))


def _uuids(sent):
    """The uuids of what a till sends, each once."""
    return sorted({one["uuid"] for one in sent if isinstance(one.get("uuid"), str)})


class PosOrder(models.Model):
    _inherit = "pos.order"

    glase_left_to_do = fields.Text(
        "Left to Do",
        compute="_compute_glase_left_to_do",
        compute_sudo=True,
        help="What could not be done after this order was paid",
    )

    @api.depends("state")
    @api.depends_context("lang")
    def _compute_glase_left_to_do(self):
        finished = self.filtered(lambda order: order.state in FINISHED)
        found = finished._glase_open_cases(case_kinds.left_to_do())
        left = found.grouped("order_id")
        for order in self:
            cases = left.get(order._origin, found.browse())
            order.glase_left_to_do = "\n".join(cases.mapped("summary"))

    @api.depends("name", "pos_reference")
    def _compute_display_name(self):
        """Override of `point_of_sale`: an order that was never paid is called as on its receipt.

        Its name is “/” until it is paid, and Glase may have its money all the same.
        """
        result = super()._compute_display_name()
        for order in self.filtered(lambda order: order.name == UNNAMED and order.pos_reference):
            order.display_name = order.pos_reference
        return result

    @api.model
    def sync_from_ui(self, orders):
        """Override of `point_of_sale`: the ledger is locked before an order is read or written.

        First, and not only where it is proven: a sync of many orders takes long, and whatever ends
        one of their rows meanwhile waits until it is stored (``doc/ledger.md §2``). What was found
        then is known until the last order is stored.
        """
        payments = _payments_sent(orders)
        with known_rows.locked(self.env, order_uuids=_uuids(orders), lines=_uuids(payments)):
            result = super().sync_from_ui(orders)
            self._glase_compare_totals()
            return result

    def _process_saved_order(self, draft):
        """Override of `point_of_sale`: an order with Glase money stays paid, whatever fails after it."""
        if draft or not self._glase_moved_payments():
            return super()._process_saved_order(draft)
        return AfterPayment().finish(self, lambda order: super()._process_saved_order(draft))

    def _create_order_picking(self):
        """Override of `point_of_sale`: what is not delivered is still paid."""
        after = AfterPayment.of(self)
        if not after:
            return super()._create_order_picking()
        return after.attempt(self, super()._create_order_picking, after_payment.STOCK)

    def _generate_pos_order_invoice(self):
        """Override of `point_of_sale`: an order whose invoice fails is paid; the invoice can be made later.

        An invoice that was made stays, also where it cannot be printed or mailed.
        """
        after = AfterPayment.of(self)
        if not after:
            invoice = super()._generate_pos_order_invoice()
            self._glase_settle_invoiced()
            return invoice
        # Made and paid first: to print and send it may commit, and fail by itself.
        unsent = super(PosOrder, self.with_context(generate_pdf=False))
        make, made = unsent._generate_pos_order_invoice, self.env["account.move"]
        invoice = after.attempt(self, make, after_payment.INVOICE) or made
        if invoice and self.env.context.get("generate_pdf", True):
            send = invoice.with_context(skip_invoice_sync=True)._generate_and_send
            after.attempt(self, send, after_payment.PRINT, savepoint=False)
        return invoice

    def _glase_settle_invoiced(self):
        """The invoices of these orders are made: nobody has to make them any more."""
        waiting = self._glase_open_cases(case_kinds.ended_by(case_kinds.INVOICED))
        progress.settle(waiting, _lt("The invoice is made."))

    def _glase_open_cases(self, kinds):
        """The open cases of these kinds about these orders."""
        about = [("kind", "in", list(kinds)), ("order_id", "in", self.ids)]
        return known_rows.open_cases(self.env, about, orders=self.sudo())

    def _glase_moved_payments(self):
        """The payments of these orders that say that Glase moved their money."""
        return self._glase_payments().filtered(lambda payment: payment._glase_claims_paid())

    def write(self, vals):
        """Override of `point_of_sale` to prove Glase payments again when their order changes."""
        DryRun.ends(self, vals)
        if not PROOF_RELEVANT & set(vals):
            return super().write(vals)
        with known_rows.locked(self.env, self):
            result = super().write(vals)
            if "uuid" in vals:
                known_rows.forget(self.env)
            payments = self._glase_payments()
            if vals.get("state") == "cancel":
                payments._glase_let_go()
            else:
                for payment, row in rows_of(payments).items():
                    PaymentProof(payment).compare(row)
                    payment.pos_order_id._glase_watch_total()
                payments._glase_prove()
        return result

    @api.ondelete(at_uninstall=False)
    def _glase_unlink_keeps_case(self):
        # The database removes an order's payments by itself: they are not asked.
        self._glase_payments()._glase_let_go()
        known_rows.forget(self.env)

    def _glase_payments(self):
        """All payments of these orders: no rule, and nothing that was written, hides one."""
        return known_rows.payments_of(self)

    def _glase_watch_total(self):
        """Compare the total with the bill when the transaction ends: within it, it goes back and forth."""
        precommit = self.env.cr.precommit
        watched = precommit.data.setdefault("pos_glase.orders", set())
        if not watched:
            precommit.add(self.env["pos.order"].sudo()._glase_compare_totals)
        watched.update(self.ids)

    @api.model
    def _glase_compare_totals(self):
        """Compare what is watched, so that it is watched no more; what is written later is again."""
        watched = self.env.cr.precommit.data.pop("pos_glase.orders", ())
        # One that was deleted meanwhile has no payments.
        payments = self.sudo().browse(watched)._glase_payments()
        for payment, row in rows_of(payments).items():
            payment.pos_order_id._glase_compare_total(row)

    def _glase_compare_total(self, row):
        """An order that is no longer what the customer saw on the bill is a case.

        While the bill is out any other total is; once it is paid, only one that would have to be
        given back. Of a refund it is one of which more was given back than the order says.
        """
        self.ensure_one()
        total = float(Bill(self).total_on_bill(row.rounding))
        compared = row.currency_id.compare_amounts(total, row.order_total)
        out = row.state in state_machine.HOLDS_TILL and not row.given_up_at
        if row.kind == state_machine.REFUND:
            compared, out = -compared, False
        if compared < 0 or (compared and out):
            written = managers.for_reader(row).currency_id.format
            progress.open_case(
                "changed_after_send",
                row,
                what=_lt("The order's total"),
                before=written(row.order_total),
                after=written(total),
            )

    def _glase_tills(self):
        """The tills at which the payments of this order may have been taken: its own."""
        return self.config_id
