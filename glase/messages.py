"""What is sent, as frozen dataclasses that cannot hold what Glase would refuse.

Money is :class:`decimal.Decimal` in major units with the wire's two decimals
(``doc/protocol.md §2.4``); rounding to a currency's own decimals is the caller's business.
"""

import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from .errors import AmountError, InvoiceError, RequestError
from .masking import Secret

RESELLER_USER = "RESELLERUSER"
TERMINAL = "TERMINALID"
DEFAULT_USER_ID = "9900"
MAX_CLIENT_REFERENCE = 32

PAYMENT_MODES = (
    "IMMEDIATE_DEBIT",
    "RESERVATION_DESIRED",
    "RESERVATION_REQUIRED",
    "RESERVATION_REQUIRED_PRELIMINARY_AMOUNT",
)
ACKNOWLEDGMENT_MODES = (
    "NO_ACKNOWLEDGMENT",
    "OPTIONAL_ACKNOWLEDGMENT",
    "REQUIRE_ACKNOWLEDGMENT",
)

_CENT = Decimal("0.01")
_MAX_AMOUNT_CHARACTERS = 18
_CURRENCY = re.compile(r"[A-Z]{3}")


def new_client_reference():
    """A reference for one call: unique, 32 characters (``doc/protocol.md §2.2``).

    Made apart from the call, so that it can be stored before the call is made.
    """
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Principal:
    """Who calls: a shop's reseller or a registered terminal (``doc/protocol.md §3``)."""

    kind: str
    id: str
    password: str = field(repr=False)
    user_id: str | None = None

    def __post_init__(self):
        if not self.id or not self.password:
            raise RequestError(f"{self.kind}: an id and a password are needed")
        object.__setattr__(self, "password", Secret(self.password))

    @classmethod
    def terminal(cls, terminal_id, password):
        """A terminal, with the password chosen when it was registered."""
        return cls(TERMINAL, terminal_id, password)

    @classmethod
    def reseller(cls, reseller_id, user_id, password):
        """A shop's reseller login; the user id is 9900 unless Glase says otherwise."""
        return cls(RESELLER_USER, reseller_id, password, user_id or DEFAULT_USER_ID)


@dataclass(frozen=True)
class Amount:
    """An amount of money in major units, a multiple of 0.01.

    :param Decimal value: may be negative (a row that balances), an int is taken too, a float not
    :param str currency: ISO 4217 letters
    :raises AmountError: if the wire cannot carry it exactly
    """

    value: Decimal
    currency: str

    def __post_init__(self):
        exact = _on_the_wire(self.value)
        if not isinstance(self.currency, str) or not _CURRENCY.fullmatch(self.currency):
            raise AmountError(f"{self.currency!r} is not an ISO 4217 currency code")
        # Minus zero would be sent as such.
        object.__setattr__(self, "value", exact if exact else Decimal("0.00"))

    def __str__(self):
        return f"{self.value} {self.currency}"


def _on_the_wire(value):
    """An amount with the two decimals of the wire, exactly."""
    if isinstance(value, bool) or not isinstance(value, (Decimal, int)):
        raise AmountError(f"an amount is a Decimal, not {type(value).__name__}")
    value = Decimal(value)
    if not value.is_finite() or value.adjusted() > _MAX_AMOUNT_CHARACTERS:
        raise AmountError(f"{value} is not an amount that can be sent")
    exact = value.quantize(_CENT)
    if exact != value:
        raise AmountError(f"{value} is not a multiple of 0.01")
    if len(str(exact)) > _MAX_AMOUNT_CHARACTERS:
        raise AmountError(f"{value} is too long: {_MAX_AMOUNT_CHARACTERS} characters at most")
    return exact


