"""What goes over the wire: valid against the bundled schema, and as the protocol has it."""

import base64
import re
from decimal import Decimal

import pytest
from glase_peer import (
    CALLS,
    NEW_PASSWORD,
    NS,
    PASSWORD,
    RESELLER,
    SOAP,
    TERMINAL,
    answer_all,
    invoice,
    sek,
)
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from glase import (
    VERSION,
    Client,
    CustomerToken,
    InvoiceRow,
    ReceiptDocument,
    RequestError,
    envelope,
)

# Also what means something to XML, to zeep or to what is prepared.
TEXTS = st.text(max_size=40) | st.sampled_from(
    [
        "",
        " ",
        "a\r\nb\tc",
        "<&>\"'",
        "]]>",
        "&amp;",
        "place-0-of-a-text",
        "\x00",
        "\ud800",
        "\x7f\x85",
    ]
)
XS = "{http://www.w3.org/2001/XMLSchema}schema"


@pytest.fixture(scope="module")
def schema():
    """The schema in the WSDL, for an independent judge: libxml2."""
    return etree.XMLSchema(next(etree.parse(str(envelope.WSDL)).iter(XS)))


class Wire:
    """A client, and what it has sent."""

    def __init__(self, peer):
        self.peer = peer(answer_all)
        self.client = Client(self.peer.url())

    @property
    def request(self):
        return self.peer.requests[-1]

    @property
    def wrapper(self):
        root = etree.fromstring(self.request.body)
        assert root.tag == f"{{{SOAP}}}Envelope"
        (body,) = root
        (wrapper,) = body
        return wrapper

    def text(self, path):
        return self.wrapper.findtext(path)


@pytest.fixture
def wire(peer):
    return Wire(peer)


def names(element):
    return [child.tag for child in element]


@pytest.mark.parametrize("operation", CALLS)
def test_each_request_is_valid(wire, schema, operation):
    call, _answer = CALLS[operation]
    call(wire.client)
    wrapper = wire.wrapper
    assert wrapper.tag == f"{{{NS}}}{operation}"
    schema.assertValid(wrapper)
    assert b"nil" not in wire.request.body
    # Only the wrapper has a namespace: no child may inherit one.
    assert all(not etree.QName(node).namespace for node in wrapper.iterdescendants())
    assert None not in wrapper.nsmap
    # An empty element is sent for nothing but what the protocol calls required.
    assert [node.tag for node in wrapper.iter() if not len(node) and not node.text] in (
        [],
        [wrapper.tag],
    )


@pytest.mark.parametrize("operation", CALLS)
def test_http_headers(wire, operation):
    CALLS[operation][0](wire.client)
    request = wire.request
    assert request.line == "POST /soap/merchant/cashregister-2 HTTP/1.1"
    assert request.headers["soapaction"] == '""'
    assert request.headers["content-type"] == "text/xml; charset=utf-8"
    assert request.headers["host"] == f"127.0.0.1:{wire.peer.port}"
    assert "authorization" not in request.headers
    assert request.body.startswith(b"<?xml")


@pytest.mark.parametrize("operation", sorted(set(CALLS) - {"benchmarkingNop"}))
def test_context(wire, operation):
    CALLS[operation][0](wire.client, client_reference="Order 00412")
    context = wire.wrapper[0]
    principal = context.find("initiatorPrincipalId")
    assert context.tag == "context"
    assert [(node.tag, node.text) for node in context if node is not principal] == [
        ("channel", "WS"),
        ("clientId", f"pos_glase {VERSION}"),
        ("clientReference", "Order 00412"),
        ("clientRequestTimeout", "0"),
        ("password", PASSWORD),
    ]
    reseller = operation in ("registerTerminal", "markTransactionPeriod", "executeReport")
    expected = [("id", TERMINAL.id), ("type", "TERMINALID")]
    if reseller:
        expected = [("id", RESELLER.id), ("type", "RESELLERUSER"), ("userId", "9900")]
    assert [(node.tag, node.text) for node in principal] == expected


