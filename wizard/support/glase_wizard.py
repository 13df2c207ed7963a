from odoo import Command, api, models

from ...models.support import parameters
from ...models.support.caller_context import own_context


class GlaseWizard(models.AbstractModel):
    """A dialog: it belongs to who opened it, and is about nothing that he may not read himself.

    Odoo keeps dialogs in tables that everybody with access to the model reads; a record rule for each
    of them says that they are their maker's. What they show of other records is computed as the
    superuser, so those are looked at first, whether a dialog is stored or only shown.

    ``_made`` names fields that the module itself fills.
    """

    _name = "pos_glase.wizard"
    _description = "Glase Dialog"

    _made = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        given = [self._glase_given(vals) for vals in vals_list]
        context = {
            key: value
            for key, value in self.env.context.items()
            if key.startswith("default_") and self._glase_may_give(key.removeprefix("default_"))
        }
        self._glase_check_subjects({key.removeprefix("default_"): context[key] for key in context})
        # pylint: disable-next=context-overridden
        own = self.with_context({**context, **own_context(self.env)})
        return super(GlaseWizard, own).create(given)

    def write(self, vals):
        return super().write(self._glase_given(vals))

    def onchange(self, values, field_names, fields_spec):
        """Override of `web`: a dialog that is not stored yet shows what it is about, too."""
        self._glase_check_subjects(values)
        return super().onchange(values, field_names, fields_spec)

    def _glase_may_give(self, name):
        return name in self._fields and name not in self._made

    def _glase_given(self, vals):
        """What somebody may fill in, of what he did.

        :raises UserError: for a text or number that nobody types
        :raises AccessError: for a record that he may not read
        """
        if self.env.su:
            return vals
        parameters.check_values(self, vals)
        self._glase_check_subjects(vals)
        return {name: value for name, value in vals.items() if name not in self._made}

    def _glase_check_subjects(self, vals):
        """:raises AccessError: if the values name a record that the user may not read"""
        if self.env.su:
            return
        for name, value in vals.items():
            field = self._fields.get(name)
            if not field or not field.relational or not value:
                continue
            others = self.env[field.comodel_name]
            if field.type == "many2one":
                # In a dialog that is not stored yet the browser gives a record as its values.
                value = value.get("id") if isinstance(value, dict) else value
                others.browse(value).check_access("read")
            else:
                for command in value:
                    self._glase_check_command(others, command)

    @staticmethod
    def _glase_check_command(others, command):
        """:raises AccessError: if a command of a many2many or one2many names such a record"""
        code = command[0]
        if code in (Command.CREATE, Command.UPDATE) and hasattr(others, "_glase_check_subjects"):
            others._glase_check_subjects(command[2])
        one = code in (Command.UPDATE, Command.DELETE, Command.UNLINK, Command.LINK)
        if one and type(command[1]) is int:
            others.browse(command[1]).check_access("read")
        if code == Command.SET:
            others.browse(command[2]).check_access("read")
