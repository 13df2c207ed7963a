from odoo import fields, models
from odoo.exceptions import UserError

from ...models.support.managers import MANAGERS
from ...models.support.public_method import public


class GlaseAccept(models.TransientModel):
    """*Accept* several differences of transaction periods with one reason."""

    _name = "glase.accept"
    _description = "Accept Glase Differences"
    _inherit = ["pos_glase.wizard"]

    line_ids = fields.Many2many(
        "glase.period.line",
        string="Differences",
        readonly=True,
        default=lambda self: self._default_line_ids(),
    )
    reason = fields.Char(required=True, help="Kept with each difference, for good")

    def _default_line_ids(self):
        lines = self.env["glase.period.line"].browse(self.env.context.get("active_ids"))
        return lines.filtered("is_difference")

    @public(group=MANAGERS, access="write")
    def action_accept(self):
        """Accept the chosen differences.

        :raises AccessError: for anyone but a POS administrator
        :raises UserError: if none is left to accept, or without a reason
        """
        self.ensure_one()
        lines = self.line_ids.filtered("is_difference")
        if not lines:
            raise UserError(self.env._("None of these lines is an open difference any more."))
        lines.check_access("write")
        lines.reason = self.reason
        lines.action_accept()
