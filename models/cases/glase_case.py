import functools

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...rules import case_kinds
from ..pos.res_users import MANAGERS
from ..support.public_method import public
from . import case_words

# Where a case keeps the record that it is about.
LINKS = {
    case_kinds.ROW: "transaction_id",
    case_kinds.ORDER_PAYMENT: "payment_id",
    case_kinds.PERIOD: "period_id",
}


def case_action(method):
    """Let a manager call an action of a case that is open, where its kind offers that."""

    @functools.wraps(method)
    def offered(self):
        for case in self:
            if case.state != "open" or method.__name__ not in case._kind().offers:
                raise UserError(
                    self.env._(
                        "This case is decided already, or does not ask for that. Reload the page."
                    )
                )
        return method(self)

    many = method.__name__ == case_kinds.SETTLE
    return public(group=MANAGERS, access="write", many=many)(offered)


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

    kind = fields.Selection("_selection_kind", required=True, readonly=True, index=True)
    offers = fields.Json(compute="_compute_kind", help="What a manager may do while it is open")
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
    config_id = fields.Many2one("pos.config", "Point of Sale", readonly=True, ondelete="set null")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(readonly=True)
    summary = fields.Char("What happened", readonly=True)
    note = fields.Char("How it was settled", readonly=True, tracking=True)
    reason = fields.Char(help="Say how this was settled before you close it.")
    settled_by = fields.Many2one("res.users", readonly=True)
    settled_at = fields.Datetime(readonly=True)

    # Of names and not of links: a deletion empties those, and two cases must not become one by that.
    _one_open_case = models.UniqueIndex(
        "(kind, subject) WHERE state = 'open'",
        "This case is open already.",
    )

    @api.depends("kind", "transaction_id", "order_id", "period_id")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for case in self:
            subject = (case.order_id or case.transaction_id or case.period_id).display_name
            case.display_name = (
                f"{labels.get(case.kind)}: {subject}" if subject else labels[case.kind]
            )

    @api.depends("order_id.pos_reference", "transaction_id.order_name")
    def _compute_order_reference(self):
        """What the customer's receipt calls the order, also where the order is gone."""
        for case in self:
            case.order_reference = case.order_id.pos_reference or case.transaction_id.order_name

    @api.model
    def _selection_kind(self):
        return case_words.names(self.env)

    def _kind(self):
        """The entry of this case's kind in the table of kinds.

        :rtype: case_kinds.Kind
        """
        self.ensure_one()
        return case_kinds.KINDS[self.kind]

    @api.depends("kind")
    def _compute_kind(self):
        for case in self:
            case.offers = list(case._kind().offers) if case.kind else []
            case.awaits_order = case.kind and case._kind().awaits_order

    @api.model
    def _report(self, kind, subject, instead=None, amount=None, **values):
        """Open a case with the sentence of its kind, unless the same one is open already.

        :param str kind: a key of ``case_kinds.KINDS``
        :param subject: the ledger row, the payment of an order, or the period that it is about
        :param str instead: a key of ``case_words.INSTEAD``, where more is known than the kind
        :param float amount: the money that it is about; None for the subject's own
        :param values: what the sentence names beside what is known of the subject
        :return: the open case
        :raises ValueError: for a subject that the kind is not about
        """
        entry = case_kinds.KINDS[kind]
        if subject._name not in entry.about:
            raise ValueError(f"A case of kind {kind} is not about {subject._name}")
        summary = case_words.sentence(subject, kind, values, instead)
        case = self._open(kind, summary, subject, amount)
        if entry.tells_manager:
            words = case_words.KINDS[kind].activity
            self.env["res.users"]._glase_tell(case, self.env._(words))
        return case

    @api.model
    def _open(self, kind, summary, subject, amount=None):
        """Open a case, unless the same one is open already; see :meth:`_report`.

        :param str summary: a sentence that says what happened and what to do
        """
        case = self.sudo()
        name = f"{subject._name},{subject.id}"
        of_subject = [("kind", "=", kind), ("subject", "=", name), ("state", "=", "open")]
        existing = case.search(of_subject, limit=1)
        if not existing:
            return case.create(
                {
                    "kind": kind,
                    "subject": name,
                    "summary": summary,
                    "amount": subject.amount if amount is None else amount,
                    **self._values_about(subject),
                }
            )
        if subject._name == case_kinds.PERIOD:
            existing.write({"summary": summary, "amount": amount})
        elif existing.summary != summary:
            # One case for each kind and payment: what else is learnt stands in its history.
            existing.message_post(body=summary)
        return existing

    def _values_about(self, subject):
        values = {
            LINKS[subject._name]: subject.id,
            "company_id": subject.company_id.id,
            "currency_id": subject.currency_id.id,
        }
        if subject._name == case_kinds.PERIOD:
            return {**values, "config_id": subject.config_id.id}
        of_payment = subject._name == case_kinds.ORDER_PAYMENT
        order = subject.pos_order_id if of_payment else subject.order_id
        config = order.config_id if of_payment else subject.config_id
        return {**values, "order_id": order.id, "config_id": config.id}

    @case_action
    def action_settle(self):
        """Close the cases with the reason typed in the form.

        :raises AccessError: for anyone but a POS administrator
        :raises UserError: without a reason
        """
        for case in self:
            if not (case.reason or "").strip():
                raise UserError(
                    self.env._("Write how “%s” was settled, then settle it.", case.display_name)
                )
            case._settle(case.reason.strip())

    def _settle(self, note):
        """Close open cases with a note that stays on them."""
        self.sudo().filtered(lambda case: case.state == "open").write(
            {
                "state": "settled",
                "note": note,
                "settled_by": self.env.uid,
                "settled_at": fields.Datetime.now(),
            }
        )
