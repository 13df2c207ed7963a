from odoo import models

from ...rules import case_kinds, state_machine
from ..books import books_job, payment_books
from .pos_order import DONE

# What a reprint goes by: the same words as in the till, where they are never translated.
MOVED, REFUNDED, SIMULATED = "Glase payment", "Glase refund", "Glase simulation"


class PosPayment(models.Model):
    """The proof: each Glase payment of an order against the ledger (``doc/ledger.md §6``).

    Never raises. The sale is stored whatever comes out; what does not match is marked, and is a
    case.
    """

    _inherit = "pos.payment"

    def _glase_prove(self):
        """Match payments with the ledger; mark and list what does not match.

        What its row says is the status of a payment, also where nobody has claimed it yet: a till
        that has lost its own copy reads there that the customer paid.
        """
        # Not by the rights of the one who is proven: no rule hides a till or a payment here.
        for payment in self.sudo():
            if not payment._is_glase() or payment.pos_order_id.state == "cancel":
                continue
            row = payment._glase_matching_row()
            row._lock()
            if row or payment._glase_claims_paid():
                payment._glase_link(row)

    def _glase_rows(self):
        """The rows of the ledger that hang on these payments: linked, paid, or still out.

        :return: the newest such row of each payment that has one
        :rtype: dict
        """
        rows = (
            self.env["glase.transaction"]
            .sudo()
            .search(
                [
                    "|",
                    ("payment_id", "in", self.ids),
                    "&",
                    "&",
                    ("line_uuid", "in", [uuid for uuid in self.mapped("uuid") if uuid]),
                    (
                        "state",
                        "in",
                        [*state_machine.HOLDS_TILL, state_machine.UNKNOWN, state_machine.PAID],
                    ),
                    ("spent_on", "=", False),
                ],
                order="id",
            )
        )
        linked = {row.payment_id: row for row in rows if row.payment_id}
        out = {row.line_uuid: row for row in rows if not row.payment_id and not row.clears_id}
        found = {payment: linked.get(payment) or out.get(payment.uuid) for payment in self}
        return {payment: row for payment, row in found.items() if row}

    def _glase_compare(self, row):
        """After a change: what of this payment is no longer what the row says is a case."""
        self.ensure_one()
        if row.given_up_at and not row.payment_id:
            return
        payment = self.sudo()
        if row.payment_id == payment and not payment._is_glase():
            # Its money is at Glase all the same: the proof, which is for Glase payments, passes it by.
            payment._glase_write_proof({"glase_unverified": True})
        for what, before, after in payment._glase_differences(row):
            row._open_case("changed_after_send", what=what, before=before, after=after)

    def _glase_differences(self, row):
        """What of this payment is not what the row says, as (what, before, after)."""
        self.ensure_one()
        currency = self.currency_id
        if not self._is_glase():
            yield self.env._("The payment method"), "Glase", self.payment_method_id.name
        if currency != row.currency_id:
            yield self.env._("The currency"), row.currency_id.name, currency.name
        elif not row._stands_for(abs(self.amount)):
            amounts = (currency.format(row._taken_amount() or row.amount), abs(self.amount))
            yield self.env._("The amount"), amounts[0], currency.format(amounts[1])
        order = self.pos_order_id
        if order.company_id != row.company_id:
            yield self.env._("The company"), row.company_id.name, order.company_id.name
        if not row._is_of_order(order):
            yield self.env._("The order"), row.order_name, order.display_name
        if row.attached_at:
            return
        if self.uuid != row.line_uuid:
            yield self.env._("The payment line"), row.line_uuid, self.uuid
        if order.config_id != row.config_id:
            till = order.config_id.display_name
            yield self.env._("The till"), row.config_id.display_name, till

    def _glase_matching_row(self):
        """The one settled row of the ledger with this order, line, amount, currency and till."""
        self.ensure_one()
        order = self.pos_order_id
        refund = self.amount < 0
        proven = [("kind", "=", state_machine.REFUND), ("state", "=", state_machine.REFUNDED)]
        if not refund:
            proven = [
                ("kind", "=", state_machine.PAYMENT),
                ("state", "=", state_machine.PAID),
                ("ers_reference", "!=", False),
                ("spent_on", "=", False),
            ]
        rows = (
            self.env["glase.transaction"]
            .sudo()
            .search(
                [
                    *proven,
                    ("currency_id", "=", self.currency_id.id),
                    ("company_id", "=", order.company_id.id),
                    "|",
                    "&",
                    ("payment_id", "=", self.id),
                    ("attached_at", "!=", False),
                    "&",
                    "&",
                    ("line_uuid", "=", self.uuid),
                    ("config_id", "=", order.config_id.id),
                    ("payment_id", "in", [False, self.id]),
                ]
            )
        ).filtered(lambda row: row._is_of_order(order))
        compare = self.currency_id.compare_amounts
        taken = rows.filtered(lambda row: compare(abs(self.amount), row._taken_amount()) == 0)
        session = order.session_id
        taken = taken.filtered(
            lambda row: (
                # Without a session it is in no books yet: asked again when it gets one.
                session in (row.session_id, session.browse())
                or session._glase_is_of(row.environment)
            )
        )
        return taken if len(taken) == 1 else taken.browse()

    def _glase_link(self, row):
        self.ensure_one()
        if row and row.payment_id != self and not row._claim_link(self):
            row = row.browse()
        if row:
            values = self._glase_proven_values(row)
        else:
            values = {
                "card_type": False,
                "transaction_id": False,
                "payment_ref_no": False,
                "glase_paid_at": False,
                "glase_original_reference": False,
                "glase_unverified": True,
            }
        self._glase_write_proof(values)
        self._glase_update_cases(row)
        if row._finished_order():
            self.env["glase.receipt"].sudo()._queue(row)

    def _glase_proven_values(self, row):
        moved = REFUNDED if row.kind == state_machine.REFUND else MOVED
        return {
            "card_type": SIMULATED if row.environment == "simulator" else moved,
            "transaction_id": row.ers_reference,
            "payment_ref_no": row.invoice_reference,
            "glase_original_reference": row.original_id.ers_reference,
            "glase_paid_at": row.receipt_time or row.paid_at or row.ended_at,
            "glase_unverified": False,
            "payment_status": DONE,
        }

    def _glase_write_proof(self, values):
        """Write what the proof found, past the guard against what others claim.

        Proven or not, the books must be compared with it.
        """
        # pylint: disable-next=super-method-mismatch
        result = super().write({**values, "glase_books_due": True})
        books_job.wake_for_payments(self)
        payment_books.write_reference(self)
        return result

    def _glase_write_marks(self, values):
        """Write marks of the books: they are no proof, and do not make the payment due again."""
        # pylint: disable-next=super-method-mismatch
        return super().write(values)

    def _glase_update_cases(self, row):
        cases = self.env["glase.case"].sudo()
        if row:
            # A draft that has the money is not its end yet.
            ended = case_kinds.ended_by(case_kinds.IN_ORDER) if row._finished_order() else ()
            waiting = cases.search(
                [
                    ("state", "=", "open"),
                    "|",
                    "&",
                    ("kind", "in", list(case_kinds.ended_by(case_kinds.PROVEN))),
                    ("payment_id", "=", self.id),
                    "&",
                    ("kind", "in", list(ended)),
                    ("transaction_id", "=", row.id),
                ]
            )
            waiting._settle(self.env._("Proven by the ledger: %s", row.ers_reference or ""))
        elif not self._glase_case_is_open():
            kind = "unverified_refund" if self.amount < 0 else "unverified_payment"
            cases._report(kind, self, **self._glase_why_unproven())

    def _glase_case_is_open(self):
        """Whether a case about the row itself already says why this payment is not proven."""
        self.ensure_one()
        rows = self.env["glase.transaction"].sudo().search([("line_uuid", "=", self.uuid)])
        linked = rows.filtered(lambda row: row.payment_id == self)
        return any(
            case.state == "open" and case.kind in case_kinds.explaining(how)
            for how, some in ((case_kinds.OF_LINE, rows), (case_kinds.OF_LINKED, linked))
            for case in some.case_ids
        )

    def _glase_why_unproven(self):
        """Which sentence says more than that of the case's kind, and what it names."""
        self.ensure_one()
        rows = self.env["glase.transaction"].sudo().search([("line_uuid", "=", self.uuid)])
        if any(row.spent_on == "refund" for row in rows):
            return {"instead": "paid_back"}
        elsewhere = rows.payment_id.filtered(lambda payment: payment != self).pos_order_id
        if elsewhere:
            return {"instead": "elsewhere", "order": elsewhere[:1].display_name}
        return {}
