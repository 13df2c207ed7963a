"""Answers are read by name: order, prefixes and unknown elements do not matter."""

import base64
import logging
from datetime import datetime, timezone
from decimal import Decimal
from xml.sax.saxutils import escape

import pytest
from glase_peer import (
    CALLS,
    NS,
    RESELLER,
    SOAP,
    TERMINAL,
    app_answering,
    envelope,
    refusal,
    success,
)
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from glase import (
    Amount,
    Answer,
    Client,
    GlaseError,
    NoAnswer,
    PaymentStatus,
    ResultError,
    Unreadable,
)
from glase.codes import REPORT_NOT_READY

LOCAL = "http://localhost/soap/merchant/cashregister-2"

PAID = """
  <ersReference>2018081409312804501000917</ersReference>
  <resultCode>0</resultCode>
  <resultDescription>SUCCESS</resultDescription>
  <status>PAID</status>
  <receipt>
    <terminalId>5f0c2a91</terminalId>
    <paymentDate>2018-08-14T09:31:28.045+02:00</paymentDate>
    <clientInvoiceId>00412-003-0007</clientInvoiceId>
    <invoiceReference>20180814093055127</invoiceReference>
    <paymentReference>2018081409312804501000917</paymentReference>
    <payerTerminalId>a81be033</payerTerminalId>
    <receiverName>Fjällboden</receiverName>
    <invoice>
      <title>Fjällboden</title>
      <totalAmount><currency>SEK</currency><value>148.00</value></totalAmount>
    </invoice>
  </receipt>
  <customerTokens>
    <token><description>Gold</description><id>club</id><status>0</status><value>77</value></token>
  </customerTokens>
  <version>3</version>
"""


def client(body, status="200 OK"):
    return Client(LOCAL, wsgi_app=app_answering(body, status))


def ask(body, version=2):
    return client(body).get_payment_status(TERMINAL, "20180814093055127", version)


def state(children):
    return ask(envelope("getPaymentStatus", f"<resultCode>0</resultCode>{children}"))


def what_it_says(answer):
    """Everything of an answer that comes from Glase."""
    own = ("client_reference", "seconds", "request_xml", "response_xml")
    return {name: value for name, value in vars(answer).items() if name not in own}


def test_paid():
    answer = ask(envelope("getPaymentStatus", PAID))
    assert answer.status is PaymentStatus.PAID
    assert answer.status.paid and answer.status.final
    assert answer.ers_reference == "2018081409312804501000917"
    assert (answer.result_code, answer.result_description) == (0, "SUCCESS")
    assert answer.version == 3
    receipt = answer.receipt
    assert receipt.invoice_total == Amount(Decimal(148), "SEK")
    assert receipt.payment_date == datetime(2018, 8, 14, 7, 31, 28, 45000, timezone.utc)
    assert receipt.payment_date_utc == datetime(2018, 8, 14, 7, 31, 28, 45000)
    assert receipt.payment_reference == "2018081409312804501000917"
    assert receipt.invoice_reference == "20180814093055127"
    assert receipt.client_invoice_id == "00412-003-0007"
    assert receipt.terminal_id == "5f0c2a91"
    assert receipt.payer_terminal_id == "a81be033"
    assert receipt.receiver_name == "Fjällboden"
    (token,) = answer.tokens
    assert (token.id, token.value, token.status, token.description) == ("club", "77", 0, "Gold")


def disturb(element, rng):
    """Shuffle the children, strangers among them, all the way down."""
    for child in list(element):
        disturb(child, rng)
    if len(element):
        strangers = [etree.Element(f"{{urn:x}}new{n}") for n in range(rng.randint(0, 2))]
        for stranger in strangers:
            etree.SubElement(stranger, "status").text = "FAILED"
            etree.SubElement(stranger, "resultCode").text = "20"
        children = [*element, *strangers]
        rng.shuffle(children)
        element[:] = children
        element.text = rng.choice([None, "\n  "])
    elif element.text and etree.QName(element).localname != "value":
        element.text = rng.choice(["", "\n\t "]) + element.text + rng.choice(["", " \n"])


