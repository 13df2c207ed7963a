import dataclasses

from odoo import fields, models

from ...rules import certification_bill as bills
from ...rules import certification_sheet as sheet
from ...rules import state_machine
from ...rules.certification_judge import is_repeated
from ..ledger import references
from ..support import clock

BILL_STATES = [
    (bills.SENDING, "Sending"),
    (bills.NEVER, "Never came about"),
    (bills.LOST, "Lost: no answer"),
    (bills.OPEN, "Open"),
    (bills.PAID, "Paid"),
    (bills.ENDED, "Ended without a payment"),
    (bills.LEFT, "Could not be ended"),
]
REFUNDS = [
    (bills.REFUNDING, "Under way"),
    (bills.REFUNDED, "Given back"),
    (bills.REFUND_UNKNOWN, "Not known"),
    (bills.REFUND_REFUSED, "Refused"),
]


def in_utc(moment):
    """A moment as Glase reads it.

    :param datetime.datetime moment: naive, in UTC; or False
    :rtype: str
    """
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""


class VerificationPart(models.AbstractModel):
    """One part of a verification: a step of it, an invoice, or a call."""

    _name = "pos_glase.verification.part"
    _description = "Part of a Glase Verification"
    _inherit = ["pos_glase.kept"]

    verification_id = fields.Many2one(
        "glase.verification", required=True, index=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="verification_id.company_id", store=True, index=True, precompute=True
    )


class GlaseVerificationStep(models.Model):
    """One step of the sheet in one run, with its verdict.

    Title, what is looked at and the verdict are English: they go to Glase.
    """

    _name = "glase.verification.step"
    _description = "Step of a Glase Verification"
    _inherit = ["pos_glase.verification.part"]
    _order = "verification_id, id"
    _rec_name = "title"

    key = fields.Char(required=True, readonly=True)
    number = fields.Char("No.", readonly=True, help="On Glase's certification sheet")
    operation = fields.Char(readonly=True)
    title = fields.Char("Step", readonly=True)
    looked_at = fields.Char("What Is Looked at", readonly=True)
    state = fields.Selection(sheet.STEP_STATES, default=sheet.TODO, required=True, readonly=True)
    verdict = fields.Char(readonly=True)
    deviation = fields.Text(
        "Not as on the Sheet",
        readonly=True,
        help="What was otherwise than the sheet says, although the step did what it should",
    )
    started_at = fields.Datetime("Started", readonly=True)
    ended_at = fields.Datetime("Ended", readonly=True)
    exchange_ids = fields.One2many("glase.verification.exchange", "step_id", readonly=True)

    @property
    def entry(self):
        """The entry of the sheet that this step is."""
        return sheet.STEPS[self.key]

    def _called(self):
        """The title with its number: two points of the sheet have steps of one title."""
        return f"{self.number}. {self.title}" if self.number else self.title

    def _bill(self):
        """The invoice that this step is about; empty if about none."""
        key = self.entry.bill
        return self.verification_id.bill_ids.filtered(lambda bill: key and bill.key == key)[-1:]

    def _begin(self):
        if self.state == sheet.TODO:
            self.write({"state": sheet.DOING, "started_at": clock.now(self.env.cr)})

    def _begin_anew(self):
        """Take these steps back: they are about an invoice that was canceled for a pause."""
        nothing = dict.fromkeys(("verdict", "deviation", "started_at", "ended_at"), False)
        self.write({**nothing, "state": sheet.TODO})

    def _end(self, state, verdict):
        self.write({"state": state, "verdict": verdict, "ended_at": clock.now(self.env.cr)})

    def _missing(self):
        """The steps without which this one makes no sense and that did not pass."""
        needs = self.entry.needs
        return self.verification_id.step_ids.filtered(
            lambda step: step.key in needs and step.state != sheet.OK
        )

    def _since(self):
        """How long the step is under way."""
        return clock.now(self.env.cr) - self.started_at

    def _note(self, bill, heard, clearing):
        """Keep what was sent and heard in this step.

        :param bill: the invoice that it was about; empty if about none
        :param Heard heard: the request and its answer
        :param bool clearing: it was called to pause or to clean up
        """
        evidence, now = heard.evidence, clock.now(self.env.cr)
        told = {
            "outcome": evidence.outcome,
            "code": evidence.code or 0,
            "words": heard.words or False,
            "request": heard.request,
            "response": heard.response,
        }
        last = self.exchange_ids.sorted("id")[-1:]
        about = (evidence.operation, bill, clearing)
        if (last.operation, last.bill_id, last.clearing) == about and is_repeated(last, told):
            again = f"{in_utc(now)}, client reference {heard.reference}, {heard.seconds:.3f} s"
            repeats = f"{last.repeats}\n{again}" if last.repeats else again
            last.write({"count": last.count + 1, "last_time": now, "repeats": repeats})
            return
        self.exchange_ids.create(
            {
                **told,
                "verification_id": self.verification_id.id,
                "step_id": self.id,
                "bill_id": bill.id,
                "clearing": clearing,
                "time": now,
                "operation": evidence.operation,
                "status": evidence.status or False,
                "client_reference": heard.reference,
                "seconds": heard.seconds,
            }
        )


