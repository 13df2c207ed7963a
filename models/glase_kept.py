from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools.misc import clean_context


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
        # Defaults in a browser's context would say what nobody said.
        # pylint: disable-next=context-overridden
        own = self.with_context(clean_context(self.env.context))
        return super(GlaseKept, own).create(vals_list)

    def write(self, vals):
        if not self.env.su:
            chatter = {name for name in vals if name.startswith(("message_", "activity_"))}
            if set(vals) - self._typed - chatter:
                raise AccessError(
                    self.env._("“%s”: changed by the system only.", self._description)
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("“%s”: never deleted.", self._description))
