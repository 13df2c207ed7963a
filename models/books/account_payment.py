from odoo import api, fields, models

from ..support.evidence import refuse_system_fields


class AccountPayment(models.Model):
    """What a bank line is matched by: Glase's references on what Odoo books (``doc/bookkeeping.md``).

    They are fields of their own: the memo of an entry that is posted is never rewritten.
    """

    _inherit = "account.payment"

    glase_pos_payment_id = fields.Many2one(
        "pos.payment", "Glase Payment", readonly=True, copy=False, index="btree_not_null"
    )
    glase_reference = fields.Char(related="move_id.glase_reference")
    glase_period = fields.Char(related="move_id.glase_period")

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `account`: which Glase payment this is says the system."""
        refuse_system_fields(self, vals_list, {"glase_pos_payment_id"})
        return super().create(vals_list)

    def write(self, vals):
        """Override of `account`: which Glase payment this is says the system."""
        refuse_system_fields(self, [dict.fromkeys(vals, True)], {"glase_pos_payment_id"})
        return super().write(vals)
