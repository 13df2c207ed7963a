import json
import os
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tools import config

from ...models.accounts import installation
from ...models.pos import session_closing
from ...models.support import clock
from ..shared.periods import PeriodCommon


class TestCopiedDatabase(PeriodCommon):
    """A copy of the shop's database calls nobody until an administrator says that it is none."""

    def pretend_copy(self):
        """A copy that Odoo made itself: it has an identifier of its own."""
        self.parameter("database.uuid", "00000000-1111-2222-3333-444444444444")

    def parameter(self, name, value):
        self.env["ir.config_parameter"].sudo().set_param(name, value)
        self.env.invalidate_all()

    @contextmanager
    def data_folder(self, path):
        """The server runs with another data folder; yields its path."""
        with patch.dict(config.options, {"data_dir": path}):
            self.env.invalidate_all()
            yield path
        self.env.invalidate_all()

    def calls(self):
        return len(self.simulator.journal()["calls"])

    def test_a_new_account_is_bound(self):
        self.assertTrue(self.account.is_bound)

    def test_another_database_or_installation_and_nothing_is_called(self):
        own = self.account._binding()

        def pretend(**values):
            return patch.object(type(self.account), "_binding", lambda _self: {**own, **values})

        for name, copy in {
            "identifier": lambda: pretend(uuid="another"),
            "name": lambda: pretend(name="shop_staging"),
            "database server": lambda: pretend(cluster="7000000000000000001"),
            "installation": lambda: self.data_folder(tempfile.mkdtemp()),
        }.items():
            with self.subTest(name):
                order, line = self.sent()
                other, other_line = self.draft_order(self.pos_session, 20)
                with copy():
                    self.env.invalidate_all()
                    before = self.calls()
                    self.assertFalse(self.account.is_bound)
                    self.assertEqual(self.send(other, other_line)["reason"], "copied")
                    self.assertEqual(self.ask(line)["state"], "issued")
                    self.door("cancel", line_uuid=line, attempt="1")
                    self.fall_silent()
                    self.run_job()
                    self.assertEqual(self.calls(), before)
                    self.assertEqual(
                        self.row(line).state, "issued", "nothing is concluded from silence"
                    )
                self.advance(600)
                self.run_job()
                self.assertEqual(self.row(line).state, "canceled")
                (order | other).unlink()

    def test_an_ordinary_week_stops_nobody(self):
        """What happens to a shop that is no copy: none of it is taken for one."""
        for name, happens in {
            "an administrator by another address": lambda: self.parameter(
                "web.base.url", "http://127.0.0.1:8069"
            ),
            "another host name": lambda: self.parameter("web.base.url", "https://new.example.com"),
            "an empty address": lambda: self.parameter("web.base.url", " "),
            "another time zone": lambda: self.pos_user.sudo().write({"tz": "Pacific/Auckland"}),
            "the clock is set forward": lambda: self.parameter(clock.OFFSET_PARAMETER, "7200"),
            "the clock is set back": lambda: self.parameter(clock.OFFSET_PARAMETER, "-7200"),
        }.items():
            with self.subTest(name):
                order, line = self.sent()
                happens()
                self.assertTrue(self.account.is_bound, self.account.unbound_why)
                self.customer("pay")
                self.assertEqual(self.ask(line)["state"], "paid")
                self.validate(order, line)
                self.assertEqual(self.cases(line), [])

    def test_a_clock_that_is_set_back_holds_up_no_till(self):
        """What was latched or busy when the clock was fast does not stand until it is so late again."""
        self.parameter(clock.OFFSET_PARAMETER, "7200")
        terminal = self.terminal.sudo()
        session_closing.set_latch(terminal)
        terminal.write({"busy_since": clock.now(self.env.cr), "busy_with": "register"})
        self.assertTrue(session_closing.is_closing(terminal))
        self.assertTrue(terminal._is_busy())
        self.parameter(clock.OFFSET_PARAMETER, "0")
        self.assertFalse(session_closing.is_closing(terminal))
        self.assertFalse(terminal._is_busy())
        self.env.flush_all()
        self.sent()

    def test_an_account_that_was_confirmed_by_its_address_asks_once(self):
        """A copy that is updated looks like the shop that is updated: neither confirms itself."""
        parameters = self.env["ir.config_parameter"].sudo()
        of_before = {
            "uuid": parameters.get_param("database.uuid"),
            "name": self.env.cr.dbname,
            "address": "localhost",
        }
        self.account.sudo().bound_to = json.dumps(of_before)
        self.assertIn("confirmed once more", self.account.unbound_why)
        self.account.action_confirm_database()
        self.assertTrue(self.account.is_bound)

    def test_the_id_is_made_once_whoever_comes_first(self):
        for _round in range(20):
            with tempfile.TemporaryDirectory() as path, self.data_folder(path):
                together = Barrier(8)

                def make(_number, together=together):
                    together.wait()
                    return installation.make()

                self.assertEqual(installation.known(), "", "looking makes none")
                with ThreadPoolExecutor(8) as pool:
                    made = set(pool.map(make, range(8)))
                self.assertEqual(made, {installation.known()})
                self.assertEqual(len(made.pop()), 36)
                self.assertEqual(os.listdir(path), ["pos_glase"], "nothing half made is left")
                mode = os.stat(os.path.join(path, "pos_glase", "installation")).st_mode
                self.assertFalse(mode & (stat.S_IWGRP | stat.S_IWOTH | stat.S_IXUSR))

    def test_a_backup_of_odoo_has_no_id(self):
        """The filestore goes into Odoo's backups: what is kept there tells no copy."""
        path = os.path.join(config["data_dir"], "pos_glase")
        self.assertTrue(installation.known())
        self.assertNotIn(config.filestore(self.env.cr.dbname), path)

    def test_a_data_folder_that_cannot_be_written(self):
        with tempfile.NamedTemporaryFile() as no_folder, self.data_folder(no_folder.name):
            account = self.account.copy({"name": "No folder"})
            self.assertFalse(account.is_bound)
            with self.assertRaises(UserError) as caught:
                account.action_confirm_database()
            self.assertIn("POS_GLASE_INSTALLATION", str(caught.exception))
            with patch.dict(os.environ, {"POS_GLASE_INSTALLATION": "harbour"}):
                account.action_confirm_database()
                self.assertTrue(account.is_bound)
            self.env.invalidate_all()
            self.assertFalse(account.is_bound)

    def test_a_database_server_that_says_nothing_of_itself_is_not_compared(self):
        with patch.object(installation, "cluster", lambda _cr: ""):
            self.env.invalidate_all()
            self.assertTrue(self.account.is_bound)
            self.account.action_confirm_database()
        self.env.invalidate_all()
        self.assertTrue(self.account.is_bound)

    def test_what_the_role_of_odoo_may_not_ask_breaks_nothing(self):
        cr = self.env.cr
        self.assertTrue(installation.ask_cluster(cr).isdecimal())
        self.assertEqual(installation.cluster(cr), installation.ask_cluster(cr))
        cr.execute("SAVEPOINT plain_role; CREATE ROLE glase_plain_role")
        cr.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        cr.execute("SET LOCAL ROLE glase_plain_role")
        self.assertEqual(installation.ask_cluster(cr), "")
        cr.execute("ROLLBACK TO SAVEPOINT plain_role")

    def test_a_till_is_not_registered_from_a_copy(self):
        self.pretend_copy()
        before = self.calls()
        self.authenticate("pos_admin", "pos_admin")
        with self.assertRaises(UserError):
            self.account._refuse_copy()
        self.assertFalse(self.account._ask_test().ok)
        answer = self.make_jsonrpc_request(
            "/web/dataset/call_kw/pos.config/glase_till_test",
            {
                "model": "pos.config",
                "method": "glase_till_test",
                "args": [self.main_pos_config.ids],
                "kwargs": {},
            },
        )
        self.assertFalse(answer["ok"])
        self.assertIn("copy", answer["message"])
        self.assertEqual(self.calls(), before)

    def test_periods_wait(self):
        self.paid_order(100)
        self.pretend_copy()
        before = self.calls()
        period = self.close()
        self.work()
        self.assertEqual((period.state, self.calls()), ("to_mark", before))
        self.account.action_confirm_database()
        self.work(61)
        self.settle()
        self.assertEqual(period.state, "reconciled")

    def test_the_simulator_is_bound_to_nothing(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        account = self.env["glase.account"].create(
            {"name": "Trying", "environment": "simulator", "company_id": company.id}
        )
        self.pretend_copy()
        self.assertTrue(account.is_bound)

    def test_only_an_administrator_confirms(self):
        self.pretend_copy()
        with self.assertRaises(AccessError):
            self.account.with_user(self.pos_admin).action_confirm_database()
        self.assertFalse(self.account.is_bound)

    def test_nobody_writes_the_binding(self):
        bound = self.account.sudo().bound_to
        administrator = self.env.ref("base.user_admin")
        administrator.company_ids += self.company
        self.account.with_user(administrator).write({"bound_to": "{}", "name": "Renamed"})
        self.assertEqual(self.account.sudo().bound_to, bound)
        self.assertEqual(self.account.name, "Renamed")
