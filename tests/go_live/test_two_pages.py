from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.go_live.glase_go_live import GlaseGoLive
from ...models.registration.glase_terminal_registration import Outcome
from ..shared.common import RESELLER_PASSWORD
from ..shared.go_live import GoLiveCommon


@tagged("post_install", "-at_install")
class TestTwoPagesOfAMove(GoLiveCommon):
    """Two administrators have the page of one move open, in each of its states."""

    def change(self, record, **values):
        with self.office(self.admin) as env:
            env[record._name].browse(record.id).write(values)

    def registered(self):
        return self.production.journal()["terminals"]

    # === Before the proof ===

    def test_both_open_the_same_move(self):
        first, second = self.prepared(), self.prepared()
        self.assertEqual(first, second)
        self.assertEqual(len(first.line_ids), 2)

    def test_what_one_types_the_other_tests(self):
        move = self.prepared(reseller_password="wrong")
        self.press(move, "action_test")
        self.assertFalse(move.is_tested)
        self.change(move, reseller_password=RESELLER_PASSWORD)
        self.press(move, "action_test")
        self.assertTrue(move.is_tested, move.test_message)
        self.assertFalse(move.target_id, "nothing is changed before Start")

    # === Between the proof and the move ===

    def test_nobody_starts_what_his_page_does_not_show(self):
        move = self.prepared()
        self.press(move, "action_test")
        line = move.line_ids[0]
        changes = (
            (move, "endpoint", self.production.endpoint.replace("127.0.0.1", "localhost")),
            (move, "reseller_user", False),
            (line, "glase_id", "ELSEWHERE"),
        )
        for record, name, value in changes:
            with self.subTest(name):
                page, before = self.page_of(move), record[name]
                self.change(record, **{name: value})
                self.press(move, "action_test")
                told = self.start_on(page, move)
                self.assertIn("Another page has changed this", told["params"]["message"])
                self.assertEqual(told["params"]["next"]["tag"], "soft_reload")
                self.assertEqual((move.state, move.target_id.id), ("prepared", False))
                self.change(record, **{name: before})
                self.press(move, "action_test")
        self.assertFalse(self.registered())
        self.assertIs(self.start_on(self.page_of(move), move), True)
        self.assertEqual(move.state, "moving")

    @contextmanager
    def meanwhile(self, act, outcome=None):
        """While the next proof waits for Glase, another page does something.

        :param outcome: how the proof ends; None: as Glase says
        """
        real = GlaseGoLive._prove

        def prove(move):
            patched.stop()
            login, told = real(move)
            act()
            return login, outcome or told

        patched = patch.object(GlaseGoLive, "_prove", prove)
        patched.start()
        yield

    def test_one_starts_while_the_other_still_asks_glase(self):
        lost = Outcome(False, "Glase did not answer.")
        for outcome in (None, lost):
            with self.subTest(outcome):
                move = self.prepared()
                self.press(move, "action_test")
                with self.meanwhile(lambda move=move: self.press(move, "action_start"), outcome):
                    self.assertIs(self.press(move, "action_start"), True)
                self.assertEqual((move.state, move.is_tested), ("moving", True))
                self.assertNotIn("did not answer", move.test_message)
                self.press(move, "action_turn_back")
                self.assertEqual(move.state, "done")

    def test_one_tests_while_the_other_starts(self):
        move = self.prepared()
        self.press(move, "action_test")
        lost = Outcome(False, "Glase did not answer.")
        with self.meanwhile(lambda: self.press(move, "action_start"), lost):
            self.press(move, "action_test")
        self.assertEqual((move.state, move.is_tested), ("moving", True))
        calls = len(self.production.journal()["calls"])
        self.assertIs(self.press(move, "action_test"), True)
        self.assertEqual(len(self.production.journal()["calls"]), calls)
        with self.refused(UserError, "under way"):
            self.change(move, endpoint="https://example.com")

    def test_one_changes_the_log_in_while_the_other_starts(self):
        move = self.prepared()
        self.press(move, "action_test")
        changed = self.meanwhile(lambda: self.change(move, reseller_password="another"))
        with changed, self.refused(UserError, "Test the address and the log-in first"):
            self.press(move, "action_start")
        self.env.invalidate_all()
        self.assertEqual((move.state, move.target_id.id), ("prepared", False))
        self.assertFalse(self.registered())

    # === Under way and after it ===

    def test_one_turns_back_while_the_other_goes_on(self):
        move = self.started()
        first, second = move.line_ids
        self.press(first, "action_move")
        self.press(move, "action_turn_back")
        with self.refused(UserError, "under way"):
            self.change(move, endpoint="https://example.com")
        # The other page has read that both are still to be moved, or only the second.
        self.assertTrue(self.press(second, "action_move"))
        self.assertTrue(self.press(first, "action_move"))
        self.assertEqual((move.state, move.environment), ("done", "test"))
        self.assertEqual(self.live() | self.live(self.till), self.terminal | self.second)

    def test_after_the_end_each_button_leaves_what_stands(self):
        move = self.gone_live()
        calls = len(self.production.journal()["calls"])
        for name in ("action_test", "action_start", "action_finish"):
            self.assertIs(self.press(move, name), True)
        with self.refused(UserError, "not under way"):
            self.press(move, "action_turn_back")
        with self.refused(UserError, "begun is kept"):
            self.change(move, endpoint="https://example.com")
        self.assertEqual(move.state, "done")
        self.assertEqual(len(self.production.journal()["calls"]), calls)
        # What is pressed there next is the way back, and no second move.
        with self.office(self.admin) as env:
            action = env["glase.account"].browse(move.target_id.id).action_go_live()
        back = self.env["glase.go.live"].browse(action["res_id"])
        self.assertEqual((back.source_id, back.target_id), (move.target_id, move.source_id))

    # === What is left out ===

    def test_what_was_left_out_is_named_and_a_move_of_nothing_is_turned_back(self):
        move = self.started()
        first, second = move.line_ids
        self.press(first, "action_leave_out")
        self.press(second, "action_leave_out")
        with self.refused(UserError, "No till was moved: press Turn Back"):
            self.press(move, "action_finish")
        self.env.invalidate_all()
        self.press(second, "action_leave_out")
        self.press(second, "action_move")
        self.press(move, "action_finish")
        self.assertEqual((move.state, move.left_out_names), ("done", first.config_id.name))
        self.assertEqual(self.live(first.config_id).environment, "test")
