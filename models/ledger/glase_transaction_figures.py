from odoo import api, fields, models
from odoo.tools import SQL

from ...rules.environments import REAL_FIRST

MEDIAN = "median"


class GlaseTransaction(models.Model):
    """What the graphs and pivots of the ledger show."""

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
