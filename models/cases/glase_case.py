from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ...rules import case_kinds, environments, state_machine
from ..books.booking import WriteOff
from ..ledger import known_rows
from ..support import autonomous_transaction, sentences
from ..support.sentences import Sentence, labelled, titled
from . import attach, case_words, progress
from .refund_decision import RefundDecision, RefundEvidence

# Said in the language of whoever settles the case.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)


class GlaseCase(models.Model):
    """Something about money that a person must settle: one list for all kinds.

    A case is opened by the ledger or by the proof of a payment and closed by a manager with a
    reason, or by the proof itself when what was missing arrives (``doc/ledger.md §6``).
    """

    _name = "glase.case"
    _description = "Glase Case"
    _inherit = ["pos_glase.kept", "pos_glase.thread", "mail.activity.mixin"]
    _order = "state, id desc"
    _typed = frozenset({"reason", "attach_order_id", "refund_reference"})
    _decided_field = "settled_at"

    kind = fields.Selection(
        "_selection_kind", required=True, readonly=True, index=True, tracking=True
    )
    offers = fields.Json(
        "Possible Actions", compute="_compute_kind", help="What a manager may do while it is open"
    )
    awaits_order = fields.Boolean(compute="_compute_kind")
    state = fields.Selection(
        [("open", "Open"), ("settled", "Settled")],
        default="open",
        required=True,
        readonly=True,
        tracking=True,
        index=True,
    )
    transaction_id = fields.Many2one(
        "glase.transaction", readonly=True, index=True, ondelete="restrict"
    )
    payment_id = fields.Many2one(
        "pos.payment", readonly=True, index="btree_not_null", ondelete="set null"
    )
    period_id = fields.Many2one(
        "glase.period", "Transaction Period", readonly=True, index="btree_not_null"
    )
    subject = fields.Char(
        readonly=True, copy=False, help="What the case is about, also when that is deleted"
    )
    order_id = fields.Many2one("pos.order", readonly=True, ondelete="set null")
    order_reference = fields.Char(compute="_compute_order_reference")
    config_id = fields.Many2one("pos.config", "Till", readonly=True, ondelete="set null")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(readonly=True)
    summary = Sentence("What happened", readonly=True, tracking=True)
    note = Sentence("How it was settled", readonly=True, tracking=True)
    reason = fields.Char(help="Say how this was settled before you close it.")
    settled_by = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    settled_at = fields.Datetime(readonly=True)
    account_id = fields.Many2one(
        "glase.account", compute="_compute_account_id", store=True, index=True
    )

    # A payment that no order has.
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
    till_heard_at = fields.Datetime(
        "Last Contact with the Till", related="transaction_id.till_seen_at"
    )

    # What only Glase's support or report can tell.
    old_amount = fields.Monetary("Amount Before the Change", related="transaction_id.amount")
    new_amount = fields.Monetary(
        "Amount After the Change", related="transaction_id.proposed_amount"
    )
    can_say_unpaid = fields.Boolean(compute="_compute_can_say_unpaid")

    # A refund of which nobody knows whether it was made.
    refund_state = fields.Selection(related="transaction_id.state", string="State of the Refund")
    call_reference = fields.Char(related="transaction_id.call_reference")
    called_at = fields.Datetime("Called", related="transaction_id.sent_at")
    original_id = fields.Many2one(related="transaction_id.original_id")
    paid_amount = fields.Monetary("Was Paid", related="original_id.amount")
    refundable_amount = fields.Monetary(related="transaction_id.refundable_amount")
    refund_reference = fields.Char(
        "Glase's Reference of the Refund",
        help="The payment reference (ersReference) that Glase gave the refund, from its portal or its "
        "support. Leave it empty if you do not know it: the report is then matched by hand.",
    )
    other_tender_by = fields.Many2one(related="transaction_id.other_tender_by")
    other_tender_reason = fields.Char(related="transaction_id.other_tender_reason")
    decide_from = fields.Datetime("Can Be Decided from", compute="_compute_may_decide")
    may_decide = fields.Boolean(compute="_compute_may_decide")
    may_repeat = fields.Boolean(compute="_compute_may_decide")
    evidence_line_ids = fields.Many2many(
        "glase.period.line", "Rows of Glase's Reports", compute="_compute_evidence"
    )
    evidence_words = fields.Text("What the Reports Say", compute="_compute_evidence")

    # Money that is booked on the suspense account.
    suspense_amount = fields.Monetary(
        "On the Suspense Account",
        compute="_compute_suspense_amount",
        help="Above zero: money that Glase took and nobody has claimed. Below zero: money that the "
        "sales say Glase took, and Glase did not.",
    )
    can_write_off = fields.Boolean(compute="_compute_suspense_amount")

    # Of names and not of links: a deletion empties those, and two cases must not become one by that.
    _one_open_case = models.UniqueIndex(
        "(kind, subject) WHERE state = 'open'",
        "This case is open already.",
    )

    @api.depends("kind", "order_reference", "period_id", "amount", "currency_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """What it is, of which order or period, and how much: no reference of 25 digits."""
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for case in self:
            about = case.period_id.display_name
            if not about:
                of_order = case.order_reference or case.order_id.display_name
                about = of_order and titled(of_order, case.currency_id, case.amount)
            label = labels.get(case.kind, case.kind)
            case.display_name = labelled(self.env, label, about) if about else label

    @api.depends("order_id.pos_reference", "transaction_id.order_name")
    def _compute_order_reference(self):
        """What the customer's receipt calls the order, also where the order is gone."""
        for case in self:
            case.order_reference = case.order_id.pos_reference or case.transaction_id.order_name

    @api.model
    def _selection_kind(self):
        return case_words.names(self.env)

    def _kind(self):
        """The entry of this case's kind in the table of kinds; without one nothing is offered.

        :rtype: case_kinds.Kind
        """
        self.ensure_one()
        return case_kinds.KINDS.get(self.kind, case_kinds.NONE)

    @api.depends("kind")
    def _compute_kind(self):
        for case in self:
            case.offers = list(case._kind().offers)
            case.awaits_order = case._kind().awaits_order

    def _offers(self, action):
        """Whether a manager may do something about this case: what else it needs asks the action.

        :param str action: one of the names in ``case_kinds``
        """
        return self.state == "open" and action in self._kind().offers

    @api.depends("transaction_id.account_id", "period_id.account_id", "config_id")
    def _compute_account_id(self):
        for case in self:
            subject = case.transaction_id or case.period_id
            till = case.config_id.glase_terminal_id
            case.account_id = subject.account_id or till.account_id

    @api.depends(
        "state",
        "kind",
        "transaction_id.payment_id.pos_order_id.state",
        "transaction_id.refund_claim",
    )
    def _compute_can_attach(self):
        for case in self:
            row = case.sudo().transaction_id
            case.can_attach = case._offers(case_kinds.ATTACH) and attach.has_no_end(row)

    @api.depends("transaction_id")
    def _compute_attach_order_id(self):
        for case in self:
            order = case.transaction_id.order_id
            case.attach_order_id = order if order.state == "draft" else False

    @api.depends("state", "transaction_id", "can_attach")
    def _compute_attachable_order_ids(self):
        for case in self:
            row = case.sudo().transaction_id
            case.attachable_order_ids = case.can_attach and attach.attachable_orders(self.env, row)

    def _compute_can_say_unpaid(self):
        for case in self:
            row = case.sudo().transaction_id
            undecided = row.state == state_machine.ISSUED and row.kind == state_machine.PAYMENT
            # While a till waits for it, or Glase answers, it may still be heard.
            alone = bool(row.given_up_at or row.forced_at and row._is_refused_an_answer())
            case.can_say_unpaid = case._offers(case_kinds.NOT_PAID) and undecided and alone

    def _is_refund_to_decide(self):
        """Whether this case asks what became of a refund, and nobody knows it yet."""
        asks = case_kinds.WAS_REFUNDED in self._kind().offers
        return asks and self.transaction_id.state == state_machine.UNKNOWN

    @api.depends("kind", "state", "transaction_id.state")
    def _compute_may_decide(self):
        for case in self:
            undecided = case._is_refund_to_decide()
            decision = RefundDecision(case.sudo().transaction_id)
            case.decide_from = undecided and decision.possible_from()
            is_open = undecided and case.state == "open"
            case.may_decide = is_open and not decision.seconds_to_wait()
            case.may_repeat = case.may_decide and not decision.why_not_repeat()

    @api.depends("kind", "transaction_id.state")
    @api.depends_context("lang")
    def _compute_evidence(self):
        for case in self:
            row = case.sudo().transaction_id
            shown = bool(row) and case_kinds.WAS_REFUNDED in case._kind().offers
            case.evidence_line_ids = shown and RefundEvidence(row).lines()
            case.evidence_words = shown and RefundEvidence(row).words()

    def _compute_suspense_amount(self):
        for case in self:
            amount = WriteOff(case).amount()
            case.suspense_amount = amount
            stands = bool(amount) and not case.currency_id.is_zero(amount)
            case.can_write_off = case._offers(case_kinds.WRITE_OFF) and stands

    def _glase_to_settle(self):
        """What an activity says of this case: its title, in the reader's language."""
        return self.display_name

    def _glase_settled_by(self):
        """The account that names who decides, and the session whose opener is asked else."""
        order = self.order_id or self.payment_id.pos_order_id
        of_period = self.period_id.session_ids
        sessions = self.transaction_id.session_id or order.session_id or of_period
        return self.account_id, sessions

    def _is_simulated(self):
        """Whether it is about the simulator's money, which is none."""
        of_line = self.payment_id.uuid and self.env["glase.transaction"].search(
            [("line_uuid", "=", self.payment_id.uuid)], limit=1
        )
        subject = self.transaction_id or self.period_id or of_line
        return (subject or self.account_id).environment == environments.SIMULATOR

    # === Opened, closed ===

    @api.model_create_multi
    def create(self, vals_list):
        """Override: it is not known any more that an order has no open case."""
        known_rows.forget(self.env)
        return super().create(vals_list)

    def write(self, vals):
        """Override: see :meth:`create`."""
        known_rows.forget(self.env)
        return super().write(vals)

    @api.model
    def _open(self, kind, summary, subject, amount=None):
        """Open a case, unless one about the same cause is open already; see ``progress.open_case``.

        One cause is one case: one that is open changes its kind, or hears of what else is learnt.

        :param Lasting summary: a sentence that says what happened and what to do
        """
        case = self.sudo()
        entry = case_kinds.KINDS[kind]
        name = f"{subject._name},{subject.id}"
        own = case.search([("subject", "=", name), ("state", "=", "open")], order="id")
        existing = own.filtered(lambda one: one.kind == kind)
        existing = existing or own.filtered(lambda one: one.kind in entry.part_of)[:1]
        if existing:
            existing._hear(summary, amount)
            return existing
        values = {
            "kind": kind,
            "summary": summary,
            "amount": subject.amount if amount is None else amount,
        }
        earlier = own.filtered(lambda one: one.kind in entry.takes_over)
        # Another transaction may be opening the same one at this moment.
        with autonomous_transaction.only_one():
            if not earlier:
                return case.create({**values, "subject": name, **self._values_about(subject)})
            earlier[0].write(values)
            earlier[0].flush_recordset()
        progress.settle(earlier[1:], _lt("It goes on in “%s”.", case_words.KINDS[kind].name))
        return earlier[0]

    def _hear(self, summary, amount):
        """What else is learnt about an open case: of a period its newest, else in its history."""
        if self.period_id:
            self.write({"summary": summary, "amount": amount})
        elif self.summary != summary:
            sentences.note(self, summary, self)

    def _values_about(self, subject):
        values = {
            case_kinds.LINKS[subject._name]: subject.id,
            "company_id": subject.company_id.id,
            "currency_id": subject.currency_id.id,
        }
        if subject._name == case_kinds.PERIOD:
            return {**values, "config_id": subject.config_id.id}
        of_payment = subject._name == case_kinds.ORDER_PAYMENT
        order = subject.pos_order_id if of_payment else subject.order_id
        config = order.config_id if of_payment else subject.config_id
        return {**values, "order_id": order.id, "config_id": config.id}
