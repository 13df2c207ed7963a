"""What the page of a kiosk asks about the payment of one order.

The till's own code does all of it (:class:`~odoo.addons.pos_glase.models.ledger.till.Till`); here is
what a page that nobody has logged in to may ask, and hear.
"""

from datetime import timedelta

from odoo.addons.pos_glase.glase.logs import get_logger
from odoo.addons.pos_glase.models.ledger.till import Till
from odoo.addons.pos_glase.models.pos import session_closing
from odoo.addons.pos_glase.models.pos.bill import Bill
from odoo.addons.pos_glase.models.support import clock
from odoo.addons.pos_glase.models.support.till_errors import Refused, answers_refusals
from odoo.addons.pos_glase.rules import state_machine
from odoo.exceptions import UserError

from .kiosk_order import KioskOrder, find_order
from .pace import pace

_logger = get_logger(__name__)

# How long a guest has for one bill; then the server cancels it, whatever the page does.
WAIT = timedelta(seconds=90)
# What a guest hears of a refusal; anything else is *unavailable*.
TOLD = {
    "busy": "busy",
    "closing": "closed",
    "session": "closed",
    "order_changed": "changed",
    "order_done": "done",
    "paid": "done",
    "gone": "gone",
    "limit": "limit",
    "malformed": "malformed",
    "unknown_attempt": "unknown_attempt",
}


