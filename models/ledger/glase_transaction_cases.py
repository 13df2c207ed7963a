from odoo import models


class GlaseTransaction(models.Model):
    """What the ledger finds that a person must settle, in words (``doc/ledger.md §6``)."""

    _inherit = "glase.transaction"

    def _open_case(self, kind, **details):
        """Open a case about this row, unless it is open already.

        :param str kind: a key of ``glase_case.KINDS``
        :param details: what the sentence of that kind names beside the row itself
        """
        self.ensure_one()
        summary = self._case_summary(kind, details)
        return self.env["glase.case"]._open(kind, summary, transaction=self)

    def _settle_cases(self, kinds, note):
        """Close this row's open cases of these kinds: what was missing has arrived."""
        self.case_ids.filtered(lambda case: case.kind in kinds)._settle(note)

    def _of_another_message(self, evidence):
        """What the cashier reads of an answer that names what another row has."""
        if evidence.operation == "sendInvoice":
            return self.env._(
                "Glase gave this bill the number of another one, so nobody can ask about it. If "
                "the customer's phone says paid, that money comes back by itself. Send the payment "
                "again."
            )
        if evidence.operation == "refundPayment":
            return self.env._(
                "Glase answered with the reference of another payment or refund: the customer may "
                "or may not have got the money back. Do not give it back in another way: a manager "
                "finds out and decides."
            )
        return self.env._(
            "Glase says paid, but with the payment reference of another payment: that is no proof. "
            "Hand out nothing for it yet. Glase is asked again; if that stays, tell the manager."
        )

    def _answered_of_another(self):
        """Whether what is unknown about this row is so because Glase named another's reference."""
        return any(
            case.kind == "reference_twice" and case.state == "open" for case in self.sudo().case_ids
        )

    def _case_summary(self, kind, details):
        match kind:
            case "paid_without_order":
                return self.env._(
                    "The customer paid, but no order has this payment. If the till's order does "
                    "not arrive by itself, attach it to an order or pay the money back."
                )
            case "paid_late":
                return self.env._(
                    "Glase reports the bill as paid after it had counted as unpaid. Check whether "
                    "the customer got the goods, or pay the money back."
                )
            case "paid_without_reference":
                return self.env._(
                    "Glase reports the bill as paid but gave no payment reference. Ask Glase "
                    "before you hand out goods for it."
                )
            case "not_reported":
                return self.env._(
                    "By the ledger this money was moved, but neither Glase's report of the period "
                    "nor the next one has it. Ask Glase for it by %s, then accept the line of the "
                    "period with the answer.",
                    self.ers_reference or self.call_reference or "",
                )
            case "reference_twice":
                evidence = details["evidence"]
                return self.env._(
                    "Glase answered with the reference %(reference)s, which belongs to %(other)s "
                    "already: that proves nothing about this one. Ask Glase what became of it (our "
                    "own reference of its call is %(call)s).",
                    reference=evidence.ers_reference or evidence.invoice_reference,
                    other=details["other"].display_name,
                    call=self.call_reference,
                )
            case "amount_differs":
                return self.env._(
                    "Glase took %(taken)s %(currency)s instead of the amount on the bill. Settle "
                    "the difference with the customer.",
                    taken=self.receipt_amount,
                    currency=self.receipt_currency,
                )
            case "amount_unknown":
                return self.env._(
                    "The bill was paid while its amount was being changed, and Glase gave no "
                    "amount: it may be %(old)s or %(new)s. Ask Glase which, then attach the "
                    "payment to its order.",
                    old=self.currency_id.format(self.amount),
                    new=self.currency_id.format(self.proposed_amount),
                )
            case "changed_after_send":
                return self.env._(
                    "%(what)s was changed from %(before)s to %(after)s while the bill was at the "
                    "customer, who saw the old one. Check the order.",
                    **details,
                )
            case "forced_done":
                return self.env._(
                    "%(manager)s marked this payment as paid although Glase had not confirmed it: "
                    "“%(reason)s”. Glase is asked until it says what became of it.",
                    manager=self.forced_by.name,
                    reason=self.forced_reason,
                )
            case "goods_without_money":
                return self.env._(
                    "%(manager)s marked this payment as paid, but Glase now says that it was not "
                    "paid. The goods are given: ask the customer for the money.",
                    manager=self.forced_by.name,
                )
            case "unknown_refund":
                return self.env._(
                    "Glase has not answered: the customer may or may not have got the money back. "
                    "Ask Glase's support about our reference %s, then decide.",
                    self.call_reference or "",
                )
            case _other:
                return self.env._(
                    "Glase refused to answer about this bill (“%s”). The registration of the till "
                    "may be broken: check the terminal, then ask Glase what became of the bill.",
                    self.message or "",
                )
