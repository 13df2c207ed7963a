"""What was heard about a row of the ledger, as events (``doc/ledger.md §2``, ``§3``).

Answers in a row that say the same are one event. A process keeps in memory how often it was said again,
and writes it with a poll that it serves ``polling.HEARTBEAT`` later: one that is killed loses no more than
that of a count, and no event.
"""

import threading
from dataclasses import dataclass, replace

from odoo import fields, models
from odoo.exceptions import AccessError

from ...rules import polling, state_machine
from ..support.sentences import Sentence

# Where an event keeps what :func:`rules.polling.said` names, and what stands there for nothing.
SAID = {
    "operation": None,
    "outcome": None,
    "code": 0,
    "status": None,
    "version": 0,
    "invoice_reference": None,
    "ers_reference": None,
    "amount": None,
    "message": None,
}


class GlaseEvent(models.Model):
    """What was asked and heard about one row of the ledger, in order, for good.

    Append-only: the state of a row is what its events say (``doc/ledger.md §3``). Answers in a row that say
    the same are one event, which counts them.
    """

    _name = "glase.event"
    _description = "Glase Event"
    _inherit = ["pos_glase.kept"]
    _order = "id"
    _log_access = False

    transaction_id = fields.Many2one(
        "glase.transaction", required=True, ondelete="cascade", readonly=True, index=True
    )
    company_id = fields.Many2one(related="transaction_id.company_id")
    time = fields.Datetime(readonly=True, required=True)
    count = fields.Integer(
        "Times", default=1, readonly=True, help="So many answers in a row said the same"
    )
    last_time = fields.Datetime(
        readonly=True, help="When the newest of several equal answers was heard"
    )
    user_id = fields.Many2one(
        "res.users", readonly=True, help="Who asked, if it was a person", ondelete="restrict"
    )
    operation = fields.Char(readonly=True, required=True)
    outcome = fields.Selection(state_machine.OUTCOMES, readonly=True, required=True)
    client_reference = fields.Char(readonly=True)
    code = fields.Integer("Result Code", readonly=True)
    status = fields.Char(readonly=True)
    version = fields.Integer(readonly=True)
    invoice_reference = fields.Char(readonly=True)
    ers_reference = fields.Char("Payment Reference", readonly=True)
    amount = fields.Char(readonly=True, help="Amount and currency of Glase's receipt")
    seconds = fields.Float(readonly=True, digits=(8, 3), help="How long Glase took")
    state = fields.Selection(state_machine.STATES, "State After", readonly=True)
    message = Sentence(readonly=True)

    # The page of the tills asks every few seconds for what the last hour brought.
    _by_time = models.Index("(time)")

    @property
    def said(self):
        """What the answer of this event says, and what a person was told: see :func:`rules.polling.said`."""
        self.ensure_one()
        # As it is stored: whoever asks next may read another language.
        stored = self.with_context(lang=None)
        return tuple(stored[name] or default for name, default in SAID.items())

    def write(self, vals):  # pylint: disable=method-required-super
        # Nothing is passed on: an event never changes, whoever asks.
        raise AccessError(self.env._("Events of the Glase ledger never change."))


_WRITE = """
    UPDATE glase_event
       SET count = COALESCE(count, 1) + %(count)s,
           seconds = %(seconds)s,
           client_reference = %(client_reference)s,
           last_time = GREATEST(LEAST(COALESCE(last_time, time), %(now)s), %(last)s)
     WHERE id = %(event)s
"""

_lock = threading.Lock()
# By database and event.
_unwritten = {}


@dataclass(frozen=True)
class Repeated:
    """How often an event was said again since it was written: the first and the last time, and the last answer."""

    count: int
    since: object
    last: object
    seconds: float
    client_reference: str


def heard_again(heard, at):
    """One more answer that says the same.

    :param Heard heard: what came of the call
    :param datetime at: when, by the ledger's clock
    """
    return Repeated(1, at, at, heard.seconds, heard.reference)


def keep(database, event_id, repeated):
    """Keep in memory that an event was said again."""
    key = (database, event_id)
    with _lock:
        known = _unwritten.get(key)
        if known:
            repeated = replace(repeated, count=known.count + repeated.count, since=known.since)
        _unwritten[key] = repeated


def due(database, now, event_id=None):
    """What is to be written: all that was kept for long enough, and one event whatever its age.

    It stays in memory until :func:`written` is told.

    :return: :class:`Repeated` by event
    """
    with _lock:
        return {
            event: repeated
            for (of, event), repeated in _unwritten.items()
            if of == database and (event == event_id or polling.is_due(repeated.since, now))
        }


def write(cr, repeated, now):
    """Count in the database what was said again, by a cursor of the ledger's own."""
    # In one order, so that no two processes wait for each other.
    for event_id in sorted(repeated):
        cr.execute(
            _WRITE,
            {**vars(repeated[event_id]), "event": event_id, "now": now},
            log_exceptions=False,
        )


def written(database, repeated):
    """What :func:`due` gave is committed: only what was kept since then is left."""
    with _lock:
        for event_id, each in repeated.items():
            left = _unwritten.pop((database, event_id), each)
            if left.count > each.count:
                rest = replace(left, count=left.count - each.count, since=each.last)
                _unwritten[database, event_id] = rest


def forget():
    """What this process has kept is lost, as when it is killed."""
    with _lock:
        _unwritten.clear()
