import uuid

from odoo import Command

from ...models.pos.bill import NOT_TAKEN
from ..shared.common import GlaseCommon


class TestProof(GlaseCommon):
    """Every way an order or its payments change meets the proof; nothing raises, nothing is lost."""

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")

    def sold(self, amount=20):
        """A finished order whose Glase payment is proven."""
        order, line = self.paid_bill(amount)
        self.validate(order, line)
        self.assertEqual(order.payment_ids, self.row(line).payment_id)
        self.assertFalse(order.payment_ids.glase_unverified)
        return order, line

    def change_total(self, order, total):
        """Change an order's total, and end the transaction."""
        order.amount_total = total
        self.env.cr.flush()

    def as_cashier(self, records):
        return records.with_user(self.pos_user)

    # === Paths that claim a payment ===

    def test_a_finished_order_whose_payment_nobody_took_is_stored_and_a_case(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.validate(order, line)
        self.assertEqual(order.state, "paid", "the sale is never thrown back")
        self.assertTrue(order.payment_ids.glase_unverified)
        self.assertEqual(self.cases(line), ["unverified_payment"])

    def test_the_wizard_of_the_back_office_proves_nothing(self):
        order, line = self.draft_order(self.pos_session, 20)
        order.payment_ids.unlink()
        wizard = self.env["pos.make.payment"].with_context(active_id=order.id)
        wizard.create({"amount": 20, "payment_method_id": self.glase_method.id}).check()
        self.assertEqual(order.state, "paid")
        self.assertTrue(order.payment_ids.glase_unverified)
        self.assertEqual(self.cases(order.payment_ids.uuid), ["unverified_payment"])

    def test_a_payment_that_is_written_over_rpc_proves_nothing(self):
        order, _line = self.draft_order(self.pos_session, 20, status="pending")
        self.as_cashier(order).write(
            {
                "payment_ids": [
                    Command.create(
                        {
                            "payment_method_id": self.glase_method.id,
                            "amount": 5,
                            "payment_status": "done",
                            "transaction_id": "2018081409312804501000917",
                            "card_type": "Glase payment",
                        }
                    )
                ]
            }
        )
        forged = order.payment_ids.filtered(lambda payment: payment.amount == 5)
        self.assertTrue(forged.glase_unverified)
        self.assertFalse(forged.transaction_id)
        self.assertFalse(forged.card_type)

    def test_sync_once_more_changes_nothing(self):
        order, line = self.sold()
        self.validate(order, line)
        self.assertEqual(order.payment_ids, self.row(line).payment_id)
        self.assertEqual(self.cases(line), [])

    def test_a_row_serves_one_payment_only(self):
        order, line = self.paid_bill()
        values = self.order_values(
            self.pos_session,
            20,
            [
                {
                    "uuid": str(uuid.uuid4()),
                    "amount": 20,
                    "payment_method_id": self.glase_method.id,
                    "payment_status": "done",
                }
            ],
            "paid",
        )
        self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])
        other = self.env["pos.order"].search([("uuid", "=", values["uuid"])])
        self.assertTrue(other.payment_ids.glase_unverified, "another line's money is not its money")
        self.validate(order, line)
        self.assertFalse(order.payment_ids.glase_unverified)

    # === Changes after the bill was sent ===

    def test_an_amount_that_is_changed_while_the_bill_is_out_is_a_case_with_both_values(self):
        order, line = self.sent(20)
        order.payment_ids.amount = 12
        [case] = self.row(line).case_ids
        self.assertEqual(case.kind, "changed_after_send")
        self.assertIn("20.00", case.summary)
        self.assertIn("12.00", case.summary)
        self.assertFalse(self.row(line).given_up_at, "the bill stays where it is")

    def test_a_proven_payment_that_is_changed_keeps_its_link_and_is_a_case(self):
        for field, value in (
            ("amount", 12),
            ("uuid", str(uuid.uuid4())),
            ("payment_method_id", self.cash_method.id),
        ):
            with self.subTest(field=field):
                order, line = self.sold()
                row = self.row(line)
                order.payment_ids.write({field: value})
                self.assertEqual(self.row(line).payment_id, order.payment_ids)
                self.assertEqual(row.case_ids.mapped("kind"), ["changed_after_send"])
                self.assertTrue(order.payment_ids.glase_unverified)

    def test_edit_payment_in_the_back_office_is_a_case_that_attach_settles(self):
        order, line = self.sold()
        row, old = self.row(line), order.payment_ids
        order.write(
            {
                "payment_ids": [
                    Command.delete(old.id),
                    Command.create({"payment_method_id": self.glase_method.id, "amount": 20}),
                ]
            }
        )
        self.assertTrue(order.payment_ids.glase_unverified)
        case = row.case_ids.filtered(lambda case: case.state == "open")
        self.assertEqual(case.kind, "paid_without_order")
        case.attach_order_id = order
        case.with_user(self.pos_admin).action_attach()
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertEqual(row.payment_id, order.payment_ids)
        self.assertFalse(self.env["glase.case"].search([("state", "=", "open")]))

    def test_another_total_while_the_bill_is_out_is_a_case(self):
        order, line = self.sent(20)
        self.change_total(order, 25)
        self.assertEqual(self.cases(line), ["changed_after_send"])

    def test_a_total_below_what_was_paid_is_a_case_and_one_above_is_not(self):
        order, line = self.paid_bill(20)
        order.payment_ids.payment_status = "done"
        self.change_total(order, 35)
        self.assertEqual(self.cases(line), [], "the rest falls due")
        self.change_total(order, 15)
        self.assertEqual(self.cases(line), ["changed_after_send"])

    def test_an_order_that_another_till_takes_over_is_a_case(self):
        order, line = self.sold()
        other = self.main_pos_config.copy({"name": "Another till"})
        session = self.open_register(other)
        order.write({"session_id": session.id, "config_id": other.id})
        self.assertEqual(self.row(line).payment_id, order.payment_ids, "the link stays")
        self.assertTrue(order.payment_ids.glase_unverified)
        self.assertEqual(self.cases(line), ["changed_after_send"])

    # === One payment, one order ===

    def test_one_proven_payment_does_not_pay_a_second_order(self):
        order, line = self.sold()
        other, _line = self.draft_order(self.pos_session, 20)
        other.payment_ids.unlink()
        self.as_cashier(order.payment_ids).write({"pos_order_id": other.id})
        self.assertEqual(self.cases(line), ["changed_after_send"], "at once")
        payment = other.payment_ids
        self.assertTrue(payment.glase_unverified)
        other.with_user(self.pos_user).write({"state": "paid"})
        self.assertTrue(payment.glase_unverified, "the money is another order's")
        self.assertFalse(payment.transaction_id)
        self.assertEqual(self.cases(line), ["changed_after_send"])

    def test_a_draft_that_takes_over_a_payment_is_not_paid_by_it(self):
        order, line = self.paid_bill()
        other, _line = self.draft_order(self.pos_session, 20)
        other.payment_ids.unlink()
        links = [Command.link(order.payment_ids.id)]
        self.as_cashier(other).write({"payment_ids": links})
        other.with_user(self.pos_user).action_pos_order_paid()
        self.assertTrue(other.payment_ids.glase_unverified)
        self.assertEqual(self.cases(line), ["changed_after_send"])

    def test_the_money_of_a_deleted_order_proves_no_other(self):
        order, line = self.paid_bill()
        order.with_user(self.pos_user).remove_from_ui(order.ids)
        self.assertEqual(self.cases(line), ["paid_without_order"])
        payment = {
            "uuid": line,
            "amount": 20,
            "payment_method_id": self.glase_method.id,
            "payment_status": "done",
        }
        values = self.order_values(self.pos_session, 20, [payment], "paid")
        self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])
        forged = self.env["pos.order"].search([("uuid", "=", values["uuid"])])
        self.assertEqual(forged.state, "paid", "the sale is never thrown back")
        self.assertTrue(forged.payment_ids.glase_unverified)
        for kind in ("paid_without_order", "unverified_payment"):
            self.assertIn(kind, self.cases(line))

    def test_what_a_manager_attached_pays_that_order_only(self):
        order, line = self.paid_bill()
        order.with_user(self.pos_user).remove_from_ui(order.ids)
        waiting, _line = self.draft_order(self.pos_session, 20, status="pending")
        case = self.row(line).case_ids
        case.attach_order_id = waiting
        case.with_user(self.pos_admin).action_attach()
        self.assertFalse(waiting.payment_ids.glase_unverified)
        self.assertEqual(self.cases(line), [])
        other, _line = self.draft_order(self.pos_session, 20)
        other.payment_ids.unlink()
        self.as_cashier(waiting.payment_ids).write({"pos_order_id": other.id})
        other.with_user(self.pos_user).write({"state": "paid"})
        self.assertTrue(other.payment_ids.glase_unverified)
        self.assertIn("changed_after_send", self.row(line).case_ids.mapped("kind"))

    def test_another_name_for_an_order_is_a_case(self):
        order, line = self.sold()
        self.as_cashier(order).write({"uuid": "another"})
        self.assertTrue(order.payment_ids.glase_unverified)
        self.assertEqual(self.cases(line), ["changed_after_send"])

    # === The proof and the status are one ===

    def test_the_stored_draft_says_done_from_the_moment_of_paid(self):
        order, line = self.paid_bill()
        payment = order.payment_ids
        self.assertEqual(payment.payment_status, "done")
        self.assertEqual(payment.transaction_id, self.row(line).ers_reference)
        self.assertEqual(self.row(line).payment_id, payment)

    def test_whatever_a_till_stores_of_a_paid_line_it_is_done(self):
        order, _line = self.paid_bill()
        payment = order.payment_ids
        for state in ("draft", "paid"):
            for status in (*NOT_TAKEN, "done", "timeout", "force_done", False):
                with self.subTest(state=state, status=status):
                    self.as_cashier(order).write(
                        {"payment_ids": [Command.update(payment.id, {"payment_status": status})]}
                    )
                    self.assertEqual(payment.payment_status, "done")
                    self.assertFalse(payment.glase_unverified)
            order.write({"state": "paid"})

    def test_an_order_that_is_finished_with_another_status_is_done(self):
        order, line = self.sent()
        self.customer("pay")
        # What the till has stored last, whatever became of it since.
        self.env.cr.execute(
            "UPDATE pos_payment SET payment_status = 'waiting' WHERE uuid = %s", (line,)
        )
        self.env.invalidate_all()
        self.assertEqual(self.ask(line)["state"], "paid")
        order.invalidate_recordset()
        order.with_user(self.pos_user).action_pos_order_paid()
        self.assertEqual(order.payment_ids.payment_status, "done")
        self.assertEqual(self.row(line).payment_id, order.payment_ids)

    def test_paid_after_it_was_left_open_is_done_in_the_draft_and_a_case_until_it_is_finished(self):
        order, line = self.sent()
        self.pay_and_leave(line)
        row = self.row(line)
        self.assertEqual((row.state, bool(row.given_up_at)), ("paid", True))
        self.assertEqual(order.payment_ids.payment_status, "done")
        self.assertEqual(self.cases(line), ["paid_without_order"])
        self.validate(order, line)
        self.assertEqual(self.cases(line), [], "it has an order now")

    def test_a_draft_with_money_that_nobody_finishes_is_a_case(self):
        order, line = self.paid_bill()
        self.advance(301)
        self.run_job()
        self.assertEqual(self.cases(line), ["paid_without_order"])
        # Stored again it is still a draft; finished, it has ended.
        order.payment_ids.payment_status = "waiting"
        self.assertEqual(self.cases(line), ["paid_without_order"])
        self.validate(order, line)
        self.assertEqual(self.cases(line), [])

    # === What is removed ===

    def test_a_draft_that_is_deleted_gives_up_its_bill(self):
        order, line = self.sent()
        order.unlink()
        row = self.row(line)
        self.assertEqual(row.given_up_why, "order_gone")
        self.run_job()
        self.assertEqual(self.row(line).state, "canceled")
        self.assertEqual(self.cases(line), [])

    def test_a_draft_that_is_deleted_with_its_money_is_a_case(self):
        order, line = self.paid_bill()
        order.payment_ids.payment_status = "done"
        self.assertEqual(self.row(line).payment_id, order.payment_ids)
        order.unlink()
        self.assertFalse(self.row(line).payment_id)
        self.assertEqual(self.cases(line), ["paid_without_order"])

    def test_a_draft_that_is_deleted_before_its_money_was_stored_is_a_case_at_once(self):
        order, line = self.paid_bill()
        order.unlink()
        self.assertEqual(self.cases(line), ["paid_without_order"])

    def test_a_draft_that_is_canceled_with_its_money_is_a_case(self):
        order, line = self.paid_bill()
        order.payment_ids.payment_status = "done"
        order.action_pos_order_cancel()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(self.cases(line), ["paid_without_order"])

    def test_a_payment_line_that_is_removed_gives_up_its_bill(self):
        order, line = self.sent()
        order.payment_ids.unlink()
        self.assertEqual(self.row(line).given_up_why, "order_gone")

    # === Orders that come late ===

    def test_an_order_that_comes_after_its_session_closed_lands_in_the_next_and_is_proven(self):
        order, line = self.paid_bill()
        values = self.order_values(self.pos_session, 20, [], "paid", order.uuid)
        payment = {
            "uuid": line,
            "amount": 20,
            "payment_method_id": self.glase_method.id,
            "payment_status": "done",
        }
        self.env.cr.execute("DELETE FROM pos_order WHERE id = %s", (order.id,))
        self.env.invalidate_all()
        self.pos_session.sudo().state = "closed"
        self.assertEqual(self.cases(line), ["paid_without_order"], "a case at once")
        following = self.open_register()
        self.assertNotEqual(following, self.pos_session)
        values["payment_ids"] = [Command.create(payment)]
        values["amount_paid"] = 20
        self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])
        order = self.env["pos.order"].search([("uuid", "=", values["uuid"])])
        self.assertEqual(order.session_id, following)
        self.assertEqual(self.row(line).payment_id, order.payment_ids)
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertEqual(self.cases(line), [], "the order has come")
