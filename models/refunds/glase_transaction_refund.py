import time
from datetime import timezone

from odoo import api, fields, models

from ...glase import Amount, Invoice, InvoiceRow, RequestError, new_client_reference
from ...rules import state_machine
from ..books import books_job
from ..cases.refund_decision import RefundDecision
from ..ledger.glase_transaction_settle import BATCH, UNCLAIMED_AFTER
from ..pos import closing_latch
from ..pos.pos_order import RETRY, REVERSING
from ..support import autonomous_transaction, clock
from ..support.cashier_messages import cashier_message
from ..support.till_errors import Refused

# A refund in one of these counts as given back: what is not decided may have been made.
STANDING = (
    state_machine.DRAFT,
    state_machine.SENDING,
    state_machine.UNKNOWN,
    state_machine.REFUNDED,
)


class GlaseTransaction(models.Model):
    """Refunds: money goes back once, and never more than was paid (``doc/ledger.md §12``).

    A refund is a row of its own, claimed under the lock of the payment that it gives back and
    called with the registration that took it. A lost answer leaves it *unknown*: no machine
    decides that (``doc/protocol.md §4.13``).
    """

    _inherit = "glase.transaction"

    refund_reason = fields.Char("Reason for the Refund", readonly=True)
    repeats_id = fields.Many2one(
        "glase.transaction",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The unknown refund that this one was made to find out about",
    )
    other_tender_by = fields.Many2one("res.users", "Other Tender Approved by", readonly=True)
    other_tender_reason = fields.Char("Reason for the Other Tender", readonly=True)
    refundable_amount = fields.Monetary("Can Be Refunded", compute="_compute_refundable_amount")

    @api.depends("state", "refund_ids.state", "receipt_amount", "amount")
    def _compute_refundable_amount(self):
        for row in self:
            row.refundable_amount = float(row._refundable())

    # === How much ===

    def _refundable(self):
        """What can still be given back of a payment, undecided refunds counted as given back.

        :return: Decimal in major units of the row's currency, 0 at least
        """
        self.ensure_one()
        return max(self._left_of_payment(), self._decimal(0.0))

    def _left_of_payment(self, but=None):
        """What was taken less its refunds; below zero while a repetition is undecided.

        :param but: refunds that are not counted
        """
        self.ensure_one()
        if (
            self.kind != state_machine.PAYMENT
            or self.state != state_machine.PAID
            or not self.ers_reference
        ):
            return self._decimal(0.0)
        refunds = self.sudo().search(
            [("original_id", "in", self.ids), ("state", "in", list(STANDING))]
        )
        if but:
            refunds -= but
        left = self._decimal(self._surely_taken())
        for refund in refunds:
            left -= refund._decimal(refund.amount)
        return left

    def _surely_taken(self):
        """The amount that Glase took; the smaller one where it is not known which."""
        if self.proposing and not self.receipt_currency:
            return min(self.amount, self.proposed_amount)
        return self._taken_amount()

    # === Claim, call once, store ===

    @api.model
    def _make_refund(self, originals, values, spends=None):
        """Give money back with one call; the request's transaction ends before it.

        :param originals: paid rows, the one to try first in front; the first that covers it is used
        :param dict values: of the refund's row, without what is taken from the original
        :param spends: for a refund without an order: the original's link is claimed, if it has no
            order or one in these states; None: an order has the original, and keeps it
        :return: the row's id
        :raises Refused: before any call
        """
        plans = {row.id: row._refund_plan(values) for row in originals}
        reference = new_client_reference()
        self._end_request_transaction()
        row_id, original_id = self._in_own_transaction(
            lambda rows: rows._claim_refund(originals.ids, values, reference, spends)
        )
        if original_id:
            refund, ers_reference, invoice = plans[original_id]
            self._call(
                row_id,
                "refundPayment",
                lambda: refund(ers_reference, invoice, client_reference=reference),
                reference,
                within=time.monotonic() + state_machine.CALL_WITHIN_SECONDS,
            )
        return row_id

    def _refund_plan(self, values):
        """What the call needs, read before it: no database is at hand during a call."""
        self.ensure_one()
        caller = self._caller(self.terminal_id, "refund_payment")
        return caller, self.ers_reference, self._refund_invoice(values)

    def _refund_invoice(self, values):
        """The bill of a refund: its total is the positive amount to give back.

        :raises Refused: when the amount cannot be sent
        """
        account = self.account_id
        total = self._decimal(values["amount"])
        label = self.env._("Refund of %s", self.order_name or self.ers_reference)
        try:
            amount = Amount(total, self.currency_id.name)
            return Invoice(
                title=account.shop_name or self.company_id.name,
                client_invoice_id=values.get("order_name") or self.order_name or self.line_uuid,
                rows=(InvoiceRow(description=label, total=amount),),
                total=amount,
                cashier_id=values["cashier"],
                footer=account.invoice_footer or self.company_id.name,
                issue_date=clock.now(self.env.cr).replace(tzinfo=timezone.utc),
            )
        except RequestError as error:
            raise Refused("amount", cashier_message(self.env, error)) from error

    @api.model
    def _claim_refund(self, original_ids, values, client_reference, spends):
        """Create the row of a refund as *sending*, under the lock of what it gives back.

        :return: the row's id, and the original's if this caller is the one that may call
        :rtype: tuple[int, int | bool]
        :raises Refused: if more would go back than is left, or the till's register is closed
        """
        originals = self.browse(original_ids)
        # What belongs to no order, or repeats a refund, is in no session that is open.
        of_order = spends is None and not values.get("repeats_id")
        session = self.env["pos.session"].browse(of_order and values["session_id"])
        config = self.env["pos.config"].browse(values["config_id"])
        of_till = config.with_context(active_test=False).glase_terminal_ids
        autonomous_transaction.lock(originals.terminal_id | of_till)
        same = self.search(
            [("line_uuid", "=", values["line_uuid"]), ("attempt", "=", values["attempt"])]
        )
        if same:
            return same.id, False
        # A closing has the locks of its rows until its end: who would wait for it is told at once.
        closing_latch.refuse_while_closing(of_till)
        autonomous_transaction.lock(originals | self.browse(values.get("repeats_id")))
        if session:
            closing_latch.refuse_closed(session)
        self._expire_stale(originals.terminal_id)
        if values.get("repeats_id"):
            why_not = RefundDecision(self.browse(values["repeats_id"])).why_not_repeat()
            if why_not:
                raise Refused("proves_nothing", why_not)
        else:
            self._refuse_second_refund(values["line_uuid"])
        if of_order:
            # Their order may have lost them since it was read, to another order or a refund without one.
            originals = originals.filtered(lambda row: row._finished_order())
            if not originals:
                raise Refused(
                    "order_changed",
                    self.env._("The order of this payment has changed: open it again."),
                )
        amount = originals[:1]._decimal(values["amount"])
        original = next((row for row in originals if row._covers(amount, values)), None)
        if not original:
            raise Refused("too_much", originals._too_much_message(amount))
        if values.get("session_id"):
            original._refuse_elsewhere(
                self.env["pos.session"].browse(values["session_id"]).config_id
            )
        if original.terminal_id._is_busy():
            raise Refused(
                "busy",
                self.env._("This till's Glase registration is being changed. Try again shortly."),
            )
        if spends is not None and not original._claim_for_refund(spends):
            raise Refused(
                "order_came",
                self.env._(
                    "This payment belongs to an order, or was given back already. Open the order "
                    "and refund it there."
                ),
            )
        now = clock.now(self.env.cr)
        row = self.create(
            {
                **original._registration_of_payment(),
                **values,
                "kind": state_machine.REFUND,
                # Read before the lock: it may have been deleted since.
                "order_id": self.env["pos.order"].browse(values.get("order_id")).exists().id,
                "original_id": original.id,
                "call_reference": original.account_id._sent_reference(client_reference),
                "till_seen_at": now,
            }
        )
        row._transition("claim", sent_at=now)
        row._note("refundPayment", client_reference=client_reference)
        self.env.flush_all()
        return row.id, original.id

    def _covers(self, amount, values):
        """Whether this payment can give back so much; a repetition does not count what it repeats."""
        self.ensure_one()
        repeated = self.browse(values.get("repeats_id"))
        return amount <= self._left_of_payment(but=repeated)

    def _registration_of_payment(self):
        return {
            name: self[name].id if self._fields[name].relational else self[name]
            for name in (
                "terminal_id",
                "account_id",
                "company_id",
                "currency_id",
                "environment",
                "terminal_identifier",
                "reseller_id",
            )
        }

    def _too_much_message(self, amount):
        """How much can be given back of these payments, and in how many lines."""
        left = [row._refundable() for row in self]
        parts = [part for part in left if part]
        currency = self[:1].currency_id
        if not parts:
            return self.env._(
                "Nothing is left to give back of this payment: refunds that are not decided yet "
                "count as given back."
            )
        if len(parts) == 1 or sum(parts) < amount:
            return self.env._(
                "At most %(total)s can still be given back with Glase. Lines needed: %(count)s.",
                total=currency.format(float(sum(parts))),
                count=len(parts),
            )
        return self.env._(
            "The customer paid in %(count)s Glase payments: give the money back in as many "
            "lines, of at most %(parts)s.",
            count=len(parts),
            parts=", ".join(currency.format(float(part)) for part in parts),
        )

    # === The link of a payment that is given back without an order ===

    def _claim_for_refund(self, order_states):
        """Claim a paid row for a refund, unless an order has it: the loser of a race sees it.

        :param order_states: an order in one of these is not finished and does not count
        """
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE glase_transaction SET refund_claim = 'refund', payment_id = NULL
             WHERE id = %s AND refund_claim IS NULL
               AND (payment_id IS NULL OR payment_id IN (
                    SELECT payment.id FROM pos_payment payment
                      JOIN pos_order o ON o.id = payment.pos_order_id
                     WHERE o.state = ANY(%s)))
            """,
            (self.id, list(order_states)),
        )
        claimed = bool(self.env.cr.rowcount)
        self.invalidate_recordset(["refund_claim", "payment_id"])
        if claimed:
            self._draft_payments()._glase_write_proof({"payment_status": REVERSING})
            books_job.mark_due(self)
        return claimed

    def _release_claim(self):
        """The refund was not made: an order may have the payment after all."""
        self.ensure_one()
        standing = self.search_count(
            [("original_id", "=", self.id), ("state", "in", list(STANDING))], limit=1
        )
        if self.refund_claim and not standing:
            self.write({"refund_claim": False})
            self._prove_payments()

    def _forget_payment(self):
        """What was given back before its order was finished is on that order no more."""
        self._draft_payments()._glase_write_proof(
            {
                "transaction_id": False,
                "payment_ref_no": False,
                "glase_paid_at": False,
                "card_type": False,
                "payment_status": RETRY,
            }
        )

    def _draft_payments(self):
        """The payments of this row's line, where their order is not finished."""
        return self.env["pos.payment"].search(
            [("uuid", "=", self.line_uuid), ("pos_order_id.state", "=", "draft")]
        )

    def _without_order_kind(self):
        """The kind of case that this row's money is, while no order has it."""
        return "refund_without_order" if self.kind == state_machine.REFUND else "paid_without_order"

    @api.model
    def _find_unclaimed(self):
        """Override: a refund that no order took within minutes is a case, too."""
        result = super()._find_unclaimed()
        limit = clock.now(self.env.cr) - UNCLAIMED_AFTER
        unclaimed = self._unclaimed_refunds([("ended_at", "<", limit)], limit=BATCH)
        for refund in autonomous_transaction.lock_free(unclaimed):
            refund._open_case("refund_without_order")
        return result

    @api.model
    def _unclaimed_refunds(self, domain, limit=None):
        """Refunds that were made for an order which does not have them, or is a draft yet."""
        return self.search(
            [
                *domain,
                ("kind", "=", state_machine.REFUND),
                ("state", "=", state_machine.REFUNDED),
                "|",
                ("payment_id", "=", False),
                ("payment_id.pos_order_id.state", "=", "draft"),
                ("original_id.refund_claim", "=", False),
                ("case_ids", "not any", [("kind", "=", "refund_without_order")]),
            ],
            limit=limit,
        )

    def _prove_payments(self):
        self.env["pos.payment"].search([("uuid", "in", self.mapped("line_uuid"))])._glase_prove()