class Kiosk:
    """The payments of one kiosk.

    :param config: with the rights of its default user, found by its access token
    :param str address: whose requests these are
    :param str page: the word by which the asking page is known again; empty if it has none
    """

    def __init__(self, config, address, page):
        self.config, self.env = config, config.env
        self.address, self.page = address, page
        self.till = Till(config.env)
        self.limits = config.env["glase.kiosk.limit"]

    def send(self, order_token, attempt):
        """Send the bill of an order: once for each attempt; the amount is the server's.

        :param str order_token: the order's own access token
        :param str attempt: made by the page for one press of *Pay* or *Try again*
        :return: what the guest may know, or a refusal
        :rtype: dict
        """

        def ask(order, line):
            row = self.till._find_attempt(self.config, line.uuid, attempt)
            if row:
                self._limit_question(line)
                return row._view()
            is_known = self.page and self.limits._has_paid(self.config, self.page)
            self._limit("send", is_known)
            if not self.config._glase_is_kiosk():
                raise Refused("session", "")
            amount = Bill(order).decimal(line.amount)
            if amount != Bill(order).due(line.uuid):
                raise Refused("order_changed", "")
            self.limits._note_sender(line.uuid, self.page)
            if is_known:
                self._end_bills_of_strangers()
            return self.till.send(
                self.config.id, order.uuid, line.uuid, attempt, str(amount), self.config.name
            )

        return self._answered(order_token, attempt, ask)

    def status(self, order_token, attempt):
        """Ask once what became of a bill; one that nobody paid in time is canceled."""

        def ask(row):
            # Whoever asks faster than a page hears what is known.
            if not pace.lets_through(self.limits, row.line_uuid):
                return row._view()
            asks = self.till.cancel if self._is_over(row) else self.till.status
            return asks(self.config.id, row.line_uuid, attempt)

        return self._answered(order_token, attempt, self._about_row(attempt, ask))

    def cancel(self, order_token, attempt):
        """Cancel a bill, and ask at once what became of it."""

        def ask(row):
            # The first wish counts, whenever it comes.
            if row.cancel_wished_at and not pace.lets_through(self.limits, row.line_uuid):
                return row._view()
            return self.till.cancel(self.config.id, row.line_uuid, attempt)

        return self._answered(order_token, attempt, self._about_row(attempt, ask))

    def leave(self, order_token, attempt):
        """Nobody waits any more: the server works the bill to an end (``doc/ledger.md §5``)."""

        def ask(row):
            if not row._may_be_given_up():
                return row._view()
            return self.till.leave(self.config.id, row.line_uuid, attempt)

        return self._answered(order_token, attempt, self._about_row(attempt, ask))

    def _end_bills_of_strangers(self):
        """The shop's own page does not wait for a bill of a page at which nobody has paid."""
        for row in self.till.rows._open_rows(self.config):
            if not row.given_up_at and not self.limits._is_of_known(self.config, row.line_uuid):
                self.till.leave(self.config.id, row.line_uuid, row.attempt)

    # === Who asks, and about what ===

    def _about_row(self, attempt, ask):
        """Let ``ask`` hear of a bill that was sent.

        :raises Refused: if there is none, or another page has sent it and there are too many questions
        """

        def ask_of_line(_order, line):
            self._limit_question(line)
            row = self.till._find_attempt(self.config, line.uuid, attempt)
            if not row:
                raise Refused("unknown_attempt", "")
            return ask(row)

        return ask_of_line

    def _limit_question(self, line):
        """The page that sends the bills of a line may ask about them; others are counted."""
        if not (self.page and self.limits._is_sender(line.uuid, self.page)):
            self._limit("ask")

    def _limit(self, kind, is_known=False):
        """Count a request. A page that is known needs no share of what strangers use up.

        :raises Refused: if there were too many in this minute
        """
        if is_known:
            over = self.limits._heard_known(self.config, kind, self.page)
        else:
            over = self.limits._heard(self.config, kind, self.address)
        if over:
            raise Refused("limit", "")

    def _order(self, order_token):
        """The order of this kiosk with this token.

        :raises Refused: if there is none, or it was removed
        """
        order = find_order(self.config, order_token)
        if not order or not KioskOrder(order).line():
            # Who guesses is counted, too.
            self._limit("ask")
            raise Refused("gone", "")
        return order

    def _is_over(self, row):
        return (
            row.state == state_machine.ISSUED
            and not row.cancel_wished_at
            and not self._seconds_left(row)
        )

    def _seconds_left(self, row):
        if not row.sent_at:
            return WAIT.total_seconds()
        left = WAIT - (clock.now(self.env.cr) - row.sent_at)
        return max(left.total_seconds(), 0.0)

    # === What the guest hears ===

    def _answered(self, order_token, attempt, ask):
        """Ask about an order's payment; what is paid becomes a finished order."""
        view = self._asked(order_token, attempt, ask)
        if not view["ok"]:
            return {"ok": False, "reason": TOLD.get(view["reason"], "unavailable")}
        return view

    @answers_refusals
    def _asked(self, order_token, attempt, ask):
        order = self._order(order_token)
        view = ask(order, KioskOrder(order).line())
        if not view["ok"]:
            return view
        # What the ledger has stored meanwhile is seen by a new transaction only.
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.env.invalidate_all()
        order = self._order(order_token)
        row = self.till._find_attempt(self.config, KioskOrder(order).line().uuid, attempt)
        if row.state == state_machine.PAID:
            self._know_page(row)
            self._finish(order)
        return self._view(order, row, view)

    def _know_page(self, row):
        """A page that somebody has paid at is the shop's own, and keeps a share that no flood uses up."""
        known, page = self.limits, self.page
        is_sender = page and known._is_sender(row.line_uuid, page)
        if is_sender and not known._has_paid(self.config, page):
            known._note_paid(self.config, page)

    def _finish(self, order):
        """Finish an order whose payment is proven; done twice it changes nothing.

        What keeps it from being finished is no matter of the guest's: the row stays paid, and becomes
        a case as at a till.
        """
        if order.state != "draft" or order.payment_ids.filtered("glase_unverified"):
            return
        try:
            with self.env.cr.savepoint():
                session_closing.refuse_closed(order.session_id)
                order._process_saved_order(False)
                order._send_order()
        except (UserError, Refused) as trouble:
            self.env.invalidate_all()
            _logger.warning("Paid at the kiosk, but not finished: %s: %s", order.uuid, trouble)

    def _view(self, order, row, view):
        """What the guest may know of this payment: no word about anything else."""
        return {
            "ok": True,
            "state": row.state,
            "final": row.state in state_machine.FINAL,
            "end": self._end(row),
            "given_up": bool(row.given_up_at),
            "canceling": bool(row.cancel_wished_at),
            "silence": view["silence"],
            "seconds_left": self._seconds_left(row),
            "amount": view["amount"],
            "scan": row.state == state_machine.ISSUED and (view["qr"] or view["sticker"]),
            "mark": view["mark"],
            "finished": order.state not in ("draft", "cancel"),
            "number": order.tracking_number,
        }

    def _end(self, row):
        """How it ended, as a word for the page; False while it is not decided."""
        if row.state == state_machine.CANCELED and not row.cancel_wished_at:
            return "declined"
        if row.state == state_machine.CANCELED:
            late = row.cancel_wished_at - row.sent_at >= WAIT
            return "timed_out" if late else "canceled"
        return WORDS.get(row.state, False)


WORDS = {
    state_machine.PAID: "paid",
    state_machine.EXPIRED: "timed_out",
    state_machine.FAILED: "failed",
    state_machine.REVERSED: "reversed",
    state_machine.UNKNOWN: "lost",
}
