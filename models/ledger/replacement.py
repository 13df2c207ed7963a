"""A bill that takes another's place on the sticker (``doc/ledger.md §13``).

Glase may have the bill of a lost send, but nobody knows its reference. It can be neither asked for nor
canceled, so no payment of it can stand; but the next customer would find it. The next send replaces it.
Where there is none, the server sends a bill of its own in its place and cancels that one; so it does
with a bill that Glase does not cancel.
"""

from datetime import timezone

from ...glase import Amount, Invoice, InvoiceRow
from ..support import autonomous_transaction, clock
from ..support.till_errors import Refused
from .claim import PaymentClaim
from .exchange import SEND, Exchange

# What the new row takes over from the one that it replaces.
SAME = (
    "line_uuid",
    "amount",
    "environment",
    "terminal_identifier",
    "reseller_id",
    "order_uuid",
    "order_name",
    "order_total",
    "cashier",
    "currency_id",
    "terminal_id",
    "account_id",
    "config_id",
    "session_id",
    "company_id",
    "order_id",
    "user_id",
)


class Replacement:
    """The bill that replaces one that was given up, as a row of its own.

    It is given up from the start: canceled before anything asks about it (``doc/ledger.md §5``).

    :param env: of the job, or of the till that sends next
    :param int row_id: what is replaced: it was lost, or cannot be canceled
    """

    def __init__(self, env, row_id):
        self.rows = env["glase.transaction"]
        self.row = self.rows.sudo().browse(row_id)
        self.row.invalidate_recordset()

    def send(self):
        """Send the bill, unless another has the sticker by now."""
        if self.row._is_superseded():
            autonomous_transaction.end_request(self.rows.env)
            return
        values = self._values()
        exchange = Exchange(self.rows, SEND)
        call = exchange.bound(self.row.terminal_id, self._invoice())

        def claim(rows):
            row_id, is_new = PaymentClaim(rows, values, exchange).make()
            rows.browse(row_id)._give_up("left_open")
            return row_id, call if is_new else None

        try:
            exchange.run(claim)
        except Refused:
            # The till is sending: that bill takes the sticker.
            return

    def _values(self):
        row = self.row
        return {
            "attempt": f"{row.attempt}/clear/{row._replacement_count() + 1}",
            "replaces_lost_id": row.id,
            **{name: row[name].id if row._fields[name].relational else row[name] for name in SAME},
        }

    def _invoice(self):
        """The bill once more: should a customer pay it all the same, it is the same sum."""
        row = self.row
        total = Amount(row._decimal(row.amount), row.currency_id.name)
        name = row.order_name or row.order_uuid
        return Invoice(
            title=row.account_id.shop_name or row.company_id.name,
            client_invoice_id=name,
            rows=(InvoiceRow(description=name, total=total),),
            total=total,
            cashier_id=row.cashier,
            footer=row.account_id.invoice_footer or row.company_id.name,
            issue_date=clock.now(row.env.cr).replace(tzinfo=timezone.utc),
        )
