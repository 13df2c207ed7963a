import time

from odoo import api, models

from ...glase import new_client_reference
from ...rules import state_machine
from ..support import autonomous_transaction
from ..support.till_errors import Refused, answers_refusals


class GlaseTransaction(models.Model):
    """*Change amount*: another amount for a bill that is out already (``doc/ledger.md §11``)."""

    _inherit = "glase.transaction"

    @api.model
    @answers_refusals
    def _till_update(self, config_id, order_uuid, line_uuid, attempt, amount):
        """Change the amount of a bill that nobody has scanned yet.

        After any answer but *accepted*, the old and the new amount both stand until Glase's receipt
        says which was paid.

        :param int config_id: the till
        :param str order_uuid: the order whose draft is stored
        :param str line_uuid: its payment line
        :param str attempt: of the row that is out
        :param str amount: the new amount, decimal string in major units of the order's currency
        :return: the row as the till sees it, or a refusal; ``scanned`` if Glase refused
        :rtype: dict
        """
        row = self.sudo().browse(self._till_row(config_id, line_uuid, attempt))
        order = self._till_order(row.config_id, order_uuid, line_uuid)
        value = self._checked_amount(amount)
        self._check_due(order, line_uuid, value)
        invoice = self._till_invoice(
            order,
            line_uuid,
            value,
            row.terminal_id,
            row.cashier,
            notification_url=self._notification_url(row.account_id, line_uuid, attempt),
        )
        update, reference = self._caller(row.terminal_id, "update_invoice"), row.invoice_reference
        row_id, own = row.id, new_client_reference()
        total = float(order._glase_total_due())
        self._end_request_transaction()
        self._in_own_transaction(lambda rows: rows.browse(row_id)._propose(value, total, own))
        evidence = self._call(
            row_id,
            "updateInvoice",
            lambda: update(reference, invoice, client_reference=own),
            own,
            within=time.monotonic() + state_machine.CALL_WITHIN_SECONDS,
        )
        view = self._answer(row_id)
        if view["proposed"] and evidence.outcome == state_machine.ANSWER:
            raise Refused(
                "scanned",
                self.env._(
                    "Glase does not change this bill any more: the customer is looking at it. "
                    "Cancel it and send it anew with the new amount."
                ),
                view=view,
            )
        return view

    def _is_updatable(self):
        """Whether the amount of this bill may be changed, as far as the ledger knows."""
        self.ensure_one()
        return bool(
            self.kind == state_machine.PAYMENT
            and self.state == state_machine.ISSUED
            and not (self.proposing or self.forced_at or self.given_up_at or self.cancel_wished_at)
        )

    def _propose(self, amount, order_total, client_reference):
        """Note a new amount before it is sent: from here on both amounts stand.

        :raises Refused: if the bill is not out, or an update is out already
        """
        self.ensure_one()
        autonomous_transaction.lock(self)
        if self.proposing:
            raise Refused(
                "updating",
                self.env._(
                    "Another change of this amount is still undecided. Wait for the payment, or "
                    "cancel it and send it anew."
                ),
            )
        if not self._is_updatable():
            raise Refused("not_open", self.env._("This bill is not open any more: check it again."))
        self.write(
            {"proposing": True, "proposed_amount": float(amount), "order_total": order_total}
        )
        self._note("updateInvoice", str(amount), client_reference)
