"""A hostile Glase: the most work that bytes can ask for, and answers of every broken kind.

Work is counted, not timed: how many calls Python makes for an answer, and for one twice as long.
"""

import importlib
import pkgutil
import re
import sys
import time
from xml.sax.saxutils import escape

import pytest
from counted_steps import steps
from glase_peer import (
    CALLS,
    PASSWORD,
    RESELLER,
    TERMINAL,
    Peer,
    app_answering,
    envelope,
    http,
    operation_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st

import glase
from glase import Client, GlaseError, Unreadable
from glase.masking import EVIDENCE_LIMIT, MASK, mask
from glase.operations import OPERATIONS
from glase.reading import MAX_REFERENCE
from glase.reports import MAX_ROWS, read_report

LOCAL = "http://localhost/soap/merchant/cashregister-2"
KIB = 1024
Q = '"'


def inside(before, unit, after=""):
    """A whole answer that has as much of ``unit`` in it as fits into ``size``."""

    def make(operation, size):
        return envelope(
            operation,
            f"<resultCode>0</resultCode>{before}{unit * (size // len(unit))}{after}",
        )

    return make


def bare(before, unit, after=b""):
    return lambda _operation, size: before + unit * (size // len(unit)) + after


def numbered(opening, closing=""):
    def make(operation, size):
        many = "".join(f"{opening}{number}{closing}" for number in range(size // 12))
        return envelope(operation, f"<resultCode>0</resultCode>{many}")

    return make


# What a hostile answer repeats; each for the sake of one thing that somebody has to read.
WORST = {
    "one long tag": bare(b"<", b"password"),
    "password tags": bare(b"", b"<password>"),
    "password tags that do not end": bare(b"", b"<password "),
    "passwords": inside("", "<password>abc</password>"),
    "cdata in a password": inside("<password>", "<![CDATA[a]]>", "</password>"),
    "cdata that does not end": bare(b"<password>", b"<![CDATA[<"),
    "angle brackets": bare(b"", b"<"),
    "closing brackets": bare(b"<password>", b">"),
    "spaces": inside("<status>", " ", "</status>"),
    "empty elements": inside("", "<z/>"),
    "elements of different names": numbered("<z", "/>"),
    "statuses": inside("", "<status>ISSUED</status>"),
    "statuses in statuses": inside("<status>", "<s>a</s>", "</status>"),
    "receipts": inside("", "<receipt><terminalId/></receipt>"),
    "tokens": inside("<customerTokens>", "<token><id>1</id></token>", "</customerTokens>"),
    "rows": inside("<receipt><invoice>", "<invoiceRow/>", "</invoice></receipt>"),
    "entities": inside("<status>", "&lt;", "</status>"),
    "comments": inside("", "<!-- z -->"),
    "instructions": inside("", "<?z z?>"),
    "deep": bare(b"", b"<a>"),
    "digits": inside("<version>", "9", "</version>"),
    "an amount": inside(
        "<receipt><invoice><totalAmount><currency>SEK</currency><value>",
        "9",
        "</value></totalAmount></invoice></receipt>",
    ),
    "a time": inside("<receipt><paymentDate>", "2018-", "</paymentDate></receipt>"),
    "base64": inside("<report><content>", "QUJD", "</content></report>"),
    "a report": inside("<report><contentString>", escape("<Row/>"), "</contentString></report>"),
    "a reference": inside("<ersReference>", "2018", "</ersReference>"),
    "the password": inside("<status>", escape(PASSWORD), "</status>"),
    "attributes": lambda operation, size: envelope(
        operation, f"<z {' '.join(f'a{number}={Q}{Q}' for number in range(size // 10))}/>"
    ),
    "namespaces": numbered('<z xmlns="', '"/>'),
    "prefixes": lambda operation, size: envelope(
        operation,
        f"<z {' '.join(f'xmlns:a{number}={Q}u{Q}' for number in range(size // 18))}><a1:y/></z>",
    ),
    "namespaces in namespaces": numbered('<z xmlns="', '">'),
    "entities in an attribute": lambda _operation, size: (
        b'<!DOCTYPE z [<!ENTITY a "%s">]><z y="%s"/>' % (b"a" * (size // 2), b"&a;" * (size // 6))
    ),
    "attributes by default": lambda _operation, size: (
        b"<!DOCTYPE z [<!ATTLIST z %s>]><z>%s</z>"
        % (b" ".join(b'a%d CDATA "1"' % n for n in range(size // 30)), b"<z/>" * (size // 8))
    ),
    "text in between": inside("<receipt>", "<!-- -->x", "</receipt>"),
    "carriage returns": inside("<status>", "\r\n&#13;", "</status>"),
    "zeros": bare(b"", b"\0"),
    "no characters": bare(b"", b"\xff"),
}


def outcome(operation, body):
    """Ask, and be told whatever is told; anything but a GlaseError escapes."""
    try:
        return CALLS[operation][0](Client(LOCAL, wsgi_app=app_answering(body)))
    except GlaseError as error:
        assert error.reason != "defect", error
        return error


@pytest.mark.parametrize("operation", CALLS)
def test_an_answer_twice_as_long_is_not_more_than_twice_the_work(operation):
    outcome(operation, b"")  # whatever is made once in a process is there
    for shape, make in WORST.items():
        bodies = [make(operation, size) for size in (20 * KIB, 40 * KIB)]
        once, twice = (steps(lambda body=body: outcome(operation, body)) for body in bodies)
        assert twice <= 2.2 * once + 200, shape


@pytest.mark.parametrize("operation", CALLS)
def test_the_worst_megabyte_is_bounded_work(operation):
    for shape, make in WORST.items():
        body = make(operation, 1024 * KIB)
        # Read are at most the elements of the longest bill's receipt, some calls each.
        assert steps(lambda body=body: outcome(operation, body)) < 800_000, shape


def unbounded(pattern):
    """The parts of a regular expression that repeat without an upper limit."""
    parser = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")

    def walk(node):
        if isinstance(node, parser.SubPattern):
            node = list(node)
        if not isinstance(node, (list, tuple)):
            return
        if len(node) == 2 and str(node[0]).endswith("_REPEAT"):
            low_high = node[1]
            if low_high[1] is parser.MAXREPEAT or low_high[1] >= 1000:
                yield node
        for part in node:
            yield from walk(part)

    return list(walk(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)))


def test_no_expression_for_what_comes_from_outside_repeats_without_limit():
    """Steps within a regular expression are not seen as calls, so there its form is the proof."""
    checked = []
    for module in pkgutil.iter_modules(glase.__path__):
        # An endpoint is what an administrator enters; it is matched as a whole.
        if module.name == "endpoint":
            continue
        for name, value in vars(importlib.import_module(f"glase.{module.name}")).items():
            if isinstance(value, re.Pattern):
                checked.append(name)
                assert not unbounded(value), f"{module.name}.{name}"
    assert "_AMOUNT" in checked
    assert unbounded(re.compile(r"<\w*password\w*>")), "the check itself"


@pytest.mark.parametrize(
    "report",
    [
        b"<R><Meta/>" + b"<z/>" * 300_000 + b"</R>",
        b"<R><Meta/><Row>" + b"<z/>" * 300_000 + b"</Row></R>",
        b"<R><Meta>" + b"<z/>" * 300_000 + b"</Meta></R>",
        b"<R><Meta/>" + b"<Row><z/></Row>" * (MAX_ROWS + 1) + b"</R>",
        b"<R>" + b"<Meta/>" * (MAX_ROWS + 1) + b"</R>",
        b"<R><Meta/><Row>" + b"<ErsReference/>" * 300_000 + b"</Row></R>",
    ],
    ids=["beside", "in a row", "in the meta", "rows", "metas", "references"],
)
def test_a_report_of_more_elements_than_there_can_be_is_not_read_to_its_end(report):
    with pytest.raises(Unreadable) as caught:
        read_report(report)
    assert caught.value.reason in ("too_big", "missing")


def test_a_report_twice_as_long_is_not_more_than_twice_the_work():
    row = b"<Row><ErsReference>%d</ErsReference><SalesAmount>1</SalesAmount></Row>"
    shapes = {
        "rows": lambda count: b"".join(row % number for number in range(count)),
        "rows of one reference": lambda count: (row % 1) * count,
        "text between the rows": lambda count: (row % 1 + b"x" * 500) * count,
        "comments between the rows": lambda count: (row % 1 + b"<!-- -->" * 50) * count,
        "metas": lambda count: b"<Meta><ResellerId>1</ResellerId></Meta>" * count,
        "spaces": lambda count: b" " * 1000 * count,
    }
    read_report(b"<R><Meta/></R>")
    for shape, make in shapes.items():
        reports = [b"<R><Meta/>" + make(count) + b"</R>" for count in (500, 1000)]
        once, twice = (steps(lambda report=report: read_report(report)) for report in reports)
        assert twice <= 2.2 * once + 200, shape


# === Whose answer it is ===

PAID = """<resultCode>0</resultCode><status>PAID</status><version>2</version>
<ersReference>E-{0}</ersReference><receipt><invoiceReference>{0}</invoiceReference>
<paymentReference>E-{0}</paymentReference></receipt>"""


def asked_about(request):
    return re.search(rb"<invoiceReference>(.*?)</invoiceReference>", request.body)[1].decode()


def test_paid_about_another_bill_is_unreadable(peer):
    client = Client(peer(lambda line: line.next_request() and line.send(
        http(envelope("getPaymentStatus", PAID.format("A")))
    )).url())  # fmt: skip
    with pytest.raises(Unreadable) as caught:
        client.get_payment_status(TERMINAL, "B", 0)
    assert caught.value.reason == "other_invoice"
    assert not caught.value.money_state_known


MOODS = ("answers", "twice", "late", "closes")


def in_moods(moods, answer_to):
    """A peer's script: an answer is sent, sent twice, sent in the place of the next one, or never.

    :param moods: of each answer, from ``MOODS``
    :param answer_to: makes the bytes that answer a request
    """
    moods = iter(moods)

    def script(line):
        before = None
        while request := line.next_request():
            own = answer_to(request)
            mood = next(moods, "answers")
            if mood == "closes":
                return
            line.send(before if mood == "late" and before else own)
            if mood == "twice":
                line.send(own)
            before = own

    return script


@settings(max_examples=25)
@given(st.lists(st.sampled_from(MOODS), min_size=2, max_size=12))
def test_no_answer_reaches_the_wrong_caller(mood):
    """Duplicates and late answers on connections that are kept; each answer that is taken is one's own."""

    def answer_to(request):
        return http(envelope("getPaymentStatus", PAID.format(asked_about(request))))

    server = Peer(in_moods(mood, answer_to))
    try:
        for number, _mood in enumerate(mood):
            try:
                answer = Client(server.url()).get_payment_status(TERMINAL, f"I{number}", 0)
            except GlaseError:
                continue
            assert answer.ers_reference == f"E-I{number}"
    finally:
        server.stop()


def reference_of(request):
    return re.search(rb"<clientReference>(.*?)</clientReference>", request.body)[1].decode()


# Where an answer names what was made, or whom it is about.
NAMES = {
    "registerTerminal": "terminalId",
    "sendInvoice": "invoiceReference",
    "refundPayment": "ersReference",
    "markTransactionPeriod": "transactionPeriodId",
}


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(set(CALLS) - {"benchmarkingNop"})),
            st.sampled_from(MOODS),
        ),
        min_size=2,
        max_size=12,
    )
)
def test_no_answer_of_any_operation_reaches_another_call(asked):
    """Most answers name nothing: what does something is asked on a connection where nothing else was."""

    def answer_to(request):
        operation, reference = operation_of(request), reference_of(request)
        inside = f"<resultCode>0</resultCode>{CALLS[operation][1]}"
        if operation in NAMES:
            name = NAMES[operation]
            inside = f"<resultCode>0</resultCode><{name}>{reference}</{name}>"
        elif operation == "getPaymentStatus":
            inside = PAID.format(asked_about(request))
        words = f"<resultDescription>{reference}</resultDescription>"
        return http(envelope(operation, inside + words))

    server = Peer(in_moods([mood for _operation, mood in asked], answer_to))
    try:
        for number, (operation, _mood) in enumerate(asked):
            client, reference = Client(server.url()), f"call-{number}"
            try:
                if operation == "getPaymentStatus":
                    told = client.get_payment_status(TERMINAL, f"I{number}", 0)
                    assert told.ers_reference == f"E-I{number}"
                    continue
                told = CALLS[operation][0](client, client_reference=reference)
            except GlaseError:
                continue
            assert told.result_description == reference, operation
    finally:
        server.stop()


@pytest.mark.parametrize("asked", CALLS)
def test_an_answer_to_another_operation_is_unreadable(asked):
    for answered in set(CALLS) - {asked}:
        told = outcome(asked, success_of(answered))
        assert (told.reason, told.money_state_known) == ("other_answer", False), answered


# === Small things that are read ===


def test_a_reference_that_no_database_can_index_is_absent():
    long = "2" * (MAX_REFERENCE + 1)
    paid = PAID.format("1").replace("E-1", long)
    answer = Client(
        LOCAL, wsgi_app=app_answering(envelope("getPaymentStatus", paid))
    ).get_payment_status(TERMINAL, "1", 0)
    assert answer.status.paid and answer.ers_reference is None
    for operation, field in (
        ("registerTerminal", "terminalId"),
        ("sendInvoice", "invoiceReference"),
        ("markTransactionPeriod", "transactionPeriodId"),
    ):
        failed = outcome(
            operation, envelope(operation, f"<resultCode>0</resultCode><{field}>{long}</{field}>")
        )
        assert failed.reason == "incomplete"


@pytest.mark.parametrize("field", ["resultDescription", "receiverName", "title", "description"])
def test_words_that_run_on_are_cut(field):
    words = f"<{field}>{'x' * 5000}</{field}>"
    children = (
        f"<resultCode>0</resultCode><status>ISSUED</status>{words}<receipt>{words}</receipt>"
        f"<customerTokens><token>{words}</token></customerTokens><report>{words}</report>"
    )
    for operation in ("getPaymentStatus", "executeReport"):
        assert "x" * 1001 not in repr(
            {**vars(outcome(operation, envelope(operation, children))), "response_xml": ""}
        )


def test_what_is_cut_shows_no_part_of_a_secret():
    secret = "s3cr3t-of-the-shop"
    for before in range(EVIDENCE_LIMIT - 40, EVIDENCE_LIMIT + 5):
        masked = mask("x" * before + secret * 3, [secret])
        assert "s3c" not in masked and "hop" not in masked
    masked = mask(secret * 10_000, [secret])
    assert "s3" not in masked and masked.endswith("… (cut)")
    masked = mask("<password>" + "a<![CDATA[b]]>" * 20_000, [])
    assert masked.startswith(f"<password>{MASK}") and "b" not in masked


# === Over a socket ===


def chunked(*sizes):
    body = envelope("getPaymentStatus", PAID.format("1"))
    chunks = b"".join(size + b"\r\n" + body + b"\r\n" for size in sizes)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks


@pytest.mark.parametrize("size", [b"-5", b"-fff", b"+5", b"0x5", b"1_0", b"zz", b"", b"9" * 40])
def test_a_chunk_of_an_impossible_size_is_no_defect_of_ours(peer, size):
    def script(line):
        line.next_request()
        line.send(chunked(size))

    with pytest.raises(GlaseError) as caught:
        Client(peer(script).url()).get_payment_status(TERMINAL, "1", 0, timeout=2)
    assert caught.value.reason in ("not_http", "not_xml", "too_big")
    assert not caught.value.money_state_known


def pieces():
    """Parts of what a broken server may send, in any order."""
    whole = http(success_of("getPaymentStatus"))
    lengths = st.sampled_from([b"-1", b"0", b"5", b"1e3", b"99999999999999", b"abc", b""])
    return st.one_of(
        st.binary(max_size=80),
        st.integers(0, len(whole)).map(lambda cut: whole[:cut]),
        st.integers(0, len(whole)).map(lambda cut: whole[cut:]),
        st.just(b"HTTP/1.1 100 Continue\r\n\r\n"),
        st.just(b"HTTP/1.1 200 OK\r\n"),
        st.just(b"HTTP/1.0 500 \r\n\r\n"),
        lengths.map(lambda length: b"Content-Length: " + length + b"\r\n"),
        st.just(b"Transfer-Encoding: chunked\r\n"),
        st.just(b"\r\n"),
        lengths.map(lambda length: length + b"\r\n"),
        st.just(b"X: " + b"y" * 70_000 + b"\r\n"),
        st.just(b"X: y\r\n" * 150),
        st.just(b"<z/>" * 200_000),
    )


def success_of(operation):
    return envelope(operation, f"<resultCode>0</resultCode>{CALLS[operation][1]}")


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(CALLS)),
    st.lists(pieces(), max_size=8),
    st.sampled_from(["close", "hang", "reset"]),
)
def test_a_hostile_server_gets_nothing_but_documented_errors_in_time(operation, sent, end):
    def script(line):
        line.next_request()
        for piece in sent:
            line.send(piece)
        if end == "hang":
            line.hang()
        elif end == "reset":
            line.reset()

    server = Peer(script)
    started = time.monotonic()
    try:
        answer = CALLS[operation][0](Client(server.url()), timeout=0.2)
        assert answer.result_code == 0
    except GlaseError as error:
        assert error.reason != "defect", error
    finally:
        server.stop()
    # The limit is 0.2 s; the rest is room for a busy machine, far below a limit that does not hold.
    assert time.monotonic() - started < 10


def test_a_server_that_never_ends_is_left_when_the_time_is_over(peer):
    def script(line):
        line.next_request()
        line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not line.peer.stopping.is_set():
            line.send(b"1\r\n<\r\n")

    server = peer(script)
    with pytest.raises(GlaseError) as caught:
        Client(server.url()).execute_report(RESELLER, "x", {}, timeout=0.3)
    assert caught.value.reason == "timeout"


def test_the_operation_asked_for_is_the_one_that_is_limited():
    """Each operation has limits of its own; only a report may be large."""
    assert all(
        operation.limit <= 512 * KIB and operation.elements <= 20_000
        for operation in OPERATIONS.values()
        if operation.name != "executeReport"
    )