def test_children_in_their_order(wire):
    expected = {
        "registerTerminal": ["context", "externalTerminalId", "password", "name"],
        "unregisterTerminal": ["context"],
        "assignSeqrId": ["context", "seqrId"],
        "sendInvoice": ["context", "invoice"],
        "updateInvoice": ["context", "invoiceReference", "invoice"],
        "getPaymentStatus": ["context", "invoiceReference", "invoiceVersion"],
        "cancelInvoice": ["context", "invoiceReference"],
        "refundPayment": ["context", "ersReference", "invoice"],
        "submitPaymentReceipt": ["context", "ersReference", "receiptDocument"],
        "markTransactionPeriod": ["context", "parameters"],
        "executeReport": ["context", "reportId", "language", "parameters"],
        "benchmarkingNop": [],
    }
    for operation, (call, _answer) in CALLS.items():
        call(wire.client)
        assert names(wire.wrapper) == expected[operation], operation


def test_invoice(wire):
    wire.client.send_invoice(TERMINAL, invoice())
    sent = wire.wrapper.find("invoice")
    assert names(sent) == [
        "paymentMode",
        "acknowledgmentMode",
        "issueDate",
        "title",
        "clientInvoiceId",
        "invoiceRows",
        "totalAmount",
        "cashierId",
        "footer",
    ]
    assert sent.findtext("acknowledgmentMode") == "NO_ACKNOWLEDGMENT"
    assert sent.findtext("issueDate") == "2018-08-14T09:30:55+02:00"
    assert [node.text for node in sent.find("totalAmount")] == ["SEK", "148.00"]
    first, second = sent.find("invoiceRows")
    assert names(first) == [
        "itemDescription",
        "itemQuantity",
        "itemSKU",
        "itemTaxRate",
        "itemTotalAmount",
        "itemUnitPrice",
    ]
    assert [node.text for node in first.find("itemTotalAmount")] == ["SEK", "198.00"]
    assert first.findtext("itemQuantity") == "2"
    assert first.findtext("itemTaxRate") == "25"
    assert names(second) == ["itemDescription", "itemQuantity", "itemTotalAmount"]
    assert [node.text for node in second.find("itemTotalAmount")] == ["SEK", "-50.00"]


def test_an_empty_footer_and_cashier_are_sent_empty(wire):
    wire.client.send_invoice(TERMINAL, invoice(footer="", cashier_id=""))
    assert wire.text("invoice/footer") == ""
    assert wire.text("invoice/cashierId") == ""


@pytest.mark.parametrize(
    ("rate", "sent"),
    [("25", "25"), ("25.00", "25"), ("0", "0"), ("12.5", None), ("1E+1", "10"), (None, None)],
)
def test_only_whole_tax_rates_are_sent(wire, rate, sent):
    row = InvoiceRow("x", sek("148"), tax_rate=rate and Decimal(rate))
    wire.client.send_invoice(TERMINAL, invoice(rows=(row,)))
    assert wire.text("invoice/invoiceRows/invoiceRow/itemTaxRate") == sent


@pytest.mark.parametrize(
    ("quantity", "sent"), [("1", "1"), ("2.50", "2.5"), ("1E+3", "1000"), ("3.000", "3")]
)
def test_quantities_are_plain_decimals(wire, quantity, sent):
    row = InvoiceRow("x", sek("148"), quantity=Decimal(quantity))
    wire.client.send_invoice(TERMINAL, invoice(rows=(row,)))
    assert wire.text("invoice/invoiceRows/invoiceRow/itemQuantity") == sent


def test_text_that_xml_cannot_carry_does_not_stop_a_sale(wire):
    name = "So\x00cks\x0b \ud800 & <b>\ufffe\U0001f9e6"
    wire.client.send_invoice(TERMINAL, invoice(rows=(InvoiceRow(name, sek("148")),)))
    sent = wire.text("invoice/invoiceRows/invoiceRow/itemDescription")
    assert sent == "So cks    & <b> \U0001f9e6"


def test_tokens_are_repeated_without_a_wrapper(wire, schema):
    tokens = [CustomerToken("club", "123"), CustomerToken("club", "456", 90, "Gold")]
    wire.client.send_invoice(TERMINAL, invoice(), tokens)
    assert names(wire.wrapper) == ["context", "invoice", "tokens", "tokens"]
    assert names(wire.wrapper[3]) == ["description", "id", "status", "value"]
    schema.assertValid(wire.wrapper)


