"""What a SOAP peer can do wrong: doc/protocol.md §1, §2. A fault each time, never a traceback."""

import pytest
import requests
import zeep
from lxml import etree
from simulator_tools import ENVELOPE, PAYLOAD, SOAP_PATH, envelope, invoice, xml
from werkzeug.test import Client

from simulator import create_app
from simulator.operations import operations
from simulator.schema import NOT_SERVED

NOP = envelope("benchmarkingNop", "")
DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'
BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


@pytest.fixture
def post(simulator):
    client = Client(create_app(simulator))

    def post(body, content_type="text/xml; charset=utf-8", **headers):
        return client.post(SOAP_PATH, data=body, content_type=content_type, headers=headers)

    return post


def assert_fault(answer, blame="Client"):
    assert answer.status_code == 500
    assert answer.content_type == "text/xml; charset=utf-8"
    fault = etree.fromstring(answer.data).find(f"{{{ENVELOPE}}}Body/{{{ENVELOPE}}}Fault")
    assert fault.findtext("faultcode") == f"soap:{blame}"
    assert b"Traceback" not in answer.data
    return fault.findtext("faultstring")


def test_success_is_http_200_text_xml(post):
    answer = post(NOP)
    assert (answer.status_code, answer.content_type) == (200, "text/xml; charset=utf-8")
    root = etree.fromstring(answer.data)
    assert root.tag == f"{{{ENVELOPE}}}Envelope"
    payload = root[0][0]
    assert payload.tag == f"{{{PAYLOAD}}}benchmarkingNopResponse"
    assert [child.tag for child in payload.iter()][1:] == [
        "return",
        "resultCode",
        "resultDescription",
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<a>",
        NOP[:-20],
        NOP + b"<more/>",
        b"\x00\x01\x02",
        b"\xff\xfe" + b"<a/>",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b"<a>" * 5000,
        b"<html/>",
        f'<s:Envelope xmlns:s="{ENVELOPE}"/>'.encode(),
        f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body/></s:Envelope>'.encode(),
        f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body><a/></s:Body></s:Envelope>'.encode(),
        envelope("benchmarkingNop", "")[:-23] + b"<g:x/></s:Body></s:Envelope>",
        b"&undefined;",
    ],
)
def test_what_is_no_envelope(post, body):
    assert_fault(post(body))


@pytest.mark.parametrize(
    "body",
    [
        DOCTYPE.encode() + NOP,
        b"<!DOCTYPE x>" + NOP,
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + NOP,
        BOMB.encode() + envelope("assignSeqrId", "<seqrId>&i;</seqrId>"),
        ('<?xml version="1.0" encoding="UTF-16"?>' + DOCTYPE + NOP.decode()).encode("utf-16"),
        DOCTYPE.encode() + envelope("assignSeqrId", "<seqrId>&a;</seqrId>"),
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        + envelope("assignSeqrId", "<seqrId>&a;</seqrId>"),
    ],
)
def test_no_document_types_and_no_entities(post, body):
    assert_fault(post(body))


def test_deep_nesting(post):
    assert_fault(post(envelope("assignSeqrId", "<a>" * 2000 + "</a>" * 2000)))


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 3 * 1024 * 1024])
def test_oversized(post, size):
    assert "larger" in assert_fault(post(NOP + b" " * (size - len(NOP))))


def test_just_not_oversized(post):
    assert post(NOP + b" " * (1024 * 1024 - len(NOP))).status_code == 200


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", None])
def test_wrong_content_type(post, content_type):
    assert_fault(post(NOP, content_type))


def test_soap_1_2(post):
    body = NOP.replace(ENVELOPE.encode(), b"http://www.w3.org/2003/05/soap-envelope")
    assert_fault(post(body), "VersionMismatch")


def test_headers_that_must_be_understood(post):
    header = b'<s:Header><x:y xmlns:x="urn:x" s:mustUnderstand="1"/></s:Header><s:Body>'
    assert_fault(post(NOP.replace(b"<s:Body>", header)), "MustUnderstand")
    assert post(NOP.replace(b"<s:Body>", header.replace(b'"1"', b'"0"'))).status_code == 200


def test_children_in_the_payload_namespace(service, till):
    body = envelope("assignSeqrId", xml("context", till.context) + "<g:seqrId>A1</g:seqrId>")
    assert "namespace" in service.raw(body).fault
    default = (
        f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body><assignSeqrId xmlns="{PAYLOAD}">'
        f"{xml('context', till.context)}<seqrId>A1</seqrId></assignSeqrId></s:Body></s:Envelope>"
    )
    assert "namespace" in service.raw(default.encode()).fault


def test_required_elements(simulator, service, till):
    """Known clients leave them out; only where the documented rules are asked for it is a fault."""
    reference = till.bill()
    late = {**till.context, "clientRequestTimeout": None}
    token = {"id": "BONUS", "value": "1"}

    def calls():
        yield "clientRequestTimeout", service.call("assignSeqrId", late, seqrId="A1")
        yield "getPaymentStatus", till.call("getPaymentStatus", invoiceReference=reference)
        yield "tokens", till.call("sendInvoice", invoice=invoice(), tokens=[token])

    assert [answer.code for _name, answer in calls()] == [0, 0, 0]
    simulator.set_profile({"strictness": "documented"})
    for _name, answer in calls():
        assert "does not follow the schema" in answer.fault


