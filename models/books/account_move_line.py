from odoo import api, fields, models

# What of an entry's line the books say, and where.
AMOUNTS = frozenset(
    {
        "account_id",
        "amount_currency",
        "balance",
        "credit",
        "currency_id",
        "date",
        "debit",
        "move_id",
        "partner_id",
    }
)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    glase_reference = fields.Char(related="move_id.glase_reference")
    glase_period = fields.Char(related="move_id.glase_period")

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `account`: an entry of the module's has no other lines than its own."""
        lines = super().create(vals_list)
        if not self.env.su:
            lines.move_id._glase_refuse_corrections()
        return lines

    def write(self, vals):
        """Override of `account`: core lets an accountant change amounts of a posted entry."""
        if not self.env.su and AMOUNTS & set(vals):
            self.move_id._glase_refuse_corrections()
        return super().write(vals)
