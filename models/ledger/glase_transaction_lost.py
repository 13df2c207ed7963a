import time
from datetime import timezone

from odoo import api, models

from ...glase import Amount, Invoice, InvoiceRow, new_client_reference
from ...rules import state_machine
from ..support import clock
from ..support.till_errors import Refused


class GlaseTransaction(models.Model):
    """A lost send: Glase may have the bill, but nobody knows its reference (``doc/ledger.md §13``).

    It can be neither asked for nor canceled, so no payment of it can stand; but the next customer
    would find it on the sticker. The next send replaces it. Where there is none, the server sends
    a bill of its own in its place and cancels that one.
    """

    _inherit = "glase.transaction"

    def _is_lost_send(self):
        self.ensure_one()
        return self.state == state_machine.UNKNOWN and self.kind == state_machine.PAYMENT

    def _is_superseded(self, domain=()):
        """Whether a later bill, of those in the domain, has taken this one's place on the sticker."""
        self.ensure_one()
        later = [
            *domain,
            ("terminal_id", "=", self.terminal_id.id),
            ("id", ">", self.id),
            ("invoice_reference", "!=", False),
        ]
        return bool(self.search_count(later, limit=1))

    def _clearing_tries(self):
        self.ensure_one()
        return self.search_count([("replaces_lost_id", "=", self.id)])

    def _is_replaced(self):
        """Whether a later bill took the sticker so long ago that no payment of this one can stand.

        Glase has canceled this one then, or given back a payment that nobody had fetched: asking
        takes nothing any more.
        """
        self.ensure_one()
        since = clock.now(self.env.cr) - state_machine.REVERSAL_WAIT
        return self._is_superseded([("issued_at", "<", since)])

    @api.model
    def _clear(self, row_id):
        """Take a bill that was given up off the sticker: it was lost, or cannot be canceled.

        The bill that replaces it is a row of its own, given up from the start: it is canceled
        before anything asks about it (``doc/ledger.md §5``).
        """
        row = self.sudo().browse(row_id)
        row.invalidate_recordset()
        if row._is_superseded():
            self._end_request_transaction()
            return
        values = row._clearing_values(f"{row.attempt}/clear/{row._clearing_tries() + 1}")
        invoice = row._clearing_invoice()
        send, own = self._caller(row.terminal_id, "send_invoice"), new_client_reference()
        self._end_request_transaction()
        try:
            new_id, _is_new = self._in_own_transaction(
                lambda rows: rows._claim_given_up(values, own)
            )
        except Refused:
            # The till is sending: that bill takes the sticker.
            return
        self._call(
            new_id,
            "sendInvoice",
            lambda: send(invoice, client_reference=own),
            own,
            within=time.monotonic() + state_machine.CALL_WITHIN_SECONDS,
        )

    @api.model
    def _claim_given_up(self, values, client_reference):
        claimed = self._claim(values, client_reference)
        self.browse(claimed[0])._give_up("left_open")
        return claimed

    def _clearing_values(self, attempt):
        self.ensure_one()
        same = (
            "line_uuid",
            "amount",
            "environment",
            "terminal_identifier",
            "reseller_id",
            "order_uuid",
            "order_name",
            "order_total",
            "cashier",
        )
        links = (
            "currency_id",
            "terminal_id",
            "account_id",
            "config_id",
            "session_id",
            "company_id",
            "order_id",
            "user_id",
        )
        return {
            "attempt": attempt,
            "replaces_lost_id": self.id,
            **{name: self[name] for name in same},
            **{name: self[name].id for name in links},
        }

    def _clearing_invoice(self):
        """The lost bill once more: should a customer pay it all the same, it is the same sum."""
        self.ensure_one()
        total = Amount(self._decimal(self.amount), self.currency_id.name)
        name = self.order_name or self.order_uuid
        return Invoice(
            title=self.account_id.shop_name or self.company_id.name,
            client_invoice_id=name,
            rows=(InvoiceRow(description=name, total=total),),
            total=total,
            cashier_id=self.cashier,
            footer=self.account_id.invoice_footer or self.company_id.name,
            issue_date=clock.now(self.env.cr).replace(tzinfo=timezone.utc),
        )
