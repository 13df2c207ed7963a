from odoo import api, fields, models
from odoo.tools import SQL

from ...rules import case_kinds, polling, state_machine
from ...rules.environments import REAL_FIRST
from ..support import clock
from ..support.sentences import mark
from . import row_money

MEDIAN = "median"


class GlaseTransaction(models.Model):
    """What a row says: to its till, in the cases that a person must settle (``doc/ledger.md §6``), in graphs."""

    _inherit = "glase.transaction"

    seconds_to_pay = fields.Float(
        "Seconds to Pay (Median)",
        compute="_compute_seconds_to_pay",
        store=True,
        aggregator=MEDIAN,
        help="From sending the bill until the payment was known; of a group, the median",
    )
    in_present_environment = fields.Boolean(
        compute="_compute_in_present_environment", search="_search_in_present_environment"
    )

    # === To its till ===

    def _view(self, now=None):
        """The row as the till sees it: no secrets, money as a decimal string.

        :param datetime now: of the ledger's clock, asked if it is not given
        """
        self.ensure_one()
        row = self.sudo()
        return {
            "ok": True,
            "id": row.id,
            "line_uuid": row.line_uuid,
            "attempt": row.attempt,
            "kind": row.kind,
            "state": row.state,
            "final": row.state in state_machine.FINAL,
            "updatable": row._is_updatable(),
            "scanned": row.scanned,
            "forced": bool(row.forced_at),
            "silence": row._silence(now or clock.now(row.env.cr)),
            "given_up": bool(row.given_up_at),
            "cancel": row._cancel_view(),
            "message": row._till_message(),
            **row._money_view(),
            **row._where_view(),
        }

    def _money_view(self):
        paid_at = self.receipt_time or self.paid_at
        proposed = self.proposing and str(row_money.decimal(self, self.proposed_amount))
        return {
            "amount": str(row_money.decimal(self, row_money.taken_amount(self) or self.amount)),
            "amount_certain": row_money.is_certain(self),
            "proposed": proposed,
            "currency": self.currency_id.name,
            "original_reference": self.original_id.ers_reference or False,
            "invoice_reference": self.invoice_reference,
            "reference": self.ers_reference,
            "paid_at": self.state == state_machine.PAID and str(paid_at.replace(microsecond=0)),
        }

    def _where_view(self):
        """What the customer scans, and where the money goes."""
        terminal = self.terminal_id
        simulated = self.environment == "simulator"
        return {
            # With the simulator each code is the phone page's, and the sticker's is that already.
            "qr": not simulated and self.qr_code,
            "sticker": terminal._sticker_text(),
            "glase_id": terminal.glase_id,
            "shop": self.account_id.shop_name or self.company_id.name,
            "simulation": simulated,
            "mark": mark(self.env, self.environment),
        }

    def _silence(self, now):
        """Seconds in which Glase was not heard for certain, at least 0."""
        heard = self.glase_seen_at or self.sent_at
        return polling.silence(heard, now).total_seconds() if heard else 0.0

    def _cancel_view(self):
        too_late = self.cancel_answered_at and self.cancel_code == state_machine.ALREADY_PAID_CODE
        return self.cancel_wished_at and ("too_late" if too_late else "wished")

    def _till_message(self):
        return self._end().till_message()

    # === In cases ===

    def _glase_settled_by(self):
        """The account that names who decides about this row, and the session whose opener is asked else."""
        return self.account_id, self.session_id

    def _is_refused_an_answer(self):
        """Whether Glase has said that it does not know the till or the bill, or named another's."""
        return any(
            event.code in state_machine.SETUP_CODES or event.outcome == state_machine.OF_ANOTHER
            for event in self.sudo().event_ids
        )

    def _answered_of_another(self):
        """Whether what is unknown about this row is so because Glase named another's reference."""
        return any(
            case.kind in case_kinds.naming_another() and case.state == "open"
            for case in self.sudo().case_ids
        )

    # === In graphs and pivots ===

    @api.depends("paid_at", "sent_at")
    def _compute_seconds_to_pay(self):
        for row in self:
            paid = row.paid_at and row.sent_at
            row.seconds_to_pay = (row.paid_at - row.sent_at).total_seconds() if paid else 0.0

    def _read_group_select(self, aggregate_spec, query):
        """Override of the ORM, which knows no median: PostgreSQL does.

        Half of the payments took longer. Rows that were not paid have no time and do not count.
        """
        name, _colon, function = aggregate_spec.partition(":")
        if function != MEDIAN:
            return super()._read_group_select(aggregate_spec, query)
        seconds = self._field_to_sql(self._table, name, query)
        return SQL(
            "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY %(seconds)s)"
            " FILTER (WHERE %(seconds)s > 0)",
            seconds=seconds,
        )

    # === Play money and real money are not added up ===

    def _compute_in_present_environment(self):
        present = self.filtered_domain(self._present_environments())
        for row in self:
            row.in_present_environment = row in present

    def _search_in_present_environment(self, operator, value):
        if operator != "in":
            return NotImplemented
        present = self._present_environments()
        return present if True in value else ~present

    @api.model
    def _present_environments(self):
        """The rows of the environment that counts in each company, as a domain.

        That is production where an active account is in production, else test, else the simulator.
        """
        found = {}
        accounts = self.env["glase.account"].sudo().with_context(active_test=False)
        for account in accounts.search([("company_id", "in", self.env.companies.ids)]):
            rank = (not account.active, REAL_FIRST.index(account.environment))
            found.setdefault(account.company_id.id, []).append((rank, account.environment))
        parts = [
            fields.Domain("company_id", "=", company) & fields.Domain("environment", "=", best)
            for company, ranked in found.items()
            for _rank, best in [min(ranked)]
        ]
        return fields.Domain.OR(parts)
