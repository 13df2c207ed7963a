"""Reading XML from a stranger: hardened, bounded, and by local name in any order.

Prefixes, the order of elements and elements we do not know mean nothing here
(``doc/protocol.md §1.2``). What is passed over is logged by its name, not its value: only the
client knows what in it is secret. Work and memory grow with the size of a document and no faster:
each element is looked at once, and more elements than a message can have are not read.
"""

import base64
import binascii
import codecs
import re
from datetime import timezone
from decimal import Decimal, InvalidOperation
from xml.parsers import expat

import isodate
from lxml import etree

from .errors import AmountError, Unreadable
from .logs import get_logger
from .messages import Amount

_logger = get_logger("pos_glase.glase")

_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
_CHUNK = 65536
# How far into a document its first element may begin, in pieces of how many bytes it is looked for.
_PROLOG = 4096
# No element of Glase's has more than its namespaces and a type, and few prefixes are known at a time.
_MAX_ATTRIBUTES = 50
_MAX_PREFIXES = 100
# Declared as both readers know it; expat does not know UTF-8 by the name that many write.
_UTF8 = re.compile(rb"""<\?xml[^<>]{1,99}encoding=["']utf8["']""", re.I)
_ENCODING = re.compile(r"utf-?8|utf-?16|us-ascii|iso-8859-[0-9]{1,2}|windows-125[0-9]", re.I)
_DECLARATION = re.compile(
    rb"""\s{0,99}<\?xml\s[^<>]{0,99}?encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9._-]{1,40})["']"""
)
# The years in which a time can be shown in every zone.
_YEARS = range(1970, 9999)
# No number, amount or time is longer; a database can index a reference of this length.
_MAX_VALUE = 64
MAX_REFERENCE = 250
MAX_WORDS = 1000


def parse(body, most):
    """The root element of a document.

    :param bytes body: may begin with white space, as some of Glase's documents do
    :param int most: the most elements that it may have
    :rtype: Element
    :raises Unreadable: for anything that is not well-formed, has a DTD, or too many elements
    """
    root = None
    for _event, node in _events(body, most, ("start",)):
        root = node if root is None else root
    if root is None:
        raise Unreadable(reason="not_xml", detail="not XML")
    return Element(root)


def declared_encoding(body):
    """The encoding that a document names at its beginning, as Python knows it.

    :param bytes body: a document that may be XML
    :return: None where none is named, or none that is read here
    """
    found = _DECLARATION.match(body)
    name = found[1].decode() if found else ""
    if not _ENCODING.fullmatch(name):
        return None
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


