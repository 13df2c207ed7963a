"""Malformed requests over a socket: an answer or a closed connection, never a trace of trouble."""

import contextlib
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from counted_steps import steps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulator_tools import SOAP_PATH, Process, in_process, until

from simulator import Simulator, create_app, journal, soap
from simulator import server as served
from simulator.schema import PAYLOAD

POST = f"POST {SOAP_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n".encode()


@pytest.fixture(scope="module")
def alone():
    """A process of one's own, which must have said nothing when it ends."""
    # Memory that is free in one of many arenas is resident all the same, by chance of who used which.
    process = Process(MALLOC_ARENA_MAX="1")
    yield process
    assert process.stop() == (0, "")


def port_of(process):
    return int(process.url.rpartition(":")[2])


def exchange(process, *parts, close=False):
    """Send parts and return all that comes until the other side closes, or has nothing to say."""
    with socket.create_connection(("127.0.0.1", port_of(process)), timeout=20) as sock:
        # The other side may have closed already.
        with contextlib.suppress(OSError):
            for part in parts:
                sock.sendall(part)
            # Nothing more comes: what is not whole by now is cut off.
            sock.shutdown(socket.SHUT_WR)
        if close:
            return b""
        answer = b""
        with contextlib.suppress(ConnectionError):
            while more := sock.recv(65536):
                answer += more
        return answer


def status_of(process):
    """Threads and resident kilobytes of a process."""
    with open(f"/proc/{process.process.pid}/status") as lines:
        text = lines.read()
    return tuple(int(re.search(rf"{name}:\s+(\d+)", text)[1]) for name in ("Threads", "VmRSS"))


