from odoo import api, fields, models
from odoo.exceptions import UserError

from ...models.registration import set_up
from ...models.support.managers import MANAGERS
from ...models.support.public_method import public


class GlaseAssign(models.TransientModel):
    """Ask for a Glase ID: typed, or scanned from the sticker's bar code or QR code."""

    _name = "glase.assign"
    _description = "Assign Glase ID"
    _inherit = ["pos_glase.wizard"]

    terminal_id = fields.Many2one("glase.terminal", required=True, readonly=True)
    environment = fields.Selection(related="terminal_id.environment")
    present_glase_id = fields.Char("Current Glase ID", related="terminal_id.glase_id")
    text = fields.Char(
        "Glase ID", help="Type what is printed on the sticker, or scan its bar code or QR code"
    )
    verdict_kind = fields.Char(compute="_compute_verdict", help="right, question or wrong")
    verdict = fields.Char(compute="_compute_verdict")

    @api.depends("text", "terminal_id")
    @api.depends_context("lang")
    def _compute_verdict(self):
        for assign in self:
            assign.verdict_kind, assign.verdict = assign._judge()

    def _judge(self):
        if not (self.text or "").strip():
            return False, False
        try:
            outcome = self.terminal_id._check_sticker(self.text)
        except UserError as refusal:
            return "wrong", str(refusal)
        return "question" if outcome.question else "right", outcome.message

    @api.model
    def default_get(self, fields):
        """The ID that Glase did not answer about; at the simulator any new one will do."""
        values = super().default_get(fields)
        terminal = self.env["glase.terminal"].browse(values.get("terminal_id"))
        asked = terminal.glase_id_asked
        if "text" in fields and asked:
            values["text"] = asked
        elif "text" in fields and terminal.environment == "simulator" and not terminal.glase_id:
            values["text"] = set_up.invented_glase_id()
        return values

    @public(group=MANAGERS, access="write")
    def action_assign(self):
        """Assign what was typed or scanned.

        :raises UserError: if it is no Glase ID, or Glase refuses it: the dialog stays open
        """
        self.ensure_one()
        outcome = self.terminal_id._ask_assign(self.text)
        if not outcome.ok:
            raise UserError(outcome.message)
        return outcome.shown()
