"""Transaction periods and reports: doc/protocol.md §4.14."""

import base64
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from simulator_tools import in_process, total

from simulator import Simulator

SHOP = ("Shop", "STD_RECON_002", "STD_RECON_003", "STD_RECON_004")
TILL = ("STD_RECON_006", "STD_RECON_007")


def fetch(service, report_id, period, **parameters):
    """A report's text, asked for until it is ready."""
    for _attempt in range(5):
        answer = service.report(report_id, transactionPeriodId=period, **parameters)
        if answer.code == 0:
            return answer["report"]["contentString"]
        assert answer.code == 2
        assert "report" not in answer
    raise AssertionError("never ready")


def parse(text):
    """``(root name, Meta, [Row])`` of a report."""
    root = etree.fromstring(text.strip().encode())
    meta = {child.tag: child.text for child in root.find("Meta")}
    return root.tag, meta, [{cell.tag: cell.text for cell in row} for row in root.findall("Row")]


@pytest.fixture
def trade(simulator, service, till):
    """Two tills, three sales, one refund: the references, in order."""
    other = service.register(glase_id="FJALL2")
    first = till.sale(simulator, "FJALL1", "100.00", cashierId="Maja")
    second = till.sale(simulator, "FJALL1", "50.50", cashierId=None)
    third = other.sale(simulator, "FJALL2", "7.00", cashierId="Åke & Co")
    refund = till.refund(first, "30.00", cashierId="Åke & Co")["ersReference"]
    return {"till": till, "other": other, "references": (first, second, third, refund)}


def test_a_period_has_a_25_digit_id(simulator, service):
    answer = service.mark()
    assert answer.code == 0
    assert len(answer["transactionPeriodId"]) == 25
    assert "ersReference" not in answer
    simulator.set_profile({"period_id_field": "ersReference"})
    answer = service.mark()
    assert len(answer["ersReference"]) == 25
    assert "transactionPeriodId" not in answer


def test_shop_reports(service, trade):
    period = service.mark()["transactionPeriodId"]
    first, second, third, refund = trade["references"]
    till, other = trade["till"].id, trade["other"].id

    root, meta, rows = parse(fetch(service, "Shop", period))
    assert root == "ResellerTransactionSummary"
    assert set(meta) == {"ResellerId", "TransactionPeriodId", "GeneratedAt"}
    assert (meta["ResellerId"], meta["TransactionPeriodId"]) == ("demo", period)
    assert rows == [{"SalesCount": "4", "SalesTotal": "127.50000"}]

    root, meta, rows = parse(fetch(service, "STD_RECON_002", period))
    assert root == "TerminalTransactionSummary"
    assert rows == [
        {"TerminalId": till, "SalesCount": "3", "SalesTotal": "120.50000"},
        {"TerminalId": other, "SalesCount": "1", "SalesTotal": "7.00000"},
    ]

    root, meta, rows = parse(fetch(service, "STD_RECON_003", period))
    assert root == "TransactionDetails"
    assert [list(row.values()) for row in rows] == [
        [till, "Maja", "100.00000", first],
        [till, "NULL", "50.50000", second],
        [other, "Åke & Co", "7.00000", third],
        [till, "Åke & Co", "-30.00000", refund],
    ]

    root, meta, rows = parse(fetch(service, "STD_RECON_004", period))
    assert root == "CashierTransactionSummary"
    assert [list(row.values()) for row in rows] == [
        ["Maja", "1", "100.00000"],
        ["NULL", "1", "50.50000"],
        ["Åke & Co", "2", "-23.00000"],
    ]


def test_till_reports(service, trade):
    till = trade["till"].id
    period = service.mark(TERMINALID=till)["transactionPeriodId"]
    _root, meta, rows = parse(fetch(service, "STD_RECON_006", period, TERMINALID=till))
    assert set(meta) == {"ResellerId", "TerminalId", "TransactionPeriodId", "GeneratedAt"}
    assert meta["TerminalId"] == till
    assert rows == [{"SalesCount": "3", "SalesTotal": "120.50000"}]
    _root, meta, rows = parse(fetch(service, "STD_RECON_007", period, TERMINALID=till))
    first, second, _third, refund = trade["references"]
    assert [row["ErsReference"] for row in rows] == [first, second, refund]


