from odoo import models
from odoo.addons.pos_glase.models.pos.session_closing import SessionClosing
from odoo.exceptions import UserError


class PosConfig(models.Model):
    _inherit = "pos.config"

    def _supported_kiosk_payment_terminal(self):
        """Override of `pos_self_order`: Glase is one of them."""
        return super()._supported_kiosk_payment_terminal() + ["glase"]

    def _glase_is_kiosk(self):
        """Whether this is a kiosk with a Glase payment method."""
        self.ensure_one()
        return self.self_ordering_mode == "kiosk" and bool(self._glase_payment_method())

    def _glase_is_ready_kiosk(self):
        """Whether guests can pay with Glase here: the kiosk is registered and has its Glase ID."""
        return self._glase_is_kiosk() and self._glase_till_info()["state"] == "ready"

    def action_close_kiosk_session(self):
        """Override of `pos_self_order`: undecided money stops a closing before drafts are deleted.

        :raises UserError: with the list of what is open, as at a till (``doc/ledger.md §16``)
        """
        session = self.current_session_id
        if session and self._glase_payment_method():
            closing = SessionClosing(session)
            closing.latch()
            refusal = closing.refusal()
            if refusal:
                raise UserError(refusal)
        return super().action_close_kiosk_session()