@given(st.randoms(use_true_random=False), st.sampled_from(["soap", "SOAP-ENV", "a", None]))
def test_order_prefixes_and_strangers_do_not_matter(rng, prefix):
    straight = ask(envelope("getPaymentStatus", PAID))
    result = etree.fromstring(f"<return>{PAID}</return>")
    disturb(result, rng)
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={prefix: SOAP})
    if rng.random() < 0.5:
        etree.SubElement(etree.SubElement(root, f"{{{SOAP}}}Header"), "{urn:x}trace").text = "1"
    body = etree.SubElement(root, f"{{{SOAP}}}Body")
    namespace = rng.choice([f"{{{NS}}}", "", "{urn:another}"])
    wrapper = etree.SubElement(body, f"{namespace}getPaymentStatusResponse")
    wrapper.append(etree.Comment("hello"))
    wrapper.append(result)
    encoding = rng.choice(["utf-8", "utf-16", "iso-8859-1"])
    document = etree.tostring(root, encoding=encoding, xml_declaration=True)
    assert what_it_says(ask(document)) == what_it_says(straight)


@given(st.sets(st.sampled_from(["ersReference", "resultDescription", "receipt", "version",
                                "customerTokens", "status"])))  # fmt: skip
def test_what_is_missing_is_missing_and_nothing_else(missing):
    result = etree.fromstring(f"<return>{PAID}</return>")
    for name in missing:
        result.remove(result.find(name))
    answer = ask(
        envelope("getPaymentStatus", "".join(etree.tostring(c, encoding="unicode") for c in result))
    )
    assert (answer.ers_reference is None) == ("ersReference" in missing)
    assert (answer.receipt is None) == ("receipt" in missing)
    assert (answer.tokens == ()) == ("customerTokens" in missing)
    assert answer.version == (2 if "version" in missing else 3)
    assert answer.status == ("UNKNOWN" if "status" in missing else "PAID")


@given(st.sets(st.sampled_from(["terminalId", "paymentDate", "invoice", "paymentReference"])))
def test_a_receipt_with_less_in_it(missing):
    result = etree.fromstring(f"<return>{PAID}</return>")
    receipt = result.find("receipt")
    for name in missing:
        receipt.remove(receipt.find(name))
    xml = "".join(etree.tostring(child, encoding="unicode") for child in result)
    read = ask(envelope("getPaymentStatus", xml)).receipt
    assert (read.terminal_id is None) == ("terminalId" in missing)
    assert (read.payment_date is None) == ("paymentDate" in missing)
    assert (read.payment_date_utc is None) == ("paymentDate" in missing)
    assert (read.invoice_total is None) == ("invoice" in missing)
    assert (read.payment_reference is None) == ("paymentReference" in missing)


@pytest.mark.parametrize(
    ("word", "status", "final"),
    [
        ("ISSUED", "ISSUED", False),
        ("PENDING_ISSUER_ACKNOWLEDGE", "PENDING_ISSUER_ACKNOWLEDGE", False),
        ("RESERVED", "RESERVED", False),
        ("PAID", "PAID", True),
        ("CANCELED", "CANCELED", True),
        ("CANCELLED", "CANCELED", True),
        ("FAILED", "FAILED", True),
        ("EXPIRED", "EXPIRED", True),
    ],
)
def test_statuses(word, status, final):
    answer = state(f"<status>{word}</status>")
    assert (answer.status, answer.raw_status, answer.status.final) == (status, word, final)
    assert answer.status.paid == (word == "PAID")


@pytest.mark.parametrize("word", ["PARTIALLY_PAID", "0", "paid", "UNKNOWN", "Größe"])
def test_an_unknown_status_is_not_final_and_is_logged(caplog, word):
    answer = state(f"<status>{word}</status>")
    assert answer.status is PaymentStatus.UNKNOWN
    assert not answer.status.final and not answer.status.paid
    assert answer.raw_status == word
    logged = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert (word == "UNKNOWN") or any(word in line for line in logged)


def test_a_missing_status_is_not_final():
    for children in ("", "<status/>", "<status> </status>", '<status xsi:nil="true" '
                     'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>'):  # fmt: skip
        answer = state(children)
        assert answer.status is PaymentStatus.UNKNOWN
        assert answer.raw_status is None


