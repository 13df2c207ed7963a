"""The customer's phone page of the simulator inside Odoo: the only part of it with a route."""

from werkzeug.exceptions import NotFound

from odoo import http
from odoo.http import request

from ..models.accounts import glase_connection
from ..models.support import parameters


class GlaseSimulatorController(http.Controller):
    """Public, like a real phone: the unguessable address of a sticker is the only key.

    SOAP, faults, clock and journal of the simulator are not routed.
    """

    @http.route(
        "/pos_glase/phone/<string:token>",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        csrf=False,
        max_content_length=parameters.LONGEST_BODY,
        save_session=False,
    )
    def phone(self, token, **_form):
        """Show a sticker's bill and take the customer's answer.

        :param str token: the last part of ``glase.account._phone_url``
        :raises NotFound: for any other token, and unless the account uses the simulator
        """
        glase_id = request.env["glase.account"]._sticker_of_phone_token(token)
        if not glase_id:
            raise NotFound()
        app = glase_connection.simulator_app(request.db)
        return app.phone(request.httprequest, glase_id)
