from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import ValidationError

from ...models.accounts.account_mail import DAY, MONTH, NEVER, WEEK, following
from ...models.periods import export
from ..shared.periods import PeriodCommon


class TestAccountMail(PeriodCommon):
    """By mail: each day what is open to those who may settle it, on a schedule periods to bookkeepers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pos_admin.email = "manager@example.com"
        cls.bookkeeper = cls.env["res.partner"].create(
            {"name": "Bookkeeper", "email": "books@example.com"}
        )

    def mails(self, partner):
        self.env.flush_all()
        return self.env["mail.mail"].search([("recipient_ids", "in", partner.ids)])

    def run_mail(self):
        # As Odoo runs its jobs.
        self.env["glase.account"].sudo()._cron_mail()

    def opened(self):
        _order, line = self.sent(20)
        self.pay_and_leave(line)
        return self.row(line).case_ids

    # === Each day ===

    def test_what_is_open_is_mailed_to_whom_the_account_names(self):
        self.account.daily_mail_user_ids = self.pos_admin
        case = self.opened()
        before = self.mails(self.pos_admin.partner_id)
        self.run_mail()
        mail = self.mails(self.pos_admin.partner_id) - before
        self.assertEqual(len(mail), 1)
        self.assertIn(case.order_reference, mail.body_html)
        self.assertIn(f"/odoo/glase.case/{case.id}", mail.body_html)
        self.assertIn(self.company.name, mail.subject)

    def test_nothing_open_is_no_mail(self):
        self.account.daily_mail_user_ids = self.pos_admin
        self.run_mail()
        self.assertFalse(self.mails(self.pos_admin.partner_id))

    def test_nobody_is_mailed_who_is_not_named(self):
        self.account.responsible_id = self.pos_admin
        self.opened()
        before = self.mails(self.pos_admin.partner_id)
        self.run_mail()
        self.assertEqual(self.mails(self.pos_admin.partner_id), before)

    def test_whoever_may_not_settle_it_hears_nothing_of_it(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.pos_admin.copy(
            {
                "login": "stranger",
                "email": "stranger@example.com",
                "company_id": other.id,
                "company_ids": [(6, 0, other.ids)],
            }
        )
        self.pos_user.email = "cashier@example.com"
        self.account.daily_mail_user_ids = stranger | self.pos_user
        self.opened()
        self.run_mail()
        self.assertFalse(self.mails(stranger.partner_id | self.pos_user.partner_id))

    def test_it_is_in_the_reader_s_language(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        self.pos_admin.lang = "sv_SE"
        self.account.daily_mail_user_ids = self.pos_admin
        template = self.env.ref("pos_glase.mail_what_is_open")
        template.with_context(lang="sv_SE").subject = "Att avgöra"
        before = self.mails(self.pos_admin.partner_id)
        self.opened()
        self.run_mail()
        self.assertIn(
            "Att avgöra", (self.mails(self.pos_admin.partner_id) - before).mapped("subject")
        )

    def test_a_copy_mails_nobody(self):
        self.account.daily_mail_user_ids = self.pos_admin
        self.subscribe()
        self.opened()
        self.paid_order(100)
        self.closed_and_settled()
        before = self.mails(self.pos_admin.partner_id | self.bookkeeper)
        self.account.sudo().write({"bound_to": "{}", "period_mail_on": date.today()})
        self.run_mail()
        self.assertEqual(self.mails(self.pos_admin.partner_id | self.bookkeeper), before)
        self.assertEqual(self.account.period_mail_on, date.today(), "it is not missed")

    # === Periods ===

    def subscribe(self, every=DAY):
        self.account.write(
            {"period_mail_every": every, "period_mail_partner_ids": [(6, 0, self.bookkeeper.ids)]}
        )

    def test_a_period_is_mailed_once_with_both_files(self):
        self.subscribe()
        self.paid_order(100)
        period = self.closed_and_settled()
        self.run_mail()
        self.assertFalse(self.mails(self.bookkeeper), "it is not the day yet")
        self.account.sudo().period_mail_on = date.today() - timedelta(days=1)
        self.run_mail()
        mail = self.mails(self.bookkeeper)
        self.assertEqual(len(mail), 1)
        kinds = sorted(name.rpartition(".")[2] for name in mail.attachment_ids.mapped("name"))
        self.assertEqual(kinds, ["csv", "xlsx"])
        self.assertTrue(period.mailed_at)
        self.assertGreater(self.account.period_mail_on, date.today())
        self.account.sudo().period_mail_on = date.today()
        self.run_mail()
        self.assertEqual(self.mails(self.bookkeeper), mail, "nothing new, no mail")

    def test_the_files_are_made_once_for_a_language(self):
        self.subscribe()
        readers = self.bookkeeper | self.bookkeeper.copy({"email": "auditor@example.com"})
        self.account.period_mail_partner_ids = readers
        self.paid_order(100)
        self.closed_and_settled()
        self.account.sudo().period_mail_on = date.today()
        with patch.object(export, "as_file", wraps=export.as_file) as made:
            self.run_mail()
        self.assertEqual(sorted(call.args[1] for call in made.call_args_list), ["csv", "xlsx"])
        mails = [self.mails(reader) for reader in readers]
        self.assertEqual([len(mail.attachment_ids) for mail in mails], [2, 2])
        self.assertEqual(len(mails[0] | mails[1]), 2, "nobody reads who else gets it")
        self.assertEqual(*(set(mail.attachment_ids.mapped("checksum")) for mail in mails))

    def test_what_was_compared_before_is_not_sent(self):
        self.paid_order(100)
        period = self.closed_and_settled()
        self.advance(60)
        self.subscribe()
        self.account.sudo().period_mail_on = date.today()
        self.run_mail()
        self.assertFalse(self.mails(self.bookkeeper))
        self.assertFalse(period.mailed_at)

    def test_somebody_with_an_address_gets_them(self):
        with self.assertRaisesRegex(ValidationError, "Say who"):
            self.account.period_mail_every = WEEK
        with self.assertRaisesRegex(ValidationError, "Say who"):
            self.account.write(
                {
                    "period_mail_every": WEEK,
                    "period_mail_partner_ids": [
                        (6, 0, self.env["res.partner"].create({"name": "Nobody"}).ids)
                    ],
                }
            )

    def test_switched_off_there_is_no_next_mail(self):
        self.subscribe(WEEK)
        self.assertTrue(self.account.period_mail_on)
        self.account.period_mail_every = NEVER
        self.assertFalse(self.account.period_mail_on or self.account.period_mail_from)

    def test_the_next_day(self):
        friday = date(2026, 11, 27)
        self.assertEqual(following(DAY, friday), date(2026, 11, 28))
        self.assertEqual(following(WEEK, friday), date(2026, 11, 30))
        self.assertEqual(following(WEEK, date(2026, 11, 30)), date(2026, 12, 7))
        self.assertEqual(following(MONTH, friday), date(2026, 12, 1))
        self.assertEqual(following(MONTH, date(2026, 12, 1)), date(2027, 1, 1))
