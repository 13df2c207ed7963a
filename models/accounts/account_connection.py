from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.translate import LazyTranslate

from ...glase import (
    WRONG_ADDRESS_REASONS,
    EndpointError,
    GlaseError,
    NeverSent,
    ResultError,
)
from ...glase.logs import get_logger
from ...rules.environments import SIMULATOR
from ..registration.glase_terminal_registration import Outcome, refuses_login
from ..support import autonomous_transaction
from ..support.public_method import public
from ..support.sentences import lasting, note, sentence_of, together, with_values
from . import glase_connection
from .glase_connection import LOGIN

_logger = get_logger(__name__)

WRONG_PASSWORD = 20
UNKNOWN_RESELLER = 37

# Any report needs the reseller's log-in, and none changes anything: one of a period that does not
# exist is asked for. Whatever Glase says about the period, it has accepted the log-in by then.
REPORT = "Reconciliation/Shop.xml"
NO_PERIOD = {"transactionPeriodId": "0"}

# Words of a table, which is there before any environment is.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

# What Glase gave a shop, by the field that it is typed into.
_GIVEN = {
    "endpoint": _lt("Address"),
    "reseller_id": _lt("Reseller ID"),
    "reseller_user": _lt("User ID"),
    "reseller_password": _lt("Password"),
}

# What a kind of trouble means for an administrator; see failure_of.
_FAILURES = {
    "password": _lt("Glase does not accept the password of reseller %(reseller)s."),
    "reseller": _lt(
        "Glase does not know reseller %(reseller)s with user %(user)s. Check both with your "
        "contract; the user is 9900 as a rule."
    ),
    "refused": _lt("Glase answered, but refused: %(message)s (result code %(code)s)"),
    "tls": _lt(
        "The server at %(address)s could not prove that it is Glase's: its certificate is "
        "not valid. Check the address, and the clock of this server."
    ),
    "address": _lt("This address cannot be used for Glase: %(address)s"),
    "nobody": _lt(
        "Nobody answers at %(address)s. Check the address, and that this server may reach "
        "the internet."
    ),
    "somebody": _lt("Somebody answers at %(address)s, but not Glase's service. Check the address."),
    "passes": _lt("Glase is slow or does not answer at the moment. Try again in a few minutes."),
}


def failure_of(error):
    """Which kind of trouble with an account's connection an error is.

    :param glase.GlaseError error: what the client raised
    :return: ``password``, ``reseller``, ``refused``, ``tls``, ``address``, ``nobody``,
        ``somebody`` (else) or ``passes`` (by itself)
    :rtype: str
    """
    if isinstance(error, ResultError):
        return {WRONG_PASSWORD: "password", UNKNOWN_RESELLER: "reseller"}.get(error.code, "refused")
    if error.reason == "tls":
        return "tls"
    if isinstance(error, EndpointError) or error.reason == "inside":
        return "address"
    if isinstance(error, NeverSent) and error.reason != "gate":
        return "nobody"
    return "somebody" if error.reason in WRONG_ADDRESS_REASONS else "passes"


