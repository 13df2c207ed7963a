"""No password gets out: not in a log, an exception, a repr or the evidence."""

import json
import logging
import re
import time
import traceback
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from glase_peer import (
    CALLS,
    NEW_PASSWORD,
    PASSWORD,
    RESELLER,
    TERMINAL,
    answer_all,
    answering,
    closes,
    envelope,
    http,
    operation_of,
    refusal,
    success,
)
from hypothesis import given
from hypothesis import strategies as st

from glase import Client, GlaseError, Principal, RequestError, Unreadable
from glase.masking import MASK, Secret, mask

SECRETS = (PASSWORD, NEW_PASSWORD)
FORMS = {form for secret in SECRETS for form in (secret, escape(secret), repr(secret)[1:-1])}


def words_of(request):
    """The passwords of a request, escaped for XML, as a careless server might repeat them."""
    return " ".join(escape(secret) for secret in SECRETS if escape(secret) in request.body.decode())


def each_request(answer):
    """The script of a server that answers with what ``answer`` makes of the request."""

    def script(line):
        while request := line.next_request():
            line.send(answer(request, words_of(request)))

    return script


def tells(request, words):
    """Repeats the passwords wherever an answer has room for words."""
    inside = (
        f"<resultCode>90</resultCode><resultDescription>{words}</resultDescription>"
        f"<password><![CDATA[{PASSWORD}]]></password>"
        f"<x:newPassword xmlns:x='u'>{NEW_PASSWORD}</x:newPassword>"
    )
    return http(envelope(operation_of(request), inside))


def misplaces(request, words):
    """Repeats the passwords where numbers, dates and statuses should be."""
    inside = "".join(f"<{name}>{words}</{name}>" for name in ("status", "version", "paymentDate"))
    return http(
        envelope(
            operation_of(request),
            f"<resultCode>0</resultCode>{inside}<receipt>{inside}"
            f"<invoice><totalAmount><value>{words}</value></totalAmount></invoice></receipt>"
            f"<report><content>{words}</content></report>",
        )
    )


def faults(_request, words):
    return http(
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault>"
        f"<faultstring>{words}</faultstring></s:Fault></s:Body></s:Envelope>".encode(),
        "500 Oops",
    )


SCRIPTS = {
    "healthy": answer_all,
    "closes": closes,
    "silent": lambda line: line.hang(),
    "echo": each_request(lambda request, _words: http(request.body)),
    "tells": each_request(tells),
    "shouts": each_request(lambda _request, words: f"HTTP/1.1 {words}\r\n\r\n".encode()),
    "spells": each_request(lambda _request, words: http(f"<a>{words}".encode("utf-16"))),
    "misplaces": each_request(misplaces),
    "faults": each_request(faults),
    "redirects": each_request(
        lambda _request, words: http(words.encode(), "302 Found", [f"Location: /{words}"])
    ),
}


def clean(text):
    return not any(form in text for form in FORMS)


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_nothing_gets_out(peer, caplog, script, operation):
    caplog.set_level(logging.DEBUG)
    client = Client(peer(SCRIPTS[script]).url())
    try:
        outcome = CALLS[operation][0](client, timeout=0.2)
        seen = [repr(outcome), str(vars(outcome))] if script != "misplaces" else []
    except GlaseError as error:
        seen = [str(error), repr(error), error.detail, error.request_xml]
        seen += [error.response_xml, repr(error.answer), "".join(traceback.format_exception(error))]
        assert str(vars(error))
    assert "Glase: request" in caplog.text and operation in caplog.text
    for text in [*seen, caplog.text, *(str(record.args) for record in caplog.records)]:
        assert clean(text)
    if operation != "benchmarkingNop":
        assert f"<password>{MASK}</password>" in caplog.text


