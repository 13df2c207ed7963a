"""Who may call: the row of an attempt, made as *sending* under the locks that decide (``doc/ledger.md §2``)."""

import math

from ...rules import state_machine
from ..pos import session_closing
from ..support import autonomous_transaction, clock
from ..support.till_errors import Refused


class Claim:
    """The row of one call that moves money; the guards that a send and a refund share.

    :param rows: of the ledger, in a transaction of its own
    :param dict values: of the row
    :param exchange: the :class:`.exchange.Exchange` that makes the call
    """

    def __init__(self, rows, values, exchange):
        self.rows, self.env, self.values = rows, rows.env, values
        self.exchange = exchange

    def known(self, terminals):
        """The row of this very attempt, if it was made before; under the registrations' locks."""
        autonomous_transaction.lock(terminals)
        return self.rows.search(
            [
                ("line_uuid", "=", self.values["line_uuid"]),
                ("attempt", "=", self.values["attempt"]),
            ]
        )

    def refuse_busy_registration(self, terminal):
        """:raises Refused: while Glase is being asked about the registration"""
        if terminal._is_busy():
            raise Refused(
                "busy",
                self.env._("This till's Glase registration is being changed. Try again shortly."),
            )

    def begin(self, **more):
        """Make the row, *sending*.

        :param more: values that were decided under the locks
        :return: the row
        """
        now = clock.now(self.env.cr)
        values = {**self.values, **more, "till_seen_at": now}
        account = self.env["glase.account"].browse(values["account_id"])
        reference = self.exchange.reference
        values["call_reference"] = account._sent_reference(reference)
        row = self.rows.create(values)
        row._transition("claim", sent_at=now)
        row._note(self.exchange.operation.name, client_reference=reference)
        self.env.flush_all()
        return row


class PaymentClaim(Claim):
    """The attempt of a send, if its till is free."""

    def make(self):
        """Make the row.

        :return: the row's id, and whether this caller is the one that may call
        :rtype: tuple[int, bool]
        :raises Refused: if another payment runs at this till, its register is closed, or the
            registration changed
        """
        terminal = self.env["glase.terminal"].browse(self.values["terminal_id"])
        known = self.known(terminal)
        if known:
            return known.id, False
        if terminal.state != "ready" or not terminal.active:
            raise Refused(
                "not_registered",
                self.env._("This till's Glase registration has changed. Reload the till."),
            )
        self.refuse_busy_registration(terminal)
        session_closing.refuse_while_closing(terminal)
        if not self.values.get("replaces_lost_id"):
            session = self.env["pos.session"].browse(self.values["session_id"])
            session_closing.refuse_closed(session)
        order = self._locked_order()
        self.rows._expire_stale(terminal)
        self._refuse_second_bill(terminal)
        if not self.values.get("replaces_lost_id"):
            self._refuse_paid_line()
        return self.begin(order_id=order.id).id, True

    def _locked_order(self):
        """The order that a bill is for: who deletes it at the same time finds the bill, or is found.

        :raises Refused: if it is gone, or finished; what the server replaces by itself needs none
        """
        order = self.env["pos.order"].browse(self.values["order_id"]).exists()
        autonomous_transaction.lock(order)
        if order.state != "draft" and not self.values.get("replaces_lost_id"):
            raise Refused(
                "order_changed",
                self.env._("The order is not stored on the server yet. Send the payment again."),
            )
        return order

    def _refuse_paid_line(self):
        """:raises Refused: if this line has its money already; not once that was given back"""
        paid = self.rows.search(
            [
                ("line_uuid", "=", self.values["line_uuid"]),
                ("kind", "=", state_machine.PAYMENT),
                ("state", "=", state_machine.PAID),
                ("refund_claim", "=", False),
                "|",
                ("payment_id", "=", False),
                ("payment_id.uuid", "=", self.values["line_uuid"]),
            ],
            limit=1,
        )
        if paid:
            raise Refused(
                "paid",
                self.env._("This payment is paid already, nothing was sent. Reload the till."),
            )

    def _refuse_second_bill(self, terminal):
        running = self.rows.search(
            [
                ("terminal_id", "=", terminal.id),
                ("kind", "=", state_machine.PAYMENT),
                ("state", "in", list(state_machine.HOLDS_TILL)),
                ("released", "=", False),
            ],
            limit=1,
        )
        if not running:
            return
        since = int((clock.now(self.env.cr) - running.sent_at).total_seconds())
        raise Refused(
            "busy",
            self._busy_message(running, since),
            busy={
                "order_name": running.order_name,
                "since_seconds": since,
                "cashier": running.cashier,
            },
        )

    def _busy_message(self, running, since):
        """What holds this till, and what frees it: nobody is sent to finish what cannot be finished."""
        if running.forced_at:
            age = clock.now(self.env.cr) - running.forced_at
            left = math.ceil((state_machine.WATCH_FORCED - age).total_seconds())
            return self.env._(
                "%(order)s was marked as paid and is being checked with Glase: free in "
                "%(seconds)s s. Take another payment method, or send again then.",
                order=running.order_name,
                seconds=max(left, 1),
            )
        if running.given_up_at:
            return self.env._(
                "%(order)s was left open and is being taken off the sticker. The till is free as "
                "soon as Glase answers. Take another payment method, or send again shortly.",
                order=running.order_name,
            )
        return self.env._(
            "Another Glase payment is running at this till: %(order)s, sent by %(cashier)s "
            "%(seconds)s s ago. Finish or cancel it on the device that sent it.",
            order=running.order_name,
            cashier=running.cashier,
            seconds=since,
        )
