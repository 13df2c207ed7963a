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
    message = "The payment service Glase cannot be used right now. Take another tender."

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

    @property
    def cashier_message(self):
        """A plain English sentence that says what to do."""
        return self.message

    def __repr__(self):
        return f"<{type(self).__name__}: {self}>"

    def __str__(self):
        call = " ".join(part for part in (self.operation, self.client_reference) if part)
        text = self.detail or self.reason or type(self).__name__
        return f"{call}: {text}" if call else text


class RequestError(GlaseError, ValueError):
    """What was asked cannot be sent; nothing was sent."""

    money_state_known = True
    message = "This cannot be sent to Glase. Tell the manager."

    def __init__(self, detail):
        super().__init__(detail=detail, reason="request")


class InvoiceError(RequestError):
    """The invoice breaks a rule of the protocol (``doc/protocol.md §2.5``)."""

    message = "The bill cannot be sent to Glase. Take another tender and tell the manager."


class AmountError(InvoiceError):
    """The amount cannot be sent: the wire has two decimals (``doc/protocol.md §2.4``)."""

    message = "Glase takes two decimals at most. Enter an amount without a third decimal."


class EndpointError(RequestError):
    """The address breaks the endpoint rules (``doc/protocol.md §1.3``)."""

    message = "The address of the Glase service is not valid. Tell the manager."


class TransportError(GlaseError):
    """No readable answer came."""

    @property
    def retryable(self):
        """Whether the same call may be made again without a risk to the money."""
        return self.money_state_known or self.operation not in MOVES_MONEY


class NeverSent(TransportError):
    """Not a byte of the request left this machine: whatever it was, it has not happened."""

    money_state_known = True
    message = "Glase cannot be reached. Check the network, try again, or take another tender."


class GateOpen(NeverSent):
    """Not tried: Glase was too slow too often, or too many calls are under way already."""

    message = "Glase is slow. Try again in a moment, or take another tender."


class OutcomeUnknown(TransportError):
    """The request may have arrived; what became of it is not known."""

    @property
    def cashier_message(self):
        """A sentence for the cashier; it depends on whether money may have moved."""
        if self.operation in MOVES_MONEY:
            return "Glase did not answer. It is not known whether this was done: check it first."
        return "Glase has not answered. Wait a moment."


class NoAnswer(OutcomeUnknown):
    """Sent, but no answer came, or nothing but a technical failure."""


class Unreadable(OutcomeUnknown):
    """Sent, and something came back that cannot be read as the answer to this call."""


class ResultError(GlaseError):
    """A readable answer with a result code other than 0.

    :param Answer answer: the whole answer
    """

    codes = ()

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
        self.message = entry.message

    @property
    def retryable(self):
        """Whether the same call may help in a moment, without a risk to the money."""
        return self.entry.passing and (self.money_state_known or self.operation not in MOVES_MONEY)


class LoginRefused(ResultError):
    """20, 21: a wrong password, or one that is too short."""

    codes = (20, 21)


class PrincipalUnknown(ResultError):
    """29, 33, 37: who calls is not known, or blocked. Base of the three below."""


class TerminalUnknown(PrincipalUnknown):
    """29: not, or no longer, a registered terminal."""

    codes = (29,)


class PrincipalBlocked(PrincipalUnknown):
    """33: the shop or terminal is blocked."""

    codes = (33,)


class ResellerUnknown(PrincipalUnknown):
    """37: no such reseller, or no such user of it."""

    codes = (37,)


class Rejected(ResultError):
    """10, 12: refused by a rule, or the payment was refused."""

    codes = (10, 12)


class AmountRejected(Rejected):
    """11: the amount was refused (zero, a limit)."""

    codes = (11,)


class InvoiceRejected(ResultError):
    """49: the invoice was refused: rows that do not add up, a wrong currency."""

    codes = (49,)


class NotificationUrlRejected(ResultError):
    """64: the address for notifications is not a full http(s) URL."""

    codes = (64,)


class PaymentInProgress(ResultError):
    """48, 51: the customer is paying at this moment; poll on."""

    codes = (48, 51)


class AlreadyPaid(ResultError):
    """50: too late to cancel. Not a PAID: only getPaymentStatus gives that."""

    codes = (50,)


class AlreadyCanceled(ResultError):
    """55, 95: canceled before. A cancel that hears this is done."""

    codes = (55, 95)


class InvoiceExpired(ResultError):
    """58: the time for paying is over."""

    codes = (58,)


class InvoiceUnknown(ResultError):
    """54: no such invoice for this terminal."""

    codes = (54,)


class GlaseIdRefused(ResultError):
    """53: the Glase ID is not valid, or another terminal has it."""

    codes = (53,)


class PaymentUnknown(ResultError):
    """23: no such payment to refund."""

    codes = (23,)


class RefundTooLarge(ResultError):
    """98: more than what is left of the payment."""

    codes = (98,)


class RefundNotAllowed(ResultError):
    """97, 99: the shop may not refund, or the customer's account takes no refunds."""

    codes = (97, 99)


class ReportNotReady(ResultError):
    """2: ask for the report again in some seconds."""

    codes = (2,)


class NotReserved(ResultError):
    """96: nothing is reserved that could be committed."""

    codes = (96,)


class ServiceTrouble(ResultError):
    """90, 93, 94: Glase has trouble, is busy, or its bank is down. The outcome is unknown."""

    codes = (90, 93, 94)


class Unsupported(ResultError):
    """91, 92: the operation is not offered to this caller, or its license was refused."""

    codes = (91, 92)


class UnexpectedResult(ResultError):
    """A known code that belongs to services a till does not use: 1, 13, 22, 30 to 32, 34 to 36,
    38 to 47, 52, 56, 57, 60 to 63. It proves nothing about the money."""

    codes = (1, 13, 22, 30, 31, 32, 34, 35, 36, *range(38, 48), 52, 56, 57, *range(60, 64))


class UnknownResult(ResultError):
    """A code that is in no document. It proves nothing about the money."""


def _leaves(base):
    for subclass in base.__subclasses__():
        yield subclass
        yield from _leaves(subclass)


RESULT_ERRORS = {number: kind for kind in _leaves(ResultError) for number in kind.codes}


def error_for(answer):
    """The exception for an answer whose result code is not 0.

    :param Answer answer: a readable answer
    :rtype: ResultError
    """
    return RESULT_ERRORS.get(answer.result_code, UnknownResult)(answer)
