from odoo.exceptions import AccessError, UserError
from odoo.tests import Form

from ...models.registration import set_up
from ..shared.back_office import BackOfficeCommon


class TestSetUp(BackOfficeCommon):
    """*Set up Glase*: journal, method and account ready-made."""

    def setUp(self):
        super().setUp()
        # As new: no account, no method, no terminal.
        self.main_pos_config.payment_method_ids -= self.glase_method
        self.till.payment_method_ids -= self.glase_method
        self.glase_method.active = False
        self.terminal.sudo().write({"state": "retired", "active": False})
        self.account.active = False

    def settings(self, config=None, user=None):
        return (
            self.env["res.config.settings"]
            .with_user(user or self.admin)
            .create({"pos_config_id": (config or self.till).id})
        )

    def try_it(self, config=None):
        """Press *Try it with the simulator* in the settings."""
        with self.office(self.admin) as env:
            settings = env["res.config.settings"].create(
                {"pos_config_id": (config or self.till).id}
            )
            return settings.action_glase_try()

    def play_account(self):
        values = {"name": "S", "environment": "simulator", "company_id": self.company.id}
        return self.env["glase.account"].with_user(self.admin).create(values)

    def methods(self):
        return self.env["pos.payment.method"].search([("use_payment_terminal", "=", "glase")])

    def test_one_click_to_try_everything(self):
        settings = self.settings()
        self.assertEqual(settings.glase_state, "no_method")
        self.assertTrue(settings.glase_may_simulate)
        notice = self.try_it()
        self.assertEqual(notice["params"]["type"], "success")
        self.assertIn("sell something", notice["params"]["message"])
        phone = notice["params"]["next"]
        self.assertEqual((phone["type"], phone["target"]), ("ir.actions.act_url", "new"))
        self.assertEqual(phone["url"], self.till.glase_terminal_id.phone_url)
        method = self.methods()
        self.assertEqual(len(method), 1)
        self.assertIn(method, self.till.payment_method_ids)
        self.assertNotIn(method, self.main_pos_config.payment_method_ids)
        journal = method.journal_id
        self.assertEqual((journal.type, journal.code), ("bank", "GLASE"))
        self.assertNotEqual(journal, self.bank_journal)
        self.assertTrue(journal.default_account_id)
        self.assertEqual(method.outstanding_account_id.account_type, "asset_current")
        self.assertTrue(method.outstanding_account_id.reconcile)
        others = self.env["pos.payment.method"].search([("id", "!=", method.id)])
        self.assertNotIn(method.outstanding_account_id, others.outstanding_account_id)
        self.assertTrue(journal.profit_account_id)
        self.assertTrue(journal.loss_account_id)
        account = self.env["glase.account"].search([("company_id", "=", self.company.id)])
        self.assertEqual(account.environment, "simulator")
        settings = self.settings()
        self.assertEqual(settings.glase_state, "ready")
        self.assertRegex(settings.glase_glase_id, r"^TRY[0-9A-Z]{6}$")
        self.assertFalse(settings.glase_may_simulate)
        again = self.try_it()
        self.assertEqual(again["params"]["next"]["url"], phone["url"], "it finds what is there")

    def test_done_twice_it_finds_what_is_there(self):
        self.try_it()
        method, journal = self.methods(), self.methods().journal_id
        account = self.env["glase.account"].search([("company_id", "=", self.company.id)])
        self.settings().action_glase_set_up()
        self.settings(self.main_pos_config).action_glase_set_up()
        self.assertEqual(self.methods(), method)
        self.assertIn(method, self.main_pos_config.payment_method_ids)
        self.assertEqual(self.env["account.journal"].search([("code", "=like", "GLAS%")]), journal)
        self.assertEqual(
            self.env["glase.account"].search([("company_id", "=", self.company.id)]), account
        )

    def test_a_journal_that_was_left_is_taken_again(self):
        self.try_it()
        method = self.methods()
        journal = method.journal_id
        self.till.payment_method_ids -= method
        method.unlink()
        self.settings().action_glase_set_up()
        self.assertEqual(self.methods().journal_id, journal)

    def test_an_open_session_is_said_and_the_rest_is_done(self):
        self.open_register(self.till)
        notice = self.try_it()
        self.assertEqual(notice["params"]["type"], "warning")
        self.assertIn(self.till.name, notice["params"]["message"])
        self.assertIn("close", notice["params"]["message"])
        self.assertTrue(self.methods())
        self.assertNotIn(self.methods(), self.till.payment_method_ids)

    def test_only_administrators(self):
        for method in ("action_glase_try", "action_glase_set_up"):
            with self.subTest(method), self.assertRaises(AccessError):
                settings = self.settings().with_user(self.pos_admin)
                getattr(settings, method)()
        account = self.env["glase.account"].with_user(self.admin).create({"name": "S"})
        with self.assertRaises(AccessError):
            set_up.tills(self.till.with_user(self.pos_admin), account)

    def test_a_real_account(self):
        action = self.settings().action_glase_set_up()
        self.assertEqual(action["res_model"], "glase.set.up")
        form = Form(
            self.env["glase.set.up"].with_user(self.admin).with_context(**action["context"])
        )
        self.assertTrue(form.endpoint.startswith("https://"))
        form.reseller_id = "fjallboden"
        form.reseller_password = "given by Glase"
        form.shop_name = "Fjällboden"
        form.save().action_set_up()
        account = self.env["glase.account"].search([("company_id", "=", self.company.id)])
        self.assertEqual(account.environment, "test")
        self.assertEqual(account.sudo().reseller_password, "given by Glase")
        self.assertEqual(account.shop_name, "Fjällboden")
        self.assertTrue(self.till._glase_payment_method())

    def test_sending_at_once_is_offered_and_stays_off_without_a_tick(self):
        for wished in (False, True):
            values = {"config_id": self.till.id, "send_at_once": wished}
            self.env["glase.set.up"].create(values).action_set_up()
            self.assertEqual(self.methods().glase_send_at_once, wished)

    def test_a_real_account_that_is_not_filled_in(self):
        wizard = (
            self.env["glase.set.up"]
            .with_user(self.admin)
            .create({"config_id": self.till.id, "environment": "test"})
        )
        with self.refused(UserError, "Password"):
            wizard.action_set_up()

    def test_without_a_chart_of_accounts_it_says_so(self):
        account = self.env["glase.account"].with_user(self.admin).create({"name": "S"})
        self.company.chart_template = False
        with self.refused(UserError, "chart of accounts"):
            set_up.tills(self.till.with_user(self.admin), account)

    def test_settings_lead_from_nothing_to_ready(self):
        self.play_account()
        self.settings().action_glase_set_up()
        with self.office(self.admin) as env:
            env["res.config.settings"].create(
                {"pos_config_id": self.till.id}
            ).action_glase_register()
        self.assertEqual(self.settings().glase_state, "no_glase_id")
        action = self.settings().action_glase_assign()
        with self.office(self.admin) as env:
            wizard = env["glase.assign"].with_context(**action["context"]).create({})
            self.assertRegex(wizard.text, r"^TRY[0-9A-Z]{6}$")
            glase_id = wizard.text
            wizard.action_assign()
        settings = self.settings()
        self.assertEqual(settings.glase_state, "ready")
        self.assertEqual(settings.glase_glase_id, glase_id)
        self.assertEqual(settings.action_glase_terminal()["res_id"], settings.glase_terminal_id.id)
        self.assertEqual(settings.action_glase_account()["res_id"], settings.glase_account_id.id)

    def test_the_settings_page_saves_nothing_of_glase(self):
        form = Form(self.env["res.config.settings"].with_user(self.admin))
        form.pos_config_id = self.till
        with self.assertNoLogs("odoo.addons.point_of_sale", "WARNING"):
            form.save().execute()

    def test_the_demo_shop(self):
        configs = self.env["pos.config"].with_company(self.company)
        ready = set_up.demo(configs.env)
        tills = configs.search([("company_id", "=", self.company.id)], order="id")
        self.assertEqual(ready, tills[0])
        self.assertEqual(ready._glase_till_info()["state"], "ready")
        self.assertTrue(ready._glase_till_info()["phone_url"])
        self.assertEqual(tills[1]._glase_till_info()["state"], "not_registered")
        self.assertTrue(all(till._glase_payment_method() for till in tills))
        terminals = self.env["glase.terminal"].search_count([])
        self.assertEqual(set_up.demo(configs.env), ready)
        self.assertEqual(self.env["glase.terminal"].search_count([]), terminals)

    def steps(self, config=None, user=None):
        self.env.invalidate_all()
        return (config or self.till).with_user(user or self.pos_admin).glase_steps_done

    def test_a_till_shows_how_far_it_is_from_its_first_sale(self):
        self.assertEqual(self.steps(), 0)
        self.play_account()
        self.assertEqual(self.steps(), 4, "the shop uses Glase, this till does not")
        self.settings().action_glase_set_up()
        self.assertEqual(self.steps(), 1)
        self.till_call("action_glase_register", user=self.admin)
        self.assertEqual(self.steps(), 2)
        self.till_call("glase_till_assign", "STEPS1", user=self.admin)
        self.assertEqual(self.steps(), 3)
        self.assertTrue(self.till.with_user(self.pos_admin).glase_is_simulated)
        terminal = self.till.glase_terminal_id
        now = self.env.cr.now()
        self.env["glase.transaction"].sudo().create(
            {
                "line_uuid": "first",
                "attempt": "1",
                "amount": 10,
                "state": "paid",
                "paid_at": now,
                "ended_at": now,
                "currency_id": self.company.currency_id.id,
                "account_id": terminal.account_id.id,
                "terminal_id": terminal.id,
                "config_id": self.till.id,
                "company_id": self.company.id,
                "environment": "simulator",
            }
        )
        self.assertEqual(self.steps(), 4)

    def test_what_is_tried_beside_a_contract_is_refused(self):
        self.account.active = True
        with self.refused(UserError, "has a Glase account already"):
            self.till.with_user(self.admin).action_glase_try()
