"""A till as the vendor's documentation would have it, with suds from the served WSDL.

suds knows nothing of this repository: that it understands every answer, and is understood, is
the point.
"""

import base64

import pytest
from lxml import etree
from simulator_tools import SOAP_PATH
from suds import WebFault
from suds.client import Client


@pytest.fixture
def soap(process):
    return Client(f"{process.url}{SOAP_PATH}?wsdl", cache=None, timeout=20)


def context(soap, principal_id, password, user=None):
    made = soap.factory.create("clientContext")
    made.channel = "WS"
    made.clientId = "Fjällboden AB / suds"
    made.clientReference = "Order 00412-003-0007"
    made.clientRequestTimeout = 0
    made.initiatorPrincipalId = soap.factory.create("principalId")
    made.initiatorPrincipalId.id = principal_id
    made.initiatorPrincipalId.type = "RESELLERUSER" if user else "TERMINALID"
    made.initiatorPrincipalId.userId = user
    made.password = password
    return made


def amount(soap, value):
    made = soap.factory.create("amount")
    made.currency = "SEK"
    made.value = value
    return made


def invoice(soap, total, rows):
    made = soap.factory.create("invoice")
    made.paymentMode = "IMMEDIATE_DEBIT"
    made.acknowledgmentMode = "NO_ACKNOWLEDGMENT"
    made.issueDate = "2018-08-14T09:30:55+02:00"
    made.title = "Fjällboden"
    made.clientInvoiceId = "00412-003-0007"
    made.totalAmount = amount(soap, total)
    made.cashierId = "Maja"
    made.footer = "Org.nr 559000-0000"
    made.commitReservationTimeout = None
    lines = []
    for text, quantity, value in rows:
        line = soap.factory.create("paymentInvoiceRow")
        line.itemDescription = text
        line.itemQuantity = quantity
        line.itemTotalAmount = amount(soap, value)
        line.itemTaxRate = None
        lines.append(line)
    made.invoiceRows = {"invoiceRow": lines}
    return made


def parameters(**values):
    return {"parameter": {"entry": [{"key": k, "value": v} for k, v in values.items()]}}


@pytest.fixture
def till(soap):
    shop = context(soap, "demo", "demo", "9900")
    answer = soap.service.registerTerminal(shop, "fjallboden/3", "Vq7mT2xHn4Lr9Ks", "Till 3")
    assert answer.resultCode == 0
    till = context(soap, answer.terminalId, "Vq7mT2xHn4Lr9Ks")
    assert soap.service.assignSeqrId(till, "FJALL000731").resultCode == 0
    return till


def test_the_vendor_s_day(soap, process, till):
    call = soap.service
    shop = context(soap, "demo", "demo", "9900")
    assert call.benchmarkingNop().resultCode == 0
    rows = [("Wool socks", 2, "198.00"), ("Already paid in cash", 1, "-50.00")]
    sent = call.sendInvoice(till, invoice(soap, "148.00", rows))
    assert (sent.resultCode, sent.resultDescription) == (0, "SUCCESS")
    assert sent.invoiceQRCode == f"HTTP://SEQR.SE/R{sent.invoiceReference}"
    assert (
        call.updateInvoice(till, sent.invoiceReference, invoice(soap, "148.00", rows)).resultCode
        == 0
    )

    status = call.getPaymentStatus(till, sent.invoiceReference, 0)
    assert (status.resultCode, status.status, status.version) == (0, "ISSUED", 1)
    process.api("POST", "stickers/FJALL000731/pay")
    status = call.getPaymentStatus(till, sent.invoiceReference, status.version)
    assert (status.status, status.version) == ("PAID", 2)
    assert status.receipt.paymentReference == status.ersReference
    assert str(status.receipt.invoice.totalAmount.value) == "148.00"
    assert len(status.receipt.invoice.invoiceRows.invoiceRow) == 2

    document = soap.factory.create("receiptDocument")
    document.mimeType = "text/html"
    document.receiptData = base64.b64encode(b"<p>Tack!</p>").decode()
    document.receiptType = "PAYMENT_RECEIPT"
    assert call.submitPaymentReceipt(till, status.ersReference, document).resultCode == 0
    assert call.cancelInvoice(till, sent.invoiceReference).resultCode == 50

    refund = call.refundPayment(till, status.ersReference, invoice(soap, "99.00", []))
    assert refund.resultCode == 0
    assert refund.ersReference != status.ersReference
    again = call.refundPayment(till, status.ersReference, invoice(soap, "99.00", []))
    assert again.resultCode == 98

    terminal = till.initiatorPrincipalId.id
    period = call.markTransactionPeriod(shop, parameters(TERMINALID=terminal))
    wanted = parameters(transactionPeriodId=period.transactionPeriodId, TERMINALID=terminal)
    report_id = "Reconciliation/STD_RECON_007.xml"
    assert call.executeReport(shop, report_id, "en", wanted).resultCode == 2
    report = call.executeReport(shop, report_id, "en", wanted).report
    rows = etree.fromstring(report.contentString.strip().encode()).findall("Row")
    assert [row.findtext("SalesAmount") for row in rows] == ["148.00000", "-99.00000"]
    assert [row.findtext("ErsReference") for row in rows] == [
        status.ersReference,
        refund.ersReference,
    ]
    assert base64.b64decode(report.content).decode() == report.contentString

    assert call.unregisterTerminal(till).resultCode == 0
    assert call.getPaymentStatus(till, sent.invoiceReference, 2).resultCode == 29


