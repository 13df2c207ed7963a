from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from . import clock, ledger, own_transaction
from .glase_account_period import SHOP
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
        own_transaction.lock((terminal or account).sudo())
        periods = self.sudo()
        of_scope = [("account_id", "=", account.id), ("terminal_id", "=", terminal.id)]
        period = periods.search([*of_scope, ("state", "in", list(UNSETTLED))], limit=1)
        waits = period.state == TO_MARK
        if not waits and periods._has_unmarked_rows(account, terminal):
            period = periods._make(account, terminal)
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

    @api.model
    def _has_unmarked_rows(self, account, terminal):
        """Whether money has moved since the last mark of a registration, or of a whole shop."""
        last = self.search(
            [
                ("account_id", "=", account.id),
                ("terminal_id", "=", terminal.id),
                ("mark_sent_at", "!=", False),
            ],
            order="mark_sent_at DESC",
            limit=1,
        )
        rows = self.env["glase.transaction"].search(
            self._in_scope(account, account.environment, terminal)
            & Domain("state", "in", [ledger.PAID, ledger.REFUNDED])
            & Domain("period_id", "=", False),
            order="ended_at DESC",
            limit=1,
        )
        return any(not last or row.ended_at > last.mark_sent_at for row in rows)


class GlaseTerminal(models.Model):
    _inherit = "glase.terminal"

    def action_mark_period(self):
        """Mark the period of this registration now, or of its whole shop; see ``_mark_by_hand``."""
        self.ensure_one()
        self.check_access("read")
        shop = self.account_id.period_scope == SHOP
        scope = self.browse() if shop else self
        return self.env["glase.period"]._mark_by_hand(self.account_id, scope)


class GlaseAccount(models.Model):
    _inherit = "glase.account"

    def action_mark_period(self):
        """Mark the period of the whole shop now; see ``_mark_by_hand``."""
        self.ensure_one()
        self.check_access("read")
        return self.env["glase.period"]._mark_by_hand(self, self.env["glase.terminal"])


class PosSession(models.Model):
    _inherit = "pos.session"

    def action_glase_mark_period(self):
        """Mark the period of this session's till now; see ``glase.period._mark_by_hand``."""
        self.ensure_one()
        self.check_access("read")
        terminal = self.config_id.glase_terminal_id
        if not terminal:
            raise UserError(self.env._("This till is not registered with Glase."))
        return terminal.action_mark_period()
