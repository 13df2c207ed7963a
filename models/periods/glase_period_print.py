from odoo import models

from .glase_period_line import DIFFERENCES


class GlasePeriod(models.Model):
    """A period on paper, for the bookkeeper's binder."""

    _inherit = "glase.period"

    def _lines_on_paper(self):
        """The lines in the order in which a bookkeeper reads them.

        :return: what differs, or did until somebody accepted it; and all that matches
        :rtype: tuple
        """
        self.ensure_one()
        differing = self.line_ids.filtered(lambda line: line.kind in DIFFERENCES)
        return differing, self.line_ids - differing
