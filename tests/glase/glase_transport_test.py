"""Real sockets: what left, what came, and what is known after each kind of trouble."""

import os
import socket
import threading
import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from glase_peer import (
    CALLS,
    PATH,
    RESELLER,
    TERMINAL,
    Peer,
    answer_all,
    answering,
    closes,
    http,
    operation_of,
    success,
)
from hypothesis import given
from hypothesis import strategies as st

from glase import (
    Client,
    GlaseError,
    NeverSent,
    NoAnswer,
    ReceiptDocument,
    TransportError,
    Unreadable,
    deadline,
    transport,
)


def poll(client, **options):
    return client.get_payment_status(TERMINAL, "1", 0, **options)


def send(client, **options):
    return CALLS["sendInvoice"][0](client, **options)


def failure(url, kind, call=send, *, timeout=5.0, **options):
    with pytest.raises(TransportError) as caught:
        call(Client(url, **options), timeout=timeout)
    error = caught.value
    assert isinstance(error, kind)
    assert error.money_state_known == (kind is NeverSent)
    assert error.retryable == (kind is NeverSent or call is not send)
    assert error.seconds > 0
    return error


# === Never sent ===


def test_nobody_listens(peer):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = failure(f"http://127.0.0.1:{port}/", NeverSent)
    assert (error.reason, error.slow) == ("refused", False)


