from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...rules import state_machine
from ..accounts.glase_account import SHOP
from ..support import autonomous_transaction, clock
from . import shop_periods
from .glase_period import RECONCILED, TO_MARK, UNSETTLED


class GlasePeriod(models.Model):
    """What a period covers: one registration, or all registrations of an account.

    All else is the same for both (``doc/ledger.md §15``): which rows and lines belong to a period is
    asked here, and nowhere else.
    """

    _inherit = "glase.period"

    waits_for = fields.Char(compute="_compute_waits_for")

    # === What is covered ===

    def _covered(self):
        """The rows of the ledger that this period may report, as a domain of ``glase.transaction``."""
        self.ensure_one()
        return self._in_scope(self.account_id, self.environment, self.terminal_id)

    @api.model
    def _in_scope(self, account, environment, terminal):
        """The rows of a registration, or of a whole shop where there is none."""
        if terminal:
            return Domain("terminal_id", "=", terminal.id)
        return self._of_shop(account, environment)

    @api.model
    def _of_shop(self, account, environment):
        return Domain("account_id", "=", account.id) & Domain("environment", "=", environment)

    @api.model
    def _covering(self, row):
        """The periods that may report a row of the ledger, as a domain of ``glase.period``."""
        shop = self._of_shop(row.account_id, row.environment) & Domain("terminal_id", "=", False)
        return shop | Domain("terminal_id", "=", row.terminal_id.id)

    def _has_ended(self, row):
        """Whether the mark of this period came after a row of the ledger that it covers."""
        self.ensure_one()
        if self.terminal_id:
            covers = self.terminal_id == row.terminal_id
        else:
            covers = (self.account_id, self.environment) == (row.account_id, row.environment)
        return covers and row.ended_at <= self.mark_sent_at

    @api.model
    def _waiting(self, account, terminal):
        """The period of a registration, or of a whole shop, that waits to be marked."""
        return self.search(self._of_scope(account, terminal) & Domain("state", "=", TO_MARK))

    @api.model
    def _of_scope(self, account, terminal):
        """The periods of a registration, or of a whole shop where there is none, as a domain."""
        return Domain("account_id", "=", account.id) & Domain("terminal_id", "=", terminal.id)

    def _next_waiting(self):
        """The period that waits to be marked after this one."""
        self.ensure_one()
        return self._waiting(self.account_id, self.terminal_id) - self

    @api.model
    def _scopes_of(self, session):
        """Whose periods a session ends: of what it took or gave back money with.

        :return: pairs of account and registration; without registration where the account's
            periods are of the whole shop
        :rtype: set
        """
        used = (
            self.env["glase.transaction"]
            .sudo()
            ._read_group(
                [
                    ("session_id", "=", session.id),
                    # What only a manager vouches for is compared with Glase's report, too.
                    "|",
                    ("state", "in", [state_machine.PAID, state_machine.REFUNDED]),
                    ("forced_at", "!=", False),
                ],
                ["account_id", "terminal_id"],
            )
        )
        return {self._scope_of(*group) for group in used}

    @api.model
    def _scope_of(self, account, terminal):
        """Whose period has the money of a registration: its own, or that of its whole shop."""
        return account, terminal.browse() if account.period_scope == SHOP else terminal

    # === Money that no period has yet ===

    @api.model
    def _unmarked_rows(self, account, terminal, domain=Domain.TRUE):
        """Rows whose money has moved since the last mark of a registration, or of a whole shop.

        :param domain: only these rows
        """
        marked = self._of_scope(account, terminal) & Domain("mark_sent_at", "!=", False)
        last = self.search(marked, order="mark_sent_at DESC", limit=1)
        domain &= self._in_scope(account, account.environment, terminal) & self._moved()
        if last:
            domain &= Domain("ended_at", ">=", last.mark_sent_at.replace(microsecond=0))
        rows = self.env["glase.transaction"].search(domain)
        # A search knows whole seconds only.
        return rows.filtered(lambda row: not last or row.ended_at > last.mark_sent_at)

    @api.model
    def _moved(self):
        """Rows with money that no report has had, as a domain of ``glase.transaction``."""
        return Domain("state", "in", [state_machine.PAID, state_machine.REFUNDED]) & Domain(
            "period_id", "=", False
        )

    @api.model
    def _make_for_left_behind(self):
        """Make the periods that no closing will make.

        Of money that moved after its session was closed, and of money without a session.
        """
        behind = Domain("session_id", "=", False) | Domain("session_id.state", "=", "closed")
        groups = self.env["glase.transaction"]._read_group(
            behind & self._moved(), ["account_id", "terminal_id"]
        )
        for account, terminal in {self._scope_of(*group) for group in groups}:
            rows = self._unmarked_rows(account, terminal, behind)
            waiting = self._waiting(account, terminal)
            if rows and (not waiting or rows.session_id - waiting.session_ids):
                self._make(account, terminal, rows.session_id)

    # === When a shop's period is marked ===

    @api.model
    def _release_shops(self):
        """Mark the periods of shops in which no till is open any more, without further waiting.

        Decided in fresh transactions under the account's lock. Others keep their time of day, and
        one that takes the place of an unanswered mark its minute.
        """
        waiting = [
            ("state", "=", TO_MARK),
            ("terminal_id", "=", False),
            ("replaces_id", "=", False),
            ("tries", "=", 0),
        ]
        ids = self._in_own_transaction(lambda periods: periods.search(waiting).ids)
        for period_id in ids:
            self._in_own_transaction(
                lambda periods, period_id=period_id: periods.browse(period_id)._release_shop()
            )

    def _release_shop(self):
        self.ensure_one()
        autonomous_transaction.lock(self.account_id)
        now = clock.now(self.env.cr)
        if self.state != TO_MARK or self.next_try_at <= now:
            return
        if not shop_periods.open_sessions(self.account_id):
            self.next_try_at = now

    @api.depends("state", "next_try_at")
    def _compute_waits_for(self):
        for period in self:
            account = period.sudo().account_id
            waits = period.state == TO_MARK and not period.terminal_id and not period.tries
            tills = waits and shop_periods.open_sessions(account).config_id
            period.waits_for = tills and self.env._(
                "Marked when the last till of the shop is closed (open: %(tills)s), at the latest "
                "%(time)s (%(zone)s).",
                tills=", ".join(tills.mapped("name")),
                time=shop_periods.local_time(account, period.next_try_at),
                zone=account.period_tz,
            )

    # === A mark that did not come about ===

    def _to_mark_again(self):
        """The values that let this period be marked again; one that waits already has its rows.

        :rtype: dict
        """
        self.ensure_one()
        following = self._next_waiting()
        if not following:
            return {"state": TO_MARK}
        following.session_ids = [Command.link(session.id) for session in self.session_ids]
        following.replaces_id = following.replaces_id or self.replaces_id
        return {
            "state": RECONCILED,
            "next_try_at": False,
            "message": self.env._("Not marked: the next period has its rows."),
        }

    @api.model
    def _refuse_while_unsettled(self, accounts):
        """What one way has begun is not ended by the other.

        :param accounts: whose scope is about to change
        :raises UserError: naming the periods that are not settled
        """
        unsettled = self.sudo().search(
            [("account_id", "in", accounts.ids), ("state", "in", list(UNSETTLED))]
        )
        if unsettled:
            raise UserError(
                self.env._(
                    "Wait until these transaction periods are settled, then change it: %s.",
                    ", ".join(unsettled.mapped("display_name")),
                )
            )