@pytest.mark.parametrize(
    ("name", "value", "at_fault"),
    [
        ("issueDate", "2018-08-14 09:30", "issueDate"),
        ("issueDate", "2018-13-14T09:30:55", "issueDate"),
        ("paymentMode", "CASH", "paymentMode"),
        ("acknowledgmentMode", "", "acknowledgmentMode"),
        ("totalAmount", {"currency": "SEK", "value": "1,00"}, "value"),
        ("totalAmount", {"currency": "SEK", "value": "1e2"}, "value"),
        ("totalAmount", {"currency": "SEK", "value": ""}, "value"),
        ("totalAmount", {"currency": "SEK", "value": "NaN"}, "value"),
        ("totalAmount", "12", "totalAmount"),
        ("commitReservationTimeout", "soon", "commitReservationTimeout"),
        ("commitReservationTimeout", str(2**63), "commitReservationTimeout"),
        ("title", {"b": "bold"}, "title"),
    ],
)
def test_values_that_are_not_of_their_type(till, name, value, at_fault):
    assert f"Element {at_fault} " in till.send(**{name: value}).fault


@pytest.mark.parametrize(
    "date",
    [
        "2018-08-14T09:30:55",
        "2018-08-14T09:30:55Z",
        "2018-08-14T09:30:55.123456789+02:00",
    ],
)
def test_dates_with_and_without_zone(till, date):
    assert till.send(issueDate=date).code == 0


def test_unexpected_repeated_and_nil_elements(service, till):
    ctx = xml("context", till.context)
    assert "Unexpected" in service.raw(envelope("assignSeqrId", ctx + "<x/>")).fault
    twice = envelope("assignSeqrId", ctx + "<seqrId>A</seqrId><seqrId>B</seqrId>")
    assert "twice" in service.raw(twice).fault
    nil = '<seqrId xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>'
    assert "nillable" in service.raw(envelope("assignSeqrId", ctx + nil)).fault
    assert "text" in service.raw(envelope("assignSeqrId", f"{ctx}stray")).fault


def test_the_order_of_elements_does_not_matter(service, till):
    ctx = xml("context", dict(reversed(till.context.items())))
    assert service.raw(envelope("assignSeqrId", "<seqrId>A1</seqrId>" + ctx)).code == 0


def test_comments_do_not_matter(service, till):
    ctx = xml("context", till.context)
    body = envelope("assignSeqrId", f"<!-- a -->{ctx}<seqrId>A<!-- b -->1</seqrId>")
    assert service.raw(body).code == 0


@pytest.mark.parametrize("name", [*NOT_SERVED, "creditUser", "ping"])
def test_operations_that_are_not_offered(simulator, service, name):
    answer = service.call(name, None)
    assert answer.code == 91
    assert answer["resultDescription"] == "UNSUPPORTED_OPERATION"
    assert simulator.journal()["calls"][-1]["code"] == 91


def test_a_fault_is_in_the_journal_and_no_password_with_it(simulator, service, till):
    body = xml("context", {**till.context, "password": {"x": "hunter2-secret"}})
    answer = service.raw(envelope("assignSeqrId", body))
    assert "hunter2" not in answer.fault
    call = simulator.journal()["calls"][-1]
    assert (call["operation"], call["code"]) == ("assignSeqrId", None)
    assert call["fault"].startswith("SOAP fault")
    assert "hunter2" not in str(call)


def test_text_survives(simulator, till):
    title = "Räksmörgås & <Söner> \"quoted\" 'x' 日本 😀"
    till.bill(title=title)
    assert simulator.pay("FJALL1")["invoice"]["title"] == title
    assert till.poll(None)["receipt"]["receiverName"] == title


def test_the_wsdl_names_the_host_it_was_asked_at(simulator):
    client = Client(create_app(simulator))
    for query in ("?wsdl", "?WSDL"):
        answer = client.get(SOAP_PATH + query, base_url="http://till.example:8123")
        assert answer.content_type.startswith("text/xml")
        assert f'location="http://till.example:8123{SOAP_PATH}"'.encode() in answer.data
        assert b"localhost" not in answer.data


def test_the_wsdl_has_the_vendors_whole_interface(simulator, tmp_path):
    """A client made of it finds every operation, and hears 91 from those that are not served."""
    app = Client(create_app(simulator))
    file = tmp_path / "whole.wsdl"
    file.write_bytes(app.get(SOAP_PATH + "?wsdl").data)

    class Transport(zeep.Transport):
        def post(self, address, message, headers):
            answer = app.post(SOAP_PATH, data=message, content_type="text/xml")
            assert answer.status_code == 200
            found = requests.Response()
            found.status_code, found._content = 200, answer.data
            found.headers["Content-Type"] = "text/xml"
            return found

    client = zeep.Client(str(file), transport=Transport())
    port = client.wsdl.services["ERSWSExternalClientServiceService"].ports
    [binding] = [each.binding for each in port.values()]
    assert set(binding.all()) == {*operations(), *NOT_SERVED}
    for name in NOT_SERVED:
        assert client.service[name](context={"clientRequestTimeout": 0}).resultCode == 91
    assert client.service["benchmarkingNop"]().resultCode == 0


def test_other_methods_and_addresses(simulator):
    client = Client(create_app(simulator))
    assert client.get(SOAP_PATH).status_code == 405
    assert client.put(SOAP_PATH + "?wsdl").status_code == 405
    assert client.get("/soap").status_code == 404
    assert client.get("/nothing").status_code == 404