@dataclass(frozen=True)
class InvoiceRow:
    """One line of the bill on the customer's phone (``doc/protocol.md §2.6``).

    :param str description: what it is
    :param Amount total: of the line, taxes and discount included; may be negative
    :param Decimal quantity: 1 or more; smaller and negative quantities belong in the description
    :param Amount unit_price: of one, or None
    :param Decimal tax_rate: percent; left out of the message unless it is whole
    """

    description: str
    total: Amount
    quantity: Decimal = Decimal(1)
    unit_price: Amount | None = None
    sku: str | None = None
    ean: str | None = None
    tax_rate: Decimal | None = None
    unit: str | None = None

    def __post_init__(self):
        if not isinstance(self.total, Amount):
            raise InvoiceError("a row's total is an Amount")
        if isinstance(self.quantity, bool) or not isinstance(self.quantity, (Decimal, int)):
            raise InvoiceError("a row's quantity is a Decimal")
        quantity = Decimal(self.quantity)
        if not quantity.is_finite() or quantity < 1 or quantity.adjusted() > 12:
            raise InvoiceError(f"a row's quantity is 1 or more, not {quantity}")
        object.__setattr__(self, "quantity", quantity)
        self._check_price_and_tax()

    def _check_price_and_tax(self):
        price, rate = self.unit_price, self.tax_rate
        if price is not None and not isinstance(price, Amount):
            raise InvoiceError("a row's unit price is an Amount")
        if price is not None and price.currency != self.total.currency:
            raise InvoiceError("a row has one currency")
        if rate is not None and not Decimal(rate).is_finite():
            raise InvoiceError(f"a row's tax rate is a percentage, not {rate}")


@dataclass(frozen=True)
class Invoice:
    """A bill, or for a refund what is given back (``doc/protocol.md §2.5``).

    :param str title: shown on the phone: the shop
    :param str client_invoice_id: the shop's own number of the order
    :param tuple rows: :class:`InvoiceRow`; their totals add up to ``total`` exactly
    :param Amount total: above zero, for a refund too
    :param str cashier_id: shown on the phone's receipt, and in reports
    :param str footer: under the phone's receipt; may be empty
    :param datetime issue_date: aware; sent with its own offset, to the second
    :raises InvoiceError: naming the difference if the rows do not add up
    """

    title: str
    client_invoice_id: str
    rows: tuple
    total: Amount
    cashier_id: str
    footer: str
    issue_date: datetime
    payment_mode: str = "IMMEDIATE_DEBIT"
    acknowledgment_mode: str = "NO_ACKNOWLEDGMENT"
    notification_url: str | None = None

    def __post_init__(self):
        object.__setattr__(self, "rows", tuple(self.rows))
        if not all(isinstance(row, InvoiceRow) for row in self.rows):
            raise InvoiceError("the rows of an invoice are InvoiceRow objects")
        if not self.title or not self.client_invoice_id:
            raise InvoiceError("an invoice needs a title and the shop's own number")
        if self.payment_mode not in PAYMENT_MODES:
            raise InvoiceError(f"no such payment mode: {self.payment_mode!r}")
        if self.acknowledgment_mode not in ACKNOWLEDGMENT_MODES:
            raise InvoiceError(f"no such acknowledgment mode: {self.acknowledgment_mode!r}")
        if not isinstance(self.issue_date, datetime) or self.issue_date.utcoffset() is None:
            raise InvoiceError("the issue date is a datetime with a time zone")
        self._check_money()

    def _check_money(self):
        if not isinstance(self.total, Amount) or self.total.value <= 0:
            raise InvoiceError(f"the total is above zero, not {self.total}")
        currencies = {row.total.currency for row in self.rows} | {self.total.currency}
        if len(currencies) > 1:
            raise InvoiceError(f"one currency in an invoice, not {', '.join(sorted(currencies))}")
        rows = sum((row.total.value for row in self.rows), Decimal("0.00"))
        if rows != self.total.value:
            raise InvoiceError(
                f"the rows add up to {rows}, the total is {self.total}: "
                f"the difference is {self.total.value - rows}"
            )


@dataclass(frozen=True)
class CustomerToken:
    """A loyalty card or coupon (``doc/protocol.md §2.7``).

    ``status``: 0 pending (from Glase), 1 used (from the shop), 90 blocked, 99 invalid.
    """

    id: str
    value: str
    status: int = 1
    description: str | None = None


@dataclass(frozen=True)
class ReceiptDocument:
    """A receipt to attach to a payment (``doc/protocol.md §2.8``).

    :param bytes data: the document, may be empty
    :raises RequestError: if it is not bytes
    """

    data: bytes
    mime_type: str = "text/html"
    receipt_type: str = "PAYMENT_RECEIPT"

    def __post_init__(self):
        if not isinstance(self.data, bytes):
            raise RequestError("a receipt document is bytes")
