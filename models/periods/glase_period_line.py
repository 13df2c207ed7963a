from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ...rules import case_kinds, reconciliation, state_machine
from ...rules.reconciliation import DIFFERENCES, LATE, UNKNOWN, UNPAID, UNREPORTED
from ..books.subject import journal_items
from ..cases import progress
from ..ledger import references, row_money
from ..support import autonomous_transaction, money
from ..support.managers import MANAGERS
from ..support.public_method import public
from ..support.sentences import lasting, said, titled, with_values

# What is said about each kind of line: its name, what it means, and what a person does. One entry for each
# kind of ``rules/reconciliation.py``. Words of a table, which is there before any environment is.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)


class Words(NamedTuple):
    name: object
    sentence: object


KINDS = {
    reconciliation.MATCHED: Words(
        _lt("Matches"),
        _lt("Glase and the ledger say the same."),
    ),
    reconciliation.NETTED: Words(
        _lt("Matches, less its refunds"),
        _lt("Glase has taken the refunds off the payment: the sum is right."),
    ),
    reconciliation.AWAITED: Words(
        _lt("Awaited in the next report"),
        _lt("Not in this report. It should come with the next one: wait."),
    ),
    reconciliation.LATE: Words(
        _lt("Came in a later report"),
        _lt("A later report has it: nothing to do."),
    ),
    reconciliation.OVERLAP: Words(
        _lt("Reported before, by till or shop"),
        _lt(
            "An earlier period has it, from before the account's transaction periods were changed "
            "between till and shop: nothing to do."
        ),
    ),
    reconciliation.VERIFICATION: Words(
        _lt("Of a verification"),
        _lt(
            "Paid or given back while the integration was verified. It is no sale, and what was "
            "paid is given back: nothing to do."
        ),
    ),
    reconciliation.UNKNOWN: Words(
        _lt("At Glase only"),
        _lt(
            "Glase has this money, the ledger has never heard of it. Ask Glase what it is: its case "
            "lists it. Then accept it with the answer."
        ),
    ),
    reconciliation.AMOUNT: Words(
        _lt("Another amount"),
        _lt(
            "Glase says another amount than the ledger. Compare with the receipt; pay back what was "
            "taken too much, or accept it with the reason."
        ),
    ),
    reconciliation.CURRENCY: Words(
        _lt("Another currency"),
        _lt(
            "The payment was made in another currency than this period's, and Glase's report names "
            "none. Compare the amounts by hand, then accept it."
        ),
    ),
    reconciliation.TILL: Words(
        _lt("Another till"),
        _lt(
            "Glase reports it for another till than the one that sold. The money is right: check "
            "whether a sticker stands at the wrong till, then accept it."
        ),
    ),
    reconciliation.TWICE: Words(
        _lt("Reported twice"),
        _lt(
            "A report has had this already. Make sure that Glase pays it out once only, then accept "
            "it."
        ),
    ),
    reconciliation.UNPAID: Words(
        _lt("Not paid by the ledger"),
        _lt(
            "Glase has this money, but by the ledger it was not paid. Take the report's word for "
            "it: its case then lets you attach it to an order, or pay it back."
        ),
    ),
    reconciliation.UNDECIDABLE: Words(
        _lt("Cannot be told apart"),
        _lt(
            "Several payments or refunds could be meant. If a refund is not decided yet, decide its "
            "case first; else ask Glase, then accept it."
        ),
    ),
    reconciliation.MISSING: Words(
        _lt("In the ledger only"),
        _lt(
            "By the ledger this was paid or given back, but neither this report nor the next has "
            "it. Ask Glase by the payment reference, then accept it with the answer."
        ),
    ),
    reconciliation.UNREPORTED: Words(
        _lt("Reported in a period whose id is lost"),
        _lt(
            "It is in a period whose id was lost when Glase did not answer. Ask Glase for that "
            "period: its case says which."
        ),
    ),
    reconciliation.FORCED: Words(
        _lt("Counts as paid, not confirmed by Glase"),
        _lt(
            "A manager has marked it as paid, Glase has not confirmed it: the order counts it, "
            "Glase does not. Its case says what to do; if the shop bears it, accept it."
        ),
    ),
    reconciliation.CONTRADICTION: Words(
        _lt("Glase's two reports contradict each other"),
        _lt(
            "Glase's two reports contradict each other: its payments add up to %(listed)s, its "
            "summary says %(summed)s, or counts other payments. Ask Glase which is right, then "
            "accept it."
        ),
    ),
    reconciliation.UNLISTED: Words(
        _lt("Only a sum at Glase"),
        _lt(
            "Glase's report lists no payments, only their sum: they cannot be compared one by one. "
            "Compare the sum with the ledger's by hand, then accept it."
        ),
    ),
}
# Of a line of an unknown kind that gives money back.
UNKNOWN_REFUND = _lt(
    "Glase has given this money back, the ledger has never heard of it. If a refund of this amount "
    "was decided to be made, choose it; else ask Glase what it is: its case lists it. Then accept "
    "it with the answer."
)


