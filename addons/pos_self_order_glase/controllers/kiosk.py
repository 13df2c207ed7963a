"""The doors between a kiosk's page and the ledger: public, and trusting nothing that comes.

Who asks is known by the kiosk's access token, about what by the order's own. No route takes an amount,
an order's number or a payment method.
"""

import functools
import secrets

from werkzeug.exceptions import Unauthorized

from odoo import http
from odoo.addons.pos_glase.models.support import caller_context, parameters
from odoo.addons.pos_glase.models.support.till_errors import Refused
from odoo.addons.pos_self_order.controllers.orders import PosSelfOrderController
from odoo.http import request

from ..models import kiosk_prices, kiosk_values
from ..models.kiosk import Kiosk
from ..models.kiosk_order import KioskOrder, find_order

_TOKEN = parameters.Text(64, r"[A-Za-z0-9-]{8,64}", "an access token")
TABLE = {
    "access_token": _TOKEN,
    "order_access_token": _TOKEN,
    "attempt": parameters.TABLE["attempt"],
}
# What all routes of a kiosk are.
KIOSK = {
    "type": "jsonrpc",
    "auth": "public",
    "max_content_length": parameters.LONGEST_BODY,
}
# By this word of the server's a page is known again: nothing is let in by it, requests are counted by it.
PAGE = "pos_self_order_glase"
PAGE_SECONDS = 30 * 24 * 3600


def door(route):
    """What each route of a kiosk asks first; what is not as it must be hears one word and no more."""

    @functools.wraps(route)
    def checked(self, **given):
        request.update_env(context=caller_context.kept(request.env, ("lang",)))
        try:
            asked = parameters.read(request.env, route, ((), given), table=TABLE)
        except Refused:
            return {"ok": False, "reason": "malformed"}
        return route(self, **asked)

    return checked


class GlaseKioskController(PosSelfOrderController):
    """JSON-RPC routes for the page of a kiosk; money travels as decimal strings."""

    def _kiosk(self, access_token, order_token):
        """The kiosk of a page.

        What a bill that is out needs to have its end is asked after the session's, and after the Point
        of Sale has become something else, too.

        :raises Unauthorized: if there is no such kiosk
        """
        config = self._glase_config(access_token)
        if not config._glase_is_kiosk():
            order = find_order(config, order_token)
            if not order or not KioskOrder(order).is_of_kiosk():
                raise Unauthorized()
        return Kiosk(config, request.httprequest.remote_addr, request.cookies.get(PAGE, ""))

    def _glase_config(self, access_token):
        """As ``_verify_pos_config`` finds it, in whatever mode and with whatever session it is."""
        found = (
            request.env["pos.config"].sudo().search([("access_token", "=", access_token)], limit=1)
        )
        user = found.self_ordering_default_user_id
        if not user:
            raise Unauthorized()
        config = found.sudo(False).with_company(found.company_id).with_user(user)
        return config.with_context(allowed_company_ids=found.company_id.ids)

    def _new_page(self):
        """A word by which the page of this request is known again."""
        page = secrets.token_urlsafe(16)
        secure = request.httprequest.is_secure
        request.future_response.set_cookie(
            PAGE, page, max_age=PAGE_SECONDS, httponly=True, secure=secure, samesite="Lax"
        )
        return page

    @http.route("/pos_self_order_glase/send", **KIOSK)
    @door
    def send(self, access_token, order_access_token, attempt):
        """Send the bill of an order; see ``Kiosk.send``."""
        kiosk = self._kiosk(access_token, order_access_token)
        kiosk.page = kiosk.page or self._new_page()
        return kiosk.send(order_access_token, attempt)

    @http.route("/pos_self_order_glase/status", **KIOSK)
    @door
    def status(self, access_token, order_access_token, attempt):
        """Ask once what became of a bill; see ``Kiosk.status``."""
        return self._kiosk(access_token, order_access_token).status(order_access_token, attempt)

    @http.route("/pos_self_order_glase/cancel", **KIOSK)
    @door
    def cancel(self, access_token, order_access_token, attempt):
        """Cancel a bill; see ``Kiosk.cancel``."""
        return self._kiosk(access_token, order_access_token).cancel(order_access_token, attempt)

    @http.route("/pos_self_order_glase/leave", **KIOSK)
    @door
    def leave(self, access_token, order_access_token, attempt):
        """Leave a bill to the server; see ``Kiosk.leave``."""
        return self._kiosk(access_token, order_access_token).leave(order_access_token, attempt)

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

    @http.route()
    def remove_order(self, access_token, order_id, order_access_token):
        """Override of `pos_self_order`: see ``kiosk_values``."""
        config = self._verify_pos_config(access_token)
        kiosk_values.refuse_to_take_back(config, order_access_token)
        return super().remove_order(access_token, order_id, order_access_token)
