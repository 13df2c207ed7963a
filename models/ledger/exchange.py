"""One call to Glase: claim it, call, store what was heard (``doc/ledger.md §2``).

No transaction is open around a call; the steps before and after it are transactions of their own,
committed before anybody hears of them. Whatever comes back is stored, also nothing.
"""

import functools
import math
import re
import time
from dataclasses import dataclass

from odoo.tools.translate import LazyTranslate

from ...glase import (
    GateOpen,
    GlaseError,
    NeverSent,
    NoAnswer,
    RequestError,
    ResultError,
    TransportError,
    Unreadable,
    new_client_reference,
)
from ...glase.logs import get_logger
from ...glase.operations import OPERATIONS
from ...rules import state_machine
from ..accounts import glase_connection
from ..accounts.glase_connection import BY_ACCOUNT, RESELLER, TERMINAL, raising
from ..pos import session_closing
from ..pos.bill import Bill
from ..support import autonomous_transaction, clock
from ..support.sentences import sentence_of, source_of
from ..support.till_errors import Refused
from . import load

_logger = get_logger(__name__)

# Translated where it is said, in the language of whoever reads it.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)


@dataclass(frozen=True)
class Operation:
    """What differs between the calls.

    ``name`` on the wire; ``within``: seconds after its claim in which a call may still be made, or
    None where a late one does no harm; ``by``: whose log-in it needs.
    """

    name: str
    within: float | None = None
    by: str = TERMINAL

    @property
    def method(self):
        """The client's method for it."""
        return re.sub("([A-Z])", r"_\1", self.name).lower()


_PROMPT = {"within": state_machine.CALL_WITHIN_SECONDS}
# What is not as with most.
_DIFFERS = {
    "registerTerminal": {"by": RESELLER},
    "unregisterTerminal": {"by": BY_ACCOUNT},
    "sendInvoice": _PROMPT,
    "updateInvoice": _PROMPT,
    "refundPayment": _PROMPT,
    "markTransactionPeriod": {"by": RESELLER},
    "executeReport": {"by": RESELLER},
}
BY_NAME = {name: Operation(name, **_DIFFERS.get(name, {})) for name in OPERATIONS}
REGISTER, UNREGISTER = BY_NAME["registerTerminal"], BY_NAME["unregisterTerminal"]
ASSIGN, RECEIPT = BY_NAME["assignSeqrId"], BY_NAME["submitPaymentReceipt"]
SEND, UPDATE = BY_NAME["sendInvoice"], BY_NAME["updateInvoice"]
ASK, CANCEL = BY_NAME["getPaymentStatus"], BY_NAME["cancelInvoice"]
REFUND = BY_NAME["refundPayment"]
MARK, REPORT = BY_NAME["markTransactionPeriod"], BY_NAME["executeReport"]


class OwnFault(Unreadable):
    """A call ended in a fault of our own: what is not known is unknown."""

    sentence = _lt("The server made a mistake: see its log.")


@dataclass(frozen=True)
class Heard:
    """What came of a call: the evidence, the client's answer or its error, words for a person."""

    evidence: state_machine.Evidence
    reference: str
    answer: object = None
    error: GlaseError | None = None
    seconds: float = 0.0
    message: str | bool = False

    def as_event(self):
        """What an event keeps beside the evidence."""
        return {
            "client_reference": self.reference,
            "seconds": self.seconds,
            "message": self.message,
        }


class Exchange:
    """One conversation with Glase about one record.

    :param records: of the model that stores the answer, in any environment
    :param Operation operation: which call
    :param str reference: our own of the call; a new one by default
    :param step: takes records and work, and runs the work with them in a transaction; by default
        one of its own, with nothing of the request's open meanwhile
    """

    def __init__(self, records, operation, reference=None, step=None):
        self.records, self.operation = records, operation
        self.reference = reference or new_client_reference()
        self._step = step or autonomous_transaction.step_of_request
        self._claimed_at = None

    def bound(self, caller, *arguments):
        """The call, bound to who makes it; reads the database.

        Who cannot call (a registration whose secrets were wiped) raises in the call, where it is
        stored like any other answer.

        :param caller: a record whose ``_caller`` gives client and principal of an operation
        :return: takes nothing, gives the client's answer
        """
        try:
            client, principal = caller._caller(self.operation)
        except GlaseError as error:
            return raising(error)
        method = getattr(client, self.operation.method)
        return functools.partial(method, principal, *arguments, client_reference=self.reference)

    def run(self, claim, store=None):
        """Claim, call, store.

        :param claim: called in a transaction of its own with the records; gives the id of the one
            that is claimed, and the call to make: None where another caller makes it, or none does
        :param store: see :meth:`make`
        :return: the id, and what ``store`` returned; None without a call
        """

        def timed(records):
            claimed = claim(records)
            # Before it is committed: from then on somebody may find that it has become too old.
            self._claimed_at = time.monotonic()
            return claimed

        record_id, call = self._step(self.records, timed)
        return record_id, self.make(record_id, call, store) if call else None

    def make(self, record_id, call, store=None):
        """Make a call that needs no claim, or has it, and store what was heard.

        :param store: called in a transaction of its own with that record and :class:`Heard`; by
            default the ledger's :meth:`_record_answer`, with what was heard as its result
        :return: what ``store`` returned
        """
        heard = self.hear(record_id, call)
        store = store or _record_answer
        return self._step(self.records.browse(record_id), lambda record: store(record, heard))

    def hear(self, record_id, call):
        """Make a call, unless it is too late for it.

        :rtype: Heard
        """
        name, within = self.operation.name, self.operation.within
        try:
            if within and self._claimed_at and time.monotonic() > self._claimed_at + within:
                raise NeverSent(name, self.reference, detail="not called in time after its claim")
            answer = _waited(call)
            evidence = evidence_of_answer(name, answer)
            return Heard(evidence, answer.client_reference, answer, seconds=answer.seconds)
        except GlaseError as error:
            failure = error
        except Exception:
            # A fault of our own must not leave the record in the dark.
            _logger.exception("%s of %s %s ended in an error", name, self.records._name, record_id)
            failure = OwnFault(name, self.reference, reason="defect")
        if isinstance(failure, GateOpen):
            load.of_process.note_slow()
        return Heard(
            evidence_of_error(name, failure),
            failure.client_reference or self.reference,
            error=failure,
            seconds=failure.seconds or 0.0,
            message=self._words(failure),
        )

    def _words(self, failure):
        """What a person reads about it, for :class:`Sentence`; what cannot be said is stored without words."""
        try:
            return source_of(sentence_of(failure))
        except Exception:
            _logger.exception("%s of %s: no words", self.operation.name, self.records._name)
            return False