def test_the_same_twice_is_once_but_a_contradiction_is_unreadable():
    assert state("<status>PAID</status><status>PAID</status>").status.paid
    with pytest.raises(Unreadable) as caught:
        state("<status>ISSUED</status><status>PAID</status>")
    assert caught.value.reason == "contradiction"


@pytest.mark.parametrize("version", ["", "x", "1_0", "1.0", "9" * 30, "٣"])
def test_an_unreadable_version_is_the_one_asked_with(version):
    assert state(f"<status>ISSUED</status><version>{version}</version>").version == 2


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2018-08-14T09:31:28Z", datetime(2018, 8, 14, 9, 31, 28, tzinfo=timezone.utc)),
        (" 2018-08-14T09:31:28-0500 ", datetime(2018, 8, 14, 14, 31, 28, tzinfo=timezone.utc)),
        ("2018-08-14T00:31:28.123456789+01:00", datetime(2018, 8, 13, 23, 31, 28, 123456, timezone.utc)),
        ("2018-08-14T09:31:28", None),
        ("0001-01-01T00:00:00+14:00", None),
        # Stored, they could be shown in no zone west of UTC, or in none east of it.
        ("0001-01-01T00:00:00Z", None),
        ("0999-06-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("9998-12-31T23:59:59Z", datetime(9998, 12, 31, 23, 59, 59, tzinfo=timezone.utc)),
        ("2018-08-14", None),
        ("2018-13-14T09:31:28Z", None),
        ("yesterday", None),
        ("", None),
    ],
)  # fmt: skip
def test_payment_dates(written, read):
    answer = state(f"<receipt><paymentDate>{written}</paymentDate></receipt>")
    assert answer.receipt.payment_date == read


@pytest.mark.parametrize(
    ("value", "currency", "read"),
    [
        ("148", "SEK", "148.00 SEK"),
        ("148.0", " sek ", "148.00 SEK"),
        ("148.00000", "SEK", "148.00 SEK"),
        ("148.001", "SEK", "None"),
        ("148,00", "SEK", "None"),
        ("NaN", "SEK", "None"),
        ("1e99999999", "SEK", "None"),
        ("0e999999999", "SEK", "None"),
        ("1e-999999999", "SEK", "None"),
        ("-0", "SEK", "0.00 SEK"),
        ("1_48.00", "SEK", "None"),
        ("١٤٨", "SEK", "None"),
        ("１４８.00", "SEK", "None"),
        ("", "SEK", "None"),
        ("148.00", "", "None"),
    ],
)
def test_totals(value, currency, read):
    total = f"<totalAmount><value>{value}</value><currency>{currency}</currency></totalAmount>"
    answer = state(f"<receipt><invoice>{total}</invoice></receipt>")
    assert str(answer.receipt.invoice_total) == read


@pytest.mark.parametrize("operation", CALLS)
def test_each_operations_success(operation):
    answer = CALLS[operation][0](client(success(operation)), client_reference="mine")
    assert isinstance(answer, Answer)
    assert (answer.operation, answer.client_reference, answer.result_code) == (operation, "mine", 0)
    assert answer.seconds > 0


def test_what_a_success_carries():
    def call(operation, children=None):
        return CALLS[operation][0](client(success(operation, children)))

    assert call("registerTerminal").terminal_id == "5f0c"
    sent = call("sendInvoice", "<invoiceQRCode>HTTP://SEQR.SE/R1</invoiceQRCode>"
                               "<invoiceReference> 1 </invoiceReference>")  # fmt: skip
    assert (sent.qr_code, sent.invoice_reference) == ("HTTP://SEQR.SE/R1", "1")
    assert call("sendInvoice", "<invoiceReference>1</invoiceReference>").qr_code is None
    assert call("refundPayment", "<ersReference>77</ersReference>").ers_reference == "77"
    assert call("markTransactionPeriod").transaction_period_id == "20180814180044"
    fallen_back = call("markTransactionPeriod", "<ersReference>99</ersReference>")
    assert fallen_back.transaction_period_id == "99"


@pytest.mark.parametrize(
    "operation", ["registerTerminal", "sendInvoice", "markTransactionPeriod", "executeReport"]
)
def test_a_success_without_its_reference_is_unreadable(operation):
    with pytest.raises(Unreadable) as caught:
        CALLS[operation][0](client(success(operation, "")))
    assert caught.value.reason == "incomplete"
    assert not caught.value.money_state_known


