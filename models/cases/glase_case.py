import functools

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..pos.res_users import MANAGERS
from ..support.public_method import public

KINDS = [
    ("unverified_payment", "Payment not proven by the ledger"),
    ("paid_without_order", "Paid, but no order has it"),
    ("paid_late", "Paid after it counted as unpaid"),
    ("paid_without_reference", "Paid, but without a payment reference"),
    ("reference_twice", "Glase named a reference that another has"),
    ("amount_differs", "Glase took another amount"),
    ("amount_unknown", "Paid, but not known how much"),
    ("changed_after_send", "Changed after the bill was sent"),
    ("forced_done", "Marked as paid by a manager"),
    ("goods_without_money", "Goods given, no money"),
    ("unknown_refund", "Not known whether the refund was made"),
    ("unverified_refund", "Refund not proven by the ledger"),
    ("refund_without_order", "Refunded, but no order has it"),
    ("unknown_reference", "At Glase, but not in the ledger"),
    ("not_reported", "In the ledger, but in no report"),
    ("period_lost", "The id of a period is lost"),
    ("not_booked", "Not in the books"),
    ("not_answered_for_till", "Glase does not know the till or the bill"),
]

ALL_KINDS = frozenset(kind for kind, _label in KINDS)
# Kinds that are about money which Glase took and no order has.
GIVEN_BACK = frozenset({"paid_without_order", "paid_late"})
# Of which kinds of case, while they are open, each action is offered. What else an action needs
# (the state of the payment, a reason) it asks for itself.
OFFERED = {
    # How much was paid is not settled with words: somebody says which amount.
    "action_settle": ALL_KINDS - {"amount_unknown"},
    "action_attach": GIVEN_BACK | {"amount_differs"},
    "action_not_paid": frozenset({"not_answered_for_till", "reference_twice"}),
    "action_old_amount_taken": frozenset({"amount_unknown"}),
    "action_new_amount_taken": frozenset({"amount_unknown"}),
    "action_was_refunded": frozenset({"unknown_refund"}),
    "action_was_not_refunded": frozenset({"unknown_refund"}),
    "action_repeat_refund": frozenset({"unknown_refund"}),
    "action_refund": GIVEN_BACK,
    "action_make_refund_order": frozenset({"refund_without_order"}),
    # Kinds about money that stands on the suspense account: a write-off ends them.
    "action_write_off": frozenset(
        {
            "unverified_payment",
            "paid_without_order",
            "paid_late",
            "amount_differs",
            "changed_after_send",
            "forced_done",
            "goods_without_money",
            "unverified_refund",
            "refund_without_order",
            "not_booked",
        }
    ),
}


def case_action(method):
    """Let a manager call an action of a case, where ``OFFERED`` names its kind and it is open."""

    @functools.wraps(method)
    def offered(self):
        for case in self:
            if case.state != "open" or case.kind not in OFFERED[method.__name__]:
                raise UserError(
                    self.env._(
                        "This case is decided already, or does not ask for that. Reload the page."
                    )
                )
        return method(self)

    many = method.__name__ == "action_settle"
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

    kind = fields.Selection(KINDS, required=True, readonly=True, index=True)
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
    def _open(self, kind, summary, transaction=None, payment=None):
        """Open a case, unless the same one is open already.

        :param str kind: a key of ``KINDS``
        :param str summary: a sentence that says what happened and what to do
        :param transaction: the ledger row, or None
        :param payment: the payment of the order, or None
        :return: the open case
        """
        case = self.sudo()
        subject = transaction if transaction else payment
        domain = [
            ("kind", "=", kind),
            ("state", "=", "open"),
            ("transaction_id", "=", transaction.id if transaction else False),
            ("payment_id", "=", payment.id if payment else False),
        ]
        existing = case.search(domain, limit=1)
        if existing:
            if existing.summary != summary:
                # One case for each kind and payment: what else is learnt stands in its history.
                existing.message_post(body=summary)
            return existing
        order = payment.pos_order_id if payment else transaction.order_id
        config = payment.pos_order_id.config_id if payment else transaction.config_id
        return case.create(
            {
                "kind": kind,
                "subject": f"{subject._name},{subject.id}",
                "summary": summary,
                "transaction_id": transaction.id if transaction else False,
                "payment_id": payment.id if payment else False,
                "order_id": order.id,
                "config_id": config.id,
                "company_id": subject.company_id.id,
                "currency_id": subject.currency_id.id,
                "amount": subject.amount,
            }
        )

    @api.model
    def _open_for_period(self, kind, summary, period, amount):
        """Open a case about a transaction period, unless the same one is open already.

        :param str kind: a key of ``KINDS``
        :param str summary: a sentence that says what happened and what to do
        :param period: the period
        :param float amount: the money that it is about, in the period's currency
        :return: the open case
        """
        case = self.sudo()
        same = [("kind", "=", kind), ("state", "=", "open"), ("period_id", "=", period.id)]
        existing = case.search(same, limit=1)
        if existing:
            existing.write({"summary": summary, "amount": amount})
            return existing
        return case.create(
            {
                "kind": kind,
                "subject": f"{period._name},{period.id}",
                "summary": summary,
                "period_id": period.id,
                "config_id": period.config_id.id,
                "company_id": period.company_id.id,
                "currency_id": period.currency_id.id,
                "amount": amount,
            }
        )

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
