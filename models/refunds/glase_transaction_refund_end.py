from odoo import models

from ...rules import case_kinds, state_machine
from ..support import clock

REGISTRATION_CODES = frozenset({20, 21, 29, 33, 37, 91})
BUSY_CODE = 48
OWN_WORDS_CODES = frozenset({23, 97, 98, 99})


class GlaseTransaction(models.Model):
    """How a refund ends: by Glase's answer, or by a manager's decision (``doc/ledger.md §12``)."""

    _inherit = "glase.transaction"

    def _record_answer(self, evidence, heard):
        """Override to say what an answer means for a refund, and to act on its end."""
        if self.kind != state_machine.REFUND:
            return super()._record_answer(evidence, heard)
        before = self.state
        if evidence.outcome == state_machine.ANSWER and evidence.code:
            heard = {**heard, "message": self._refund_refused_message(evidence.code, heard)}
        result = super()._record_answer(evidence, heard)
        if self.state != before:
            self._after_refund()
            self._after_repetition(evidence)
        return result

    def _transition(self, request, **values):
        """Override to act on the end of a refund."""
        result = super()._transition(request, **values)
        if self.kind == state_machine.REFUND:
            self._after_refund()
        return result

    def _after_refund(self):
        """A refund has got another state: cases, the payment's link, the order's proof."""
        self.ensure_one()
        original = self.original_id
        if self.state == state_machine.UNKNOWN:
            self._open_case("unknown_refund")
        if self.state not in state_machine.FINAL:
            return
        decided = case_kinds.ended_by(case_kinds.DECIDED)
        asked = self.case_ids.filtered(lambda case: case.kind in decided)
        if self.decided_by:
            asked = asked.with_user(self.decided_by).sudo()
        asked._settle(self.decided_reason or self.env._("Glase has answered after all."))
        if self.state == state_machine.REFUNDED and original.refund_claim:
            original._settle_cases(
                case_kinds.offering(case_kinds.REFUND),
                self.env._("Given back without an order: %s", self.ers_reference or ""),
            )
            original._forget_payment()
        if self.state == state_machine.FAILED:
            original._release_claim()
        if self.line_uuid != original.line_uuid:
            self._prove_payments()

    def _after_repetition(self, evidence):
        """What the answer to a repetition proves about the refund that it repeats.

        Only one of the two fits into the payment: so if this one was made, the first was not, and
        if Glase says that too much would be given back, the first was made.
        """
        first = self.repeats_id
        if not first or first.state != state_machine.UNKNOWN:
            return
        if self.state == state_machine.REFUNDED:
            request, words = "decided_not_refunded", self.env._("The repetition was made instead.")
        elif evidence.outcome == state_machine.ANSWER and evidence.code == 98:
            request, words = "decided_refunded", self.env._("Glase refused to repeat it.")
        else:
            return
        reason = f"{words} {self.decided_reason or self.refund_reason or ''}".strip()
        first._decide(request, reason, self.user_id, inferred=True)

    def _decide(self, request, reason, user, **values):
        """Write down what was decided about an unknown refund."""
        self._transition(
            request,
            decided_at=clock.now(self.env.cr),
            decided_by=user.id,
            decided_reason=reason,
            message=reason,
            **values,
        )

    def _refund_refused_message(self, code, heard):
        if code in REGISTRATION_CODES:
            return self.env._(
                "Glase takes no refund from the registration that took this payment. Give the "
                "money back in another way, and tell the manager."
            )
        if code == BUSY_CODE:
            return self.env._("Glase is still busy with this payment. Try again in a minute.")
        if code in OWN_WORDS_CODES or code not in state_machine.PROOF_OF_FAILURE:
            return heard.get("message")
        return self.env._("Glase refused the refund. Give the money back in another way.")

    def _till_message(self):
        """Override: a refund has words of its own."""
        if self.kind != state_machine.REFUND:
            return super()._till_message()
        match self.state:
            case state_machine.UNKNOWN if self._answered_of_another():
                return self.message
            case state_machine.UNKNOWN:
                return self.env._(
                    "Glase has not answered: the customer may or may not have got the money back. "
                    "Do not give it back in another way: a manager finds out and decides."
                )
            case state_machine.FAILED:
                return self.message or self.env._("Glase did not give the money back.")
            case state_machine.REFUNDED:
                return False
        return self.env._("The refund is under way. Wait for Glase.")