def encoding_of(body):
    """In what encoding a document is, as its first bytes show it or its first line names it.

    :param bytes body: a document that may be XML
    :return: as :func:`declared_encoding`
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    named = declared_encoding(body)
    # What names UTF-16 in single bytes is in something else.
    return None if named and named.startswith("utf-16") else named


def parts(body, most_parts, most_each):
    """The elements directly below the root, one after the other, each forgotten after its turn.

    :param bytes body: as for :func:`parse`
    :param int most_parts: the most elements directly below the root
    :param int most_each: the most elements within one of them
    :return: a generator of :class:`Element`
    :raises Unreadable: as for :func:`parse`; while it is read, so what came before proves nothing
    """
    depth = inside = count = 0
    before = None
    most = 1 + most_parts * (1 + most_each)
    for event, node in _events(body, most, ("start", "end")):
        if event == "start":
            depth += 1
            count += depth == 2
            inside = inside + 1 if depth > 2 else 0
            if count > most_parts or inside > most_each:
                raise Unreadable(reason="too_big", detail="more elements than a report can have")
            continue
        depth -= 1
        if depth == 1:
            yield Element(node)
            # The newest stays until the next is whole: libxml2 goes on with what it made last.
            if before is not None:
                before.getparent().remove(before)
            before = node


def _look(body, most):
    """Read a document and keep nothing, so that libxml2 gets only what each of its versions reads in linear time.

    Versions before 2.12 compare each attribute with all before it, look for a prefix through all that are
    known at its place, and give each element all that a DTD names.

    :raises Unreadable: as :func:`parse`
    """
    look = _Look(most)
    parser = expat.ParserCreate("utf-8" if _UTF8.match(body) else None)
    parser.ordered_attributes = True
    parser.XmlDeclHandler = look.declaration
    parser.StartDoctypeDeclHandler = look.doctype
    parser.StartElementHandler = look.start
    parser.EndElementHandler = look.end
    try:
        # What a handler raises is heard at the end of a piece: so they are small where a DTD can be.
        for start in range(0, _CHUNK, _PROLOG):
            if not look.elements:
                parser.Parse(body[start : start + _PROLOG])
                read = start + _PROLOG
        if not look.elements:
            raise Unreadable(reason="not_xml", detail="not XML")
        parser.Parse(body[read:], True)
    except (expat.ExpatError, ValueError, LookupError):
        raise Unreadable(reason="not_xml", detail="not XML") from None


class _Look:
    """What :func:`_look` counts."""

    def __init__(self, most):
        self.elements = self._prefixes = 0
        self._most, self._open = most, []

    def declaration(self, _version, encoding, _standalone):
        # In others the two readers could see different documents in the same bytes.
        if encoding and not _ENCODING.fullmatch(encoding):
            raise Unreadable(reason="not_xml", detail="an encoding that is not read")

    def doctype(self, *_names):
        raise Unreadable(reason="dtd", detail="the answer has a DTD")

    def start(self, _name, attributes):
        self.elements += 1
        if self.elements > self._most:
            raise Unreadable(reason="too_big", detail=f"more than {self._most} elements")
        known = 0
        if attributes:
            if len(attributes) > 2 * _MAX_ATTRIBUTES:
                raise Unreadable(reason="too_big", detail=f"more than {_MAX_ATTRIBUTES} attributes")
            known = sum(name.startswith("xmlns") for name in attributes[::2])
            self._prefixes += known
            if self._prefixes > _MAX_PREFIXES:
                raise Unreadable(reason="too_big", detail=f"more than {_MAX_PREFIXES} prefixes")
        self._open.append(known)

    def end(self, _name):
        self._prefixes -= self._open.pop()


def _events(body, most, wanted):
    body = body.strip()
    _look(body, most)
    parser = etree.XMLPullParser(
        events=wanted,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for start in range(0, len(body), _CHUNK):
            parser.feed(body[start : start + _CHUNK])
            yield from parser.read_events()
        parser.close()
        yield from parser.read_events()
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable(reason="not_xml", detail="not XML") from None


class Element:
    """An element and its children by local name, in the order in which they came.

    :param node: lxml's element

    ``name`` is the local name.
    """

    def __init__(self, node):
        self._node = node
        self._index = None
        self.name = etree.QName(node).localname

    @property
    def children(self):
        """All child elements."""
        return [child for group in self._by_name().values() for child in group]

    def named(self, wanted):
        """The child elements of one local name."""
        return self._by_name().get(wanted, [])

    def child(self, wanted):
        """The first child of that local name, or None."""
        return next(iter(self.named(wanted)), None)

    def _by_name(self):
        if self._index is None:
            self._index = {}
            for node in self._node.iterchildren(tag=etree.Element):
                child = Element(node)
                self._index.setdefault(child.name, []).append(child)
        return self._index

    def content(self):
        """All text in it, as it is."""
        return "".join(self._node.itertext())

    def text(self, wanted):
        """The text of a child without surrounding white space; None if absent or empty.

        :raises Unreadable: if the child is there twice and the two differ
        """
        found = {child.content().strip() for child in self.named(wanted)} - {""}
        if len(found) > 1:
            raise Unreadable(reason="contradiction", detail=f"{wanted} is there twice and differs")
        return found.pop() if found else None

    def reference(self, wanted):
        """The text of a child that is stored and looked up by; None if it is absent or too long."""
        value = self.text(wanted)
        if value is not None and len(value) > MAX_REFERENCE:
            _logger.warning("Glase: %s is too long for a reference", wanted)
            return None
        return value

    def words(self, wanted):
        """The text of a child that people read, cut where it runs on."""
        value = self.text(wanted)
        return value and value[:MAX_WORDS]

    def integer(self, wanted):
        """A whole number, or None if it is absent or none."""
        return self._read(wanted, "a number", _integer)

    def moment(self, wanted):
        """An aware datetime in UTC, or None if it is absent, unreadable, or has no zone.

        A time that cannot be shown in every zone is unreadable, too.
        """
        return self._read(wanted, "a time with its zone", _moment)

    def _read(self, wanted, what, convert):
        value = self.text(wanted)
        if value is None:
            return None
        converted = convert(value) if len(value) <= _MAX_VALUE else None
        if converted is None:
            _logger.warning("Glase: %s is not %s", wanted, what)
        return converted

    def amount(self, wanted):
        """An :class:`Amount`, or None if it is absent or cannot be one."""
        node = self.child(wanted)
        if node is None:
            return None
        value, currency = node.text("value") or "", node.text("currency") or ""
        try:
            # Decimal takes more for a number than XML does: digits of all scripts, and 1_000.
            if len(value) > _MAX_VALUE or not value.isascii() or "_" in value:
                raise InvalidOperation
            return Amount(Decimal(value), currency[:_MAX_VALUE].upper())
        except (AmountError, InvalidOperation):
            _logger.warning("Glase: %s is not an amount", wanted)
            return None

    def binary(self, wanted):
        """The bytes of a base64 child, or None if it is absent or not base64."""
        value = self.text(wanted)
        if value is None:
            return None
        try:
            return base64.b64decode("".join(value.split()), validate=True)
        except (binascii.Error, ValueError):
            _logger.warning("Glase: %s is not base64", wanted)
            return None


def _integer(value):
    return int(value) if _INTEGER.fullmatch(value) else None


def _moment(value):
    try:
        parsed = isodate.parse_datetime(value)
        if parsed.utcoffset() is None:
            return None
        moment = parsed.astimezone(timezone.utc)
        return moment if moment.year in _YEARS else None
    except Exception:  # isodate raises whatever its arithmetic raises
        return None
