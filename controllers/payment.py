"""The doors between a till and the ledger: who asks is checked, one method is called."""

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import request


class GlasePaymentController(http.Controller):
    """JSON-RPC routes for a logged-in Point of Sale user; money travels as decimal strings."""

    @http.route("/pos_glase/send", type="jsonrpc", auth="user")
    def send(self, config_id, order_uuid, line_uuid, attempt, amount, cashier=""):
        """Send the bill of one payment line; see ``GlaseTransaction._till_send``."""
        return self._ledger()._till_send(config_id, order_uuid, line_uuid, attempt, amount, cashier)

    @http.route("/pos_glase/status", type="jsonrpc", auth="user")
    def status(self, config_id, line_uuid, attempt, take_back=False):
        """Ask once what became of a bill; see ``GlaseTransaction._till_status``."""
        return self._ledger()._till_status(config_id, line_uuid, attempt, bool(take_back))

    @http.route("/pos_glase/cancel", type="jsonrpc", auth="user")
    def cancel(self, config_id, line_uuid, attempt):
        """Cancel a bill; see ``GlaseTransaction._till_cancel``."""
        return self._ledger()._till_cancel(config_id, line_uuid, attempt)

    @http.route("/pos_glase/leave", type="jsonrpc", auth="user")
    def leave(self, config_id, line_uuid, attempt):
        """Leave a payment open; see ``GlaseTransaction._till_leave``."""
        return self._ledger()._till_leave(config_id, line_uuid, attempt)

    @http.route("/pos_glase/resume", type="jsonrpc", auth="user")
    def resume(self, config_id, line_uuids=()):
        """What the server knows of these lines; see ``GlaseTransaction._till_resume``."""
        return self._ledger()._till_resume(config_id, line_uuids)

    @http.route("/pos_glase/update", type="jsonrpc", auth="user")
    def update(self, config_id, order_uuid, line_uuid, attempt, amount):
        """Change the amount of a bill that is out; see ``GlaseTransaction._till_update``."""
        return self._ledger()._till_update(config_id, order_uuid, line_uuid, attempt, amount)

    @http.route("/pos_glase/force", type="jsonrpc", auth="user")
    def force(self, config_id, line_uuid, attempt, reason, login="", password=""):
        """A manager marks a payment as paid; see ``GlaseTransaction._till_force``."""
        ledger = self._ledger()
        return ledger._till_force(config_id, line_uuid, attempt, reason, login, password)

    @http.route("/pos_glase/refundable", type="jsonrpc", auth="user")
    def refundable(self, config_id, order_uuid="", refunded_order_ids=()):
        """What can be given back for a refund order; see ``GlaseTransaction._till_refundable``."""
        return self._ledger()._till_refundable(config_id, order_uuid, refunded_order_ids)

    @http.route("/pos_glase/refund", type="jsonrpc", auth="user")
    def refund(self, config_id, order_uuid, line_uuid, attempt, amount, cashier=""):
        """Give money back for a refund order; see ``GlaseTransaction._till_refund``."""
        ledger = self._ledger()
        return ledger._till_refund(config_id, order_uuid, line_uuid, attempt, amount, cashier)

    @http.route("/pos_glase/reverse", type="jsonrpc", auth="user")
    def reverse(self, config_id, line_uuid, attempt, refund_attempt, cashier=""):
        """Give back a paid line of an open order; see ``GlaseTransaction._till_reverse``."""
        return self._ledger()._till_reverse(config_id, line_uuid, attempt, refund_attempt, cashier)

    @http.route("/pos_glase/approve_refund_tender", type="jsonrpc", auth="user")
    def approve_refund_tender(self, config_id, order_uuid, login="", password="", reason=""):
        """Let a manager allow another tender for an undecided refund.

        See ``GlaseTransaction._till_approve_refund_tender``.
        """
        ledger = self._ledger()
        return ledger._till_approve_refund_tender(config_id, order_uuid, login, password, reason)

    @http.route("/pos_glase/override_closing", type="jsonrpc", auth="user")
    def override_closing(self, config_id, reason, login="", password=""):
        """A manager lets a session be closed; see ``PosSession._till_override_closing``."""
        self._ledger()
        sessions = request.env["pos.session"]
        return sessions._till_override_closing(config_id, reason, login, password)

    def _ledger(self):
        if not request.env.user.has_group("point_of_sale.group_pos_user"):
            raise AccessError(request.env._("Only Point of Sale users take payments."))
        return request.env["glase.transaction"]
