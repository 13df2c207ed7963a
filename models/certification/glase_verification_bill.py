import dataclasses
from datetime import datetime, timedelta

from odoo import fields, models

from ...rules import state_machine
from ...rules.certification_judge import UNPAID
from ...rules.certification_sheet import ASK, CANCEL, REFUND, SEND
from ..ledger import references
from ..support import clock

SENDING, NEVER, LOST, OPEN = "sending", "never", "lost", "open"
PAID, ENDED, LEFT = "paid", "ended", "left"
STATES = [
    (SENDING, "Sending"),
    (NEVER, "Never came about"),
    (LOST, "Lost: no answer"),
    (OPEN, "Open"),
    (PAID, "Paid"),
    (ENDED, "Ended without a payment"),
    (LEFT, "Could not be ended"),
]
REFUNDING, REFUNDED, REFUND_UNKNOWN, REFUND_REFUSED = "sending", "refunded", "unknown", "refused"
REFUNDS = [
    (REFUNDING, "Under way"),
    (REFUNDED, "Given back"),
    (REFUND_UNKNOWN, "Not known"),
    (REFUND_REFUSED, "Refused"),
]
# Pauses between tries to clean up; after the last one a person must look.
PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (2, 5, 15, 30, 60, 120, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600)
)
# So often a refusal is heard before it is believed.
REFUSALS = 3