def test_no_such_host(monkeypatch):
    def no_name(*_arguments, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    error = failure("https://glase.invalid/soap", NeverSent)
    assert (error.reason, error.slow) == ("dns", False)


@pytest.fixture
def black_hole():
    """The port of a listener whose queue is full: the system leaves a connection unanswered."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _number in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_no_connection_in_time(black_hole):
    error = failure(f"http://127.0.0.1:{black_hole}/", NeverSent, connect_timeout=0.3)
    assert (error.reason, error.slow) == ("connect_timeout", True)
    assert error.seconds < 3


def test_the_second_address_of_a_host_is_tried(peer, monkeypatch):
    server = peer(answer_all)
    found = socket.getaddrinfo("127.0.0.1", server.port, type=socket.SOCK_STREAM)
    dead = socket.getaddrinfo("127.0.0.2", server.port, type=socket.SOCK_STREAM)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_o: dead + found)
    assert poll(Client(server.url("localhost"))).result_code == 0


def test_a_dead_address_does_not_use_up_all_the_time(peer, monkeypatch, black_hole):
    server = peer(answer_all)
    dead = socket.getaddrinfo("127.0.0.1", black_hole, type=socket.SOCK_STREAM)
    found = socket.getaddrinfo("127.0.0.1", server.port, type=socket.SOCK_STREAM)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_o: dead + found)
    assert poll(Client(server.url("localhost"), connect_timeout=1.0)).result_code == 0


# === Sent, no answer ===


def closes_after_the_request(line):
    line.next_request()


def resets(line):
    line.next_request()
    line.reset()


def resets_in_the_middle(line):
    line.next_request()
    line.send(http(success("sendInvoice"))[:150])
    line.peer.half_sent.wait()
    line.reset()


@pytest.mark.parametrize("script", [closes, closes_after_the_request, resets])
def test_the_connection_is_cut_before_an_answer(peer, script):
    server = peer(script)
    assert failure(server.url(), NoAnswer).reason == "closed"
    # Nothing repeats a request by itself.
    assert server.connections == 1
    assert len(server.requests) <= 1


def test_the_connection_is_reset_in_the_middle_of_an_answer(peer, monkeypatch):
    server = peer(resets_in_the_middle)
    server.half_sent = threading.Event()
    started = http_started(monkeypatch, server.half_sent)
    assert failure(server.url(), NoAnswer).reason == "closed"
    assert started


def http_started(monkeypatch, event):
    """Set the event once the client has read the head of an answer."""
    seen = []
    original = transport.http.client.HTTPResponse.read

    def read(self, amount):
        seen.append(self.status)
        event.set()
        return original(self, amount)

    monkeypatch.setattr(transport.http.client.HTTPResponse, "read", read)
    return seen


def silent(line):
    line.next_request()
    line.hang()


def stops_in_the_head(line):
    line.next_request()
    line.send(b"HTTP/1.1 200 OK\r\nContent-Le")
    line.hang()


def stops_in_the_body(line):
    line.next_request()
    line.send(http(success("sendInvoice"))[:-5])
    line.hang()


def drips_the_head(line):
    line.next_request()
    line.drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 60000)


def drips_the_body(line):
    line.next_request()
    answer = http(success("sendInvoice") + b" " * 60000)
    line.send(answer[:200])
    line.drip(answer[200:])


def drips_continues(line):
    line.next_request()
    line.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def does_not_read(line):
    line.hang()


@pytest.mark.parametrize(
    "script",
    [silent, stops_in_the_head, stops_in_the_body, drips_the_head, drips_the_body, drips_continues],
)
def test_no_answer_in_time(peer, script):
    error = failure(peer(script).url(), NoAnswer, timeout=0.4)
    assert (error.reason, error.slow) == ("timeout", True)
    assert 0.3 < error.seconds < 10


def test_a_server_that_does_not_even_read(peer):
    client = Client(peer(does_not_read).url())
    with pytest.raises(NoAnswer) as caught:
        client.submit_payment_receipt(TERMINAL, "1", ReceiptDocument(b"x" * 2**23), timeout=0.4)
    assert (caught.value.reason, caught.value.slow) == ("timeout", True)


def test_a_late_answer_is_not_taken_for_the_next_one(peer):
    late = threading.Event()

    def script(line):
        if line.peer.connections == 1:
            first = line.next_request()
            late.wait()
            line.send(http(success(operation_of(first), "<status>FAILED</status>")))
        answer_all(line)

    server = peer(script)
    client = Client(server.url())
    with pytest.raises(NoAnswer):
        poll(client, timeout=0.2)
    late.set()
    assert poll(client).raw_status == "ISSUED"
    assert server.connections == 2


# === Answers that cannot be read ===


def says(data):
    def script(line):
        line.next_request()
        line.send(data)

    return script


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not_http"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "not_http"),
        (b"HTTP/1.1 2oo OK\r\n\r\n", "not_http"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n", "not_http"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100000 + b"\r\n\r\n", "not_http"),
        (http(success("sendInvoice"))[:-5], "not_http"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "not_http"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<a>", "not_http"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "not_xml"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "not_xml"),
    ],
)
def test_unreadable(peer, data, reason):
    server = peer(says(data))
    assert failure(server.url(), Unreadable).reason == reason
    assert server.connections == 1


def test_a_redirect_is_not_followed(peer):
    target = peer(answer_all)
    location = [f"Location: {target.url()}"]
    for status in ("301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"):
        server = peer(answering(success("sendInvoice"), status, location))
        error = failure(server.url(), Unreadable)
        assert (error.reason, error.http_status) == ("redirect", int(status[:3]))
    assert not target.connections


def chunked_for_ever(line):
    line.next_request()
    line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        line.send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


@pytest.mark.parametrize(
    "script", [chunked_for_ever, answering(success("sendInvoice") + b" " * 2**20)]
)
def test_an_answer_has_a_size(peer, script):
    assert failure(peer(script).url(), Unreadable).reason == "too_big"


def test_a_report_may_be_longer(peer):
    text = "x" * 3 * 2**20
    body = success("executeReport", f"<report><contentString>{text}</contentString></report>")
    client = Client(peer(answering(body)).url())
    answer = client.execute_report(RESELLER, "x", {})
    assert answer.report.text == text
    assert len(answer.response_xml) < 70000


def test_a_report_has_a_size_too(peer):
    with pytest.raises(Unreadable) as caught:
        Client(peer(chunked_for_ever).url()).execute_report(RESELLER, "x", {})
    assert caught.value.reason == "too_big"


@given(st.binary(max_size=60), st.booleans())
def test_whatever_bytes_come_only_glase_errors_escape(data, as_http):
    data = b"HTTP/1.1 200 OK\r\n" + data if as_http else data
    server = Peer(says(data))
    try:
        with pytest.raises(GlaseError):
            poll(Client(server.url()))
    finally:
        server.stop()


# === Connections ===


def test_polls_use_one_connection(peer):
    server = peer(answer_all)
    for _poll in range(20):
        poll(Client(server.url()))
    assert server.connections == 1
    assert len(server.requests) == 20


def test_headers_and_body_leave_in_one_write(peer, monkeypatch):
    written = []
    sendall = deadline.DeadlineSocket.sendall

    def watched(sock, data):
        written.append(data)
        sendall(sock, data)

    monkeypatch.setattr(deadline.DeadlineSocket, "sendall", watched)
    server = peer(answer_all)
    poll(Client(server.url()))
    send(Client(server.url()))
    assert len(written) == len(server.requests) == 2
    assert [data.rpartition(b"\r\n\r\n")[2][:5] for data in written] == [b"<?xml"] * 2


def test_threads_share_connections(peer):
    server = peer(answer_all)
    problems = []

    def work():
        try:
            for _poll in range(10):
                poll(Client(server.url()))
        except GlaseError as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert len(server.requests) == 50
    assert server.connections <= 5


def chunked(line):
    while request := line.next_request():
        body = success(operation_of(request))
        line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        line.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))


def test_a_chunked_answer_leaves_the_connection_usable(peer):
    server = peer(chunked)
    for _poll in range(3):
        assert poll(Client(server.url())).status == "ISSUED"
    assert server.connections == 1


def test_an_answer_without_a_length_ends_with_the_connection(peer):
    server = peer(says(b"HTTP/1.0 200 OK\r\n\r\n" + success("getPaymentStatus")))
    for _poll in range(2):
        assert poll(Client(server.url())).status == "ISSUED"
    assert server.connections == 2


def test_connection_close_is_obeyed(peer):
    server = peer(answering(success("getPaymentStatus"), headers=["Connection: close"]))
    for _poll in range(2):
        poll(Client(server.url()))
    assert server.connections == 2


def test_a_connection_that_the_server_closed_while_idle_is_not_used(peer):
    def one_answer(line):
        request = line.next_request()
        line.send(http(success(operation_of(request))))

    server = peer(one_answer)
    for number in (1, 2, 3):
        assert poll(Client(server.url())).result_code == 0
        assert server.closed.acquire(timeout=5)
        assert server.connections == number


def test_a_connection_on_which_something_came_unasked_is_not_used(peer):
    arrived = threading.Event()

    def talkative(line):
        request = line.next_request()
        line.send(http(success(operation_of(request))))
        line.peer.answered.wait()
        line.send(http(success(operation_of(request), "<status>PAID</status>")))
        arrived.set()
        answer_all(line)

    server = peer(talkative)
    server.answered = threading.Event()
    poll(Client(server.url()))
    server.answered.set()
    assert arrived.wait(5)
    assert poll(Client(server.url())).raw_status == "ISSUED"
    assert server.connections == 2


@pytest.fixture
def clock(monkeypatch):
    """Moves the clock by which connections grow idle."""
    state = SimpleNamespace(ahead=0.0)
    moved = SimpleNamespace(monotonic=lambda: time.monotonic() + state.ahead)
    monkeypatch.setattr(transport, "time", moved)
    return state


QUESTIONS = ("getPaymentStatus", "benchmarkingNop")


@pytest.mark.parametrize("operation", CALLS)
def test_what_does_something_has_a_connection_of_its_own(peer, operation):
    server = peer(answer_all)
    poll(Client(server.url()))
    for number in (2, 3):
        CALLS[operation][0](Client(server.url()))
        assert server.connections == (1 if operation in QUESTIONS else number)
    # Nothing was wrong with it: the next question takes it.
    poll(Client(server.url()))
    assert server.connections == (1 if operation in QUESTIONS else 3)


def test_an_old_connection_is_kept_for_polls(peer, clock):
    server = peer(answer_all)
    poll(Client(server.url()))
    clock.ahead = 3
    send(Client(server.url()))
    poll(Client(server.url()))
    poll(Client(server.url()))
    assert server.connections == 2


def test_no_connection_is_kept_for_long(peer, clock):
    server = peer(answer_all)
    poll(Client(server.url()))
    clock.ahead = 21
    poll(Client(server.url()))
    assert server.connections == 2
    assert server.closed.acquire(timeout=5)


def test_endpoints_do_not_share_connections(peer):
    one, other = peer(answer_all), peer(answer_all)
    for server in (one, other, one, other):
        poll(Client(server.url()))
    assert (one.connections, other.connections) == (1, 1)


def test_a_forked_worker_makes_connections_of_its_own(peer):
    server = peer(answer_all)
    poll(Client(server.url()))
    assert server.connections == 1
    child = os.fork()
    if not child:
        try:
            poll(Client(server.url()))
        except BaseException:
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    poll(Client(server.url()))
    assert len(server.requests) == 3
    assert server.connections == 2


def test_the_path_of_the_endpoint_is_what_is_asked_for(peer):
    server = peer(answer_all)
    poll(Client(f"{server.url()}?wsdl"))
    assert server.requests[0].line == f"POST {PATH} HTTP/1.1"


# === In process ===


def test_an_application_that_fails_is_no_answer():
    def app(_environ, _start_response):
        raise ConnectionAbortedError("dropped")

    with pytest.raises(NoAnswer) as caught:
        send(Client("http://localhost/soap", wsgi_app=app))
    assert caught.value.reason == "closed"


def test_an_application_answers_too_late(clock):
    def app(_environ, start_response):
        clock.ahead += 6
        start_response("200 OK", [])
        return [success("getPaymentStatus")]

    with pytest.raises(NoAnswer) as caught:
        poll(Client("http://localhost/soap", wsgi_app=app))
    assert caught.value.reason == "timeout"
    clock.ahead = 0
    assert poll(Client("http://localhost/soap", wsgi_app=app), timeout=7).status == "ISSUED"


def test_an_applications_answer_has_a_size():
    def app(_environ, start_response):
        write = start_response("200 OK", [])
        write(b" " * 2**20)
        return iter([b" "])

    with pytest.raises(Unreadable) as caught:
        poll(Client("http://localhost/soap", wsgi_app=app))
    assert caught.value.reason == "too_big"


def test_an_application_sees_a_proper_request():
    from werkzeug.wrappers import Request, Response

    seen = []

    @Request.application
    def app(request):
        seen.append(request)
        return Response(success("getPaymentStatus"), mimetype="text/xml")

    poll(Client("http://localhost:8069/soap?wsdl", wsgi_app=app))
    (request,) = seen
    assert request.url == "http://localhost:8069/soap"
    assert request.method == "POST"
    assert request.headers["SOAPAction"] == '""'
    assert request.mimetype == "text/xml"
    assert operation_of(SimpleNamespace(body=request.get_data())) == "getPaymentStatus"
