"""The client of the cash register service: one method an operation, one call each."""

import logging
import time
from dataclasses import replace

from . import answers, envelope
from .answers import PaymentStatus
from .endpoint import Endpoint, Reach
from .errors import (
    GlaseError,
    NoAnswer,
    RequestError,
    ResultError,
    Unreadable,
)
from .gate import SLOTS, Gate
from .logs import get_logger
from .masking import evidence, mask
from .messages import MAX_CLIENT_REFERENCE, new_client_reference
from .operations import OPERATIONS
from .transport import Limits, WsgiTransport, line_to
from .version import CLIENT_ID

_logger = get_logger("pos_glase.glase")

CONNECT_TIMEOUT = 3.0


class Client:
    """Talks to one endpoint; cheap to make, to be made for each use.

    Connections, the gate and the parsed WSDL belong to the process, not to the client. Each
    method makes exactly one call and takes ``client_reference`` (32 characters at most, made up
    if None) and ``timeout`` (seconds for the request and the whole answer; None: 5 for
    :meth:`get_payment_status` and :meth:`benchmarking_nop`, 15 for the others).

    Each returns an :class:`~.answers.Answer` with result code 0, or raises a
    :class:`~.errors.GlaseError`: RequestError (cannot be sent as asked), NeverSent, NoAnswer,
    Unreadable, or a ResultError for any other code.

    :param str endpoint: the service's address (``doc/protocol.md §1.3``)
    :param str client_id: name and version of the caller, for Glase's support
    :param wsgi_app: a WSGI application that answers in this process instead of a socket
    :param float connect_timeout: seconds to open a connection, TLS included
    :param Reach reach: how near the address may be
    :raises EndpointError: if the address breaks the rules

    ``fixed_reference``, if set, is sent in the place of each call's own client reference
    (``doc/protocol.md §6``). ``slots``: most calls to the endpoint in flight in this process;
    ``workers``: the :class:`~.gate.WorkerPlaces` of a server whose processes serve one request each.
    ``memory``, if set, is what is known of how slow the endpoint is, shared with other processes; it
    has the methods of :class:`~.gate.ProcessMemory`.
    """

    fixed_reference = None
    memory = None
    slots = SLOTS
    workers = None

    def __init__(
        self,
        endpoint,
        *,
        client_id=CLIENT_ID,
        wsgi_app=None,
        connect_timeout=CONNECT_TIMEOUT,
        reach=Reach.MACHINE,
    ):
        self.endpoint = Endpoint.parse(endpoint, reach)
        self.client_id = client_id
        self._connect_timeout = connect_timeout
        self._own_line = wsgi_app and (WsgiTransport(self.endpoint, wsgi_app), Gate())

    def __repr__(self):
        return f"Client({self.endpoint.url!r})"

    def benchmarking_nop(self, *, client_reference=None, timeout=None):
        """Ask whether anybody is there; needs no login and proves none."""
        return self._call("benchmarkingNop", None, {}, client_reference, timeout)

    def register_terminal(
        self, reseller, external_terminal_id, password, name, *, client_reference=None, timeout=None
    ):
        """Register a till; the password is the caller's to make up, and to keep.

        :param str external_terminal_id: the shop's own id of the till, unique
        :param str password: 15 characters or more, from a cryptographic source
        :param str name: what the customer sees
        :rtype: RegisterTerminalAnswer
        """
        children = {
            "externalTerminalId": external_terminal_id,
            "password": password,
            "name": envelope.text(name),
        }
        return self._call(
            "registerTerminal",
            reseller,
            children,
            client_reference,
            timeout,
            read=answers.register_terminal,
            secrets=(password,),
        )

    def unregister_terminal(self, principal, *, client_reference=None, timeout=None):
        """Unregister the terminal that calls (``doc/protocol.md §3``)."""
        return self._call("unregisterTerminal", principal, {}, client_reference, timeout)

    def assign_seqr_id(self, terminal, seqr_id, *, client_reference=None, timeout=None):
        """Give the terminal the Glase ID of its sticker."""
        children = {"seqrId": seqr_id}
        return self._call("assignSeqrId", terminal, children, client_reference, timeout)

    def send_invoice(self, terminal, invoice, tokens=(), *, client_reference=None, timeout=None):
        """Put a bill on the terminal; an open one that is there already is canceled by Glase.

        :param Invoice invoice: the bill
        :param tokens: :class:`CustomerToken` of cards swiped at the till
        :rtype: SendInvoiceAnswer
        """
        children = {"invoice": envelope.invoice(invoice), "tokens": envelope.tokens(tokens)}
        return self._call(
            "sendInvoice",
            terminal,
            children,
            client_reference,
            timeout,
            read=answers.send_invoice,
        )

    def update_invoice(
        self,
        terminal,
        invoice_reference,
        invoice,
        tokens=(),
        *,
        client_reference=None,
        timeout=None,
    ):
        """Change a bill that nobody has scanned, or answer a pending acknowledgment."""
        children = {
            "invoiceReference": invoice_reference,
            "invoice": envelope.invoice(invoice),
            "tokens": envelope.tokens(tokens),
        }
        return self._call("updateInvoice", terminal, children, client_reference, timeout)

    def get_payment_status(
        self, terminal, invoice_reference, version, *, client_reference=None, timeout=None
    ):
        """Ask for a bill's state. Fetching PAID is what makes the payment stand.

        :param int version: 0 first, then the version of the answer before
        :rtype: PaymentStatusAnswer
        """
        if not isinstance(version, int):
            raise RequestError(f"an invoice's version is a whole number, not {version!r}")
        children = {"invoiceReference": invoice_reference, "invoiceVersion": version}
        return self._call(
            "getPaymentStatus",
            terminal,
            children,
            client_reference,
            timeout,
            read=lambda result: answers.payment_status(result, invoice_reference, version),
        )

    def cancel_invoice(self, terminal, invoice_reference, *, client_reference=None, timeout=None):
        """Cancel a bill; safe to repeat. Codes 55 and 95 are as good as a success.

        Whatever is heard, only :meth:`get_payment_status` says what became of the bill.
        """
        children = {"invoiceReference": invoice_reference}
        return self._call("cancelInvoice", terminal, children, client_reference, timeout)

    def refund_payment(
        self, terminal, ers_reference, invoice, *, client_reference=None, timeout=None
    ):
        """Give money back. Never to be repeated by itself: it would pay twice.

        :param str ers_reference: of the payment
        :param Invoice invoice: with the positive amount to give back
        :return: an answer whose ``ers_reference`` is the refund's own
        """
        children = {"ersReference": ers_reference, "invoice": envelope.invoice(invoice)}
        return self._call("refundPayment", terminal, children, client_reference, timeout)

    def submit_payment_receipt(
        self, terminal, ers_reference, document, *, client_reference=None, timeout=None
    ):
        """Attach a receipt to a payment or refund; may fail without harm.

        :param ReceiptDocument document: the receipt
        """
        children = {
            "ersReference": ers_reference,
            "receiptDocument": {
                "mimeType": document.mime_type,
                "receiptData": document.data,
                "receiptType": document.receipt_type,
            },
        }
        return self._call("submitPaymentReceipt", terminal, children, client_reference, timeout)

    def mark_transaction_period(
        self, reseller, terminal_id=None, *, client_reference=None, timeout=None
    ):
        """End a transaction period, of one terminal or (None) of the whole shop.

        :rtype: TransactionPeriodAnswer
        """
        values = {"TERMINALID": terminal_id} if terminal_id else {}
        return self._call(
            "markTransactionPeriod",
            reseller,
            {"parameters": envelope.parameters(values)},
            client_reference,
            timeout,
            read=answers.transaction_period,
        )

    def execute_report(
        self,
        reseller,
        report_id,
        parameters,
        language="en",
        *,
        client_reference=None,
        timeout=None,
    ):
        """Fetch a report (``doc/protocol.md §4.14``).

        :param str report_id: such as ``Reconciliation/STD_RECON_006.xml``
        :param dict parameters: ``transactionPeriodId``, and ``TERMINALID`` for one terminal's
        :rtype: ReportAnswer
        :raises ResultError: with code 2, ask again in some seconds
        """
        children = {
            "reportId": report_id,
            "language": language,
            "parameters": envelope.parameters(parameters),
        }
        return self._call(
            "executeReport",
            reseller,
            children,
            client_reference,
            timeout,
            read=answers.report,
        )

    # === One call ===

    def _call(self, name, principal, children, client_reference, timeout, *, read=None, secrets=()):
        reference = _checked_reference(self.fixed_reference or client_reference)
        secrets = (*secrets, principal.password) if principal else secrets
        call = _Call(OPERATIONS[name], reference, secrets)
        try:
            if principal:
                context = envelope.context(principal, self.client_id, reference)
                children = {"context": context, **children}
            body = envelope.build(name, children)
            call.sent(body)
            response = self._exchange(call, body, timeout)
            answer = call.heard(response, read)
        except GlaseError as error:
            call.complete(error)
            raise
        except Exception as error:
            # A defect of ours or of a library: the request may be out, so nothing is certain.
            failure = Unreadable(reason="defect", detail=f"unexpected {type(error).__name__}")
            call.complete(failure)
            raise failure from None
        call.log(answer.result_code)
        if answer.result_code:
            raise ResultError(answer)
        return answer

    def _exchange(self, call, body, timeout):
        operation = call.operation
        transport, gate = self._own_line or line_to(self.endpoint, self.slots)
        memory = self.memory or gate.memory
        if not operation.is_trial and memory.known().is_trial_due:
            self._probe()
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": '""',
            "Accept": "text/xml",
            "Accept-Encoding": "identity",
            "User-Agent": CLIENT_ID.replace(" ", "/"),
        }
        total = operation.timeout if timeout is None else timeout
        with gate.slot(operation.lane, memory, operation.is_trial, self.workers) as seconds:
            connect = min(self._connect_timeout, seconds or self._connect_timeout)
            limits = Limits(
                connect, min(total, seconds or total), operation.limit, operation.max_idle
            )
            return transport.post(body, headers, limits)

    def _probe(self):
        """Try a slow Glase with a call that moves nothing, before one that must not be cut off."""
        try:
            self.benchmarking_nop()
        except GlaseError as error:
            _logger.info("Glase: the trial call failed (%s)", error)


