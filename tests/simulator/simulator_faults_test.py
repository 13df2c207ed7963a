"""Trouble on demand, on a real process with real connections."""

import http.client
import threading
import urllib.error
from urllib.parse import urlsplit

import pytest
from simulator_tools import SOAP_PATH, envelope, until, xml

from simulator import Simulator


def fault(process, kind, operation="sendInvoice", **more):
    status, _headers, body = process.api(
        "PUT", "faults", [{"operation": operation, "kind": kind, **more}]
    )
    assert status == 200, body


def journal(process):
    return process.api("GET", "journal")[2]


def last_call(process):
    return journal(process)["calls"][-1]


@pytest.fixture
def till(process):
    return process.service.register(glase_id="FJALL1")


DROPPED = (http.client.RemoteDisconnected, ConnectionResetError)


def test_dropped_without_being_carried_out(process, till):
    fault(process, "drop-before")
    with pytest.raises(DROPPED):
        till.send()
    assert journal(process)["invoices"] == []
    call = last_call(process)
    assert (call["operation"], call["fault"], call["code"]) == ("sendInvoice", "drop-before", None)
    assert call["carried_out_at"] is None
    assert till.send().code == 0


def test_dropped_after_being_carried_out(process, till):
    fault(process, "drop-after")
    with pytest.raises(DROPPED):
        till.send()
    (bill,) = journal(process)["invoices"]
    assert bill["status"] == "ISSUED"
    assert last_call(process)["code"] == 0
    assert till.poll(None)["status"] == "ISSUED"


def test_carried_out_after_the_caller_gave_up(process, till):
    fault(process, "delay-before", seconds=600)
    body = envelope("sendInvoice", xml("context", till.context) + _invoice_xml())
    with pytest.raises((TimeoutError, urllib.error.URLError)):
        process.post(body, timeout=0.3)
    until(lambda: last_call(process)["fault"] == "delay-before")
    assert journal(process)["invoices"] == []
    process.api("PUT", "faults", [])
    until(lambda: len(journal(process)["invoices"]) == 1)
    assert last_call(process)["code"] == 0


def _invoice_xml():
    total = "<totalAmount><currency>SEK</currency><value>1.00</value></totalAmount>"
    return f"<invoice>{total}</invoice>"


def test_answered_late(process, till):
    fault(process, "delay-after", seconds=600)
    answers = []
    caller = threading.Thread(target=lambda: answers.append(till.send()))
    caller.start()
    until(lambda: len(journal(process)["invoices"]) == 1)
    assert answers == []
    process.api("PUT", "faults", [])
    caller.join(20)
    assert answers[0].code == 0


def test_a_delay_ends_by_itself(process, till):
    fault(process, "delay-before", seconds=0.05)
    assert till.send().code == 0


@pytest.mark.parametrize(("carried_out", "invoices"), [(None, 0), (True, 1), (False, 0)])
def test_http_500(process, till, carried_out, invoices):
    fault(process, "http500", **({} if carried_out is None else {"carried_out": carried_out}))
    status, body = process.post(
        envelope("sendInvoice", xml("context", till.context) + _invoice_xml())
    )
    assert status == 500
    assert b"Envelope" not in body
    assert len(journal(process)["invoices"]) == invoices


@pytest.mark.parametrize(("carried_out", "invoices"), [(None, 1), (True, 1), (False, 0)])
def test_garbage(process, till, carried_out, invoices):
    fault(process, "garbage", **({} if carried_out is None else {"carried_out": carried_out}))
    status, body = process.post(
        envelope("sendInvoice", xml("context", till.context) + _invoice_xml())
    )
    assert status == 200
    assert b"Envelope" not in body
    assert len(journal(process)["invoices"]) == invoices
    fault(process, "garbage", body="<a/>")
    assert process.post(envelope("sendInvoice", xml("context", till.context)))[1] == b"<a/>"


@pytest.mark.parametrize("code", [0, 48, 90, 93, 77])
def test_any_code(process, till, code):
    fault(process, "code", code=code)
    answer = till.send()
    assert answer.code == code
    assert journal(process)["invoices"] == []
    if code == 77:
        assert answer["resultDescription"] == "UNKNOWN 77"


def test_a_code_though_it_was_carried_out(process, till):
    fault(process, "code", code=90, carried_out=True)
    assert till.send().code == 90
    assert len(journal(process)["invoices"]) == 1


def test_a_status_that_nobody_knows(process, till):
    reference = till.bill()
    process.api("POST", "stickers/FJALL1/pay")
    fault(process, "status", "getPaymentStatus", status="PARTIALLY_PAID")
    body = envelope(
        "getPaymentStatus",
        xml("context", till.context)
        + xml("invoiceReference", reference)
        + xml("invoiceVersion", 0),
    )
    assert b"<status>PARTIALLY_PAID</status>" in process.post(body)[1]
    assert journal(process)["payments"][0]["state"] == "unfetched"


def test_faults_are_used_up_in_order_and_by_whom_they_name(process, till):
    other = process.service.register()
    process.api(
        "PUT",
        "faults",
        [
            {
                "operation": "sendInvoice",
                "kind": "code",
                "code": 93,
                "count": 2,
                "terminal": till.id,
            },
            {"operation": "*", "kind": "code", "code": 94},
            {"operation": "cancelInvoice", "kind": "code", "code": 51, "count": None},
        ],
    )
    assert till.send().code == 93
    assert other.send().code == 94
    assert other.send().code == 0
    assert till.send().code == 93
    assert till.send().code == 0
    assert [till.cancel("1").code for _ in range(3)] == [51, 51, 51]
    assert [left["operation"] for left in process.api("GET", "faults")[2]] == ["cancelInvoice"]


def test_a_status_fault_in_process(simulator, service):
    till = service.register(glase_id="A1")
    simulator.set_faults([{"operation": "sendInvoice", "kind": "drop-after"}])
    with pytest.raises(ConnectionError):
        till.send()
    assert till.poll(None)["status"] == "ISSUED"


def test_closing_lets_held_calls_go():
    simulator = Simulator()
    done = threading.Event()

    def wait():
        simulator.delays.hold(600)
        done.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not done.is_set():
        simulator.close()
    waiting.join(20)
    assert not waiting.is_alive()


def test_one_connection_serves_many_calls(process, till):
    parts = urlsplit(process.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    headers = {"Content-Type": "text/xml; charset=utf-8"}
    connection.connect()
    socket = connection.sock
    for body in (envelope("benchmarkingNop", ""), b"not xml", b"x" * 2_000_000) * 3:
        connection.request("POST", SOAP_PATH, body, headers)
        answer = connection.getresponse()
        answer.read()
        if len(body) < 1_000_000:
            assert connection.sock is socket
        else:
            # The rest of an oversized body is nobody's next request.
            assert answer.getheader("Connection") == "close"
            connection.close()
            connection.connect()
            socket = connection.sock
    connection.request("HEAD", "/phone/FJALL1")
    assert connection.getresponse().read() == b""
    connection.request(
        "POST", SOAP_PATH, iter([envelope("benchmarkingNop", "")]), headers, encode_chunked=True
    )
    answer = connection.getresponse()
    assert (answer.status, b"SUCCESS" in answer.read()) == (200, True)
    connection.close()
