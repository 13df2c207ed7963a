from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import mute_logger

from ...models.accounts.glase_connection import TEST_ENDPOINT
from ...models.support import managers
from ...models.support.till_errors import Refused
from ..shared.back_office import BackOfficeCommon


class TestAccount(BackOfficeCommon):
    """A shop's contract: what is kept, what is tested, what may not be changed."""

    def account_test(self, user=None, **values):
        self.account.sudo().write(values)
        with self.office(user or self.admin) as env:
            return env["glase.account"].browse(self.account.id)._ask_test()

    def unregister_all(self):
        self.terminal.sudo().write({"state": "retired", "active": False})

    def test_the_test_endpoint_is_filled_in_and_production_is_not(self):
        accounts = self.env["glase.account"].with_user(self.admin)
        account = accounts.create({"name": "A", "environment": "test"})
        self.assertEqual(account.endpoint, TEST_ENDPOINT)
        self.assertEqual(account.reseller_user, "9900")
        account.environment = "production"
        self.assertFalse(account.endpoint)
        account.endpoint = " https://glase.example/soap \n"
        self.assertEqual(account.endpoint, "https://glase.example/soap")

    def test_an_address_that_must_not_be_used_is_refused(self):
        for address in ("http://glase.example/soap", "glase.example", "ftp://glase.example"):
            with self.subTest(address), self.refused(ValidationError, "https://"):
                self.env["glase.account"].with_user(self.admin).create(
                    {"name": "A", "environment": "test", "endpoint": address}
                )

    def test_connection_is_fine(self):
        outcome = self.account_test()
        self.assertTrue(outcome.ok, outcome.message)
        self.assertIn("accepts the log-in", self.chatter(self.account))

    def test_a_wrong_password_and_a_wrong_reseller_are_told_apart(self):
        password = self.account_test(reseller_password="wrong")
        self.assertFalse(password.ok)
        self.assertIn("does not accept the password", password.message)
        self.unregister_all()
        reseller = self.account_test(reseller_password="demo", reseller_id="nobody")
        self.assertFalse(reseller.ok)
        self.assertIn("does not know reseller nobody", reseller.message)
        user = self.account_test(reseller_id="demo", reseller_user="1")
        self.assertFalse(user.ok)
        self.assertIn("with user 1", user.message)

    def test_addresses_where_nobody_and_where_somebody_else_answers(self):
        self.unregister_all()
        nobody = self.account_test(endpoint="http://127.0.0.1:9/soap")
        self.assertFalse(nobody.ok)
        self.assertIn("Nobody answers", nobody.message)
        other = self.account_test(endpoint=f"{self.simulator.url}/elsewhere")
        self.assertFalse(other.ok)
        self.assertIn("but not Glase", other.message)

    def test_tls_trouble_is_told_apart(self):
        self.unregister_all()
        port = self.simulator.url.rsplit(":", 1)[1]
        outcome = self.account_test(endpoint=f"https://127.0.0.1:{port}/soap")
        self.assertFalse(outcome.ok)
        self.assertIn("could not prove", outcome.message)

    def test_slow_glase_is_trouble_that_passes(self):
        self.simulator.faults({"operation": "executeReport", "kind": "drop-after", "count": 1})
        outcome = self.account_test()
        self.assertFalse(outcome.ok)
        self.assertIn("Try again", outcome.message)
        self.simulator.faults({"operation": "executeReport", "kind": "code", "code": 94})
        outcome = self.account_test()
        self.assertTrue(outcome.ok, "a log-in that was accepted is fine whatever the report says")

    def test_what_is_missing_is_said_without_a_call(self):
        before = len(self.calls("*"))
        outcome = self.account_test(reseller_password=False)
        self.assertFalse(outcome.ok)
        self.assertIn("Password", outcome.message)
        self.assertEqual(len(self.calls("*")), before)

    def test_cashiers_test_nothing(self):
        with self.assertRaises(AccessError):
            self.account_test(user=self.pos_user)

    def test_what_registered_tills_rely_on_is_frozen(self):
        account = self.account.with_user(self.admin)
        for values in (
            {"environment": "production"},
            {"endpoint": "https://elsewhere.example/"},
            {"reseller_id": "other"},
            {"active": False},
        ):
            with self.subTest(values), self.refused(UserError, self.terminal.name):
                account.write(values)
        account.write({"shop_name": "New name", "environment": "test"})
        self.assertEqual(account.shop_name, "New name")

    def test_an_account_with_terminals_stays(self):
        self.unregister_all()
        with self.refused(UserError, "Archive it"):
            self.account.with_user(self.admin).unlink()
        company = self.env["res.company"].create({"name": "Other"})
        self.admin.company_ids += company
        with self.refused(UserError, "stays with its company"):
            self.account.with_user(self.admin).company_id = company

    def test_a_draft_follows_its_account_and_a_registration_does_not(self):
        draft = self.draft()
        draft.sudo().write({"external_identifier": "x", "password": "half made"})
        self.unregister_all()
        kept = self.terminal.endpoint
        address = "https://glase.example/soap"
        self.account.with_user(self.admin).write(
            {"environment": "production", "endpoint": address, "reseller_id": "live"}
        )
        self.assertEqual(
            (draft.environment, draft.endpoint, draft.reseller_id),
            ("production", address, "live"),
        )
        self.assertFalse(draft.sudo().password)
        self.assertFalse(draft.external_identifier)
        self.assertEqual((self.terminal.environment, self.terminal.endpoint), ("test", kept))

    def test_a_log_in_writes_no_line_of_the_log(self):
        """Odoo logs the log-in of who fails: one that holds a line of its own does not get there."""
        forged = "eve\n2026-11-27 18:00:00,000 1 INFO shop pos_glase.glase: Glase: PAID"
        for login in (forged, "eve\u2028PAID", "eve\x1b[1APAID"):
            with self.assertNoLogs("odoo", "INFO"), self.assertRaises(Refused) as refused:
                managers.approve(self.env, self.company, login, "wrong")
            self.assertEqual(refused.exception.reason, "approval")

    def test_how_near_glase_may_be(self):
        """A Glase inside is for trying: production is on the internet, nothing is in a network."""
        accounts = self.env["glase.account"].with_user(self.admin)
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.admin.company_ids += company
        here = ("http://127.0.0.1:8101/soap", "https://localhost/soap")
        network = ("https://10.0.0.1/soap", "https://192.168.1.4/soap", "https://[fd00::1]/soap")
        never = ("https://169.254.169.254/soap", "https://2852039166/", "https://0.0.0.0/soap")

        def accepted(environment, addresses):
            account = accounts.create(
                {
                    "name": "Near",
                    "environment": environment,
                    "company_id": company.id,
                    "endpoint": "https://glase.example/soap",
                }
            )
            for address in addresses:
                account.endpoint = address
            account.active = False

        def refused(environment, addresses):
            for address in addresses:
                with self.subTest(address), self.refused(ValidationError, "own_network"):
                    accepted(environment, [address])

        accepted("test", here)
        refused("test", (*network, *never))
        refused("production", (*here, *network, *never))
        self.env["ir.config_parameter"].set_param("pos_glase.own_network", "True")
        accepted("test", (*here, *network))
        accepted("production", (*here, *network))
        refused("test", never)
        refused("production", never)

    @mute_logger("odoo.sql_db")
    def test_simulator_and_production_do_not_meet_in_a_company(self):
        accounts = self.env["glase.account"].with_user(self.admin)
        live = accounts.create(
            {"name": "Live", "environment": "production", "endpoint": "https://glase.example/"}
        )
        with self.refused(ValidationError, "Live"):
            accounts.create({"name": "Play", "environment": "simulator"})
        live.active = False
        play = accounts.create({"name": "Play", "environment": "simulator"})
        with self.refused(ValidationError, "Play"):
            live.active = True
        with self.refused(ValidationError, "Play"):
            accounts.create({"name": "Second", "environment": "production"})
        other = self.env["res.company"].create({"name": "Other company"})
        accounts.sudo().create(
            {"name": "Elsewhere", "environment": "production", "company_id": other.id}
        )
        self.assertTrue(play.active)
