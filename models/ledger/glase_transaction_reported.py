from odoo import models

from ...rules import state_machine
from ...rules.reconciliation import REMATCHED
from ..books import books_job
from ..support import cron


class GlaseTransaction(models.Model):
    """What follows from a change of a row, in the books and in the reports that have had it."""

    _inherit = "glase.transaction"

    def write(self, vals):
        """Override: the books, and reports that have had the row already, are compared again.

        By the jobs, and not by who waits here (``doc/ledger.md §15`` and ``§19``).
        """
        due = books_job.makes_due(vals)
        result = super().write({**vals, "books_due": True} if due else vals)
        if due:
            books_job.wake_for_rows(self)
        if vals.get("state") in state_machine.FINAL or vals.get("ers_reference"):
            references = (self | self.original_id).mapped("ers_reference")
            waiting = [("reference", "in", references), ("kind", "in", REMATCHED)]
            if self.env["glase.period.line"].sudo().search_count(waiting, limit=1):
                cron.wake(self.env, "cron_periods")
        return result