@pytest.mark.parametrize(
    "secret", ["Vq7mT2&<\"' ä]Lr9Ks", "a&b", "&&", "%41\\u0041x", "pass word+1"]
)
@pytest.mark.parametrize(
    "spelled",
    [
        escape,
        lambda text: escape(escape(text)),
        lambda text: escape(text, {'"': "&quot;", "'": "&apos;"}),
        lambda text: "".join(c if c.isalnum() and c.isascii() else f"&#{ord(c)};" for c in text),
        lambda text: "".join(c if c.isalnum() and c.isascii() else f"&#x{ord(c):X};" for c in text),
        quote,
        quote_plus,
        lambda text: quote(text, safe=""),
        lambda text: quote(text, safe="").lower() if text.islower() else quote(text),
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        lambda text: json.dumps(text)[1:-1].replace("&", "\\u0026").replace("<", "\\u003c"),
        lambda text: re.sub("&", "&#38;", text),
    ],
)
def test_a_password_is_masked_however_a_server_repeats_it(secret, spelled):
    told = mask(f"<words>said: {spelled(secret)} (no)</words>", [secret])
    assert told == f"<words>said: {MASK} (no)</words>"


def each_letter(form):
    return lambda text: "".join(form.format(letter, ord(letter)) for letter in text)


@pytest.mark.parametrize("secret", ["Vq7mT2&\"' ä😀Lr9Ks", "demo", "a&b", "0", "<!-- -->]]>pass"])
@pytest.mark.parametrize(
    "spelled",
    [
        each_letter("&#{1};"),
        each_letter("&#x{1:x};"),
        each_letter("&#X{1:X};"),
        each_letter("&#000{1};"),
        each_letter("&amp;#{1};"),
        each_letter("&amp;#x00{1:x};"),
        lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
        lambda text: "".join(f"\\u{unit:04x}" for unit in units(text)),
        lambda text: f"<![CDATA[{text}]]>",
        each_letter("<![CDATA[{0}]]>"),
        lambda text: each_letter("<![CDATA[{0}]]>")(text[:1]) + escape(text[1:]),
        lambda text: "<!-- -->".join(map(escape, text)),
        lambda text: each_letter("&#{1};")(text[:2]) + escape(text[2:]),
        lambda text: escape(text[:1]) + each_letter("&#x{1:X};")(text[1:]),
    ],
)
def test_a_password_is_masked_in_whatever_pieces_it_is_spelled(secret, spelled):
    told = mask(f"<words>said: {spelled(secret)} (no)</words>", [secret])
    if "<!" in secret and "<!" in spelled("ab"):
        # Such a one is looked for in one piece: what of it is a letter nobody could tell.
        return
    assert re.sub(r"<!\[CDATA\[|]]>", "", told) == f"<words>said: {MASK} (no)</words>"


def units(text):
    encoded = text.encode("utf-16-be")
    return [int.from_bytes(encoded[at : at + 2], "big") for at in range(0, len(encoded), 2)]