def test_forgetting_the_terminal_is_never_ready(service, trade):
    till = trade["till"].id
    shop = service.mark()["transactionPeriodId"]
    mine = service.mark(TERMINALID=till)["transactionPeriodId"]
    wrong_key = service.mark(terminalid=till)["transactionPeriodId"]
    for report_id in TILL:
        for _attempt in range(4):
            for period, parameters in (
                (shop, {"TERMINALID": till}),
                (shop, {}),
                (wrong_key, {"TERMINALID": till}),
                (mine, {}),
                (mine, {"TERMINALID": trade["other"].id}),
            ):
                answer = service.report(report_id, transactionPeriodId=period, **parameters)
                assert answer.code == 2


def test_not_ready_is_counted_for_each_report(simulator, service):
    simulator.set_profile({"report_not_ready_count": 2})
    period = service.mark()["transactionPeriodId"]
    for report_id in SHOP:
        codes = [service.report(report_id, transactionPeriodId=period).code for _ in range(4)]
        assert codes == [2, 2, 0, 0]
    simulator.set_profile({"report_not_ready_count": 0})
    period = service.mark()["transactionPeriodId"]
    assert service.report("Shop", transactionPeriodId=period).code == 0


def test_what_is_no_report(service):
    period = service.mark()["transactionPeriodId"]
    assert service.report("STD_RECON_005", transactionPeriodId=period).code == 90
    assert service.report("Shop", transactionPeriodId="0" * 25).code == 90
    assert service.report("Shop").code == 90
    bare = service.call(
        "executeReport", service.shop(), reportId="STD_RECON_003", language="en", parameters=None
    )
    assert bare.code == 90


def test_a_period_of_another_shop(simulator, service):
    simulator.add_reseller("other", "9900", "pw-other")
    answer = service.call("markTransactionPeriod", service.shop("other", "pw-other"))
    assert service.report("Shop", transactionPeriodId=answer["transactionPeriodId"]).code == 90


def test_an_unknown_till(service):
    assert service.mark(TERMINALID="nobody").code == 29


def test_each_payment_is_in_one_period(simulator, service, till):
    first = till.sale(simulator, "FJALL1", "1.00")
    one = service.mark()["transactionPeriodId"]
    second = till.sale(simulator, "FJALL1", "2.00")
    two = service.mark()["transactionPeriodId"]
    three = service.mark()["transactionPeriodId"]
    references = [
        [row["ErsReference"] for row in parse(fetch(service, "STD_RECON_003", period))[2]]
        for period in (one, two, three)
    ]
    assert references == [[first], [second], []]


def test_shop_and_till_periods_do_not_end_each_other(simulator, service, till):
    till.sale(simulator, "FJALL1", "1.00")
    mine = service.mark(TERMINALID=till.id)["transactionPeriodId"]
    shop = service.mark()["transactionPeriodId"]
    assert parse(fetch(service, "Shop", shop))[2][0]["SalesCount"] == "1"
    report = fetch(service, "STD_RECON_006", mine, TERMINALID=till.id)
    assert parse(report)[2][0]["SalesCount"] == "1"


def test_what_was_not_fetched_is_in_no_report(simulator, service, till):
    till.bill("1.00")
    simulator.pay("FJALL1")
    period = service.mark()["transactionPeriodId"]
    assert parse(fetch(service, "STD_RECON_003", period))[2] == []
    assert parse(fetch(service, "Shop", period))[2] == [
        {"SalesCount": "0", "SalesTotal": "0.00000"}
    ]


def amounts(service, period):
    rows = parse(fetch(service, "STD_RECON_003", period))[2]
    return [(row["ErsReference"], row["SalesAmount"]) for row in rows]


