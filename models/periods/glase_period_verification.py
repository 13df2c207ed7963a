from dataclasses import replace
from decimal import Decimal

from odoo import models

from .glase_period_line import UNKNOWN, VERIFICATION


class GlasePeriod(models.Model):
    """What a verification paid and gave back (``doc/protocol.md §6``), in a whole shop's report.

    It is in no ledger, but it is known: by its references and its amount, each once.
    """

    _inherit = "glase.period"

    def _match(self, lines):
        found = super()._match(lines)
        known = self._of_verifications({one.line.reference for one in found if one.kind == UNKNOWN})
        named = []
        for one in found:
            key = one.line.reference, one.line.amount
            if one.kind == UNKNOWN and key in known:
                known.remove(key)
                one = replace(one, kind=VERIFICATION, entry=None)
            named.append(one)
        return named

    def _known_amount(self, found):
        # Known to the last cent: it makes no difference between Glase's sum and ours.
        return found.line.amount if found.kind == VERIFICATION else super()._known_amount(found)

    def _of_verifications(self, references):
        """What verifications of this account did with some references, unless a line has it already.

        :param set references: of Glase
        :return: pairs of a reference and a Decimal, below zero for a refund, 0 for a payment that
            is reported less its refund
        :rtype: set
        """
        if not references or self.terminal_id:
            return set()
        self.env.flush_all()
        self.env.cr.execute(
            """
            WITH bill AS (
                SELECT b.ers_reference, b.refund_reference, v.amount
                  FROM glase_verification_bill b
                  JOIN glase_verification v ON v.id = b.verification_id
                 WHERE v.account_id = %(account)s AND v.environment = %(environment)s
                   AND (b.ers_reference = ANY(%(wanted)s) OR b.refund_reference = ANY(%(wanted)s))
            ), done AS (
                SELECT ers_reference AS reference, amount FROM bill
                UNION SELECT ers_reference, -amount FROM bill
                UNION SELECT ers_reference, 0 FROM bill
                UNION SELECT refund_reference, -amount FROM bill WHERE refund_reference IS NOT NULL
            )
            SELECT reference, amount::text FROM done
             WHERE NOT EXISTS (
                SELECT FROM glase_period_line line
                  JOIN glase_period period ON period.id = line.period_id
                 WHERE line.kind = 'verification' AND line.reference = done.reference
                   AND line.amount = done.amount AND period.account_id = %(account)s
                   AND period.environment = %(environment)s
             )
            """,
            {
                "account": self.account_id.id,
                "environment": self.environment,
                "wanted": list(references),
            },
        )
        return {(reference, Decimal(amount)) for reference, amount in self.env.cr.fetchall()}
