from odoo import models

from ...rules.environments import ENVIRONMENTS
from ..support.till_errors import Refused


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
