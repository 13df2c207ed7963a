"""What comes back, as frozen dataclasses (``doc/protocol.md §2.9 to §2.12``).

Read leniently: what is missing is None, what is unknown is passed over or logged. Strict is only
what the next step depends on: a result code, and the reference that a success must carry.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from . import reading
from .errors import NoAnswer, Unreadable
from .messages import Amount, CustomerToken


class PaymentStatus(str, Enum):
    """The state of an invoice (``doc/protocol.md §4.3``)."""

    ISSUED = "ISSUED"
    PENDING_ISSUER_ACKNOWLEDGE = "PENDING_ISSUER_ACKNOWLEDGE"
    RESERVED = "RESERVED"
    PAID = "PAID"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"

    @property
    def paid(self):
        """Whether the money has moved."""
        return self is PaymentStatus.PAID

    @property
    def final(self):
        """Whether it will not change any more; a status that we do not know is not final."""
        return self.paid or self in (
            PaymentStatus.CANCELED,
            PaymentStatus.FAILED,
            PaymentStatus.EXPIRED,
        )

    @classmethod
    def from_wire(cls, raw):
        """The status for a word of the wire; UNKNOWN for any other word."""
        if raw == "CANCELLED":
            return cls.CANCELED
        try:
            return cls(raw)
        except ValueError:
            return cls.UNKNOWN


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A readable answer.

    ``seconds`` is how long the call took; ``request_xml`` and ``response_xml`` have every secret
    masked and are cut to 64 Ki characters.
    """

    operation: str
    client_reference: str
    result_code: int
    result_description: str | None = None
    ers_reference: str | None = None
    seconds: float = 0.0
    request_xml: str = ""
    response_xml: str = ""


@dataclass(frozen=True, kw_only=True)
class RegisterTerminalAnswer(Answer):
    """``terminal_id``: Glase's id of the new terminal, an opaque string."""

    terminal_id: str


@dataclass(frozen=True, kw_only=True)
class SendInvoiceAnswer(Answer):
    """``qr_code``: text of the invoice's own QR, or None."""

    invoice_reference: str
    qr_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What Glase says of a payment (``doc/protocol.md §2.9``).

    ``payment_date`` is aware, in UTC, or None; ``invoice_total`` is what was paid.
    """

    terminal_id: str | None = None
    payment_date: datetime | None = None
    client_invoice_id: str | None = None
    invoice_reference: str | None = None
    payment_reference: str | None = None
    payer_terminal_id: str | None = None
    receiver_name: str | None = None
    invoice_total: Amount | None = None

    @property
    def payment_date_utc(self):
        """``payment_date`` as a naive datetime in UTC, the way a database column has it."""
        return self.payment_date and self.payment_date.replace(tzinfo=None)


@dataclass(frozen=True, kw_only=True)
class PaymentStatusAnswer(Answer):
    """The state of an invoice.

    ``raw_status`` is the word as it came; ``version`` the one to send with the next question (the
    one that was sent, if the answer has none). ``ers_reference`` is there only when PAID.
    """

    status: PaymentStatus
    raw_status: str | None
    version: int
    receipt: Receipt | None = None
    tokens: tuple = ()


@dataclass(frozen=True, kw_only=True)
class TransactionPeriodAnswer(Answer):
    """``transaction_period_id``: what to ask the reports of this period with."""

    transaction_period_id: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report as it came; what is in it is for others to read.

    ``text`` has no white space before its XML declaration; ``content`` is the bytes.
    """

    title: str | None
    mime_type: str | None
    text: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class ReportAnswer(Answer):
    """``report``: the report that was asked for."""

    report: Report


