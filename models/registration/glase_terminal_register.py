import secrets
import string

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ..go_live import moving
from ..ledger.exchange import ASK, REGISTER
from ..support import autonomous_transaction
from ..support.sentences import lasting
from .glase_terminal import DRAFT, FORGOTTEN_CODES, LIVE, READY, REGISTERED, RETIRED
from .glase_terminal_registration import NO_INVOICE, Outcome, is_certain, refuses_login

PASSWORD_LENGTH = 24
PASSWORD_ALPHABET = string.ascii_letters + string.digits

KNOWN_EXTERNAL_ID = 57
# What a registration is busy with when Glase is asked with its external id for the first time.
FIRST_TRY = "register"

# Translated where it is said, in the language of whoever reads it.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)


def new_password():
    """A password for a registration, from a cryptographic source.

    :rtype: str
    """
    return "".join(secrets.choice(PASSWORD_ALPHABET) for _i in range(PASSWORD_LENGTH))


class GlaseTerminal(models.Model):
    """Register a till with Glase, register it anew, and take up what it had before."""

    _inherit = "glase.terminal"

    def _ask_register(self, step=None, replaces=None):
        """Register a draft; asked twice, it is registered once.

        :param step: runs a step in a transaction, see :class:`Exchange`
        :param replaces: the live registration of the same till that ends with success
        :rtype: Outcome
        :raises UserError: if it is refused without asking Glase
        """
        self._check_manager()
        return self._converse(
            REGISTER,
            lambda own, exchange: own._claim_register(exchange, replaces),
            lambda own, heard: own._store_register(heard, replaces),
            step,
        )

    def _claim_register(self, exchange, replaces):
        moving.refuse_another_way(self)
        self._claim("register again", (DRAFT, *LIVE))
        if self.state != DRAFT:
            self._release()
            return Outcome(True, self.env._("“%s” is registered with Glase already.", self.name))
        if not self.config_id:
            raise UserError(self.env._("Choose the till of this terminal first."))
        live = self.search([("config_id", "=", self.config_id.id), ("state", "in", LIVE)])
        if live and live != replaces:
            raise UserError(
                self.env._(
                    "“%s” is registered with Glase already. To register it anew, open that "
                    "registration and press Register Again.",
                    self.config_id.name,
                )
            )
        account = self.account_id
        if not account.active:
            raise UserError(
                lasting(
                    self.env,
                    _lt("The account “%s” is archived: choose another one.", account.name),
                )
            )
        missing = account._what_is_missing()
        if missing:
            raise UserError(missing)
        self._copy_from_account()
        if not self.external_identifier:
            database = self.env["ir.config_parameter"].get_param("database.uuid")
            unique = secrets.token_hex(4)
            self.write(
                {
                    "external_identifier": f"{database}-{self.config_id.id}-{unique}",
                    "password": new_password(),
                    "busy_with": FIRST_TRY,
                }
            )
        return exchange.bound(self, self.external_identifier, self.password, self.name)

    def _store_register(self, heard, replaces):
        if heard.error:
            return self._store_not_registered(heard, replaces)
        identifier = heard.answer.terminal_id
        other = self._other_registration(identifier)
        if other:
            return self._store_of_another(identifier, other, replaces)
        message = _lt(
            "“%s” is registered with Glase. Next: assign the Glase ID of its sticker.", self.name
        )
        if replaces:
            self.browse(replaces.id)._retire()
        outcome = self._store(
            {
                "state": REGISTERED,
                "terminal_identifier": identifier,
                "registered_at": fields.Datetime.now(),
            },
            message,
        )
        autonomous_transaction.flush_unique(self)
        return outcome

    def _other_registration(self, terminal_identifier):
        """The registration that has this terminal id at the same Glase already, also an ended one."""
        return self.with_context(active_test=False).search(
            [
                ("id", "not in", self.ids),
                ("environment", "=", self.environment),
                ("terminal_identifier", "=", terminal_identifier),
            ],
            limit=1,
        )

    def _store_of_another(self, terminal_identifier, other, replaces):
        """Two tills of one name would take each other's money: this one stays unregistered."""
        if replaces:
            self.browse(replaces.id)._release()
        message = _lt(
            "Glase answered with the terminal ID %(identifier)s, which “%(other)s” has already, so "
            "this till is not registered. Try again; if that stays, ask Glase.",
            identifier=terminal_identifier,
            other=other.display_name,
        )
        self._store({"external_identifier": False, "password": False}, message)
        return Outcome(False, lasting(self.env, message))

    def _retire(self):
        """Another registration of the till takes the place of this one."""
        self._store(
            {"state": RETIRED, "active": False, "retired_at": fields.Datetime.now()},
            _lt("Replaced by a new registration; kept for refunds."),
        )
        self.flush_recordset()

    def _store_not_registered(self, heard, replaces):
        values = {}
        if replaces:
            self.browse(replaces.id)._release()
        if heard.error.code == KNOWN_EXTERNAL_ID:
            self._keep_half_made()
            message = _lt(
                "Glase has a till by this name from an earlier try, but its credentials are "
                "lost. Try again: a new one is made."
            )
        elif is_certain(heard.evidence):
            message = self.account_id._explain(heard.error)
            if self.busy_with == FIRST_TRY:
                # Nothing at Glase has it; where one is kept, Glase may have a till by that name.
                values = {"external_identifier": False, "password": False}
        else:
            message = _lt(
                "Glase did not answer, so it is not certain whether the till is registered. "
                "Try again: it is asked with the same ID, so Glase knows it by that."
            )
        return self._store(values, message, heard.error)

    def _ask_replace(self, step=None, account_id=None):
        """Register the till of a live registration anew, and archive this one.

        :param int account_id: the account to register it with; by default the present one
        :rtype: Outcome
        :raises UserError: if it is refused without asking Glase
        """
        self._check_manager()
        forgotten = self._is_forgotten_by_simulator()
        step = step or autonomous_transaction.step_of_request
        draft_id = step(self, lambda own: own._claim_replace(forgotten, account_id))
        try:
            return self.browse(draft_id)._ask_register(step, replaces=self)
        except UserError:
            step(self, lambda own: own._release())
            raise

    def _claim_replace(self, forgotten, account_id=None):
        self._claim("register", LIVE, may_be_undecided=forgotten)
        draft = self.search([("config_id", "=", self.config_id.id), ("state", "=", DRAFT)])
        if not draft:
            draft = self.create(
                {
                    "account_id": account_id or self.account_id.id,
                    "config_id": self.config_id.id,
                }
            )
        elif account_id:
            draft.account_id = account_id
        if account_id and not forgotten:
            # A till is moved only when nothing of it is open, seen under its lock.
            moving.refuse_obstacles(self)
        return draft.id

    # === Take up a registration that was kept ===

    def _ask_take_up(self, live):
        """Let the till use this registration again, which it had before and which Glase kept.

        Its sticker is still its own, and its payments can still be given back.

        :param live: the registration that ends with success; may be empty
        :rtype: Outcome
        :raises UserError: if it is refused without asking Glase
        """
        self._check_manager()
        forgotten = bool(live) and live._is_forgotten_by_simulator()
        return self._converse(
            ASK,
            lambda own, exchange: own._claim_take_up(exchange, live.id, forgotten),
            lambda own, heard: own._store_take_up(heard, live.id),
        )

    def _claim_take_up(self, exchange, live_id, forgotten):
        self._claim("take up", (RETIRED,))
        live = self.browse(live_id)
        if live:
            live._claim("take up", LIVE, may_be_undecided=forgotten)
            if not forgotten:
                moving.refuse_obstacles(live)
        return exchange.bound(self, *NO_INVOICE)

    def _store_take_up(self, heard, live_id):
        live, error = self.browse(live_id), heard.error
        if refuses_login(error):
            if live:
                live._release()
            if error.code not in FORGOTTEN_CODES:
                return self._store({}, self._explain(error), error)
            message = _lt("Glase does not know this registration any more.")
            return self._store({"unregistered_at": fields.Datetime.now()}, message, error)
        if live:
            live._retire()
        return self._store(
            {
                "state": READY if self.glase_id else REGISTERED,
                "active": True,
                "retired_at": False,
            },
            _lt("“%s” uses this registration again.", self.name),
        )
