from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain

from ...rules import state_machine
from ...rules.environments import ENVIRONMENTS
from ..books import books_job
from ..support import autonomous_transaction, clock

# States of an order that is stored for good.
FINISHED = ("paid", "done")


class GlaseTransaction(models.Model):
    """THE LEDGER: one row for each attempt to move money, and its state.

    Rows are written by the ledger only, in transactions of its own; nobody writes them over RPC.
    The rules are in ``doc/ledger.md``, the state machine in :mod:`.ledger`, the conversations
    with Glase in ``glase_transaction_till.py`` and ``glase_transaction_settle.py``.
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
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)

    terminal_id = fields.Many2one(
        "glase.terminal", required=True, readonly=True, index=True, ondelete="restrict"
    )
    account_id = fields.Many2one("glase.account", required=True, readonly=True, ondelete="restrict")
    config_id = fields.Many2one(
        "pos.config", "Point of Sale", readonly=True, index=True, ondelete="set null"
    )
    period_id = fields.Many2one(
        "glase.period",
        "Reported In",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The transaction period whose report at Glase has this row",
    )
    session_id = fields.Many2one("pos.session", readonly=True, index=True, ondelete="set null")
    counted_session_id = fields.Many2one(
        "pos.session",
        "Counted in",
        compute="_compute_counted_session_id",
        store=True,
        recursive=True,
        index=True,
        ondelete="set null",
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
    user_id = fields.Many2one("res.users", "Asked by", readonly=True)

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
    attached_by = fields.Many2one("res.users", readonly=True)
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
    call_reference = fields.Char(
        "Reference of the Call",
        readonly=True,
        help="Our own reference of the call that moves the money: Glase's support finds it by this",
    )

    invoice_reference = fields.Char(readonly=True, index="btree_not_null")
    invoice_version = fields.Integer(readonly=True)
    qr_code = fields.Char("Invoice QR Code", readonly=True)
    ers_reference = fields.Char("Payment Reference", readonly=True, index="btree_not_null")
    own_reference = fields.Char(
        compute="_compute_own_reference",
        store=True,
        index="btree_not_null",
        help="The payment reference, where it names this row alone",
    )
    receipt_time = fields.Datetime("Time on Glase's Receipt", readonly=True)
    receipt_amount = fields.Monetary("Amount on Glase's Receipt", readonly=True)
    receipt_currency = fields.Char("Currency on Glase's Receipt", readonly=True)

    sent_at = fields.Datetime(readonly=True)
    issued_at = fields.Datetime(readonly=True)
    paid_at = fields.Datetime(readonly=True, index="btree_not_null")
    ended_at = fields.Datetime(readonly=True)
    till_seen_at = fields.Datetime("Till Last Heard", readonly=True)
    glase_seen_at = fields.Datetime("Glase Last Heard", readonly=True)

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
    message = fields.Char("Last Message", readonly=True)

    forced_at = fields.Datetime("Marked as Paid", readonly=True)
    forced_by = fields.Many2one("res.users", "Marked as Paid by", readonly=True)
    forced_reason = fields.Char("Reason for Marking as Paid", readonly=True)
    decided_at = fields.Datetime("Decided", readonly=True)
    decided_by = fields.Many2one("res.users", readonly=True)
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
    _to_settle = models.Index("(next_try_at) WHERE state IN ('issued', 'unknown')")
    _books_due = models.Index("(id) WHERE books_due")
    _unreported = models.Index(
        "(terminal_id, ended_at) WHERE period_id IS NULL AND state IN ('paid', 'refunded')"
    )

    @api.depends("session_id", "original_id.counted_session_id")
    def _compute_counted_session_id(self):
        for row in self:
            row.counted_session_id = row.session_id or row.original_id.counted_session_id

    @api.depends("order_name", "invoice_reference", "ers_reference")
    def _compute_display_name(self):
        for row in self:
            reference = row.ers_reference or row.invoice_reference
            name = row.order_name or self.env._("Glase attempt %s", row.id)
            row.display_name = f"{name} ({reference})" if reference else name

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

    # === Reading ===

    @api.model
    def _undecided(self, terminal):
        """The rows of a registration whose money is not decided yet.

        While there are any, the registration must stay as it is (``doc/ledger.md §8``).
        """
        states = [state_machine.SENDING, state_machine.ISSUED, state_machine.UNKNOWN]
        return self.sudo().search([("terminal_id", "in", terminal.ids), ("state", "in", states)])

    @api.model
    def _open_rows(self, config):
        """The payments that hold a till at this moment."""
        return self.sudo().search(
            [("config_id", "in", config.ids), ("state", "in", list(state_machine.HOLDS_TILL))]
        )

    def _finished_order(self):
        """The finished order that has this row: there it has its end. Of no row there is none."""
        order = self.payment_id.pos_order_id
        return order if order.state in FINISHED else order.browse()

    def _is_of_order(self, order):
        """Whether this is the order that the row was sent for, or was attached to by a manager."""
        self.ensure_one()
        if self.attached_at:
            return self.order_id == order
        return self.order_uuid == order.uuid

    # === Locks ===

    def _lock(self):
        """Lock these rows before how they end is read, with what they give back and repeat."""
        autonomous_transaction.lock(self | self.original_id | self.repeats_id)

    @api.model
    def _lock_ends(self, orders=None, payments=None, order_uuids=()):
        """Lock the rows of orders and of payments; who may end one of them does this first.

        They are found by the ledger's own keys, and as superuser: not by what the caller may see
        (``doc/ledger.md §2``).

        :param orders: orders whose rows are meant, whatever they are linked to
        :param payments: payments whose rows are meant
        :param order_uuids: of orders that may not be stored yet
        :return: the rows
        """
        rows = self.sudo()
        orders = self.env["pos.order"].sudo() | (orders or self.env["pos.order"]).sudo()
        payments = orders._glase_payments() | (payments or self.env["pos.payment"]).sudo()
        uuids = {*order_uuids, *orders.mapped("uuid")} - {False, None}
        lines = set(payments.mapped("uuid")) - {False}
        found = rows.search(
            Domain("order_uuid", "in", list(uuids))
            | Domain("order_id", "in", orders.ids)
            | Domain("line_uuid", "in", list(lines))
            | Domain("payment_id", "in", payments.ids)
        )
        found._lock()
        return found

    def _decided(self, reason, manager):
        """Who has decided something about a row, and why: values to write."""
        return {
            "decided_by": manager.id,
            "decided_at": clock.now(self.env.cr),
            "decided_reason": reason,
        }

    def _cron_books(self):
        """Correct the books for all rows and payments that are due."""
        books_job.BooksJob(self.env).run()

    # === Money ===

    def _decimal(self, amount):
        """An amount of this row as Decimal, in major units with the currency's decimals."""
        self.ensure_one()
        return Decimal(f"{amount:.{self.currency_id.decimal_places}f}")

    def _taken_amount(self):
        """What Glase took: the amount of its receipt where it gave one, else the bill's.

        Zero where that is not known: a receipt in another currency, or none while an update of
        the amount was out.
        """
        self.ensure_one()
        if self.receipt_currency and self.receipt_currency != self.currency_id.name:
            return 0.0
        if self.proposing:
            return 0.0
        return self.receipt_amount if self.receipt_currency else self.amount

    def _stands_for(self, amount):
        """Whether a payment of this amount (float, major units) is what this row is about."""
        self.ensure_one()
        amounts = [self._taken_amount() or self.amount]
        if self.proposing:
            amounts += [self.amount, self.proposed_amount]
        return any(self.currency_id.compare_amounts(amount, mine) == 0 for mine in amounts)

    def _claim_link(self, payment):
        """Link the row to an order's payment, if nothing else has claimed it meanwhile.

        :return: whether it is linked to this payment now
        """
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE glase_transaction SET payment_id = %s, order_id = %s"
            " WHERE id = %s AND payment_id IS NULL AND refund_claim IS NULL",
            (payment.id, payment.pos_order_id.id, self.id),
        )
        claimed = bool(self.env.cr.rowcount)
        self.invalidate_recordset(["payment_id", "order_id", "refund_claim"])
        if claimed:
            books_job.mark_due(self)
        return claimed

    def _amount_is_certain(self):
        """Whether it is known what Glase took, or will take."""
        self.ensure_one()
        return not self.currency_id.is_zero(self._taken_amount())

    def _as_judged(self):
        """The part of the row that the state machine reads."""
        self.ensure_one()
        return state_machine.Row(
            kind=self.kind,
            state=self.state,
            invoice_version=self.invoice_version,
            invoice_reference=self.invoice_reference or None,
            said_paid=self.said_paid,
            proposed=self._decimal(self.proposed_amount) if self.proposing else None,
        )
