"""How a refund ends: by Glase's answer, or by a manager's decision (``doc/ledger.md §12``)."""

from ...rules import case_kinds, state_machine

REGISTRATION_CODES = frozenset({20, 21, 29, 33, 37, 91})
BUSY_CODE = 48
OWN_WORDS_CODES = frozenset({23, 97, 98, 99})


class RefundEnd:
    """How a refund ends, and the words that a cashier reads of it.

    :param row: of the ledger
    """

    def __init__(self, row):
        self.row, self.env = row, row.env

    def worded(self, evidence, heard):
        """What was heard, with what an answer means for a refund."""
        if evidence.outcome == state_machine.ANSWER and evidence.code:
            return {**heard, "message": self._refused_message(evidence.code, heard)}
        return heard

    def answered(self, before, evidence):
        """What follows from an answer that has changed the state."""
        if self.row.state != before:
            self.requested()
            self._repeated(evidence)

    def requested(self):
        """A refund has got another state: cases, the payment's link, the order's proof."""
        if self.row.state == state_machine.UNKNOWN:
            self.row._open_case("unknown_refund")
        if self.row.state in state_machine.FINAL:
            self._settle_decision()
            self._tell_original()

    def _settle_decision(self):
        """Nobody needs to find out any more what became of it."""
        decided = case_kinds.ended_by(case_kinds.DECIDED)
        asked = self.row.case_ids.filtered(lambda case: case.kind in decided)
        if self.row.decided_by:
            asked = asked.with_user(self.row.decided_by).sudo()
        asked._settle(self.row.decided_reason or self.env._("Glase has answered after all."))

    def _tell_original(self):
        """The payment that it gives back, and its order, hear how it ended."""
        original = self.row.original_id
        if self.row.state == state_machine.REFUNDED and original.refund_claim:
            original._settle_cases(
                case_kinds.offering(case_kinds.REFUND),
                self.env._("Given back without an order: %s", self.row.ers_reference or ""),
            )
            original._forget_payment()
        if self.row.state == state_machine.FAILED:
            original._release_claim()
        self.row._prove_payments()

    def _repeated(self, evidence):
        """What the answer to a repetition proves about the refund that it repeats.

        Only one of the two fits into the payment: so if this one was made, the first was not, and
        if Glase says that too much would be given back, the first was made.
        """
        first = self.row.repeats_id
        if not first or first.state != state_machine.UNKNOWN:
            return
        if self.row.state == state_machine.REFUNDED:
            request, words = "decided_not_refunded", self.env._("The repetition was made instead.")
        elif evidence.outcome == state_machine.ANSWER and evidence.code == 98:
            request, words = "decided_refunded", self.env._("Glase refused to repeat it.")
        else:
            return
        reason = f"{words} {self.row.decided_reason or self.row.refund_reason or ''}".strip()
        first._decide(request, reason, self.row.user_id, inferred=True)

    def _refused_message(self, code, heard):
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

    def till_message(self):
        """What the cashier reads of this row; False where there is nothing to say."""
        match self.row.state:
            case state_machine.UNKNOWN if self.row._answered_of_another():
                return self.row.message
            case state_machine.UNKNOWN:
                return self.env._(
                    "Glase has not answered: the customer may or may not have got the money back. "
                    "Do not give it back in another way: a manager finds out and decides."
                )
            case state_machine.FAILED:
                return self.row.message or self.env._("Glase did not give the money back.")
            case state_machine.REFUNDED:
                return False
        return self.env._("The refund is under way. Wait for Glase.")

    def message_of_another(self, _evidence):
        """What the cashier reads of an answer that names what another row has."""
        return self.env._(
            "Glase answered with the reference of another payment or refund: the customer may "
            "or may not have got the money back. Do not give it back in another way: a manager "
            "finds out and decides."
        )
