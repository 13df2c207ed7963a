"""The reports' XML, as the vendor documents it (``doc/protocol.md §4.14``).

Amounts have five decimals and no currency, ``GeneratedAt`` no zone, a missing cashier is the
word ``NULL``.
"""

from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import escape

from .references import local

DETAILS = "TransactionDetails"
TERMINALS = "TerminalTransactionSummary"
CASHIERS = "CashierTransactionSummary"
SHOP = "ResellerTransactionSummary"


@dataclass(frozen=True)
class Report:
    """One kind of report.

    ``root``: its root element; ``group``: what its rows are summed by (None: one row a booking,
    ``""``: one row in all); ``per_terminal``: needs a period of one till.
    """

    name: str
    root: str
    group: object
    per_terminal: bool = False


REPORTS = {
    "Reconciliation/Shop.xml": Report("STD_RECON_001", SHOP, ""),
    "Reconciliation/STD_RECON_002.xml": Report("STD_RECON_002", TERMINALS, "terminal"),
    "Reconciliation/STD_RECON_003.xml": Report("STD_RECON_003", DETAILS, None),
    "Reconciliation/STD_RECON_004.xml": Report("STD_RECON_004", CASHIERS, "cashier"),
    "Reconciliation/STD_RECON_006.xml": Report("STD_RECON_006", TERMINALS, "", True),
    "Reconciliation/STD_RECON_007.xml": Report("STD_RECON_007", DETAILS, None, True),
}


@dataclass
class Row:
    """One booking as a report shows it; ``amount`` in major units, negative for a refund."""

    terminal: str
    cashier: str
    amount: Decimal
    reference: str


def rows_of(tx, profile, period, delivered):
    """What a period holds, as the profile has refunds and missing rows appear.

    :param int delivered: how often this report was handed out before (rows that come late are
        there from the second time on)
    """
    bookings = tx.all(
        "SELECT * FROM booking WHERE reseller_id = ? AND seq > ? AND seq <= ? "
        "AND (? IS NULL OR terminal_id = ?) ORDER BY seq",
        period["reseller_id"],
        period["after_seq"],
        period["last_seq"],
        period["terminal_id"],
        period["terminal_id"],
    )
    rows = _with_refunds(bookings, profile["refunds_in_reports"])
    held_back = profile["report_rows"] == "missing" or (
        profile["report_rows"] == "late" and not delivered
    )
    return rows[:-1] if held_back else rows


def _with_refunds(bookings, choice):
    rows, sales = [], {}
    for booking in bookings:
        row = Row(
            booking["terminal_id"],
            booking["cashier"] or "NULL",
            Decimal(booking["amount"]),
            booking["ers_reference"],
        )
        if booking["kind"] == "payment":
            sales[booking["ers_reference"]] = row
        elif choice == "absent":
            continue
        elif choice == "netted" and booking["payment_reference"] in sales:
            sales[booking["payment_reference"]].amount += row.amount
            continue
        elif choice != "own_row":
            # Netted in a period without the sale: nothing to net with, so as its own line.
            row.reference = booking["payment_reference"]
        rows.append(row)
    return rows


def render(kind, profile, period, rows, now):
    """The report's text.

    :param float now: when it is made, in seconds since the epoch
    """
    root, group, with_terminal = _shape(kind, profile["report_shape"])
    opening = _opening(root, profile["report_xml"])
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<{opening}>", "  <Meta>"]
    lines.append(_element("ResellerId", period["reseller_id"]))
    if with_terminal:
        lines.append(_element("TerminalId", period["terminal_id"] or "NULL"))
    lines.append(_element("TransactionPeriodId", period["id"]))
    lines.append(_element("GeneratedAt", f"{local(now):%Y-%m-%d %H:%M}"))
    lines.append("  </Meta>")
    for fields in _details(rows) if group is None else _summary(rows, group):
        lines.append("  <Row>")
        lines.extend(_element(name, value) for name, value in fields)
        lines.append("  </Row>")
    lines.append("  <Row" if profile["report_xml"] == "broken" else f"</{root}>")
    text = "\n".join(lines) + "\n"
    return "\n" + text if profile["report_leading_newline"] else text


def _shape(kind, shape):
    """The report's root, what it is grouped by (None: details) and whether it names a terminal."""
    # The newer text shows Shop.xml as details and 007 as a summary.
    if shape == "reporting" and kind.name == "STD_RECON_001":
        return DETAILS, None, True
    if shape == "reporting" and kind.name == "STD_RECON_007":
        return kind.root, "", kind.per_terminal
    return kind.root, kind.group, kind.per_terminal


def _element(name, value):
    return f"    <{name}>{escape(value)}</{name}>"


def _opening(root, choice):
    """The name that a report is opened under; as the vendor's 006 is opened as a cashiers' one."""
    if choice != "mismatched":
        return root
    return CASHIERS if root != CASHIERS else TERMINALS


def _money(amount):
    return f"{amount:.5f}"


def _details(rows):
    for row in rows:
        yield (
            ("TerminalId", row.terminal),
            ("CashierId", row.cashier),
            ("SalesAmount", _money(row.amount)),
            ("ErsReference", row.reference),
        )


def _summary(rows, group):
    sums = {} if group else {"": []}
    for row in rows:
        sums.setdefault(getattr(row, group) if group else "", []).append(row.amount)
    element = {"terminal": "TerminalId", "cashier": "CashierId"}.get(group)
    for key, amounts in sums.items():
        fields = ((element, key),) if element else ()
        yield (
            *fields,
            ("SalesCount", str(len(amounts))),
            ("SalesTotal", _money(sum(amounts, Decimal(0)))),
        )
