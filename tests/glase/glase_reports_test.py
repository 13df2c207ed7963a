"""Reconciliation reports: every documented shape, the quirks, and what is hostile (§4.14)."""

import base64
import time
from decimal import Decimal
from xml.sax.saxutils import escape

import pytest
from glase_peer import CALLS, app_answering, envelope

from glase import Client, Unreadable
from glase.reading import _CHUNK
from glase.report_file import BINARY, TEXT, judge
from glase.reports import DETAILS, EMPTY, MAX_BYTES, SUMMARY, read_report

META = """
  <Meta>
    <ResellerId>fjallboden_gbg</ResellerId>
    <TerminalId>5f0c2a91d4e84b7795b1c3aa60de1f42</TerminalId>
    <TransactionPeriodId>2018081418004411201000311</TransactionPeriodId>
    <GeneratedAt>2018-08-14 18:01</GeneratedAt>
  </Meta>"""
PAYMENT = """
  <Row>
    <TerminalId>5f0c2a91d4e84b7795b1c3aa60de1f42</TerminalId>
    <CashierId>Maja</CashierId>
    <SalesAmount>148.00000</SalesAmount>
    <ErsReference>2018081409312804501000917</ErsReference>
  </Row>"""
REFUND = """
  <Row>
    <TerminalId>5f0c2a91d4e84b7795b1c3aa60de1f42</TerminalId>
    <CashierId>NULL</CashierId>
    <SalesAmount>-30.00000</SalesAmount>
    <ErsReference>2018081409312804501000918</ErsReference>
  </Row>"""
SUM = """
  <Row>
    <SalesCount>2</SalesCount>
    <SalesTotal>118.00000</SalesTotal>
  </Row>"""


def document(*rows, root="TransactionDetails", closed=None, before=""):
    declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
    text = f"{before}{declaration}<{root}>{META}{''.join(rows)}\n</{closed or root}>\n"
    return text.encode()


def test_details():
    report = read_report(document(PAYMENT, REFUND))
    assert report.shape == DETAILS
    assert report.period_id == "2018081418004411201000311"
    assert report.terminal_id == "5f0c2a91d4e84b7795b1c3aa60de1f42"
    assert report.reseller_id == "fjallboden_gbg"
    assert [(row.reference[-3:], row.amount, row.cashier) for row in report.rows] == [
        ("917", Decimal("148.00000"), "Maja"),
        ("918", Decimal("-30.00000"), None),
    ]
    assert (report.count, report.total) == (2, Decimal("118"))


@pytest.mark.parametrize("gap", [1, 30, 3000])
def test_a_row_may_end_where_a_piece_of_the_reading_ends(gap):
    # Older versions of libxml2 wrote into freed memory when the newest row was taken away there.
    empty = document(PAYMENT.replace("</Row>", "<Note></Note></Row>"))
    many = [empty[: -len("\n</TransactionDetails>\n")]]
    row = PAYMENT.strip().replace("</Row>", "<Note></Note></Row>").encode()
    for _piece in range(6):
        room = (_CHUNK - len(many[0])) if len(many) == 1 else _CHUNK - gap - len(row)
        filled = b"<Note>" + b"x" * room
        many[-1] = many[-1].replace(b"<Note>", filled)
        many.append(b"\n" * gap + row)
    report = read_report(b"".join(many) + b"</TransactionDetails>")
    assert [row.amount for row in report.rows] == [Decimal("148.00000")] * 7


def test_summary():
    report = read_report(document(SUM, root="TerminalTransactionSummary"))
    assert report.shape == SUMMARY
    assert (report.count, report.total, report.rows) == (2, Decimal("118"), ())


def test_summary_of_several():
    rows = [
        SUM.replace("<SalesCount>", f"<TerminalId>t{n}</TerminalId><SalesCount>") for n in (1, 2)
    ]
    report = read_report(document(*rows, root="TerminalTransactionSummary"))
    assert [each.terminal_id for each in report.sums] == ["t1", "t2"]
    assert (report.count, report.total) == (4, Decimal("236"))


def test_period_without_payments():
    report = read_report(document())
    assert (report.shape, report.count, report.total) == (EMPTY, 0, 0)


def test_the_root_closed_under_another_name_is_forgiven():
    mixed = document(SUM, root="CashierTransactionSummary", closed="TerminalTransactionSummary")
    assert read_report(mixed).count == 2


@pytest.mark.parametrize("before", ["\n", "\n\n  ", "\ufeff"])
def test_white_space_before_the_declaration(before):
    assert read_report(document(PAYMENT, before=before)).count == 1


def test_elements_and_prefixes_that_are_not_known_mean_nothing():
    row = PAYMENT.replace("<SalesAmount>", "<Tip>3.00</Tip><SalesAmount>")
    assert read_report(document(row)).total == 148


def test_a_report_that_is_cut_off_anywhere_is_not_believed():
    whole = document(PAYMENT, PAYMENT.replace("917", "919"), REFUND).rstrip()
    for length in range(len(whole)):
        with pytest.raises(Unreadable):
            read_report(whole[:length])


