"""How slow Glase is at the moment, known to all processes of all servers (``doc/protocol.md §1.5``)."""

import time

import psycopg2

from odoo import SUPERUSER_ID, fields, models

from ...glase import gate
from ...glase.logs import get_logger
from ..support import autonomous_transaction, clock

_logger = get_logger(__name__)

# A client may be kept for a while: what it was told when it was made is not believed for longer.
FRESH_SECONDS = 1.0
# Where a transaction keeps what is known of all addresses; it is forgotten with its end.
TOLD = "pos_glase.slow_endpoints"


class GlaseEndpoint(models.Model):
    """An address of Glase that was slow: the memory of the gate. Nobody but the system reads it."""

    _name = "glase.endpoint"
    _description = "Slow Address of Glase"
    _inherit = ["pos_glase.kept"]
    _log_access = False
    _rec_name = "url"

    url = fields.Char(required=True, readonly=True)
    slow = fields.Integer("Slow Calls in a Row", required=True, default=0, readonly=True)
    trials = fields.Integer("Trials since It Was Shut", required=True, default=0, readonly=True)
    tried_at = fields.Datetime("Newest Trial", readonly=True)
    heard_at = fields.Datetime("Quick Again Since", readonly=True)

    _one_row = models.UniqueIndex("(url)", "This address has a row already.")


class EndpointMemory:
    """What is known of one address, by the methods of :class:`glase.gate.ProcessMemory`.

    It is read in the transaction at hand, which costs one query. Only a slow call, the first quick
    one after it, and a trial are written: each in a transaction of its own, with no lock left while
    Glase is asked. A process that is killed leaves nothing behind that would have to be undone.

    :param env: any environment of the database
    :param str url: the address, in its one spelling
    """

    def __init__(self, env, url):
        self._env, self._url = env, url
        self._keep(_read(env.cr, url))

    def known(self):
        """:rtype: glase.gate.Known"""
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            self._run("read", lambda env: None)
        return self._known

    def claim_trial(self):
        """Begin a trial, if it is due and nobody else has begun it.

        :return: how many seconds it may take, or None
        """
        return self._run("claim", self._claim) and gate.trial_seconds(self._known.trials)

    def _claim(self, env):
        # Who waited here for somebody else's claim is repeated, and finds that none is due.
        env.cr.execute(
            "SELECT FROM glase_endpoint WHERE url = %s FOR UPDATE",
            (self._url,),
            log_exceptions=False,
        )
        if not _read(env.cr, self._url).is_trial_due:
            return False
        env.cr.execute(
            "UPDATE glase_endpoint SET trials = trials + 1, tried_at = %s WHERE url = %s",
            (clock.now(env.cr), self._url),
        )
        return True

    def note_slow(self, seconds):
        """A call has used up its time, so many seconds.

        It does not count if somebody else was answered in time after it had begun.
        """

        def note(env):
            env.cr.execute(
                """
                INSERT INTO glase_endpoint AS known (url, slow, trials) VALUES (%s, 1, 0)
                ON CONFLICT (url) DO UPDATE SET slow = known.slow + 1
                 WHERE known.heard_at IS NULL OR known.heard_at < %s - make_interval(secs => %s)
                """,
                (self._url, clock.now(env.cr), seconds),
                log_exceptions=False,
            )

        self._run("slow", note)
        if self._known.is_shut:
            _logger.warning("Glase is slow: %s is asked by trial calls only", self._url)

    def note_quick(self):
        """Somebody answers, or refuses, in time."""

        def note(env):
            env.cr.execute(
                """
                UPDATE glase_endpoint SET slow = 0, trials = 0, tried_at = NULL, heard_at = %s
                 WHERE url = %s AND slow > 0
                """,
                (clock.now(env.cr), self._url),
                log_exceptions=False,
            )

        was_shut = self._known.is_shut
        self._run("quick", note)
        if was_shut:
            _logger.info("Glase answers again: %s", self._url)

    def _run(self, what, work):
        """Do something in a transaction of its own; what is known then is kept.

        That it fails must not cost the answer of the call around it: then nothing new is known.

        :return: what ``work`` returns, or None
        """
        try:
            # Without the caller's context, of which nothing is needed.
            result, known = autonomous_transaction.run(
                self._env(user=SUPERUSER_ID, context={}),
                lambda env: (work(env), _read(env.cr, self._url)),
            )
        except psycopg2.Error:
            _logger.exception("What is known of %s: %s failed", self._url, what)
            return None
        self._keep(known)
        return result

    def _keep(self, known):
        self._known, self._read_at = known, time.monotonic()


def tell(cr, slow):
    """What a query of this transaction has found already, so that it is not read once more.

    :param dict slow: of all slow addresses: slow calls, trials, seconds since the newest trial
    """
    cr.cache[TOLD] = {url: gate.Known(*known) for url, known in slow.items()}


def _read(cr, url):
    if TOLD in cr.cache:
        return cr.cache[TOLD].get(url, gate.Known())
    cr.execute("SELECT slow, trials, tried_at FROM glase_endpoint WHERE url = %s", (url,))
    slow, trials, tried_at = cr.fetchone() or (0, 0, None)
    since = (clock.now(cr) - tried_at).total_seconds() if tried_at else None
    return gate.Known(slow, trials, since)
