"""What a till asks of the ledger: send, status, change, cancel, leave open, resume, force."""

from decimal import Decimal

from odoo.tools.translate import LazyTranslate

from ...glase import RequestError
from ...rules import bill_rows, due, polling, state_machine
from ..pos import session_closing
from ..pos.bill import Bill, DryRun
from ..support import autonomous_transaction, managers, money, parameters
from ..support.sentences import cashier_message, said
from ..support.till_errors import Refused, answers_refusals
from . import exchange, poll
from .exchange import SEND, UPDATE, Exchange, PaymentClaim
from .poll import Poll
from .push import Push
from .settlement import Settlement

# Translated where it is said, in the language of whoever reads it.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

NOT_SENT = {
    bill_rows.ZERO: _lt("Enter an amount above zero."),
    bill_rows.TOO_LARGE: _lt("Glase does not take an amount as large as this."),
    bill_rows.DECIMALS: _lt(
        "Glase takes two decimals at most: enter an amount without a third decimal."
    ),
    due.NOTHING_DUE: _lt("Nothing is due: there is nothing to pay with Glase."),
    due.TOO_MUCH: _lt("This till can give neither change nor a tip: enter what is due at most."),
}


def config_of(env, config_id):
    """The till that asks.

    :raises Refused: if it is not there, or not one of who is logged in
    """
    config = env["pos.config"].browse(config_id).exists()
    if not config or config.company_id not in env.companies | env.user.company_ids:
        raise Refused("access", env._("This till does not exist or is not yours."))
    config.check_access("read")
    return config


