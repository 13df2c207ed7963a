"""One call to Glase: claim it, call, store what was heard (``doc/ledger.md §2``).

No transaction is open around a call; the steps before and after it are transactions of their own,
committed before anybody hears of them. Whatever comes back is stored, also nothing.
"""

import functools
import time
from dataclasses import dataclass

from ...glase import (
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
from ...rules import state_machine
from ..accounts.glase_connection import raising
from ..support import autonomous_transaction
from ..support.cashier_messages import cashier_message

_logger = get_logger(__name__)


@dataclass(frozen=True)
class Operation:
    """What differs between the calls about a row.

    ``name`` on the wire, ``method`` of the client; ``within``: seconds after its claim in which a
    call may still be made, or None where a late one does no harm.
    """

    name: str
    method: str
    within: float | None = None


SEND = Operation("sendInvoice", "send_invoice", state_machine.CALL_WITHIN_SECONDS)
UPDATE = Operation("updateInvoice", "update_invoice", state_machine.CALL_WITHIN_SECONDS)
REFUND = Operation("refundPayment", "refund_payment", state_machine.CALL_WITHIN_SECONDS)
ASK = Operation("getPaymentStatus", "get_payment_status")
CANCEL = Operation("cancelInvoice", "cancel_invoice")
MARK = Operation("markTransactionPeriod", "mark_transaction_period")


@dataclass(frozen=True)
class Heard:
    """What came of a call: the evidence, the client's answer if there was one, words for a person."""

    evidence: state_machine.Evidence
    reference: str
    answer: object = None
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
    """

    def __init__(self, records, operation, reference=None):
        self.records, self.operation = records, operation
        self.reference = reference or new_client_reference()

    def bound(self, terminal, *arguments):
        """The call, bound to a registration and its credentials; reads the database.

        A registration that cannot call (its secrets were wiped) raises in the call, where it is
        stored like any other answer.

        :return: takes nothing, gives the client's answer
        """
        try:
            client, principal = terminal._client(), terminal._principal()
        except GlaseError as error:
            return raising(error)
        method = getattr(client, self.operation.method)
        return functools.partial(method, principal, *arguments, client_reference=self.reference)

    def run(self, claim, store=None):
        """Claim, call, store; the request's transaction ends before.

        :param claim: called in a transaction of its own with the records; gives the id of the one
            that is claimed, and the call to make: None where another caller makes it
        :param store: called in a transaction of its own with that record and :class:`Heard`; by
            default the ledger's :meth:`_record_answer`
        :return: the id, and what was heard or None
        :rtype: tuple[int, Heard | None]
        """
        autonomous_transaction.end_request(self.records.env)
        record_id, call = autonomous_transaction.with_records(self.records, claim)
        return record_id, self.make(record_id, call, store) if call else None

    def make(self, record_id, call, store=None):
        """Make a call that needs no claim, or has it; see :meth:`run`.

        :rtype: Heard
        """
        within = self.operation.within
        heard = self._hear(record_id, call, within and time.monotonic() + within)
        store = store or _record_answer
        autonomous_transaction.with_records(
            self.records.browse(record_id), lambda record: store(record, heard)
        )
        return heard

    def _hear(self, record_id, call, until):
        """Make the call, unless it is too late for it."""
        name = self.operation.name
        try:
            if until is not None and time.monotonic() > until:
                raise NeverSent(name, self.reference)
            answer = call()
            evidence = evidence_of_answer(name, answer)
            return Heard(evidence, answer.client_reference, answer, answer.seconds)
        except GlaseError as error:
            reference = error.client_reference or self.reference
            words = self._words(record_id, cashier_message, error)
            evidence = evidence_of_error(name, error)
            return Heard(evidence, reference, seconds=error.seconds or 0.0, message=words)
        except Exception:
            # A fault of our own must not leave the row in the dark: what is not known is unknown.
            _logger.exception("%s of %s %s ended in an error", name, self.records._name, record_id)
            evidence = state_machine.Evidence(name, state_machine.UNREADABLE)
            words = self._words(record_id, _own_fault)
            return Heard(evidence, self.reference, message=words)

    def _words(self, record_id, say, *arguments):
        """What a person reads about it; what cannot be said in words is stored without them."""
        try:
            return say(self.records.env, *arguments)
        except Exception:
            _logger.exception("%s of %s: no words", self.records._name, record_id)
            return False


def _own_fault(env):
    return env._("The server made a mistake: see its log.")


def _record_answer(row, heard):
    row._record_answer(heard.evidence, heard.as_event())


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
