from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...rules import state_machine
from ..pos.res_users import MANAGERS
from ..support import autonomous_transaction
from ..support.public_method import public
from .glase_period_line import CONTRADICTION, DIFFERENCES, UNPAID
from .glase_period_line import REPORT as OF_GLASE

# The ledger's word for what a report says (doc/ledger.md §3).
REPORTED = "executeReport"

# Where each row of the ledger is booked: the payment per customer; else the session's combined
# payment; else the newest correction, of the row or of its order's payment that nothing proves. Of
# its lines the one on Glase's account: core exchanges the
# two accounts of a payment that gives money back, and the method's own may have been exchanged since.
JOURNAL_ITEMS = """
    SELECT DISTINCT ON (entry.row_id) entry.row_id, item.id
      FROM (
        SELECT row.id AS row_id, own.move_id, 1 AS rank
          FROM glase_transaction row
          JOIN account_payment own ON own.glase_pos_payment_id = row.payment_id
        UNION ALL
        SELECT row.id, combined.move_id, 2
          FROM glase_transaction row
          JOIN pos_payment payment ON payment.id = row.payment_id
          JOIN account_payment combined
            ON combined.pos_session_id = payment.session_id
           AND combined.pos_payment_method_id = payment.payment_method_id
           AND combined.glase_pos_payment_id IS NULL
        UNION ALL
        SELECT glase_transaction_id, id, 3 FROM account_move
        UNION ALL
        SELECT row.id, correction.id, 3
          FROM glase_transaction row
          JOIN pos_payment unproven
            ON unproven.uuid = row.line_uuid AND unproven.glase_unverified
          JOIN account_move correction ON correction.glase_payment_id = unproven.id
      ) entry
      JOIN account_move_line item
        ON item.move_id = entry.move_id AND item.parent_state = 'posted'
      JOIN account_account account ON account.id = item.account_id
     WHERE entry.row_id = ANY(%s)
     ORDER BY entry.row_id, entry.rank,
              EXISTS (SELECT FROM pos_payment_method method
                       WHERE method.outstanding_account_id = account.id
                         AND method.use_payment_terminal = 'glase') DESC,
              account.account_type = 'asset_receivable', item.id DESC
"""


