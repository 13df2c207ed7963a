"""Transaction periods for a bookkeeper: as a spreadsheet, and as comma-separated values.

One row for each payment and refund, as Glase reports it and as the ledger has it. Money is written as
a number with the currency's decimals; text that a spreadsheet would take for a formula is written as
text.
"""

import csv
import io
from decimal import Decimal
from typing import NamedTuple

import xlsxwriter

from odoo import fields
from odoo.tools.misc import get_lang

from ...rules.reconciliation import LATE
from ..support import clock, money
from .glase_period_line import LEDGER

# A cell that begins with one of these is calculated, and not shown.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
CSV, XLSX = "csv", "xlsx"
MIME = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Table(NamedTuple):
    """A sheet: its name, the names of its columns, and rows of text, numbers (Decimal) and days."""

    name: str
    columns: list
    rows: list


def file_name(periods, kind):
    """What the file of some periods is called.

    :param periods: of ``glase.period``
    :param str kind: ``CSV`` or ``XLSX``
    """
    days = sorted(filter(None, (_day(period, period.marked_at) for period in periods)))
    span = "-".join(dict.fromkeys((days[0], days[-1]))) if days else "empty"
    return f"glase-{span.replace('/', '')}.{kind}"


def as_file(periods, kind):
    """The periods as the bytes of a file, in the language of their environment.

    :param periods: of ``glase.period``, as somebody who may read them
    :param str kind: ``CSV`` or ``XLSX``
    :rtype: bytes
    """
    return _WRITERS[kind](periods)


def payments(periods):
    """Each payment and refund of some periods.

    :rtype: Table
    """
    env = periods.env
    columns = [
        env._("Day"),
        env._("Period at Glase"),
        env._("Environment"),
        env._("Till"),
        env._("Session"),
        env._("Order"),
        env._("Cashier"),
        env._("Payment Reference"),
        env._("At Glase"),
        env._("In the Ledger"),
        env._("Difference"),
        env._("Currency"),
        env._("Result"),
        env._("Accepted"),
    ]
    rows = [
        _payment(line)
        for period in periods.sorted("id")
        for line in period.line_ids.sorted(lambda line: (line.sequence, line.id))
        if line.kind != LATE
    ]
    return Table(env._("Payments"), columns, rows)


def _payment(line):
    period, row = line.period_id, line.transaction_id
    at_glase = money.exact(line.currency_id, 0.0 if line.origin == LEDGER else line.amount)
    in_ledger = money.exact(line.currency_id, line.ledger_amount)
    return _cells(
        _day(period, period.marked_at),
        period.identifier,
        _label(period, "environment"),
        (row.config_id or period.config_id).name,
        row.session_id.name,
        line.order_reference,
        line.cashier,
        line.reference,
        at_glase,
        in_ledger,
        at_glase - in_ledger,
        line.currency_id.name,
        _label(line, "kind"),
        line.accepted_at and line.reason,
    )


def sums(periods):
    """Each period with its sums.

    :rtype: Table
    """
    env = periods.env
    columns = [
        env._("Day"),
        env._("Period at Glase"),
        env._("Environment"),
        env._("Account"),
        env._("Till"),
        env._("Sessions"),
        env._("Rows at Glase"),
        env._("Rows in the Ledger"),
        env._("At Glase"),
        env._("In the Ledger"),
        env._("Difference"),
        env._("Currency"),
        env._("Result"),
    ]
    rows = [
        _cells(
            _day(period, period.marked_at),
            period.identifier,
            _label(period, "environment"),
            period.account_id.name,
            period.config_id.name,
            ", ".join(period.session_ids.mapped("name")),
            Decimal(period.report_count),
            Decimal(period.ledger_count),
            money.exact(period.currency_id, period.report_total),
            money.exact(period.currency_id, period.ledger_total),
            money.exact(period.currency_id, period.difference),
            period.currency_id.name,
            _label(period, "state"),
        )
        for period in periods.sorted("id")
    ]
    return Table(env._("Periods"), columns, rows)


def _cells(*values):
    """A row: what is not known is empty."""
    return [value if isinstance(value, Decimal) else value or "" for value in values]


def _day(period, moment):
    """The day of a moment where the shop is, as ``YYYY-MM-DD``; empty without one."""
    if not moment:
        return ""
    zone = clock.time_zone(period.sudo().account_id.period_tz)
    return fields.Date.to_string(clock.day_in(zone, moment))


def _label(record, name):
    labels = dict(record._fields[name]._description_selection(record.env))
    return labels.get(record[name]) or ""


def plain(text):
    """Text that no spreadsheet calculates.

    :param str text: as it is stored; it may come from outside
    :rtype: str
    """
    return f"'{text}" if text.startswith(FORMULA) else text


def _csv(periods):
    """As Excel opens it where the language has a decimal comma, and everybody else elsewhere."""
    point = get_lang(periods.env).decimal_point
    table = payments(periods)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if point == "," else ",", lineterminator="\r\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow(
            [
                str(cell).replace(".", point) if isinstance(cell, Decimal) else plain(cell)
                for cell in row
            ]
        )
    return text.getvalue().encode("utf-8-sig")


def _xlsx(periods):
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    bold = book.add_format({"bold": True})
    numbers = {}
    for table in (payments(periods), sums(periods)):
        sheet = book.add_worksheet(table.name[:31])
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(table.columns) - 1, 16)
        for column, name in enumerate(table.columns):
            sheet.write_string(0, column, name, bold)
        for number, row in enumerate(table.rows, 1):
            for column, cell in enumerate(row):
                if not isinstance(cell, Decimal):
                    sheet.write_string(number, column, cell)
                    continue
                # A cell shows as many decimals as it has: its currency's, or none.
                decimals = -cell.as_tuple().exponent
                if decimals not in numbers:
                    shown = "#,##0." + "0" * decimals if decimals else "#,##0"
                    numbers[decimals] = book.add_format({"num_format": shown})
                sheet.write_number(number, column, cell, numbers[decimals])
    book.close()
    return content.getvalue()


_WRITERS = {CSV: _csv, XLSX: _xlsx}