class Till:
    """What one till asks; a door calls one method.

    Each ends the request's transaction before it talks to Glase, writes through transactions of the
    ledger's own, and answers with the row as a dict, or with a refusal (``doc/ledger.md §2``).

    :param env: of the request
    """

    def __init__(self, env):
        self.env = env
        self.rows = env["glase.transaction"]

    @answers_refusals
    def send(self, config_id, order_uuid, line_uuid, attempt, amount, cashier=""):
        """Send the bill of one payment line: once for each attempt, however often it is asked.

        :param int config_id: the till
        :param str order_uuid: an order whose draft is stored
        :param str line_uuid: its payment line
        :param str attempt: made by the till for one press of *Send*
        :param str amount: decimal string in major units of the order's currency
        :param str cashier: shown on the customer's bill
        :return: the row as the till sees it, or a refusal
        :rtype: dict
        """
        config = config_of(self.env, config_id)
        known = self._find_attempt(config, line_uuid, attempt)
        if known:
            return self._answer(known.id)
        order = self._order(config, order_uuid, line_uuid)
        terminal = self._terminal(config)
        value = self._amount(order, line_uuid, amount)
        url = Push(self.env).url(terminal.account_id, line_uuid, attempt)
        invoice = self._invoice(order, line_uuid, value, terminal, cashier, notification_url=url)
        self._check_finish(order)
        values = self._row_values(order, terminal, line_uuid, attempt, amount, cashier)
        sending = Exchange(self.rows, SEND)
        call = sending.bound(terminal, invoice)
        autonomous_transaction.end_request(self.env)
        Settlement(self.env).before_send(terminal.id)

        def claim(rows):
            row_id, is_new = PaymentClaim(rows, values, sending).make()
            return row_id, call if is_new else None

        row_id, _heard = sending.run(claim)
        return self._answer(row_id)

    @answers_refusals
    def status(self, config_id, line_uuid, attempt, take_back=False):
        """Ask Glase once about a row, unless it is decided or given up.

        :param bool take_back: the cashier's *Check again* on a row that had been given up
        """
        reading = poll.read(self.rows, config_id, line_uuid, attempt)
        if reading:
            question = Poll(self.rows, reading)
            match question.next_step(take_back):
                case polling.ANSWER:
                    return question.answer()
                case polling.ASK:
                    return question.ask()
        row_id = self._row_id(config_id, line_uuid, attempt)
        todo = self._step(row_id, lambda row: row._note_till_seen(take_back=take_back))
        if todo == "cancel":
            exchange.cancel(self.rows, row_id)
        if todo:
            exchange.ask(self.rows, row_id)
        return self._answer(row_id)

    @answers_refusals
    def cancel(self, config_id, line_uuid, attempt):
        """Cancel a bill, and ask at once what became of it (``doc/ledger.md §4``)."""
        row_id = self._row_id(config_id, line_uuid, attempt)
        if self._step(row_id, lambda row: row._request_cancel()):
            exchange.cancel(self.rows, row_id)
            exchange.ask(self.rows, row_id)
        return self._answer(row_id)

    @answers_refusals
    def leave(self, config_id, line_uuid, attempt):
        """Leave a payment open: the server works it to an end (``doc/ledger.md §5``).

        Of a lost send this is *Give up*: the server takes its bill off the sticker.
        """
        row_id = self._row_id(config_id, line_uuid, attempt)
        self._step(row_id, lambda row: row._give_up("left_open"))
        return self._answer(row_id)

    @answers_refusals
    def resume(self, config_id, line_uuids):
        """The newest attempt of each of these lines, and this till's open payment if any."""
        config = config_of(self.env, config_id)
        # What the server sends to clear a lost bill is no attempt of the till's.
        attempts = [("config_id", "=", config.id), ("replaces_lost_id", "=", False)]
        rows = self.rows.sudo().search([*attempts, ("line_uuid", "in", list(line_uuids))])
        newest = {}
        for row in rows.sorted("id"):
            newest[row.line_uuid] = row
        for row in self.rows._open_rows(config).filtered_domain(attempts):
            newest.setdefault(row.line_uuid, row)
        return {"ok": True, "rows": [row._view() for row in newest.values()]}

    @answers_refusals
    def update(self, config_id, order_uuid, line_uuid, attempt, amount):
        """Change the amount of a bill that nobody has scanned yet.

        After any answer but *accepted*, the old and the new amount both stand until Glase's receipt
        says which was paid.

        :param int config_id: the till
        :param str order_uuid: the order whose draft is stored
        :param str line_uuid: its payment line
        :param str attempt: of the row that is out
        :param str amount: the new amount, decimal string in major units of the order's currency
        :return: the row as the till sees it, or a refusal; ``scanned`` if Glase refused
        :rtype: dict
        """
        row = self.rows.sudo().browse(self._row_id(config_id, line_uuid, attempt))
        order = self._order(row.config_id, order_uuid, line_uuid)
        value = self._checked_amount(amount, order.currency_id)
        self._check_due(order, line_uuid, value)
        url = Push(self.env).url(row.account_id, line_uuid, attempt)
        invoice = self._invoice(
            order, line_uuid, value, row.terminal_id, row.cashier, notification_url=url
        )
        total = Bill(order).kept_total()
        updating = Exchange(self.rows, UPDATE)
        call = updating.bound(row.terminal_id, row.invoice_reference, invoice)

        def claim(rows):
            rows.browse(row.id)._propose(value, total, updating.reference)
            return row.id, call

        _row_id, heard = updating.run(claim)
        return self._updated(self._answer(row.id), heard)

    @answers_refusals
    def force(self, config_id, line_uuid, attempt, reason, login="", password=""):
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
        config = config_of(self.env, config_id)
        row_id = self._row_id(config_id, line_uuid, attempt)
        reason = (reason or "").strip()
        if not reason:
            raise Refused("reason", self.env._("Write why this counts as paid."))
        manager_id = managers.approve(self.env, config.company_id, login, password).id
        self._step(row_id, lambda row: row._force(manager_id, reason))
        exchange.ask(self.rows, row_id)
        return self._answer(row_id)

    def _updated(self, view, heard):
        """:raises Refused: if Glase has answered, and did not change the bill"""
        if view["proposed"] and heard.evidence.outcome == state_machine.ANSWER:
            raise Refused(
                "scanned",
                self.env._(
                    "Glase does not change this bill any more: the customer is looking at it. "
                    "Cancel it and send it anew with the new amount."
                ),
                view=view,
            )
        return view

    def _step(self, row_id, work):
        """Do something with a row in a transaction of the ledger's own; the request's ends before."""
        autonomous_transaction.end_request(self.env)
        return autonomous_transaction.with_records(self.rows.browse(row_id), work)

    def _answer(self, row_id):
        return autonomous_transaction.with_records(
            self.rows.browse(row_id), lambda row: row._view()
        )

    # === Who asks, and about what ===

    def _find_attempt(self, config, line_uuid, attempt):
        row = self.rows.sudo().search([("line_uuid", "=", line_uuid), ("attempt", "=", attempt)])
        if row and row.config_id != config:
            raise Refused("access", self.env._("This payment belongs to another till."))
        return row

    def _row_id(self, config_id, line_uuid, attempt):
        row = self._find_attempt(config_of(self.env, config_id), line_uuid, attempt)
        if not row:
            raise Refused(
                "unknown_attempt",
                self.env._("The server has no such payment: nothing was sent to Glase. Send it."),
            )
        return row.id

    def _order(self, config, order_uuid, line_uuid):
        order = self.env["pos.order"].search(
            [("uuid", "=", order_uuid), ("config_id", "=", config.id)], limit=1
        )
        line = order.payment_ids.filtered(lambda payment: payment.uuid == line_uuid)
        if not line or line.payment_method_id.use_payment_terminal != "glase":
            raise Refused(
                "order_changed",
                self.env._("The order is not stored on the server yet. Send the payment again."),
            )
        if order.state != "draft":
            raise Refused("order_done", self.env._("This order is finished already."))
        session_closing.refuse_closed(order.session_id)
        if not order.lines:
            raise Refused("amount", self.env._("Add a product to the receipt first."))
        return order

    def _terminal(self, config):
        terminal = config.sudo().glase_terminal_id
        state = config._glase_till_info()
        if state["state"] != "ready":
            raise Refused(state["state"], state["message"])
        return terminal

    def _amount(self, order, line_uuid, amount):
        """The amount to send as Decimal, checked against the stored line and the wire."""
        value = self._checked_amount(amount, order.currency_id)
        line = order.payment_ids.filtered(lambda payment: payment.uuid == line_uuid)
        if order.currency_id.compare_amounts(float(value), line.amount):
            raise Refused(
                "order_changed", self.env._("The amount has changed. Send the payment again.")
            )
        self._check_due(order, line_uuid, value)
        return value

    def _check_due(self, order, line_uuid, value):
        bill = Bill(order)
        why_not = due.why_not_paid(value, bill.due(line_uuid), bill.can_give_more())
        if why_not:
            raise Refused("amount", said(self.env, NOT_SENT[why_not]))

    def _check_finish(self, order):
        """Refuse now what Odoo would refuse once the money was moved."""
        why_not = DryRun().why_not(order)
        if why_not:
            raise Refused("order", why_not)

    def _checked_amount(self, amount, currency):
        """A decimal string as Decimal, if wire and currency have it; its form was looked at by the door.

        :raises Refused: with a sentence for the cashier
        """
        value = Decimal(amount)
        why_not = bill_rows.why_not_sent(value)
        if why_not:
            raise Refused("amount", said(self.env, NOT_SENT[why_not]))
        known = money.exact(currency, float(value))
        if value != known:
            raise Refused(
                "amount",
                self.env._(
                    "There is no such amount in %(currency)s: enter %(amount)s.",
                    currency=currency.name,
                    amount=known,
                ),
            )
        return value

    def _invoice(self, order, line_uuid, amount, terminal, cashier, **options):
        try:
            return Bill(order).invoice(line_uuid, amount, terminal, cashier, **options)
        except RequestError as error:
            raise Refused("amount", cashier_message(self.env, error)) from error

    def _row_values(self, order, terminal, line_uuid, attempt, amount, cashier):
        return {
            **values_of_line(self.env, order, line_uuid, attempt, amount, cashier),
            "currency_id": order.currency_id.id,
            "terminal_id": terminal.id,
            "account_id": terminal.account_id.id,
            "company_id": order.company_id.id,
            "environment": terminal.environment,
            "terminal_identifier": terminal.terminal_identifier,
            "reseller_id": terminal.reseller_id,
        }


def values_of_line(env, order, line_uuid, attempt, amount, cashier=""):
    """What a row, payment or refund, takes over from its order."""
    return {
        "line_uuid": line_uuid,
        "attempt": attempt,
        "amount": float(amount),
        "config_id": order.config_id.id,
        "session_id": order.session_id.id,
        "order_id": order.id,
        "order_uuid": order.uuid,
        "order_name": parameters.short(order.pos_reference or order.name),
        **Bill(order).kept_total(),
        "cashier": cashier or parameters.short(env.user.name),
        "user_id": env.uid,
    }
