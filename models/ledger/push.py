"""The push: Glase posts to this Odoo when a customer has paid, and the till asks at once.

A push proves nothing and is believed in nothing (``doc/protocol.md §4.8``). Without it everything
works as before: polling is the truth.
"""

import json
import re
from datetime import timedelta, timezone
from urllib.parse import urlsplit

from odoo.tools.misc import hash_sign, verify_hash_signed

from ...glase.endpoint import is_loopback
from ...rules import state_machine
from ..support import autonomous_transaction, clock, parameters

ROUTE = "/pos_glase/notification"
GOOD_FOR_SECONDS = 24 * 3600
WAKE_PAUSE = timedelta(seconds=30)
# What is shorter was signed by nobody.
SHORTEST_TOKEN = 60


class Push:
    """Addresses for Glase's push: one for each attempt, signed and good for a day.

    :param env: of the till that sends, or of who posts
    """

    def __init__(self, env):
        self.rows = env["glase.transaction"].sudo()
        self.env = self.rows.env

    def url(self, account, line_uuid, attempt):
        """Where Glase may say that the bill of an attempt was paid.

        The row need not exist yet. The address cannot be guessed, and is good in this database
        only.

        :param account: the attempt's account
        :return: absolute URL, or None where the account gives no public address
        """
        address = (account.sudo().public_url or "").rstrip("/")
        if not address:
            return None
        until = int(self._now()) + GOOD_FOR_SECONDS
        token = hash_sign(self.env, self._scope(), [line_uuid, attempt, until])
        return f"{address}{ROUTE}/{token}"

    def heard(self, token):
        """Somebody posts to an address of :meth:`url`: let the till ask at once.

        Changes nothing in the ledger but when its till was woken, whoever posts and however often;
        a till is woken for it once in 30 seconds at most: it asks each second anyway.

        :return: the HTTP status: 200, 400 malformed, 403 not signed here or too old, 404 no such
            attempt
        :rtype: int
        """
        status, line_uuid, attempt = self._read(token)
        if status != 200:
            return status
        row = self.rows.search([("line_uuid", "=", line_uuid), ("attempt", "=", attempt)])
        if not row:
            return 404
        waits = row.state in state_machine.HOLDS_TILL and not row.given_up_at and row.config_id
        if waits and autonomous_transaction.with_records(row, _may_wake):
            # The bus is read by anybody: the till hears which row, and asks by itself.
            row.config_id._notify("GLASE_ASK", {"id": row.id})
        return 200

    def _read(self, token):
        """The status of a token by itself, and the line and the attempt that it names."""
        if len(token) < SHORTEST_TOKEN or not parameters.TABLE["token"].takes(token):
            return 400, None, None
        try:
            signed = verify_hash_signed(self.env, self._scope(), token)
        except ValueError:
            return 400, None, None
        line_uuid, attempt, until = signed or (None, None, 0)
        return 200 if until >= self._now() else 403, line_uuid, attempt

    def _now(self):
        return clock.now(self.env.cr).replace(tzinfo=timezone.utc).timestamp()

    def _scope(self):
        """A copy of the database may have its secret: its name and uuid are signed with it."""
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return json.dumps(["pos_glase.notification", self.env.cr.dbname, uuid])


def _may_wake(row):
    """Note that this row's till is woken, unless it was lately.

    :rtype: bool
    """
    now = clock.now(row.env.cr)
    row.env.cr.execute(
        """
        UPDATE glase_transaction SET woken_at = %s
         WHERE id = %s AND (woken_at IS NULL OR woken_at <= %s)
        """,
        (now, row.id, now - WAKE_PAUSE),
        log_exceptions=False,
    )
    return bool(row.env.cr.rowcount)


def is_public_address(text):
    """Whether a text is the address of a whole Odoo server to which Glase may post.

    :param str text: ``https://`` and a host, perhaps a port; ``http://`` on this machine only
    :rtype: bool
    """
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    rest = (parts.path not in ("", "/"), parts.query, parts.fragment, parts.netloc.count("@"))
    if not host or any(rest) or re.search(r"[\s\\?#]", text):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
