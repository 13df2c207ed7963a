"""Reading the reconciliation reports (``doc/protocol.md §4.14``).

The names of root elements contradict each other and mean nothing; what a report is, its rows say.
Amounts have no currency: they are plain Decimals, in major units of the shop's.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from . import reading
from .errors import Unreadable

SHOP_SUMMARY = "Reconciliation/Shop.xml"
SHOP_PER_TERMINAL = "Reconciliation/STD_RECON_002.xml"
SHOP_DETAILS = "Reconciliation/STD_RECON_003.xml"
SHOP_PER_CASHIER = "Reconciliation/STD_RECON_004.xml"
TERMINAL_SUMMARY = "Reconciliation/STD_RECON_006.xml"
TERMINAL_DETAILS = "Reconciliation/STD_RECON_007.xml"

DETAILS, SUMMARY, EMPTY = "details", "summary", "empty"

MAX_BYTES = 50 * 1024 * 1024
# How far from its beginning and end a report's root is looked for.
EDGE_BYTES = 4096
# References and names are short, and no shop sells more often in a period: so it can be stored.
MAX_TEXT = 250
MAX_COUNT = 100_000_000
# Rows of a report, and elements within one of them: so that memory is bounded.
MAX_ROWS = 200_000
MAX_FIELDS = 100
# Written for a value that is not there.
NULL = "NULL"

# Bounded throughout: a search that tries again at each byte must not grow with what comes.
_ROOT = re.compile(rb"<([A-Za-z_][\w.-]{0,99})(?:\s[^<>]{0,999})?>\s{0,999}<Meta>")
_LAST_CLOSING = re.compile(rb"</([A-Za-z_][\w.-]{0,99})>\Z")
_AMOUNT = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,5})?")


@dataclass(frozen=True)
class ReportRow:
    """One payment or refund, or one sum of a summary: of the shop, a terminal or a cashier.

    ``amount``: Decimal in major units, negative for money that went back; ``reference``: the
    ersReference, None for a sum; ``count``: of how many payments; ``cashier`` and ``terminal_id`` are
    None where the report has none.
    """

    reference: str | None
    amount: Decimal
    terminal_id: str | None
    cashier: str | None
    count: int = 1


@dataclass(frozen=True)
class ReportContent:
    """What a report says.

    ``shape`` is ``details`` (then ``rows``), ``summary`` (then ``sums``) or ``empty``: no row at
    all, which a period without payments has in either shape.
    """

    shape: str
    reseller_id: str | None
    terminal_id: str | None
    period_id: str | None
    rows: tuple = field(default=())
    sums: tuple = field(default=())

    @property
    def total(self):
        """The sum of all rows (Decimal)."""
        return sum((row.amount for row in self.rows or self.sums), Decimal(0))

    @property
    def count(self):
        """How many payments the report is about, as it says itself."""
        return sum(row.count for row in self.rows or self.sums)


def read_report(content):
    """Read a report's XML.

    A root element that is closed under another name is common and is forgiven; a report that is cut
    off is not: its rows would look like all there were.

    :param bytes content: as it came, with or without white space before the declaration
    :rtype: ReportContent
    :raises Unreadable: for what is no such report; nothing of it is believed then
    """
    if len(content) > MAX_BYTES:
        raise Unreadable(reason="too_long", detail="a report of more than 50 MB is not read")
    meta, rows, sums = None, [], []
    for part in reading.parts(_with_matching_end(content.strip()), MAX_ROWS, MAX_FIELDS):
        if part.name == "Meta":
            meta = meta or _meta(part)
        elif part.name == "Row" and part.text("ErsReference"):
            rows.append(_row(part))
        elif part.name == "Row":
            sums.append(_sum(part))
    if meta is None:
        raise Unreadable(reason="no_report", detail="no Meta: not a reconciliation report")
    return _content(meta, rows, sums)


def _content(meta, rows, sums):
    if rows and sums:
        raise Unreadable(reason="mixed", detail="payments and sums in one report")
    shape = DETAILS if rows else SUMMARY if sums else EMPTY
    report = ReportContent(shape=shape, rows=tuple(rows), sums=tuple(sums), **meta)
    if report.count > MAX_COUNT:
        raise Unreadable(reason="too_long", detail="more payments than there can be")
    return report


def _meta(part):
    return {
        "reseller_id": _known(part, "ResellerId"),
        "terminal_id": _known(part, "TerminalId"),
        "period_id": _known(part, "TransactionPeriodId"),
    }


def _with_matching_end(content):
    """The document with its root closed under the name that opened it."""
    opening = _ROOT.search(content, 0, EDGE_BYTES)
    closing = _LAST_CLOSING.search(content, max(0, len(content) - EDGE_BYTES))
    # A report that ends with another element's tag is cut off, not closed under another name.
    if not opening or not closing or closing.group(1) in (b"Row", b"Meta", opening.group(1)):
        return content
    if not closing.group(1).endswith((b"Summary", b"Details")):
        return content
    return content[: closing.start()] + b"</" + opening.group(1) + b">"


def _row(node):
    return ReportRow(
        _short(node, "ErsReference"),
        _amount(node, "SalesAmount"),
        _known(node, "TerminalId"),
        _known(node, "CashierId"),
    )


def _sum(node):
    count = node.integer("SalesCount")
    if count is None:
        raise Unreadable(reason="missing", detail="a row without reference and without count")
    total = _amount(node, "SalesTotal")
    return ReportRow(None, total, _known(node, "TerminalId"), _known(node, "CashierId"), count)


def _amount(node, wanted):
    words = node.text(wanted)
    if not words or not _AMOUNT.fullmatch(words):
        raise Unreadable(reason="amount", detail=f"{wanted} is no amount")
    try:
        return Decimal(words)
    except InvalidOperation:
        raise Unreadable(reason="amount", detail=f"{wanted} is no amount") from None


def _known(node, wanted):
    words = _short(node, wanted)
    return None if words == NULL else words


def _short(node, wanted):
    words = node.text(wanted)
    if words and len(words) > MAX_TEXT:
        raise Unreadable(reason="too_long", detail=f"{wanted} is too long")
    return words
