"""Malformed requests over a socket: an answer or a closed connection, never a trace of trouble."""

import contextlib
import re
import socket
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulator_tools import SOAP_PATH, Process, until

from simulator import server as served

POST = f"POST {SOAP_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n".encode()


@pytest.fixture(scope="module")
def alone():
    """A process of one's own, which must have said nothing when it ends."""
    process = Process()
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


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"-5\r\nabc\r\n", b"\r\n", b"5\r\nab"])
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
                st.just(b"X: " + b"y" * 70_000 + b"\r\n"),
                st.just(b"X: y\r\n" * 120),
                st.just(b"Expect: 100-continue\r\n"),
            ),
            st.just(b"\r\n"),
            st.binary(max_size=400) | text.map(lambda value: b"<a>" + value + b"</a>"),
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
    for _round in range(6):
        threads = [threading.Thread(target=exchange, args=(alone, whole)) for _number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sizes.append(status_of(alone)[1])
    # What a thread used is used again: it does not grow with what was asked.
    assert sizes[5] < sizes[2] * 1.5 + 20_000, sizes


def test_a_dripping_request_has_an_end(monkeypatch):
    """In this process, so that the time can be set; one thread drips, the server lets it go."""
    from simulator import Simulator, create_app

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
