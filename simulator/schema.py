"""The service's types, read from the WSDL: parse requests leniently, write answers in order.

Of ``glase/`` the simulator uses this one file and nothing else. Unless the profile asks for it, the
order of elements in a request is not checked (the vendor's own examples break it,
``doc/protocol.md §1``), and a required element may be absent: all of them are numbers, and a server
of the vendor's make reads an absent number as 0. Names, namespaces and lexical forms always count.
"""

import base64
import binascii
import functools
import pathlib
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lxml import etree

from .codes import SoapFault

PAYLOAD = "http://external.interfaces.ers.seamless.com/"
XS = "http://www.w3.org/2001/XMLSchema"
WSDL = "http://schemas.xmlsoap.org/wsdl/"
# The rest of the vendor's interface, which no till calls (``doc/protocol.md §2``).
NOT_SERVED = (
    "requestTopup",
    "requestTransfer",
    "requestPurchase",
    "requestPrincipalInformation",
    "changePrincipalPassword",
    "confirmCustomerRegistration",
)
XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
WSDL_PATH = pathlib.Path(__file__).resolve().parent.parent / "glase/wsdl/cashregister-2.wsdl"

_INTEGER = re.compile(r"[+-]?\d{1,19}")
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_DATETIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_BITS = {"int": 31, "long": 63}


@dataclass(frozen=True)
class Field:
    """One element of a complex type."""

    name: str
    type: object  # a simple type's name, an enumeration (frozenset) or a tuple of fields
    required: bool
    repeated: bool


def _xs(name):
    return f"{{{XS}}}{name}"


class Schema:
    """All types of the WSDL's one schema."""

    def __init__(self, path):
        self.tree = etree.parse(str(path), etree.XMLParser(resolve_entities=False))
        self._root = self.tree.find(f".//{_xs('schema')}")
        self._named = {node.get("name"): node for node in self._root if node.tag != _xs("element")}
        self._elements = {
            node.get("name"): self._type(node.get("type"))
            for node in self._root.findall(_xs("element"))
        }
        # On its own, so that the prefixes declared further up come along.
        self._xmlschema = etree.XMLSchema(etree.fromstring(etree.tostring(self._root)))

    def _type(self, qualified):
        prefix, _, name = qualified.partition(":")
        if prefix == "xs":
            return name
        node = self._named[name]
        if node.tag == _xs("simpleType"):
            return frozenset(value.get("value") for value in node.iter(_xs("enumeration")))
        return self._fields(node)

    def _fields(self, node):
        fields = ()
        extension = node.find(f"{_xs('complexContent')}/{_xs('extension')}")
        if extension is not None:
            fields = self._type(extension.get("base"))
            node = extension
        for element in node.findall(f"{_xs('sequence')}/{_xs('element')}"):
            inline = element.find(_xs("complexType"))
            fields += (
                Field(
                    name=element.get("name"),
                    type=self._fields(inline)
                    if inline is not None
                    else self._type(element.get("type")),
                    required=element.get("minOccurs", "1") != "0",
                    repeated=element.get("maxOccurs", "1") != "1",
                ),
            )
        return fields

    def knows(self, name):
        """Whether the WSDL describes an operation of this name."""
        return f"{name}Response" in self._elements

    def check_strictly(self, element):
        """Validate a wrapper element against the schema itself, order included.

        :raise SoapFault: naming the element at fault, never its value
        """
        try:
            self._xmlschema.assertValid(etree.ElementTree(element))
        except etree.DocumentInvalid as error:
            path = error.error_log[0].path
            raise SoapFault(f"The request does not follow the schema at {path}.") from None

    def parse(self, element):
        """A request's wrapper element as nested dicts.

        Elements that are absent have no key, required numbers are 0 then; repeated ones give
        lists; decimals are ``Decimal``, binary is ``bytes``, dates stay text (they are only echoed).

        :raise SoapFault: for anything that does not fit the type
        """
        return _read(element, self._elements[etree.QName(element).localname])

    def build(self, name, values):
        """An answer: ``name`` in the payload namespace, all below in none, in schema order."""
        root = etree.Element(f"{{{PAYLOAD}}}{name}", nsmap={"ns2": PAYLOAD})
        _write(root, self._elements[name], values)
        return root


def _read(element, fields):
    known = {field.name: field for field in fields}
    values = {}
    texts = (element.text, *(child.tail for child in element))
    if "".join(filter(None, texts)).strip():
        raise SoapFault(f"Element {_local(element)} holds text where only elements belong.")
    for child in element:
        name = _local(child)
        field = _field_of(child, known, element)
        value = _value(child, field.type)
        if field.repeated:
            values.setdefault(name, []).append(value)
        elif name in values:
            raise SoapFault(f"Element {name} occurs twice in {_local(element)}.")
        else:
            values[name] = value
    return {field.name: 0 for field in fields if field.required} | values


