"""Where Glase posts when a customer has paid: a hint, of which nothing is believed."""

from odoo import http
from odoo.http import request

from ..models.ledger.push import Push
from ..models.support import parameters


class GlaseNotificationController(http.Controller):
    """Public: whoever has the address of an attempt may wake its till, and do nothing else."""

    @http.route(
        "/pos_glase/notification/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        max_content_length=parameters.LONGEST_BODY,
        save_session=False,
    )
    def notification(self, token, **_told):
        """Wake the till of an attempt; the status says it all, the answer has no body.

        :param str token: the last part of ``Push.url``
        """
        status = Push(request.env).heard(token)
        return request.make_response("", status=status)
