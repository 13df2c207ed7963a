"""Reading XML from a stranger: hardened, and by local name in any order.

Prefixes, the order of elements and elements we do not know mean nothing here
(``doc/protocol.md §1.2``). What is passed over is logged by its name, not its value: only the
client knows what in it is secret.
"""

import base64
import binascii
import logging
import re
from datetime import timezone
from decimal import Decimal, InvalidOperation

import isodate
from lxml import etree

from .errors import AmountError, Unreadable
from .messages import Amount

_logger = logging.getLogger("pos_glase.glase")

_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")


def parse(body):
    """The root element of a document.

    :param bytes body: may begin with white space, as some of Glase's documents do
    :raises Unreadable: for anything that is not well-formed, or has a DTD
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body.strip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable(reason="not_xml", detail="not XML") from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable(reason="dtd", detail="the answer has a DTD")
    return root


def name(element):
    """The local name of an element."""
    return etree.QName(element).localname


def child(element, wanted):
    """The first child of that local name, or None."""
    return next((node for node in children(element) if name(node) == wanted), None)


def children(element, wanted=None):
    """The child elements, or those of one local name."""
    return [
        node
        for node in element
        if isinstance(node.tag, str) and (wanted is None or name(node) == wanted)
    ]


def text(element, wanted):
    """The text of a child without surrounding white space; None if absent or empty.

    :raises Unreadable: if the child is there twice and the two differ
    """
    found = {_content(node).strip() for node in children(element, wanted)} - {""}
    if len(found) > 1:
        raise Unreadable(reason="contradiction", detail=f"{wanted} is there twice and differs")
    return found.pop() if found else None


def raw_text(element, wanted):
    """The text of a child as it is; None if absent."""
    node = child(element, wanted)
    return None if node is None else _content(node)


def _content(node):
    return "".join(node.itertext())


def integer(element, wanted):
    """A whole number, or None if it is absent or none."""
    value = text(element, wanted)
    if value is None:
        return None
    if not _INTEGER.fullmatch(value):
        _logger.warning("Glase: %s is not a number", wanted)
        return None
    return int(value)


def amount(element, wanted):
    """An :class:`Amount`, or None if it is absent or cannot be one."""
    node = child(element, wanted)
    if node is None:
        return None
    value, currency = text(node, "value"), text(node, "currency")
    try:
        return Amount(Decimal(value or ""), (currency or "").upper())
    except (AmountError, InvalidOperation):
        _logger.warning("Glase: %s is not an amount", wanted)
        return None


def moment(element, wanted):
    """An aware datetime in UTC, or None if it is absent, unreadable or has no zone."""
    value = text(element, wanted)
    if value is None:
        return None
    try:
        parsed = isodate.parse_datetime(value)
        if parsed.utcoffset() is not None:
            return parsed.astimezone(timezone.utc)
    except Exception:  # isodate raises whatever its arithmetic raises
        _logger.warning("Glase: %s is not a time", wanted)
        return None
    _logger.warning("Glase: %s has no time zone", wanted)
    return None


def binary(element, wanted):
    """The bytes of a base64 child, or None if it is absent or not base64."""
    value = text(element, wanted)
    if value is None:
        return None
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        _logger.warning("Glase: %s is not base64", wanted)
        return None