class GlasePeriodLine(models.Model):
    """What each kind of line means, what to do about it, and where it stands in the books."""

    _inherit = "glase.period.line"

    todo = fields.Text("What to Do", compute="_compute_todo")
    case_id = fields.Many2one("glase.case", "Open Case", compute="_compute_case_id")
    can_take_as_paid = fields.Boolean(compute="_compute_can_take_as_paid")
    can_refund = fields.Boolean(compute="_compute_can_refund")
    journal_item_id = fields.Many2one(
        "account.move.line", compute="_compute_journal_item_id", compute_sudo=True
    )

    @api.depends("kind", "amount")
    def _compute_todo(self):
        for line in self:
            line.todo = line._words_of_kind()

    def _words_of_kind(self):
        """A plain sentence about this line: what it means, and what a person does.

        :rtype: str
        """
        if self.kind == CONTRADICTION:
            return self.env._(
                "Glase's two reports contradict each other: its payments add up to %(listed)s, its "
                "summary says %(summed)s, or counts other payments. Ask Glase which is right, then "
                "accept it.",
                listed=self.currency_id.format(self.period_id.report_total),
                summed=self.currency_id.format(self.amount),
            )
        words = {
            "matched": self.env._("Glase and the ledger say the same."),
            "netted": self.env._("Glase has taken the refunds off the payment: the sum is right."),
            "awaited": self.env._("Not in this report. It should come with the next one: wait."),
            "late": self.env._("A later report has it: nothing to do."),
            "overlap": self.env._(
                "An earlier period has it, from before the account's transaction periods were "
                "changed between till and shop: nothing to do."
            ),
            "verification": self.env._(
                "Paid or given back while the integration was verified. It is no sale, and what was "
                "paid is given back: nothing to do."
            ),
            "unknown": self._words_of_unknown(),
            "amount": self.env._(
                "Glase says another amount than the ledger. Compare with the receipt; pay back "
                "what was taken too much, or accept it with the reason."
            ),
            "currency": self.env._(
                "The payment was made in another currency than this period's, and Glase's report "
                "names none. Compare the amounts by hand, then accept it."
            ),
            "till": self.env._(
                "Glase reports it for another till than the one that sold. The money is right: "
                "check whether a sticker stands at the wrong till, then accept it."
            ),
            "twice": self.env._(
                "A report has had this already. Make sure that Glase pays it out once only, then "
                "accept it."
            ),
            "unpaid": self.env._(
                "Glase has this money, but by the ledger it was not paid. Take the report's word "
                "for it: its case then lets you attach it to an order, or pay it back."
            ),
            "undecidable": self.env._(
                "Several payments or refunds could be meant. If a refund is not decided yet, "
                "decide its case first; else ask Glase, then accept it."
            ),
            "missing": self.env._(
                "By the ledger this was paid or given back, but neither this report nor the next "
                "has it. Ask Glase by the payment reference, then accept it with the answer."
            ),
            "unreported": self.env._(
                "It is in a period whose id was lost when Glase did not answer. Ask Glase for "
                "that period: its case says which."
            ),
            "forced": self.env._(
                "A manager has marked it as paid, Glase has not confirmed it: the order counts it, "
                "Glase does not. Its case says what to do; if the shop bears it, accept it."
            ),
            "unlisted": self.env._(
                "Glase's report lists no payments, only their sum: they cannot be compared one by "
                "one. Compare the sum with the ledger's by hand, then accept it."
            ),
        }
        return words.get(self.kind, False)

    def _words_of_unknown(self):
        if self.amount < 0:
            return self.env._(
                "Glase has given this money back, the ledger has never heard of it. If a refund of "
                "this amount was decided to be made, choose it; else ask Glase what it is: its case "
                "lists it. Then accept it with the answer."
            )
        return self.env._(
            "Glase has this money, the ledger has never heard of it. Ask Glase what it is: its case "
            "lists it. Then accept it with the answer."
        )

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
        kinds = {"unknown": "unknown_reference", "unreported": "period_lost"}
        for line in self:
            of_period = of_periods.get((line.period_id, kinds.get(line.kind)))
            of_row = line.transaction_id and of_rows.get(line.transaction_id)
            line.case_id = of_row or of_period or False

    @api.depends("kind", "transaction_id.state", "accepted_at")
    def _compute_can_take_as_paid(self):
        for line in self:
            row = line.sudo().transaction_id
            line.can_take_as_paid = bool(
                line.kind == UNPAID
                and line.origin == OF_GLASE
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
        found = {}
        if self.transaction_id.ids:
            self.env.flush_all()
            self.env.cr.execute(JOURNAL_ITEMS, (self.transaction_id.ids,))
            found = dict(self.env.cr.fetchall())
        for line in self:
            line.journal_item_id = found.get(line.transaction_id.id)

    # === Actions ===

    @public()
    def action_open_case(self):
        """The open case about this line."""
        self.ensure_one()
        return self._shown(self.case_id)

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
        return self._shown(item.move_id)

    @staticmethod
    def _shown(record):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }

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
        digits = self.currency_id.decimal_places
        evidence = state_machine.Evidence(
            REPORTED,
            code=0,
            ers_reference=self.reference,
            amount=Decimal(f"{self.amount:.{digits}f}"),
            currency=self.currency_id.name,
        )
        row._absorb(evidence, {"message": False})
        row.write(row._decided(reason, self.env.user))
        row._note("report_believed", reason)
        if not row._finished_order() and not row.case_ids.filtered(
            lambda case: case.state == "open"
        ):
            row._open_case("paid_without_order")
        self.sudo().period_id._compare_again()
        return self.case_id and self.action_open_case()

    def _reason_given(self):
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Write how you know it, as the reason."))
        return reason


class GlasePeriod(models.Model):
    _inherit = "glase.period"

    @public()
    def action_differences(self):
        """The differences of this period that nobody has accepted yet."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Differences"),
            "res_model": "glase.period.line",
            "view_mode": "list,kanban,form",
            "mobile_view_mode": "kanban",
            "domain": [("period_id", "=", self.id), ("is_difference", "in", [True])],
        }
