from odoo import api, models
from odoo.exceptions import AccessError

from . import parameters
from .caller_context import with_own_context


class GlaseKept(models.AbstractModel):
    """Records that only the system writes, and that nobody deletes: money is proven by them.

    ``_typed`` names the fields that a person may write, where access rights let them.
    """

    _name = "pos_glase.kept"
    _description = "Kept by Glase"

    _typed = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("“%s”: made by the system only.", self._description))
        return super(GlaseKept, with_own_context(self)).create(vals_list)

    def write(self, vals):
        if not self.env.su:
            parameters.check_values(self, vals)
            chatter = {name for name in vals if name.startswith(("message_", "activity_"))}
            chatter.discard("message_ids")
            if set(vals) - self._typed - chatter:
                raise AccessError(
                    self.env._("“%s”: changed by the system only.", self._description)
                )
        return super(GlaseKept, with_own_context(self)).write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("“%s”: never deleted.", self._description))