def kind_names(env):
    """The kinds of line with their names, in the language of an environment, for a selection."""
    return [(key, said(env, words.name)) for key, words in KINDS.items()]


def sentence(line):
    """What a line of a period means, and what a person does; False for one without a kind.

    :param line: of ``glase.period.line``
    :rtype: sentences.Lasting | bool
    """
    if line.kind not in KINDS:
        return False
    words = KINDS[line.kind].sentence
    if line.kind == reconciliation.UNKNOWN and line.amount < 0:
        words = UNKNOWN_REFUND
    values = {
        "listed": line.currency_id.format(line.period_id.report_total),
        "summed": line.currency_id.format(line.amount),
    }
    return lasting(line.env, with_values(words, values))


REPORT, LEDGER, SUMMARY = "report", "ledger", "summary"
# The ledger's word for what a report says (doc/ledger.md §3).
REPORTED = "executeReport"


class GlasePeriodLine(models.Model):
    """One row of a report, or of the ledger, and what it was matched with (``doc/ledger.md §15``)."""

    _name = "glase.period.line"
    _description = "Glase Transaction Period Line"
    _inherit = ["pos_glase.kept"]
    _typed = frozenset({"reason", "named_refund_id"})
    _decided_field = "accepted_at"
    _order = "period_id desc, sequence, id"
    _log_access = False

    period_id = fields.Many2one(
        "glase.period", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="period_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="period_id.currency_id")
    origin = fields.Selection(
        [(REPORT, "Glase's report"), (LEDGER, "Our ledger"), (SUMMARY, "Glase's sums")],
        required=True,
        readonly=True,
    )
    sequence = fields.Integer(readonly=True)
    reference = fields.Char("Payment Reference", readonly=True, index="btree_not_null")
    amount = fields.Monetary("At Glase", readonly=True)
    ledger_amount = fields.Monetary("In the Ledger", readonly=True)
    cashier = fields.Char(readonly=True)
    terminal_identifier = fields.Char("Terminal at Glase", readonly=True)
    transaction_id = fields.Many2one(
        "glase.transaction", readonly=True, index="btree_not_null", ondelete="set null"
    )
    order_id = fields.Many2one(related="transaction_id.order_id")
    order_reference = fields.Char("Order Reference", related="transaction_id.order_name")
    payment_id = fields.Many2one(related="transaction_id.payment_id")
    kind = fields.Selection(lambda self: kind_names(self.env), "Result", readonly=True, index=True)
    is_difference = fields.Boolean(compute="_compute_is_difference", search="_search_is_difference")
    reason = fields.Char(help="Say why this is accepted before you accept it.")
    accepted_by = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    accepted_at = fields.Datetime(readonly=True)

    todo = fields.Text("What to Do", compute="_compute_todo")
    case_id = fields.Many2one("glase.case", "Open Case", compute="_compute_case_id")
    can_take_as_paid = fields.Boolean(compute="_compute_can_take_as_paid")
    can_refund = fields.Boolean(compute="_compute_can_refund")
    journal_item_id = fields.Many2one(
        "account.move.line", compute="_compute_journal_item_id", compute_sudo=True
    )

    refund_candidate_ids = fields.Many2many(
        "glase.transaction", compute="_compute_refund_candidate_ids", compute_sudo=True
    )
    named_refund_id = fields.Many2one(
        "glase.transaction",
        "Is This Refund",
        domain="[('id', 'in', refund_candidate_ids)]",
        ondelete="set null",
        help="A refund that was decided to be made, and whose payment reference Glase has not said",
    )

    @api.depends("order_reference", "kind", "origin", "amount", "ledger_amount")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for line in self:
            name = line.order_reference or labels.get(line.kind, line.kind) or ""
            amount = line.ledger_amount if line.origin == LEDGER else line.amount
            line.display_name = titled(name, line.currency_id, amount)

    @api.depends("kind", "accepted_at")
    def _compute_is_difference(self):
        for line in self:
            line.is_difference = line.kind in DIFFERENCES and not line.accepted_at

    def _search_is_difference(self, operator, value):
        if operator != "in":
            return NotImplemented
        differs = [("kind", "in", list(DIFFERENCES)), ("accepted_at", "=", False)]
        if value == {True} or list(value) == [True]:
            return differs
        return ["|", ("kind", "not in", list(DIFFERENCES)), ("accepted_at", "!=", False)]

    @api.depends("kind", "amount")
    @api.depends_context("lang")
    def _compute_todo(self):
        for line in self:
            words = sentence(line)
            line.todo = words and str(words)

    @api.depends("transaction_id.case_ids.state", "kind")
    def _compute_case_id(self):
        of_rows, of_periods = {}, {}
        cases = self.env["glase.case"].search(
            [
                ("state", "=", "open"),
                "|",
                ("transaction_id", "in", self.transaction_id.ids),
                ("period_id", "in", self.period_id.ids),
            ]
        )
        for case in cases:
            of_rows.setdefault(case.transaction_id, case)
            of_periods.setdefault((case.period_id, case.kind), case)
        for line in self:
            of_period = of_periods.get((line.period_id, case_kinds.listing(line.kind)))
            of_row = line.transaction_id and of_rows.get(line.transaction_id)
            line.case_id = of_row or of_period or False

    @api.depends("kind", "transaction_id.state", "accepted_at")
    def _compute_can_take_as_paid(self):
        for line in self:
            row = line.sudo().transaction_id
            line.can_take_as_paid = bool(
                line.kind == UNPAID
                and line.origin == REPORT
                and not line.accepted_at
                and line.amount > 0
                and row.kind == state_machine.PAYMENT
                and row.state != state_machine.PAID
            )

    @api.depends("kind", "accepted_at", "transaction_id.state")
    def _compute_can_refund(self):
        for line in self:
            row = line.sudo().transaction_id
            line.can_refund = bool(
                line.kind in DIFFERENCES
                and not line.accepted_at
                and row.kind == state_machine.PAYMENT
                and row.state == state_machine.PAID
                and row.refundable_amount > 0
            )

    @api.depends("transaction_id.payment_id")
    def _compute_journal_item_id(self):
        """The item on Glase's account of what was booked for the line's row of the ledger."""
        found = journal_items(self.transaction_id)
        for line in self:
            line.journal_item_id = found.get(line.transaction_id.id)

    @api.depends("kind", "amount", "accepted_at")
    def _compute_refund_candidate_ids(self):
        for line in self:
            unknown = line.kind == UNKNOWN and line.origin == REPORT and not line.accepted_at
            line.refund_candidate_ids = unknown and line.amount < 0 and line._nameable_refunds()

    def _nameable_refunds(self):
        self.ensure_one()
        rows = self.env["glase.transaction"]
        return rows.search(self.period_id._covered() & references.nameable()).filtered(
            lambda row: not row.currency_id.compare_amounts(row.amount, -self.amount)
        )

    def _has_come(self):
        """Whether a report has the row that this line waits for.

        What a lost period has taken with it waits for nothing else, unless a report has it after all.
        """
        period = self.transaction_id.period_id
        return bool(period) and (self.kind != UNREPORTED or bool(period.identifier))

    def _came_late(self):
        """What these lines waited for is in a report now."""
        self.write({"kind": LATE})
        progress.settle_about(
            self.transaction_id,
            case_kinds.ended_by(case_kinds.REPORTED),
            _lt("A later report has it."),
        )

    # === What a person does about it ===

    @public(group=MANAGERS, access="write", many=True)
    def action_accept(self):
        """Accept a difference with the reason that was typed.

        :raises AccessError: for anyone but a POS administrator
        :raises UserError: without a reason, or if none of them is an open difference
        """
        lines = self.filtered("is_difference")
        if not lines:
            raise UserError(self.env._("None of these lines is an open difference any more."))
        for line in lines:
            if not (line.reason or "").strip():
                raise UserError(self.env._("Write why this difference is accepted."))
            line.sudo().write({"accepted_by": self.env.uid, "accepted_at": fields.Datetime.now()})
            reported = case_kinds.ended_by(case_kinds.REPORTED)
            progress.settle_about(line.sudo().transaction_id, reported, line.reason)
        lines.period_id.sudo()._sum_up()
        lines.period_id.sudo()._tell_result()

    @public()
    def action_open_case(self):
        """The open case about this line."""
        self.ensure_one()
        return self.case_id._get_records_action(context={})

    @public()
    def action_open_journal_item(self):
        """The journal entry that has this line's money.

        :raises UserError: if nothing is booked yet, or its reader may not see the books
        """
        self.ensure_one()
        item = self.env["account.move.line"].browse(self.journal_item_id.id)
        if not item:
            raise UserError(self.env._("Nothing is booked yet: the session is open."))
        item.check_access("read")
        return item.move_id._get_records_action(context={})

    @public(group=MANAGERS)
    def action_refund(self):
        """Ask how much of this line's payment goes back, and why."""
        self.ensure_one()
        return self.transaction_id.action_refund()

    @public(group=MANAGERS, access="write")
    def action_take_as_paid(self):
        """Take Glase's report as evidence that the payment was made (``doc/ledger.md §3``).

        The row becomes paid, and its case lets it be attached to an order or paid back.

        :return: the action that shows the case, if one is open
        :raises AccessError: for anyone but a POS administrator
        :raises UserError: without a reason, or if it is paid meanwhile
        """
        reason = self._reason_given()
        row = self.sudo().transaction_id
        autonomous_transaction.lock(row)
        self.invalidate_recordset(["can_take_as_paid"])
        if not self.can_take_as_paid:
            raise UserError(self.env._("This payment is paid meanwhile. Reload the page."))
        evidence = state_machine.Evidence(
            REPORTED,
            code=0,
            ers_reference=self.reference,
            amount=money.exact(self.currency_id, self.amount),
            currency=self.currency_id.name,
        )
        row._record_answer(evidence, {"message": False})
        row.write(row._decided(reason, self.env.user))
        row._note("report_believed", reason)
        if not row_money.finished_order(row) and not row.case_ids.filtered(
            lambda case: case.state == "open"
        ):
            progress.open_case(case_kinds.without_order(row.kind), row)
        self.sudo().period_id._compare_again()
        return self.case_id and self.action_open_case()

    def _reason_given(self):
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Write how you know it, as the reason."))
        return reason

    @public(group=MANAGERS, access="write")
    def action_name_refund(self):
        """Give a refund the payment reference of this row of Glase's report.

        A refund whose answer was lost has no payment reference, even after a manager has decided that
        it was made. Nothing is matched by amount and luck: a manager names it (``doc/ledger.md §15``).

        :raises AccessError: for anyone but a POS administrator
        :raises UserError: without a refund or a reason, or if the refund has a reference meanwhile
        """
        reason = self._reason_given()
        line = self.sudo()
        row = line.named_refund_id
        if not row:
            raise UserError(self.env._("Choose the refund that this is."))
        autonomous_transaction.lock(row)
        line.invalidate_recordset(["refund_candidate_ids"])
        if row not in line.refund_candidate_ids:
            raise UserError(self.env._("This refund cannot be it any more. Reload the page."))
        why_not = references.why_not(row, self.reference)
        if why_not:
            raise UserError(why_not)
        references.enter(row, self.reference, reason, self.env.user)
        line.period_id._compare_again()
