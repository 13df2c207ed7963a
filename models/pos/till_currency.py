"""What decides in which currency a till sells and its Glase is booked, beside till and method themselves."""

from odoo import api, models


class AccountJournal(models.Model):
    _inherit = "account.journal"

    @api.constrains("currency_id")
    def _check_glase_currency(self):
        """Of a till's sales journal, or of the journal of its Glase method."""
        methods = self.env["pos.payment.method"].sudo().search([("journal_id", "in", self.ids)])
        tills = self.env["pos.config"].sudo().search([("journal_id", "in", self.ids)])
        (tills | methods.config_ids)._check_glase_currency()


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.constrains("currency_id")
    def _check_glase_currency(self):
        """What names no currency of its own has the company's."""
        tills = self.env["pos.config"].sudo().search([("company_id", "in", self.ids)])
        tills._check_glase_currency()
