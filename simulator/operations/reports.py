"""executeReport (``doc/protocol.md §4.14``)."""

from .. import codes, principals
from ..codes import Refused
from ..reports import REPORTS, render, rows_of
from . import serves
from .parameters import parameters_of


@serves("executeReport")
def execute_report(call):
    """One report of one period; *not ready yet* first, as often as the profile says.

    :raise Refused: 90 unknown report or period, 2 not ready
    """
    tx, profile = call.tx, call.profile
    reseller = principals.reseller(tx, call.request)
    parameters = parameters_of(call.request)
    kind = REPORTS.get(call.request.get("reportId"))
    period = tx.one(
        "SELECT * FROM period WHERE id = ? AND reseller_id = ?",
        parameters.get("transactionPeriodId"),
        reseller["id"],
    )
    if kind is None or period is None:
        raise Refused(codes.SYSTEM_ERROR)
    if kind.per_terminal and not (
        period["terminal_id"] and parameters.get("TERMINALID") == period["terminal_id"]
    ):
        # The period was marked without TERMINALID, or the report is asked for without it.
        raise Refused(codes.REPORT_NOT_READY)
    delivered = _ready(tx, profile, period, kind)
    rows = rows_of(tx, profile, period, delivered)
    text = render(kind, profile, period, rows, tx.now)
    report = {"title": f"{kind.name}_{period['id']}.xml", "mimeType": "text/html"}
    if profile["report_content"] != "string":
        report["content"] = text.encode()
    if profile["report_content"] != "base64":
        report["contentString"] = text
    return {"report": report}


def _ready(tx, profile, period, kind):
    """How often this report was delivered before.

    :raise Refused: 2 while it is not ready; that is counted
    """
    key = (period["id"], kind.name)
    tx.run("INSERT OR IGNORE INTO report (period_id, report_id) VALUES (?, ?)", *key)
    row = tx.one("SELECT * FROM report WHERE period_id = ? AND report_id = ?", *key)
    column = "not_ready" if row["not_ready"] < profile["report_not_ready_count"] else "delivered"
    tx.run(f"UPDATE report SET {column} = {column} + 1 WHERE period_id = ? AND report_id = ?", *key)
    if column == "not_ready":
        raise Refused(codes.REPORT_NOT_READY)
    return row["delivered"]
