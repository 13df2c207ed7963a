from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..support import autonomous_transaction, clock
from .glase_period import TO_MARK, UNSETTLED


class GlasePeriod(models.Model):
    """A period is marked by hand, within an open session or after it (``doc/ledger.md §15``)."""

    _inherit = "glase.period"

    @api.model
    def _mark_by_hand(self, account, terminal):
        """Let the job mark a period now, if there is anything in it.

        Pressed twice, or while the session is being closed, it is one period all the same.

        :param account: whose period
        :param terminal: the registration; empty for the whole shop
        :return: the action that shows the period
        :rtype: dict
        :raises AccessError: for anyone but a POS administrator
        :raises UserError: if nothing was paid or given back since the last mark
        """
        self._check_manager()
        autonomous_transaction.lock((terminal or account).sudo())
        periods = self.sudo()
        unsettled = periods._of_scope(account, terminal) & Domain("state", "in", list(UNSETTLED))
        period = periods.search(unsettled, limit=1)
        waits = period.state == TO_MARK
        rows = periods._unmarked_rows(account, terminal)
        if rows and not waits:
            period = periods._make(account, terminal, rows.session_id)
            waits = True
        if not period:
            raise UserError(
                self.env._(
                    "There is nothing to mark: no Glase payment was made since the last period."
                )
            )
        if waits and not period.replaces_id:
            period.next_try_at = clock.now(self.env.cr)
            self._wake()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": period.id,
            "view_mode": "form",
        }
