import threading
import time
from datetime import timedelta

from odoo import api, models

from ...rules import state_machine
from ..support import autonomous_transaction, clock
from ..support.till_errors import Refused, answers_refusals

# The watching job looks again this often, and ends with the last young row (real seconds).
WATCH_PAUSE_SECONDS = 1.0


class GlaseTransaction(models.Model):
    """*Force done*: a manager marks a payment as paid that Glase has not confirmed.

    The only exception to *no done without paid*: the payment stays unverified until Glase says PAID
    (``doc/ledger.md §14``). Such a row is never given up and never canceled.
    """

    _inherit = "glase.transaction"

    @api.model
    @answers_refusals
    def _till_force(self, config_id, line_uuid, attempt, reason, login="", password=""):
        """Let a manager mark a payment as paid.

        :param int config_id: the till
        :param str line_uuid: the payment line
        :param str attempt: of the row that is out
        :param str reason: why, in the manager's words; kept for good
        :param str login: of the manager who approves, empty if that is who is logged in
        :param str password: the manager's own; kept nowhere
        :return: the row as the till sees it, or a refusal
        :rtype: dict
        """
        config = self._till_config(config_id)
        row_id = self._till_row(config_id, line_uuid, attempt)
        reason = (reason or "").strip()
        if not reason:
            raise Refused("reason", self.env._("Write why this counts as paid."))
        manager = self.env["res.users"]._glase_approve(config.company_id, login, password)
        manager_id = manager.id
        self._end_request_transaction()
        self._in_own_transaction(lambda rows: rows.browse(row_id)._force(manager_id, reason))
        self._ask(row_id)
        return self._answer(row_id)

    def _counts_as_paid(self):
        """Whether a finished order has this attempt's payment, whatever Glase says."""
        self.ensure_one()
        return bool(
            self.env["pos.payment"].search_count(
                [
                    ("uuid", "=", self.line_uuid),
                    ("payment_method_id.use_payment_terminal", "=", "glase"),
                    ("pos_order_id.state", "not in", ["draft", "cancel"]),
                ],
                limit=1,
            )
        )

    def _force(self, manager_id, reason):
        """Note that a manager says it is paid.

        :raises Refused: if there is no bill that could still be paid
        """
        self.ensure_one()
        autonomous_transaction.lock(self)
        self._expire_stale(self.terminal_id)
        if self.state == state_machine.PAID or self.forced_at:
            return
        if self.kind != state_machine.PAYMENT or self.state != state_machine.ISSUED:
            raise Refused(
                "not_open",
                self.env._(
                    "There is no bill at Glase that could still be paid: send the payment again, "
                    "or choose another payment method."
                ),
            )
        self.write(
            {
                "forced_at": clock.now(self.env.cr),
                "forced_by": manager_id,
                "forced_reason": reason,
                "given_up_at": False,
                "given_up_why": False,
                "cancel_wished_at": False,
                "next_try_at": clock.now(self.env.cr),
            }
        )
        self._note("force", reason)
        self._open_case("forced_done")
        self.env.ref("pos_glase.cron_watch_forced")._trigger()

    @api.model
    def _cron_watch_forced(self):
        """Ask about payments that were just marked as paid, each second for their first minute.

        Afterwards they are asked about with pauses, by the job that settles.
        """
        # A clock that tests moved, or a row that nobody can settle, must not keep a worker.
        until = time.monotonic() + state_machine.WATCH_FORCED.total_seconds() + WATCH_PAUSE_SECONDS
        while time.monotonic() < until:
            self._settle_due()
            if not self._in_own_transaction(lambda rows: rows._forced_lately()):
                return
            threading.Event().wait(WATCH_PAUSE_SECONDS)

    @api.model
    def _forced_lately(self):
        since = clock.now(self.env.cr) - state_machine.WATCH_FORCED
        return self.search_count(
            [("state", "=", state_machine.ISSUED), ("forced_at", ">", since)], limit=1
        )

    @api.model
    def _release_forced(self, terminal):
        """After its minute, a payment that was marked as paid holds its till no longer."""
        since = clock.now(self.env.cr) - state_machine.WATCH_FORCED
        holding = self.search(
            [
                ("terminal_id", "in", terminal.ids),
                ("state", "=", state_machine.ISSUED),
                ("forced_at", "<=", since),
                ("released", "=", False),
            ]
        )
        autonomous_transaction.lock_free(holding).write({"released": True})

    def _forced_pause(self):
        """How long to wait before a forced row is asked about again (timedelta)."""
        self.ensure_one()
        age = clock.now(self.env.cr) - self.forced_at
        if age < state_machine.WATCH_FORCED:
            return state_machine.FORCED_PAUSE
        # As long again as it has been waiting, at most an hour.
        return min(age, timedelta(hours=1))
