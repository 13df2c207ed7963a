from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ...glase import Client
from ..shared.common import RESELLER_PASSWORD
from ..shared.go_live import GoLiveCommon


@tagged("post_install", "-at_install")
class TestLoginProven(GoLiveCommon):
    """A log-in that live tills use is asked about first; only what Glase accepts is written."""

    def setUp(self):
        super().setUp()
        self.asked = []
        ask = Client.execute_report

        def watched(client, principal, *arguments, **options):
            with self.registry.cursor() as cr:
                kept = self.env(cr=cr)["glase.account"].browse(self.account.id).sudo()
                self.asked.append((str(principal.password), kept.reseller_password))
            return ask(client, principal, *arguments, **options)

        self.startPatcher(patch.object(Client, "execute_report", watched))

    def assert_connection_works(self):
        self.env.invalidate_all()
        self.assertEqual(self.account.sudo().reseller_password, RESELLER_PASSWORD)
        self.assertEqual(self.account.reseller_user, "9900")
        with self.office(self.admin) as env:
            outcome = env["glase.account"].browse(self.account.id)._ask_test()
        self.assertTrue(outcome.ok, outcome.message)

    def saved(self, **values):
        """What an administrator types on the account's page is saved."""
        with self.office(self.admin) as env:
            env["glase.account"].browse(self.account.id).web_save(values, {})

    def test_the_account_s_page(self):
        for values in ({"reseller_password": "wrong"}, {"reseller_user": "1"}):
            with self.subTest(values), self.refused(UserError, "could not be proven.*Glase"):
                self.saved(**values, shop_name="New name")
        self.assertNotEqual(self.account.shop_name, "New name", "nothing of it is saved")
        with self.refused(UserError, "could not be proven.*Fill in.*Password"):
            self.saved(reseller_password=False)
        self.assert_connection_works()
        self.assertIn(("wrong", RESELLER_PASSWORD), self.asked)

    def test_the_account_s_page_while_glase_does_not_answer(self):
        self.simulator.faults({"operation": "executeReport", "kind": "drop-after", "count": 1})
        with self.refused(UserError, "could not be proven.*Try again"):
            self.saved(reseller_password="perhaps right")
        self.assert_connection_works()

    def test_what_glase_accepts_is_saved_with_all_else(self):
        # As after Glase has given the shop a new password.
        self.account.sudo().reseller_password = "of yesterday"
        self.env.flush_all()
        self.saved(reseller_password=f" {RESELLER_PASSWORD} ", shop_name="New name")
        self.assertIn((RESELLER_PASSWORD, "of yesterday"), self.asked)
        self.assert_connection_works()
        self.assertEqual(self.account.shop_name, "New name")

    def test_nothing_is_asked_for_what_is_no_log_in_or_does_not_change(self):
        self.saved(shop_name="New name", reseller_password=RESELLER_PASSWORD)
        (self.terminal | self.second).sudo().write({"state": "retired", "active": False})
        self.env.flush_all()
        self.saved(reseller_password="of a contract that begins tomorrow")
        self.assertFalse(self.asked)

    def test_every_other_door_is_shut(self):
        account = self.account.with_user(self.admin)
        for values in ({"reseller_password": "wrong"}, {"reseller_user": "1"}):
            with self.subTest(values), self.refused(UserError, "on the account's own page"):
                account.write(values)
            with self.subTest(values), self.refused(UserError, "on the account's own page"):
                account.web_save_multi([values], {})
        self.assert_connection_works()

    def test_a_form_without_the_log_in_saves_as_ever(self):
        with Form(self.account.with_user(self.admin)) as form:
            form.shop_name = "New name"
        self.assertEqual(self.account.shop_name, "New name")
        self.assertFalse(self.asked)

    def going_to_this_account(self):
        """A move of the simulator's only till to the account that the other till uses."""
        self.second.sudo().write({"state": "retired", "active": False})
        play = self.account.sudo().copy({"name": "Play", "environment": "simulator"})
        self.env.flush_all()
        draft = self.env["glase.terminal"].create(
            {"account_id": play.id, "config_id": self.till.id}
        )
        self.env.flush_all()
        self.assertTrue(self.terminal_call("_ask_register", terminal=draft, user=self.admin).ok)
        self.assertTrue(
            self.terminal_call("_ask_assign", f"PLAY{draft.id}", terminal=draft, user=self.admin).ok
        )
        move = self.prepared(
            play,
            environment="test",
            target_id=self.account.id,
            endpoint=self.simulator.endpoint,
            reseller_password="wrong",
        )
        self.env.invalidate_all()
        return move

    def test_a_move_to_an_account_with_live_tills(self):
        move = self.going_to_this_account()
        draft = move.draft_account_id
        self.assertEqual((draft.active, draft.sudo().reseller_password), (False, "wrong"))
        self.assert_connection_works()
        self.press(move, "action_test")
        self.assertFalse(move.is_tested)
        self.assertIn("does not accept the password", move.test_message)
        self.assert_connection_works()
        with self.office(self.admin) as env:
            there = env["glase.go.live"].browse(move.id)
            there.write({"reseller_password": RESELLER_PASSWORD, "reseller_user": "1"})
        self.press(move, "action_test")
        self.assertIn("with user 1", move.test_message)
        self.assert_connection_works()
        with self.office(self.admin) as env:
            env["glase.go.live"].browse(move.id).reseller_user = "9900"
        self.press(move, "action_test")
        self.assertTrue(move.is_tested, move.test_message)
        self.press(move, "action_start")
        self.assertEqual(move.state, "moving")
        self.assertFalse(draft.exists(), "what was the move's own has gone")
        self.assert_connection_works()

    def test_a_move_writes_no_log_in_that_was_right_only_when_it_was_tested(self):
        move = self.going_to_this_account()
        with self.office(self.admin) as env:
            env["glase.go.live"].browse(move.id).reseller_password = RESELLER_PASSWORD
        self.press(move, "action_test")
        self.assertTrue(move.is_tested)
        self.simulator.faults(
            {"operation": "executeReport", "kind": "code", "code": 20, "count": 1}
        )
        with self.refused(UserError, "Nothing was moved.*does not accept the password"):
            self.press(move, "action_start")
        self.env.invalidate_all()
        self.assertEqual(move.state, "prepared")
        self.assert_connection_works()

    def test_a_password_goes_to_no_other_account_than_it_was_typed_for(self):
        move = self.going_to_this_account()
        other = self.account.sudo().copy({"name": "Other", "reseller_password": "of the other"})
        self.env.flush_all()
        with self.office(self.admin) as env:
            env["glase.go.live"].browse(move.id).target_id = other.id
        self.assertEqual(move.sudo()._login().reseller_password, "of the other")

    def test_a_move_leaves_the_address_of_live_tills(self):
        move = self.going_to_this_account()
        with self.office(self.admin) as env:
            env["glase.go.live"].browse(move.id).endpoint = self.production.endpoint
        with self.refused(UserError, "These tills are registered"):
            self.press(move, "action_test")
        self.assert_connection_works()

    def test_what_was_typed_goes_with_a_move_that_is_dropped(self):
        move = self.going_to_this_account()
        draft = move.draft_account_id
        with self.office(self.admin) as env:
            env["glase.go.live"].browse(move.id).unlink()
        self.assertFalse(move.exists())
        self.assertFalse(draft.exists())
        self.assert_connection_works()