@pytest.mark.parametrize(
    "length", [b"abc", b"-1", b"+5", b"1_0", b"0x5", b"\xd9\xa3", b"1e3", b"5, 5"]
)
def test_a_length_that_is_none_is_a_bad_request(alone, length):
    answer = exchange(alone, POST + b"Content-Length: " + length + b"\r\n\r\nabc")
    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "lengths",
    [
        [b"Content-Length: 3", b"Content-Length: 2"],
        [b"Content-Length: 3", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: gzip, chunked"],
        [b"Transfer-Encoding: identity"],
    ],
)
def test_two_lengths_are_a_bad_request(alone, lengths):
    answer = exchange(alone, POST + b"\r\n".join(lengths) + b"\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_one_length_may_be_said_twice_and_chunks_may_have_extensions_and_trailers(alone):
    body = envelope("benchmarkingNop", "")
    length = b"Content-Length: %d\r\n" % len(body)
    chunks = b"%x;a=b\r\n%s\r\n3\r\n   \r\n0\r\nX: y\r\n\r\n" % (len(body), body)
    twice = POST + length * 2 + b"\r\n" + body
    for whole in (twice, POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks):
        # The connection is kept: the same once more.
        assert exchange(alone, whole, whole).count(b"HTTP/1.1 200 ") == 2


def test_chunks_of_too_large_a_request_are_read_on_and_refused(alone):
    chunks = b"10000\r\n%s\r\n" % (b"x" * 0x10000) * 20 + b"0\r\n\r\n"
    answer = exchange(alone, POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert answer.startswith(b"HTTP/1.1 500 ") and b"larger than" in answer


@pytest.mark.parametrize(
    "chunk",
    [
        b"zz\r\n",
        b"-5\r\nabc\r\n",
        b"+5\r\nabcde\r\n0\r\n\r\n",
        b"0x5\r\nabcde\r\n0\r\n\r\n",
        b"\r\n",
        b"5\r\nab",
        b"5\r\nabcdefg\r\n0\r\n\r\n",
        # What is promised and does not come ended the whole process.
        b"ffffffff\r\nabc\r\n",
        b"7fffffffffffffff\r\nabc",
        b"f" * 20 + b"\r\nabc",
        b"1" * 100_000,
    ],
)
def test_chunks_that_are_none_are_a_bad_request(alone, chunk):
    answer = exchange(alone, POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk)
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_request_that_is_cut_off_is_a_bad_request(alone):
    assert exchange(alone, POST + b"Content-Length: 50\r\n\r\nabc").startswith(b"HTTP/1.1 400 ")


def requests():
    """Whole and broken requests, in parts."""
    text = st.text(max_size=40).map(lambda value: value.encode("utf-8", "replace"))
    return st.one_of(
        st.lists(st.binary(max_size=300), max_size=4),
        st.tuples(st.just(POST), st.binary(max_size=200)),
        st.tuples(
            st.just(POST),
            st.one_of(
                text.map(lambda value: b"Content-Length: " + value + b"\r\n"),
                st.integers(-5, 400).map(lambda value: b"Content-Length: %d\r\n" % value),
                st.just(b"Transfer-Encoding: chunked\r\n"),
                st.just(b"Content-Length: 3\r\nContent-Length: 4\r\n"),
                st.just(b"X: " + b"y" * 70_000 + b"\r\n"),
                st.just(b"X: y\r\n" * 120),
                st.just(b"Expect: 100-continue\r\n"),
            ),
            st.just(b"\r\n"),
            st.binary(max_size=400)
            | st.integers(0, 2**70).map(lambda size: b"%x\r\nabc" % size)
            | text.map(lambda value: b"<a>" + value + b"</a>"),
        ),
        st.tuples(
            st.sampled_from([b"GET", b"PUT", b"BREW", b"HEAD", b"get", b"\xff"]),
            st.sampled_from(
                [b" /phone/", b" /api/", b" /api/stickers/", b" //", b" http://[", b" /%ff%00"]
            ),
            text,
            st.sampled_from(
                [b" HTTP/1.1\r\n\r\n", b" HTTP/9\r\n\r\n", b"\r\n", b" HTTP/1.0\r\n\r\n"]
            ),
        ),
    )


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(requests(), st.booleans())
def test_whatever_comes_it_is_answered_or_closed_and_nothing_is_said(alone, parts, leaves):
    answer = exchange(alone, *parts, close=leaves)
    # Who asks as in HTTP/0.9 is answered without a head.
    assert answer == b"" or answer.startswith(b"HTTP/1.") or b"\r\n" not in answer
    assert b"Traceback" not in answer
    # Still there, and of sound mind.
    assert alone.service.call("benchmarkingNop", None).code == 0


def test_threads_and_memory_are_bounded(alone):
    """A flood of silent connections, and one of large requests, each time the same again."""
    flood = []
    with contextlib.ExitStack() as stack:
        for _number in range(served.CONNECTIONS + 100):
            flood.append(
                stack.enter_context(
                    socket.create_connection(("127.0.0.1", port_of(alone)), timeout=20)
                )
            )
        until(lambda: status_of(alone)[0] >= served.CONNECTIONS)
        # The last ones were closed at once.
        assert flood[-1].recv(1) == b""
        assert status_of(alone)[0] <= served.CONNECTIONS + 5
    until(lambda: status_of(alone)[0] < 50)

    large = b"<a>" + b"<z/>" * 250_000 + b"</a>"
    whole = POST + b"Content-Length: %d\r\n\r\n" % len(large) + large
    sizes = []
    # How many are read in one moment is chance, and so is what they take together: first many at once, then
    # one after another, which takes what the first had and no more.
    for at_once in (8, 8, 8, 1, 1, 1):
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(lambda _number: exchange(alone, whole), range(8)))
        sizes.append(status_of(alone)[1])
    assert max(sizes[3:]) < max(sizes[:3]) * 1.5 + 20_000, sizes


def test_a_dripping_request_has_an_end(monkeypatch):
    """In this process, so that the time can be set; one thread drips, the server lets it go."""
    monkeypatch.setattr(served, "REQUEST_SECONDS", 0.3)
    simulator = Simulator()
    server = served.serve(create_app(simulator), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
            started = time.monotonic()
            with contextlib.suppress(ConnectionError):
                while time.monotonic() - started < 20:
                    sock.sendall(b"P")
                    sock.settimeout(0.05)
                    with contextlib.suppress(TimeoutError):
                        if not sock.recv(1):
                            break
            assert time.monotonic() - started < 15
    finally:
        server.shutdown()
        server.server_close()
        simulator.close()
        thread.join(20)


# === How much work bytes can ask for, counted and not timed ===

CONTEXT = (
    "<context><channel>WS</channel><clientId>x</clientId><clientReference>r</clientReference>"
    "<clientRequestTimeout>0</clientRequestTimeout><initiatorPrincipalId><id>{id}</id>"
    "<type>{type}</type><userId>9900</userId></initiatorPrincipalId>"
    "<password>{password}</password></context>"
)
TOTAL = "<totalAmount><currency>SEK</currency><value>1.00</value></totalAmount>"
ROW = f"<invoiceRow>{TOTAL.replace('totalAmount', 'itemTotalAmount')}</invoiceRow>"


def envelope(operation, content, header=""):
    return (
        f'<s:Envelope xmlns:s="{soap.ENVELOPE}" xmlns:e="{PAYLOAD}">{header}<s:Body>'
        f"<e:{operation}>{content}</e:{operation}></s:Body></s:Envelope>"
    ).encode()


def repeated(operation, before, unit, after=""):
    """A request that has as much of ``unit`` in it as fits into a size."""

    def make(caller, size):
        many = unit * (size // len(unit))
        return envelope(operation, f"{caller}{before}{many}{after}")

    return make


def each_its_own(operation, before, unit, after=""):
    """The same with another number in each, so that nothing is met twice."""

    def make(caller, size):
        many = "".join(unit.format(number) for number in range(size // len(unit)))
        return envelope(operation, f"{caller}{before}{many}{after}")

    return make


# What a hostile request repeats; each for the sake of one thing that somebody has to read.
WORST = {
    "rows": repeated("sendInvoice", "<invoice><invoiceRows>", ROW, "</invoiceRows></invoice>"),
    "invoices": repeated("sendInvoice", "", f"<invoice>{TOTAL}</invoice>"),
    "cards": repeated("updateInvoice", "", "<tokens><id>1</id><value>1</value></tokens>"),
    "parameters": each_its_own(
        "executeReport",
        "<reportId>x</reportId><parameters><parameter>",
        "<entry><key>{}</key><value>b</value></entry>",
        "</parameter></parameters>",
    ),
    "unknown elements": each_its_own("getPaymentStatus", "", "<z{}/>"),
    "namespaces": each_its_own("getPaymentStatus", "", '<z xmlns="{}"/>'),
    "attributes": lambda caller, size: envelope(
        "cancelInvoice",
        f"{caller}<z {' '.join(f'a{n}=' + chr(34) * 2 for n in range(size // 9))}/>",
    ),
    "deep": repeated("getPaymentStatus", "", "<z>"),
    "text in between": repeated("getPaymentStatus", "", "<!-- -->x"),
    "a reference": repeated("getPaymentStatus", "<invoiceReference>", "9", "</invoiceReference>"),
    "a number": repeated("getPaymentStatus", "<invoiceVersion>", "9", "</invoiceVersion>"),
    "an amount": repeated(
        "commitReservation", "<amount><currency>SEK</currency><value>", "9", "</value></amount>"
    ),
    "a document": repeated(
        "submitPaymentReceipt",
        "<ersReference>1</ersReference><receiptDocument><receiptData>",
        "QUJD ",
        "</receiptData></receiptDocument>",
    ),
    "headers": lambda _caller, size: envelope(
        "benchmarkingNop", "", f"<s:Header>{'<z/>' * (size // 4)}</s:Header>"
    ),
    "bodies": lambda _caller, size: (
        f'<s:Envelope xmlns:s="{soap.ENVELOPE}">{"<s:Body/>" * (size // 9)}</s:Envelope>'
    ).encode(),
    "entities": lambda _caller, size: (
        b'<!DOCTYPE z [<!ENTITY a "%s">]><z y="%s"/>' % (b"a" * (size // 2), b"&a;" * (size // 6))
    ),
    "no characters": lambda _caller, size: b"\xff" * size,
}


@pytest.mark.parametrize("strictness", ["lenient", "documented"])
@pytest.mark.parametrize("kind", ["RESELLERUSER", "TERMINALID"])
def test_a_request_twice_as_long_is_not_more_than_twice_the_work(simulator, kind, strictness):
    till = in_process(simulator).register(glase_id="FJALL1")
    who = {"RESELLERUSER": ("demo", "demo"), "TERMINALID": (till.id, till.password)}[kind]
    caller = CONTEXT.format(id=who[0], type=kind, password=who[1])
    simulator.set_profile({"strictness": strictness})
    for shape, make in WORST.items():
        bodies = [make(caller, size) for size in (1000, 100_000, 200_000)]
        # What is made once in a process is there after the first.
        _first, once, twice = (
            steps(lambda body=body: soap.answer(simulator, body, "text/xml")) for body in bodies
        )
        assert twice <= 2.2 * once + 200, shape
        assert once < 300_000, shape


def test_what_a_stranger_writes_is_kept_in_part_only(simulator):
    long = "x" * 400_000
    fields = {
        "getPaymentStatus": f"<invoiceReference>{long}</invoiceReference>",
        "refundPayment": f"<ersReference>{long}</ersReference>",
        "registerTerminal": f"<{'x' * 40_000}/>",
        "x" * 40_000: "",
    }
    caller = CONTEXT.format(id=long, type=long, password=long).replace(">x<", f">{long}<")
    caller = caller.replace(">r<", f">{long}<")
    for operation, field in fields.items():
        for context in ("", caller):
            status, _type, _content = soap.answer(
                simulator, envelope(operation, context + field), "text/xml"
            )
            assert status in (200, 500)
    calls = simulator.journal()["calls"]
    assert len(calls) == 2 * len(fields)
    longest = max(len(value) for call in calls for value in call.values() if isinstance(value, str))
    assert longest == journal.KEPT_TEXT


@pytest.mark.parametrize(
    "unread",
    [
        f"<z {' '.join(f'a{n}=' + chr(34) * 2 for n in range(101))}/>",
        "".join(f"<z xmlns:a{n}='u'>" for n in range(101)) + "</z>" * 101,
    ],
)
def test_what_older_versions_of_libxml2_need_a_square_of_time_for_is_not_read(unread):
    status, _kind, answered = soap.answer(
        Simulator(), envelope("cancelInvoice", unread), "text/xml"
    )
    assert status == 500 and b"are not read" in answered
    # Declared again and again, but never many at a place.
    few = envelope("cancelInvoice", "<z xmlns:a='u' xmlns:b='v'/>" * 1000)
    assert b"are not read" not in soap.answer(Simulator(), few, "text/xml")[2]
