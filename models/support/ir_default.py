from odoo import api, models

from .evidence import OURS

MODULE = "pos_glase"


class IrDefault(models.Model):
    """Whoever has a log-in may store a default of his own for any field of any model.

    It is taken where he asks, also by what the system then writes as the superuser.
    """

    _inherit = "ir.default"

    @api.model
    def _get_model_defaults(self, model_name, condition=False):
        """Override of `base`: nobody's default fills in a record of ours, or what only the system writes."""
        defaults = super()._get_model_defaults(model_name, condition)
        if not defaults:
            return defaults
        if model_name.startswith(OURS):
            return {}
        fields = self.env[model_name]._fields
        return {
            name: value
            for name, value in defaults.items()
            if name not in fields or not _is_the_systems(fields[name])
        }


def _is_the_systems(field):
    return bool(field.readonly) and MODULE in field._modules
