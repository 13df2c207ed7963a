from odoo import models

from ...rules.environments import ENVIRONMENTS, REAL_FIRST
from ..registration.glase_terminal import LIVE
from ..support.till_errors import Refused


class PosSession(models.Model):
    """Rows of simulator, test and production never mix (``doc/ledger.md §21``).

    A session has rows of one environment only: its till is moved to another one while it is
    closed.
    """

    _inherit = "pos.session"

    def _glase_environment(self):
        """The environment of this session's rows; False if it has none."""
        self.ensure_one()
        rows = self.env["glase.transaction"].sudo()
        groups = rows._read_group([("session_id", "=", self.id)], ["environment"])
        found = {environment for (environment,) in groups}
        return next((one for one in REAL_FIRST if one in found), False)

    def _glase_is_of(self, environment):
        """Whether money of this environment may be entered in this session."""
        self.ensure_one()
        own = self._glase_environment() or self.config_id._glase_environment()
        return own in (False, environment)


class PosConfig(models.Model):
    _inherit = "pos.config"

    def _glase_environment(self):
        """The environment that the till sells in now; False without a registration."""
        self.ensure_one()
        terminal = self.sudo().glase_terminal_id
        return terminal.state in LIVE and terminal.environment


class GlaseTransaction(models.Model):
    _inherit = "glase.transaction"

    def _is_elsewhere(self, config):
        """Whether this row was made in another environment than the till sells in now."""
        self.ensure_one()
        return config._glase_environment() not in (False, self.environment)

    def _elsewhere_words(self, config):
        labels = dict(ENVIRONMENTS)
        return self.env._(
            "This was paid with Glase in the environment “%(then)s”, the till sells in “%(now)s” "
            "now: Glase does not give it back here. Give the money back in cash or another tender.",
            then=labels[self[:1].environment],
            now=labels[config._glase_environment()],
        )

    def _refuse_elsewhere(self, config):
        """:raises Refused: if an order of this till must not have a refund of this payment"""
        self.ensure_one()
        if self._is_elsewhere(config):
            raise Refused("environment", self._elsewhere_words(config))
