from odoo import fields, models
from odoo.exceptions import AccessError

from ...rules import state_machine

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
    the same are one event, which counts them (:mod:`.repeated_answers`).
    """

    _name = "glase.event"
    _description = "Glase Event"
    _inherit = ["pos_glase.kept"]
    _order = "id"
    _log_access = False

    transaction_id = fields.Many2one(
        "glase.transaction", required=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(related="transaction_id.company_id")
    time = fields.Datetime(readonly=True, required=True)
    count = fields.Integer(
        "Times", default=1, readonly=True, help="So many answers in a row said the same"
    )
    last_time = fields.Datetime(
        readonly=True, help="When the newest of several equal answers was heard"
    )
    user_id = fields.Many2one("res.users", readonly=True, help="Who asked, if it was a person")
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
    message = fields.Char(readonly=True)

    # A row's events, and the newest of them, whatever PostgreSQL believes of the table.
    _of_row = models.Index("(transaction_id, id)")
    # The page of the tills asks every few seconds for what the last hour brought.
    _by_time = models.Index("(time)")

    def _said(self):
        """What the answer of this event says, and what a person was told: see :func:`rules.polling.said`."""
        self.ensure_one()
        return tuple(self[name] or default for name, default in SAID.items())

    def write(self, vals):  # pylint: disable=method-required-super
        # Nothing is passed on: an event never changes, whoever asks.
        raise AccessError(self.env._("Events of the Glase ledger never change."))
