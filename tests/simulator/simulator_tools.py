"""Raw SOAP by hand, for the simulator's tests: no client library, every answer validated."""

import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from decimal import Decimal
from xml.sax.saxutils import escape

from lxml import etree
from werkzeug.test import Client

from simulator import create_app

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAYLOAD = "http://external.interfaces.ers.seamless.com/"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_PATH = "/soap/merchant/cashregister-2"
SECONDS = 20

_wsdl = etree.parse(str(ROOT / "glase/wsdl/cashregister-2.wsdl"))
_types = _wsdl.find(".//{http://www.w3.org/2001/XMLSchema}schema")
SCHEMA = etree.XMLSchema(etree.fromstring(etree.tostring(_types)))


def xml(name, value):
    """An element of no namespace: None leaves it out, lists repeat it, dicts nest."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(xml(name, item) for item in value)
    if isinstance(value, dict):
        inner = "".join(xml(key, item) for key, item in value.items())
        return f"<{name}>{inner}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def envelope(operation, inner):
    """A request around ready-made XML."""
    return (
        f'<s:Envelope xmlns:s="{ENVELOPE}" xmlns:g="{PAYLOAD}"><s:Body>'
        f"<g:{operation}>{inner}</g:{operation}></s:Body></s:Envelope>"
    ).encode()


def amount(value, currency="SEK"):
    return {"currency": currency, "value": value}


def row(value, text="Thing", quantity="1", currency="SEK", **more):
    """A row of an invoice, elements in schema order."""
    return {
        "itemDescription": text,
        "itemQuantity": quantity,
        "itemSKU": more.get("sku"),
        "itemTaxRate": more.get("tax"),
        "itemTotalAmount": amount(value, currency),
        "itemUnit": more.get("unit"),
        "itemUnitPrice": more.get("unit_price") and amount(more["unit_price"], currency),
    }


def invoice(total="148.00", rows=None, currency="SEK", **changes):
    """A complete invoice in schema order; a change of None leaves an element out."""
    content = {
        "paymentMode": "IMMEDIATE_DEBIT",
        "acknowledgmentMode": "NO_ACKNOWLEDGMENT",
        "issueDate": "2018-08-14T09:30:55+02:00",
        "title": "Fjällboden",
        "clientInvoiceId": "00412-003-0007",
        "invoiceRows": {
            "invoiceRow": rows if rows is not None else [row(total, currency=currency)]
        },
        "totalAmount": amount(total, currency),
        "cashierId": "Maja",
        "footer": "Org.nr 559000-0000",
        "backURL": None,
        "notificationUrl": None,
        "commitReservationTimeout": None,
    }
    assert set(changes) <= set(content)
    return {**content, **changes}


def entries(**parameters):
    return {"parameter": {"entry": [{"key": k, "value": v} for k, v in parameters.items()]}}


class Answer(dict):
    """The children of ``return``; ``code`` is the result code, ``fault`` a fault's text."""

    def __init__(self, status, body):
        self.http_status = status
        self.body = body
        self.fault = None
        payload = etree.fromstring(body).find(f"{{{ENVELOPE}}}Body")[0]
        if payload.tag == f"{{{ENVELOPE}}}Fault":
            assert status == 500
            self.fault = payload.findtext("faultstring")
            self.fault_code = payload.findtext("faultcode")
            super().__init__()
            return
        assert status == 200
        self.name = etree.QName(payload).localname
        self.valid = SCHEMA.validate(etree.ElementTree(payload))
        super().__init__(_read(payload.find("return")))

    @property
    def code(self):
        assert self.fault is None, self.fault
        return int(self["resultCode"])


def _read(element):
    if not len(element):
        return element.text or ""
    values = {}
    for child in element:
        value = _read(child)
        if child.tag in values:
            before = values[child.tag]
            values[child.tag] = [*(before if isinstance(before, list) else [before]), value]
        else:
            values[child.tag] = value
    return values


class Service:
    """A peer of the simulator that writes its XML itself.

    :param post: function of bytes → ``(HTTP status, bytes)``
    """

    def __init__(self, post):
        self.post = post

    def raw(self, body):
        return Answer(*self.post(body))

    def call(self, operation, context, **fields):
        """One call; ``context`` is a dict or None, fields in schema order."""
        inner = xml("context", context) + "".join(xml(k, v) for k, v in fields.items())
        answer = self.raw(envelope(operation, inner))
        if answer.fault is None:
            assert answer.name == f"{operation}Response"
            assert answer.valid or answer.code == 91, SCHEMA.error_log
        return answer

    def shop(self, reseller="demo", password="demo", user="9900", kind="RESELLERUSER", **more):
        """Context of a reseller."""
        return context({"id": reseller, "type": kind, "userId": user}, password, **more)

    def register(self, password="Vq7mT2xHn4Lr9Ks", name="Till", glase_id=None, external="till/1"):
        """A registered till, with a sticker if one is given."""
        answer = self.call(
            "registerTerminal",
            self.shop(),
            externalTerminalId=external,
            password=password,
            name=name,
        )
        assert answer.code == 0
        till = Till(self, answer["terminalId"], password)
        if glase_id is not None:
            assert till.assign(glase_id).code == 0
        return till

    def mark(self, **parameters):
        return self.call(
            "markTransactionPeriod",
            self.shop(),
            parameters=entries(**parameters) if parameters else None,
        )

    def report(self, report_id, **parameters):
        return self.call(
            "executeReport",
            self.shop(),
            reportId=f"Reconciliation/{report_id}.xml",
            language="en",
            parameters=entries(**parameters),
        )


