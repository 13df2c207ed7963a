from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.pos_glase.models.support import autonomous_transaction, clock
from odoo.tools import hmac

KEPT_FOR = timedelta(days=1)
# Requests in one minute, from one address and from everywhere: a bill that is sent, and a question
# about one that another page has sent. A guest sends a bill a few times at most.
MOST = {"send": (12, 30), "ask": (180, 360)}


class GlaseKioskLimit(models.Model):
    """How often a kiosk was asked since a moment: counters that all processes of the server share.

    Of an address, and of the word by which a page is known again, only a keyed digest is kept, for a day.
    """

    _name = "glase.kiosk.limit"
    _description = "Requests of Glase Kiosks"
    _log_access = False

    key = fields.Char(required=True, readonly=True)
    since = fields.Datetime(required=True, readonly=True)
    count = fields.Integer(required=True, readonly=True)

    _one_counter = models.UniqueIndex("(key, since)")

    # === Limits ===

    @api.model
    def _heard(self, config, kind, address):
        """Count one request, in a transaction of its own.

        :param config: the kiosk
        :param str kind: a key of ``MOST``
        :param str address: whose request it is
        :return: whether it is one too many in this minute
        :rtype: bool
        """
        keys = (f"{config.id} {kind} {self._digest(address)}", f"{config.id} {kind}")
        return self._alone(lambda counters: counters._count(*keys, *MOST[kind]))

    @api.model
    def _heard_known(self, config, kind, page):
        """As :meth:`_heard`, of a page that needs no share of what others use up."""
        key = f"{config.id} {kind} page {self._digest(page)}"
        return self._alone(lambda counters: counters._add(key, counters._minute()) > MOST[kind][0])

    def _count(self, of_address, of_kiosk, most_of_address, most_of_kiosk):
        """Count one more at each key; what is too much for its address does not use up the kiosk's share."""
        minute = self._minute()
        if self._add(of_address, minute) > most_of_address:
            return True
        return self._add(of_kiosk, minute) > most_of_kiosk

    # === Whose bill, whose kiosk ===

    @api.model
    def _note_sender(self, line_uuid, page):
        """Keep which page sends the bills of a line: its questions are nobody's guesses."""
        self._note(self._sender(line_uuid) + self._digest(page))

    @api.model
    def _is_sender(self, line_uuid, page):
        return self._is_noted(self._sender(line_uuid) + self._digest(page))

    @api.model
    def _note_paid(self, config, page):
        """Keep that somebody has paid at a page of this kiosk."""
        self._note(self._payer(config) + self._digest(page))

    @api.model
    def _has_paid(self, config, page):
        return self._is_noted(self._payer(config) + self._digest(page))

    @api.model
    def _is_of_known(self, config, line_uuid):
        """Whether a page at which somebody has paid sends the bills of a line."""
        prefix = self._sender(line_uuid)
        senders = self.sudo().search([("key", "=like", f"{prefix}%")])
        digests = [sender.key.removeprefix(prefix) for sender in senders]
        return any(self._is_noted(self._payer(config) + digest) for digest in digests)

    # What stands before the digest of a page in the key of a counter.

    def _sender(self, line_uuid):
        return f"sender {line_uuid} "

    def _payer(self, config):
        return f"{config.id} paid "

    def _note(self, key):
        self._alone(lambda counters: counters._add(key, counters._minute()))

    def _is_noted(self, key):
        since = clock.now(self.env.cr) - KEPT_FOR
        domain = [("key", "=", key), ("since", ">=", since)]
        return bool(self.sudo().search_count(domain, limit=1))

    # === How often Glase is asked ===

    @api.model
    def _asked(self, line_uuid, count, second):
        """Tell all processes what this one has let through.

        :param str line_uuid: the payment line
        :param int count: how many questions since it told the last time
        :param datetime second: of the newest
        :return: how many they were in this minute, and whether this is the first that is counted in this
            second
        :rtype: tuple[int, bool]
        """

        def add(counters):
            asked = counters._add(f"asked {line_uuid}", second.replace(second=0), count)
            return asked, counters._add(f"asked at {line_uuid}", second) == 1

        return self._alone(add)

    # === Counters ===

    def _digest(self, word):
        return hmac(self.env(su=True), "glase.kiosk.limit", word or "")[:16]

    def _alone(self, work):
        return autonomous_transaction.with_records(self.browse(), work)

    def _minute(self):
        return clock.now(self.env.cr).replace(second=0, microsecond=0)

    def _add(self, key, since, count=1):
        """Count so many more; returns how many it is now."""
        self.env.cr.execute(
            """
            INSERT INTO glase_kiosk_limit AS counter (key, since, count) VALUES (%s, %s, %s)
            ON CONFLICT (key, since) DO UPDATE SET count = counter.count + EXCLUDED.count
            RETURNING count
            """,
            [key, since, count],
        )
        return self.env.cr.fetchone()[0]

    @api.autovacuum
    def _gc_counters(self):
        # As many as minutes in which somebody asked: nothing refers to them.
        self.env.cr.execute(
            "DELETE FROM glase_kiosk_limit WHERE since < %s", [clock.now(self.env.cr) - KEPT_FOR]
        )
