from odoo.tests import tagged

from ..shared.common import RESELLER_PASSWORD
from ..shared.go_live import GoLiveCommon


@tagged("post_install", "-at_install")
class TestGoLive(GoLiveCommon):
    """All tills of a shop from one Glase to another, and back."""

    def test_the_tills_are_moved_one_by_one(self):
        move = self.prepared()
        self.assertEqual((move.state, move.environment), ("prepared", "production"))
        self.assertEqual(move.line_ids.mapped("glase_id"), self.stickers)
        self.press(move, "action_test")
        self.assertTrue(move.is_tested, move.test_message)
        self.assertFalse(move.target_id, "nothing is changed before Start")
        self.press(move, "action_start")
        target = move.target_id
        self.assertEqual((target.environment, target.active), ("production", True))
        self.assertEqual(target.shop_name, self.account.shop_name)
        self.assertEqual(target.sudo().reseller_password, RESELLER_PASSWORD)
        self.assertFalse(move.draft_account_id, "the account has it now")
        self.assertEqual((move.moved_count, move.till_count), (0, 2))
        self.assertTrue(self.press(move.line_ids[0], "action_move"))
        self.assertEqual(move.line_ids.mapped("state"), ["moved", "to_register"])
        self.assertEqual((move.state, move.progress), ("moving", 50))
        self.assertTrue(self.press(move.line_ids[1], "action_move"))
        self.assertEqual((move.state, move.progress), ("done", 100))
        self.assertEqual((target.active, self.account.active), (True, False))
        for old in self.terminal | self.second:
            new = self.live(old.config_id)
            self.assertEqual((new.state, new.glase_id), ("ready", old.glase_id))
            self.assertEqual((new.account_id, new.environment), (target, "production"))
            self.assertEqual(new.endpoint, self.production.endpoint)
            self.assertEqual((old.state, old.active), ("retired", False))
            self.assertEqual(old.endpoint, self.simulator.endpoint)
            self.assertTrue(old.sudo().password)
            self.assertFalse(old.unregistered_at)
        registered = {item["glase_id"] for item in self.production.journal()["terminals"]}
        self.assertEqual(registered, set(self.stickers))

    def test_a_till_that_was_moved_takes_its_first_payment_there(self):
        self.gone_live()
        order = self.pay(simulator=self.production)
        row = self.row(order.payment_ids.uuid)
        self.assertEqual((row.state, row.environment), ("paid", "production"))
        self.assertEqual(row.payment_id, order.payment_ids)

    def test_back_to_test_takes_up_what_the_tills_had_there(self):
        first = self.gone_live()
        registered = len(self.calls("registerTerminal"))
        back = self.prepared(
            first.target_id,
            endpoint=self.simulator.endpoint,
        )
        self.assertEqual((back.environment, back.target_id), ("test", self.account))
        self.press(back, "action_test")
        self.press(back, "action_start")
        self.assertEqual(self.move_all(back), [True, True])
        self.assertEqual(back.state, "done")
        self.assertEqual(len(self.calls("registerTerminal")), registered)
        self.assertEqual(self.live(), self.terminal)
        self.assertEqual((self.terminal.state, self.terminal.active), ("ready", True))
        self.assertFalse(self.terminal.retired_at)
        self.assertEqual((self.account.active, first.target_id.active), (True, False))
        self.pay()
