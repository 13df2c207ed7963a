from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """Override of `pos_self_order`: the page of a kiosk speaks of Glase in the guest's language."""
        return super()._get_translation_frontend_modules_name() + ["pos_self_order_glase"]
