from odoo import api, fields, models
from odoo.exceptions import UserError

from ...models.registration import stickers


class GlaseStickerCheck(models.TransientModel):
    """*Is it the right sticker?*: scan or type one, and hear whose it is. Nothing is changed."""

    _name = "glase.sticker.check"
    _description = "Check a Glase Sticker"
    _inherit = ["pos_glase.wizard"]

    terminal_id = fields.Many2one("glase.terminal", required=True, readonly=True)
    glase_id = fields.Char(related="terminal_id.glase_id")
    scanned = fields.Char(
        "Sticker", help="Scan the sticker that stands at the till, or type what is printed on it"
    )
    is_right = fields.Boolean(compute="_compute_verdict")
    verdict = fields.Char(compute="_compute_verdict")

    @api.depends("scanned", "terminal_id")
    @api.depends_context("lang")
    def _compute_verdict(self):
        for check in self:
            check.is_right, check.verdict = check._judge()

    def _judge(self):
        terminal = self.terminal_id
        text = (self.scanned or "").strip()
        if not text:
            return False, False
        if text == terminal._sticker_text():
            return True, self._right_words()
        try:
            glase_id = stickers.read(self.env, text)
        except UserError as refusal:
            return False, str(refusal)
        if glase_id == terminal.glase_id:
            return True, self._right_words()
        live = self.env["glase.terminal"].search(
            [
                ("glase_id", "=", glase_id),
                ("endpoint", "=", terminal.endpoint),
                ("state", "=", "ready"),
            ],
            limit=1,
        )
        if live:
            return False, self.env._(
                "Wrong till: %(id)s is the sticker of “%(till)s”.", id=glase_id, till=live.name
            )
        return False, self.env._(
            "Wrong: %(id)s is the sticker of no till here. This till has %(own)s.",
            id=glase_id,
            own=terminal.glase_id,
        )

    def _right_words(self):
        return self.env._("Right: this is the sticker of “%s”.", self.terminal_id.name)
