import dataclasses

from odoo import SUPERUSER_ID, api, fields, models

from ...rules import polling, state_machine
from ...rules.environments import ENVIRONMENTS
from ...rules.reconciliation import REMATCHED
from ..accounts import glase_connection
from ..books import books_job
from ..cases import progress
from ..refunds.office_refund import OfficeRefund
from ..refunds.refund import RefundEnd
from ..support import autonomous_transaction, clock, cron
from ..support.managers import MANAGERS
from ..support.public_method import public
from ..support.sentences import Sentence, source_of, titled
from . import glase_event, known_rows, references, row_money
from .payment_end import PaymentEnd
from .settlement import Settlement

# What follows when a row ends, and the words for it, by its kind.
ENDS = {state_machine.PAYMENT: PaymentEnd, state_machine.REFUND: RefundEnd}


class GlaseTransaction(models.Model):
    """THE LEDGER: one row for each attempt to move money, and its state.

    Rows are written by the ledger only, in transactions of its own; nobody writes them over RPC.
    The rules are in ``doc/ledger.md``, the state machine in ``rules/state_machine.py``. What is done
    with rows is in plain classes: the till's questions (:class:`.till.Till`), the calls
    (:class:`.exchange.Exchange`), how rows without a till end (:class:`.settlement.Settlement`).
    """

    _name = "glase.transaction"
    _description = "Glase Transaction"
    _inherit = ["pos_glase.kept"]
    _order = "id desc"

    kind = fields.Selection(
        [(state_machine.PAYMENT, "Payment"), (state_machine.REFUND, "Refund")],
        default=state_machine.PAYMENT,
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        state_machine.STATES, default=state_machine.DRAFT, required=True, readonly=True, index=True
    )
    outcome = fields.Selection(
        state_machine.OUTCOMES_SHOWN,
        compute="_compute_outcome",
        store=True,
        index=True,
        help="The state; where it was canceled, whether the customer declined it",
    )
    line_uuid = fields.Char("Payment Line", required=True, readonly=True)
    attempt = fields.Char(required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    signed_amount = fields.Monetary(
        "Amount, Refunds Negative", compute="_compute_signed_amount", store=True
    )
    proposed_amount = fields.Monetary(
        readonly=True, help="The amount of an update of which it is not certain that it counts"
    )
    proposing = fields.Boolean(
        readonly=True, help="An update is out: both amounts stand until Glase's receipt says which"
    )
    order_total = fields.Monetary(
        readonly=True, help="The order's total when the bill was sent or last updated"
    )
    # The smallest coin and the method, where the total is rounded: a till's own may change at any time.
    rounding = fields.Json(readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)

    terminal_id = fields.Many2one(
        "glase.terminal", required=True, readonly=True, index=True, ondelete="restrict"
    )
    account_id = fields.Many2one("glase.account", required=True, readonly=True, ondelete="restrict")
    config_id = fields.Many2one(
        "pos.config", "Till", readonly=True, index=True, ondelete="set null"
    )
    period_id = fields.Many2one(
        "glase.period",
        "Reported In",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The transaction period whose report at Glase has this row",
    )
    session_id = fields.Many2one("pos.session", readonly=True, index=True, ondelete="restrict")
    counted_session_id = fields.Many2one(
        "pos.session",
        "Counted in",
        compute="_compute_counted_session_id",
        store=True,
        recursive=True,
        index=True,
        ondelete="restrict",
        help="Its own session; of a refund that was made in none, the one that took the payment",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    environment = fields.Selection(ENVIRONMENTS, required=True, readonly=True)
    terminal_identifier = fields.Char("Terminal at Glase", readonly=True)
    reseller_id = fields.Char("Reseller at Glase", readonly=True)

    order_id = fields.Many2one(
        "pos.order", readonly=True, index="btree_not_null", ondelete="set null"
    )
    order_uuid = fields.Char(readonly=True, index="btree_not_null")
    order_name = fields.Char("Order Reference", readonly=True)
    payment_id = fields.Many2one(
        "pos.payment", "Order Payment", readonly=True, ondelete="set null", copy=False
    )
    cashier = fields.Char(readonly=True)
    user_id = fields.Many2one("res.users", "Asked by", readonly=True, ondelete="restrict")

    original_id = fields.Many2one(
        "glase.transaction",
        "Refunded Payment",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The payment that this refund gives back",
    )
    refund_ids = fields.One2many("glase.transaction", "original_id", "Refunds", readonly=True)
    attached_at = fields.Datetime(
        "Attached", readonly=True, help="When a manager attached this payment to its order by hand"
    )
    attached_by = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    refund_claim = fields.Selection(
        [("refund", "Refunded without an order")],
        "Claimed for",
        readonly=True,
        help="An order that comes for this payment later is not proven by it any more",
    )
    replaces_lost_id = fields.Many2one(
        "glase.transaction",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The lost bill that this attempt takes off the sticker",
    )
    repeats_id = fields.Many2one(
        "glase.transaction",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The unknown refund that this one was made to find out about",
    )
    refund_reason = fields.Char("Reason for the Refund", readonly=True)
    refundable_amount = fields.Monetary("Can Be Refunded", compute="_compute_refundable_amount")
    other_tender_by = fields.Many2one(
        "res.users", "Other Tender Approved by", readonly=True, ondelete="restrict"
    )
    other_tender_reason = fields.Char("Reason for the Other Tender", readonly=True)
    call_reference = fields.Char(
        "Reference of the Call",
        readonly=True,
        help="Our own reference of the call that moves the money: Glase's support finds it by this",
    )

    invoice_reference = fields.Char(readonly=True, index="btree_not_null")
    invoice_version = fields.Integer(readonly=True)
    qr_code = fields.Char("QR Code of the Bill", readonly=True)
    ers_reference = fields.Char("Payment Reference", readonly=True, index="btree_not_null")
    own_reference = fields.Char(
        compute="_compute_own_reference",
        store=True,
        index="btree_not_null",
        help="The payment reference, where it names this row alone",
    )
    reference_by = fields.Many2one(
        "res.users", "Payment Reference Entered by", readonly=True, ondelete="restrict"
    )
    receipt_time = fields.Datetime("Time on Glase's Receipt", readonly=True)
    receipt_amount = fields.Monetary("Amount on Glase's Receipt", readonly=True)
    receipt_currency = fields.Char("Currency on Glase's Receipt", readonly=True)

    sent_at = fields.Datetime(readonly=True)
    issued_at = fields.Datetime(readonly=True)
    paid_at = fields.Datetime(readonly=True, index="btree_not_null")
    ended_at = fields.Datetime(readonly=True)
    till_seen_at = fields.Datetime("Last Contact with the Till", readonly=True)
    glase_seen_at = fields.Datetime("Last Contact with Glase", readonly=True)

    woken_at = fields.Datetime("Till Last Woken", readonly=True, copy=False)

    scanned = fields.Boolean(
        readonly=True, help="Glase has said that the customer has the bill on the phone"
    )
    cancel_wished_at = fields.Datetime(readonly=True)
    cancel_code = fields.Integer(readonly=True, help="Glase's last certain answer to a cancel")
    said_paid = fields.Boolean(
        "Said to Be Paid", readonly=True, help="Glase has answered a cancel with “already paid”"
    )
    cancel_answered_at = fields.Datetime(readonly=True)
    cancel_refusal = fields.Integer(
        readonly=True, help="Glase's last answer to a cancel that says neither canceled nor paid"
    )
    cancel_tries = fields.Integer(readonly=True)
    given_up_at = fields.Datetime(readonly=True)
    given_up_why = fields.Selection(
        [
            ("silent", "The till fell silent"),
            ("left_open", "Left open by the cashier"),
            ("order_gone", "The order or its payment was removed"),
        ],
        readonly=True,
    )
    next_try_at = fields.Datetime(readonly=True)
    released = fields.Boolean(
        readonly=True, help="The till may send again although this row is not settled yet"
    )
    inferred = fields.Boolean(
        readonly=True, help="The end was concluded from later events, not heard from Glase"
    )
    message = Sentence("Last Message", readonly=True)

    forced_at = fields.Datetime("Marked as Paid", readonly=True)
    forced_by = fields.Many2one(
        "res.users", "Marked as Paid by", readonly=True, ondelete="restrict"
    )
    forced_reason = fields.Char("Reason for Marking as Paid", readonly=True)
    decided_at = fields.Datetime("Decided", readonly=True)
    decided_by = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    decided_reason = fields.Char("Reason for the Decision", readonly=True)

    event_ids = fields.One2many("glase.event", "transaction_id", readonly=True)
    case_ids = fields.One2many("glase.case", "transaction_id", readonly=True)
    open_case_count = fields.Integer(compute="_compute_open_case_count")

    books_due = fields.Boolean(
        "To Be Compared with the Books", default=True, readonly=True, copy=False
    )
    books_failed_at = fields.Datetime("Could not Be Booked", readonly=True, copy=False)
    book_move_ids = fields.One2many(
        "account.move",
        "glase_transaction_id",
        "Journal Entries",
        readonly=True,
        groups="account.group_account_readonly,account.group_account_invoice",
    )

    _attempt_unique = models.UniqueIndex(
        "(line_uuid, attempt)", "This attempt is in the ledger already."
    )
    _one_open_payment = models.UniqueIndex(
        "(terminal_id) WHERE kind = 'payment' AND state IN ('sending', 'issued')"
        " AND released IS NOT TRUE",
        "Another Glase payment is running at this till.",
    )
    _one_row_a_payment = models.UniqueIndex(
        "(payment_id) WHERE payment_id IS NOT NULL", "This payment has a ledger row already."
    )
    # One Glase is one environment, whatever account, reseller, company or address it is reached by.
    _one_payment_reference = models.UniqueIndex(
        "(environment, own_reference) WHERE own_reference IS NOT NULL",
        "Another payment or refund has this payment reference already.",
    )
    _one_invoice_reference = models.UniqueIndex(
        "(environment, invoice_reference) WHERE invoice_reference IS NOT NULL",
        "Another bill has this invoice reference already.",
    )
    # Today's turnover of an account, however large the ledger is.
    _moved_at = models.Index("(account_id, ended_at) WHERE state IN ('paid', 'refunded')")
    # Few, whatever PostgreSQL believes of a large ledger: jobs and tills look for them all the time.
    _undecided = models.Index("(id) WHERE state IN ('draft', 'sending', 'issued', 'unknown')")
    _to_settle = models.Index("(next_try_at) WHERE state IN ('issued', 'unknown')")
    # The newest payment of a till, which its form shows.
    _last_paid = models.Index(
        "(terminal_id, paid_at DESC, id DESC) WHERE kind = 'payment' AND state = 'paid'"
    )
    _forced = models.Index("(terminal_id) WHERE forced_at IS NOT NULL")
    _books_due = models.Index("(id) WHERE books_due")
    _without_order = models.Index(
        "(id) WHERE payment_id IS NULL AND refund_claim IS NULL AND state IN ('paid', 'refunded')"
    )
    _unreported = models.Index(
        "(terminal_id, ended_at) WHERE period_id IS NULL AND state IN ('paid', 'refunded')"
    )

    @api.depends("session_id", "original_id.counted_session_id")
    def _compute_counted_session_id(self):
        for row in self:
            row.counted_session_id = row.session_id or row.original_id.counted_session_id

    @api.depends("state", "cancel_tries", "cancel_wished_at", "inferred")
    def _compute_outcome(self):
        for row in self:
            asked = bool(row.cancel_tries or row.cancel_wished_at)
            row.outcome = state_machine.outcome(row.state, asked, row.inferred)

    @api.depends("order_name", "signed_amount", "currency_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """Order and amount: what a person knows of it. References are in fields of their own."""
        for row in self:
            name = row.order_name or self.env._("Glase attempt %s", row.id)
            row.display_name = titled(name, row.currency_id, row.signed_amount)

    @api.depends("state", "refund_ids.state", "receipt_amount", "amount")
    def _compute_refundable_amount(self):
        for row in self:
            row.refundable_amount = float(row_money.refundable(row))

    @api.depends("ers_reference", "original_id.ers_reference")
    def _compute_own_reference(self):
        """A Glase may answer refunds with the reference of their payment (``doc/simulator.md``)."""
        for row in self:
            of_payment = row.ers_reference == row.original_id.ers_reference
            row.own_reference = False if of_payment else row.ers_reference

    @api.depends("amount", "kind")
    def _compute_signed_amount(self):
        for row in self:
            row.signed_amount = -row.amount if row.kind == state_machine.REFUND else row.amount

    @api.depends("case_ids.state")
    def _compute_open_case_count(self):
        for row in self:
            row.open_case_count = len(row.case_ids.filtered(lambda case: case.state == "open"))

    # === How the ledger is written: by request, or by evidence (``doc/ledger.md §3``) ===

    def write(self, vals):
        """Override: the books, and reports that have had the row already, are compared again.

        By the jobs, and not by who waits here (``doc/ledger.md §15`` and ``§19``).
        """
        due = books_job.makes_due(vals)
        result = super().write({**vals, "books_due": True} if due else vals)
        if due:
            books_job.wake_for_rows(self)
        if vals.get("state") in state_machine.FINAL or vals.get("ers_reference"):
            named = (self | self.original_id).mapped("ers_reference")
            waiting = [("reference", "in", named), ("kind", "in", REMATCHED)]
            if self.env["glase.period.line"].sudo().search_count(waiting, limit=1):
                cron.wake(self.env, "cron_periods")
        return result

    def _end(self):
        """What is done when this row ends, by its kind."""
        self.ensure_one()
        return ENDS[self.kind](self)

    def _transition(self, request, **values):
        """Change the state because somebody asks for it.

        :param str request: a key of ``state_machine.REQUESTS``
        :raises ValueError: if the map does not let a row in this state go there
        """
        self.ensure_one()
        state = state_machine.REQUESTS[request].get(self.state)
        if state is None:
            raise ValueError(f"{request} is not possible for a row that is {self.state}")
        now = clock.now(self.env.cr)
        ended = {"ended_at": now} if state in state_machine.FINAL else {}
        self.write({"state": state, **ended, **values})
        self._note(request, values.get("message"))
        self._end().requested()

    def _decide(self, request, reason, user, **values):
        """Write down what was decided about an unknown refund."""
        self._transition(
            request,
            decided_at=clock.now(self.env.cr),
            decided_by=user.id,
            decided_reason=reason,
            message=reason,
            **values,
        )

    def _decided(self, reason, manager):
        """Who has decided something about a row, and why: values to write."""
        return {
            "decided_by": manager.id,
            "decided_at": clock.now(self.env.cr),
            "decided_reason": reason,
        }

    def _asker_id(self):
        """Who asks: in the ledger's own transactions whom they work for, else who is logged in."""
        if self.env.uid == SUPERUSER_ID:
            return self.env.context.get("glase_user_id")
        return self.env.uid

    def _note(self, operation, message=None, client_reference=None, ers_reference=None):
        """Append an event that is no answer: a request, a wish, a conclusion."""
        self.ensure_one()
        if client_reference:
            client_reference = glase_connection.sent_reference(self.account_id, client_reference)
        self.env["glase.event"].create(
            {
                "transaction_id": self.id,
                "time": clock.now(self.env.cr),
                "user_id": self._asker_id(),
                "operation": operation,
                "outcome": state_machine.NOTE,
                "client_reference": client_reference,
                "ers_reference": ers_reference,
                "state": self.state,
                "message": message,
            }
        )

    def _record_answer(self, evidence, heard):
        """Store what was heard, judge it, and act on the verdict: never refused.

        :param state_machine.Evidence evidence: the answer, or the lack of one
        :param dict heard: ``client_reference``, ``seconds`` and ``message`` (for the cashier)
        """
        self.ensure_one()
        known_rows.lock(self)
        before, now = self.state, clock.now(self.env.cr)
        verdict, evidence, other = self._judge(evidence)
        if other:
            heard = {**heard, "message": self._end().message_of_another(evidence)}
        heard = self._end().worded(evidence, heard)
        heard = {**heard, "message": source_of(heard.get("message"))}
        if not self._count_event(evidence, verdict, now, heard):
            self._store_event(evidence, verdict.state, now, heard)
        self.write(self._values_of(verdict, evidence, heard, now))
        autonomous_transaction.flush_unique(self)
        named = evidence.ers_reference or evidence.invoice_reference
        for kind in verdict.cases:
            progress.open_case(kind, self, named=named, other=other and other.display_name)
        self._end().answered(before, evidence)

    def _judge(self, evidence):
        """What an answer changes; one that names what another row has proves nothing (§20).

        :return: the verdict, the evidence as it is stored, and what else has the reference
        """
        verdict = state_machine.judge(self._as_judged(), evidence)
        named = {verdict.values.get(name) for name in ("invoice_reference", "ers_reference")}
        other = references.holder(self, self.environment, named - {self.original_id.ers_reference})
        if other:
            evidence = dataclasses.replace(evidence, outcome=state_machine.OF_ANOTHER)
            verdict = state_machine.judge(self._as_judged(), evidence)
        return verdict, evidence, other

    def _count_event(self, evidence, verdict, now, heard):
        """Count an answer that says what the newest event says already, and changes nothing.

        :return: whether it was counted; otherwise it is an event of its own
        """
        newest = self.env["glase.event"].search(
            [("transaction_id", "=", self.id)], order="id desc", limit=1
        )
        said = polling.said(evidence, heard.get("message"))
        if not newest or not polling.is_repeated(newest, said, now, self._as_judged(), verdict):
            return False
        repeated = glase_event.Repeated(
            1, now, now, heard.get("seconds"), heard.get("client_reference")
        )
        glase_event.write(self.env.cr, {newest.id: repeated}, now)
        newest.invalidate_recordset()
        return True

    def _store_event(self, evidence, state, now, heard):
        names = ("operation", "outcome", "code", "status", "version")
        referred = ("invoice_reference", "ers_reference")
        self.env["glase.event"].create(
            {
                "transaction_id": self.id,
                "time": now,
                "user_id": self._asker_id(),
                **{name: getattr(evidence, name) for name in (*names, *referred)},
                "amount": polling.amount_words(evidence),
                "state": state,
                **heard,
            }
        )

    def _values_of(self, verdict, evidence, heard, now):
        values = dict(verdict.values)
        for name in {"receipt_amount", "amount"} & set(values):
            values[name] = float(values[name])
        if evidence.outcome in (state_machine.ANSWER, state_machine.OF_ANOTHER):
            values["glase_seen_at"] = now
        values["message"] = heard.get("message") or False
        if "cancel_code" in values:
            values["cancel_answered_at"] = now
        if self.given_up_at and self._leaves_till_free(verdict, evidence):
            values["released"] = True
        if verdict.state != self.state:
            values["state"] = verdict.state
            values.update(dict.fromkeys(self._times_of(verdict.state), now))
        return values

    @staticmethod
    def _leaves_till_free(verdict, evidence):
        """Whether the next bill may take the place of one that was given up."""
        canceled = verdict.values.get("cancel_code") in state_machine.CANCELED_CODES
        # Refused for another reason than that it is being paid.
        refused = verdict.values.get("cancel_refusal")
        # Paid, but in a way that proves nothing: the bill is off the sticker all the same.
        unproven = evidence.status == "PAID" and verdict.state == state_machine.ISSUED
        return canceled or refused or unproven

    @staticmethod
    def _times_of(state):
        """The fields that keep when a row has come to a state."""
        own = {state_machine.ISSUED: ("issued_at",), state_machine.PAID: ("paid_at",)}
        ended = ("ended_at",) if state in state_machine.FINAL else ()
        return (*own.get(state, ()), *ended)

    def _as_judged(self):
        """The part of the row that the state machine reads."""
        self.ensure_one()
        return state_machine.Row(
            kind=self.kind,
            state=self.state,
            invoice_version=self.invoice_version,
            invoice_reference=self.invoice_reference or None,
            said_paid=self.said_paid,
            proposed=row_money.decimal(self, self.proposed_amount) if self.proposing else None,
        )

    # === Scheduled jobs, and buttons ===

    @api.model
    def _cron_settle(self):
        """Find rows whose till fell silent and work all given-up rows to an end."""
        Settlement(self.env).run()

    def _cron_books(self):
        """Correct the books for all rows and payments that are due."""
        books_job.BooksJob(self.env).run()

    @api.model
    def _cron_watch_forced(self):
        """Ask about payments that were just marked as paid, each second for their first minute."""
        Settlement(self.env).watch_forced()

    @public(group=MANAGERS)
    def action_refund(self):
        """Ask how much of a paid transaction goes back, and why."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Glase Refund"),
            "res_model": "glase.refund",
            "view_mode": "form",
            "target": "new",
            "context": {"default_transaction_id": self.id},
        }

    @public(group=MANAGERS)
    def action_make_refund_order(self):
        """Enter a refund that was made, but that no order has, in an order.

        :raises UserError: if it has one, or none can be made
        """
        return OfficeRefund(self).make_order()