class GlaseAccount(models.Model):
    """*Test connection*: is anybody there, does the reseller's log-in fit?

    The call that tells whether anybody is there takes no log-in, so a second one is made for the
    log-in (``doc/protocol.md §3``).
    """

    _inherit = "glase.account"

    def _what_is_missing(self):
        """A lasting sentence about what must be filled in before Glase can be called, or False."""
        self.ensure_one()
        account = self.sudo()
        if account.environment == "simulator":
            return False
        names = ("endpoint", "reseller_id", "reseller_password")
        missing = [name for name in names if not account[name]]
        if not missing:
            return False
        return lasting(
            self.env,
            _lt(
                "An administrator has to fill in the account “%(account)s” first: %(fields)s.",
                account=account.name,
                fields=self._listed(missing),
            ),
        )

    @api.model
    def _listed(self, names):
        """What of a log-in is typed into these fields, as a list that each reads in the own language."""
        return together(", ".join(["%s"] * len(names)), *(_GIVEN[name] for name in names))

    # === Test connection ===

    @public()
    def action_test(self):
        """Test the address and the log-in; the answer is shown and noted in the chatter."""
        return self._ask_test().shown()

    def _ask_test(self):
        """Test the address and the log-in.

        :return: told apart: wrong address, TLS trouble, wrong log-in, wrong reseller, trouble
            that may pass
        :rtype: Outcome
        """
        self.ensure_one()
        groups = ("point_of_sale.group_pos_manager", "base.group_system")
        if not any(self.env.user.has_group(group) for group in groups):
            raise AccessError(
                self.env._("Only a Point of Sale administrator may test a Glase account.")
            )
        self.check_access("read")
        missing = self._what_is_missing() or self._why_unbound()
        if missing:
            return Outcome(False, missing)
        account = self.sudo()
        outcome = account._prove(glase_connection.login(account))
        self._log_alone(outcome.message)
        return outcome

    def _prove(self, login):
        """Ask Glase whether it accepts a log-in; nothing is changed, here or there.

        The request's transaction ends before Glase is asked.

        :param Login login: the account's own, or one that may become so; without an account, one
            for a new account
        :rtype: Outcome
        """
        try:
            client, principal = self._caller(login)
        except UserError as missing:
            return Outcome(False, missing.args[0])
        except EndpointError as error:
            return Outcome(False, self._explain(error, login))
        self.env.cr.commit()  # pylint: disable=invalid-commit
        try:
            client.benchmarking_nop()
            client.execute_report(principal, REPORT, parameters=NO_PERIOD)
        except GlaseError as error:
            if refuses_login(error):
                _logger.info("Test of Glase account %s: %s", self.id or "(new)", error)
                return Outcome(False, self._explain(error, login))
        return Outcome(
            True,
            lasting(
                self.env,
                _lt("The simulator answers: everything can be tried, no money is moved.")
                if login.environment == SIMULATOR
                else _lt("Glase answers and accepts the log-in."),
            ),
        )

    def _caller(self, login):
        missing = login.missing()
        if missing:
            words = _lt("Fill in what Glase gave you: %s.", self._listed(missing))
            raise UserError(lasting(self.env, words))
        client = glase_connection.client(login.environment, login.endpoint, self.env)
        return glase_connection.identified(self, client) if self else client, login.principal()

    # === A log-in that live tills use ===

    def _used_changes(self, vals):
        """What these values change of a log-in that registered tills depend on."""
        self.ensure_one()
        account = self.sudo()
        if account.environment == SIMULATOR or not account._live_terminals():
            return {}
        return {
            name: value
            for name, value in vals.items()
            if name in LOGIN and (account[name] or False) != (value or False)
        }

    def _refuse_unproven(self, vals):
        """:raises UserError: if somebody else than the system changes a log-in that tills use"""
        if self.env.su:
            return
        # First: who may not write does not learn either whether a password was guessed.
        self.check_access("write")
        for account in self:
            if account._used_changes(vals):
                raise UserError(
                    self.env._(
                        "Registered tills use the log-in of “%s”: it is changed on the account's "
                        "own page, where Glase is asked first whether it accepts the new one.",
                        account.name,
                    )
                )

    def web_save(self, vals, specification, next_id=None):
        """Override of `web`: a log-in that registered tills use is proven before it is written.

        :raises UserError: if Glase does not accept it; the account keeps what it has
        """
        if not self:
            return super().web_save(vals, specification, next_id=next_id)
        self.check_access("write")
        given = self._trimmed(vals)
        changes = self._used_changes(given)
        if changes:
            for name in changes:
                self._check_field_access(self._fields[name], "write")
            self._check_change(given)
            self._refuse_copy()
            outcome = self._prove(glase_connection.login(self.sudo(), changes))
            if not outcome.ok:
                raise UserError(
                    self.env._(
                        "Nothing was changed: registered tills use this log-in, and the new one "
                        "could not be proven. %s",
                        outcome.message,
                    )
                )
            self.sudo().write(changes)
            given = {name: value for name, value in given.items() if name not in changes}
        return super().web_save(given, specification, next_id=next_id)

    def _explain(self, error, login=None):
        """What an error of a call for the account means, as a sentence for an administrator.

        :param glase.GlaseError error: what the client raised
        :param Login login: who called; by default the account as it is
        :rtype: sentences.Lasting
        """
        called_by = login or self
        refused = isinstance(error, ResultError)
        values = {
            "address": called_by.endpoint,
            "reseller": called_by.reseller_id,
            "user": called_by.reseller_user,
            "message": refused and sentence_of(error),
            "code": refused and error.code,
        }
        return lasting(self.env, with_values(_FAILURES[failure_of(error)], values))

    def _log_alone(self, message):
        """Note something in the chatter, committed whatever becomes of the request."""
        account_id, partner_id = self.id, self.env.user.partner_id.id

        def log(env):
            account = env["glase.account"].browse(account_id)
            note(account, _lt("Test: %s", message), account, author_id=partner_id)

        autonomous_transaction.run(self.env, log)
        self.env.cr.commit()  # pylint: disable=invalid-commit
