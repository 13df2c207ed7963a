"""The doors between a till and the ledger: who asks, and what, is checked; one method is called."""

import functools

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import request

from ..models.ledger import load
from ..models.refunds.refund_till import RefundTill
from ..models.support import caller_context, parameters
from ..models.support.till_errors import answers_refusals

USERS = "point_of_sale.group_pos_user"


def door(route):
    """What each route of a till asks first: who calls, and whether all that came is as it must be.

    What is not is refused as the till understands it; of the caller's context only what is known is
    kept.
    """

    @functools.wraps(route)
    @answers_refusals
    def checked(self, **given):
        if not request.env.user.has_group(USERS):
            raise AccessError(request.env._("Only Point of Sale users take payments."))
        request.update_env(context=caller_context.kept(request.env))
        return route(self, **parameters.read(request.env, route, ((), given)))

    return checked


def _till():
    return RefundTill(request.env)


class GlasePaymentController(http.Controller):
    """JSON-RPC routes for a logged-in Point of Sale user; money travels as decimal strings."""

    @http.route("/pos_glase/send", type="jsonrpc", auth="user")
    @door
    def send(self, config_id, order_uuid, line_uuid, attempt, amount, cashier=""):
        """Send the bill of one payment line; see ``Till.send``."""
        return _till().send(config_id, order_uuid, line_uuid, attempt, amount, cashier)

    @http.route("/pos_glase/status", type="jsonrpc", auth="user")
    @door
    def status(self, config_id, line_uuid, attempt, take_back=False):
        """Ask once what became of a bill; see ``Till.status``. The answer says when to ask again."""
        with load.of_process.question() as told:
            return told(_till().status(config_id, line_uuid, attempt, take_back))

    @http.route("/pos_glase/cancel", type="jsonrpc", auth="user")
    @door
    def cancel(self, config_id, line_uuid, attempt):
        """Cancel a bill; see ``Till.cancel``."""
        return _till().cancel(config_id, line_uuid, attempt)

    @http.route("/pos_glase/leave", type="jsonrpc", auth="user")
    @door
    def leave(self, config_id, line_uuid, attempt):
        """Leave a payment open; see ``Till.leave``."""
        return _till().leave(config_id, line_uuid, attempt)

    @http.route("/pos_glase/resume", type="jsonrpc", auth="user")
    @door
    def resume(self, config_id, line_uuids=()):
        """What the server knows of these lines; see ``Till.resume``."""
        return _till().resume(config_id, line_uuids)

    @http.route("/pos_glase/update", type="jsonrpc", auth="user")
    @door
    def update(self, config_id, order_uuid, line_uuid, attempt, amount):
        """Change the amount of a bill that is out; see ``Till.update``."""
        return _till().update(config_id, order_uuid, line_uuid, attempt, amount)

    @http.route("/pos_glase/force", type="jsonrpc", auth="user")
    @door
    def force(self, config_id, line_uuid, attempt, reason, login="", password=""):
        """A manager marks a payment as paid; see ``Till.force``."""
        return _till().force(config_id, line_uuid, attempt, reason, login, password)

    @http.route("/pos_glase/refundable", type="jsonrpc", auth="user")
    @door
    def refundable(self, config_id, order_uuid="", refunded_order_ids=()):
        """What can be given back for a refund order; see ``RefundTill.refundable``."""
        return _till().refundable(config_id, order_uuid, refunded_order_ids)

    @http.route("/pos_glase/refund", type="jsonrpc", auth="user")
    @door
    def refund(self, config_id, order_uuid, line_uuid, attempt, amount, cashier=""):
        """Give money back for a refund order; see ``RefundTill.refund``."""
        return _till().refund(config_id, order_uuid, line_uuid, attempt, amount, cashier)

    @http.route("/pos_glase/reverse", type="jsonrpc", auth="user")
    @door
    def reverse(self, config_id, line_uuid, attempt, refund_attempt, cashier=""):
        """Give back a paid line of an open order; see ``RefundTill.reverse``."""
        return _till().reverse(config_id, line_uuid, attempt, refund_attempt, cashier)

    @http.route("/pos_glase/approve_refund_tender", type="jsonrpc", auth="user")
    @door
    def approve_refund_tender(self, config_id, order_uuid, login="", password="", reason=""):
        """Let a manager allow another tender for an undecided refund.

        See ``RefundTill.approve_refund_tender``.
        """
        return _till().approve_refund_tender(config_id, order_uuid, login, password, reason)

    @http.route("/pos_glase/override_closing", type="jsonrpc", auth="user")
    @door
    def override_closing(self, config_id, reason, login="", password=""):
        """A manager lets a session be closed; see ``PosSession._till_override_closing``."""
        return request.env["pos.session"]._till_override_closing(config_id, reason, login, password)
