"""The SOAP door: bytes in, bytes out (``doc/protocol.md §1``).

Business refusals are HTTP 200 with a result code; what cannot be understood is HTTP 500 with a SOAP
fault, and never tells more than a sentence.
"""

import logging

from lxml import etree

from . import codes, faults, journal, principals, rules
from .codes import Refused, SoapFault
from .first_look import look_at
from .operations import Call, operations
from .schema import PAYLOAD, schema

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
LARGEST_BODY = 1024 * 1024
CONTENT_TYPE = "text/xml; charset=utf-8"
GARBAGE = "<html><body>upstream said: \x00 <<< & not what you hoped for"

_logger = logging.getLogger(__name__)


def answer(simulator, body, content_type):
    """Carry out one SOAP request.

    :param bytes body: the HTTP body, or None if it was larger than :data:`LARGEST_BODY`
    :param str content_type: without parameters
    :return: ``(HTTP status, content type, bytes)``
    :raise faults.Dropped: a fault asks for the connection to be closed without an answer
    """
    name = "?"
    try:
        element = _payload(body, content_type)
        name = etree.QName(element).localname
        return _carry_out(simulator, element, name)
    except SoapFault as fault:
        with simulator.transaction() as tx:
            journal.record_call(tx, name, {}, f"SOAP fault: {fault.reason}")
        return _fault(fault)
    except faults.Dropped:
        raise
    except Exception:
        _logger.exception("A call could not be carried out")
        return _fault(SoapFault("Internal error.", "Server"))


def _payload(body, content_type):
    """The one element inside the envelope's body."""
    if body is None:
        raise SoapFault(f"The request is larger than {LARGEST_BODY} bytes.")
    if content_type not in ("text/xml", "application/xml"):
        raise SoapFault("A SOAP 1.1 request has the content type text/xml.")
    look_at(body)
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise SoapFault("The request is not well-formed XML.") from None
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        if etree.QName(root).localname == "Envelope":
            raise SoapFault("Only SOAP 1.1 is spoken here.", "VersionMismatch")
        raise SoapFault("The request is not a SOAP envelope.")
    return _only_element(root)


def _only_element(root):
    for header in root.iterfind(f"{{{ENVELOPE}}}Header/*"):
        if header.get(f"{{{ENVELOPE}}}mustUnderstand") == "1":
            raise SoapFault("No SOAP header is understood here.", "MustUnderstand")
    bodies = root.findall(f"{{{ENVELOPE}}}Body")
    if len(bodies) != 1 or len(bodies[0]) != 1:
        raise SoapFault("The envelope must hold one body with one element.")
    element = bodies[0][0]
    if etree.QName(element).namespace != PAYLOAD:
        raise SoapFault("The operation's element is not in the service's namespace.")
    return element


def _carry_out(simulator, element, name):
    # An operation of the vendor's that is not offered here has no known types to read.
    request = schema().parse(element) if schema().knows(name) else {}
    with simulator.transaction() as tx:
        fault = faults.take(tx, name, principals.principal_of(request)[1])
        seq = journal.record_call(tx, name, request, fault and fault["kind"])
        if fault is None:
            return _perform(tx, simulator, element, name, request, seq)
    return _with_fault(simulator, element, name, request, seq, fault)


def _perform(tx, simulator, element, name, request, seq):
    """The HTTP answer, made inside the transaction: what cannot be said does not happen."""
    profile = simulator.profile_in(tx)
    try:
        result = {"resultCode": codes.SUCCESS}
        operation = operations().get(name)
        if operation is None:
            raise Refused(codes.UNSUPPORTED_OPERATION)
        if profile["strictness"] == "documented":
            schema().check_strictly(element)
            rules.check_documented(request)
        result.update(operation(Call(tx, request, profile, simulator)))
    except Refused as refusal:
        result = _refusal(name, refusal.code)
    result["resultDescription"] = codes.describe(result["resultCode"])
    journal.record_answer(tx, seq, result)
    return _http(name, result)


def _refusal(name, code):
    result = {"resultCode": code}
    if name == "getPaymentStatus":
        result["version"] = 0
    return result


def _with_fault(simulator, element, name, request, seq, fault):
    kind = fault["kind"]

    def perform():
        with simulator.transaction() as tx:
            return _perform(tx, simulator, element, name, request, seq)

    if kind == "drop-before":
        raise faults.Dropped
    if kind == "delay-before":
        simulator.delays.hold(fault["seconds"])
        return perform()
    if kind in ("drop-after", "delay-after"):
        answered = perform()
        if kind == "drop-after":
            raise faults.Dropped
        simulator.delays.hold(fault["seconds"])
        return answered
    if faults.is_carried_out(fault):
        perform()
    return _instead(name, fault)


def _instead(name, fault):
    """The answer that a fault gives in the place of the right one."""
    kind = fault["kind"]
    if kind == "http500":
        body = fault.get("body") or "<h1>Internal Server Error</h1>"
        return 500, "text/html; charset=utf-8", body.encode("utf-8", "replace")
    if kind == "garbage":
        return 200, CONTENT_TYPE, (fault.get("body") or GARBAGE).encode("utf-8", "replace")
    return _http(name, _pretended(name, fault))


def _pretended(name, fault):
    if fault["kind"] == "code":
        result = _refusal(name, fault["code"])
    else:
        result = {"resultCode": codes.SUCCESS, "status": fault["status"], "version": 1}
    return {**result, "resultDescription": codes.describe(result["resultCode"])}


def _http(name, result):
    if schema().knows(name):
        element = schema().build(f"{name}Response", {"return": result})
    else:
        element = etree.Element(f"{{{PAYLOAD}}}{name}Response", nsmap={"ns2": PAYLOAD})
        inner = etree.SubElement(element, "return")
        for field in ("resultCode", "resultDescription"):
            etree.SubElement(inner, field).text = str(result[field])
    return 200, CONTENT_TYPE, _enveloped(element)


def _fault(fault):
    element = etree.Element(f"{{{ENVELOPE}}}Fault")
    etree.SubElement(element, "faultcode").text = f"soap:{fault.blame}"
    etree.SubElement(element, "faultstring").text = fault.reason
    return 500, CONTENT_TYPE, _enveloped(element)


def _enveloped(element):
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    etree.SubElement(envelope, f"{{{ENVELOPE}}}Body").append(element)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