class GlaseVerificationBill(models.Model):
    """One invoice of a verification, and how it ends: nobody is left with it unpaid or unrefunded.

    The rules of the ledger hold here, too (``doc/ledger.md §4, §5, §12, §13``): it is stored before
    the call, a call that moves money is made once, and only Glase's status says what became of it.
    """

    _name = "glase.verification.bill"
    _description = "Invoice of a Glase Verification"
    _inherit = ["pos_glase.verification.part"]
    _order = "id"
    _rec_name = "invoice_reference"

    key = fields.Char(required=True, readonly=True, help="The step that sent it")
    state = fields.Selection(STATES, default=SENDING, required=True, readonly=True)
    invoice_reference = fields.Char(readonly=True)
    version = fields.Integer(readonly=True)
    qr_code = fields.Char(readonly=True)
    ers_reference = fields.Char("Payment Reference", readonly=True)
    sent_at = fields.Datetime(readonly=True)
    cancel_code = fields.Integer(readonly=True)
    cancel_answered_at = fields.Datetime(readonly=True)
    refusals = fields.Integer(readonly=True)
    refund_state = fields.Selection(REFUNDS, readonly=True)
    refund_reference = fields.Char(readonly=True)
    refund_call = fields.Char("Reference of the Refund's Call", readonly=True)
    tries = fields.Integer(readonly=True)
    next_at = fields.Datetime(readonly=True)
    words = fields.Char("Last Heard", readonly=True)

    # === What was heard ===

    def _unless_of_another(self, heard):
        """An answer as it is; one that names what another record has proves nothing (``doc/ledger.md §20``)."""
        evidence = heard.evidence
        if not heard.succeeded or evidence.operation not in (SEND, ASK, REFUND):
            return heard
        named = {evidence.invoice_reference, evidence.ers_reference}
        other = references.holder(self, self.verification_id.environment, named)
        if not other:
            return heard
        evidence = dataclasses.replace(evidence, outcome=state_machine.OF_ANOTHER)
        words = f"Glase answered with a reference that {other.display_name} has already."
        return dataclasses.replace(heard, evidence=evidence, words=words)

    def _learn(self, heard):
        """Take in what was heard about this invoice, whoever asked."""
        self.ensure_one()
        learn = {
            SEND: self._learn_send,
            ASK: self._learn_status,
            CANCEL: self._learn_cancel,
            REFUND: self._learn_refund,
        }.get(heard.evidence.operation)
        if learn:
            self.write({"words": heard.words or False, **learn(heard)})

    def _learn_send(self, heard):
        evidence = heard.evidence
        if heard.succeeded and evidence.invoice_reference:
            return {
                "state": OPEN if self.state == SENDING else self.state,
                "invoice_reference": evidence.invoice_reference,
                "qr_code": evidence.qr_code or False,
            }
        return {"state": NEVER if state_machine.proves_failure(evidence) else LOST}

    def _learn_status(self, heard):
        evidence = heard.evidence
        if not heard.succeeded:
            refused = (
                evidence.outcome == state_machine.ANSWER
                and evidence.code in state_machine.SETUP_CODES
            )
            return {"refusals": self.refusals + 1} if refused else {}
        values = {"refusals": 0}
        if evidence.version is not None:
            values["version"] = max(evidence.version, self.version)
        if evidence.status == "PAID" and evidence.ers_reference:
            return {**values, "state": PAID, "ers_reference": evidence.ers_reference}
        if evidence.status in UNPAID and self.state != PAID:
            values["state"] = ENDED
        return values

    def _learn_cancel(self, heard):
        evidence = heard.evidence
        if evidence.outcome != state_machine.ANSWER or evidence.code in state_machine.PAYING_CODES:
            return {}
        certain = evidence.code in state_machine.CANCELED_CODES | {state_machine.ALREADY_PAID_CODE}
        if not certain:
            return {"refusals": self.refusals + 1}
        return {"cancel_code": evidence.code, "cancel_answered_at": clock.now(self.env.cr)}

    def _learn_refund(self, heard):
        evidence = heard.evidence
        if heard.succeeded:
            return {"refund_state": REFUNDED, "refund_reference": evidence.ers_reference or False}
        if not state_machine.proves_failure(evidence):
            return {"refund_state": REFUND_UNKNOWN}
        if evidence.code in state_machine.SETUP_CODES:
            # Nothing was given back, for the log-in's sake: when cleaning up it is tried again.
            return {"refund_state": False, "refusals": self.refusals + 1}
        again = (
            evidence.outcome == state_machine.NEVER_SENT
            or evidence.code in state_machine.PAYING_CODES
        )
        return {"refund_state": False if again else REFUND_REFUSED}

    # === Cleaning up ===

    def _is_unsettled(self, paid_too=True):
        """Whether something remains to be done about this invoice.

        :param bool paid_too: a payment that stands is to be given back, too
        """
        self.ensure_one()
        return self.state in (SENDING, LOST, OPEN) or (
            paid_too and self.state == PAID and not self.refund_state
        )

    def _next_operation(self):
        """What is to be called next to settle this invoice, and when.

        :return: ``(operation, moment)``; the operation is None where nothing is to be called
        """
        self.ensure_one()
        due = self.next_at or datetime.min
        if self.state == PAID:
            return REFUND, due
        if self.state == LOST:
            return (None, due) if self._is_replaced() else (SEND, due)
        if not self.cancel_answered_at:
            return CANCEL, due
        if self.cancel_code == state_machine.ALREADY_PAID_CODE:
            # Nobody has fetched the payment: Glase gives it back by itself, unless we ask now.
            due = max(due, self.cancel_answered_at + state_machine.REVERSAL_WAIT)
        return ASK, due

    def _is_replaced(self):
        """Whether a later invoice has taken this one's place on the sticker."""
        self.ensure_one()
        return any(
            bill.id > self.id and bill.invoice_reference for bill in self.verification_id.bill_ids
        )

    def _after_try(self, operation):
        """A try to settle was made: when is the next one, or was it the last?"""
        self.ensure_one()
        if operation == ASK and self.state == OPEN:
            # Open although its cancel was answered: cancel it again.
            self.cancel_answered_at = False
        if not self._is_unsettled() or (operation == CANCEL and self.cancel_answered_at):
            self.next_at = False
            return
        if operation == SEND and self._is_replaced():
            self.write({"state": ENDED, "next_at": False})
            return
        tries = self.tries + 1
        self.tries = tries
        if tries > len(PAUSES) or self.refusals >= REFUSALS:
            self._leave()
            return
        self.next_at = clock.now(self.env.cr) + PAUSES[tries - 1]

    def _leave(self):
        """A person must settle it: the end of the run says so."""
        self.ensure_one()
        if self.state == PAID:
            self.refund_state = REFUND_REFUSED
        else:
            self.state = LEFT

    def _left_behind(self):
        """What a person must do about this invoice, in English, or False."""
        self.ensure_one()
        if self.state == LEFT:
            return (
                f"Invoice {self.invoice_reference or '(its reference was lost)'} could not be "
                f"canceled: {self.words or 'no answer'}. A payment of it that nobody fetches is "
                "given back by Glase itself."
            )
        if self.state != PAID or self.refund_state == REFUNDED:
            return False
        amount = f"{self.verification_id.amount:.2f} {self.verification_id.currency_id.name}"
        if self.refund_state == REFUND_UNKNOWN:
            return (
                f"It is not known whether payment {self.ers_reference} of {amount} was given back: "
                f"ask Glase about our reference {self.refund_call or '–'}."
            )
        return (
            f"Payment {self.ers_reference} of {amount} was not given back: "
            f"{self.words or 'no answer'} Ask Glase to give it back."
        )
