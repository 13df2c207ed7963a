"""Requests, built by zeep from the bundled WSDL: the one source of names, order and optionality.

Only building is zeep's: answers are read in ``answers.py``, by name, because zeep holds an answer
to the order of its schema and a server need not (``doc/protocol.md §1.2``).
"""

import functools
import itertools
import os
import re
import threading
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

from lxml import etree

from .errors import RequestError
from .messages import RESELLER_USER

WSDL = Path(__file__).parent / "wsdl" / "cashregister-2.wsdl"

# Asked each second: zeep builds it once, and what differs is put in its place.
PREPARED = frozenset({"getPaymentStatus"})
# A text's place in a prepared envelope, and as what lxml writes it into an element.
_PLACE = re.compile("place-([0-9]{1,4})-of-a-text")
_ESCAPED = {"\r": "&#13;"}

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_lock = threading.Lock()
_service = None


def _forget_lock():
    # A lock held by another thread when this process forked would never be freed in it.
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_lock)


def _zeep():
    """The zeep client of this process: the WSDL is parsed once."""
    global _service
    with _lock:
        if _service is None:
            _service = _parse_wsdl()
        return _service


def _parse_wsdl():
    import zeep  # costs half a second; only a process that talks to Glase pays it

    class NoTransport(zeep.transports.Transport):
        """Refuses to load anything but the bundled file."""

        def _load_remote_data(self, url):
            raise RequestError(f"the WSDL must not refer to {url}")

        def post(self, address, message, headers):
            raise RequestError("zeep builds messages here, it does not send them")

    settings = zeep.Settings(forbid_dtd=True, forbid_entities=True, xml_huge_tree=False)
    return zeep.Client(str(WSDL), transport=NoTransport(), settings=settings)


def build(operation, arguments):
    """The envelope of one request.

    :param str operation: its name on the wire
    :param dict arguments: the wrapper's children by name; None leaves an optional one out
    :return: UTF-8 XML
    :rtype: bytes
    :raises RequestError: if the values do not fit the schema
    """
    if operation in PREPARED:
        texts = []
        shape = _shape(arguments, texts)
        # What XML cannot carry is refused by zeep, in its own way.
        if not any(map(_NOT_IN_XML.search, texts)):
            return _filled(_prepared(operation, shape), texts)
    return by_zeep(operation, arguments)


def _shape(value, texts):
    """What a value looks like without its texts, which are appended to a list."""
    if isinstance(value, str):
        texts.append(value)
        return str
    if isinstance(value, dict):
        return tuple((name, _shape(each, texts)) for name, each in value.items())
    return value


def _placed(shape, numbers):
    """A value of that shape, with the place of a text for each text."""
    if shape is str:
        return f"place-{next(numbers)}-of-a-text"
    if isinstance(shape, tuple):
        return {name: _placed(each, numbers) for name, each in shape}
    return shape


@functools.lru_cache(maxsize=64)
def _prepared(operation, shape):
    """The envelope of all requests that look like one another: text, number of a text, text, …"""
    message = by_zeep(operation, _placed(shape, itertools.count()))
    return _PLACE.split(message.decode())


def _filled(parts, texts):
    written = [escape(text, _ESCAPED) for text in texts]
    parts = list(parts)
    parts[1::2] = [written[int(number)] for number in parts[1::2]]
    return "".join(parts).encode()


def by_zeep(operation, arguments):
    """See :func:`build`: made by zeep, whatever was made before."""
    service = _zeep()
    try:
        message = service.create_message(service.service, operation, **arguments)
        return etree.tostring(message, encoding="utf-8", xml_declaration=True)
    except RequestError:
        raise
    except Exception as error:
        # The cause may quote what was to be sent, passwords among it: name its kind only.
        raise RequestError(
            f"{operation} does not fit the schema ({type(error).__name__})"
        ) from None


def text(value):
    """Text for people, without the control characters that XML cannot carry."""
    return None if value is None else _NOT_IN_XML.sub(" ", str(value))


def context(principal, client_id, client_reference):
    """The ``clientContext`` of a call (``doc/protocol.md §2.2``)."""
    return {
        "channel": "WS",
        "clientId": text(client_id),
        "clientReference": client_reference,
        # Anything else lets the server abort when it is slow.
        "clientRequestTimeout": 0,
        "initiatorPrincipalId": {
            "id": principal.id,
            "type": principal.kind,
            "userId": principal.user_id if principal.kind == RESELLER_USER else None,
        },
        "password": principal.password,
    }


def amount(value):
    """An ``amount``, or None for None."""
    return value and {"currency": value.currency, "value": value.value}


def invoice(value):
    """An ``invoice`` (``doc/protocol.md §2.5``)."""
    return {
        "paymentMode": value.payment_mode,
        "acknowledgmentMode": value.acknowledgment_mode,
        "issueDate": value.issue_date.replace(microsecond=0),
        "title": text(value.title),
        "clientInvoiceId": text(value.client_invoice_id),
        "invoiceRows": {"invoiceRow": [_row(row) for row in value.rows]},
        "totalAmount": amount(value.total),
        "cashierId": text(value.cashier_id or ""),
        "footer": text(value.footer or ""),
        "notificationUrl": value.notification_url or None,
    }


def _row(row):
    return {
        "itemDescription": text(row.description),
        "itemEAN": text(row.ean or None),
        "itemQuantity": row.quantity.normalize(),
        "itemSKU": text(row.sku or None),
        "itemTaxRate": _whole(row.tax_rate),
        "itemTotalAmount": amount(row.total),
        "itemUnit": text(row.unit or None),
        "itemUnitPrice": amount(row.unit_price),
    }


def _whole(rate):
    """Only whole percentages go over the wire (``doc/protocol.md §2.6``)."""
    if rate is None or rate != int(rate):
        return None
    return Decimal(rate).normalize()


def tokens(values):
    """The repeated ``tokens`` elements."""
    return [
        {
            "description": text(token.description),
            "id": token.id,
            "status": token.status,
            "value": token.value,
        }
        for token in values
    ]


def parameters(values):
    """A ``parameterMap`` in its three levels, or None when it is empty."""
    if not values:
        return None
    entries = [{"key": str(key), "value": str(value)} for key, value in values.items()]
    return {"parameter": {"entry": entries}}