def test_looking_for_a_spelled_password_takes_no_more_time_than_the_text_is_long():
    """Within an expression no calls can be counted: a search that tries again and again takes minutes."""
    secrets = ["Vq7mT2&<\"' ä]Lr9Ks", "a" * 60, "&#" * 30, "<!---->" * 20, "]]>" * 20, "%41" * 20]
    units = ["V", "a", "&", "&#", "&#0", "&#97;", "&amp;", "&amp;#97;", "<!--", "<!---->", "a<!---->",
             "a<![CDATA[", "]]>", "a]]>", "%41", "\\u0061", "V<!-- "]  # fmt: skip
    started = time.process_time()
    for unit in units:
        mask(unit * (65536 // len(unit)), secrets)
    assert time.process_time() - started < 20


@pytest.mark.parametrize(
    "told",
    [
        "<password>{0}</password>",
        "<ns:newPassword a='>'>{0}</ns:newPassword>",
        "<password\n>{0}</password>",
        "<password>a<!-- b -->{0}</password>",
        "<password><?p i?>{0}</password>",
        "<password><text>{0}</text>{0}</password>",
        "<password><password>a</password>{0}</password>",
        "<password><![CDATA[a</password>]]>{0}</password>",
        "<password>{0}",
        "<context\tpassword='{0}'/>",
        '<a b="c" e:Password = "{0}">',
    ],
)
def test_nothing_within_a_password_is_shown_whoever_it_belongs_to(told):
    kept = mask(f"<a>{told.format('someone0else')}</a><b>after</b>", [])
    assert "0else" not in kept and MASK in kept
    assert kept.endswith("<b>after</b>") or "</password>" not in told


def test_what_is_logged_is_enough_to_understand(peer, caplog):
    caplog.set_level(logging.DEBUG, "pos_glase.glase")
    client = Client(peer(answer_all).url())
    CALLS["sendInvoice"][0](client, client_reference="Order 7")
    for words in ("sendInvoice Order 7: 0 after", "<value>148.00</value>", "Wool socks",
                  "<invoiceReference>20180814093055127"):  # fmt: skip
        assert words in caplog.text


def test_at_info_there_is_one_line_for_each_call_but_none_for_polls(peer, caplog):
    caplog.set_level(logging.INFO, "pos_glase.glase")
    client = Client(peer(answer_all).url())
    for call, _answer in CALLS.values():
        call(client)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == len(CALLS) - 1
    assert not any("getPaymentStatus" in line or "<" in line for line in lines)


def test_a_defect_is_an_unknown_outcome_and_shows_no_secret(monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)

    def broken(*_arguments):
        raise RuntimeError(PASSWORD)

    monkeypatch.setattr("glase.transport.SocketTransport.post", broken)
    with pytest.raises(Unreadable) as caught:
        CALLS["sendInvoice"][0](Client("http://localhost/"))
    assert caught.value.reason == "defect"
    assert "RuntimeError" in str(caught.value)
    assert not caught.value.money_state_known
    assert clean("".join(traceback.format_exception(caught.value)) + caplog.text)


def test_a_principal_does_not_show_its_password():
    for principal in (TERMINAL, RESELLER):
        assert principal.password == PASSWORD
        assert clean(repr(principal)) and clean(str(principal)) and clean(str(vars(principal)))
        assert clean(f"{[principal]!r} {principal}")


def test_an_incomplete_principal_is_refused():
    for kind, values in ((Principal.terminal, ("", "x")), (Principal.reseller, ("x", "9900", ""))):
        with pytest.raises(RequestError):
            kind(*values)


@given(st.text(min_size=1), st.text(), st.text())
def test_a_known_secret_is_masked_anywhere(secret, before, after):
    long = f"very-s3cr3t-{secret}"
    assert long.replace("\x00", "") not in mask(f"{before}{escape(long)} {long}{after}", [long])


def test_a_short_secret_is_masked_as_a_word_only():
    assert mask("demo democracy <id>demo</id>", ["demo"]) == "*** democracy <id>***</id>"


def test_password_elements_are_masked_even_when_cut_off():
    for text in ("<password>abc</password>", "<n:newPassword a='b'>abc<", "<PASSWORD>abc",
                 "<password><![CDATA[a]b<c]]>abc", "<password><![CDATA[abc"):  # fmt: skip
        masked = mask(text)
        assert "abc" not in masked and "b<c" not in masked
        assert MASK in masked


def test_a_secret_does_not_show_itself():
    assert repr({"password": Secret("abc")}) == "{'password': '***'}"
    assert Secret("abc") == "abc"


def test_evidence_of_a_success_and_of_a_refusal_is_kept(peer):
    answer = CALLS["sendInvoice"][0](Client(peer(answer_all).url()))
    assert answer.response_xml == success("sendInvoice").decode()
    with pytest.raises(GlaseError) as caught:
        CALLS["sendInvoice"][0](Client(peer(answering(refusal("sendInvoice", 20))).url()))
    assert "<resultCode>20<" in caught.value.response_xml
    assert "Wool socks" in caught.value.request_xml
