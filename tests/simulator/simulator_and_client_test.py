"""Two readings of one protocol meet: our client and the simulator, as strict as it can be."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from simulator_tools import SOAP_PATH

import glase
from glase import reports
from glase.codes import CODES
from simulator import create_app
from simulator.codes import DESCRIPTIONS


@pytest.fixture(params=["in-process", "socket"])
def both(request):
    """``(client, what a customer does)``; the simulator demands all that is documented."""
    if request.param == "socket":
        process = request.getfixturevalue("process")
        process.api("PUT", "profile", {"strictness": "documented"})
        client = glase.Client(process.url + SOAP_PATH)
        return client, lambda action: process.api("POST", f"stickers/FJALL1/{action}")
    simulator = request.getfixturevalue("simulator")
    simulator.set_profile({"strictness": "documented"})
    client = without_socket(simulator)
    return client, lambda action: getattr(simulator, action)("FJALL1")


def without_socket(simulator):
    return glase.Client("http://127.0.0.1:1" + SOAP_PATH, wsgi_app=create_app(simulator))


def test_both_call_each_code_by_the_same_name():
    ours = {number: code.name for number, code in CODES.items()}
    # The vendor's own sample answers with a sentence in place of a name.
    theirs = {**DESCRIPTIONS, 98: ours[98]}
    assert theirs.pop(0) == "SUCCESS"
    assert theirs == ours


def bill(total="148.00"):
    rows = (
        glase.InvoiceRow("Wool socks", glase.Amount(Decimal("198.00"), "SEK"), Decimal(2)),
        glase.InvoiceRow("Paid in cash", glase.Amount(Decimal(total) - Decimal(198), "SEK")),
    )
    return glase.Invoice(
        title="Fjällboden",
        client_invoice_id="00412-003-0007",
        rows=rows,
        total=glase.Amount(Decimal(total), "SEK"),
        cashier_id="Maja",
        footer="Org.nr 559000-0000",
        issue_date=datetime.now(timezone.utc),
    )


def register(client):
    shop = glase.Principal.reseller("demo", "9900", "demo")
    answer = client.register_terminal(shop, "shop/till-1", "Vq7mT2xHn4Lr9Ks", "Till 1")
    till = glase.Principal.terminal(answer.terminal_id, "Vq7mT2xHn4Lr9Ks")
    client.assign_seqr_id(till, "FJALL1")
    return shop, till


def test_a_day(both):
    client, customer = both
    client.benchmarking_nop()
    shop, till = register(client)
    sent = client.send_invoice(till, bill())
    client.update_invoice(till, sent.invoice_reference, bill())
    answer = client.get_payment_status(till, sent.invoice_reference, 0)
    assert answer.status is glase.PaymentStatus.ISSUED
    customer("pay")
    answer = client.get_payment_status(till, sent.invoice_reference, answer.version)
    assert answer.status is glase.PaymentStatus.PAID
    assert answer.receipt.invoice_total == glase.Amount(Decimal("148.00"), "SEK")
    with pytest.raises(glase.ResultError, match="result code 50 "):
        client.cancel_invoice(till, sent.invoice_reference)
    client.submit_payment_receipt(
        till, answer.ers_reference, glase.ReceiptDocument(b"<p>Tack!</p>")
    )
    refund = client.refund_payment(till, answer.ers_reference, bill("100.00"))
    assert refund.ers_reference not in (None, answer.ers_reference)
    with pytest.raises(glase.ResultError, match="result code 98 "):
        client.refund_payment(till, answer.ers_reference, bill("100.00"))

    terminal_id = till.id
    period = client.mark_transaction_period(shop, terminal_id).transaction_period_id
    wanted = {"transactionPeriodId": period, "TERMINALID": terminal_id}
    with pytest.raises(glase.ResultError, match="result code 2 "):
        client.execute_report(shop, "Reconciliation/STD_RECON_007.xml", wanted)
    report = client.execute_report(shop, "Reconciliation/STD_RECON_007.xml", wanted)
    assert answer.ers_reference in str(report)
    client.unregister_terminal(till)
    with pytest.raises(glase.ResultError, match="result code 29 "):
        client.send_invoice(till, bill())


def test_a_bill_that_is_not_paid(both):
    client, customer = both
    _shop, till = register(client)
    reference = client.send_invoice(till, bill()).invoice_reference
    client.cancel_invoice(till, reference)
    with pytest.raises(glase.ResultError, match="result code 95 "):
        client.cancel_invoice(till, reference)
    reference = client.send_invoice(till, bill()).invoice_reference
    customer("begin")
    with pytest.raises(glase.ResultError, match="result code 51 "):
        client.cancel_invoice(till, reference)
    customer("decline")
    answer = client.get_payment_status(till, reference, 0)
    assert answer.status is glase.PaymentStatus.CANCELED


@pytest.mark.parametrize("refunds", ["own_row", "payment_reference", "netted", "absent"])
@pytest.mark.parametrize("xml", ["wellformed", "mismatched"])
@pytest.mark.parametrize("content", ["both", "string", "base64"])
def test_reports_are_read_in_every_profile(simulator, refunds, xml, content):
    simulator.set_profile(
        {
            "refunds_in_reports": refunds,
            "report_xml": xml,
            "report_content": content,
            "report_not_ready_count": 0,
        }
    )
    client = without_socket(simulator)
    shop, till = register(client)
    sent = client.send_invoice(till, bill())
    simulator.pay("FJALL1")
    paid = client.get_payment_status(till, sent.invoice_reference, 0).ers_reference
    client.refund_payment(till, paid, bill("100.00"))
    period = client.mark_transaction_period(shop, till.id).transaction_period_id
    wanted = {"transactionPeriodId": period, "TERMINALID": till.id}

    def fetch(report_id):
        return reports.read_report(client.execute_report(shop, report_id, wanted).report.content)

    details, summary = fetch(reports.TERMINAL_DETAILS), fetch(reports.TERMINAL_SUMMARY)
    assert details.period_id == summary.period_id == period
    assert details.rows[0].reference == paid
    net = Decimal("148") if refunds == "absent" else Decimal("48")
    assert details.total == summary.total == net
    assert details.count == summary.count


def test_a_broken_report_is_not_believed(simulator):
    simulator.set_profile({"report_xml": "broken", "report_not_ready_count": 0})
    client = without_socket(simulator)
    shop, till = register(client)
    period = client.mark_transaction_period(shop, till.id).transaction_period_id
    wanted = {"transactionPeriodId": period, "TERMINALID": till.id}
    answer = client.execute_report(shop, reports.TERMINAL_DETAILS, wanted)
    with pytest.raises(glase.Unreadable):
        reports.read_report(answer.report.content)
