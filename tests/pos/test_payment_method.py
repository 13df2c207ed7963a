from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..shared.back_office import BackOfficeCommon


@tagged("glase_smoke")
class TestPaymentMethod(BackOfficeCommon):
    """The payment method *Glase*."""

    def journal(self, **values):
        return self.env["account.journal"].create(
            {"name": "Another", "type": "bank", "code": "ANO", **values}
        )

    def test_glase_is_a_terminal(self):
        self.assertIn(
            ("glase", "Glase"), self.env["pos.payment.method"]._get_payment_terminal_selection()
        )
        with self.refused(ValidationError, "must be Terminal"):
            self.env["pos.payment.method"].create(
                {
                    "name": "Odd",
                    "journal_id": self.journal(currency_id=self.env.ref("base.CHF").id).id,
                    "use_payment_terminal": "glase",
                }
            )
        self.glase_method.write({"payment_method_type": "none", "use_payment_terminal": "glase"})
        self.assertFalse(self.glase_method.use_payment_terminal)

    def test_glase_has_a_bank_journal(self):
        with self.refused(ValidationError, "bank journal"):
            self.glase_method.journal_id = False

    def test_one_method_serves_a_company(self):
        values = {
            "name": "Glase 2",
            "payment_method_type": "terminal",
            "use_payment_terminal": "glase",
        }
        methods = self.env["pos.payment.method"]
        with self.refused(ValidationError, "already"):
            methods.create({**values, "journal_id": self.journal().id})
        with self.refused(ValidationError, "already"):
            self.glase_method.copy()
        euro = self.env.ref("base.EUR")
        self.assertNotEqual(self.company.currency_id, euro)
        foreign = methods.create(
            {**values, "journal_id": self.journal(code="EUR", currency_id=euro.id).id}
        )
        self.assertTrue(foreign)
        self.glase_method.active = False
        methods.create({**values, "journal_id": self.journal(code="AN2").id})
        with self.refused(ValidationError, "already"):
            self.glase_method.active = True

    def test_the_journal_is_in_the_tills_currency(self):
        euro = self.env.ref("base.EUR")
        foreign = self.env["pos.payment.method"].create(
            {
                "name": "Glase EUR",
                "journal_id": self.journal(currency_id=euro.id).id,
                "payment_method_type": "terminal",
                "use_payment_terminal": "glase",
            }
        )
        with self.assertRaises(ValidationError):
            self.till.write({"payment_method_ids": [(3, self.glase_method.id), (4, foreign.id)]})
        with self.refused(ValidationError, "sells in"):
            foreign.config_ids = self.till
        sales = self.env["account.journal"].create(
            {"name": "Sales EUR", "type": "sale", "code": "SEU", "currency_id": euro.id}
        )
        euro_till = self.till.copy({"name": "Euro till", "payment_method_ids": [(5,)]})
        euro_till.write(
            {
                "journal_id": sales.id,
                "invoice_journal_id": sales.id,
                "use_pricelist": False,
                "available_pricelist_ids": [(5,)],
            }
        )
        with self.refused(ValidationError, "sells in EUR"):
            euro_till.payment_method_ids = self.glase_method

    def test_nothing_that_a_currency_comes_from_takes_it_to_another(self):
        euro = self.env.ref("base.EUR")
        journals = self.glase_method.journal_id | self.till.journal_id
        self.assertEqual(len(journals), 2)
        for journal in journals:
            with self.refused(ValidationError, "sells in"), self.env.cr.savepoint():
                journal.currency_id = euro
        self.glase_method.journal_id.currency_id = self.company.currency_id
        with self.refused(ValidationError, "sells in EUR"), self.env.cr.savepoint():
            self.company.currency_id = euro

    def test_open_sessions_freeze_all_but_glases_own_settings(self):
        self.open_register()
        self.glase_method.write(
            {"glase_send_at_once": True, "glase_last_tender": "refuse", "glase_sound": False}
        )
        self.assertEqual(self.glase_method.glase_open_tills, self.main_pos_config.name)
        with self.assertRaises(UserError) as refused:
            self.glase_method.write({"name": "Other", "glase_send_at_once": False})
        self.assertIn(self.main_pos_config.name, str(refused.exception))
        self.assertIn("Method", str(refused.exception))
        self.assertTrue(self.glase_method.glase_send_at_once)

    def test_a_till_takes_one_glase_method(self):
        self.assertEqual(self.main_pos_config._glase_payment_method(), self.glase_method)
        self.assertEqual(self.till._glase_payment_method(), self.glase_method)
        self.till.payment_method_ids -= self.glase_method
        self.assertFalse(self.till._glase_payment_method())
        self.assertEqual(self.till.glase_state, "no_method")
