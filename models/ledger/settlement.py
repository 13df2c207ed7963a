"""How rows without a till that asks are worked to an end (``doc/ledger.md §5``).

Asking is taking: fetching PAID makes a payment stand. So a row that was given up is canceled first,
and asked about only when that was answered. What comes next is a rule (``rules/settlement.py``).
"""

import threading
import time
from datetime import timedelta, timezone

from odoo import api

from ...glase import Amount, Invoice, InvoiceRow
from ...glase.logs import get_logger
from ...rules import case_kinds, polling, settlement, state_machine
from ..cases import progress
from ..support import autonomous_transaction, clock, cron, managers
from ..support.till_errors import Refused
from . import exchange, row_money, unsettled
from .exchange import SEND, Exchange, PaymentClaim

_logger = get_logger(__name__)

BATCH = 100
# So many calls the job makes at a time: half of the gate's places, so that tills have the others.
AT_ONCE = 4
# Odoo ends a job that takes two minutes, or one of computing: what is left by then wakes it again.
JOB_SECONDS = 45.0
UNCLAIMED_AFTER = timedelta(minutes=5)
# States that end, or become something else, by time alone.
AGING = (state_machine.DRAFT, state_machine.SENDING, state_machine.UNKNOWN, state_machine.ISSUED)
# The watching job looks again this often, and ends with the last young row (real seconds).
WATCH_PAUSE_SECONDS = 1.0


class Settlement:
    """Works rows to an end, each step in a transaction of its own.

    :param env: of the job, or of the till that sends next
    """

    def __init__(self, env):
        self.env = env
        self.rows = env["glase.transaction"]

    def run(self):
        """Find rows whose till fell silent, work all given-up rows, name money that has no end."""
        self._step(lambda own: own._find_silent())
        if not self._work_together(time.monotonic() + JOB_SECONDS):
            cron.wake(self.env, "cron_settle")
        self._step(lambda own: own._find_unclaimed())

    def before_send(self, terminal_id):
        """Before a till sends again: give up what nobody asks about, and work it once."""
        self._step(lambda own: own._find_silent(terminal_id))
        self._work_due(terminal_id)

    def watch_forced(self):
        """Ask about payments that were just marked as paid, each second for their first minute.

        Afterwards they are asked about with pauses, by the job that settles.
        """
        # A clock that tests moved, or a row that nobody can settle, must not keep a worker.
        until = time.monotonic() + state_machine.WATCH_FORCED.total_seconds() + WATCH_PAUSE_SECONDS
        while time.monotonic() < until:
            self._work_due()
            if not self._step(lambda own: own._forced_lately()):
                return
            threading.Event().wait(WATCH_PAUSE_SECONDS)

    def _step(self, work):
        return autonomous_transaction.with_records(
            self.rows, lambda rows: work(Settlement(rows.env))
        )

    def _work_together(self, until):
        """Work what is due by several threads, each of which claims one row after the other.

        :param float until: of :func:`time.monotonic`
        :return: whether all was worked by then
        """
        autonomous_transaction.end_request(self.env)
        others = [threading.Thread(target=self._help, args=(until,)) for _ in range(AT_ONCE - 1)]
        for thread in others:
            thread.start()
        try:
            return self._work_until(until)
        finally:
            for thread in others:
                thread.join()

    def _help(self, until):
        """What another thread does: an environment is of one thread."""
        try:
            with self.env.registry.cursor() as cr:
                Settlement(api.Environment(cr, self.env.uid, {}))._work_until(until)
        except Exception:
            _logger.exception("A thread of the settling job ended; the others go on")

    def _work_until(self, until):
        while time.monotonic() < until:
            claimed = self._step(lambda own: own._next_due())
            if not claimed:
                return True
            self._work(*claimed)
        return False

    def _work_due(self, terminal_id=None):
        for _index in range(BATCH):
            claimed = self._step(lambda own: own._next_due(terminal_id))
            if not claimed:
                return
            self._work(*claimed)

    def _work(self, row_id, step, lang):
        # A job has no language: what it hears is read in the back office.
        row = self.rows.with_context(lang=lang).browse(row_id)
        if step == settlement.CANCEL:
            exchange.cancel(row, row_id)
        elif step == settlement.REPLACE:
            Replacement(row.env, row_id).send()
        # What its answer has changed decides what is due now.
        after = autonomous_transaction.with_records(row, lambda own: own._next_step())
        if after == settlement.ASK:
            exchange.ask(row, row_id, given_up=True)
            autonomous_transaction.with_records(row, lambda own: own._cancel_again_later())

    # === In a transaction of its own ===

    def _find_silent(self, terminal_id=None):
        """Give up what its till has not asked about for too long."""
        domain = [("terminal_id", "=", terminal_id)] if terminal_id else []
        self.rows._expire_stale(self.rows.search([*domain, ("state", "in", AGING)]).terminal_id)
        holding = self.rows.search(
            [*domain, ("state", "in", list(state_machine.HOLDS_TILL)), ("given_up_at", "=", False)]
        )
        after = timedelta(seconds=self._silent_after())
        # A till may have been heard since that was written.
        limit = clock.now(self.env.cr) - after - polling.HEARTBEAT
        silent = holding.filtered(lambda row: (row.till_seen_at or row.sent_at) < limit)
        autonomous_transaction.lock_free(silent)._give_up("silent")

    def _silent_after(self):
        """Seconds without a question after which a till counts as silent."""
        text = self.env["ir.config_parameter"].sudo().get_param("pos_glase.silent_after", "")
        seconds = int(text) if text.isdecimal() else state_machine.SILENT_TILL_SECONDS
        return max(seconds, state_machine.MIN_SILENT_TILL_SECONDS)

    def _next_due(self, terminal_id=None):
        """Claim the next row that is due, so that no other worker takes it.

        :return: its id, what to do (see :func:`rules.settlement.next_step`), and the language of who reads of
            it; None if none is due
        """
        now = clock.now(self.env.cr)
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
            (now, terminal_id or None, terminal_id or None),
        )
        found = self.env.cr.fetchone()
        if not found:
            return None
        row = self.rows.browse(found[0])
        step = row._next_step()
        row.write({"next_try_at": now + row._settlement_pause()})
        return row.id, step, managers.for_reader(row).env.lang

    def _find_unclaimed(self):
        """Money that no order took within minutes is a case (``doc/ledger.md §6``)."""
        limit = clock.now(self.env.cr) - UNCLAIMED_AFTER
        for unclaimed in (
            unsettled.unclaimed(self.rows, [("paid_at", "<", limit)], limit=BATCH),
            unsettled.unclaimed_refunds(self.rows, [("ended_at", "<", limit)], limit=BATCH),
        ):
            for row in autonomous_transaction.lock_free(unclaimed):
                progress.open_case(case_kinds.without_order(row.kind), row)

    def _forced_lately(self):
        since = clock.now(self.env.cr) - state_machine.WATCH_FORCED
        return self.rows.search_count(
            [("state", "=", state_machine.ISSUED), ("forced_at", ">", since)], limit=1
        )