XML = '<?xml version="1.0" encoding="UTF-8"?>\n<R><A>å</A></R>'


@pytest.mark.parametrize(
    ("children", "text", "content"),
    [
        (f"<contentString><![CDATA[\n{XML}]]></contentString>", XML, f"\n{XML}"),
        (f"<contentString>{escape(XML)}</contentString>", XML, XML),
        (f"<content>{base64.b64encode(XML.encode()).decode()}</content>", XML, XML),
        (f"<content>{base64.b64encode(XML.encode()).decode()}</content><contentString/>", XML, XML),
        ("<content>!</content><contentString>a</contentString>", "a", "a"),
        ("", "", ""),
    ],
)
def test_reports(children, text, content):
    body = success(
        "executeReport",
        f"<report><title>T</title><mimeType>text/html</mimeType>{children}</report>",
    )
    report = CALLS["executeReport"][0](client(body)).report
    assert report.text == text
    assert report.content == content.encode()
    assert (report.title, report.mime_type) == ("T", "text/html")


@pytest.mark.parametrize("before", [b"\n", b" \r\n\t"])
def test_white_space_before_the_declaration_does_not_matter(before):
    body = before + b'<?xml version="1.0" encoding="utf-8"?>' + envelope("getPaymentStatus", PAID)
    assert ask(body).status.paid


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("utf8", "utf-8"), ("UTF-8", "utf-8"), ("UTF-16", "utf-16"), ("ISO-8859-15", "iso8859-15")],
)
def test_an_answer_is_read_in_the_encoding_that_it_declares(declared, codec):
    text = f"<?xml version='1.0' encoding='{declared}'?>{refusal('sendInvoice', 29, 'Å').decode()}"
    with pytest.raises(ResultError) as caught:
        CALLS["sendInvoice"][0](client(text.encode(codec)))
    assert caught.value.description == "Å"


def test_prefixes_that_are_declared_again_and_again_are_no_flood():
    fields = "<resultCode xmlns:a='u' xmlns:b='v'>0</resultCode><z xmlns='' xmlns:c='w'/>" * 400
    assert CALLS["benchmarkingNop"][0](client(envelope("benchmarkingNop", fields)))


def test_a_report_that_is_not_ready_says_so():
    with pytest.raises(ResultError) as caught:
        client(refusal("executeReport", 2)).execute_report(RESELLER, "x", {})
    assert caught.value.code == REPORT_NOT_READY
    assert caught.value.retryable


def test_a_readable_answer_counts_whatever_the_http_status():
    assert CALLS["sendInvoice"][0](client(success("sendInvoice"), "500 Oh no")).result_code == 0
    with pytest.raises(ResultError) as caught:
        CALLS["sendInvoice"][0](client(refusal("sendInvoice", 20), "503 Busy"))
    assert caught.value.code == 20


FAULT = (
    f'<s:Envelope xmlns:s="{SOAP}"><s:Body><s:Fault><faultcode>s:Server</faultcode>'
    "<faultstring>oops</faultstring></s:Fault></s:Body></s:Envelope>"
).encode()


@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
def test_a_soap_fault_is_no_answer(status):
    with pytest.raises(NoAnswer) as caught:
        CALLS["sendInvoice"][0](client(FAULT, status))
    assert caught.value.reason == "fault"
    assert "oops" in str(caught.value)
    assert not caught.value.money_state_known and not caught.value.retryable


def test_a_broken_server_is_no_answer():
    with pytest.raises(NoAnswer) as caught:
        CALLS["sendInvoice"][0](client(b"<html>sorry</html>", "502 Bad Gateway"))
    assert (caught.value.reason, caught.value.http_status) == ("server_error", 502)


