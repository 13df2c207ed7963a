"""The push: Glase posts to this Odoo when a customer has paid, and the till asks at once.

A push proves nothing and is believed in nothing (``doc/protocol.md §4.8``). Without it everything
works as before: polling is the truth.
"""

import json
from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.tools.misc import hash_sign, verify_hash_signed

from ...rules import state_machine
from ..support import clock, parameters

ROUTE = "/pos_glase/notification"
GOOD_FOR_SECONDS = 24 * 3600
WAKE_PAUSE = timedelta(seconds=30)
# What is shorter was signed by nobody.
SHORTEST_TOKEN = 60


class GlaseTransaction(models.Model):
    """Addresses for Glase's push: one for each attempt, signed and good for a day."""

    _inherit = "glase.transaction"

    woken_at = fields.Datetime("Till Last Woken", readonly=True, copy=False)

    @api.model
    def _notification_url(self, account, line_uuid, attempt):
        """Where Glase may say that the bill of an attempt was paid.

        The row need not exist yet. The address cannot be guessed, and is good in this database
        only.

        :param account: the attempt's account
        :return: absolute URL, or None where the account gives no public address
        """
        address = (account.sudo().public_url or "").rstrip("/")
        if not address:
            return None
        until = int(self._push_now()) + GOOD_FOR_SECONDS
        token = hash_sign(self.sudo().env, self._push_scope(), [line_uuid, attempt, until])
        return f"{address}{ROUTE}/{token}"

    @api.model
    def _notified(self, token):
        """Somebody posts to an address of :meth:`_notification_url`: let the till ask at once.

        Changes nothing in the ledger but when its till was woken, whoever posts and however often;
        a till is woken for it once in 30 seconds at most: it asks each second anyway.

        :return: the HTTP status: 200, 400 malformed, 403 not signed here or too old, 404 no such
            attempt
        :rtype: int
        """
        if len(token) < SHORTEST_TOKEN or not parameters.TABLE["token"].takes(token):
            return 400
        ledger_rows = self.sudo()
        try:
            signed = verify_hash_signed(ledger_rows.env, self._push_scope(), token)
        except ValueError:
            return 400
        if not signed:
            return 403
        line_uuid, attempt, until = signed
        if until < self._push_now():
            return 403
        row = ledger_rows.search([("line_uuid", "=", line_uuid), ("attempt", "=", attempt)])
        if not row:
            return 404
        waits = row.state in state_machine.HOLDS_TILL and not row.given_up_at and row.config_id
        if waits and row._in_own_transaction(lambda rows: rows.browse(row.id)._may_wake()):
            # The bus is read by anybody: the till hears which row, and asks by itself.
            row.config_id._notify("GLASE_ASK", {"id": row.id})
        return 200

    def _may_wake(self):
        """Note that this row's till is woken, unless it was lately.

        :rtype: bool
        """
        now = clock.now(self.env.cr)
        self.env.cr.execute(
            """
            UPDATE glase_transaction SET woken_at = %s
             WHERE id = %s AND (woken_at IS NULL OR woken_at <= %s)
            """,
            (now, self.id, now - WAKE_PAUSE),
            log_exceptions=False,
        )
        return bool(self.env.cr.rowcount)

    @api.model
    def _push_now(self):
        return clock.now(self.env.cr).replace(tzinfo=timezone.utc).timestamp()

    @api.model
    def _push_scope(self):
        """A copy of the database may have its secret: its name and uuid are signed with it."""
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return json.dumps(["pos_glase.notification", self.env.cr.dbname, uuid])
