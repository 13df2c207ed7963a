"""The doors between a kiosk's page and the ledger: public, and trusting nothing that comes.

Who asks is known by the kiosk's access token, about what by the order's own. No route takes an amount,
an order's number or a payment method.
"""

import functools

from werkzeug.exceptions import Unauthorized

from odoo import http
from odoo.addons.pos_glase.models.support import caller_context, parameters
from odoo.addons.pos_glase.models.support.till_errors import Refused
from odoo.addons.pos_self_order.controllers.orders import PosSelfOrderController
from odoo.http import request

from ..models import kiosk_prices, kiosk_values
from ..models.kiosk import Kiosk

_TOKEN = parameters.Text(64, r"[A-Za-z0-9-]{8,64}", "an access token")
TABLE = {
    "access_token": _TOKEN,
    "order_access_token": _TOKEN,
    "attempt": parameters.TABLE["attempt"],
}


def door(route):
    """What each route of a kiosk asks first; what is not as it must be hears one word and no more."""

    @functools.wraps(route)
    def checked(self, **given):
        request.update_env(context=caller_context.kept(request.env.context, ("lang",)))
        try:
            asked = parameters.read(request.env, route, ((), given), table=TABLE)
        except Refused:
            return {"ok": False, "reason": "malformed"}
        return route(self, **asked)

    return checked


class GlaseKioskController(PosSelfOrderController):
    """JSON-RPC routes for the page of a kiosk; money travels as decimal strings."""

    def _kiosk(self, access_token):
        # A bill that is out has its end after the session's, too.
        config = self._verify_pos_config(access_token, check_active_session=False)
        if not config._glase_is_kiosk():
            raise Unauthorized()
        return Kiosk(config, request.httprequest.remote_addr)

    @http.route("/pos_self_order_glase/send", type="jsonrpc", auth="public")
    @door
    def send(self, access_token, order_access_token, attempt):
        """Send the bill of an order; see ``Kiosk.send``."""
        return self._kiosk(access_token).send(order_access_token, attempt)

    @http.route("/pos_self_order_glase/status", type="jsonrpc", auth="public")
    @door
    def status(self, access_token, order_access_token, attempt):
        """Ask once what became of a bill; see ``Kiosk.status``."""
        return self._kiosk(access_token).status(order_access_token, attempt)

    @http.route("/pos_self_order_glase/cancel", type="jsonrpc", auth="public")
    @door
    def cancel(self, access_token, order_access_token, attempt):
        """Cancel a bill; see ``Kiosk.cancel``."""
        return self._kiosk(access_token).cancel(order_access_token, attempt)

    @http.route("/pos_self_order_glase/leave", type="jsonrpc", auth="public")
    @door
    def leave(self, access_token, order_access_token, attempt):
        """Leave a bill to the server; see ``Kiosk.leave``."""
        return self._kiosk(access_token).leave(order_access_token, attempt)

    @http.route()
    def process_order(self, order, access_token, table_identifier, device_type):
        """Override of `pos_self_order`: see ``kiosk_values``."""
        config = self._verify_pos_config(access_token)
        if not config._glase_is_kiosk():
            kiosk_values.refuse_orders_of_kiosks(config, order)
            return super().process_order(order, access_token, table_identifier, device_type)
        order = kiosk_values.trusted_values(config, order)
        stored = super().process_order(order, access_token, table_identifier, device_type)
        kiosk_prices.refuse_gift(config.env["pos.order"].browse(stored["pos.order"][0]["id"]))
        return stored
