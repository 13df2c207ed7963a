"""All that happened, for programs that check it: times are UTC, amounts decimal strings.

A password is never in it: the simulator keeps none.
"""

import json
from collections import defaultdict
from datetime import datetime, timezone
from decimal import Decimal

from . import invoices

CALLS_KEPT = 20_000
PRUNE_EVERY = 1_000
# Whoever calls may write at any length, and need not have a log-in: so much of it is kept.
KEPT_TEXT = 250


def when(moment):
    """Seconds since the epoch → ISO 8601 in UTC with milliseconds, or None."""
    if moment is None:
        return None
    stamp = datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds")
    return stamp.replace("+00:00", "Z")


def record_call(tx, operation, request, fault=None):
    """Note a call that came in; returns its number for :func:`record_answer`."""
    context = request.get("context") or {}
    principal = context.get("initiatorPrincipalId") or {}
    told = {
        "operation": operation,
        "client_id": context.get("clientId"),
        "client_reference": context.get("clientReference"),
        "principal_type": principal.get("type"),
        "principal_id": principal.get("id"),
        "invoice_reference": request.get("invoiceReference"),
        "ers_reference": request.get("ersReference"),
        "fault": fault,
    }
    told = {name: text and text[:KEPT_TEXT] for name, text in told.items()}
    seq = tx.insert("call", received_at=tx.now, **told)
    if seq % PRUNE_EVERY == 0:
        tx.run("DELETE FROM call WHERE seq <= ?", seq - CALLS_KEPT)
    return seq


def record_answer(tx, seq, answer):
    """Note that a call was carried out, and how it ended."""
    tx.run(
        "UPDATE call SET code = ?, carried_out_at = ?, "
        "invoice_reference = coalesce(?, invoice_reference), "
        "ers_reference = coalesce(?, ers_reference) WHERE seq = ?",
        answer["resultCode"],
        tx.now,
        answer.get("invoiceReference"),
        answer.get("ersReference"),
        seq,
    )


def invoice_dict(tx, row, history=None):
    """One invoice as JSON shows it."""
    content = invoices.load(row["content"])
    rows = (content.get("invoiceRows") or {}).get("invoiceRow", [])
    if history is None:
        history = tx.all(
            "SELECT * FROM history WHERE invoice_reference = ? ORDER BY seq", row["reference"]
        )
    return {
        "invoice_reference": row["reference"],
        "terminal_id": row["terminal_id"],
        "glase_id": row["glase_id"],
        "status": row["status"],
        "version": row["version"],
        "amount": row["amount"],
        "currency": row["currency"],
        "title": content.get("title"),
        "client_invoice_id": content.get("clientInvoiceId"),
        "cashier": content.get("cashierId"),
        "footer": content.get("footer"),
        "issue_date": content.get("issueDate"),
        "payment_mode": content.get("paymentMode"),
        "acknowledgment_mode": content.get("acknowledgmentMode"),
        "notification_url": content.get("notificationUrl"),
        "rows": [_row_dict(each) for each in rows],
        "tokens": json.loads(row["tokens"]),
        "issued_at": when(row["issued_at"]),
        "scanned_at": when(row["scanned_at"]),
        "begun_at": when(row["begun_at"]),
        "reserved_at": when(row["reserved_at"]),
        "closed_at": when(row["closed_at"]),
        "closed_by": row["closed_by"],
        "asked_at": when(row["asked_at"]),
        "ers_reference": row["ers_reference"],
        "history": [_history_dict(line) for line in history],
    }


def _history_dict(line):
    plain = {name: line[name] for name in ("status", "version", "why")}
    return {"at": when(line["at"]), **plain}


def _row_dict(row):
    total = row["itemTotalAmount"]
    return {
        "description": row.get("itemDescription"),
        "quantity": _plain(row.get("itemQuantity")),
        "unit": row.get("itemUnit"),
        "unit_price": _plain((row.get("itemUnitPrice") or {}).get("value")),
        "tax_rate": _plain(row.get("itemTaxRate")),
        "sku": row.get("itemSKU"),
        "ean": row.get("itemEAN"),
        "amount": _plain(total["value"]),
        "currency": total["currency"],
    }


def _plain(value):
    return None if value is None else f"{value:f}"


def payment_dict(tx, row):
    """One payment as JSON shows it; state ``unfetched``, ``standing`` or ``reversed``."""
    refunds = tx.all("SELECT amount FROM refund WHERE payment_reference = ?", row["ers_reference"])
    state = "reversed" if row["reversed_at"] else "standing" if row["fetched_at"] else "unfetched"
    return {
        "ers_reference": row["ers_reference"],
        "invoice_reference": row["invoice_reference"],
        "terminal_id": row["terminal_id"],
        "reseller_id": row["reseller_id"],
        "state": state,
        "amount": row["amount"],
        "currency": row["currency"],
        "refunded": f"{sum((Decimal(each['amount']) for each in refunds), Decimal('0.00')):f}",
        "cashier": row["cashier"],
        "payer": row["payer"],
        "paid_at": when(row["paid_at"]),
        "fetched_at": when(row["fetched_at"]),
        "reversed_at": when(row["reversed_at"]),
    }


def _plain_rows(tx, table, order, times, hidden=()):
    return [
        {
            name: when(value) if name in times else value
            for name, value in dict(row).items()
            if name not in hidden
        }
        for row in tx.all(f"SELECT * FROM {table} ORDER BY {order}")
    ]


def journal(tx):
    """Everything, as one dict ready for JSON."""
    history = defaultdict(list)
    for line in tx.all("SELECT * FROM history ORDER BY seq"):
        history[line["invoice_reference"]].append(line)
    payments = [
        payment_dict(tx, row) for row in tx.all("SELECT * FROM payment ORDER BY ers_reference")
    ]
    return {
        "now": when(tx.now),
        "clock_offset": tx.get_meta("clock_offset", 0),
        "resellers": [dict(row) for row in tx.all("SELECT id, user FROM reseller ORDER BY id")],
        "terminals": [
            {"terminal_id": row.pop("id"), **row}
            for row in _plain_rows(
                tx,
                "terminal",
                "registered_at",
                {"registered_at", "unregistered_at"},
                {"salt", "hash", "short_password"},
            )
        ],
        "invoices": [
            invoice_dict(tx, row, history[row["reference"]])
            for row in tx.all("SELECT * FROM invoice ORDER BY reference")
        ],
        "payments": payments,
        "reversals": [_reversal(each) for each in payments if each["state"] == "reversed"],
        "refunds": _plain_rows(tx, "refund", "ers_reference", {"refunded_at"}),
        "receipts": _plain_rows(tx, "receipt", "seq", {"submitted_at"}),
        "periods": _periods(tx),
        "notifications": _plain_rows(tx, "notification", "seq", {"at"}),
        "calls": _plain_rows(tx, "call", "seq", {"received_at", "carried_out_at"}),
    }


def _periods(tx):
    reports = defaultdict(dict)
    for row in tx.all("SELECT * FROM report"):
        reports[row["period_id"]][row["report_id"]] = {
            "not_ready": row["not_ready"],
            "delivered": row["delivered"],
        }
    return [
        {
            "transaction_period_id": row["id"],
            "reseller_id": row["reseller_id"],
            "terminal_id": row["terminal_id"],
            "marked_at": when(row["marked_at"]),
            "reports": reports[row["id"]],
        }
        for row in tx.all("SELECT * FROM period ORDER BY id")
    ]


def _reversal(payment):
    names = ("ers_reference", "invoice_reference", "amount", "currency", "reversed_at")
    return {name: payment[name] for name in names}
