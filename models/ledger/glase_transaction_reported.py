from odoo import models

from ...rules import state_machine
from ..periods.glase_period_reconcile import REMATCHED
from ..support import cron


class GlaseTransaction(models.Model):
    """What the ledger learns about a row that a report has had already (``doc/ledger.md §15``)."""

    _inherit = "glase.transaction"

    def write(self, vals):
        """Override to have a report compared again, by the job and not by who waits here."""
        result = super().write(vals)
        if vals.get("state") in state_machine.FINAL or vals.get("ers_reference"):
            references = (self | self.original_id).mapped("ers_reference")
            waiting = [("reference", "in", references), ("kind", "in", REMATCHED)]
            if self.env["glase.period.line"].sudo().search_count(waiting, limit=1):
                cron.wake(self.env, "cron_periods")
        return result
