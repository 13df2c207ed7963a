"""The simulator of an account: what it does to the next payment, as test cards do elsewhere, and its phone page."""

import hashlib
import hmac
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ...rules.environments import SIMULATOR
from ...rules.glase_id import phone_token, split_token
from ..support.managers import MANAGERS
from ..support.public_method import public
from ..support.sentences import said
from . import glase_connection

# Words of a table, which is there before any environment is.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

AS_USUAL = "as_usual"


class Scenario(NamedTuple):
    """One of them.

    :ivar words: what a person reads once it is chosen
    :ivar tuple faults: of the simulator (``doc/simulator.md``), in place of all others
    """

    words: object
    faults: tuple = ()


_STATUS, _SEND = "getPaymentStatus", "sendInvoice"

SCENARIOS = {
    AS_USUAL: Scenario(_lt("The simulator answers as usual.")),
    "declined": Scenario(
        _lt("The customer declines the next payment."),
        ({"operation": _STATUS, "kind": "status", "status": "CANCELED"},),
    ),
    "refused": Scenario(
        _lt("The bank refuses the next payment."),
        ({"operation": _STATUS, "kind": "status", "status": "FAILED"},),
    ),
    "slow": Scenario(
        _lt("The next ten answers of the simulator take three seconds each."),
        ({"operation": "*", "kind": "delay-before", "seconds": 3, "count": 10},),
    ),
    "silent": Scenario(
        _lt("The simulator answers nothing, until you choose As Usual."),
        ({"operation": "*", "kind": "drop-before", "count": None},),
    ),
    "lost_answer": Scenario(
        _lt("The next bill arrives, but its answer is lost on the way."),
        ({"operation": _SEND, "kind": "drop-after"},),
    ),
}


def choose(simulator, name):
    """Let the simulator behave so from the next call on.

    :param simulator.Simulator simulator: of the account
    :param str name: a key of ``SCENARIOS``
    :raises KeyError: for no such name
    """
    simulator.set_faults([dict(fault) for fault in SCENARIOS[name].faults])


def words_of(env, simulator):
    """What the simulator does to the next call, as a sentence; False where it answers as usual."""
    faults = simulator.faults()
    kinds = [(fault["operation"], fault["kind"], fault.get("status")) for fault in faults]
    for scenario in SCENARIOS.values():
        own = [
            (fault["operation"], fault["kind"], fault.get("status")) for fault in scenario.faults
        ]
        if own and own == kinds:
            return said(env, scenario.words)
    return False


class GlaseAccount(models.Model):
    """The simulator that an account uses in Glase's place: what it does next, and its phone page."""

    _inherit = "glase.account"

    phone_secret = fields.Char(groups="base.group_system", copy=False, readonly=True)
    scenario_words = fields.Char("Next Payment", compute="_compute_scenario_words")

    def _simulator(self):
        """The simulator inside this Odoo, with its state in the database's filestore folder.

        :rtype: simulator.Simulator
        :raises UserError: if the account does not use it
        """
        self.ensure_one()
        if self.environment != "simulator":
            raise UserError(self.env._("“%s” does not use the simulator.", self.name))
        return glase_connection.simulator(self.env.cr.dbname)

    @api.depends("environment")
    @api.depends_context("lang")
    def _compute_scenario_words(self):
        for account in self:
            simulated = account._origin and account.environment == SIMULATOR
            account.scenario_words = simulated and words_of(self.env, account._simulator())

    @public(group=MANAGERS)
    def action_simulate(self):
        """Choose what the simulator does to the next payment; the context's ``scenario`` says what.

        :raises UserError: if the account does not use the simulator, or there is no such scenario
        """
        self.ensure_one()
        name = self.env.context.get("scenario")
        if name not in SCENARIOS:
            raise UserError(self.env._("Choose what the simulator is to do."))
        choose(self._simulator(), name)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _simulator_reseller(self):
        return f"shop-{self.id}"

    # === The phone page of the simulator ===

    def _phone_url(self, glase_id):
        """The address of the customer's phone page for one sticker; it cannot be guessed.

        :return: absolute URL, False unless the account uses the simulator
        """
        self.ensure_one()
        account = self.sudo()
        if account.environment != "simulator" or not glase_id:
            return False
        token = phone_token(account.id, glase_id, account._phone_signature(glase_id))
        return f"{account.get_base_url()}/pos_glase/phone/{token}"

    @api.model
    def _sticker_of_phone_token(self, token):
        """The Glase ID that a token of :meth:`_phone_url` is good for, or False."""
        parts = split_token(token)
        if not parts:
            return False
        account_id, glase_id, signature = parts
        account = self.sudo().browse(account_id).exists()
        if not account.active or account.environment != "simulator":
            return False
        expected = account._phone_signature(glase_id)
        return hmac.compare_digest(expected.encode(), signature.encode()) and glase_id

    def _phone_signature(self, glase_id):
        message = f"{self.id}-{glase_id}".encode()
        return hmac.new(self.phone_secret.encode(), message, hashlib.sha256).hexdigest()[:32]
