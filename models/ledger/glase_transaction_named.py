import re

from odoo import api, models
from odoo.fields import Domain

from ...rules import state_machine
from . import references

# Opaque at Glase (doc/protocol.md §4.15): what keeps words and amounts out, and nothing that Glase gave.
SHAPE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{5,63}", re.ASCII)


class GlaseTransaction(models.Model):
    """The payment reference of a refund whose answer was lost, as a manager learnt it.

    From Glase's portal, its support, or a row of its report. It is evidence: the report is matched by
    it, and by nothing else (``doc/ledger.md §12``, ``§15``).
    """

    _inherit = "glase.transaction"

    def _why_not_reference(self, reference):
        """Why a refund cannot have this payment reference, as a sentence; False if it can.

        :param str reference: trimmed
        """
        self.ensure_one()
        if reference == self.call_reference:
            return self.env._(
                "This is our own reference of the call. Enter the one that Glase gave the refund, "
                "or leave it empty."
            )
        if reference == self.original_id.ers_reference:
            return self.env._(
                "This is the reference of the payment. Enter the refund's own, or leave it empty: "
                "a report that has the refund under its payment is understood without."
            )
        other = references.holder(self, self.environment, {reference})
        if other:
            return self.env._(
                "%(reference)s belongs to %(other)s already. Ask Glase for the reference of this "
                "refund, or leave it empty.",
                reference=reference,
                other=other[:1].display_name,
            )
        return False

    def _enter_reference(self, reference, reason, user):
        """Write down the payment reference that Glase gave this refund, under the row's lock.

        :param str reference: checked by :meth:`_why_not_reference`
        :param str reason: how it is known
        :param user: the manager who says so
        """
        self.ensure_one()
        self.write({"ers_reference": reference, "reference_by": user.id})
        self._note("reference_named", f"{reference}: {reason}", ers_reference=reference)
        if self.payment_id:
            self.payment_id._glase_prove()
            self.env["glase.receipt"]._queue(self)

    @api.model
    def _nameable(self):
        """Refunds that were decided to be made and that no report has had, as a domain.

        One may have been counted to a period whose id was lost: that has no report.

        One whose reference only a manager has said may get another: what was typed may be wrong.
        """
        return (
            Domain("kind", "=", state_machine.REFUND)
            & Domain("state", "=", state_machine.REFUNDED)
            & (Domain("period_id", "=", False) | Domain("period_id.identifier", "=", False))
            & (Domain("ers_reference", "=", False) | Domain("reference_by", "!=", False))
        )
