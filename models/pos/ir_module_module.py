from odoo import models
from odoo.exceptions import UserError


class IrModuleModule(models.Model):
    """Uninstalling this module would throw away what is needed to end its registrations."""

    _inherit = "ir.module.module"

    def button_uninstall(self):
        if "pos_glase" in (self + self.downstream_dependencies()).mapped("name"):
            self._check_glase_ended()
        return super().button_uninstall()

    def _check_glase_ended(self):
        """Refuse while a till is registered with Glase itself, or real money is undecided.

        The simulator does not hold anybody back: nothing outside Odoo knows of its tills.

        :raises UserError: naming the tills and payments
        """
        real = [("environment", "!=", "simulator")]
        every = self.env["glase.terminal"].sudo().with_context(active_test=False).search(real)
        live = every.filtered(lambda terminal: terminal.state in ("registered", "ready"))
        if live:
            raise UserError(
                self.env._(
                    "These tills are registered with Glase: %s. Unregister them first, under "
                    "Configuration / Glase Terminals: without this module nobody can, and their "
                    "stickers stay taken.",
                    ", ".join(live.mapped("name")),
                )
            )
        undecided = self.env["glase.transaction"]._undecided(every)
        if undecided:
            raise UserError(
                self.env._(
                    "These Glase payments are not decided yet: %s. They must come to an end "
                    "before the module is uninstalled.",
                    ", ".join(undecided.mapped("display_name")),
                )
            )
