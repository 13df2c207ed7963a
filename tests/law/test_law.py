"""Countries whose law looks into a till's books, on a database with Odoo's modules for them.

Run by the row *law* of the matrix alone (``tests/process/matrix/law_matrix_test.py``): without these modules there is
nothing to try.
"""

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..shared.books import BooksCommon


class LawCommon(BooksCommon):
    """A day of a till in one country, with all that people do to Glase money there."""

    # Each country has them all.
    allow_inherited_tests_method = True

    # What the books of this country must be like in the end.
    def assert_lawful(self):
        self.assert_balanced()

    def refuses_removal(self, order):
        """Whether nobody may take the payment out of a finished order."""
        return False

    def canceled_order_with_money(self, amount):
        """A payment whose order was given up; returns its row."""
        order, line = self.sent(amount)
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        order.action_pos_order_cancel()
        self.env.flush_all()
        self.env.invalidate_all()
        return self.row(line)

    def test_a_day(self):
        """A sale, an invoice, attach, a refund at the till and from a case, a write-off, the closing."""
        sold, _row = self.paid_order(100)
        self.assert_lawful()

        attached, line = self.sent(50)
        self.pay_and_leave(line)
        case = self.case(self.row(line), "paid_without_order")
        case.attach_order_id = attached
        case.with_user(self.pos_admin).action_attach()
        self.env.invalidate_all()
        self.assertEqual(attached.state, "paid")
        self.assert_lawful()

        refund, line = self.refund_order(sold, 40)
        self.assertEqual(self.refund(refund, line, 40)["state"], "refunded")
        self.validate(refund, line)
        self.assertFalse(refund.payment_ids.glase_unverified)
        self.assert_lawful()

        given_back = self.canceled_order_with_money(30)
        self.refund_without_order(given_back)
        lost = self.canceled_order_with_money(20)
        self.assert_lawful()

        self.override_and_close()
        self.assert_books(100 + 50 - 40 + 20, -20)
        self.assert_lawful()

        case = self.case(lost, "paid_without_order")
        with self.office() as env:
            values = {
                "case_id": case.id,
                "account_id": self.company_data["default_account_expense"].id,
                "reason": "Lost",
            }
            env["glase.write.off"].create(values).action_write_off()
        self.env.invalidate_all()
        self.assertEqual(case.state, "settled")
        self.assert_books(130, 0)
        self.assert_lawful()

    def test_a_payment_is_taken_out_of_a_finished_order(self):
        order, row = self.paid_order(100)
        if self.refuses_removal(order):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                order.payment_ids.with_user(self.pos_user).unlink()
            self.assertTrue(order.payment_ids)
            self.assertFalse(row.case_ids)
        else:
            order.payment_ids.with_user(self.pos_user).unlink()
            self.assertEqual(row.case_ids.kind, "paid_without_order")
        self.env.invalidate_all()
        self.assert_lawful()

    def test_an_invoice_at_the_till(self):
        order, line = self.sent(100)
        order.write({"partner_id": self.invoiced_customer().id, "to_invoice": True})
        self.customer("pay")
        self.ask(line)
        self.validate(order, line)
        self.env.invalidate_all()
        self.assertIn(order.state, ("paid", "done"))
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertTrue(order.account_move or order.glase_left_to_do)
        self.close_session()
        self.assert_books(100, 0)
        self.assert_lawful()

    def invoiced_customer(self):
        return self.env["res.partner"].create(
            {
                "name": "Maja",
                "street": "Storgatan 1",
                "zip": "12345",
                "city": "Östersund",
                "country_id": self.company.country_id.id,
            }
        )


def of_country(code):
    """The tags of a country's class: nobody runs it but who asks for it."""
    return tagged("post_install", "-at_install", "-standard", "glase_law", f"glase_law_{code}")


@of_country("se")
class TestLawSweden(LawCommon):
    """l10n_se; cash is rounded to whole crowns."""

    country_code = "SE"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rounding = cls.env["account.cash.rounding"].create(
            {
                "name": "Crowns",
                "rounding": 1,
                "strategy": "add_invoice_line",
                "profit_account_id": cls.company_data["default_account_revenue"].id,
                "loss_account_id": cls.company_data["default_account_expense"].id,
            }
        )
        cls.main_pos_config.write(
            {
                "cash_rounding": True,
                "only_round_cash_method": True,
                "rounding_method": rounding.id,
            }
        )

    def test_glase_pays_the_hundredths_that_cash_would_round(self):
        self.paid_order(99.6)
        order, _row = self.paid_order(60.4, price=100.4, tenders=[(self.cash_method, 40)])
        self.assertEqual(order.state, "paid")
        self.close_session()
        self.assert_books(160, 0)


@of_country("fr")
class TestLawFrance(LawCommon):
    """l10n_fr_pos_cert: each finished order is a link of a chain of hashes."""

    country_code = "FR"

    def assert_lawful(self):  # pylint: disable=missing-return
        super().assert_lawful()
        orders = self.env["pos.order"].search(
            [("company_id", "=", self.company.id), ("l10n_fr_secure_sequence_number", "!=", 0)],
            order="l10n_fr_secure_sequence_number",
        )
        finished = self.env["pos.order"].search(
            [("company_id", "=", self.company.id), ("state", "in", ("paid", "done"))]
        )
        self.assertEqual(orders, finished.sorted("l10n_fr_secure_sequence_number"))
        before = ""
        for order in orders:
            self.assertEqual(order.l10n_fr_hash, order._compute_hash(before), order.pos_reference)
            before = order.l10n_fr_hash

    def refuses_removal(self, order):
        return True


@of_country("es")
class TestLawSpain(LawCommon):
    """l10n_es_pos: a sale without an invoice is a simplified one."""

    country_code = "ES"


@of_country("in")
class TestLawIndia(LawCommon):
    """l10n_in_pos: taxes of the state, and HSN codes."""

    country_code = "IN"
    simulator_options = ("--currency", "INR")


@of_country("be")
class TestLawBelgium(LawCommon):
    """l10n_be."""

    country_code = "BE"


@of_country("de")
class TestLawGermany(LawCommon):
    """l10n_de."""

    country_code = "DE"
