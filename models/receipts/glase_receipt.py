from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from ...glase import ReceiptDocument, RequestError, ResultError
from ...glase.logs import get_logger
from ...rules import state_machine
from ..accounts.account_binding import CopiedDatabase
from ..accounts.glase_account import RECEIPT_HTML, RECEIPT_OFF
from ..accounts.glase_connection import raising
from ..ledger import row_money
from ..ledger.exchange import RECEIPT, Exchange
from ..pos.bill import Bill
from ..support import autonomous_transaction, clock, cron
from ..support.managers import MANAGERS
from ..support.public_method import public
from ..support.sentences import Sentence, lasting, sentence_of

_logger = get_logger(__name__)

# Translated where it is said, in the language of whoever reads it.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

WAITING, SENDING, SUBMITTED, FAILED = "waiting", "sending", "submitted", "failed"
STATES = [
    (WAITING, "Waiting"),
    (SENDING, "Being submitted"),
    (SUBMITTED, "Submitted"),
    (FAILED, "Given up"),
]

BATCH = 100
# Longer than a call can take: whoever claimed it before that is gone. Submitting twice does no harm.
CLAIMED_FOR = timedelta(seconds=60)
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720, 1440, 1440))
COPY_PAUSE = timedelta(hours=1)
# Glase says the same however often it is asked.
FINAL_CODES = frozenset({23, 91})
# A receipt is kept small: its size at Glase is not documented.
MOST_LINES = 100
LONGEST_NAME = 100

QUEUE = """
    INSERT INTO glase_receipt (transaction_id, company_id, state, tries, next_try_at)
    SELECT id, company_id, 'waiting', 0, (%s)
      FROM glase_transaction WHERE id = ANY(%s)
        ON CONFLICT DO NOTHING
"""


class OrderMissing(RequestError):
    """The order is not finished, or gone."""

    sentence = _lt("The order of this payment is not finished yet.")


class NotMade(RequestError):
    """The document could not be made."""

    sentence = _lt("The receipt could not be made: see the server's log.")


