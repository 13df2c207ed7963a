from odoo import api, fields, models

from ...rules import state_machine
from ...rules.certification_judge import judge
from ...rules.certification_sheet import STEPS
from ..support import clock

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

    def _judge(self, heard):
        """Judge what was heard; the step ends, or its run asks again later."""
        self.ensure_one()
        verdict = judge(self.sheet.expects, heard, self._since())
        if verdict.state:
            self._end(verdict.state, verdict.words)
        else:
            self.verdict = verdict.words
            self.verification_id.next_at = clock.now(self.env.cr) + verdict.pause


class GlaseVerificationExchange(models.Model):
    """A request and its answer as they travelled, with every secret masked.

    The same answer heard again and again (polls) is one row that counts.
    """

    _name = "glase.verification.exchange"
    _description = "Request and Answer of a Glase Verification"
    _inherit = ["pos_glase.verification.part"]
    _order = "id"
    _rec_name = "operation"

    step_id = fields.Many2one(
        "glase.verification.step", required=True, index=True, readonly=True, ondelete="cascade"
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

    @api.model
    def _note(self, step, heard):
        """Keep what was heard in a step."""
        evidence, now = heard.evidence, clock.now(self.env.cr)
        values = {
            "operation": evidence.operation,
            "outcome": evidence.outcome,
            "code": evidence.code or 0,
            "status": evidence.status or False,
            "words": heard.words or False,
        }
        last = step.exchange_ids.sorted("id")[-1:]
        if last and all(last[name] == value for name, value in values.items()):
            last.write({"count": last.count + 1, "last_time": now})
            return
        self.create(
            {
                **values,
                "verification_id": step.verification_id.id,
                "step_id": step.id,
                "time": now,
                "client_reference": heard.reference,
                "seconds": heard.seconds,
                "request": heard.request,
                "response": heard.response,
            }
        )
