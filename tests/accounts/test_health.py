import json
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessDenied, AccessError
from odoo.tools import mute_logger

from ...glase import VERSION
from ...models.accounts import health
from ...models.support import clock
from ...rules.health import FAILED_TIMES, STUCK_AFTER
from ..shared.back_office import BackOfficeCommon
from ..shared.jobs import jobs

MONITOR = {
    *("status", "trouble", "version", "database", "confirmed", "jobs", "undecided", "glase", "slow")
}


class TestHealth(BackOfficeCommon):
    """A monitor hears how a company's Glase is, with a token that opens nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Whatever a prepared database has of them.
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC', failure_count = 0, active = TRUE"
            " WHERE id = ANY(%s)",
            (jobs(cls.env).ids,),
        )
        cls.account_of_manager = cls.account.with_user(cls.pos_admin)
        cls.token = cls.make()

    @classmethod
    def make(cls):
        action = cls.account_of_manager.action_make_health_token()
        return action["context"]["default_key"]

    def ask(self, token=None, company_id=None, **headers):
        """What a monitor gets: the status, and what is told."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        path = f"{health.ROUTE}/{self.company.id if company_id is None else company_id}"
        answer = self.url_open(path, headers=headers)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertNotIn("Set-Cookie", answer.headers)
        return answer.status_code, answer.json()

    def assert_trouble(self, *words):
        self.env.flush_all()
        status, told = self.ask(self.token)
        self.assertEqual((status, told["trouble"]), (503, list(words)))
        self.assertEqual(told["status"], "trouble")
        return told

    def assert_refused(self, *given, **headers):
        with self.subTest(given=given, headers=headers):
            self.assertEqual(self.ask(*given, **headers), (401, {"status": "refused"}))

    def test_all_is_well(self):
        status, told = self.ask(self.token)
        self.assertEqual((status, told["status"], told["trouble"]), (200, "ok", []))
        self.assertEqual(set(told), MONITOR)
        self.assertEqual(told["version"], VERSION)
        self.assertEqual(set(told["jobs"]), set(health.JOBS))
        self.assertEqual(told["undecided"], {"count": 0, "oldest": 0})
        self.assertEqual(told["glase"], {"test": {"last_answer": None}})
        self.assertTrue(told["confirmed"])

    def test_each_job_of_the_module_is_watched(self):
        records = self.env["ir.model.data"].search(
            [("module", "=", "pos_glase"), ("model", "=", "ir.cron")]
        )
        self.assertEqual({f"cron_{name}" for name in health.JOBS}, set(records.mapped("name")))
        self.assertGreater(len(health.JOBS), 6)

    def test_it_tells_numbers_and_no_word_of_the_shop(self):
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        order, line = self.draft_order(self.pos_session, 4711)
        self.send(order, line)
        self.logout()
        _status, told = self.ask(self.token)
        self.assertEqual(told["undecided"]["count"], 1)
        self.assertIsInstance(told["glase"]["test"]["last_answer"], int)
        text = json.dumps(told)
        names = (
            self.account.name,
            self.main_pos_config.name,
            self.terminal.name,
            self.company.name,
        )
        row = self.row(line)
        for word in (
            *names,
            order.pos_reference,
            order.uuid,
            "4711",
            row.invoice_reference,
            "Maja",
        ):
            self.assertNotIn(str(word), text)

    def test_without_a_token_of_this_company_nothing_is_told(self):
        other = self.env["res.company"].create({"name": "Other company"})
        self.pos_admin.company_ids += other
        self.assert_refused()
        self.assert_refused("0" * 40)
        self.assert_refused(self.token[:-1] + ("0" if self.token[-1] != "0" else "1"))
        self.assert_refused(self.token.upper())
        self.assert_refused(self.token, other.id)
        for company_id in (0, 10**6, 2**31, 2**80):
            self.assert_refused(self.token, company_id)
        for value in ("Bearer", f"Basic {self.token}", f"Bearer {self.token} x", "Bearer ' OR 1=1"):
            self.assert_refused(Authorization=value)
        self.assertEqual(self.ask(self.token)[0], 200)

    def test_it_ends_when_it_is_revoked_or_who_made_it_is_no_manager_any_more(self):
        second = self.make()
        self.assertEqual(self.account_of_manager.health_token_count, 2)
        self.assertEqual(self.ask(second)[0], 200)
        group = self.env.ref("point_of_sale.group_pos_manager")
        self.pos_admin.group_ids -= group
        self.assert_refused(second)
        self.pos_admin.group_ids += group
        self.pos_admin.active = False
        self.assert_refused(second)
        self.pos_admin.active = True
        self.assertEqual(self.ask(second)[0], 200)
        self.account.with_user(self.admin).action_revoke_health_tokens()
        self.assert_refused(second)
        self.assert_refused(self.token)
        self.account.invalidate_recordset()
        self.assertEqual(self.account_of_manager.health_token_count, 0)

    def test_it_opens_nothing_else(self):
        login = self.pos_admin.login
        with mute_logger("odoo.addons.base.models.res_users"), self.assertRaises(AccessDenied):
            credential = {"login": login, "password": self.token, "type": "password"}
            self.env["res.users"].authenticate(credential, {"interactive": False})
        with mute_logger("odoo.addons.base.models.res_users"):
            told = self.xmlrpc_common.authenticate(self.cr.dbname, login, self.token, {})
        self.assertFalse(told)
        with mute_logger("odoo.http"):
            answer = self.url_open(
                "/json/2/glase.account/search_read",
                data=json.dumps({"domain": []}),
                headers={
                    "Authorization": f"Bearer {self.token}",
                    "Content-Type": "application/json",
                },
            )
        self.assertEqual(answer.status_code, 401)
        self.assertNotIn(self.account.name, answer.text)

    def test_it_is_told_once_and_kept_as_a_hash(self):
        self.env.cr.execute(
            "SELECT key FROM res_users_apikeys WHERE scope LIKE 'pos_glase.health.%'"
        )
        [(kept,)] = self.env.cr.fetchall()
        self.assertNotIn(self.token[8:], kept)

    def test_who_may_not_see_the_account_makes_none(self):
        for user in (self.pos_user, self.env.ref("base.public_user").sudo()):
            for name in ("action_make_health_token", "action_revoke_health_tokens"):
                with self.subTest(user=user.login, name=name), self.assertRaises(AccessError):
                    getattr(self.account.with_user(user), name)()
        self.assertEqual(len(health.tokens(self.company)), 1)

    def test_it_only_reads(self):
        told, readonly = health.Health.told, []

        def watched(own):
            readonly.append(own.env.cr.readonly)
            return told(own)

        with patch.object(health.Health, "told", watched):
            self.assertEqual(self.ask(self.token)[0], 200)
        self.assertEqual(readonly, [True])
        for method in ("POST", "PUT", "DELETE"):
            answer = self.opener.request(
                method,
                f"{self.base_url()}{health.ROUTE}/{self.company.id}",
                headers={"Authorization": f"Bearer {self.token}"},
            )
            self.assertEqual(answer.status_code, 405)

    def test_a_job_that_nobody_runs(self):
        job = self.env.ref("pos_glase.cron_settle")
        job.nextcall -= timedelta(hours=1)
        told = self.assert_trouble("job_stopped")
        self.assertGreaterEqual(told["jobs"]["settle"]["late"], 3600)

    def test_a_job_that_is_switched_off_or_gone(self):
        self.env.ref("pos_glase.cron_books").active = False
        told = self.assert_trouble("job_stopped")
        self.assertFalse(told["jobs"]["books"]["active"])
        self.env.ref("pos_glase.cron_books").unlink()
        self.assert_trouble("job_stopped")

    def test_a_job_that_fails(self):
        job = self.env.ref("pos_glase.cron_periods")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_cron SET failure_count = %s WHERE id = %s", (FAILED_TIMES, job.id)
        )
        self.assert_trouble("job_fails")

    def test_a_bill_that_holds_its_till_for_an_hour_and_that_nobody_was_told_of(self):
        begun = clock.now(self.env.cr) - timedelta(seconds=STUCK_AFTER + 60)
        row = self.undecided_row("Order 19", state="issued", sent_at=begun)
        told = self.assert_trouble("undecided_too_long")
        self.assertGreaterEqual(told["undecided"]["oldest"], STUCK_AFTER)
        self.env["glase.case"]._open("paid_late", "For this test", row)
        self.env.flush_all()
        status, told = self.ask(self.token)
        self.assertEqual((status, told["undecided"]["count"]), (200, 1))

    def test_another_companys_money_is_not_told(self):
        other = self.env["res.company"].create({"name": "Other company"})
        self.undecided_row("Order 20", company_id=other.id)
        self.env.flush_all()
        self.assertEqual(self.ask(self.token)[1]["undecided"]["count"], 0)

    def test_a_glase_that_is_slow(self):
        now = clock.now(self.env.cr)
        endpoint = self.env["glase.endpoint"].sudo()
        url = self.simulator.endpoint
        known = endpoint.create({"url": url, "slow": 2, "trials": 1, "tried_at": now})
        told = self.assert_trouble("glase_is_slow")
        self.assertTrue(told["slow"])
        known.tried_at = now - timedelta(hours=8)
        self.env.flush_all()
        self.assertEqual(self.ask(self.token)[0], 200, "nobody has tried since the shop is closed")

    def test_a_database_that_may_be_a_copy(self):
        self.account.sudo().bound_to = json.dumps({"uuid": "of another"})
        told = self.assert_trouble("database_not_confirmed")
        self.assertFalse(told["confirmed"])