def test_parameters_have_three_levels(wire):
    wire.client.mark_transaction_period(RESELLER, "5f0c")
    assert wire.text("parameters/parameter/entry/key") == "TERMINALID"
    assert wire.text("parameters/parameter/entry/value") == "5f0c"


def test_a_period_of_the_whole_shop_has_no_parameters(wire):
    wire.client.mark_transaction_period(RESELLER)
    assert names(wire.wrapper) == ["context"]


@pytest.mark.parametrize("data", [b"", b"<p>Tack!</p>", bytes(range(256))])
def test_a_receipt_is_base64(wire, schema, data):
    wire.client.submit_payment_receipt(TERMINAL, "2018", ReceiptDocument(data))
    document = wire.wrapper.find("receiptDocument")
    assert names(document) == ["mimeType", "receiptData", "receiptType"]
    assert base64.b64decode(document.findtext("receiptData")) == data
    schema.assertValid(wire.wrapper)


def test_registration_sends_the_new_password_apart_from_the_resellers(wire):
    wire.client.register_terminal(RESELLER, "shop/3", NEW_PASSWORD, "Till 3")
    assert wire.text("password") == NEW_PASSWORD
    assert wire.text("context/password") == PASSWORD


def test_each_call_has_a_reference_of_its_own(wire):
    references = set()
    for _call in range(20):
        answer = wire.client.cancel_invoice(TERMINAL, "1")
        assert wire.text("context/clientReference") == answer.client_reference
        assert re.fullmatch(r"[0-9a-f]{1,32}", answer.client_reference)
        references.add(answer.client_reference)
    assert len(references) == 20


@pytest.mark.parametrize("reference", ["", "x" * 33])
def test_a_reference_that_is_too_long_is_refused(wire, reference):
    with pytest.raises(RequestError):
        wire.client.cancel_invoice(TERMINAL, "1", client_reference=reference)
    assert not wire.peer.connections


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.assign_seqr_id(TERMINAL, "A\x00B"),
        lambda c: c.get_payment_status(TERMINAL, "1", None),
        lambda c: c.get_payment_status(TERMINAL, "1", "x"),
        lambda c: c.submit_payment_receipt(TERMINAL, "1", ReceiptDocument("text")),
    ],
)
def test_what_does_not_fit_the_schema_is_not_sent(wire, call):
    with pytest.raises(RequestError) as caught:
        call(wire.client)
    assert caught.value.money_state_known
    assert not wire.peer.connections


def built(build, *arguments):
    """What a way to build an envelope makes, or how it refuses."""
    try:
        return build(*arguments)
    except RequestError as error:
        return error.detail


@pytest.mark.parametrize("user_id", [None, "9900"])
@given(texts=st.lists(TEXTS, min_size=4, max_size=4), version=st.integers(0, 5))
def test_what_is_prepared_is_what_zeep_makes(user_id, texts, version):
    """Of each operation that is prepared, for whatever values; a refusal is the same, too."""
    assert {"getPaymentStatus"} == envelope.PREPARED
    context = envelope.context(TERMINAL, "shop 1.0", texts[0])
    context["initiatorPrincipalId"].update(id=texts[1], userId=user_id)
    context["password"] = texts[2]
    asked = {"context": context, "invoiceReference": texts[3], "invoiceVersion": version}
    made = built(envelope.build, "getPaymentStatus", asked)
    assert made == built(envelope.by_zeep, "getPaymentStatus", asked)


def test_a_prepared_envelope_is_made_by_zeep_once(monkeypatch):
    made = []
    by_zeep = envelope.by_zeep
    monkeypatch.setattr(envelope, "by_zeep", lambda *asked: made.append(asked) or by_zeep(*asked))
    envelope._prepared.cache_clear()
    for number in range(3):
        context = envelope.context(TERMINAL, "shop 1.0", f"reference {number}")
        asked = {"context": context, "invoiceReference": "1", "invoiceVersion": 1}
        body = envelope.build("getPaymentStatus", asked)
        assert f"reference {number}" in body.decode()
    assert len(made) == 1
