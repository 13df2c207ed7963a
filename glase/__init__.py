"""The client of Glase's cash register service. Plain Python: imports no Odoo.

The facts and rules behind it are in ``doc/protocol.md``.
"""

from .answers import (
    Answer,
    PaymentStatus,
    PaymentStatusAnswer,
    Receipt,
    RegisterTerminalAnswer,
    Report,
    ReportAnswer,
    SendInvoiceAnswer,
    TransactionPeriodAnswer,
)
from .client import Client
from .codes import CODES
from .endpoint import Endpoint, Reach
from .errors import (
    WRONG_ADDRESS_REASONS,
    AmountError,
    EndpointError,
    GateOpen,
    GlaseError,
    InvoiceError,
    NeverSent,
    NoAnswer,
    OutcomeUnknown,
    RequestError,
    ResultError,
    TransportError,
    Unreadable,
)
from .messages import (
    Amount,
    CustomerToken,
    Invoice,
    InvoiceRow,
    Principal,
    ReceiptDocument,
    new_client_reference,
)
from .version import CLIENT_ID, VERSION