class GlaseReceipt(models.Model):
    """The receipt of one payment or refund, on its way to Glase (``doc/protocol.md §4.12``).

    Made in the transaction in which the order of the payment is finished; all that talks with
    Glase happens later, in a scheduled job: claim, commit, call, store (``doc/ledger.md §2``).
    Whatever becomes of it, the sale stands.
    """

    _name = "glase.receipt"
    _description = "Receipt for Glase"
    _inherit = ["pos_glase.kept"]
    _order = "id desc"
    _rec_name = "transaction_id"

    transaction_id = fields.Many2one(
        "glase.transaction", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    state = fields.Selection(STATES, default=WAITING, required=True, readonly=True, index=True)
    order_id = fields.Many2one(related="transaction_id.order_id")
    kind = fields.Selection(related="transaction_id.kind")
    ers_reference = fields.Char(related="transaction_id.ers_reference")
    tries = fields.Integer(readonly=True)
    next_try_at = fields.Datetime(readonly=True)
    submitted_at = fields.Datetime("Submitted", readonly=True)
    message = Sentence("Last Message", readonly=True)

    _transaction_unique = models.UniqueIndex(
        "(transaction_id)", "This payment has a receipt for Glase already."
    )
    _due = models.Index("(next_try_at) WHERE state IN ('waiting', 'sending')")

    @api.model
    def _queue(self, rows):
        """Put the receipts of rows of the ledger into the queue, unless they are there already.

        :param rows: paid or refunded ``glase.transaction`` whose orders are finished
        """
        due = rows.filtered(
            lambda row: row.account_id.sudo().receipt_mode != RECEIPT_OFF and row.ers_reference
        )
        if not due:
            return
        self.env.cr.execute(SQL(QUEUE, clock.statement(), due.ids))
        if self.env.cr.rowcount:
            self._wake()

    @api.model
    def _wake(self):
        cron.wake(self.env, "cron_receipts")

    @public(group=MANAGERS, many=True)
    def action_retry(self):
        """Try again now what was given up, or waits for its next try.

        :raises AccessError: for anyone but a Point of Sale administrator
        """
        again = self.sudo().filtered(lambda receipt: receipt.state in (WAITING, FAILED))
        again.write({"state": WAITING, "tries": 0, "next_try_at": clock.now(self.env.cr)})
        self._wake()

    # === The job ===

    @api.model
    def _cron_receipts(self):
        """Submit what is due; a Glase that does not answer is left alone until the next run."""
        for _index in range(BATCH):
            exchange = Exchange(self, RECEIPT)
            receipt_id, error = exchange.run(
                lambda own, exchange=exchange: own._claim_next(exchange),
                lambda receipt, heard: receipt._store(heard.error),
            )
            if not receipt_id or error and not isinstance(error, ResultError):
                break
        due = autonomous_transaction.with_records(self, lambda receipts: receipts._next_due())
        if due:
            cron.wake(self.env, "cron_receipts", due)

    @api.model
    def _next_due(self):
        waiting = [("state", "in", [WAITING, SENDING]), ("next_try_at", "!=", False)]
        return self.search(waiting, order="next_try_at", limit=1).next_try_at

    @api.model
    def _claim_next(self, exchange):
        """Claim the next receipt that is due, so that no other worker takes it.

        :return: its id and the call to make; twice None if none is due
        """
        now = clock.now(self.env.cr)
        receipt = cron.next_due(self, (WAITING, SENDING), now)
        if not receipt:
            return None, None
        submit = receipt._submission(exchange)
        receipt.write({"state": SENDING, "next_try_at": now + CLAIMED_FOR})
        return receipt.id, submit

    def _submission(self, exchange):
        """The call for this receipt; what keeps it from being made raises in it."""
        self.ensure_one()
        row = self.transaction_id
        order = row.payment_id.pos_order_id
        if not order or order.state in ("draft", "cancel"):
            return raising(OrderMissing(f"receipt {self.id}"))
        try:
            document = receipt_document(row.account_id, values_of(row, order))
        except Exception as error:
            # The template can be changed by anybody with Studio: the queue goes on.
            _logger.exception("The receipt of row %s could not be made", row.id)
            return raising(NotMade(str(error)))
        return exchange.bound(row.terminal_id, row.ers_reference, document)

    def _store(self, error):
        """Store how a try ended, and return that: ``error`` is what went wrong, or None."""
        self.ensure_one()
        autonomous_transaction.lock(self)
        now = clock.now(self.env.cr)
        if not error:
            values = {"state": SUBMITTED, "submitted_at": now, "next_try_at": False}
            self.write({**values, "message": False})
            return None
        words = self._in_words(error)
        if isinstance(error, CopiedDatabase):
            # Nothing was asked: it waits until an administrator confirms the database.
            self.write({"state": WAITING, "next_try_at": now + COPY_PAUSE, "message": words})
            return error
        tries = self.tries + 1
        final = isinstance(error, ResultError) and error.code in FINAL_CODES
        if final or tries > len(PAUSES):
            values = {"state": FAILED, "next_try_at": False}
        else:
            values = {"state": WAITING, "next_try_at": now + PAUSES[tries - 1]}
        self.write({**values, "tries": tries, "message": words})
        return error

    def _in_words(self, error):
        if hasattr(error, "sentence"):
            words = sentence_of(error)
        elif isinstance(error, ResultError):
            words = _lt("Glase did not take the receipt: result code %s.", error.code)
        else:
            words = _lt("Glase did not answer.")
        return lasting(self.env, words)


def receipt_document(account, values):
    """A receipt: small HTML, or empty, by its account's setting.

    :param dict values: what the template ``pos_glase.glase_receipt_document`` shows
    :rtype: glase.ReceiptDocument
    """
    account = account.sudo()
    data = b""
    if account.receipt_mode == RECEIPT_HTML:
        html = account.env["ir.qweb"]._render("pos_glase.glase_receipt_document", values)
        data = " ".join(str(html).split()).encode()
    return ReceiptDocument(data, mime_type=account.receipt_mime)


def values_of(row, order):
    """What a receipt shows: shop, order, rows, totals and the reference at Glase.

    :param row: of the ledger, paid or refunded
    :param order: its finished order
    :rtype: dict
    """
    env, money = order.env, order.currency_id.format
    moved = env._("Glase refund") if row.kind == state_machine.REFUND else env._("Glase")
    when = fields.Datetime.context_timestamp(
        order.with_context(tz=order.company_id.partner_id.tz or "UTC"), order.date_order
    )
    return {
        "shop": row.account_id.shop_name or row.company_id.name,
        "order": order.pos_reference or order.name,
        "issued": f"{when:%Y-%m-%d %H:%M %Z}",
        "lines": _lines(order),
        "totals": [
            (env._("Total"), money(float(Bill(order).total_on_bill(row.rounding)))),
            (moved, money(row_money.taken_amount(row) or row.amount)),
        ],
        "reference": row.ers_reference,
    }


def _lines(order):
    """Name, quantity and price of each line, in words."""
    lines = [
        (
            (line.full_product_name or line.product_id.display_name or "")[:LONGEST_NAME],
            f"{line.qty:g}",
            order.currency_id.format(line.price_subtotal_incl),
        )
        for line in order.lines[:MOST_LINES]
    ]
    more = len(order.lines) - len(lines)
    if more > 0:
        lines.append((order.env._("%s more", more), "", ""))
    return lines
