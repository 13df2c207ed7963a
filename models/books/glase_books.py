from decimal import Decimal

from odoo import api, models

from ...rules import suspense_due


class GlaseTransaction(models.Model):
    """What the books say beside what the ledger says: for checks, not for people."""

    _inherit = "glase.transaction"

    @api.model
    def _books(self, company):
        """Compare Glase's accounts with the ledger, for each Glase payment method of a company.

        All sums are exact, in the currency of the method's journal.

        :return: a list of dicts with ``method`` (the record), ``currency`` (its name),
            ``outstanding`` (the balance of the outstanding account), ``booked`` (the part of it that
            comes from sessions and from corrections: not what the bank or a person booked there),
            ``suspense`` (the balance of the suspense account; below zero is money without an owner),
            ``ledger`` (what Glase has moved by the ledger, as far as its sessions have ended) and
            ``waiting`` (how many subjects the job still has to book). With ``waiting`` 0, ``booked``
            is ``ledger``, and before Glase pays out ``outstanding`` is the same.
        """
        methods = self.env["pos.payment.method"].sudo().with_context(active_test=False)
        self.env.flush_all()
        return [
            self._books_of(method)
            for method in methods.search(
                [("use_payment_terminal", "=", "glase"), ("company_id", "=", company.id)]
            )
        ]

    def _books_of(self, method):
        outstanding = method.outstanding_account_id
        return {
            "method": method,
            "currency": method._glase_currency().name,
            "outstanding": self._books_balance(outstanding),
            "booked": self._books_balance(
                outstanding,
                """
                AND (move.glase_transaction_id IS NOT NULL OR move.glase_payment_id IS NOT NULL
                     OR EXISTS (SELECT 1 FROM account_payment booked
                                 WHERE booked.id = move.origin_payment_id
                                   AND booked.pos_payment_method_id = %s))
                """,
                method.id,
            ),
            "suspense": self._books_balance(method.glase_suspense_account_id),
            "ledger": self._books_ledger(method),
            "waiting": self._books_waiting(method),
        }

    def _books_balance(self, account, condition="", *parameters):
        self.env.cr.execute(
            f"""
            SELECT COALESCE(SUM(line.amount_currency), 0)::text
              FROM account_move_line line JOIN account_move move ON move.id = line.move_id
             WHERE line.account_id = %s AND line.parent_state = 'posted' {condition}
            """,
            (account.id or 0, *parameters),
        )
        return Decimal(self.env.cr.fetchone()[0])

    def _books_ledger(self, method):
        query = suspense_due.ROWS.format(
            condition="subject.company_id = %s AND subject.currency_id = %s"
        )
        self.env.cr.execute(
            f"SELECT COALESCE(SUM(stands), 0)::text FROM ({query}) moved",
            (method.company_id.id, method._glase_currency().id),
        )
        return Decimal(self.env.cr.fetchone()[0])

    def _books_waiting(self, method):
        total = 0
        for query, condition, value in (
            (suspense_due.ROWS, "subject.currency_id = %s", method._glase_currency().id),
            (suspense_due.PAYMENTS, "subject.payment_method_id = %s", method.id),
        ):
            of_company = query.format(condition=f"subject.company_id = %s AND {condition}")
            self.env.cr.execute(
                f"SELECT COUNT(*) FROM ({of_company}) subjects WHERE correction <> booked",
                (method.company_id.id, value),
            )
            total += self.env.cr.fetchone()[0]
        return total
