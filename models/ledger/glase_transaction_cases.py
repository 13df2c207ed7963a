from odoo import models


class GlaseTransaction(models.Model):
    """What the ledger finds that a person must settle (``doc/ledger.md §6``)."""

    _inherit = "glase.transaction"

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
