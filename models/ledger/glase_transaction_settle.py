from datetime import timedelta

from odoo import api, models

from ...rules import state_machine
from ..support import autonomous_transaction, clock, cron

BATCH = 100
UNCLAIMED_AFTER = timedelta(minutes=5)
# States that end, or become something else, by time alone.
AGING = (state_machine.DRAFT, state_machine.SENDING, state_machine.UNKNOWN, state_machine.ISSUED)


class GlaseTransaction(models.Model):
    """How rows without a till that asks are worked to an end (``doc/ledger.md §5``).

    Asking is taking: fetching PAID makes a payment stand. So a row that was given up is canceled
    first, and asked about only when that was answered.
    """

    _inherit = "glase.transaction"

    def _give_up(self, why):
        """Give rows up: one committed write, after which nothing asks before it canceled.

        :param str why: a key of ``given_up_why``
        """
        autonomous_transaction.lock(self)
        now = clock.now(self.env.cr)
        giving_up = self.filtered(lambda row: row._may_be_given_up())
        for row in giving_up:
            row.write({"given_up_at": now, "given_up_why": why, "next_try_at": now})
            row._note("give_up", why)
        # The job itself passes here: it must not wake itself for nothing.
        if giving_up:
            cron.wake(self.env, "cron_settle")

    def _may_be_given_up(self):
        self.ensure_one()
        if self.given_up_at or self.forced_at or self.kind != state_machine.PAYMENT:
            return False
        return self.state in state_machine.HOLDS_TILL or self._is_lost_send()

    @api.model
    def _silent_after(self):
        """Seconds without a question after which a till counts as silent."""
        text = self.env["ir.config_parameter"].sudo().get_param("pos_glase.silent_after", "")
        seconds = int(text) if text.isdecimal() else state_machine.SILENT_TILL_SECONDS
        return max(seconds, state_machine.MIN_SILENT_TILL_SECONDS)

    @api.model
    def _cron_settle(self):
        """Find rows whose till fell silent and work all given-up rows to an end."""
        self._in_own_transaction(lambda rows: rows._find_silent())
        self._settle_due()
        self._in_own_transaction(lambda rows: rows._find_unclaimed())

    @api.model
    def _settle_left_open(self, terminal_id):
        """Before a till sends again: give up what nobody asks about, and work it once."""
        self._in_own_transaction(lambda rows: rows._find_silent(terminal_id))
        self._settle_due(terminal_id)

    @api.model
    def _settle_due(self, terminal_id=None):
        for _index in range(BATCH):
            step = self._in_own_transaction(lambda rows: rows._next_to_settle(terminal_id))
            if not step:
                return
            row_id, action = step
            if action == "cancel":
                self._cancel(row_id)
            elif action == "clear":
                self._clear(row_id)
            after = self._in_own_transaction(
                lambda rows, row_id=row_id: rows.browse(row_id)._settlement_step()
            )
            if after == "ask":
                self._ask(row_id, given_up=True)
                self._in_own_transaction(
                    lambda rows, row_id=row_id: rows.browse(row_id)._asked_in_vain()
                )

    @api.model
    def _find_silent(self, terminal_id=None):
        domain = [("terminal_id", "=", terminal_id)] if terminal_id else []
        self._expire_stale(self.search([*domain, ("state", "in", AGING)]).terminal_id)
        holding = self.search(
            [*domain, ("state", "in", list(state_machine.HOLDS_TILL)), ("given_up_at", "=", False)]
        )
        limit = clock.now(self.env.cr) - timedelta(seconds=self._silent_after())
        silent = holding.filtered(lambda row: (row.till_seen_at or row.sent_at) < limit)
        autonomous_transaction.lock_free(silent)._give_up("silent")

    @api.model
    def _next_to_settle(self, terminal_id=None):
        """Claim the next given-up row that is due, so that no other worker takes it.

        :return: ``(row id, action)`` or None, see :meth:`_settlement_step`
        """
        self.env.cr.execute(
            """
            SELECT id FROM glase_transaction
             WHERE kind = 'payment'
               AND (state = 'issued' AND (given_up_at IS NOT NULL OR forced_at IS NOT NULL)
                    OR state = 'unknown' AND given_up_at IS NOT NULL AND replaces_lost_id IS NULL)
               AND (next_try_at IS NULL OR next_try_at <= %s)
               AND (%s::int IS NULL OR terminal_id = %s)
             ORDER BY next_try_at
             LIMIT 1
               FOR UPDATE SKIP LOCKED
            """,
            (clock.now(self.env.cr), terminal_id or None, terminal_id or None),
        )
        found = self.env.cr.fetchone()
        if not found:
            return None
        row = self.browse(found[0])
        action = row._settlement_step()
        now = clock.now(self.env.cr)
        row.write({"next_try_at": now + row._settlement_pause()})
        return row.id, action

    def _settlement_pause(self):
        self.ensure_one()
        if self.forced_at:
            return self._forced_pause()
        return state_machine.cancel_pause(self.cancel_tries + self._clearing_tries() + 1)

    def _settlement_step(self):
        self.ensure_one()
        if self.state == state_machine.ISSUED and self.forced_at:
            return "ask"
        if self._is_lost_send() and self.given_up_at:
            return "clear"
        if self.state != state_machine.ISSUED or not self.given_up_at:
            return "nothing"
        if not self.cancel_answered_at or self.cancel_answered_at < self.given_up_at:
            if self._is_replaced():
                return "ask"
            # Refusals from before it was given up do not count: the next cancel may be answered.
            refused = self.released and self.cancel_refusal and not self.replaces_lost_id
            enough = self.cancel_tries >= state_machine.REFUSED_CANCELS
            return "clear" if refused and enough else "cancel"
        if self.cancel_code == state_machine.ALREADY_PAID_CODE:
            ready_at = self.cancel_answered_at + state_machine.REVERSAL_WAIT
            if clock.now(self.env.cr) < ready_at:
                self.write({"next_try_at": ready_at})
                return "wait"
        return "ask"

    def _asked_in_vain(self):
        """The bill is still open after its cancel was answered: cancel it again later."""
        self.ensure_one()
        if self.state == state_machine.ISSUED and not self.forced_at:
            now = clock.now(self.env.cr)
            tries = len(state_machine.CANCEL_PAUSES) if self._is_replaced() else self.cancel_tries
            pause = state_machine.cancel_pause(max(tries, 1))
            self.write({"cancel_answered_at": False, "next_try_at": now + pause})

    @api.model
    def _find_unclaimed(self):
        """A paid row that no order took within minutes is a case (``doc/ledger.md §6``)."""
        limit = clock.now(self.env.cr) - UNCLAIMED_AFTER
        unclaimed = self._unclaimed([("paid_at", "<", limit)], limit=BATCH)
        for row in autonomous_transaction.lock_free(unclaimed):
            row._open_case("paid_without_order")

    @api.model
    def _unclaimed(self, domain, limit=None):
        """Paid rows that neither an order nor a refund has taken, and no case has named yet.

        An order has taken one when it is finished: a draft may never be.
        """
        unnamed = ("case_ids", "not any", [("kind", "=", "paid_without_order")])
        return self._without_end([*domain, unnamed], limit)

    @api.model
    def _undecided_ends(self, domain):
        """Paid rows that neither an order nor a refund has taken, and nobody has settled."""
        settled = [("state", "=", "settled"), ("note", "!=", False)]
        return self._without_end([*domain, ("case_ids", "not any", settled)])

    @api.model
    def _without_end(self, domain, limit=None):
        return self.search(
            [
                *domain,
                ("state", "=", state_machine.PAID),
                ("kind", "=", state_machine.PAYMENT),
                "|",
                ("payment_id", "=", False),
                ("payment_id.pos_order_id.state", "=", "draft"),
                ("refund_claim", "=", False),
                ("refund_ids", "not any", [("state", "!=", state_machine.FAILED)]),
            ],
            limit=limit,
        )
