from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.registration.glase_terminal import BUSY_FOR
from ..shared.go_live import GoLiveCommon

QUIET = "odoo.addons.pos_glase.models.registration.glase_terminal_registration"


@tagged("post_install", "-at_install")
class TestGoLiveRefused(GoLiveCommon):
    """Nothing is moved while anything is open or undecided, or by whom it does not concern."""

    def assert_not_started(self, move, pattern):
        with self.refused(UserError, pattern):
            self.press(move, "action_start")
        self.env.invalidate_all()
        self.assertEqual((move.state, move.target_id.active), ("prepared", False))
        self.assertEqual(self.live(), self.terminal)

    def test_an_open_till_is_listed(self):
        move = self.prepared()
        self.press(move, "action_test")
        session = self.open_register()
        self.assert_not_started(move, f"“{session.config_id.name}” is open.*Close its register")
        self.assertIn(session.name, move.obstacles)

    def test_an_undecided_invoice_is_listed(self):
        move = self.prepared()
        self.press(move, "action_test")
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        order, _line = self.sent(20)
        self.assert_not_started(move, "Not decided whether it was paid: .*20.00")
        self.assertIn(order.pos_reference or order.name, move.obstacles)

    def test_an_undecided_period_is_listed(self):
        move = self.prepared()
        self.press(move, "action_test")
        self.env["glase.period"]._make(self.account, self.terminal, self.env["pos.session"])
        self.env.flush_all()
        self.assert_not_started(move, "Transaction period not settled")

    def test_it_is_checked_again_for_each_till(self):
        move = self.started()
        self.env["glase.period"]._make(self.account, self.terminal, self.env["pos.session"])
        self.env.flush_all()
        line = move.line_ids.filtered(lambda one: one.config_id == self.main_pos_config)
        self.assertFalse(self.press(line, "action_move"))
        self.assertIn("Transaction period not settled", line.message)
        self.assertEqual(self.live(), self.terminal)
        self.assertFalse(self.terminal.busy_since)

    def test_tills_that_are_moved_stay_shut(self):
        move = self.started()
        with self.refused(UserError, "is being moved to another Glase account"):
            self.main_pos_config.with_user(self.pos_user).open_ui()
        self.move_all(move)
        self.assertTrue(self.open_register())

    def left_by_close_register(self):
        """What the till's own Close Register leaves: it reloads, and is asked for its cash."""
        self.main_pos_config.with_user(self.pos_user).open_ui()
        session = self.main_pos_config.current_session_id
        self.assertEqual((session.state, session.name), ("opening_control", "/"))
        return session

    def test_a_till_that_only_asks_for_its_opening_cash_is_not_open(self):
        session = self.left_by_close_register()
        move = self.prepared()
        self.assertFalse(move.obstacles)
        self.press(move, "action_test")
        self.press(move, "action_start")
        self.assertEqual(move.state, "moving")
        with self.refused(UserError, "is being moved to another Glase account"):
            session.with_user(self.pos_user).set_opening_control(0, "")
        self.assertEqual(session.state, "opening_control")
        self.move_all(move)
        self.assertEqual(move.state, "done")
        session.with_user(self.pos_user).set_opening_control(0, "")
        self.assertEqual(session.state, "opened")

    def test_an_order_at_a_till_that_was_not_opened_is_listed(self):
        session = self.left_by_close_register()
        self.env["pos.order"].sudo().create(
            {
                "session_id": session.id,
                "company_id": self.company.id,
                "amount_tax": 0,
                "amount_total": 0,
                "amount_paid": 0,
                "amount_return": 0,
            }
        )
        move = self.prepared()
        self.press(move, "action_test")
        self.assert_not_started(move, "is open.*Close its register")

    def test_a_till_that_is_opened_meanwhile_gets_a_page_with_a_sentence(self):
        left = self.left_by_close_register()
        move = self.started()
        self.env.flush_all()
        self.authenticate("pos_user", "pos_user")
        for path in (
            f"/pos/ui/{left.config_id.id}",
            f"/pos/ui/{self.till.id}",
            f"/pos/ui?config_id={self.till.id}",
            f"/pos/ui/{self.till.id}/product/1",
        ):
            with self.subTest(path):
                page = self.url_open(path)
                self.assertEqual(page.status_code, 200)
                self.assertIn("This till is shut for a moment", page.text)
                self.assertIn("is being moved to another Glase account", page.text)
        self.assertFalse(self.till.current_session_id)
        self.assertEqual(left.state, "opening_control")
        self.move_all(move)
        self.env.flush_all()
        self.assertNotIn("shut for a moment", self.url_open(f"/pos/ui/{self.till.id}").text)

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_a_manager_without_system_rights_moves_nothing(self):
        move = self.prepared()
        self.press(move, "action_test")
        for record, name in (
            (self.account, "action_go_live"),
            (move, "action_test"),
            (move, "action_start"),
            (move, "action_turn_back"),
            (move, "action_finish"),
            (move.line_ids[0], "action_move"),
            (move.line_ids[0], "action_leave_out"),
        ):
            self.assert_denied(name, self.press, record, name, user=self.pos_admin)
        for user, method, argument in (
            (self.pos_admin, "read", ["endpoint"]),
            (self.pos_admin, "write", {"endpoint": "https://example.com"}),
            (self.admin, "write", {"state": "done"}),
        ):
            record = move.with_user(user)
            self.assert_denied(method, getattr(record, method), argument)
        self.assertEqual(self.live(), self.terminal)

    def assert_denied(self, what, ask, *arguments, **options):
        try:
            ask(*arguments, **options)
        except AccessError:
            return
        self.fail(f"{what} was allowed")

    def test_the_password_is_not_shown_again(self):
        move = self.prepared()
        with self.office(self.admin) as env:
            told = env["glase.go.live"].browse(move.id).read(["reseller_password", "has_password"])
        self.assertEqual((told[0]["reseller_password"], told[0]["has_password"]), (False, True))

    def test_no_start_without_a_test_of_this_very_log_in(self):
        move = self.prepared()
        self.assert_not_started(move, "Test the address and the log-in first")
        self.press(move, "action_test")
        with self.office(self.admin) as env:
            env["glase.go.live"].browse(move.id).write({"reseller_password": "another"})
        self.assertFalse(move.is_tested)
        self.assert_not_started(move, "Test the address and the log-in first")
        self.press(move, "action_test")
        self.assertFalse(move.is_tested)
        self.assertIn("does not accept the password", move.test_message)

    def test_a_copied_database_moves_nothing(self):
        move = self.prepared()
        self.press(move, "action_test")
        self.env["ir.config_parameter"].sudo().set_param("database.uuid", "a-copy")
        self.env.flush_all()
        before = len(self.production.journal()["calls"])
        self.assert_not_started(move, "not the database that the account was confirmed for")
        self.assertEqual(len(self.production.journal()["calls"]), before)

    def test_a_simulator_stands_beside_production_only_during_the_move(self):
        self.simulate_source()
        move = self.started()
        self.assertTrue(self.account.active and move.target_id.active)
        for line, sticker in zip(move.line_ids, ("LIVE1", "LIVE2"), strict=True):
            line.sudo().glase_id = sticker
        self.env.flush_all()
        self.press(move.line_ids[0], "action_move")
        self.press(move.line_ids[1], "action_leave_out")
        with self.refused(ValidationError, "simulator and a production account"):
            self.press(move, "action_finish")
        self.env.invalidate_all()
        self.assertEqual(move.state, "moving")
        self.press(move.line_ids[1], "action_leave_out")
        self.press(move.line_ids[1], "action_move")
        self.assertEqual((move.state, self.account.active), ("done", False))


