from datetime import timedelta

from odoo import api, models

from ...rules import settlement, state_machine
from ..cases import progress
from ..support import autonomous_transaction, clock, cron
from ..support.till_errors import Refused

# What becomes something else by age alone.
YOUNG = frozenset({state_machine.DRAFT, state_machine.SENDING, state_machine.UNKNOWN})


class GlaseTransaction(models.Model):
    """What happens to an attempt until it ends: it gets old, is asked about, canceled, given up, forced.

    Each of these is a step of a transaction of the ledger's own.
    """

    _inherit = "glase.transaction"

    # === Which rows are open ===

    @api.model
    def _open_rows(self, config):
        """The payments that hold a till at this moment."""
        return self.sudo().search(
            [("config_id", "in", config.ids), ("state", "in", list(state_machine.HOLDS_TILL))]
        )

    # === Age ===

    @api.model
    def _expire_stale(self, terminal):
        """Find out what has become too old to be what it says (``doc/ledger.md §3``)."""
        young = self.search([("terminal_id", "in", terminal.ids), ("state", "in", list(YOUNG))])
        # What somebody else has locked is being ended: the next use finds out.
        for row in autonomous_transaction.lock_free(
            young.filtered(lambda row: row._stale_request())
        ):
            request = row._stale_request()
            if request:
                row._transition(request, **({"inferred": True} if request == "superseded" else {}))
        self._release_forced(terminal)

    def _stale_request(self, now=None):
        """What has become of this row by its age alone: a key of ``state_machine.REQUESTS``, or None.

        :param datetime now: of the ledger's clock, asked if it is not given
        """
        self.ensure_one()
        if self.state not in YOUNG:
            return None
        now = now or clock.now(self.env.cr)
        if self.state == state_machine.DRAFT:
            return "never_sent" if now - self.create_date > state_machine.MAX_DRAFT_AGE else None
        if now - self.sent_at <= state_machine.MAX_SENDING_AGE:
            return None
        if self.state == state_machine.SENDING:
            return "lost"
        return "superseded" if self._is_lost_send() and self._is_superseded() else None

    # === The till asks ===

    def _note_till_seen(self, take_back=False):
        """The till asks: it is alive.

        :return: ``"ask"``, ``"cancel"`` (then ask) or False when there is nothing to ask
        """
        self.ensure_one()
        autonomous_transaction.lock(self)
        self._expire_stale(self.terminal_id)
        if self.state not in state_machine.HOLDS_TILL:
            return False
        now = clock.now(self.env.cr)
        if self.given_up_at and take_back:
            self.write({"given_up_at": False, "given_up_why": False, "next_try_at": False})
            self._note("take_back")
        if self.given_up_at:
            return False
        self.write({"till_seen_at": now})
        if self.state != state_machine.ISSUED:
            return False
        return "cancel" if self._cancel_is_due(now) else "ask"

    def _till_heard(self, at):
        """Note that the till has asked; a row that was given up is nobody's."""
        self.ensure_one()
        self._expire_stale(self.terminal_id)
        if not self.given_up_at:
            self.write({"till_seen_at": at})

    def _cancel_is_due(self, now):
        """Whether a cancel that was asked for, and not answered, is repeated now."""
        waits = self.cancel_wished_at and not self.cancel_answered_at
        return waits and (not self.next_try_at or self.next_try_at <= now)

    def _request_cancel(self):
        """Keep the wish to cancel; False if there is nothing that can be canceled."""
        self.ensure_one()
        autonomous_transaction.lock(self)
        self._expire_stale(self.terminal_id)
        now = clock.now(self.env.cr)
        if self.state not in state_machine.HOLDS_TILL or self.given_up_at or self.forced_at:
            return False
        self.write({"till_seen_at": now, "cancel_wished_at": self.cancel_wished_at or now})
        self._note("cancel_wish")
        return self.state == state_machine.ISSUED

    def _count_cancel(self, client_reference):
        """Note that a cancel is on its way, before it is."""
        self.ensure_one()
        tries = self.cancel_tries + 1
        now = clock.now(self.env.cr)
        self.write({"cancel_tries": tries, "next_try_at": now + state_machine.cancel_pause(tries)})
        self._note("cancelInvoice", client_reference=client_reference)

    def _is_updatable(self):
        """Whether the amount of this bill may be changed, as far as the ledger knows."""
        self.ensure_one()
        return bool(
            self.kind == state_machine.PAYMENT
            and self.state == state_machine.ISSUED
            and not (self.proposing or self.forced_at or self.given_up_at or self.cancel_wished_at)
        )

    def _propose(self, amount, total, client_reference):
        """Note a new amount before it is sent: from here on both amounts stand.

        :param dict total: what is kept of the order's total (``Bill.kept_total``)
        :raises Refused: if the bill is not out, or an update is out already
        """
        self.ensure_one()
        autonomous_transaction.lock(self)
        if self.proposing:
            raise Refused(
                "updating",
                self.env._(
                    "Another change of this amount is still undecided. Wait for the payment, or "
                    "cancel it and send it anew."
                ),
            )
        if not self._is_updatable():
            raise Refused("not_open", self.env._("This bill is not open any more: check it again."))
        self.write({"proposing": True, "proposed_amount": float(amount), **total})
        self._note("updateInvoice", str(amount), client_reference)

    # === Without a till ===

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

    def _next_step(self):
        """What the server does next about a row that no till asks about: see :mod:`rules.settlement`."""
        self.ensure_one()
        bill = settlement.Bill(
            state=self.state if self.kind == state_machine.PAYMENT else None,
            now=clock.now(self.env.cr),
            given_up_at=self.given_up_at or None,
            forced_at=self.forced_at or None,
            cancel_answered_at=self.cancel_answered_at or None,
            cancel_code=self.cancel_code,
            cancel_refusal=self.cancel_refusal,
            cancel_tries=self.cancel_tries,
            released=self.released,
            replaces_lost=bool(self.replaces_lost_id),
            is_replaced=self._is_replaced(),
        )
        step = settlement.next_step(bill)
        if step == settlement.WAIT:
            self.write({"next_try_at": settlement.waits_until(bill)})
        return step

    def _settlement_pause(self):
        self.ensure_one()
        if self.forced_at:
            return self._forced_pause()
        return state_machine.cancel_pause(self.cancel_tries + self._replacement_count() + 1)

    def _cancel_again_later(self):
        """The bill is still open after its cancel was answered."""
        self.ensure_one()
        if self.state == state_machine.ISSUED and not self.forced_at:
            now = clock.now(self.env.cr)
            tries = len(state_machine.CANCEL_PAUSES) if self._is_replaced() else self.cancel_tries
            pause = state_machine.cancel_pause(max(tries, 1))
            self.write({"cancel_answered_at": False, "next_try_at": now + pause})

    # === Lost sends (``doc/ledger.md §13``) ===

    def _is_lost_send(self):
        self.ensure_one()
        return self.state == state_machine.UNKNOWN and self.kind == state_machine.PAYMENT

    def _is_superseded(self, domain=()):
        """Whether a later bill, of those in the domain, has taken this one's place on the sticker."""
        self.ensure_one()
        later = [
            *domain,
            ("terminal_id", "=", self.terminal_id.id),
            ("id", ">", self.id),
            ("invoice_reference", "!=", False),
        ]
        return bool(self.search_count(later, limit=1))

    def _replacement_count(self):
        self.ensure_one()
        return self.search_count([("replaces_lost_id", "=", self.id)])

    def _is_replaced(self):
        """Whether a later bill took the sticker so long ago that no payment of this one can stand.

        Glase has canceled this one then, or given back a payment that nobody had fetched: asking
        takes nothing any more.
        """
        self.ensure_one()
        since = clock.now(self.env.cr) - state_machine.REVERSAL_WAIT
        return self._is_superseded([("issued_at", "<", since)])

    # === Marked as paid by a manager (``doc/ledger.md §14``) ===

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
        progress.open_case("forced_done", self)
        cron.wake(self.env, "cron_watch_forced")

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
