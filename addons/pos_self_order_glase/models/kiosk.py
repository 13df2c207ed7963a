"""What the page of a kiosk asks about the payment of one order.

The till's own code does all of it (:class:`~odoo.addons.pos_glase.models.ledger.till.Till`); here is
what a page that nobody has logged in to may ask, and hear.
"""

from datetime import timedelta

from odoo.addons.pos_glase.glase.logs import get_logger
from odoo.addons.pos_glase.models.ledger.till import Till
from odoo.addons.pos_glase.models.pos import session_closing
from odoo.addons.pos_glase.models.support import clock
from odoo.addons.pos_glase.models.support.till_errors import Refused, answers_refusals
from odoo.addons.pos_glase.rules import state_machine
from odoo.exceptions import UserError

from .kiosk_order import KioskOrder

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
    """

    def __init__(self, config, address):
        self.config, self.env, self.address = config, config.env, address
        self.till = Till(config.env)

    def send(self, order_token, attempt):
        """Send the bill of an order: once for each attempt; the amount is the server's.

        :param str order_token: the order's own access token
        :param str attempt: made by the page for one press of *Pay* or *Try again*
        :return: what the guest may know, or a refusal
        :rtype: dict
        """

        def ask(order, line):
            self._limit("send", line)
            amount = order._glase_decimal(line.amount)
            if amount != order._glase_due(line.uuid):
                raise Refused("order_changed", "")
            return self.till.send(
                self.config.id, order.uuid, line.uuid, attempt, str(amount), self.config.name
            )

        return self._answered(order_token, attempt, ask)

    def status(self, order_token, attempt):
        """Ask once what became of a bill; one that nobody paid in time is canceled."""

        def ask(_order, line):
            # A page asks each second: what asks faster hears what is known.
            is_first = self._limit("ask", line)
            row = self.till._find_attempt(self.config, line.uuid, attempt)
            if row and not is_first:
                return row._view()
            asks = self.till.cancel if row and self._is_over(row) else self.till.status
            return asks(self.config.id, line.uuid, attempt)

        return self._answered(order_token, attempt, ask)

    def cancel(self, order_token, attempt):
        """Cancel a bill, and ask at once what became of it."""

        def ask(_order, line):
            self._limit("ask", line)
            return self.till.cancel(self.config.id, line.uuid, attempt)

        return self._answered(order_token, attempt, ask)

    def leave(self, order_token, attempt):
        """Nobody waits any more: the server works the bill to an end (``doc/ledger.md §5``)."""

        def ask(_order, line):
            self._limit("ask", line)
            return self.till.leave(self.config.id, line.uuid, attempt)

        return self._answered(order_token, attempt, ask)

    # === Who asks, and about what ===

    def _limit(self, kind, line):
        """Whether this is the first request about the line in this second.

        :raises Refused: if there were too many in this minute
        """
        limits = self.env["glase.kiosk.limit"]
        over, is_first = limits._heard(self.config, kind, self.address, line.uuid or "")
        if over:
            raise Refused("limit", "")
        return is_first

    def _order(self, order_token):
        """The order of this kiosk with this token.

        :raises Refused: if there is none, or it was removed
        """
        order = self.env["pos.order"].search(
            [("access_token", "=", order_token), ("config_id", "=", self.config.id)], limit=1
        )
        if not order or not KioskOrder(order).line():
            # Who guesses is counted, too.
            self._limit("ask", self.env["pos.payment"])
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
            self._finish(order)
        return self._view(order, row, view)

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
