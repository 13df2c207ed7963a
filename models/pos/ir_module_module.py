from odoo import models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ...rules import state_machine
from ..ledger import unsettled
from ..periods.glase_period import UNSETTLED
from ..support.sentences import filled

# Words of a table, which is there before any environment is.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

OPEN = ("opening_control", "opened", "closing_control")
# What is left, and what to do about it.
LEFT = {
    "undecided": _lt(
        "These Glase payments are not decided yet: %(names)s. They must come to an end before the module "
        "is uninstalled."
    ),
    "without_order": _lt(
        "Glase moved this money, and no order has it: %(names)s. Attach it to its order, or pay it back."
    ),
    "cases": _lt(
        "These Glase cases are open: %(names)s. Settle them: without this module nobody can."
    ),
    "sessions": _lt(
        "These Glase payments are of a session that is open: %(names)s. Close the register: without this "
        "module their transaction period is not marked."
    ),
    "periods": _lt(
        "These transaction periods are not settled: %(names)s. Wait a few minutes: they are worked on by "
        "themselves."
    ),
    "books": _lt(
        "This Glase money is not in the books yet: %(names)s. Wait a few minutes: it is booked by itself."
    ),
}
# As many names as somebody reads.
NAMED = 20


class IrModuleModule(models.Model):
    """Uninstalling this module would throw away what is needed to end its registrations."""

    _inherit = "ir.module.module"

    def button_uninstall(self):
        """Override of `base`: see :meth:`_check_glase_ended`."""
        if "pos_glase" in (self + self.downstream_dependencies()).mapped("name"):
            self._check_glase_ended()
        return super().button_uninstall()

    def _check_glase_ended(self):
        """Refuse while a till is registered with Glase itself, or real money has no end.

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
        for records, words in self._glase_left(real, every):
            if records:
                names = records[:NAMED].mapped("display_name")
                more = ["…"] if records[NAMED:] else []
                raise UserError(filled(self.env, words, {"names": ", ".join([*names, *more])}))

    def _glase_left(self, real, terminals):
        """What nobody could end without this module, each with a sentence of ``LEFT``.

        :param list real: a domain of what is not of the simulator
        :param terminals: of which what is undecided is asked
        """
        rows, periods = self.env["glase.transaction"].sudo(), self.env["glase.period"].sudo()
        cases = self.env["glase.case"].sudo().search([("state", "=", "open")])
        moved = [*real, ("state", "in", [state_machine.PAID, state_machine.REFUNDED])]
        yield unsettled.undecided(rows, terminals), LEFT["undecided"]
        yield (
            unsettled.undecided_ends(rows, real) | unsettled.unclaimed_refunds(rows, real),
            LEFT["without_order"],
        )
        yield cases.filtered(lambda case: not case._is_simulated()), LEFT["cases"]
        yield rows.search([*moved, ("session_id.state", "in", OPEN)]), LEFT["sessions"]
        yield periods.search([*real, ("state", "in", list(UNSETTLED))]), LEFT["periods"]
        yield unsettled.to_be_booked(rows, moved), LEFT["books"]
