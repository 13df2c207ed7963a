"""A till that is opened while it is moved to another Glase account gets a page that says so."""

from odoo import http
from odoo.addons.point_of_sale.controllers.main import PosController
from odoo.http import request

from ..models.go_live.moving import words_while_moving


class GlaseTillController(PosController):
    @http.route()
    def pos_web(self, config_id=False, from_backend=False, subpath=None, **k):
        """Override of `point_of_sale`: a till that is moved stays shut, and the page says why."""
        config = request.env["pos.config"]
        if str(config_id).isdecimal() and request.env.user._is_internal():
            config = config.browse(int(config_id)).exists()
        words = config and config.has_access("read") and words_while_moving(config)
        # One that was opened at the very moment of the start can still be closed.
        if words and config.sudo().current_session_state != "opened":
            response = request.render("pos_glase.till_is_moved", {"words": words})
            response.headers["Cache-Control"] = "no-store"
            return response
        return super().pos_web(config_id, from_backend, subpath, **k)
