"""A page of help beside each form of the back office, in the reader's language."""

from odoo import http
from odoo.http import request


class GlaseHelpController(http.Controller):
    """For whoever is logged in: it tells nothing of the shop."""

    @http.route("/pos_glase/help", type="http", auth="user", methods=["GET"], save_session=False)
    def help(self):
        """The page; each form links to its own part of it."""
        return request.render("pos_glase.help")
