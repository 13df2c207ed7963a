"""What an order owes by its till's cash rounding: the rows that the till's own tests have."""

import json
from collections import namedtuple
from decimal import Decimal
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "static/tests/unit/due_table.js"

DueRow = namedtuple("DueRow", "step method whole strategy taxed total paid cash due")


def due_rows():
    """The rows of ``due_table.js``; amounts are Decimal."""
    lines = (line.strip().rstrip(",") for line in FILE.read_text("utf-8").splitlines())
    rows = [DueRow(*json.loads(line)) for line in lines if line.startswith('["')]
    assert len(rows) > 1
    return [
        row._replace(
            **{name: Decimal(getattr(row, name)) for name in ("step", "total", "paid", "due")}
        )
        for row in rows
    ]