@pytest.mark.parametrize(
    "row",
    [
        PAYMENT.replace("148.00000", ""),
        PAYMENT.replace("148.00000", "NaN"),
        PAYMENT.replace("148.00000", "1e3"),
        PAYMENT.replace("148.00000", "148,00"),
        PAYMENT.replace("148.00000", "1" * 30),
        SUM.replace("<SalesCount>2</SalesCount>", ""),
        SUM.replace("118.00000", "many"),
        SUM.replace(">2<", ">999999999<"),
        SUM.replace(">2<", ">60000000<") * 2,
        PAYMENT.replace("2018081409312804501000917", "9" * 251),
        PAYMENT.replace("Maja", "M" * 251),
        PAYMENT + SUM,
    ],
)
def test_a_row_that_cannot_be_read_makes_the_report_unreadable(row):
    with pytest.raises(Unreadable):
        read_report(document(row))


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;">]>
<TransactionDetails><Meta><ResellerId>&b;</ResellerId></Meta></TransactionDetails>"""
FILE = b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hostname">]>
<TransactionDetails><Meta><ResellerId>&a;</ResellerId></Meta></TransactionDetails>"""
DTD = b"""<!DOCTYPE TransactionDetails SYSTEM "http://127.0.0.1:1/x.dtd">
<TransactionDetails><Meta/></TransactionDetails>"""
DEEP = (
    b"<TransactionDetails><Meta/>" + b"<Row>" * 5000 + b"</Row>" * 5000 + b"</TransactionDetails>"
)


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"Report",
        b"<html><body>Service unavailable</body></html>",
        b"\x00\x01\x02",
        ENTITIES,
        FILE,
        DTD,
        DEEP,
        b"<a>" + b"x" * (MAX_BYTES + 1),
    ],
    ids=["empty", "text", "html", "bytes", "entities", "file", "dtd", "deep", "long"],
)
def test_what_is_hostile_or_no_report(hostile):
    with pytest.raises(Unreadable):
        read_report(hostile)


@pytest.mark.parametrize(
    "hostile",
    [
        b"<" + b"a" * 64_000 + b">x",
        b"<a " + b"a" * 64_000 + b">x",
        b"<a>" + b" " * 64_000 + b"x",
        b"<a " * 32_000,
        b"</a" * 32_000,
        b"</" + b"a" * 64_000,
    ],
    ids=["name", "attribute", "space", "elements", "closings", "closing"],
)
def test_what_is_made_to_be_searched_for_long_is_not(hostile):
    started = time.process_time()
    with pytest.raises(Unreadable):
        read_report(hostile)
    assert time.process_time() - started < 2


# === What a report is, by its bytes ===

SHOP = """<?xml version="1.0" encoding="{}"?>
<TransactionDetails>{}<Row><TerminalId>5f0c</TerminalId><CashierId>Åsa på kassan</CashierId>
<SalesAmount>148.00</SalesAmount><ErsReference>2018081409312804501000917</ErsReference></Row>
</TransactionDetails>"""


def fetched(inside, **more):
    """A report as the client gives it."""
    values = {"mimeType": "text/html", **more}
    head = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    answer = envelope("executeReport", f"<resultCode>0</resultCode><report>{head}{inside}</report>")
    client = Client("http://localhost/", wsgi_app=app_answering(answer))
    return CALLS["executeReport"][0](client).report


def in_base64(content):
    return f"<content>{base64.b64encode(content).decode()}</content>"


@pytest.mark.parametrize(
    "encoding", ["ISO-8859-1", "iso-8859-15", "windows-1252", "UTF-8", "UTF-16"]
)
@pytest.mark.parametrize("how", [in_base64, None])
def test_a_report_is_read_in_the_encoding_that_it_names(encoding, how):
    text = SHOP.format(encoding, META)
    as_string = f"<contentString>{escape(text)}</contentString>"
    report = fetched(how(text.encode(encoding)) if how else as_string)
    told = judge(report)
    assert (told.mimetype, told.extension) == (TEXT, "xml")
    assert told.text.lstrip("\ufeff") == text
    assert told.table.rows[0].cashier == "Åsa på kassan"
    assert "Åsa på kassan" in report.text


def test_a_text_without_an_encoding_is_one_where_glase_calls_it_so():
    table = "Kassör;Belopp\r\nÅsa;148,00\r\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        told = judge(fetched(in_base64(table.encode(encoding)), mimeType="text/csv"))
        assert (told.text, told.extension) == (table, "txt"), encoding
    told = judge(fetched(in_base64(table.encode("cp1252")), mimeType="application/pdf"))
    assert (told.text, told.extension, told.mimetype) == (None, "pdf", BINARY)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n\x00\x01",
        b"PK\x03\x04\x14\x00",
        bytes(range(256)),
        b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\x00\x1f\x85</a>',
        b'<?xml version="1.0" encoding="iso-8859-12"?><a>\xff\x00</a>',
        b'<?xml version="1.0" encoding="rot13"?><a>\xff\x00</a>',
        b'<?xml version="1.0" encoding="UTF-16"?><a>\xff\x00</a>',
    ],
)
def test_what_is_no_text_is_a_file(content):
    for mime in ("text/html", "application/pdf", "image/png"):
        told = judge(fetched(in_base64(content), mimeType=mime))
        assert (told.text, told.mimetype, told.table) == (None, BINARY, None)