def _waited(call):
    """Make a call; how long this thread has waited for it is no load."""
    began = time.monotonic()
    try:
        return call()
    finally:
        load.of_process.note_waited(time.monotonic() - began)


def _record_answer(row, heard):
    row._record_answer(heard.evidence, heard.as_event())
    return heard


def ask(rows, row_id, given_up=False):
    """Ask Glase about a bill that is out; asking is taking (``doc/ledger.md §5``).

    :param rows: the ledger's
    :param bool given_up: ask although it was given up: only the settling of such rows does
    """
    row = rows.sudo().browse(row_id)
    row.invalidate_recordset()
    exchange, call = Exchange(rows, ASK), None
    if row.state == state_machine.ISSUED and (given_up or not row.given_up_at):
        call = exchange.bound(row.terminal_id, row.invoice_reference, row.invoice_version)
    autonomous_transaction.end_request(rows.env)
    if call:
        exchange.make(row_id, call)


def cancel(rows, row_id):
    """Cancel a bill that is out (``doc/ledger.md §4``)."""
    row = rows.sudo().browse(row_id)
    row.invalidate_recordset()
    exchange = Exchange(rows, CANCEL)
    call = exchange.bound(row.terminal_id, row.invoice_reference)

    def claim(own):
        own.browse(row_id)._count_cancel(exchange.reference)
        return row_id, call

    exchange.run(claim)


def evidence_of_answer(operation, answer):
    """What an answer of the client says, for the state machine.

    :param str operation: its name on the wire
    :rtype: state_machine.Evidence
    """
    receipt = getattr(answer, "receipt", None)
    total = receipt.invoice_total if receipt else None
    status = getattr(answer, "status", None)
    reference = answer.ers_reference
    if receipt and not reference:
        reference = receipt.payment_reference
    return state_machine.Evidence(
        operation,
        code=answer.result_code,
        status=getattr(answer, "raw_status", None) if status else None,
        version=getattr(answer, "version", None),
        invoice_reference=getattr(answer, "invoice_reference", None),
        ers_reference=reference,
        qr_code=getattr(answer, "qr_code", None),
        amount=total.value if total else None,
        currency=total.currency if total else None,
        paid_at=receipt.payment_date_utc if receipt else None,
    )


def evidence_of_error(operation, error):
    """What a call that ended in an error of the client says, for the state machine.

    :rtype: state_machine.Evidence
    """
    if isinstance(error, ResultError):
        return state_machine.Evidence(operation, code=error.code)
    outcomes = (
        (RequestError, state_machine.NEVER_SENT),
        (NeverSent, state_machine.NEVER_SENT),
        (NoAnswer, state_machine.NO_ANSWER),
    )
    for kind, outcome in outcomes:
        if isinstance(error, kind):
            return state_machine.Evidence(operation, outcome)
    if not isinstance(error, (TransportError, Unreadable)):
        _logger.error("%s ended in a way the ledger does not know: %r", operation, error)
    return state_machine.Evidence(operation, state_machine.UNREADABLE)


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

    def _own_order(self):
        """The order that the row is about, locked; empty if it was deleted since it was read."""
        order = self.env["pos.order"].browse(self.values.get("order_id")).exists()
        autonomous_transaction.lock(order)
        return order

    def _locked_order(self):
        """The order with its payment line, locked: who changes or deletes them finds the row, or is found.

        A bill is made of what was read before any lock, and there is no row yet that others could lock
        (``doc/ledger.md §2``).

        :raises Refused: if the order is gone or finished, or is not what was read
        """
        order = self._own_order()
        line = order.payment_ids.filtered(lambda payment: payment.uuid == self.values["line_uuid"])
        autonomous_transaction.lock(line)
        if order.state != "draft" or not line or not self._is_as_read(order, line):
            raise Refused(
                "order_changed",
                self.env._("The order of this payment has changed: open it again."),
            )
        return order

    def _is_as_read(self, order, line):
        """Whether amount and total are those of which the bill was made; a refund's line has a minus."""
        same = order.currency_id.compare_amounts
        total = float(Bill(order).total_on_bill(self.values["rounding"]))
        return not (
            same(abs(line.amount), self.values["amount"]) or same(total, self.values["order_total"])
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
        values["call_reference"] = glase_connection.sent_reference(account, reference)
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
        is_of_till = not self.values.get("replaces_lost_id")
        if is_of_till:
            session = self.env["pos.session"].browse(self.values["session_id"])
            session_closing.refuse_closed(session)
        order = self._locked_order() if is_of_till else self._own_order()
        self.rows._expire_stale(terminal)
        self._refuse_second_bill(terminal)
        if is_of_till:
            self._refuse_paid_line()
        return self.begin(order_id=order.id).id, True

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
