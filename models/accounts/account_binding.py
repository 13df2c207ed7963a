import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ...glase import RequestError
from ...rules.environments import SIMULATOR
from ..support.public_method import public
from ..support.sentences import LABELLED, lasting, note, together, with_values
from . import glase_connection, installation

# Translated where it is said, in the language of whoever reads it.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

# Which of them may be unknown on either side, and is then not compared.
OPTIONAL = frozenset({"cluster"})


class CopiedDatabase(RequestError):
    """This database is not the one that the account was confirmed for; nothing was sent."""

    sentence = _lt(
        "This database may be a copy, so Glase is not called. An administrator confirms under "
        "Configuration / Glase Accounts that this is the shop's own database."
    )


class MovedAccount(RequestError):
    """The account has another Glase or reseller than the registration; nothing was sent."""

    sentence = _lt(
        "The account has another environment, address or reseller now than when this till was "
        "registered, so its log-in is not sent there. Ask Glase for this report."
    )


class GlaseAccount(models.Model):
    """A copied database is silent (``doc/ledger.md §17``).

    An account is bound to the database that it was made in (its uuid and its name) and to what no
    dump carries: the installation of Odoo and the database server. If one of them differs, nothing
    is called until an administrator confirms. The address is no part of it: Odoo rewrites that at
    an administrator's log-in. The simulator moves no money and is bound to nothing.
    """

    _inherit = "glase.account"

    bound_to = fields.Char(readonly=True, copy=False, groups="base.group_system")
    is_bound = fields.Boolean(compute="_compute_is_bound")
    unbound_why = fields.Char(compute="_compute_is_bound")

    @api.depends("environment", "bound_to")
    @api.depends_context("lang")
    def _compute_is_bound(self):
        binding = self._binding()
        for account in self:
            why = account._what_differs(binding)
            account.unbound_why = why and str(why)
            account.is_bound = not why

    @api.model
    def _binding(self):
        """What tells this database from a copy of it."""
        parameters = self.env["ir.config_parameter"].sudo()
        return {
            "uuid": parameters.get_param("database.uuid", ""),
            "name": self.env.cr.dbname,
            "installation": installation.known(),
            "cluster": installation.cluster(self.env.cr),
        }

    @api.model
    def _new_binding(self):
        """What an account is bound to from now on, as it is kept."""
        installation.make()
        return json.dumps(self._binding())

    def _why_unbound(self):
        """Why this account may not call, as a lasting sentence; False if it may."""
        return self and self._what_differs(self._binding())

    def _what_differs(self, binding):
        """The same, compared with this binding."""
        self.ensure_one()
        if self.environment == SIMULATOR:
            return False
        bound = json.loads(self.sudo().bound_to or "{}")
        if "address" in bound:
            return lasting(
                self.env,
                _lt(
                    "This account was confirmed by the database's address, which says no more that "
                    "it is the shop's own. It is confirmed once more."
                ),
            )
        differing = {key for key in binding if not self._is_same(key, bound.get(key), binding[key])}
        # Asked before each call: words are made for a difference only.
        return self._said_to_differ(bound, binding, differing) if differing else False

    def _said_to_differ(self, bound, binding, differing):
        labels = {
            "uuid": _lt("its identifier"),
            "name": _lt("its name"),
            "installation": _lt("the installation (the data folder of Odoo)"),
            "cluster": _lt("the database server"),
        }
        changed = [
            with_values(
                LABELLED,
                {"label": label, "value": f"{bound.get(key) or '–'} → {binding[key] or '–'}"},
            )
            for key, label in labels.items()
            if key in differing
        ]
        return lasting(
            self.env,
            _lt(
                "This is not the database that the account was confirmed for: %s.",
                together("; ".join(["%s"] * len(changed)), *changed),
            ),
        )

    @api.model
    def _is_same(self, key, bound, present):
        if key in OPTIONAL and not (bound and present):
            return True
        return bool(bound) and bound == present

    def _check_bound(self):
        """:raises CopiedDatabase: if this database may be a copy"""
        for account in self:
            if account._what_differs(account._binding()):
                raise CopiedDatabase(f"account {account.id} is not bound to this database")

    def _speaks_for(self, terminal):
        """Whether the account's log-in of today is that of a registration's Glase and reseller."""
        self.ensure_one()
        kept = glase_connection.registration_values(self)
        return terminal.account_id == self and all(terminal[name] == kept[name] for name in kept)

    def _check_speaks_for(self, environment, terminal):
        """A reseller's password goes to no other Glase than the account's own.

        :param str environment: where the period is
        :param terminal: the registration that it is of; empty for a whole shop
        :raises MovedAccount: if the account has moved since
        """
        if self.environment != environment or terminal and not self._speaks_for(terminal):
            raise MovedAccount(f"account {self.id} has moved since period or till were made")

    @public(group="base.group_system", access="write", many=True)
    def action_confirm_database(self):
        """An administrator says that this is the shop's own database: Glase is called again.

        :raises AccessError: for anyone else
        :raises UserError: if this installation has no id and none can be made
        """
        if not installation.make():
            raise UserError(
                self.env._(
                    "Odoo's data folder cannot be written, so this installation cannot be told "
                    "from a copy of it. Let Odoo write its data folder, or set the variable %s of "
                    "the server's environment.",
                    installation.VARIABLE,
                )
            )
        self.sudo().bound_to = self._new_binding()
        words = _lt("An administrator confirmed: this is the shop's own database.")
        for account in self:
            note(account, words, account)

    def _refuse_copy(self):
        """:raises UserError: if this database may be a copy, with what differs and what to do"""
        for account in self.filtered("unbound_why"):
            raise UserError(
                lasting(
                    self.env,
                    _lt(
                        "%s If it is a copy, leave it so. Otherwise an administrator confirms it "
                        "under Configuration / Glase Accounts.",
                        account._why_unbound(),
                    ),
                )
            )
