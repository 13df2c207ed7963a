from odoo import models


class PosSession(models.Model):
    """Glase's money in the books of a session (``doc/bookkeeping.md``).

    What Glase took is counted by its ledger, never by a cashier: core lets a cashier type another sum
    for each bank method when the register is closed, and books the difference as a loss or a profit.
    For Glase that is neither asked nor booked.
    """

    _inherit = "pos.session"

    def write(self, vals):
        """Override of `point_of_sale`: what stands on the suspense account may change now."""
        result = super().write(vals)
        if vals.get("state") == "closed":
            self.sudo()._glase_write_periods()
            self.env["glase.transaction"]._trigger_books()
        return result

    def get_closing_control_data(self):
        """Override of `point_of_sale`: no count is asked for Glase.

        Its methods get a type of their own there: the popup counts the type *bank* only.
        """
        data = super().get_closing_control_data()
        glase = self._glase_counted_methods()
        for method in data["non_cash_payment_methods"]:
            if method["id"] in glase.ids:
                method["type"] = "glase"
        return data

    def _glase_counted_methods(self):
        return self.payment_method_ids.filtered(
            lambda method: method.sudo().use_payment_terminal == "glase"
        )

    def _glase_without_counts(self, diffs):
        """Drop what somebody counted for Glase.

        :param dict diffs: counted differences by the id of the payment method, or None
        """
        glase = self._glase_counted_methods().ids
        return {method: diff for method, diff in (diffs or {}).items() if int(method) not in glase}

    def _cannot_close_session(self, bank_payment_method_diffs=None):
        """Override of `point_of_sale`: what was counted for Glase does not matter."""
        return super()._cannot_close_session(self._glase_without_counts(bank_payment_method_diffs))

    def _validate_session(
        self, balancing_account=False, amount_to_balance=0, bank_payment_method_diffs=None
    ):
        """Override of `point_of_sale`: every way of closing passes here, whoever counted what."""
        glase = self._glase_counted_methods()
        glase._glase_give_accounts()
        diffs = self._glase_without_counts(bank_payment_method_diffs)
        dropped = {
            method: diff
            for method, diff in (bank_payment_method_diffs or {}).items()
            if method not in diffs and not self.currency_id.is_zero(diff)
        }
        if dropped:
            self.sudo().message_post(
                body=self.env._(
                    "A difference of %s was counted for Glase. It was not booked: what Glase took "
                    "is counted by its ledger.",
                    ", ".join(self.currency_id.format(diff) for diff in dropped.values()),
                )
            )
        return super()._validate_session(balancing_account, amount_to_balance, diffs)
