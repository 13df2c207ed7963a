import functools
from datetime import timedelta

from odoo import api, fields, models

from ...glase import GlaseError, ResultError
from ...glase.logs import get_logger
from ...rules import state_machine
from ..accounts.account_binding import CopiedDatabase
from ..accounts.glase_connection import raising
from ..support import autonomous_transaction, clock, cron
from ..support.cashier_messages import cashier_message
from .document import receipt_document
from .glase_receipt import FAILED, SENDING, SUBMITTED, WAITING

_logger = get_logger(__name__)

BATCH = 100
# Longer than a call can take: whoever claimed it before that is gone. Submitting twice does no harm.
CLAIMED_FOR = timedelta(seconds=60)
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720, 1440, 1440))
COPY_PAUSE = timedelta(hours=1)
# A receipt is kept small: its size at Glase is not documented.
MOST_LINES = 100
LONGEST_NAME = 100
# Glase says the same however often it is asked.
FINAL_CODES = frozenset({23, 91})


class GlaseReceipt(models.Model):
    """The job that submits receipts: claim, commit, call, store (``doc/ledger.md §2``)."""

    _inherit = "glase.receipt"

    @api.model
    def _cron_receipts(self):
        """Submit what is due; a Glase that does not answer is left alone until the next run."""
        for _index in range(BATCH):
            claimed = self._in_own_transaction(lambda receipts: receipts._claim_next())
            if not claimed:
                break
            receipt_id, submit = claimed
            self.env.cr.commit()  # pylint: disable=invalid-commit
            error = self._submit(submit)
            self._in_own_transaction(
                lambda receipts, receipt_id=receipt_id, error=error: receipts.browse(
                    receipt_id
                )._store(error)
            )
            if error and not isinstance(error, ResultError):
                break
        due = self._in_own_transaction(lambda receipts: receipts._next_due())
        if due:
            cron.wake(self.env, "cron_receipts", due)

    def _in_own_transaction(self, work):
        return autonomous_transaction.run(self.env, lambda env: work(env["glase.receipt"]))

    @api.model
    def _next_due(self):
        waiting = [("state", "in", [WAITING, SENDING]), ("next_try_at", "!=", False)]
        return self.search(waiting, order="next_try_at", limit=1).next_try_at

    @api.model
    def _claim_next(self):
        """Claim the next receipt that is due, so that no other worker takes it.

        :return: ``(id, the call to make)`` or None
        """
        now = clock.now(self.env.cr)
        receipt = cron.next_due(self, (WAITING, SENDING), now)
        if not receipt:
            return None
        submit = receipt._plan()
        receipt.write({"state": SENDING, "next_try_at": now + CLAIMED_FOR})
        return receipt.id, submit

    def _plan(self):
        """The call for this receipt; what keeps it from being made raises in it."""
        self.ensure_one()
        row = self.transaction_id
        order = row.payment_id.pos_order_id
        try:
            if not order or order.state in ("draft", "cancel"):
                raise OrderMissing
            document = receipt_document(row.account_id, self._values(order))
            client, principal = row.terminal_id._client(), row.terminal_id._principal()
        except (GlaseError, OrderMissing) as error:
            return raising(error)
        except Exception as error:
            # The template can be changed by anybody with Studio: the queue goes on.
            _logger.exception("The receipt of row %s could not be made", row.id)
            return raising(NotMade(str(error)))
        reference = row.ers_reference
        return functools.partial(client.submit_payment_receipt, principal, reference, document)

    @staticmethod
    def _submit(submit):
        """Make the call; returns what went wrong, or None."""
        try:
            submit()
        except (GlaseError, OrderMissing, NotMade) as error:
            return error
        return None

    def _store(self, error):
        self.ensure_one()
        autonomous_transaction.lock(self)
        now = clock.now(self.env.cr)
        if not error:
            values = {"state": SUBMITTED, "submitted_at": now, "next_try_at": False}
            self.write({**values, "message": False})
            return
        words = self._in_words(error)
        if isinstance(error, CopiedDatabase):
            # Nothing was asked: it waits until an administrator confirms the database.
            self.write({"state": WAITING, "next_try_at": now + COPY_PAUSE, "message": words})
            return
        tries = self.tries + 1
        final = isinstance(error, ResultError) and error.code in FINAL_CODES
        if final or tries > len(PAUSES):
            values = {"state": FAILED, "next_try_at": False}
        else:
            values = {"state": WAITING, "next_try_at": now + PAUSES[tries - 1]}
        self.write({**values, "tries": tries, "message": words})

    def _in_words(self, error):
        if isinstance(error, OrderMissing):
            return self.env._("The order of this payment is not finished yet.")
        if isinstance(error, NotMade):
            return self.env._("The receipt could not be made: see the server's log.")
        if isinstance(error, CopiedDatabase):
            return cashier_message(self.env, error)
        if isinstance(error, ResultError):
            return self.env._("Glase did not take the receipt: result code %s.", error.code)
        return self.env._("Glase did not answer.")

    # === The document ===

    def _values(self, order):
        """What the receipt shows: shop, order, rows, totals and the reference at Glase."""
        row, currency = self.transaction_id, order.currency_id
        lines = [
            (line.full_product_name or line.product_id.display_name or "", line.qty, line)
            for line in order.lines[:MOST_LINES]
        ]
        rows = [
            (name[:LONGEST_NAME], f"{quantity:g}", currency.format(line.price_subtotal_incl))
            for name, quantity, line in lines
        ]
        more = len(order.lines) - len(rows)
        if more > 0:
            rows.append((self.env._("%s more", more), "", ""))
        moved = (
            self.env._("Glase refund") if row.kind == state_machine.REFUND else self.env._("Glase")
        )
        when = fields.Datetime.context_timestamp(
            order.with_context(tz=order.company_id.partner_id.tz or "UTC"), order.date_order
        )
        return {
            "shop": row.account_id.shop_name or row.company_id.name,
            "order": order.pos_reference or order.name,
            "issued": f"{when:%Y-%m-%d %H:%M %Z}",
            "lines": rows,
            "totals": [
                (self.env._("Total"), currency.format(float(order._glase_total_due()))),
                (moved, currency.format(row._taken_amount() or row.amount)),
            ],
            "reference": row.ers_reference,
        }


class OrderMissing(Exception):
    """The order is not finished, or gone."""


class NotMade(Exception):
    """The document could not be made."""
