"""Everything that can go wrong with a call, told apart by what it means for the money.

Nothing but :class:`GlaseError` leaves the client::

    GlaseError
      RequestError        (also ValueError) cannot be sent as asked; nothing left
        InvoiceError, AmountError, EndpointError
      TransportError      no readable answer
        NeverSent         not a byte of the request left
          GateOpen        not even tried: Glase is slow
        OutcomeUnknown    it may have arrived
          NoAnswer        nothing came back, or only a technical failure
          Unreadable      something came back that cannot be read
      ResultError         a readable answer with a code other than 0 (doc/protocol.md §5)

What a person is told about an error is not said here: the module that calls has the sentences.
"""

from . import codes
from .operations import MOVES_MONEY

# Somebody answers at the address, but not this service.
WRONG_ADDRESS_REASONS = frozenset(
    ("redirect", "http", "not_http", "not_xml", "not_soap", "dtd", "other_answer", "no_result")
)


class GlaseError(Exception):
    """A call that did not end in a success.

    :param str operation: the operation's name on the wire, empty before a call
    :param str client_reference: the call's own reference, empty before a call
    :param str detail: for a log: what happened, in words; never a secret
    :param str reason: a short word for programs (``doc/protocol.md §1.4``):
        never sent: dns, inside, refused, unreachable, connect_timeout, tls, proxy, connect, gate;
        no answer: timeout, closed, server_error (status 5xx), fault;
        unreadable: redirect, http (status 4xx), not_http, too_big, not_xml, dtd, not_soap,
        other_answer, other_invoice, no_result, contradiction, incomplete, defect; else: request,
        result
    :param bool slow: time was used up, so it counts for the gate (``doc/protocol.md §1.5``)

    ``seconds`` is how long the call took, ``answer`` the readable answer if there was one,
    ``http_status`` the HTTP status if there was one, ``request_xml`` and ``response_xml`` what
    went over the wire with every secret masked.
    """

    money_state_known = False
    retryable = False
    # Of a readable answer only.
    code = None

    def __init__(self, operation="", client_reference="", *, detail="", reason="", slow=False):
        super().__init__()
        self.operation = operation
        self.client_reference = client_reference
        self.detail = detail
        self.reason = reason
        self.slow = slow
        self.seconds = 0.0
        self.answer = None
        self.http_status = None
        self.request_xml = ""
        self.response_xml = ""

    def __repr__(self):
        return f"<{type(self).__name__}: {self}>"

    def __str__(self):
        call = " ".join(part for part in (self.operation, self.client_reference) if part)
        text = self.detail or self.reason or type(self).__name__
        return f"{call}: {text}" if call else text


class RequestError(GlaseError, ValueError):
    """What was asked cannot be sent; nothing was sent."""

    money_state_known = True

    def __init__(self, detail):
        super().__init__(detail=detail, reason="request")


class InvoiceError(RequestError):
    """The invoice breaks a rule of the protocol (``doc/protocol.md §2.5``)."""


class AmountError(InvoiceError):
    """The amount cannot be sent: the wire has two decimals (``doc/protocol.md §2.4``)."""


class EndpointError(RequestError):
    """The address breaks the endpoint rules (``doc/protocol.md §1.3``)."""


class TransportError(GlaseError):
    """No readable answer came."""

    @property
    def retryable(self):
        """Whether the same call may be made again without a risk to the money."""
        return self.money_state_known or self.operation not in MOVES_MONEY


class NeverSent(TransportError):
    """Not a byte of the request left this machine: whatever it was, it has not happened."""

    money_state_known = True


class GateOpen(NeverSent):
    """Not tried: Glase was too slow too often, or too many calls are under way already."""


class OutcomeUnknown(TransportError):
    """The request may have arrived; what became of it is not known."""


class NoAnswer(OutcomeUnknown):
    """Sent, but no answer came, or nothing but a technical failure."""


class Unreadable(OutcomeUnknown):
    """Sent, and something came back that cannot be read as the answer to this call."""


class ResultError(GlaseError):
    """A readable answer with a result code other than 0.

    :param Answer answer: the whole answer

    ``code`` is its number, ``entry`` its row of the table (``codes.py``), ``description`` what
    Glase says in words; those decide nothing.
    """

    def __init__(self, answer):
        entry = codes.describe(answer.result_code)
        super().__init__(
            answer.operation,
            answer.client_reference,
            detail=f"result code {answer.result_code} {entry.name}",
            reason="result",
        )
        self.answer = answer
        self.seconds = answer.seconds
        self.request_xml = answer.request_xml
        self.response_xml = answer.response_xml
        self.entry = entry
        self.code = answer.result_code
        self.description = answer.result_description
        self.money_state_known = entry.proves_unmoved

    @property
    def retryable(self):
        """Whether the same call may help in a moment, without a risk to the money."""
        return self.entry.passing and (self.money_state_known or self.operation not in MOVES_MONEY)
