from odoo.tests import tagged
from odoo.tools import mute_logger

from ..shared.back_office import BackOfficeCommon


@tagged("post_install", "-at_install")
class TestTerminalHour(BackOfficeCommon):
    """What a till needs in its first live hour is on one screen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._registered_terminal(cls.till)

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")

    def screen(self):
        self.env.invalidate_all()
        return self.terminal.with_user(self.pos_admin), self.second.with_user(self.pos_admin)

    def test_payments_answers_and_what_is_undecided(self):
        first, second = self.screen()
        self.assertFalse(first.last_payment)
        self.assertEqual(first.answer_time, "not asked in the last hour")
        _order, line = self.sent(20)
        first, second = self.screen()
        self.assertEqual((first.undecided_count, second.undecided_count), (1, 0))
        self.customer("pay")
        self.ask(line)
        first, second = self.screen()
        self.assertEqual(first.undecided_count, 0)
        self.assertEqual(first.last_payment_id, self.row(line))
        self.assertIn("20.00", first.last_payment)
        self.assertRegex(first.answer_time, r"^\d+\.\d s \(last \d+\.\d s\)$")
        self.assertFalse(second.last_payment)
        self.advance(3601)
        first, _second = self.screen()
        self.assertEqual(first.answer_time, "not asked in the last hour")

    @mute_logger("odoo.addons.pos_glase.models.registration.glase_terminal_registration")
    def test_the_last_error_is_in_words(self):
        _order, line = self.sent(20)
        self.simulator.faults({"operation": "getPaymentStatus", "kind": "code", "code": 90})
        self.ask(line)
        self.simulator.faults()
        first, second = self.screen()
        self.assertTrue(first.last_error)
        self.assertNotIn("90", first.last_error)
        self.assertTrue(first.last_error_at)
        self.assertFalse(second.last_error)

    def test_all_tills_cost_as_many_queries_as_one(self):
        tills = self.terminal | self.second
        counts = []
        for terminals in (self.terminal, tills):
            self.env.invalidate_all()
            terminals.mapped("config_id.name")
            before = self.cr.sql_log_count
            terminals.mapped("undecided_count")
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_a_scanned_sticker_is_right_or_wrong(self):
        def verdict(text):
            check = self.env["glase.sticker.check"].with_user(self.pos_admin)
            check = check.create({"terminal_id": self.terminal.id, "scanned": text})
            return check.is_right, check.verdict or ""

        self.assertEqual(verdict(""), (False, ""))
        self.assertTrue(verdict(self.terminal.glase_id)[0])
        self.assertTrue(verdict(f"HTTP://SEQR.SE/Q{self.terminal.glase_id}")[0])
        right, words = verdict(self.second.glase_id)
        self.assertFalse(right)
        self.assertIn(self.second.name, words)
        self.assertIn("no till here", verdict("NOBODY1")[1])
        self.assertFalse(verdict("https://example.com/")[0])
