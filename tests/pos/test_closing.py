from contextlib import suppress
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError

from ...models.ledger.exchange import REFUND, SEND, Exchange, PaymentClaim
from ...models.ledger.till import Till, values_of_line
from ...models.pos import session_closing
from ...models.pos.session_closing import SessionClosing
from ...models.refunds.refund import RefundClaim
from ...models.support import autonomous_transaction
from ...models.support.till_errors import Refused
from ..shared.refunds import RefundCommon


class TestClosing(RefundCommon):
    """A session is not closed over Glase money that is undecided, whatever way it is closed."""

    def setUp(self):
        super().setUp()
        self.env["pos.session"].search([]).order_ids.filtered(
            lambda order: order.state == "draft"
        ).unlink()

    def ends(self):
        self.env.invalidate_all()
        return SessionClosing(self.pos_session).open_ends()

    def close_from_till(self):
        """What the till's popup does, in its order."""
        session = self.pos_session.with_user(self.pos_user)
        if session.config_id.cash_control:
            answer = session.post_closing_cash_details(session.cash_register_balance_end)
            if not answer["successful"]:
                return answer
        session.update_closing_control_state_session("")
        return session.close_session_from_ui()

    def finish_drafts(self, order):
        """Core refuses to close over drafts: take the order out of the way, not its money."""
        self.env.cr.execute("DELETE FROM pos_order WHERE id = %s", (order.id,))
        self.env.invalidate_all()

    def assert_refused(self, words):
        answer = self.close_from_till()
        self.assertFalse(answer["successful"])
        self.assertTrue(answer["glase"])
        self.assertIn(words, answer["message"])
        session = self.pos_session
        balancing = {"active_ids": session.ids, "active_model": "pos.session"}
        wizard = self.env["pos.close.session.wizard"].with_context(**balancing).create({})
        for attempt in (
            lambda: session.update_closing_control_state_session(""),
            session.action_pos_session_closing_control,
            session.action_pos_session_validate,
            session.action_pos_session_close,
            wizard.close_session,
            lambda: session.with_user(self.pos_user).write({"state": "closed"}),
        ):
            with self.assertRaises(UserError) as caught:
                attempt()
            self.assertIn(words, str(caught.exception))
            self.assertEqual(session.state, "opened", "the till can be opened again")

    def test_a_day_that_is_settled_closes(self):
        self.paid_order(148)
        self.assertEqual(self.ends(), {"blocking": [], "carried": []})
        self.assertTrue(self.close_from_till()["successful"])
        self.assertEqual(self.pos_session.state, "closed")
        self.assertTrue(
            self.env["glase.period"].search([("session_ids", "in", self.pos_session.ids)])
        )

    def test_a_running_payment(self):
        order, _line = self.sent()
        self.finish_drafts(order)
        self.assertEqual(len(self.ends()["blocking"]), 1)
        self.assert_refused("Running")

    def test_a_payment_without_an_order(self):
        order, line = self.sent()
        self.customer("pay")
        self.ask(line)
        self.finish_drafts(order)
        self.assert_refused("no order has it")

    def test_a_payment_that_nothing_proves(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.validate(order, line)
        self.assertTrue(order.payment_ids.glase_unverified)
        self.assert_refused("not proven")

    def test_what_is_to_be_done_is_said_once_for_all_that_needs_it(self):
        references = []
        for amount in (20, 30):
            order, line = self.draft_order(self.pos_session, amount)
            self.validate(order, line)
            references.append(order.pos_reference)
            self.assertNotIn(order.name, str(self.ends()), "one name of an order is enough")
        message = SessionClosing(self.pos_session).refusal()
        for reference in references:
            self.assertEqual(message.count(reference), 1)
        self.assertEqual(message.count("A manager settles it"), 1)

    def test_lost_sends_and_unknown_refunds_are_carried_over(self):
        paid, _row = self.paid_order(100)
        refund_order, refund_line = self.refund_order(paid, 30)
        self.simulator.faults({"operation": "refundPayment", "kind": "drop-after", "count": 1})
        self.refund(refund_order, refund_line, 30)
        self.validate(refund_order, refund_line)
        order, line = self.draft_order(self.pos_session, 20)
        self.simulator.faults({"operation": "sendInvoice", "kind": "drop-after", "count": 1})
        self.assertEqual(self.send(order, line)["state"], "unknown")
        self.simulator.faults()
        self.finish_drafts(order)
        ends = self.ends()
        self.assertEqual((len(ends["blocking"]), len(ends["carried"])), (0, 2))
        self.assertTrue(self.close_from_till()["successful"])

    def store_partly_paid(self, order):
        """The till stores a draft whose Glase line is done, before the rest is paid."""
        values = self.order_values(order.session_id, order.amount_total, [], "draft", order.uuid)
        done = [(1, payment.id, {"payment_status": "done"}) for payment in order.payment_ids]
        values.update(lines=[], payment_ids=done)
        self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])
        self.env.invalidate_all()

    def close_like_the_popup(self):
        """The calls of the popup of a till without cash control: what the first raises is swallowed."""
        session = self.pos_session.with_user(self.pos_user)
        with suppress(UserError), self.env.cr.savepoint():
            session.update_closing_control_state_session("")
        return session.close_session_from_ui()

    def test_a_draft_that_holds_money_leaves_a_till_that_can_be_opened_again(self):
        self.main_pos_config.cash_control = False
        order, line = self.draft_order(self.pos_session, 60, price=100)
        self.assertEqual(self.send(order, line)["state"], "issued")
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        self.store_partly_paid(order)
        self.assertEqual(self.row(line).payment_id, order.payment_ids)
        self.assertFalse(self.close_like_the_popup()["successful"])
        self.assertEqual(self.pos_session.state, "opened")

    def test_what_is_found_while_it_closes_opens_the_till_again(self):
        self.main_pos_config.cash_control = False
        order, line = self.draft_order(self.pos_session, 20)
        self.validate(order, line)
        case = self.env["glase.case"].search([("payment_id", "in", order.payment_ids.ids)])
        case = case.sudo()
        self.assertTrue(case)
        case.state = "settled"
        self.env.flush_all()
        session = self.pos_session.with_user(self.pos_user)
        session.update_closing_control_state_session("")
        self.assertEqual(session.state, "closing_control")
        case.state = "open"
        self.env.flush_all()
        self.assertTrue(session.close_session_from_ui()["glase"])
        self.assertEqual((session.state, session.stop_at), ("opened", False))

    def test_a_manager_overrides_with_a_reason_that_stays_on_the_session(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.validate(order, line)
        refusal = self.door("override_closing", reason="End of the day")
        self.assertEqual(refusal["reason"], "approval")
        manager = {"login": "pos_admin", "password": "pos_admin"}
        self.assertEqual(self.door("override_closing", reason=" ", **manager)["reason"], "reason")
        self.assertTrue(self.door("override_closing", reason="End of the day", **manager)["ok"])
        self.env.invalidate_all()
        self.assertEqual(self.pos_session.glase_override_by, self.pos_admin)
        self.assertIn("20.00", self.pos_session.glase_override_list)
        self.assertTrue(self.close_from_till()["successful"])
        self.assertEqual(self.pos_session.glase_override_reason, "End of the day")

    def test_an_override_holds_for_the_closing_at_hand_only(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.validate(order, line)
        manager = {"login": "pos_admin", "password": "pos_admin"}
        self.door("override_closing", reason="End of the day", **manager)
        self.advance(16 * 60)
        self.assert_refused("not proven")

    def test_an_override_covers_what_was_listed_and_nothing_that_came_afterwards(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.validate(order, line)
        manager = {"login": "pos_admin", "password": "pos_admin"}
        self.door("override_closing", reason="End of the day", **manager)
        self.env.invalidate_all()
        self.assertFalse(SessionClosing(self.pos_session).refusal())
        order, line = self.draft_order(self.pos_session, 30)
        self.validate(order, line)
        self.assert_refused("30.00")
        self.assertNotIn("20.00", SessionClosing(self.pos_session).refusal())
        [end] = self.pos_session.get_closing_control_data()["glase"]["blocking"]
        self.assertIn("30.00", end["what"])
        self.door("override_closing", reason="That one, too", **manager)
        self.env.invalidate_all()
        self.assertTrue(self.close_from_till()["successful"])

    def test_what_was_running_when_it_was_approved_may_be_paid_meanwhile(self):
        order, line = self.sent()
        self.finish_drafts(order)
        manager = {"login": "pos_admin", "password": "pos_admin"}
        self.door("override_closing", reason="End of the day", **manager)
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        self.assertEqual(len(self.ends()["blocking"]), 1)
        self.assertTrue(self.close_from_till()["successful"])

    def test_a_manager_overrides_in_the_back_office(self):
        self.left_half_closed()
        over = self.env["glase.close.over"]
        with self.assertRaises(AccessError):
            over.with_user(self.pos_user).create({"session_id": self.pos_session.id})
        wizard = over.with_user(self.pos_admin).create({"session_id": self.pos_session.id})
        self.assertIn("20.00", wizard.blocking)
        with self.assertRaisesRegex(UserError, "Write why"):
            wizard.action_approve()
        wizard.reason = "The till's computer is broken"
        with self.assertRaisesRegex(UserError, "not proven"):
            self.pos_session.action_pos_session_closing_control()
        wizard.action_approve()
        self.assertEqual(self.pos_session.glase_override_by, self.pos_admin)
        self.pos_session.with_user(self.pos_admin).action_pos_session_closing_control()
        self.assertEqual(self.pos_session.state, "closed")
        self.assertIn("20.00", self.pos_session.glase_override_list)

    def test_a_cashier_writes_no_approval(self):
        session = self.pos_session.with_user(self.pos_user)
        for forged in ({"glase_override_keys": []}, {"glase_override_at": "2099-01-01 00:00:00"}):
            with self.assertRaises(AccessError):
                session.write(forged)
            with self.assertRaises(AccessError):
                session.create({"config_id": self.main_pos_config.id, **forged})
            defaults = {f"default_{name}": value for name, value in forged.items()}
            with self.assertRaises(AccessError):
                session.with_context(**defaults).create({"config_id": self.main_pos_config.id})

    def test_an_approval_of_nothing_is_not_kept(self):
        values = {"session_id": self.pos_session.id, "reason": "Just so"}
        wizard = self.env["glase.close.over"].with_user(self.pos_admin).create(values)
        with self.assertRaisesRegex(UserError, "no approval is needed"):
            wizard.action_approve()
        self.assertFalse(self.pos_session.glase_override_at)

    def latched(self):
        self.env.invalidate_all()
        return session_closing.is_closing(self.terminal)

    def claim(self, values):
        """What a request does that was let in before the register began to close."""
        rows = self.env["glase.transaction"]
        sending = Exchange(rows, SEND)
        return autonomous_transaction.with_records(
            rows, lambda own: PaymentClaim(own, values, sending).make()
        )

    def canceled_order_values(self):
        """The row of a bill whose request has passed all checks; its order is out of the way."""
        order, line = self.draft_order(self.pos_session, 20)
        values = Till(self.env)._row_values(order, self.terminal, line, "1", "20.00", "Maja")
        order.state = "cancel"
        self.env.flush_all()
        return values

    def test_while_the_register_closes_nothing_is_sent(self):
        paid, row = self.paid_order(100)
        refund_order, refund_line = self.refund_order(paid, 30)
        refund = values_of_line(self.env, refund_order, refund_line, "1", 30)
        refund_order.state = "cancel"
        bill = self.canceled_order_values()
        heard = []

        def closing(session):
            for attempt in (
                lambda: self.claim(bill),
                lambda: autonomous_transaction.with_records(
                    row,
                    lambda own: RefundClaim(own, refund, Exchange(own, REFUND), None).make(),
                ),
            ):
                with self.assertRaises(Refused) as caught:
                    attempt()
                heard.append(caught.exception.reason)

        with patch.object(type(self.pos_session), "_check_invoices_are_posted", closing):
            self.pos_session.with_user(self.pos_user).action_pos_session_closing_control()
        self.assertEqual(heard, ["closing", "closing"])
        self.assertEqual(self.pos_session.state, "closed")
        self.env.cr.postcommit.run()
        self.assertFalse(self.latched())

    def test_a_refused_closing_lifts_its_latch_only(self):
        order, line = self.draft_order(self.pos_session, 20)
        first = session_closing.set_latch(self.terminal.sudo())
        self.env.flush_all()
        with self.assertRaisesRegex(UserError, "draft orders"):
            self.pos_session.update_closing_control_state_session("")
        self.env.invalidate_all()
        self.assertEqual(len(self.terminal.closing_latches), 2)
        self.env.cr.postrollback.run()
        self.assertTrue(self.latched(), "another closing goes on")
        self.assertEqual(self.send(order, line)["reason"], "closing")
        session_closing.lift_latch(self.terminal.sudo(), first)
        self.env.flush_all()
        self.assertEqual(self.send(order, line)["state"], "issued")

    def test_a_request_that_comes_through_after_the_closing_sends_nothing(self):
        bill = self.canceled_order_values()
        for state in ("closing_control", "closed"):
            self.pos_session.with_user(self.pos_user).state = state
            self.env.cr.postcommit.run()
            self.env.flush_all()
            self.assertFalse(self.latched())
            with self.assertRaises(Refused) as caught:
                self.claim(bill)
            self.assertEqual(caught.exception.reason, "session")

    def test_a_refund_at_a_till_that_closes_waits_though_another_till_took_the_money(self):
        paid, row = self.paid_order(100)
        other = self.main_pos_config.copy({"name": "Till 2"})
        self._registered_terminal(other)
        session = self.open_register(other)
        order, line = self.refund_order(paid, 30, session=session)
        session_closing.set_latch(other.glase_terminal_ids.sudo())
        self.env.flush_all()
        asked = {"config_id": other.id}
        self.assertEqual(self.refund(order, line, 30, **asked)["reason"], "closing")
        self.assertEqual(self.refunds_at_glase(), [])
        self.advance(301)
        self.assertEqual(self.refund(order, line, 30, attempt="2", **asked)["state"], "refunded")

    def test_a_latch_that_nobody_lifted_holds_no_till_for_long(self):
        order, line = self.draft_order(self.pos_session, 20)
        SessionClosing(self.pos_session).latch()
        self.assertEqual(self.send(order, line)["reason"], "closing")
        self.advance(301)
        self.assertEqual(self.send(order, line)["state"], "issued")

    def test_the_popup_lists_what_is_open(self):
        order, _line = self.sent()
        data = self.pos_session.with_user(self.pos_user).get_closing_control_data()
        [end] = data["glase"]["blocking"]
        self.assertIn("20.00", end["what"])
        self.assertIn("till", end["todo"])
        order.unlink()

    def test_a_till_without_glase_is_not_asked(self):
        other = self.main_pos_config.copy({"name": "Without Glase"})
        other.payment_method_ids -= self.glase_method
        session = self.open_register(other)
        self.assertIs(session.get_closing_control_data()["glase"], False)