LAUGHS = (
    b'<!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 12) for n in range(12))
    + b"]><l x='&m;'>&m;</l>"
)


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", "200 OK", "not_xml"),
        (b"OK", "200 OK", "not_xml"),
        (success("sendInvoice")[:-20], "200 OK", "not_xml"),
        (b"\x1f\x8b\x08\x00" + b"\x00" * 20, "200 OK", "not_xml"),
        (b"<a>" * 5000, "200 OK", "too_big"),
        (LAUGHS, "200 OK", "dtd"),
        (b"<!DOCTYPE a>" + success("sendInvoice"), "200 OK", "dtd"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd">' + success("sendInvoice"), "200 OK", "dtd"),
        # Older versions of libxml2 need a square of time for these: they must not come so far.
        (b"<a %s/>" % b" ".join(b"a%d=''" % n for n in range(51)), "200 OK", "too_big"),
        (b"".join(b"<a xmlns:b%d='u'>" % n for n in range(101)), "200 OK", "too_big"),
        ("<!DOCTYPE a><a/>".encode("utf-16"), "200 OK", "dtd"),
        (b"<!--%s--><!DOCTYPE a><a/>" % (b"a" * 70_000), "200 OK", "not_xml"),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a><a/>', "200 OK", "not_xml"),
        # Its DTD stands in a comment for who takes each byte for a character.
        (
            b'<?xml version="1.0" encoding="iso2022_jp"?><!-- -\x1b(B-><!DOCTYPE a><!-- --><a/>',
            "200 OK",
            "not_xml",
        ),
        (b"<html><body/></html>", "200 OK", "not_soap"),
        (f'<s:Envelope xmlns:s="{SOAP}"/>'.encode(), "200 OK", "not_soap"),
        (f'<s:Envelope xmlns:s="{SOAP}"><s:Body/></s:Envelope>'.encode(), "200 OK", "not_soap"),
        (success("getPaymentStatus"), "200 OK", "other_answer"),
        (envelope("sendInvoice", "<invoiceReference>1</invoiceReference>"), "200 OK", "no_result"),
        (envelope("sendInvoice", "<resultCode>OK</resultCode>"), "200 OK", "no_result"),
        (success("sendInvoice").replace(b"return", b"answer"), "200 OK", "no_result"),
        (success("sendInvoice"), "302 Found", "redirect"),
        (success("sendInvoice"), "404 Not Found", "http"),
        (success("sendInvoice"), "100 Continue", "http"),
    ],
)
def test_unreadable(body, status, reason):
    with pytest.raises(Unreadable) as caught:
        CALLS["sendInvoice"][0](client(body, status))
    assert caught.value.reason == reason
    assert caught.value.http_status == int(status.split()[0])
    assert (f"HTTP status {status[:3]}" in str(caught.value)) == (status != "200 OK")
    assert not caught.value.money_state_known and not caught.value.retryable


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_body_makes_anything_but_a_glase_error_escape(body):
    with pytest.raises(GlaseError):
        CALLS["sendInvoice"][0](client(body))


@given(st.sampled_from(sorted(CALLS)), st.randoms(use_true_random=False))
def test_a_damaged_answer_never_raises_anything_else(operation, rng):
    body = bytearray(ask_body(operation))
    for _damage in range(rng.randint(1, 6)):
        body[rng.randrange(len(body))] = rng.randrange(256)
    try:
        answer = CALLS[operation][0](client(bytes(body)))
    except GlaseError as error:
        assert error.operation == operation
    else:
        assert answer.operation == operation


def ask_body(operation):
    return envelope(operation, PAID + CALLS[operation][1])


@given(st.sampled_from(sorted(CALLS)), st.randoms(use_true_random=False))
def test_an_answer_with_its_elements_thrown_about_never_raises_anything_else(operation, rng):
    root = etree.fromstring(ask_body(operation))
    nodes = list(root.iter())
    for _move in range(rng.randint(1, 5)):
        one, other = rng.choice(nodes), rng.choice(nodes)
        if one is not other and other not in list(one.iterancestors()):
            one.append(other)
        other.text = rng.choice([None, "", "0", "-1", "x" * 50, "999999999999"])
    try:
        CALLS[operation][0](client(etree.tostring(root)))
    except GlaseError as error:
        assert error.operation == operation


def test_evidence_can_be_stored_in_a_database(caplog):
    caplog.set_level(logging.DEBUG, "pos_glase.glase")
    with pytest.raises(Unreadable) as caught:
        CALLS["sendInvoice"][0](client(b"\x00\xff" * 100000))
    assert "\x00" not in caught.value.response_xml
    assert len(caught.value.response_xml) < 70000
    caught.value.response_xml.encode()