@tagged("post_install", "-at_install")
class TestGoLiveFailures(GoLiveCommon):
    """Whatever goes wrong, the till says so, and the move goes on where it stopped."""

    @mute_logger(QUIET)
    def test_a_lost_answer_registers_nobody_twice(self):
        move = self.started()
        fault = {"operation": "registerTerminal", "kind": "drop-after", "count": 1}
        self.production.faults(fault)
        line = move.line_ids[0]
        self.assertFalse(self.press(line, "action_move"))
        self.assertIn("Glase did not answer", line.message)
        self.assertEqual((line.state, self.live(line.config_id).state), ("to_register", "ready"))
        self.assertTrue(self.press(line, "action_move"), line.message)
        self.assertFalse(line.message)
        names = [item["external_id"] for item in self.production.journal()["terminals"]]
        self.assertEqual(set(names), {self.live(line.config_id).external_identifier})

    @mute_logger(QUIET)
    def test_a_taken_glase_id_can_be_replaced_by_another(self):
        move = self.started()
        first, second = move.line_ids
        self.press(first, "action_move")
        second.sudo().glase_id = first.glase_id
        self.env.flush_all()
        self.assertFalse(self.press(second, "action_move"))
        self.assertEqual(second.state, "to_assign")
        self.assertIn("is the sticker of", second.message)
        with self.office(self.admin) as env:
            env["glase.go.live.line"].browse(second.id).glase_id = "FRESH1"
        self.assertTrue(self.press(second, "action_move"), second.message)
        self.assertEqual(self.live(second.config_id).glase_id, "FRESH1")
        self.assertEqual(move.state, "done")

    @mute_logger(QUIET)
    def test_a_log_in_that_is_refused_in_the_middle_is_said(self):
        move = self.started()
        fault = {"operation": "registerTerminal", "kind": "code", "code": 20, "count": 1}
        self.production.faults(fault)
        line = move.line_ids[0]
        self.assertFalse(self.press(line, "action_move"))
        self.assertIn("does not accept the password", line.message)
        self.assertEqual(self.move_all(move), [True, True])

    @mute_logger(QUIET)
    def test_a_server_that_died_in_the_middle_is_waited_for(self):
        move = self.started()
        line = move.line_ids[0]
        old = self.live(line.config_id)
        with self.office(self.admin) as env:
            env["glase.terminal"].browse(old.id).sudo()._claim_replace(False, move.target_id.id)
        self.assertFalse(self.press(line, "action_move"))
        self.assertIn("being asked about this till already", line.message)
        self.assertTrue(line.is_busy, "another page waits for as long")
        self.assertFalse((move.line_ids - line).is_busy)
        self.advance(BUSY_FOR.total_seconds() + 1)
        line.invalidate_recordset()
        self.assertFalse(line.is_busy)
        self.assertTrue(self.press(line, "action_move"), line.message)

    def test_a_second_click_changes_nothing(self):
        move = self.started()
        self.press(move, "action_start")
        line = move.line_ids[0]
        self.assertTrue(self.press(line, "action_move"))
        calls = len(self.production.journal()["calls"])
        self.assertTrue(self.press(line, "action_move"))
        self.assertEqual(len(self.production.journal()["calls"]), calls)
        with self.office(self.admin) as env:
            again = env["glase.account"].browse(self.account.id).action_go_live()
            there = env["glase.account"].browse(move.target_id.id).action_go_live()
        self.assertEqual((again["res_id"], there["res_id"]), (move.id, move.id))

    def test_who_comes_after_the_end_goes_on_to_what_stands_there(self):
        """The page of a second administrator still shows the move as under way."""
        move = self.started()
        first, second = move.line_ids
        self.press(second, "action_leave_out")
        self.press(first, "action_move")
        self.press(move, "action_finish")
        self.assertEqual(move.state, "done")
        calls = len(self.production.journal()["calls"])
        self.assertIs(self.press(first, "action_move"), True)
        self.assertIs(self.press(second, "action_move"), False)
        self.press(move, "action_finish")
        self.press(move, "action_start")
        self.assertEqual(len(self.production.journal()["calls"]), calls)
        with self.refused(UserError, "not under way"):
            self.press(second, "action_leave_out")
        self.assertTrue(second.left_out)

    @mute_logger(QUIET)
    def test_a_terminal_that_a_lost_answer_left_at_glase_is_named(self):
        move = self.started()
        self.production.faults({"operation": "registerTerminal", "kind": "drop-after", "count": 2})
        self.assertEqual(self.move_all(move), [False, False])
        self.assertFalse(move.left_at_glase, "it is asked again with the same name")
        left = [item["external_id"] for item in self.production.journal()["terminals"]]
        first, second = move.line_ids
        self.press(first, "action_leave_out")
        there = self.env["glase.terminal"].search(
            [("config_id", "=", first.config_id.id), ("state", "=", "draft")]
        )
        self.assertIn(there.external_identifier, move.left_at_glase)
        self.assertNotIn(second.config_id.name, move.left_at_glase)
        self.press(move, "action_turn_back")
        self.assertEqual(move.state, "done")
        self.assertEqual(len(set(left)), 2)
        for external in left:
            self.assertIn(external, move.left_at_glase)
        kept = (
            self.env["glase.terminal"]
            .with_context(active_test=False)
            .search([("external_identifier", "in", left)])
        )
        self.assertEqual(kept.mapped("state"), ["retired", "retired"])
        self.assertEqual(set(kept.mapped("endpoint")), {self.production.endpoint})
        self.assertTrue(all(kept.sudo().mapped("password")))
        self.assertIn("Ask Glase to remove it", kept[0].todo)

    def test_what_is_said_fits_where_the_tills_go(self):
        move = self.prepared()
        said = {}
        for source in ("simulator", "test", "production"):
            for target in ("simulator", "test", "production"):
                self.env.cache.update(move, move._fields["source_environment"], [source])
                self.env.cache.update(move, move._fields["environment"], [target])
                said[source, target] = move._title()
        self.assertEqual(said["simulator", "test"], "Move to Test")
        self.assertEqual(said["test", "simulator"], "Move to Simulator")
        self.assertEqual(said["production", "test"], "Back to Test")
        self.assertEqual(said["production", "simulator"], "Back to Simulator")
        self.assertEqual({said[one, "production"] for one in ("simulator", "test")}, {"Go live"})

    def test_turned_back_in_the_middle_all_tills_are_where_they_were(self):
        move = self.started()
        self.press(move.line_ids[0], "action_move")
        production = move.target_id
        with self.office(self.admin) as env:
            env["glase.go.live.line"].browse(move.line_ids[1].id).glase_id = "OFTHERE"
        self.press(move, "action_turn_back")
        self.assertEqual(move.line_ids.mapped("glase_id"), self.stickers)
        self.assertEqual(move.line_ids.mapped("state"), ["to_register", "moved"])
        self.assertTrue(self.press(move.line_ids[0], "action_move"), move.line_ids[0].message)
        self.assertEqual(move.state, "done")
        self.assertEqual((self.account.active, production.active), (True, False))
        self.assertEqual(self.live(), self.terminal)
        self.assertEqual(self.live(self.till), self.second)

    @mute_logger(QUIET)
    def test_back_at_a_glase_that_has_forgotten_the_till_it_is_registered_anew(self):
        first = self.gone_live()
        back = self.prepared(first.target_id, endpoint=self.simulator.endpoint)
        self.press(back, "action_test")
        self.press(back, "action_start")
        self.simulator.faults(
            {"operation": "getPaymentStatus", "kind": "code", "code": 29, "count": 1}
        )
        line = back.line_ids.filtered(lambda one: one.config_id == self.main_pos_config)
        line.sudo().glase_id = "FRESH2"
        self.env.flush_all()
        self.assertTrue(self.press(line, "action_move"), line.message)
        self.assertNotEqual(self.live(), self.terminal)
        self.assertTrue(self.terminal.unregistered_at)
        self.assertEqual(self.live().glase_id, "FRESH2")