class GlaseVerificationBill(models.Model):
    """One invoice of a verification, and how it ends (``rules/certification_bill.py``)."""

    _name = "glase.verification.bill"
    _description = "Bill of a Glase Verification"
    _inherit = ["pos_glase.verification.part"]
    _order = "id"
    _rec_name = "invoice_reference"

    key = fields.Char(required=True, readonly=True, help="The step that sent it")
    state = fields.Selection(BILL_STATES, default=bills.SENDING, required=True, readonly=True)
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
    words = fields.Char("Last Answer", readonly=True)

    def _learn(self, heard):
        """Take in what was heard about this invoice, whoever asked.

        :return: what was heard; that it proves nothing, if it names what another record has
            (``doc/ledger.md §20``)
        """
        evidence = heard.evidence
        if heard.succeeded and evidence.operation in (sheet.SEND, sheet.ASK, sheet.REFUND):
            named = {evidence.invoice_reference, evidence.ers_reference}
            other = references.holder(self, self.verification_id.environment, named)
            if other:
                evidence = dataclasses.replace(evidence, outcome=state_machine.OF_ANOTHER)
                words = f"Glase answered with a reference that {other.display_name} has already."
                heard = dataclasses.replace(heard, evidence=evidence, words=words)
        self.write(bills.learn(self, heard, clock.now(self.env.cr)))
        if self.invoice_reference:
            # It has taken the place on the sticker of those before it whose answer was lost.
            before = self.verification_id.bill_ids.filtered(lambda one: one.id < self.id)
            lost = before.filtered(lambda one: one.state == bills.LOST)
            lost.write({"state": bills.ENDED, "next_at": False})
        return heard


class GlaseVerificationExchange(models.Model):
    """A request and its answer as they travelled, with every secret masked.

    The same question with the same answer again and again (polls) is one row that counts them, and
    says when each was asked, and with which reference.
    """

    _name = "glase.verification.exchange"
    _description = "Request and Answer of a Glase Verification"
    _inherit = ["pos_glase.verification.part"]
    _order = "id"
    _rec_name = "operation"

    step_id = fields.Many2one(
        "glase.verification.step", required=True, index=True, readonly=True, ondelete="cascade"
    )
    bill_id = fields.Many2one("glase.verification.bill", readonly=True, index=True)
    clearing = fields.Boolean(
        "To Leave Nothing Open",
        readonly=True,
        help="Called to pause or to clean up: the step is not judged by it",
    )
    time = fields.Datetime(readonly=True, required=True)
    last_time = fields.Datetime(readonly=True)
    count = fields.Integer("Times", default=1, readonly=True)
    operation = fields.Char(readonly=True)
    outcome = fields.Selection(state_machine.OUTCOMES, readonly=True)
    code = fields.Integer("Result Code", readonly=True)
    status = fields.Char(readonly=True)
    client_reference = fields.Char(readonly=True)
    seconds = fields.Float(readonly=True, digits=(8, 3))
    words = fields.Char("What It Means", readonly=True)
    request = fields.Text(readonly=True)
    response = fields.Text("Answer", readonly=True)
    repeats = fields.Text(
        "Asked Again", readonly=True, help="When, with which reference, in how many seconds"
    )

    texts_removed = fields.Boolean(readonly=True, help="Their days were over")
