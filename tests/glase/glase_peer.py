"""A server that follows a script, on a real socket, and the samples that the tests send to it."""

import contextlib
import socket
import struct
import threading
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from lxml import etree

from glase import Amount, Invoice, InvoiceRow, Principal, ReceiptDocument

NS = "http://external.interfaces.ers.seamless.com/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
PATH = "/soap/merchant/cashregister-2"

PASSWORD = "Vq7mT2xHn4Lr9Ks&<"
NEW_PASSWORD = "zR5tB8wKc1Yd6Gj"
TERMINAL = Principal.terminal("5f0c2a91d4e84b77", PASSWORD)
RESELLER = Principal.reseller("fjallboden_gbg", "9900", PASSWORD)


def sek(value):
    return Amount(Decimal(value), "SEK")


def invoice(**changes):
    """A bill of 148 SEK: socks, and what was paid in cash."""
    values = {
        "title": "Fjällboden",
        "client_invoice_id": "00412-003-0007",
        "rows": (
            InvoiceRow(
                "Wool socks",
                sek("198"),
                quantity=Decimal(2),
                unit_price=sek("99"),
                sku="SOCK-42",
                tax_rate=Decimal(25),
            ),
            InvoiceRow("Already paid in cash", sek("-50")),
        ),
        "total": sek("148"),
        "cashier_id": "Maja",
        "footer": "Org.nr 559000-0000",
        "issue_date": datetime(2018, 8, 14, 9, 30, 55, 123, timezone(timedelta(hours=2))),
    }
    return Invoice(**{**values, **changes})


# Each operation: how it is called, and the children of a success besides the result code.
CALLS = {
    "benchmarkingNop": (lambda c, **k: c.benchmarking_nop(**k), ""),
    "registerTerminal": (
        lambda c, **k: c.register_terminal(RESELLER, "shop/3", NEW_PASSWORD, "Till 3", **k),
        "<terminalId>5f0c</terminalId>",
    ),
    "unregisterTerminal": (lambda c, **k: c.unregister_terminal(TERMINAL, **k), ""),
    "assignSeqrId": (lambda c, **k: c.assign_seqr_id(TERMINAL, "FJALL000731", **k), ""),
    "sendInvoice": (
        lambda c, **k: c.send_invoice(TERMINAL, invoice(), **k),
        "<invoiceReference>20180814093055127</invoiceReference>",
    ),
    "updateInvoice": (
        lambda c, **k: c.update_invoice(TERMINAL, "20180814093055127", invoice(), **k),
        "",
    ),
    "getPaymentStatus": (
        lambda c, **k: c.get_payment_status(TERMINAL, "20180814093055127", 2, **k),
        "<status>ISSUED</status><version>3</version>",
    ),
    "cancelInvoice": (lambda c, **k: c.cancel_invoice(TERMINAL, "20180814093055127", **k), ""),
    "refundPayment": (lambda c, **k: c.refund_payment(TERMINAL, "2018081409", invoice(), **k), ""),
    "submitPaymentReceipt": (
        lambda c, **k: c.submit_payment_receipt(
            TERMINAL, "2018081409", ReceiptDocument(b"<p>Tack!</p>"), **k
        ),
        "",
    ),
    "markTransactionPeriod": (
        lambda c, **k: c.mark_transaction_period(RESELLER, "5f0c", **k),
        "<transactionPeriodId>20180814180044</transactionPeriodId>",
    ),
    "executeReport": (
        lambda c, **k: c.execute_report(
            RESELLER,
            "Reconciliation/STD_RECON_006.xml",
            {"transactionPeriodId": "20180814180044", "TERMINALID": "5f0c"},
            **k,
        ),
        "<report><contentString>a</contentString></report>",
    ),
}


def envelope(operation, children):
    """An answer in the shape the real service gives it."""
    return (
        f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body>'
        f'<ns2:{operation}Response xmlns:ns2="{NS}"><return>{children}</return>'
        f"</ns2:{operation}Response></soap:Body></soap:Envelope>"
    ).encode()


def success(operation, more=None):
    """The answer of an operation that went well."""
    more = CALLS[operation][1] if more is None else more
    return envelope(operation, f"<resultCode>0</resultCode>{more}")


def refusal(operation, code, words="REFUSED"):
    """The answer of an operation that was refused."""
    return envelope(
        operation,
        f"<resultCode>{code}</resultCode><resultDescription>{words}</resultDescription>",
    )


def http(body, status="200 OK", headers=()):
    """A whole HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: text/xml"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def operation_of(request):
    """The operation that a request asks for."""
    body = etree.fromstring(request.body).find(f"{{{SOAP}}}Body")
    return etree.QName(body[0]).localname


class Request:
    """One request as it came: ``head`` lines, ``headers`` by lower-case name, ``body``."""

    def __init__(self, head, body):
        self.line, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        self.headers = {name.lower(): value for name, value in pairs}
        self.body = body


class Line:
    """The server's side of one connection."""

    def __init__(self, sock, peer):
        self.sock = sock
        self.peer = peer
        self._ahead = b""

    def next_request(self):
        """The next request; None when the client has closed.

        A client that was answered twice may ask again before its question is read.
        """
        data = self._ahead
        while b"\r\n\r\n" not in data:
            more = self.sock.recv(65536)
            if not more:
                return None
            data += more
        head, body = data.split(b"\r\n\r\n", 1)
        request = Request(head, b"")
        length = int(request.headers.get("content-length", 0))
        while len(body) < length:
            body += self.sock.recv(65536)
        request.body, self._ahead = body[:length], body[length:]
        self.peer.requests.append(request)
        return request

    def send(self, data):
        self.sock.sendall(data)

    def drip(self, data):
        """One byte at a time, until the client has had enough or the peer stops."""
        for number in range(len(data)):
            if self.peer.stopping.wait(0.02):
                return
            self.sock.sendall(data[number : number + 1])

    def hang(self):
        """Keep silent until the peer stops."""
        self.peer.stopping.wait()

    def reset(self):
        """Close without a farewell."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Peer:
    """Runs ``script(line)`` in a thread of its own for each connection.

    ``connections`` counts them, ``requests`` holds what came over all of them, ``errors`` what a
    script ended with if it was not a closed connection.
    """

    def __init__(self, script, tls=None):
        self.script = script
        self.tls = tls
        self.connections = 0
        self.requests = []
        self.errors = []
        self.stopping = threading.Event()
        self.closed = threading.Semaphore(0)
        self._lines = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, host="127.0.0.1"):
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{PATH}"

    def stop(self):
        self.stopping.set()
        self._listener.close()
        for sock in self._lines:
            sock.close()
        assert not self.errors, self.errors

    def _accept(self):
        while True:
            try:
                sock, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._lines.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            # The client goes away in the middle, as some of the tests want.
            with contextlib.suppress(OSError):
                if self.tls:
                    sock = self.tls.wrap_socket(sock, server_side=True)
                self.script(Line(sock, self))
        except Exception as error:
            self.errors.append(error)
        finally:
            sock.close()
            self.closed.release()


def answer_all(line):
    """The script of a healthy server: answers every request on a connection that stays open."""
    while request := line.next_request():
        line.send(http(success(operation_of(request))))


def answering(body, status="200 OK", headers=()):
    """The script of a server that gives the same answer to everything."""

    def script(line):
        while line.next_request():
            line.send(http(body, status, headers))

    return script


def app_answering(body, status="200 OK"):
    """The same as a WSGI application."""

    def app(_environ, start_response):
        start_response(status, [])
        return [body]

    return app


def closes(line):
    """The script of a server that hangs up on everybody."""
    line.sock.close()
