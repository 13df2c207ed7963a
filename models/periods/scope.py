"""What a transaction period covers: one registration, or all registrations of an account; when it ends.

All else is the same for both (``doc/ledger.md §15``): which rows and lines belong to a period is asked
here, and nowhere else.
"""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from odoo.fields import Domain

from ...rules import state_machine
from ..registration.glase_terminal import LIVE
from ..support import clock

# Whose transaction periods are marked: each till for itself, or the whole shop at once.
EACH_TILL, SHOP = "terminal", "shop"


def not_reported():
    """Rows with money that no report has had, as a domain of ``glase.transaction``."""
    return Domain("state", "in", [state_machine.PAID, state_machine.REFUNDED]) & Domain(
        "period_id", "=", False
    )


def _of_shop(account, environment):
    return Domain("account_id", "=", account.id) & Domain("environment", "=", environment)


def covering(row):
    """The periods that may report a row of the ledger, as a domain of ``glase.period``."""
    shop = _of_shop(row.account_id, row.environment) & Domain("terminal_id", "=", False)
    return shop | Domain("terminal_id", "=", row.terminal_id.id)


@dataclass(frozen=True)
class Scope:
    """Whose periods: of an account's registration, or of its whole shop where there is none."""

    account: Any
    terminal: Any

    @classmethod
    def of(cls, account, terminal):
        """Whose period has the money of a registration: its own, or that of its whole shop."""
        return cls(account, terminal.browse() if account.period_scope == SHOP else terminal)

    @classmethod
    def ended_by(cls, session):
        """Whose periods a session ends: of what it took or gave back money with.

        :rtype: set[Scope]
        """
        rows = session.env["glase.transaction"].sudo()
        used = rows._read_group(
            [
                ("session_id", "=", session.id),
                # What only a manager vouches for is compared with Glase's report, too.
                "|",
                ("state", "in", [state_machine.PAID, state_machine.REFUNDED]),
                ("forced_at", "!=", False),
            ],
            ["account_id", "terminal_id"],
        )
        return {cls.of(*group) for group in used}

    def rows(self, environment=None):
        """The rows of the ledger in this scope, as a domain of ``glase.transaction``.

        :param str environment: whose money, of a whole shop; by default that of its account now
        """
        if self.terminal:
            return Domain("terminal_id", "=", self.terminal.id)
        return _of_shop(self.account, environment or self.account.environment)

    def periods(self):
        """The periods of this scope, as a domain of ``glase.period``."""
        return Domain("account_id", "=", self.account.id) & Domain(
            "terminal_id", "=", self.terminal.id
        )

    def unmarked_rows(self, domain=Domain.TRUE):
        """Rows whose money has moved since the last mark.

        :param domain: only these rows
        """
        env = self.account.env
        marked = self.periods() & Domain("mark_sent_at", "!=", False)
        last = env["glase.period"].sudo().search(marked, order="mark_sent_at DESC", limit=1)
        domain &= self.rows() & not_reported()
        if last:
            domain &= Domain("ended_at", ">=", last.mark_sent_at.replace(microsecond=0))
        rows = env["glase.transaction"].sudo().search(domain)
        # A search knows whole seconds only.
        return rows.filtered(lambda row: not last or row.ended_at > last.mark_sent_at)


def next_mark_at(account, now):
    """The next moment at which it is this account's time of day.

    :param datetime.datetime now: naive UTC
    :return: naive UTC, after ``now``
    :rtype: datetime.datetime
    """
    zone = clock.time_zone(account.period_tz)
    minutes = round(account.period_time * 60)
    of_day = time(minutes // 60 % 24, minutes % 60)
    day = clock.day_in(zone, now)
    for date in (day, day + timedelta(days=1)):
        at = clock.moment_of(zone, date, of_day)
        if at > now:
            break
    return at


def open_sessions(account):
    """Sessions that may still take money with this account.

    Those of its registered tills, and those that have taken some before their till was
    registered with another account.
    """
    rows = account.env["glase.transaction"].sudo()
    of_rows = rows._read_group(
        [("account_id", "=", account.id), ("session_id.state", "!=", "closed")], ["session_id"]
    )
    live = account.sudo().terminal_ids.filtered(lambda terminal: terminal.state in LIVE)
    sessions = account.env["pos.session"].sudo()
    of_tills = sessions.search([("config_id", "in", live.config_id.ids), ("state", "!=", "closed")])
    return of_tills.union(*(session for (session,) in of_rows))
