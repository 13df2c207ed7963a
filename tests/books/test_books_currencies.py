from odoo import fields

from ..shared.books import BooksCommon


class TestBooksCurrencies(BooksCommon):
    """Tills that sell in another currency than the company keeps its books in."""

    def foreign_till(self, name, rate, decimals):
        """A till that sells in a currency with so many decimals, registered and opened."""
        currency = (
            self.env["res.currency"].with_context(active_test=False).search([("name", "=", name)])
        )
        # Past Odoo's check: the demo companies of other countries have used it already.
        self.env.cr.execute(
            "UPDATE res_currency SET active = TRUE, rounding = %s, decimal_places = %s"
            " WHERE id = %s",
            (10**-decimals, decimals, currency.id),
        )
        currency.invalidate_recordset()
        self.rate(currency, rate)
        self.pos_session.sudo().state = "closed"
        journals = self.env["account.journal"]
        sales = journals.create(
            {"name": name, "type": "sale", "code": f"S{name}", "currency_id": currency.id}
        )
        bank = journals.create(
            {
                "name": f"Glase {name}",
                "type": "bank",
                "code": f"G{name}",
                "currency_id": currency.id,
            }
        )
        self.method = self.env["pos.payment.method"].create(
            {
                "name": f"Glase {name}",
                "journal_id": bank.id,
                "company_id": self.company.id,
                "payment_method_type": "terminal",
                "use_payment_terminal": "glase",
            }
        )
        self.glase_method = self.method
        pricelist = self.env["product.pricelist"].create(
            {"name": name, "currency_id": currency.id, "company_id": self.company.id}
        )
        till = self.main_pos_config.copy(
            {"name": f"Till {name}", "payment_method_ids": [(5,)], "cash_control": False}
        )
        till.write(
            {
                "journal_id": sales.id,
                "invoice_journal_id": sales.id,
                "available_pricelist_ids": [(6, 0, pricelist.ids)],
                "pricelist_id": pricelist.id,
            }
        )
        till.payment_method_ids = self.method
        self.main_pos_config, self.terminal = till, self._registered_terminal(till)
        self.outstanding = self.method.outstanding_account_id
        self.suspense = self.method.glase_suspense_account_id
        self.pos_session = self.open_register(till)
        return currency

    def rate(self, currency, rate, days_ago=0):
        """From this day on one unit of the company's currency is this many of another."""
        # The cashier's day, which Odoo books on: not always the one of UTC.
        today = fields.Date.context_today(self.env["pos.session"].with_user(self.pos_user))
        today = fields.Date.subtract(today, days=days_ago)
        rates = currency.rate_ids.filtered(lambda one: one.company_id == self.company)
        same = rates.filtered(lambda one: one.name == today)
        if same:
            same.rate = rate
        else:
            self.env["res.currency.rate"].create(
                {
                    "currency_id": currency.id,
                    "company_id": self.company.id,
                    "name": today,
                    "rate": rate,
                }
            )

    def given_back(self, order, amount):
        """A refund order that is finished."""
        refund_order, line = self.refund_order(order, amount)
        refund_order.partner_id = order.partner_id
        self.assertEqual(self.refund(refund_order, line, amount)["state"], "refunded")
        self.validate(refund_order, line)
        return refund_order

    def assert_clear(self):
        """What the session has left on its receivable accounts cleared in both currencies."""
        accounts = self.pos_session._get_receivable_account(self.method)
        accounts |= self.env["res.partner"].create({"name": "X"}).property_account_receivable_id
        moves = self.pos_session._get_related_account_moves()
        items = moves.line_ids.filtered(lambda item: item.account_id in accounts)
        self.assertTrue(items)
        self.assertTrue(all(items.mapped("reconciled")))
        self.assertEqual(sum(items.mapped("amount_residual")), 0)

    def in_company_currency(self, account):
        lines = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        return self.company.currency_id.round(sum(lines.mapped("balance")))

    def test_a_foreign_journal(self):
        euro = self.foreign_till("EUR", 0.5, 2)
        order, _row = self.paid_order(100)
        self.given_back(order, 30.3)
        row = self.paid_without_order(33.33)
        self.override_and_close()
        self.assertEqual(row.currency_id, euro)
        self.assert_books(103.03, -33.33)
        self.assertEqual(self.in_company_currency(self.outstanding), 206.06)
        self.assertEqual(self.in_company_currency(self.suspense), -66.66)

    def test_what_is_taken_back_is_what_was_booked_whatever_the_rate_is_by_then(self):
        euro = self.foreign_till("EUR", 0.3, 2)
        row = self.paid_without_order(33.33)
        self.override_and_close()
        self.assertEqual(self.in_company_currency(self.suspense), -111.10)
        self.rate(euro, 0.7)
        self.next_day()
        payment = self.unproven_order(33.33)
        case = self.case(row, "paid_without_order").with_user(self.pos_admin)
        case.attach_order_id = payment.pos_order_id
        case.action_attach()
        self.close_session()
        self.assert_books(33.33, 0)
        self.assertEqual(self.in_company_currency(self.suspense), 0)
        self.assertEqual(self.in_company_currency(self.outstanding), 47.61)
        self.assertTrue(all(self.corrections(row).line_ids.mapped("reconciled")))

    def test_three_decimals(self):
        self.foreign_till("GBP", 3.1, 3)
        self.paid_order(148.25)
        self.paid_without_order(0.01)
        self.override_and_close()
        self.assert_books(148.26, -0.01)

    def test_no_decimals(self):
        self.foreign_till("SEK", 150, 0)
        self.paid_order(1480)
        self.paid_without_order(7)
        self.override_and_close()
        self.assert_books(1487, -7)

    def test_a_day_that_gives_back_more_than_it_takes(self):
        """The sums come out even in both currencies: else Odoo asks who takes its rounding."""
        euro = self.foreign_till("EUR", 0.5, 2)
        order, _row = self.paid_order(100)
        self.close_session()
        self.assertEqual(self.in_company_currency(self.outstanding), 200)
        self.rate(euro, 0.4)
        self.next_day()
        self.paid_order(11.5)
        self.given_back(order, 69)
        self.close_session()
        self.assert_books(42.5, 0)
        # 100 / 0.5 - 57.5 / 0.4
        self.assertEqual(self.in_company_currency(self.outstanding), 56.25)
        self.assert_clear()

    def test_a_day_that_gives_back_more_while_the_rate_changes(self):
        euro = self.foreign_till("EUR", 0.5, 2)
        self.rate(euro, 0.5, days_ago=1)
        self.rate(euro, 0.4)
        order, _row = self.paid_order(100)
        self.close_session()
        self.assertEqual(self.in_company_currency(self.outstanding), 250)
        self.next_day()
        refund_order = self.given_back(order, 69)
        # It was given back yesterday; the register is closed today.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE pos_payment SET payment_date = payment_date - interval '1 day' WHERE id = %s",
            (refund_order.payment_ids.id,),
        )
        self.env.cr.execute(
            "UPDATE pos_order SET date_order = date_order - interval '1 day' WHERE id = %s",
            (refund_order.id,),
        )
        self.env.invalidate_all()
        self.close_session()
        self.assert_books(31, 0)
        # 100 / 0.4 - 69 / 0.4: what is booked when the session is closed has the rate of then.
        self.assertEqual(self.in_company_currency(self.outstanding), 77.5)
        self.assert_clear()

    def test_identified_customers_on_a_day_that_gives_back_more_than_it_takes(self):
        euro = self.foreign_till("EUR", 0.5, 2)
        self.pos_session.sudo().state = "closed"
        self.method.split_transactions = True
        self.next_day()
        customer = self.env["res.partner"].create({"name": "Alma"})
        order, _row = self.paid_order(100, customer=customer)
        self.close_session()
        self.rate(euro, 0.4)
        self.next_day()
        self.paid_order(11.5, customer=customer)
        self.given_back(order, 69)
        self.close_session()
        self.assert_books(42.5, 0)
        self.assertEqual(self.in_company_currency(self.outstanding), 56.25)
        self.assert_clear()
