from odoo.exceptions import AccessError, UserError

from ...models.pos.bill import Bill
from ..shared.common import GlaseCommon


class TestCaseAttach(GlaseCommon):
    """A payment without an order is attached to one; whoever comes later is told."""

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")

    def abandoned(self, amount=20, price=None):
        """A payment that stands although its till was given up: its draft is still stored."""
        order, line = self.sent(amount, price=price)
        self.pay_and_leave(line)
        self.assertEqual(self.row(line).state, "paid")
        case = self.row(line).case_ids
        self.assertEqual(case.kind, "paid_without_order")
        return order, line, case

    def attach(self, case, order=None):
        if order is not None:
            case.attach_order_id = order
        case.with_user(self.pos_admin).action_attach()
        self.env.invalidate_all()

    def test_the_draft_that_was_stored_at_send_is_proposed_and_finished(self):
        order, line, case = self.abandoned()
        self.assertEqual(case.attach_order_id, order)
        self.attach(case)
        self.assertEqual(order.state, "paid")
        self.assertEqual(self.row(line).payment_id, order.payment_ids)
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertEqual(case.state, "settled")
        self.assertEqual(self.row(line).attached_by, self.pos_admin)
        self.assertEqual(self.cases(line), [])

    def test_an_order_that_is_paid_in_part_stays_open_for_the_rest(self):
        order, line, case = self.abandoned(20, price=50)
        self.attach(case)
        self.assertEqual(order.state, "draft")
        self.assertEqual(Bill(order).due("another line"), 30)
        self.assertEqual(self.row(line).payment_id.payment_status, "done")

    def test_another_draft_of_the_same_amount_can_be_chosen(self):
        _order, line, case = self.abandoned()
        other, _other_line = self.draft_order(self.pos_session, 20)
        other.payment_ids.unlink()
        self.assertIn(other, case.attachable_order_ids)
        self.attach(case, other)
        self.assertEqual(other.state, "paid")
        self.assertEqual(self.row(line).payment_id, other.payment_ids)

    def test_the_order_that_comes_afterwards_is_told_where_its_money_went(self):
        order, line, case = self.abandoned()
        other, _other_line = self.draft_order(self.pos_session, 20)
        other.payment_ids.unlink()
        self.attach(case, other)
        self.validate(order, line)
        self.assertEqual(order.state, "paid", "the sale is stored")
        self.assertTrue(order.payment_ids.glase_unverified)
        late = self.env["glase.case"].search([("payment_id", "=", order.payment_ids.id)])
        self.assertEqual(late.kind, "unverified_payment")
        self.assertIn("attached to", late.summary)

    def test_an_order_that_needs_less_cannot_be_chosen(self):
        _order, _line, case = self.abandoned()
        small, _small_line = self.draft_order(self.pos_session, 15)
        self.assertNotIn(small, case.attachable_order_ids)
        with self.assertRaises(UserError):
            self.attach(case, small)

    def test_twice_is_refused(self):
        order, _line, case = self.abandoned()
        self.attach(case)
        with self.assertRaises(UserError):
            self.attach(case, order)

    def test_a_cashier_does_not_attach(self):
        _order, _line, case = self.abandoned()
        with self.assertRaises(AccessError):
            case.with_user(self.pos_user).action_attach()

    def test_a_closed_register_must_be_opened_first(self):
        order, _line, case = self.abandoned()
        self.env.cr.execute(
            "UPDATE pos_session SET state = 'closed' WHERE id = %s", (self.pos_session.id,)
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "Open the register"):
            self.attach(case, order)
        following = self.open_register()
        self.attach(case, order)
        self.assertEqual((order.state, order.session_id), ("paid", following))

    def test_the_form_says_when_the_till_was_last_heard(self):
        _order, line, case = self.abandoned()
        self.assertEqual(case.till_heard_at, self.row(line).till_seen_at)