def test_refunds_in_the_four_ways_nobody_documents(simulator, service, trade):
    first, second, third, refund = trade["references"]
    period = service.mark()["transactionPeriodId"]
    sales = [(first, "100.00000"), (second, "50.50000"), (third, "7.00000")]
    expected = {
        "own_row": [*sales, (refund, "-30.00000")],
        "payment_reference": [*sales, (first, "-30.00000")],
        "netted": [(first, "70.00000"), *sales[1:]],
        "absent": sales,
    }
    for choice, rows in expected.items():
        simulator.set_profile({"refunds_in_reports": choice})
        assert amounts(service, period) == rows
        summary = parse(fetch(service, "Shop", period))[2][0]
        assert total([summary["SalesTotal"]]) == total(amount for _reference, amount in rows)
        assert summary["SalesCount"] == str(len(rows))


def test_a_late_refund_is_netted_with_nothing(simulator, service, till):
    paid = till.sale(simulator, "FJALL1", "10.00")
    service.mark()
    till.refund(paid, "4.00")
    simulator.set_profile({"refunds_in_reports": "netted"})
    period = service.mark()["transactionPeriodId"]
    assert amounts(service, period) == [(paid, "-4.00000")]


def test_rows_that_come_late_or_never(simulator, service, trade):
    period = service.mark()["transactionPeriodId"]
    simulator.set_profile({"report_rows": "late"})
    assert [len(amounts(service, period)) for _ in range(3)] == [3, 4, 4]
    simulator.set_profile({"report_rows": "missing"})
    assert [len(amounts(service, period)) for _ in range(3)] == [3, 3, 3]


def test_the_newer_shapes(simulator, service, trade):
    simulator.set_profile({"report_shape": "reporting"})
    till = trade["till"].id
    shop = service.mark()["transactionPeriodId"]
    root, meta, rows = parse(fetch(service, "Shop", shop))
    assert (root, len(rows)) == ("TransactionDetails", 4)
    assert "TerminalId" in meta
    mine = service.mark(TERMINALID=till)["transactionPeriodId"]
    rows = parse(fetch(service, "STD_RECON_007", mine, TERMINALID=till))[2]
    assert rows == [{"SalesCount": "3", "SalesTotal": "120.50000"}]


def test_how_the_report_is_wrapped(simulator, service, trade):
    period = service.mark()["transactionPeriodId"]
    fetch(service, "Shop", period)
    report = service.report("Shop", transactionPeriodId=period)["report"]
    assert report["title"] == f"STD_RECON_001_{period}.xml"
    assert report["mimeType"] == "text/html"
    assert report["contentString"].startswith("\n<?xml")
    assert base64.b64decode(report["content"]).decode() == report["contentString"]
    simulator.set_profile({"report_content": "base64", "report_leading_newline": False})
    report = service.report("Shop", transactionPeriodId=period)["report"]
    assert "contentString" not in report
    assert base64.b64decode(report["content"]).startswith(b"<?xml")
    simulator.set_profile({"report_content": "string"})
    assert "content" not in service.report("Shop", transactionPeriodId=period)["report"]


@pytest.mark.parametrize("choice", ["mismatched", "broken"])
def test_reports_that_are_not_well_formed(simulator, service, trade, choice):
    simulator.set_profile({"report_xml": choice})
    till = trade["till"].id
    shop = service.mark()["transactionPeriodId"]
    mine = service.mark(TERMINALID=till)["transactionPeriodId"]
    for report_id in (*SHOP, *TILL):
        text = fetch(service, report_id, mine if report_id in TILL else shop, TERMINALID=till)
        with pytest.raises(etree.XMLSyntaxError):
            parse(text)


