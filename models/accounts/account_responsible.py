from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..periods.glase_period import DIFFERENCES, FAILED
from ..pos.res_users import TO_DO


class GlaseAccount(models.Model):
    """Who settles what a person must settle about this account's money."""

    _inherit = "glase.account"

    responsible_id = fields.Many2one(
        "res.users",
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="The manager who gets an activity for each case and each period that a person must "
        "settle. Empty: the manager who has opened the session, else the first one of the company.",
    )

    @api.constrains("responsible_id", "company_id")
    def _check_responsible(self):
        for account in self:
            user = account.sudo().responsible_id
            if user and not user._glase_is_manager(account.company_id):
                raise ValidationError(
                    self.env._(
                        "%(user)s is no Point of Sale administrator of %(company)s, so nothing can "
                        "be settled by that person.",
                        user=user.name,
                        company=account.company_id.name,
                    )
                )

    def _hand_over(self):
        """What is open already goes to whoever is responsible now."""
        for account in self.filtered("responsible_id"):
            of_account = [("account_id", "=", account.id)]
            cases = self.env["glase.case"].sudo().search([*of_account, ("state", "=", "open")])
            unsettled = [*of_account, ("state", "in", [DIFFERENCES, FAILED])]
            periods = self.env["glase.period"].sudo().search(unsettled)
            for records in (cases, periods):
                records.activity_reschedule(TO_DO, new_user_id=account.responsible_id.id)
