from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """Override of `point_of_sale`: the customer display, a public page, says our words in its language."""
        return super()._get_translation_frontend_modules_name() + ["pos_glase"]
