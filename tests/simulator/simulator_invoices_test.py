"""What makes a bill acceptable, and one bill at a time: doc/protocol.md §2.5, §2.6, §4.6."""

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator_tools import in_process, invoice, row

from simulator import Simulator


def test_references_and_qr_code(till):
    answer = till.send()
    reference = answer["invoiceReference"]
    assert re.fullmatch(r"\d{17}", reference)
    assert answer["invoiceQRCode"] == f"HTTP://SEQR.SE/R{reference}"
    assert "ersReference" not in answer
    other = till.bill()
    assert other > reference


def test_issued_with_a_version(simulator, till):
    answer = till.poll(till.bill())
    assert (answer["status"], answer["version"]) == ("ISSUED", "1")
    assert "ersReference" not in answer
    assert "receipt" not in answer
    simulator.set_profile({"first_version": 0})
    assert till.poll(till.bill())["version"] == "0"


@pytest.mark.parametrize("total", ["0", "0.00", "-1", "-148.00"])
def test_nothing_or_less_to_pay_is_refused(till, total):
    assert till.send(total).code == 11


@pytest.mark.parametrize("total", ["148.001", "0.005", "1" + "0" * 15])
def test_an_amount_has_two_decimals_and_an_end(till, total):
    assert till.send(total).code == 49


def test_trailing_zeros_are_no_decimals(simulator, till):
    till.bill("148.000")
    assert simulator.journal()["invoices"][0]["amount"] == "148.00"


@pytest.mark.parametrize("currency", ["NOK", "sek", "", None])
def test_only_the_server_s_currencies(till, currency):
    assert till.send(currency=currency).code == 49


def test_other_currencies_on_request():
    simulator = Simulator(currencies=["JPY"])
    till = in_process(simulator).register()
    assert till.send(currency="JPY").code == 0
    assert till.send(currency="SEK").code == 49
    simulator.close()


@pytest.mark.parametrize(
    "rows",
    [
        [row("147.99")],
        [row("148.00"), row("0.01")],
        [row("148.00", currency="EUR")],
        [{"itemQuantity": "1"}],
        [{"itemTotalAmount": {"value": "148.00"}}],
    ],
)
def test_rows_must_add_up(till, rows):
    assert till.send("148.00", rows).code == 49


def test_negative_rows_balance(till):
    assert till.send("148.00", [row("198.00"), row("-50.00")]).code == 0


def test_rows_may_be_left_out(till):
    assert till.send(invoiceRows=None).code == 0
    assert till.send(rows=[]).code == 0


def test_an_invoice_or_a_total_missing(till):
    assert till.call("sendInvoice").code == 49
    assert till.send(totalAmount=None).code == 49
    assert till.send(totalAmount={"currency": "SEK"}).code == 49


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:1/x?y=1", 0),
        ("https://shop.example/hint", 0),
        ("ftp://shop.example/hint", 64),
        ("//shop.example/hint", 64),
        ("shop.example", 64),
        ("http://", 64),
        ("http://shop.example:port/", 64),
        ("http://shop.example/a b", 64),
        ("", 64),
    ],
)
def test_a_notification_url_is_a_full_url(till, url, code):
    assert till.send(notificationUrl=url).code == code


def test_a_refused_bill_leaves_the_one_before_alone(till):
    reference = till.bill()
    assert till.send("0").code == 11
    assert till.poll(reference)["status"] == "ISSUED"


def test_a_newer_bill_cancels_the_one_before(simulator, till):
    first = till.bill()
    second = till.bill()
    answer = till.poll(first)
    assert (answer["status"], answer["version"]) == ("CANCELED", "2")
    assert till.poll(second)["status"] == "ISSUED"
    assert simulator.sticker("FJALL1")["invoice"]["invoice_reference"] == second


def test_a_newer_bill_while_the_customer_pays(simulator, till):
    till.bill()
    simulator.begin("FJALL1")
    simulator.set_profile({"send_while_paying": "refuse"})
    assert till.send().code == 48
    simulator.set_profile({"send_while_paying": "cancel"})
    assert till.send().code == 0
    assert simulator.sticker("FJALL1")["screen"] == "bill"