def find_return(body, operation, most):
    """The ``return`` element of an operation's answer.

    :param bytes body: the HTTP body
    :param str operation: its name on the wire
    :param int most: the most elements that the answer may have
    :rtype: ~.reading.Element
    :raises NoAnswer: for a SOAP fault: a technical failure, the outcome is unknown
    :raises Unreadable: if this is not an answer to that operation
    """
    envelope = reading.parse(body, most)
    soap_body = envelope.child("Body") if envelope.name == "Envelope" else None
    wrappers = soap_body.children if soap_body else []
    if len(wrappers) != 1:
        raise Unreadable(reason="not_soap", detail="the answer is not a SOAP message")
    wrapper = wrappers[0]
    if wrapper.name == "Fault":
        words = " ".join((wrapper.words("faultstring") or "").split())
        raise NoAnswer(reason="fault", detail=f"SOAP fault: {words[:200]}")
    if wrapper.name != f"{operation}Response":
        raise Unreadable(reason="other_answer", detail="the answer is to another operation")
    result = wrapper.child("return")
    if result is None or result.integer("resultCode") is None:
        raise Unreadable(reason="no_result", detail="the answer has no result code")
    return result


def base(result):
    """What each answer has."""
    return {
        "result_code": result.integer("resultCode"),
        "result_description": result.words("resultDescription"),
        "ers_reference": result.reference("ersReference"),
    }


def _needed(value, what):
    if value is None:
        raise Unreadable(reason="incomplete", detail=f"a success without its {what}")
    return value


def register_terminal(result):
    """The class and fields of registerTerminal's success; so for those below."""
    terminal_id = _needed(result.reference("terminalId"), "terminalId")
    return RegisterTerminalAnswer, {"terminal_id": terminal_id}


def send_invoice(result):
    reference = _needed(result.reference("invoiceReference"), "invoiceReference")
    qr_code = result.reference("invoiceQRCode")
    return SendInvoiceAnswer, {"invoice_reference": reference, "qr_code": qr_code}


def payment_status(result, asked_reference, asked_version):
    """The class and fields of getPaymentStatus's success.

    :raises Unreadable: if the receipt is of another invoice than the one that was asked about
    """
    raw = result.words("status")
    version = result.integer("version")
    receipt = result.child("receipt")
    tokens = result.child("customerTokens")
    receipt = receipt and _receipt(receipt)
    if receipt and receipt.invoice_reference not in (None, asked_reference):
        raise Unreadable(reason="other_invoice", detail="the answer is about another invoice")
    return PaymentStatusAnswer, {
        "status": PaymentStatus.from_wire(raw),
        "raw_status": raw,
        "version": asked_version if version is None else version,
        "receipt": receipt,
        "tokens": () if tokens is None else _tokens(tokens),
    }


def _receipt(node):
    invoice = node.child("invoice")
    return Receipt(
        terminal_id=node.reference("terminalId"),
        payment_date=node.moment("paymentDate"),
        client_invoice_id=node.reference("clientInvoiceId"),
        invoice_reference=node.reference("invoiceReference"),
        payment_reference=node.reference("paymentReference"),
        payer_terminal_id=node.reference("payerTerminalId"),
        receiver_name=node.words("receiverName"),
        invoice_total=None if invoice is None else invoice.amount("totalAmount"),
    )


def _tokens(node):
    return tuple(
        CustomerToken(
            id=token.reference("id") or "",
            value=token.reference("value") or "",
            status=token.integer("status") or 0,
            description=token.words("description"),
        )
        for token in node.named("token")
    )


def transaction_period(result):
    period = result.reference("transactionPeriodId") or result.reference("ersReference")
    period = _needed(period, "transactionPeriodId")
    return TransactionPeriodAnswer, {"transaction_period_id": period}


def report(result):
    node = _needed(result.child("report"), "report")
    written = node.child("contentString")
    words = written and written.content()
    content = node.binary("content")
    if content is None:
        # Its bytes are what its own first line says that they are.
        content = (words or "").encode()
        encoding = reading.declared_encoding(content)
        content = words.encode(encoding, "xmlcharrefreplace") if encoding else content
    if not (words or "").strip():
        words = content.decode(reading.encoding_of(content) or "utf-8", "replace")
    return ReportAnswer, {
        "report": Report(
            title=node.words("title"),
            mime_type=node.words("mimeType"),
            text=words.lstrip("\ufeff \t\r\n"),
            content=content,
        )
    }
