import time
from decimal import Decimal

from odoo import api, models

from ...glase import RequestError, new_client_reference
from ...rules import state_machine
from ...rules.bill_rows import has_wire_precision
from ...rules.environments import MARKS
from ..pos import closing_latch
from ..support import clock
from ..support.cashier_messages import cashier_message
from ..support.till_errors import Refused, answers_refusals

MORE_THAN_THE_WIRE_CARRIES = Decimal(10) ** 15


class GlaseTransaction(models.Model):
    """What a till asks of the ledger: send, status, cancel, leave open, resume.

    Each method ends the request's transaction before it talks to Glase, writes through
    transactions of its own, and answers with the row as a dict (``doc/ledger.md §2``).
    """

    _inherit = "glase.transaction"

    @api.model
    @answers_refusals
    def _till_send(self, config_id, order_uuid, line_uuid, attempt, amount, cashier=""):
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
        config = self._till_config(config_id)
        known = self._find_attempt(config, line_uuid, attempt)
        if known:
            return self._answer(known.id)
        order = self._till_order(config, order_uuid, line_uuid)
        terminal = self._till_terminal(config)
        value = self._till_amount(order, line_uuid, amount)
        notification_url = self._notification_url(terminal.account_id, line_uuid, attempt)
        invoice = self._till_invoice(
            order, line_uuid, value, terminal, cashier, notification_url=notification_url
        )
        values = self._row_values(order, terminal, line_uuid, attempt, amount, cashier)
        reference = new_client_reference()
        send = self._caller(terminal, "send_invoice")
        self._end_request_transaction()
        self._settle_left_open(terminal.id)
        row_id, is_new = self._in_own_transaction(
            lambda ledger_rows: ledger_rows._claim(values, reference)
        )
        if is_new:
            self._call(
                row_id,
                "sendInvoice",
                lambda: send(invoice, client_reference=reference),
                reference,
                within=time.monotonic() + state_machine.CALL_WITHIN_SECONDS,
            )
        return self._answer(row_id)

    @api.model
    @answers_refusals
    def _till_status(self, config_id, line_uuid, attempt, take_back=False):
        """Ask Glase once about a row, unless it is decided or given up.

        :param bool take_back: the cashier's *Check again* on a row that had been given up
        """
        row_id = self._till_row(config_id, line_uuid, attempt)
        self._end_request_transaction()
        todo = self._in_own_transaction(
            lambda rows: rows.browse(row_id)._note_till_seen(take_back=take_back)
        )
        if todo == "cancel":
            self._cancel(row_id)
        if todo:
            self._ask(row_id)
        return self._answer(row_id)

    @api.model
    @answers_refusals
    def _till_cancel(self, config_id, line_uuid, attempt):
        """Cancel a bill, and ask at once what became of it (``doc/ledger.md §4``)."""
        row_id = self._till_row(config_id, line_uuid, attempt)
        self._end_request_transaction()
        wished = self._in_own_transaction(lambda rows: rows.browse(row_id)._request_cancel())
        if wished:
            self._cancel(row_id)
            self._ask(row_id)
        return self._answer(row_id)

    @api.model
    @answers_refusals
    def _till_leave(self, config_id, line_uuid, attempt):
        """Leave a payment open: the server works it to an end (``doc/ledger.md §5``).

        Of a lost send this is *Give up*: the server takes its bill off the sticker.
        """
        row_id = self._till_row(config_id, line_uuid, attempt)
        self._end_request_transaction()
        self._in_own_transaction(lambda rows: rows.browse(row_id)._give_up("left_open"))
        return self._answer(row_id)

    @api.model
    @answers_refusals
    def _till_resume(self, config_id, line_uuids):
        """The newest attempt of each of these lines, and this till's open payment if any."""
        config = self._till_config(config_id)
        # What the server sends to clear a lost bill is no attempt of the till's.
        attempts = [("config_id", "=", config.id), ("replaces_lost_id", "=", False)]
        rows = self.sudo().search([*attempts, ("line_uuid", "in", list(line_uuids))])
        newest = {}
        for row in rows.sorted("id"):
            newest[row.line_uuid] = row
        for row in self._open_rows(config).filtered_domain(attempts):
            newest.setdefault(row.line_uuid, row)
        return {"ok": True, "rows": [row._view() for row in newest.values()]}

    # === Who asks, and about what ===

    @api.model
    def _till_config(self, config_id):
        config = self.env["pos.config"].browse(config_id).exists()
        if not config or config.company_id not in self.env.companies | self.env.user.company_ids:
            raise Refused("access", self.env._("This till does not exist or is not yours."))
        config.check_access("read")
        return config

    @api.model
    def _find_attempt(self, config, line_uuid, attempt):
        row = self.sudo().search([("line_uuid", "=", line_uuid), ("attempt", "=", attempt)])
        if row and row.config_id != config:
            raise Refused("access", self.env._("This payment belongs to another till."))
        return row

    @api.model
    def _till_row(self, config_id, line_uuid, attempt):
        row = self._find_attempt(self._till_config(config_id), line_uuid, attempt)
        if not row:
            raise Refused(
                "unknown_attempt",
                self.env._("The server has no such payment: nothing was sent to Glase. Send it."),
            )
        return row.id

    @api.model
    def _till_order(self, config, order_uuid, line_uuid):
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
        closing_latch.refuse_closed(order.session_id)
        if not order.lines:
            raise Refused("amount", self.env._("Add a product to the receipt first."))
        return order

    @api.model
    def _till_terminal(self, config):
        terminal = config.sudo().glase_terminal_id
        state = config._glase_till_info()
        if state["state"] != "ready":
            raise Refused(state["state"], state["message"])
        return terminal

    @api.model
    def _till_amount(self, order, line_uuid, amount):
        """The amount to send as Decimal, checked against the stored line and the wire."""
        value = self._checked_amount(amount)
        line = order.payment_ids.filtered(lambda payment: payment.uuid == line_uuid)
        if order.currency_id.compare_amounts(float(value), line.amount):
            raise Refused(
                "order_changed", self.env._("The amount has changed. Send the payment again.")
            )
        self._check_due(order, line_uuid, value)
        return value

    @api.model
    def _check_due(self, order, line_uuid, value):
        due = order._glase_due(line_uuid)
        if due <= 0:
            raise Refused(
                "amount", self.env._("Nothing is due: there is nothing to pay with Glase.")
            )
        if value > due and not order._glase_can_give_more():
            raise Refused(
                "amount",
                self.env._(
                    "This till can give neither change nor a tip: enter what is due at most."
                ),
            )

    @api.model
    def _checked_amount(self, amount):
        """A decimal string as Decimal, if the wire can carry it; its form was looked at by the door.

        :raises Refused: with a sentence for the cashier
        """
        value = Decimal(amount)
        if value <= 0:
            raise Refused("amount", self.env._("Enter an amount above zero."))
        if value >= MORE_THAN_THE_WIRE_CARRIES:
            raise Refused("amount", self.env._("Glase does not take an amount as large as this."))
        if not has_wire_precision(value):
            raise Refused(
                "amount",
                self.env._(
                    "Glase takes two decimals at most: enter an amount without a third decimal."
                ),
            )
        return value

    @api.model
    def _till_invoice(self, order, line_uuid, amount, terminal, cashier, **options):
        try:
            return order._glase_invoice(line_uuid, amount, terminal, cashier, **options)
        except RequestError as error:
            raise Refused("amount", cashier_message(self.env, error)) from error

    @api.model
    def _row_values(self, order, terminal, line_uuid, attempt, amount, cashier):
        return {
            **self._values_of_line(order, line_uuid, attempt, amount, cashier),
            "currency_id": order.currency_id.id,
            "terminal_id": terminal.id,
            "account_id": terminal.account_id.id,
            "company_id": order.company_id.id,
            "environment": terminal.environment,
            "terminal_identifier": terminal.terminal_identifier,
            "reseller_id": terminal.reseller_id,
        }

    @api.model
    def _values_of_line(self, order, line_uuid, attempt, amount, cashier=""):
        """What a row, payment or refund, takes over from its order."""
        return {
            "line_uuid": line_uuid,
            "attempt": attempt,
            "amount": float(amount),
            "config_id": order.config_id.id,
            "session_id": order.session_id.id,
            "order_id": order.id,
            "order_uuid": order.uuid,
            "order_name": order.pos_reference or order.name,
            "order_total": float(order._glase_total_due()),
            "cashier": cashier or self.env.user.name,
            "user_id": self.env.uid,
        }

    # === What the till hears ===

    def _answer(self, row_id):
        return self._in_own_transaction(lambda rows: rows.browse(row_id)._view())

    def _view(self):
        """The row as the till sees it: no secrets, money as a decimal string."""
        self.ensure_one()
        row = self.sudo()
        terminal = row.terminal_id
        heard = row.glase_seen_at or row.sent_at
        silence = (clock.now(self.env.cr) - heard).total_seconds() if heard else 0.0
        cancel = "wished" if row.cancel_wished_at else False
        if cancel and row.cancel_answered_at and row.cancel_code == state_machine.ALREADY_PAID_CODE:
            cancel = "too_late"
        return {
            "ok": True,
            "id": row.id,
            "line_uuid": row.line_uuid,
            "attempt": row.attempt,
            "kind": row.kind,
            "state": row.state,
            "final": row.state in state_machine.FINAL,
            "amount": str(row._decimal(row._taken_amount() or row.amount)),
            "amount_certain": row._amount_is_certain(),
            "proposed": str(row._decimal(row.proposed_amount)) if row.proposing else False,
            "updatable": row._is_updatable(),
            "forced": bool(row.forced_at),
            "original_reference": row.original_id.ers_reference or False,
            "currency": row.currency_id.name,
            "invoice_reference": row.invoice_reference,
            "reference": row.ers_reference,
            "paid_at": str((row.receipt_time or row.paid_at).replace(microsecond=0))
            if row.state == state_machine.PAID
            else False,
            # With the simulator each code is the phone page's, and the sticker's is that already.
            "qr": row.qr_code if row.environment != "simulator" else False,
            "sticker": terminal._sticker_text(),
            "glase_id": terminal.glase_id,
            "shop": row.account_id.shop_name or row.company_id.name,
            "simulation": row.environment == "simulator",
            "mark": MARKS.get(row.environment, False),
            "silence": max(silence, 0.0),
            "given_up": bool(row.given_up_at),
            "cancel": cancel,
            "message": row._till_message(),
        }

    def _till_message(self):
        match self.state:
            case state_machine.CANCELED if self.cancel_tries:
                return self.env._("The payment was canceled. Nothing was charged.")
            case state_machine.CANCELED:
                return self.env._("The customer declined the payment. Nothing was charged.")
            case state_machine.EXPIRED:
                return self.env._("The customer did not pay in time. Nothing was charged.")
            case state_machine.REVERSED:
                return self.env._(
                    "The customer had paid, but too late: Glase has given the money back by itself."
                )
            case state_machine.UNKNOWN if self._answered_of_another():
                return self.message
            case state_machine.UNKNOWN:
                return self.env._(
                    "Glase did not answer when the bill was sent. If the customer's phone says "
                    "paid, that money comes back by itself. Send the payment again."
                )
            case state_machine.FAILED:
                return self.message or self.env._(
                    "The payment failed at Glase. Nothing was charged."
                )
            case state_machine.PAID:
                return False
        return self.message or False