def _field_of(child, known, element):
    name = _local(child)
    if etree.QName(child).namespace:
        raise SoapFault(
            f"Element {name} is in a namespace; only the operation's own element may be."
        )
    if name not in known:
        raise SoapFault(f"Unexpected element {name} in {_local(element)}.")
    if XSI_NIL in child.attrib:
        raise SoapFault(f"Element {name} is not nillable; leave it out instead.")
    return known[name]


def _local(element):
    return etree.QName(element).localname


def _value(element, kind):
    if isinstance(kind, tuple):
        return _read(element, kind)
    if len(element):
        raise SoapFault(f"Element {_local(element)} holds elements where only text belongs.")
    text = element.text or ""
    try:
        return _simple(text if kind == "string" else text.strip(), kind)
    except ValueError:
        wanted = "one of its values" if isinstance(kind, frozenset) else f"a valid {kind}"
        raise SoapFault(f"Element {_local(element)} is not {wanted}.") from None


def _simple(text, kind):
    if isinstance(kind, frozenset):
        if text not in kind:
            raise ValueError
        return text
    if kind in _BITS:
        return _whole_number(text, _BITS[kind])
    return _SIMPLE[kind](text)


def _whole_number(text, bits):
    if not (text.isascii() and _INTEGER.fullmatch(text)) or not _fits(int(text), bits):
        raise ValueError
    return int(text)


def _decimal(text):
    if not _DECIMAL.fullmatch(text) or not text.isascii() or len(text) > 40:
        raise ValueError
    return Decimal(text)


def _date_time(text):
    match = _DATETIME.fullmatch(text)
    if not match or not text.isascii():
        raise ValueError
    datetime.fromisoformat(match[1] + (match[3] or "").replace("Z", "+00:00"))
    return text


def _base64(text):
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        raise ValueError from None


_SIMPLE = {"string": str, "decimal": _decimal, "dateTime": _date_time, "base64Binary": _base64}


def _fits(number, bits):
    return -(2**bits) <= number < 2**bits


def _write(parent, fields, values):
    unknown = set(values) - {field.name for field in fields}
    if unknown:
        raise KeyError(f"not in the schema: {sorted(unknown)}")
    for field in fields:
        value = values.get(field.name)
        if value is None:
            if field.required:
                raise KeyError(f"required by the schema: {field.name}")
            continue
        for item in value if field.repeated else [value]:
            child = etree.SubElement(parent, field.name)
            if isinstance(field.type, tuple):
                _write(child, field.type, item)
            else:
                child.text = _text(item, field.type)


def _text(value, kind):
    if kind == "base64Binary":
        return base64.b64encode(value).decode()
    return f"{value:f}" if kind == "decimal" else str(value)


@functools.cache
def schema():
    """The one schema of this process; a parsed WSDL never changes."""
    return Schema(WSDL_PATH)


def wsdl(address):
    """The WSDL as bytes, with the service's own address filled in.

    It names the rest of the vendor's interface, too: what was generated from all of it checks at
    its start that each operation is there. Called, they are refused (91).

    :param str address: absolute URL of the SOAP endpoint
    """
    tree = etree.fromstring(etree.tostring(schema().tree))
    for name in NOT_SERVED:
        _add_operation(tree, name)
    for node in tree.iter("{http://schemas.xmlsoap.org/wsdl/soap/}address"):
        node.set("location", address)
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8")


def _add_operation(tree, name):
    """Write an operation that is not served beside the others, alike but for its name."""
    like = "benchmarkingNop"
    types = tree.find(f".//{_xs('schema')}")
    request = etree.SubElement(types, _xs("complexType"), name=name)
    parts = etree.SubElement(request, _xs("sequence"))
    etree.SubElement(parts, _xs("element"), name="context", type="tns:clientContext", minOccurs="0")
    etree.SubElement(
        parts, _xs("any"), processContents="skip", minOccurs="0", maxOccurs="unbounded"
    )
    for suffix, kind in (("", name), ("Response", f"{like}Response")):
        etree.SubElement(types, _xs("element"), name=f"{name}{suffix}", type=f"tns:{kind}")
    for parent, tag in (
        (tree, "message"),
        (tree.find(f"{{{WSDL}}}portType"), "operation"),
        (tree.find(f"{{{WSDL}}}binding"), "operation"),
    ):
        for node in parent.findall(f"{{{WSDL}}}{tag}"):
            if node.get("name") in (like, f"{like}Response"):
                twin = etree.fromstring(etree.tostring(node).replace(like.encode(), name.encode()))
                node.addnext(twin)
