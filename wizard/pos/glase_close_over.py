from odoo import api, fields, models
from odoo.exceptions import UserError

from ...models.pos.session_closing import SessionClosing
from ...models.support.managers import MANAGERS
from ...models.support.public_method import public
from ...models.support.till_errors import Refused


class GlaseCloseOver(models.TransientModel):
    """A manager lets a session be closed over open Glase payments, without the till's browser."""

    _name = "glase.close.over"
    _description = "Close in Spite of Open Glase Payments"
    _inherit = ["pos_glase.wizard"]

    session_id = fields.Many2one("pos.session", required=True, readonly=True)
    blocking = fields.Text("Open with Glase", compute="_compute_blocking")
    reason = fields.Char(help="Stays on the session, with what is open")

    @api.depends("session_id")
    @api.depends_context("lang")
    def _compute_blocking(self):
        for wizard in self:
            session = wizard.session_id
            ends = SessionClosing(session).blocking() if session else ()
            wizard.blocking = "\n".join(f"{end['what']}\n   {end['todo']}" for end in ends)

    @public(group=MANAGERS, access="write")
    def action_approve(self):
        """Approve it; *Close Session & Post Entries* then goes through (``doc/ledger.md §16``).

        :raises UserError: without a reason, for anyone but a POS administrator of the company, or if
            nothing holds up the closing
        """
        self.ensure_one()
        self.session_id.check_access("write")
        if not self.blocking:
            raise UserError(
                self.env._("Nothing is open with Glase: close the session, no approval is needed.")
            )
        try:
            SessionClosing(self.session_id).override(self.reason)
        except Refused as refusal:
            raise UserError(refusal.message) from refusal
        return {"type": "ir.actions.act_window_close"}
