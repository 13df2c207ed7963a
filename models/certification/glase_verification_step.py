from odoo import api, fields, models

from ...rules import state_machine
from ...rules.certification_judge import is_repeated, judge
from ...rules.certification_sheet import STEPS
from ..support import clock
from .glase_verification import in_utc

TODO, DOING, OK, FAILED, SKIPPED = "todo", "doing", "ok", "failed", "skipped"
STATES = [
    (TODO, "To do"),
    (DOING, "Under way"),
    (OK, "OK"),
    (FAILED, "Failed"),
    (SKIPPED, "Skipped"),
]


class VerificationPart(models.AbstractModel):
    """One part of a verification: a step of it, or a bill."""

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
    _order = "verification_id, sequence, id"
    _rec_name = "title"

    sequence = fields.Integer(readonly=True)
    key = fields.Char(required=True, readonly=True)
    number = fields.Char("No.", readonly=True, help="On Glase's certification sheet")
    operation = fields.Char(readonly=True)
    title = fields.Char("Step", readonly=True)
    looked_at = fields.Char("What Is Looked at", readonly=True)
    state = fields.Selection(STATES, default=TODO, required=True, readonly=True)
    verdict = fields.Char(readonly=True)
    deviation = fields.Text(
        "Not as on the Sheet",
        readonly=True,
        help="What was otherwise than the sheet says, although the step did what it should",
    )
    started_at = fields.Datetime("Started", readonly=True)
    ended_at = fields.Datetime("Ended", readonly=True)
    exchange_ids = fields.One2many("glase.verification.exchange", "step_id", readonly=True)
    exchange_count = fields.Integer("Calls", compute="_compute_exchange_count")

    @api.depends("exchange_ids.count")
    def _compute_exchange_count(self):
        for step in self:
            step.exchange_count = sum(step.exchange_ids.mapped("count"))

    @property
    def sheet(self):
        """The step of the sheet that this is."""
        return STEPS[self.key]

    def _begin(self):
        self.ensure_one()
        if self.state == TODO:
            self.write({"state": DOING, "started_at": clock.now(self.env.cr)})

    def _end(self, state, verdict):
        now = clock.now(self.env.cr)
        self.write({"state": state, "verdict": verdict, "ended_at": now})

    def _missing(self):
        """The steps without which this one makes no sense and that did not pass."""
        self.ensure_one()
        needs = self.sheet.needs
        return self.verification_id.step_ids.filtered(
            lambda step: step.key in needs and step.state != OK
        )

    def _since(self):
        self.ensure_one()
        return clock.now(self.env.cr) - self.started_at

    def _begin_anew(self):
        """Take these steps back: they are about an invoice that was canceled for a pause."""
        nothing = dict.fromkeys(("verdict", "deviation", "started_at", "ended_at"), False)
        self.write({**nothing, "state": TODO})

    def _judge(self, heard):
        """Judge what was heard; the step ends, or its run asks again later."""
        self.ensure_one()
        verdict = judge(self.sheet, heard, self._since(), self.verification_id._form())
        self.deviation = "\n".join(verdict.deviations) or False
        if verdict.state:
            self._end(verdict.state, verdict.words)
        else:
            self.verdict = verdict.words
            self.verification_id.next_at = clock.now(self.env.cr) + verdict.pause


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
    bill_id = fields.Many2one("glase.verification.bill", "Invoice", readonly=True, index=True)
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

    @api.model
    def _note(self, step, bill, heard, clearing):
        """Keep what was sent and heard in a step.

        :param bill: the invoice that it was about; empty if about none
        :param Heard heard: the request and its answer
        :param bool clearing: it was called to pause or to clean up
        """
        evidence, now = heard.evidence, clock.now(self.env.cr)
        last = step.exchange_ids.sorted("id")[-1:]
        about = (evidence.operation, bill, clearing)
        if (last.operation, last.bill_id, last.clearing) == about and is_repeated(last, heard):
            again = f"{in_utc(now)}, client reference {heard.reference}, {heard.seconds:.3f} s"
            repeats = f"{last.repeats}\n{again}" if last.repeats else again
            last.write({"count": last.count + 1, "last_time": now, "repeats": repeats})
            return
        self.create(
            {
                "operation": evidence.operation,
                "outcome": evidence.outcome,
                "code": evidence.code or 0,
                "status": evidence.status or False,
                "words": heard.words or False,
                "verification_id": step.verification_id.id,
                "step_id": step.id,
                "bill_id": bill.id,
                "clearing": clearing,
                "time": now,
                "client_reference": heard.reference,
                "seconds": heard.seconds,
                "request": heard.request,
                "response": heard.response,
            }
        )
