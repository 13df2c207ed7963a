import functools
import secrets
import string

from odoo import fields, models
from odoo.exceptions import UserError

from ...glase import GlaseError, ResultError
from ..go_live import moving
from ..support import autonomous_transaction
from .glase_terminal import DRAFT, FORGOTTEN_CODES, LIVE, READY, REGISTERED, RETIRED
from .glase_terminal_registration import LOGIN_CODES, NO_INVOICE, Outcome

PASSWORD_LENGTH = 24
PASSWORD_ALPHABET = string.ascii_letters + string.digits

KNOWN_EXTERNAL_ID = 57


class GlaseTerminal(models.Model):
    """Register a till with Glase, register it anew, and take up what it had before."""

    _inherit = "glase.terminal"

    def _ask_register(self, transact=None, replaces=None):
        """Register a draft; asked twice, it is registered once.

        :param transact: runs a step in a transaction; by default each in one of its own
        :param replaces: the live registration of the same till that ends with success
        :rtype: Outcome
        :raises UserError: if it is refused without asking Glase
        """
        self._check_manager()
        transact = transact or functools.partial(autonomous_transaction.step_of_request, self)
        claimed = transact(lambda terminal: terminal._claim_register(replaces))
        if not claimed:
            return Outcome(True, self.env._("“%s” is registered with Glase already.", self.name))
        (client, principal, external_identifier, password, name), is_new = claimed
        try:
            answer = client.register_terminal(principal, external_identifier, password, name)
        except GlaseError as error:
            failure = error
            return transact(
                lambda terminal: terminal._store_not_registered(failure, replaces, is_new)
            )
        return transact(lambda terminal: terminal._store_registered(answer, replaces))

    def _claim_register(self, replaces):
        moving.refuse_another_way(self)
        self._claim("register", (DRAFT, *LIVE))
        if self.state != DRAFT:
            self._release()
            return None
        if not self.config_id:
            raise UserError(self.env._("Choose the point of sale of this terminal first."))
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
                self.env._("The account “%s” is archived: choose another one.", account.name)
            )
        missing = account._what_is_missing()
        if missing:
            raise UserError(missing)
        self._copy_from_account()
        is_new = not self.external_identifier
        if is_new:
            database = self.env["ir.config_parameter"].get_param("database.uuid")
            unique = secrets.token_hex(4)
            self.write(
                {
                    "external_identifier": f"{database}-{self.config_id.id}-{unique}",
                    "password": self._new_password(),
                }
            )
        principal = account._reseller_principal()
        asked = (self._client(), principal, self.external_identifier, self.password, self.name)
        return asked, is_new

    @staticmethod
    def _new_password():
        """A password for a registration, from a cryptographic source."""
        return "".join(secrets.choice(PASSWORD_ALPHABET) for _i in range(PASSWORD_LENGTH))

    def _store_registered(self, answer, replaces):
        other = self._other_registration(answer.terminal_id)
        if other:
            return self._store_of_another(answer.terminal_id, other, replaces)
        message = self.env._(
            "“%s” is registered with Glase. Next: assign the Glase ID of its sticker.", self.name
        )
        if replaces:
            self.browse(replaces.id)._retire()
        outcome = self._store(
            {
                "state": REGISTERED,
                "terminal_identifier": answer.terminal_id,
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
        message = self.env._(
            "Glase answered with the terminal ID %(identifier)s, which “%(other)s” has already, so "
            "this till is not registered. Try again; if that stays, ask Glase.",
            identifier=terminal_identifier,
            other=other.display_name,
        )
        self._store({"external_identifier": False, "password": False}, message)
        return Outcome(False, message)

    def _retire(self):
        """Another registration of the till takes the place of this one."""
        self._store(
            {"state": RETIRED, "active": False, "retired_at": fields.Datetime.now()},
            self.env._("Replaced by a new registration; kept for refunds."),
        )
        self.flush_recordset()

    def _store_not_registered(self, error, replaces, is_new):
        """:param bool is_new: whether the external ID was sent for the first time"""
        values = {}
        if replaces:
            self.browse(replaces.id)._release()
        if isinstance(error, ResultError) and error.code == KNOWN_EXTERNAL_ID:
            self._keep_half_made()
            message = self.env._(
                "Glase has a till by this name from an earlier try, but its credentials are "
                "lost. Try again: a new one is made."
            )
        elif self._is_certain(error):
            message = self.account_id._explain(error)
            if is_new:
                # Nothing at Glase has it; where one is kept, Glase may have a till by that name.
                values = {"external_identifier": False, "password": False}
        else:
            message = self.env._(
                "Glase did not answer, so it is not certain whether the till is registered. "
                "Try again: it is asked with the same ID, so Glase knows it by that."
            )
        return self._store(values, message, error)

    def _ask_replace(self, transact=None, account_id=None):
        """Register the till of a live registration anew, and archive this one.

        :param int account_id: the account to register it with; by default the present one
        :rtype: Outcome
        :raises UserError: if it is refused without asking Glase
        """
        self._check_manager()
        forgotten = self._is_forgotten_by_simulator()
        step = transact or functools.partial(autonomous_transaction.step_of_request, self)
        draft_id = step(lambda terminal: terminal._claim_replace(forgotten, account_id))
        try:
            draft = self.browse(draft_id)
            return draft._ask_register(transact, replaces=self)
        except UserError:
            step(lambda terminal: terminal._release())
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
        client, principal = autonomous_transaction.step_of_request(
            self, lambda kept: kept._claim_take_up(live.id, forgotten)
        )
        try:
            client.get_payment_status(principal, NO_INVOICE, 0)
        except GlaseError as error:
            failure = error
            if not isinstance(failure, ResultError) or failure.code in LOGIN_CODES:
                return autonomous_transaction.step_of_request(
                    self, lambda kept: kept._store_not_taken_up(live.id, failure)
                )
        return autonomous_transaction.step_of_request(
            self, lambda kept: kept._store_taken_up(live.id)
        )

    def _claim_take_up(self, live_id, forgotten):
        self._claim("take up", (RETIRED,))
        live = self.browse(live_id)
        if live:
            live._claim("take up", LIVE, may_be_undecided=forgotten)
            if not forgotten:
                moving.refuse_obstacles(live)
        return self._client(), self._principal()

    def _store_taken_up(self, live_id):
        live = self.browse(live_id)
        if live:
            live._retire()
        return self._store(
            {
                "state": READY if self.glase_id else REGISTERED,
                "active": True,
                "retired_at": False,
            },
            self.env._("“%s” uses this registration again.", self.name),
        )

    def _store_not_taken_up(self, live_id, error):
        live = self.browse(live_id)
        if live:
            live._release()
        if isinstance(error, ResultError) and error.code in FORGOTTEN_CODES:
            return self._store(
                {"unregistered_at": fields.Datetime.now()},
                self.env._("Glase does not know this registration any more."),
                error,
            )
        return self._store({}, self._explain(error), error)
