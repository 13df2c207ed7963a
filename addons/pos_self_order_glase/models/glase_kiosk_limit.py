from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.pos_glase.models.support import autonomous_transaction, clock
from odoo.tools import hmac

KEPT_FOR = timedelta(days=1)
# Requests in one minute: at a kiosk from one address, and at a kiosk from everywhere. A guest sends
# a bill a few times at most, and a page asks each second.
MOST = {"send": (12, 30), "ask": (180, 360)}


class GlaseKioskLimit(models.Model):
    """How often a kiosk was asked since a moment: counters that all processes of the server share.

    Of an address only a keyed digest is kept, for a day.
    """

    _name = "glase.kiosk.limit"
    _description = "Requests of Glase Kiosks"
    _log_access = False

    key = fields.Char(required=True, readonly=True)
    since = fields.Datetime(required=True, readonly=True)
    count = fields.Integer(required=True, readonly=True)

    _one_counter = models.UniqueIndex("(key, since)")

    @api.model
    def _heard(self, config, kind, address, line_uuid):
        """Count one request, in a transaction of its own.

        :param config: the kiosk
        :param str kind: a key of ``MOST``
        :param str address: whose request it is
        :param str line_uuid: the payment line that it is about
        :return: whether it is one too many in this minute, and whether it is the first about the line
            in this second
        :rtype: tuple[bool, bool]
        """
        digest = hmac(self.env(su=True), "glase.kiosk.limit", address or "")
        keys = (f"{config.id} {kind} {digest[:16]}", f"{config.id} {kind}", f"{kind} {line_uuid}")
        return autonomous_transaction.with_records(
            self.browse(), lambda counters: counters._count(*keys, *MOST[kind])
        )

    def _count(self, of_address, of_kiosk, of_line, most_of_address, most_of_kiosk):
        """Count one more at each key; what is too much for its address does not use up the kiosk's share."""
        second = clock.now(self.env.cr).replace(microsecond=0)
        minute = second.replace(second=0)
        counted = self._add({of_address: minute, of_line: second})
        over = counted[of_address] > most_of_address
        if not over:
            over = self._add({of_kiosk: minute})[of_kiosk] > most_of_kiosk
        return over, counted[of_line] == 1

    def _add(self, keys):
        """Count one more at these keys, each since its moment; returns how many it is now at each."""
        self.env.cr.execute(
            """
            INSERT INTO glase_kiosk_limit AS counter (key, since, count)
            SELECT key, since, 1 FROM UNNEST(%s, %s::timestamp[]) AS heard (key, since)
            ON CONFLICT (key, since) DO UPDATE SET count = counter.count + 1
            RETURNING key, count
            """,
            [list(keys), list(keys.values())],
        )
        return dict(self.env.cr.fetchall())

    @api.autovacuum
    def _gc_counters(self):
        # As many as seconds in which somebody asked: nothing refers to them.
        self.env.cr.execute(
            "DELETE FROM glase_kiosk_limit WHERE since < %s", [clock.now(self.env.cr) - KEPT_FOR]
        )