def context(principal, password, **more):
    """A clientContext; ``timeout=None`` leaves the required element out."""
    return {
        "channel": "WS",
        "clientId": "Fjällboden AB / tests",
        "clientReference": more.get("reference", "Order 00412"),
        "clientRequestTimeout": more.get("timeout", 0),
        "initiatorPrincipalId": principal,
        "password": password,
    }


class Till:
    """A registered terminal and its calls."""

    def __init__(self, service, terminal_id, password):
        self.service = service
        self.id = terminal_id
        self.password = password

    @property
    def context(self):
        return context({"id": self.id, "type": "TERMINALID"}, self.password)

    def call(self, operation, **fields):
        return self.service.call(operation, self.context, **fields)

    def assign(self, glase_id):
        return self.call("assignSeqrId", seqrId=glase_id)

    def unregister(self):
        return self.call("unregisterTerminal")

    def send(self, *arguments, tokens=None, **changes):
        return self.call("sendInvoice", invoice=invoice(*arguments, **changes), tokens=tokens)

    def bill(self, *arguments, **changes):
        """Send an invoice that is accepted; its reference."""
        answer = self.send(*arguments, **changes)
        assert answer.code == 0
        return answer["invoiceReference"]

    def update(self, reference, *arguments, tokens=None, **changes):
        return self.call(
            "updateInvoice",
            invoiceReference=reference,
            invoice=invoice(*arguments, **changes),
            tokens=tokens,
        )

    def poll(self, reference, version=0):
        return self.call("getPaymentStatus", invoiceReference=reference, invoiceVersion=version)

    def cancel(self, reference):
        return self.call("cancelInvoice", invoiceReference=reference)

    def refund(self, ers_reference, *arguments, **changes):
        return self.call(
            "refundPayment", ersReference=ers_reference, invoice=invoice(*arguments, **changes)
        )

    def commit(self, reference, value=None):
        return self.call(
            "commitReservation", amount=value and amount(value), invoiceReference=reference
        )

    def receipt(self, ers_reference, document=None):
        return self.call(
            "submitPaymentReceipt",
            ersReference=ers_reference,
            receiptDocument=document
            or {
                "mimeType": "text/html",
                "receiptData": "PHA+VGFjayE8L3A+",
                "receiptType": "PAYMENT_RECEIPT",
            },
        )

    def sale(self, simulator, glase_id, value, **changes):
        """A bill, paid and fetched; the payment's reference."""
        reference = self.bill(value, **changes)
        simulator.pay(glase_id)
        return self.poll(reference)["ersReference"]


def in_process(simulator):
    """A :class:`Service` on the WSGI app, without a socket."""
    client = Client(create_app(simulator))

    def post(body):
        answer = client.post(SOAP_PATH, data=body, content_type="text/xml; charset=utf-8")
        return answer.status_code, answer.data

    return Service(post)


class Process:
    """``python -m simulator`` on a free port, ended by its own process handle.

    :param environment: variables of its environment
    """

    def __init__(self, *arguments, **environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "simulator", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "", **environment},
        )
        self.first_line = self.process.stdout.readline().rstrip("\n")
        self.url = self.first_line.removeprefix("listening on ")
        self.service = Service(self.post)

    def post(self, body, timeout=SECONDS):
        """POST to the endpoint; ``(status, body)``."""
        request = urllib.request.Request(
            self.url + SOAP_PATH, body, {"Content-Type": "text/xml; charset=utf-8"}
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def api(self, method, path, body=None):
        """``(status, headers, decoded JSON)``."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/{path}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                text = answer.read()
                return answer.status, answer.headers, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, json.loads(error.read())

    def stop(self):
        """SIGTERM; the exit code and what was written to stderr."""
        self.process.terminate()
        _out, errors = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, errors


def until(question):
    """Ask again and again until the answer is true; the answer.

    Each question is a real access, so nothing has to be waited for; the end is for what hangs.
    """
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        answer = question()
        if answer:
            return answer
    raise AssertionError("did not happen")


def total(values):
    return sum((Decimal(value) for value in values), Decimal(0))
