from odoo import models

from ...rules import case_kinds, polling, state_machine
from ...rules.environments import MARKS
from ..support import clock


class GlaseTransaction(models.Model):
    """What a row says: to its till, and in the cases that a person must settle (``doc/ledger.md §6``)."""

    _inherit = "glase.transaction"

    # === To its till ===

    def _view(self, now=None):
        """The row as the till sees it: no secrets, money as a decimal string.

        :param datetime now: of the ledger's clock, asked if it is not given
        """
        self.ensure_one()
        row = self.sudo()
        return {
            "ok": True,
            "id": row.id,
            "line_uuid": row.line_uuid,
            "attempt": row.attempt,
            "kind": row.kind,
            "state": row.state,
            "final": row.state in state_machine.FINAL,
            "updatable": row._is_updatable(),
            "scanned": row.scanned,
            "forced": bool(row.forced_at),
            "silence": row._silence(now or clock.now(row.env.cr)),
            "given_up": bool(row.given_up_at),
            "cancel": row._cancel_view(),
            "message": row._till_message(),
            **row._money_view(),
            **row._where_view(),
        }

    def _money_view(self):
        paid_at = self.receipt_time or self.paid_at
        proposed = self.proposing and str(self._decimal(self.proposed_amount))
        return {
            "amount": str(self._decimal(self._taken_amount() or self.amount)),
            "amount_certain": self._amount_is_certain(),
            "proposed": proposed,
            "currency": self.currency_id.name,
            "original_reference": self.original_id.ers_reference or False,
            "invoice_reference": self.invoice_reference,
            "reference": self.ers_reference,
            "paid_at": self.state == state_machine.PAID and str(paid_at.replace(microsecond=0)),
        }

    def _where_view(self):
        """What the customer scans, and where the money goes."""
        terminal = self.terminal_id
        simulated = self.environment == "simulator"
        return {
            # With the simulator each code is the phone page's, and the sticker's is that already.
            "qr": not simulated and self.qr_code,
            "sticker": terminal._sticker_text(),
            "glase_id": terminal.glase_id,
            "shop": self.account_id.shop_name or self.company_id.name,
            "simulation": simulated,
            "mark": MARKS.get(self.environment, False),
        }

    def _silence(self, now):
        """Seconds in which Glase was not heard for certain, at least 0."""
        heard = self.glase_seen_at or self.sent_at
        return polling.silence(heard, now).total_seconds() if heard else 0.0

    def _cancel_view(self):
        too_late = self.cancel_answered_at and self.cancel_code == state_machine.ALREADY_PAID_CODE
        return self.cancel_wished_at and ("too_late" if too_late else "wished")

    def _till_message(self):
        return self._end().till_message()

    # === In cases ===

    def _open_case(self, kind, **details):
        """Open a case about this row, unless it is open already.

        :param str kind: a key of ``case_kinds.KINDS``
        :param details: what the sentence of that kind names beside the row itself
        """
        self.ensure_one()
        return self.env["glase.case"]._report(kind, self, **details)

    def _settle_cases(self, kinds, note):
        """Close this row's open cases of these kinds: what was missing has arrived."""
        self.case_ids.filtered(lambda case: case.kind in kinds)._settle(note)

    def _is_refused_an_answer(self):
        """Whether Glase has said that it does not know the till or the bill, or named another's."""
        return any(
            event.code in state_machine.SETUP_CODES or event.outcome == state_machine.OF_ANOTHER
            for event in self.sudo().event_ids
        )

    def _answered_of_another(self):
        """Whether what is unknown about this row is so because Glase named another's reference."""
        return any(
            case.kind in case_kinds.naming_another() and case.state == "open"
            for case in self.sudo().case_ids
        )

    # === Of refunds ===

    def _too_much_message(self, amount):
        """How much can be given back of these payments, and in how many lines."""
        left = [row._refundable() for row in self]
        parts = [part for part in left if part]
        currency = self[:1].currency_id
        if not parts:
            return self.env._(
                "Nothing is left to give back of this payment: refunds that are not decided yet "
                "count as given back."
            )
        if len(parts) == 1 or sum(parts) < amount:
            return self.env._(
                "At most %(total)s can still be given back with Glase. Lines needed: %(count)s.",
                total=currency.format(float(sum(parts))),
                count=len(parts),
            )
        return self.env._(
            "The customer paid in %(count)s Glase payments: give the money back in as many "
            "lines, of at most %(parts)s.",
            count=len(parts),
            parts=", ".join(currency.format(float(part)) for part in parts),
        )