def _checked_reference(client_reference):
    if client_reference is None:
        return new_client_reference()
    if not client_reference or len(client_reference) > MAX_CLIENT_REFERENCE:
        raise RequestError(f"a client reference has 1 to {MAX_CLIENT_REFERENCE} characters")
    return client_reference


class _Call:
    """One call on its way: its clock, its evidence, and its line in the log."""

    def __init__(self, operation, reference, secrets):
        self.operation = operation
        self.reference = reference
        self.request_xml = self.response_xml = ""
        self._secrets = secrets
        self._status = None
        self._started = time.monotonic()

    @property
    def seconds(self):
        return time.monotonic() - self._started

    def sent(self, body):
        self.request_xml = evidence(body)

    def heard(self, response, read):
        """The answer in a response; see :func:`~.answers.find_return` for what is raised."""
        self._status = response.status
        self.response_xml = evidence(response.body, self._secrets)
        result = self._result(response)
        fields = answers.base(result)
        kind, more = answers.Answer, {}
        if read and not fields["result_code"]:
            kind, more = read(result)
        answer = kind(
            operation=self.operation.name,
            client_reference=self.reference,
            seconds=self.seconds,
            request_xml=self.request_xml,
            response_xml=self.response_xml,
            **fields,
            **more,
        )
        if more.get("status") is PaymentStatus.UNKNOWN:
            word = mask(f"{more['raw_status']}", self._secrets)
            _logger.warning("Glase: unknown payment status %.40r, taken as not final", word)
        words = answer.result_description
        return replace(answer, result_description=words and mask(words, self._secrets))

    def _result(self, response):
        if not 200 <= response.status < 300 and response.status < 500:
            reason = "redirect" if 300 <= response.status < 400 else "http"
            raise Unreadable(reason=reason, detail=f"HTTP status {response.status}")
        try:
            return answers.find_return(response.body, self.operation.name, self.operation.elements)
        except Unreadable as error:
            if response.status < 500:
                raise
            detail = f"HTTP status {response.status}, {error.detail}"
            raise NoAnswer(reason="server_error", detail=detail) from None

    def complete(self, error):
        """Give an error what is known of the call, and log it."""
        error.operation = error.operation or self.operation.name
        error.client_reference = error.client_reference or self.reference
        error.detail = mask(error.detail, self._secrets)
        error.seconds = self.seconds
        error.http_status = self._status
        error.request_xml = self.request_xml
        error.response_xml = self.response_xml
        self.log(f"{type(error).__name__}: {error.detail}")

    def log(self, outcome):
        """One line for each call, at INFO unless it is a poll that went well; XML at DEBUG."""
        quiet = self.operation.lane == "poll" and outcome == 0
        _logger.log(
            logging.DEBUG if quiet else logging.INFO,
            "Glase: %s %s: %s after %.3f s",
            self.operation.name,
            self.reference,
            outcome,
            self.seconds,
        )
        _logger.debug("Glase: request %s", self.request_xml)
        _logger.debug("Glase: response %s", self.response_xml)