@pytest.mark.parametrize(
    ("choice", "code", "status"),
    [("keep", 0, "PAID"), ("reverse", 0, "CANCELED"), ("refuse", 48, "PAID")],
)
def test_a_newer_bill_while_paid_is_not_fetched(simulator, till, choice, code, status):
    simulator.set_profile({"send_while_paid_unfetched": choice})
    reference = till.bill()
    simulator.pay("FJALL1")
    assert till.send().code == code
    assert till.poll(reference)["status"] == status


def test_a_newer_bill_after_a_fetched_payment(simulator, till):
    till.sale(simulator, "FJALL1", "10.00")
    simulator.set_profile({"send_while_paid_unfetched": "refuse"})
    assert till.send().code == 0


def test_a_bill_of_another_terminal_is_unknown(service, till):
    reference = till.bill()
    other = service.register()
    assert other.poll(reference).code == 54
    assert other.cancel(reference).code == 54
    assert other.update(reference).code == 54
    assert other.commit(reference).code == 54
    assert till.poll("20180814093055127").code == 54
    assert till.poll(reference).code == 0


def test_without_a_reference_the_current_bill_answers(simulator, till):
    assert till.poll(None).code == 54
    till.bill()
    current = till.bill()
    assert till.poll(None)["status"] == "ISSUED"
    simulator.pay("FJALL1")
    assert till.poll(None)["receipt"]["invoiceReference"] == current
    simulator.set_profile({"status_without_reference": "refuse"})
    assert till.poll(None).code == 54
    assert till.poll("").code == 54


def test_a_bill_without_a_sticker_has_its_own_qr(service):
    assert service.register().send().code == 0


def test_documented_strictness(simulator, till):
    simulator.set_profile({"strictness": "documented"})
    assert till.send().code == 0
    for name in ("paymentMode", "acknowledgmentMode", "issueDate", "title", "clientInvoiceId"):
        assert till.send(**{name: None}).code == 49
    assert till.send(footer=None).code == 49
    assert till.send(cashierId=None).code == 49
    assert till.send(rows=[row("148.00", quantity="0.5")]).code == 49
    assert till.send(rows=[row("148.00", quantity=None)]).code == 49
    unordered = invoice()
    unordered["title"] = unordered.pop("title")
    assert "schema" in till.call("sendInvoice", invoice=unordered).fault


def test_documented_strictness_of_the_context(simulator, service, till):
    simulator.set_profile({"strictness": "documented"})
    good = till.context
    for changes in (
        {"clientReference": "x" * 33},
        {"channel": None},
        {"channel": "x" * 41},
        {"clientId": ""},
        {"clientRequestTimeout": 1000},
    ):
        assert service.call("sendInvoice", {**good, **changes}, invoice=invoice()).code == 90
    assert service.call("sendInvoice", good, invoice=invoice()).code == 0


@settings(deadline=None)
@given(
    st.lists(st.decimals("-9999.99", "9999.99", places=2), min_size=1, max_size=40),
    st.sampled_from([Decimal("0.01"), Decimal("-0.01"), Decimal(0)]),
)
def test_any_rows_are_judged_by_their_exact_sum(values, slip):
    simulator = Simulator()
    try:
        till = in_process(simulator).register()
        total = sum(values)
        code = till.send(f"{total + slip:f}", [row(f"{value:f}") for value in values]).code
        assert code == (11 if total + slip <= 0 else 49 if slip else 0)
    finally:
        simulator.close()


def test_amounts_keep_what_was_sent(simulator, till):
    till.bill(
        "45.00",
        [
            row("50.00", "Wool & <socks>", "2", tax="25", sku="S-1", unit="EA", unit_price="25.00"),
            row("-5.00", "Rabatt Åsa"),
        ],
    )
    rows = simulator.sticker("FJALL1")["invoice"]["rows"]
    assert rows[0] == {
        "description": "Wool & <socks>",
        "quantity": "2",
        "unit": "EA",
        "unit_price": "25.00",
        "tax_rate": "25",
        "sku": "S-1",
        "ean": None,
        "amount": "50.00",
        "currency": "SEK",
    }
    assert (rows[1]["description"], rows[1]["amount"]) == ("Rabatt Åsa", "-5.00")
