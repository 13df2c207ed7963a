from unittest.mock import patch

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tools import mute_logger
from odoo.tools.translate import LazyTranslate

from ...models.cases import progress
from ...models.support import managers
from ..shared.periods import PeriodCommon

# Said as the module's own code says it.
_lt = LazyTranslate("odoo.addons.pos_glase.tests")


class TestWhoIsTold(PeriodCommon):
    """Each case that needs a person is put before one manager, and whom is said, where there are several."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deputy = cls.pos_admin.copy(
            {"name": "Deputy", "login": "deputy", "email": "deputy@example.com"}
        )
        cls.deputy.company_ids = cls.company
        cls.deputy.company_id = cls.company

    def opened(self, amount=20):
        """A case about a payment that no order has."""
        _order, line = self.sent(amount)
        self.pay_and_leave(line)
        return self.row(line).case_ids

    def told(self, record):
        return record.activity_ids.user_id

    def test_each_case_is_an_activity_of_one_manager(self):
        case = self.opened()
        self.assertEqual(len(case.activity_ids), 1)
        self.assertEqual(case.activity_ids.summary, case.display_name)
        self.assertTrue(managers.is_manager(self.told(case), self.company))
        self.assertFalse(self.told(case) & self.pos_user)

    def test_the_account_says_whom(self):
        self.account.responsible_id = self.deputy
        self.assertEqual(self.told(self.opened()), self.deputy)

    def test_else_whoever_opened_the_session_if_that_is_a_manager(self):
        case = self.opened()
        first = self.told(case)
        self.pos_session.user_id = self.deputy
        self.assertEqual(managers.responsible(case), self.deputy)
        self.pos_session.user_id = self.pos_user
        self.assertEqual(managers.responsible(case), first)

    def test_what_is_open_already_is_handed_over(self):
        case = self.opened()
        period = self.env["glase.period"]._make(self.account, self.terminal, self.pos_session)
        period.write({"state": "failed"})
        managers.tell(period)
        self.account.responsible_id = self.deputy
        self.assertEqual(self.told(case) | self.told(period), self.deputy)

    def test_only_a_manager_of_the_company_is_responsible(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.pos_admin.copy(
            {
                "login": "stranger",
                "company_id": elsewhere.id,
                "company_ids": [(6, 0, elsewhere.ids)],
            }
        )
        for user in (self.pos_user, stranger):
            with self.subTest(user.login), self.assertRaisesRegex(ValidationError, "is no Point"):
                self.account.responsible_id = user

    def test_whoever_has_left_is_not_told_and_keeps_nothing(self):
        self.account.responsible_id = self.deputy
        case = self.opened()
        self.deputy.sudo().active = False
        progress.open_case("paid_without_order", case.transaction_id)
        self.assertTrue(managers.is_manager(self.told(case), self.company))
        self.assertNotEqual(self.told(case), self.deputy)

    def test_what_nobody_looks_at_is_put_before_a_manager_each_day(self):
        self.account.responsible_id = self.deputy
        case = self.opened()
        gone = {
            "archived": lambda: self.deputy.sudo().action_archive(),
            "no manager any more": lambda: self.deputy.sudo().write(
                {"group_ids": [Command.clear()]}
            ),
            "deleted": case.activity_ids.unlink,
        }
        words = case.activity_ids.summary
        for what, go in gone.items():
            with self.subTest(what), self.env.cr.savepoint() as savepoint:
                go()
                self.env["glase.account"].sudo()._cron_mail()
                self.assertTrue(managers.is_manager(self.told(case), self.company))
                self.assertEqual(case.activity_ids.mapped("summary"), [words])
                savepoint.rollback()
                self.env.invalidate_all()
        before = case.activity_ids
        self.env["glase.account"].sudo()._cron_mail()
        self.assertEqual(case.activity_ids, before, "who looks at it already is left alone")
        case.activity_ids.unlink()
        self.account.sudo().bound_to = "{}"
        self.env["glase.account"].sudo()._cron_mail()
        self.assertFalse(case.activity_ids, "a copy says nothing")

    def test_a_settled_case_ends_its_activity(self):
        case = self.opened()
        case.reason = "Paid back in cash"
        case.with_user(self.pos_admin).action_settle()
        self.assertFalse(case.activity_ids)

    def test_a_case_that_ends_by_itself_ends_its_activity(self):
        order, line = self.sent()
        self.pay_and_leave(line)
        case = self.row(line).case_ids
        self.assertTrue(case.activity_ids)
        self.validate(order, line)
        self.assertEqual(case.state, "settled")
        self.assertFalse(case.activity_ids)

    def test_the_manager_is_told_in_the_own_language(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        self.account.responsible_id = self.deputy
        self.deputy.sudo().lang = "sv_SE"
        case = self.opened()
        self.assertEqual(case.activity_ids.summary, case.with_context(lang="sv_SE").display_name)

    def test_whoever_is_given_it_is_told_in_the_own_language(self):
        for language in ("sv_SE", "de_DE"):
            self.env["res.lang"]._activate_lang(language)
        self.account.responsible_id = self.deputy
        self.deputy.sudo().write({"lang": "sv_SE", "notification_type": "email"})
        self.pos_admin.sudo().write({"lang": "de_DE", "notification_type": "email"})
        case = self.opened()
        period = self.env["glase.period"]._make(self.account, self.terminal, self.pos_session)
        period.write({"state": "failed", "message": _lt("Glase's report is not ready yet.")})
        managers.tell(period)
        words = {
            "sv_SE": ("Betald, men ingen order har den", "Rapporten från Glase är inte klar ännu."),
            "de_DE": ("Bezahlt, aber kein Auftrag", "Der Bericht von Glase ist noch nicht fertig."),
        }
        self.assert_told(words["sv_SE"], case, period)
        self.account.responsible_id = self.pos_admin
        self.assert_told(words["de_DE"], case, period)
        self.assert_mailed(self.pos_admin, words["de_DE"])
        for record in (case, period):
            record.with_user(self.pos_admin).activity_ids.user_id = self.deputy
        self.assert_told(words["sv_SE"], case, period)
        self.assert_mailed(self.deputy, words["sv_SE"])
        managers.tell(case)
        self.assert_told(words["sv_SE"], case, period)
        self.deputy.sudo().active = False
        self.account.responsible_id = False
        self.env["glase.account"].sudo()._cron_mail()
        first = self.told(case)
        self.assertNotEqual(first, self.deputy)
        self.assertEqual(case.activity_ids.summary, managers.to_settle(case, first))
        case.activity_ids.summary = "Call Ann"
        case.activity_ids.user_id = self.env.ref("base.user_admin")
        self.assertEqual(case.activity_ids.summary, "Call Ann", "what is typed stays")

    def assert_told(self, words, *records):
        for record, part in zip(records, words, strict=True):
            self.assertIn(part, record.activity_ids.summary)

    def assert_mailed(self, user, words):
        """That something is to be done was told in the words of whom it was given to."""
        every = self.env["mail.message"].sudo()
        told = every.search([("partner_ids", "in", user.partner_id.ids)])
        subjects = "\n".join(subject for subject in told.mapped("subject") if subject)
        for part in words:
            self.assertIn(part, subjects)

    @mute_logger("odoo.addons.pos_glase.models.support.managers")
    def test_who_cannot_be_told_keeps_no_answer_from_being_stored(self):
        activities = type(self.env["mail.activity"])
        with patch.object(activities, "create", side_effect=ValueError("no template")):
            case = self.opened()
        self.assertEqual((case.state, case.transaction_id.state), ("open", "paid"))
        self.assertFalse(case.activity_ids)

    def test_no_till_waits_for_a_mail_server(self):
        self.account.responsible_id = self.deputy
        self.deputy.sudo().notification_type = "email"
        with patch.object(type(self.env["mail.mail"]), "send") as sent:
            self.opened()
            self.env.cr.postcommit.run()
        sent.assert_not_called()
        mails = self.env["mail.mail"].search([("recipient_ids", "in", self.deputy.partner_id.ids)])
        self.assertEqual(mails.mapped("state"), ["outgoing"])

    # === On the dashboard of the Point of Sale ===

    def badge(self, user=None, config=None):
        self.env.invalidate_all()
        config = config or self.main_pos_config
        return config.with_user(user or self.pos_admin).glase_open_case_count

    def test_a_till_s_tile_says_how_much_is_open(self):
        self.assertEqual(self.badge(), 0)
        case = self.opened()
        self.assertEqual(self.badge(), 1)
        action = self.main_pos_config.with_user(self.pos_admin).action_glase_cases()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), case)
        progress.settle(case, "For this test")
        self.assertEqual(self.badge(), 0)

    def test_the_tile_counts_nothing_of_another_company(self):
        self.opened()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        both = self.pos_admin.copy(
            {"login": "both", "company_ids": [(6, 0, (self.company | other).ids)]}
        )
        config = self.main_pos_config.with_user(both)
        self.assertEqual(
            config.with_context(allowed_company_ids=self.company.ids).glase_open_case_count, 1
        )
        self.env.invalidate_all()
        elsewhere = (
            self.env["pos.config"].with_user(both).with_context(allowed_company_ids=other.ids)
        )
        counted = elsewhere.browse(self.main_pos_config.id).glase_open_case_count
        self.assertEqual(counted, 0)

    def test_only_managers_have_the_badge_and_the_steps_on_the_tile(self):
        view = self.env.ref("point_of_sale.view_pos_config_kanban")
        configs = self.env["pos.config"]
        for user, there in ((self.pos_admin, True), (self.pos_user, False)):
            arch = configs.with_user(user).get_view(view.id, "kanban")["arch"]
            self.assertEqual("action_glase_cases" in arch, there)
            self.assertEqual("glase-steps" in arch, there)
