"""The rows of a bill add up, whatever the order and its other tenders are."""

from decimal import Decimal

from pos_glase.rules.bill_rows import OrderLine, bill_rows, has_wire_precision

D = Decimal


def described(rows):
    return [(row.description, row.total) for row in rows]


def test_whole_order():
    rows = bill_rows([OrderLine("Socks", D("198"), D(2))], D("198"), [], D("198"))
    assert described(rows) == [("Socks", D("198.00"))]
    assert (rows[0].quantity, rows[0].unit_price) == (2, D("99.00"))


def test_cash_first_then_the_rest():
    rows = bill_rows([OrderLine("Socks", D("198"))], D("198"), [("Cash", D("50"))], D("148"))
    assert described(rows) == [("Socks", D("198.00")), ("Cash", D("-50.00"))]


def test_what_is_still_open_is_paid_otherwise():
    rows = bill_rows([OrderLine("Socks", D("198"))], D("198"), [], D("100"))
    assert described(rows) == [("Socks", D("198.00")), ("Left to pay", D("-98.00"))]


def test_more_than_due_is_a_row_of_its_own():
    rows = bill_rows([OrderLine("Socks", D("198"))], D("198"), [], D("210"))
    assert described(rows) == [("Socks", D("198.00")), ("Tip or change", D("12.00"))]


def test_rounding_of_the_order_is_a_row():
    rows = bill_rows([OrderLine("Socks", D("197.98"))], D("198"), [], D("198"))
    assert described(rows) == [("Socks", D("197.98")), ("Rounding", D("0.02"))]


def test_weights_and_returns_are_one_piece_with_words():
    lines = [
        OrderLine("Cheese", D("30"), D("0.25"), unit="kg"),
        OrderLine("Bottle", D("-2"), D("-2"), unit="Units"),
    ]
    rows = bill_rows(lines, D("28"), [], D("28"))
    assert rows[0].description == "Cheese (0.25 kg)"
    assert rows[1].description == "Bottle (-2 Units)"
    assert [row.quantity for row in rows] == [1, 1]


def test_tax_rate_only_in_whole_percent():
    lines = [
        OrderLine("A", D(1), tax_percent=D("25.0")),
        OrderLine("B", D(1), tax_percent=D("5.5")),
    ]
    rows = bill_rows(lines, D(2), [], D(2))
    assert [row.tax_rate for row in rows] == [25, None]


def test_three_decimals():
    lines = [OrderLine("Dates", D("1.005")), OrderLine("Tea", D("0.995"))]
    rows = bill_rows(lines, D("2.000"), [], D("2.00"))
    assert sum(row.total for row in rows) == D("2.00")
    assert has_wire_precision(D("2.000"))
    assert not has_wire_precision(D("1.005"))
