import os
import re

from odoo.exceptions import AccessError
from odoo.tools import mute_logger

from ...models.accounts import glase_connection
from ..shared.back_office import BackOfficeCommon

QUIET = "odoo.addons.pos_glase.models.registration.glase_terminal_registration"


class TestSimulatorAccount(BackOfficeCommon):
    """The simulator inside Odoo: no contract, no socket, a phone page for the customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.play = cls.env["glase.account"].create(
            {"name": "Play", "company_id": cls.company.id, "environment": "simulator"}
        )

    def setUp(self):
        super().setUp()
        self.env["glase.terminal"].with_user(self.pos_admin).create(
            {"account_id": self.play.id, "config_id": self.till.id}
        )
        self.assertTrue(self.till_call("glase_till_register")["ok"])
        self.glase_id = f"PLAY{self.id().__hash__() & 0xFFFFFF:06X}{os.getpid()}"
        answer = self.till_call("glase_till_assign", self.glase_id)
        self.assertTrue(answer["ok"], answer["message"])
        self.play_terminal = self.till.glase_terminal_id
        self.phone = answer["glase"]["phone_url"]

    def forget(self):
        """Lose the simulator's state, as when a filestore is not copied."""
        path = glase_connection.state_path(self.env.cr.dbname)
        for name in (path, f"{path}-wal", f"{path}-shm"):
            if os.path.exists(name):
                os.remove(name)

    def path_of(self, url):
        return re.sub(r"^https?://[^/]+", "", url)

    def test_the_state_is_in_the_filestore_of_the_database(self):
        path = glase_connection.state_path(self.env.cr.dbname)
        self.assertTrue(os.path.isfile(path))
        self.assertIn(os.path.join("filestore", self.env.cr.dbname), path)

    def test_nothing_goes_to_the_network(self):
        self.assertFalse(self.calls("assignSeqrId")[1:])
        outcome = self.till_call("glase_till_test")
        self.assertTrue(outcome["ok"], outcome["message"])

    def test_every_code_of_it_is_the_phone_page(self):
        info = self.till._glase_till_info()
        self.assertEqual(info["sticker"], self.phone)
        self.assertEqual(info["phone_url"], self.phone)
        self.assertTrue(info["simulation"])
        self.assertEqual(self.play_terminal._sticker_text(), self.phone)
        self.assertIn("/pos_glase/phone/", self.phone)
        self.assertFalse(self.terminal.phone_url)

    def test_the_phone_page_needs_no_login(self):
        self.authenticate(None, None)
        page = self.url_open(self.path_of(self.phone))
        self.assertEqual(page.status_code, 200)
        self.assertIn("SIMULATION", page.text)

    def test_a_customer_pays_on_it(self):
        self.open_register(self.till)
        self.authenticate("pos_user", "pos_user")
        order, line = self.draft_order(self.till.current_session_id, 42)
        till = self.till.id
        view = self.door(
            "send",
            config_id=till,
            order_uuid=order.uuid,
            line_uuid=line,
            attempt="1",
            amount="42.00",
        )
        self.assertEqual(view["state"], "issued", view)
        self.assertTrue(view["simulation"])
        self.assertEqual(view["sticker"], self.phone)
        page = self.url_open(self.path_of(self.phone))
        reference = re.search(r'name="reference" value="([^"]+)"', page.text).group(1)
        paid = self.url_open(
            self.path_of(self.phone), data={"action": "pay", "reference": reference}
        )
        self.assertEqual(paid.status_code, 200)
        view = self.door("status", config_id=till, line_uuid=line, attempt="1")
        self.assertEqual(view["state"], "paid")

    def test_the_address_cannot_be_guessed(self):
        self.authenticate(None, None)
        path = self.path_of(self.phone)
        head, signature = path.rsplit("-", 1)
        self.assertGreaterEqual(len(signature), 32)
        other = "0" if signature[0] != "0" else "1"
        for wrong in (
            f"{head}-{other}{signature[1:]}",
            head,
            f"/pos_glase/phone/{self.glase_id}",
            path.replace(self.glase_id, f"{self.glase_id}A"),
            path.replace(f"/{self.play.id}-", f"/{self.account.id}-"),
            path.replace(f"/{self.play.id}-", "/999999-"),
            f"{head}-ä{signature}",
        ):
            with self.subTest(wrong):
                self.assertEqual(self.url_open(wrong).status_code, 404)

    def test_the_page_is_gone_when_the_account_is_no_simulator(self):
        self.play_terminal.sudo().write({"state": "retired", "active": False})
        self.play.environment = "test"
        self.authenticate(None, None)
        self.assertEqual(self.url_open(self.path_of(self.phone)).status_code, 404)

    def test_only_looking_and_answering(self):
        self.authenticate(None, None)
        url = self.base_url() + self.path_of(self.phone)
        self.assertEqual(self.opener.put(url, timeout=20).status_code, 405)
        self.assertEqual(self.opener.delete(url, timeout=20).status_code, 405)

    def test_the_rest_of_the_simulator_has_no_route(self):
        self.authenticate("pos_admin", "pos_admin")
        for path in (
            "/soap/merchant/cashregister-2",
            "/soap/merchant/cashregister-2?wsdl",
            "/pos_glase/soap/merchant/cashregister-2",
            "/api/journal",
            "/pos_glase/api/journal",
            "/pos_glase/phone/",
            f"/phone/{self.glase_id}",
        ):
            with self.subTest(path):
                self.assertEqual(self.url_open(path).status_code, 404)

    @mute_logger(QUIET)
    def test_a_simulator_that_lost_its_state_says_register_again(self):
        self.forget()
        answer = self.till_call("glase_till_test")
        self.assertFalse(answer["ok"])
        self.assertIn("not known to the simulator", answer["message"])
        self.terminal_call("action_register_again", terminal=self.play_terminal)
        new = self.till.glase_terminal_id
        self.assertNotEqual(new, self.play_terminal)
        self.assertTrue(self.till_call("glase_till_assign", f"{self.glase_id}B")["ok"])
        self.assertEqual(self.till._glase_till_info()["state"], "ready")

    def test_a_lost_simulator_holds_nobody_back(self):
        row = self.undecided_row("Order 18", self.play_terminal, environment="simulator")
        answer = self.till_call("glase_till_unregister")
        self.assertFalse(answer["ok"])
        self.assertIn(row.order_name, answer["message"])
        self.forget()
        self.assertTrue(self.till_call("glase_till_unregister")["ok"])

    def test_the_simulator_of_a_real_account_is_refused(self):
        with self.refused(Exception, "does not use the simulator"):
            self.account._simulator()

    def test_the_account_is_tested_without_a_contract(self):
        with self.office(self.admin) as env:
            outcome = env["glase.account"].browse(self.play.id)._ask_test()
        self.assertTrue(outcome.ok, outcome.message)
        self.assertIn("no money is moved", outcome.message)
        with self.assertRaises(AccessError), self.office(self.pos_user) as env:
            env["glase.account"].browse(self.play.id)._ask_test()