def test_a_mismatched_report_is_opened_as_a_cashiers_one_as_the_vendors_sample_is(
    simulator, service, trade
):
    simulator.set_profile({"report_xml": "mismatched"})
    mine = service.mark(TERMINALID=trade["till"].id)["transactionPeriodId"]
    text = fetch(service, "STD_RECON_006", mine, TERMINALID=trade["till"].id)
    assert "<CashierTransactionSummary>" in text
    assert text.rstrip().endswith("</TerminalTransactionSummary>")


def test_a_report_says_when_it_was_made(simulator, service, trade):
    period = service.mark()["transactionPeriodId"]
    made = []
    for _minute in range(2):
        simulator.advance(60)
        _root, meta, _rows = parse(fetch(service, "Shop", period))
        made.append(datetime.fromisoformat(meta["GeneratedAt"]))
    assert made[1] - made[0] == timedelta(minutes=1)


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("sale"), st.integers(0, 1), st.integers(1, 10**6)),
        st.tuples(st.just("refund"), st.integers(0, 20), st.integers(1, 10**6)),
        st.tuples(st.just("lost"), st.integers(0, 1), st.integers(1, 10**6)),
        st.tuples(st.just("mark"), st.just(0), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(ACTIONS)
def test_whatever_happens_the_periods_hold_all_money_once(actions):
    simulator = Simulator(app_profile={"report_not_ready_count": 0})
    try:
        service = in_process(simulator)
        tills = [service.register(glase_id=glase_id) for glase_id in ("A1", "B2")]
        sold, periods = [], []
        for kind, which, cents in actions:
            value = f"{cents / 100:.2f}"
            if kind == "sale":
                sold.append(
                    (
                        tills[which],
                        tills[which].sale(simulator, "AB"[which] + str(which + 1), value),
                    )
                )
            elif kind == "lost":
                tills[which].bill(value)
                simulator.pay("AB"[which] + str(which + 1))
                simulator.advance(21)
            elif kind == "refund" and sold:
                till, reference = sold[which % len(sold)]
                assert till.refund(reference, value).code in (0, 98)
            elif kind == "mark":
                periods.append(service.mark()["transactionPeriodId"])
        periods.append(service.mark()["transactionPeriodId"])
        rows = [row for period in periods for row in amounts(service, period)]
        journal = simulator.journal()
        standing = [each for each in journal["payments"] if each["state"] == "standing"]
        assert sorted(reference for reference, _amount in rows) == sorted(
            each["ers_reference"] for each in (*standing, *journal["refunds"])
        )
        assert total(amount for _reference, amount in rows) == total(
            each["amount"] for each in standing
        ) - total(each["amount"] for each in journal["refunds"])
        assert all(total([each["refunded"]]) <= total([each["amount"]]) for each in standing)
    finally:
        simulator.close()


@pytest.mark.parametrize("way", ["own_row", "payment_reference", "netted", "absent"])
def test_shop_and_till_reports_add_up_to_the_journal(simulator, service, trade, way):
    simulator.set_profile({"refunds_in_reports": way})
    journal = simulator.journal()

    def standing(terminal_id=None):
        """What the journal says was taken, less what was given back where reports have it."""
        taken, given = (
            total(
                each["amount"]
                for each in journal[kind]
                if terminal_id in (None, each["terminal_id"])
                and each.get("state", "standing") == "standing"
            )
            for kind in ("payments", "refunds")
        )
        return taken - (0 if way == "absent" else given)

    shop = service.mark()["transactionPeriodId"]
    _root, _meta, rows = parse(fetch(service, "STD_RECON_003", shop))
    assert total(row["SalesAmount"] for row in rows) == standing()
    for till in (trade["till"].id, trade["other"].id):
        own = service.mark(TERMINALID=till)["transactionPeriodId"]
        _root, _meta, rows = parse(fetch(service, "STD_RECON_007", own, TERMINALID=till))
        assert total(row["SalesAmount"] for row in rows) == standing(till)
        _root, _meta, rows = parse(fetch(service, "STD_RECON_006", own, TERMINALID=till))
        assert total(row["SalesTotal"] for row in rows) == standing(till)
