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
        """Override of `point_of_sale`: every way of closing passes here, whoever counted what.

        What is refused is refused before anything is written (``doc/ledger.md §16``).
        """
        self._glase_guard_closing()
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

    def _create_combine_account_payment(self, payment_method, amounts, diff_amount):
        """Override of `point_of_sale`: a day that gives back more than it takes is booked, too.

        Core books both lines of its payment on the outstanding account then: it swaps the two
        accounts, and Odoo computes one of them anew. Glase's account would keep what was given back.
        """
        lines = super()._create_combine_account_payment(payment_method, amounts, diff_amount)
        if payment_method.use_payment_terminal != "glase":
            return lines
        of_method = [("pos_session_id", "=", self.id)]
        of_method.append(("pos_payment_method_id", "=", payment_method.id))
        booked = self.env["account.payment"].search(of_method, order="id desc", limit=1)
        if booked.outstanding_account_id != booked.destination_account_id:
            return lines
        receivable = self._get_receivable_account(payment_method)
        booked.action_draft()
        counterpart = booked.move_id.line_ids.filtered(lambda line: line.balance > 0)
        counterpart.account_id = receivable
        booked.destination_account_id = receivable
        booked.action_post()
        return booked.move_id.line_ids.filtered(lambda line: line.account_id == receivable)