def test_certification_test_4_and_6(soap, process, till):
    """Poll without scan, scan, poll, send again, wait 30 s, poll the one just received."""
    call = soap.service
    first = call.sendInvoice(till, invoice(soap, "10.00", [("A", 1, "10.00")]))
    assert call.getPaymentStatus(till, first.invoiceReference, 0).status == "ISSUED"
    process.api("POST", "stickers/FJALL000731/scan")
    assert call.getPaymentStatus(till, first.invoiceReference, 0).status == "ISSUED"
    second = call.sendInvoice(till, invoice(soap, "10.00", [("A", 1, "10.00")]))
    process.api("POST", "clock", {"advance": 30})
    assert call.getPaymentStatus(till, second.invoiceReference, 0).status == "ISSUED"
    assert call.getPaymentStatus(till, first.invoiceReference, 0).status == "CANCELED"
    assert call.cancelInvoice(till, second.invoiceReference).resultCode == 0
    assert call.getPaymentStatus(till, second.invoiceReference, 0).status == "CANCELED"


def test_a_reservation(soap, process, till):
    call = soap.service
    bill = invoice(soap, "200.00", [("Fuel, at most", 1, "200.00")])
    bill.paymentMode = "RESERVATION_REQUIRED_PRELIMINARY_AMOUNT"
    bill.commitReservationTimeout = 120
    reference = call.sendInvoice(till, bill).invoiceReference
    process.api("POST", "stickers/FJALL000731/pay")
    assert call.getPaymentStatus(till, reference, 0).status == "RESERVED"
    assert call.commitReservation(till, amount(soap, "121.50"), reference).resultCode == 0
    assert call.getPaymentStatus(till, reference, 0).status == "PAID"


def test_a_card_in_the_wallet(soap, process, till):
    call = soap.service
    bill = invoice(soap, "100.00", [("A", 1, "100.00")])
    bill.acknowledgmentMode = "OPTIONAL_ACKNOWLEDGMENT"
    reference = call.sendInvoice(till, bill).invoiceReference
    card = {"id": "BONUS", "value": "4711"}
    process.api("POST", "stickers/FJALL000731/scan", {"tokens": [card]})
    status = call.getPaymentStatus(till, reference, 0)
    assert status.status == "PENDING_ISSUER_ACKNOWLEDGE"
    (token,) = status.customerTokens.token
    assert (token.id, token.value, token.status) == ("BONUS", "4711", 0)
    token.status = 1
    cheaper = invoice(soap, "90.00", [("A", 1, "100.00"), ("Bonus", 1, "-10.00")])
    assert call.updateInvoice(till, reference, cheaper, [token]).resultCode == 0
    process.api("POST", "stickers/FJALL000731/pay")
    assert (
        str(call.getPaymentStatus(till, reference, 0).receipt.invoice.totalAmount.value) == "90.00"
    )


def test_every_request_of_suds_follows_the_schema(soap, process, till):
    process.api("PUT", "profile", {"strictness": "documented"})
    sent = soap.service.sendInvoice(till, invoice(soap, "10.00", [("A", 1, "10.00")]))
    assert sent.resultCode == 0
    assert soap.service.getPaymentStatus(till, sent.invoiceReference, 0).status == "ISSUED"


def test_a_fault_is_a_fault(soap, till):
    till.clientRequestTimeout = None
    with pytest.raises(WebFault, match="clientRequestTimeout"):
        soap.service.assignSeqrId(till, "A1")