# What the new row takes over from the one that it replaces.
SAME = (
    "line_uuid",
    "amount",
    "environment",
    "terminal_identifier",
    "reseller_id",
    "order_uuid",
    "order_name",
    "order_total",
    "rounding",
    "cashier",
    "currency_id",
    "terminal_id",
    "account_id",
    "config_id",
    "session_id",
    "company_id",
    "order_id",
    "user_id",
)


class Replacement:
    """A bill that takes another's place on the sticker (``doc/ledger.md §13``), as a row of its own.

    Glase may have the bill of a lost send, but nobody knows its reference. It can be neither asked for nor
    canceled, so no payment of it can stand; but the next customer would find it. The next send replaces it.
    Where there is none, the server sends a bill of its own in its place and cancels that one; so it does
    with a bill that Glase does not cancel. It is given up from the start: canceled before anything asks
    about it (``doc/ledger.md §5``).

    :param env: of the job, or of the till that sends next
    :param int row_id: what is replaced: it was lost, or cannot be canceled
    """

    def __init__(self, env, row_id):
        self.rows = env["glase.transaction"]
        self.row = self.rows.sudo().browse(row_id)
        self.row.invalidate_recordset()

    def send(self):
        """Send the bill, unless another has the sticker by now."""
        if self.row._is_superseded():
            autonomous_transaction.end_request(self.rows.env)
            return
        values = self._values()
        sending = Exchange(self.rows, SEND)
        call = sending.bound(self.row.terminal_id, self._invoice())

        def claim(rows):
            row_id, is_new = PaymentClaim(rows, values, sending).make()
            rows.browse(row_id)._give_up("left_open")
            return row_id, call if is_new else None

        try:
            sending.run(claim)
        except Refused:
            # The till is sending: that bill takes the sticker.
            return

    def _values(self):
        row = self.row
        return {
            "attempt": f"{row.attempt}/clear/{row._replacement_count() + 1}",
            "replaces_lost_id": row.id,
            **{name: row[name].id if row._fields[name].relational else row[name] for name in SAME},
        }

    def _invoice(self):
        """The bill once more: should a customer pay it all the same, it is the same sum."""
        row = self.row
        total = Amount(row_money.decimal(row, row.amount), row.currency_id.name)
        name = row.order_name or row.order_uuid
        return Invoice(
            title=row.account_id.shop_name or row.company_id.name,
            client_invoice_id=name,
            rows=(InvoiceRow(description=name, total=total),),
            total=total,
            cashier_id=row.cashier,
            footer=row.account_id.invoice_footer or row.company_id.name,
            issue_date=clock.now(row.env.cr).replace(tzinfo=timezone.utc),
        )
