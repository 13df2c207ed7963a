import uuid
from unittest.mock import patch

from ...models.refunds import refund
from ...models.refunds.refund_till import RefundTill
from ..shared.refunds import RefundCommon


class TestRefundTill(RefundCommon):
    """Refunds from a till, against an original order, on the real simulator."""

    def test_a_refund_from_the_original_to_the_proof(self):
        original, paid = self.paid_order()
        order, line = self.refund_order(original, 148)
        offer = self.door("refundable", order_uuid=order.uuid)
        self.assertEqual((offer["total"], offer["message"]), ("148.00", False))
        self.assertEqual(offer["payments"][0]["reference"], paid.ers_reference)
        view = self.refund(order, line, 148)
        self.assertEqual((view["kind"], view["state"]), ("refund", "refunded"))
        self.assertEqual(view["original_reference"], paid.ers_reference)
        self.assertNotEqual(view["reference"], paid.ers_reference)
        self.validate(order, line)
        payment = order.payment_ids
        self.assertEqual((order.state, payment.amount), ("paid", -148))
        self.assertEqual(payment.transaction_id, view["reference"])
        self.assertEqual(payment.glase_original_reference, paid.ers_reference)
        self.assertFalse(payment.glase_unverified)
        self.assertFalse(self.row(line).case_ids)
        self.assertEqual(self.refunds_at_glase(), ["148.00"])

    def test_in_parts_and_never_more_than_was_paid(self):
        original, paid = self.paid_order(100)
        for amount, left in ((30, "70.00"), (50, "20.00")):
            order, line = self.refund_order(original, amount)
            self.assertEqual(self.refund(order, line, amount)["state"], "refunded")
            self.validate(order, line)
            self.assertEqual(self.door("refundable", order_uuid=order.uuid)["total"], left)
        order, line = self.refund_order(original, 20.01)
        before = self.received()
        view = self.refund(order, line, 20.01)
        self.assertEqual((view["ok"], view["reason"]), (False, "too_much"))
        self.assertIn("20.00", view["message"])
        self.assertEqual(self.received(), before, "refused before any call")
        order, line = self.refund_order(original, 20)
        self.assertEqual(self.refund(order, line, 20)["state"], "refunded")
        self.assertEqual(paid.refundable_amount, 0)
        self.assertEqual(self.refunds_at_glase(), ["30.00", "50.00", "20.00"])
        offer = self.door("refundable", refunded_order_ids=original.ids)
        self.assertEqual(offer["total"], "0.00")
        self.assertIn("Nothing is left", offer["message"])

    def test_an_order_with_two_payments_is_refunded_in_two_lines(self):
        order, first = self.draft_order(self.pos_session, 60, price=100)
        self.send(order, first)
        self.customer("pay")
        self.door("status", line_uuid=first, attempt="1")
        second = str(uuid.uuid4())
        values = self.order_values(self.pos_session, 100, [], "draft", order.uuid)
        payment = {
            "uuid": second,
            "amount": 40,
            "payment_method_id": self.glase_method.id,
            "payment_status": "pending",
        }
        done = (1, order.payment_ids.id, {"payment_status": "done"})
        values.update(lines=[], payment_ids=[done, (0, 0, payment)])
        self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])
        self.send(order, second)
        self.customer("pay")
        self.door("status", line_uuid=second, attempt="1")
        self.validate(order, second)
        self.assertEqual(order.state, "paid")

        refund, line = self.refund_order(order, 100)
        offer = self.door("refundable", order_uuid=refund.uuid)
        self.assertEqual([one["refundable"] for one in offer["payments"]], ["60.00", "40.00"])
        view = self.refund(refund, line, 100)
        self.assertEqual(view["reason"], "too_much")
        self.assertIn("2 Glase payments", view["message"])
        refund, line = self.refund_order(order, 40)
        view = self.refund(refund, line, 40)
        self.assertEqual(view["original_reference"], self.row(first).ers_reference, "the oldest")
        refund, line = self.refund_order(order, 40)
        view = self.refund(refund, line, 40)
        self.assertEqual(view["original_reference"], self.row(second).ers_reference)

    def test_mixed_tenders_give_back_with_glase_what_was_paid_with_glase(self):
        original, _paid = self.paid_order(100, price=150, tenders=[(self.cash_method, 50)])
        order, line = self.refund_order(original, 100, tenders=[(self.cash_method, 50)])
        self.assertEqual(self.door("refundable", order_uuid=order.uuid)["total"], "100.00")
        self.assertEqual(self.refund(order, line, 100)["state"], "refunded")
        self.validate(order, line)
        self.assertEqual(order.state, "paid")

    def test_a_blind_refund_is_refused_with_a_sentence(self):
        order, line = self.refund_order(self.env["pos.order"], 20)
        view = self.refund(order, line, 20)
        self.assertEqual((view["ok"], view["reason"]), (False, "no_original"))
        self.assertIn("open the original order", view["message"])
        order, line = self.refund_order(self.cash_order(30), 30)
        self.assertEqual(self.refund(order, line, 30)["reason"], "no_original")
        self.assertEqual(self.received(), 0)

    def test_requests_that_do_not_fit_make_no_call(self):
        original, _paid = self.paid_order(100)
        order, line = self.refund_order(original, 40)
        self.assertEqual(self.refund(order, line, 41)["reason"], "order_changed")
        self.assertEqual(self.refund(order, line, 0)["reason"], "amount")
        self.assertEqual(self.refund(order, "no-such-line", 40)["reason"], "order_changed")
        other, other_line = self.refund_order(original, 40)
        other.lines.with_user(self.pos_user).unlink()
        self.assertEqual(self.refund(other, other_line, 40)["reason"], "amount")
        self.assertEqual(self.received(), 0)

    def test_the_same_attempt_refunds_once_and_a_line_has_one_refund(self):
        original, _paid = self.paid_order(100)
        order, line = self.refund_order(original, 40)
        first, second = self.refund(order, line, 40), self.refund(order, line, 40)
        self.assertEqual((first["id"], second["state"]), (second["id"], "refunded"))
        view = self.refund(order, line, 40, attempt="2")
        self.assertEqual((view["ok"], view["reason"]), (False, "busy"))
        status = self.door("status", line_uuid=line, attempt="1")
        self.assertEqual((status["state"], status["reference"]), ("refunded", first["reference"]))
        self.assertEqual(self.refunds_at_glase(), ["40.00"])

    def test_what_glase_refuses_is_said_and_can_be_tried_again(self):
        original, paid = self.paid_order(100)
        refusals = (
            ({"refunds_allowed": False}, "may not refund"),
            ({"payer_takes_refunds": False}, "does not take refunds"),
        )
        order, line = self.refund_order(original, 40)
        for attempt, (settings, words) in enumerate(refusals):
            self.profile(**settings)
            view = self.refund(order, line, 40, attempt=str(attempt))
            self.assertEqual((view["state"], view["final"]), ("failed", True))
            self.assertIn(words, view["message"])
        self.profile()
        self.assertEqual(paid.refundable_amount, 100, "a refusal gives nothing back")
        self.assertEqual(self.refund(order, line, 40, attempt="9")["state"], "refunded")
        self.assertFalse(paid.refund_ids.case_ids)

    def test_a_glase_that_names_the_payment_and_not_the_refund(self):
        self.profile(refund_reference="payment")
        original, paid = self.paid_order(100)
        order, line = self.refund_order(original, 100)
        self.assertEqual(self.refund(order, line, 100)["reference"], paid.ers_reference)
        self.validate(order, line)
        self.assertFalse(order.payment_ids.glase_unverified)

    def test_a_retired_registration_is_asked_with_its_own_credentials(self):
        original, paid = self.paid_order(100)
        old = self.terminal.sudo()
        old.write({"state": "retired", "active": False})
        self.env.flush_all()
        self.terminal = self._registered_terminal(self.main_pos_config)
        order, line = self.refund_order(original, 100)
        self.assertEqual(self.refund(order, line, 100)["state"], "refunded")
        self.assertEqual(self.row(line).terminal_id, old)
        calls = [c for c in self.simulator.journal()["calls"] if c["operation"] == "refundPayment"]
        self.assertEqual(calls[-1]["principal_id"], old.terminal_identifier)
        self.assertEqual(paid.refundable_amount, 0)

    def test_a_cashier_of_another_till_may_refund(self):
        original, paid = self.paid_order(100)
        till = self.main_pos_config.copy({"name": "Second till"})
        self._registered_terminal(till)
        session = self.open_register(till)
        order, line = self.refund_order(original, 100, session=session)
        view = self.refund(order, line, 100, config_id=till.id)
        self.assertEqual(view["state"], "refunded")
        self.assertEqual(self.received(), 1, "with the registration that took the payment")
        self.validate(order, line)
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertEqual((self.row(line).config_id, self.row(line).original_id), (till, paid))

    def test_another_company_finds_nothing_to_refund(self):
        original, _paid = self.paid_order(100)
        other = self.env["res.company"].create({"name": "Another company"})
        self.env.cr.execute(
            "UPDATE pos_order SET company_id = %s WHERE id = %s", (other.id, original.id)
        )
        self.env.invalidate_all()
        offer = self.door("refundable", refunded_order_ids=original.ids)
        self.assertEqual((offer["payments"], offer["total"]), ([], "0"))
        order, line = self.refund_order(original, 100)
        self.assertEqual(self.refund(order, line, 100)["reason"], "no_original")

    def test_two_refunds_at_once_cannot_pass_the_payment(self):
        """The amount is counted under the lock of the payment, not when the till asked."""
        original, paid = self.paid_order(100)
        first, first_line = self.refund_order(original, 60)
        second, second_line = self.refund_order(original, 60)
        call_for, inner, till_id = refund.call_for, {}, self.main_pos_config.id

        def overtaken(exchange, row, values):
            """Between the till's question and the claim another till is quicker."""
            if not inner:
                inner["started"] = True
                inner["view"] = RefundTill(row.env).refund(
                    till_id, second.uuid, second_line, "1", "60.00"
                )
            return call_for(exchange, row, values)

        with patch.object(refund, "call_for", overtaken):
            view = self.refund(first, first_line, 60)
        self.assertEqual(inner["view"]["state"], "refunded")
        self.assertEqual(view["reason"], "too_much")
        self.assertEqual(self.refunds_at_glase(), ["60.00"])
        self.assertEqual(paid.refundable_amount, 40)


class TestReverse(RefundCommon):
    """*Reverse*: what was paid is given back before the order is finished."""

    def paid_line(self, amount=100):
        order, line = self.draft_order(self.pos_session, amount)
        self.send(order, line)
        self.customer("pay")
        self.assertEqual(self.door("status", line_uuid=line, attempt="1")["state"], "paid")
        return order, line, self.row(line)

    def stored(self, line):
        """What another till reads of a payment line: its status and its reference."""
        payment = self.env["pos.payment"].search([("uuid", "=", line)])
        payment.invalidate_recordset()
        return payment.payment_status, payment.transaction_id

    def reverse(self, line, attempt="r1"):
        return self.door("reverse", line_uuid=line, attempt="1", refund_attempt=attempt)

    def test_a_paid_line_is_given_back(self):
        _order, line, paid = self.paid_line()
        view = self.reverse(line)
        self.assertEqual((view["kind"], view["state"]), ("refund", "refunded"))
        self.assertEqual(view["amount"], "100.00")
        self.assertEqual(self.reverse(line)["id"], view["id"], "the same press, the same row")
        self.assertEqual((paid.refund_claim, paid.refundable_amount), ("refund", 0))
        self.assertEqual(
            self.stored(line), ("retry", False), "another till reads that nothing is paid"
        )
        self.assertEqual(self.reverse(line, "r2")["reason"], "too_much")
        self.advance(600)
        self.run_job()
        rows = [paid.id, view["id"]]
        self.assertFalse(self.env["glase.case"].search([("transaction_id", "in", rows)]))
        self.assertEqual(self.refunds_at_glase(), ["100.00"])

    def test_an_order_that_claims_the_payment_after_all_is_unverified(self):
        order, line, _paid = self.paid_line()
        self.reverse(line)
        self.validate(order, line)
        self.assertTrue(order.payment_ids.glase_unverified)
        case = self.env["glase.case"].search([("payment_id", "=", order.payment_ids.id)])
        self.assertEqual(case.kind, "unverified_payment")

    def test_a_refused_reversal_leaves_the_line_paid(self):
        order, line, paid = self.paid_line()
        self.profile(refunds_allowed=False)
        view = self.reverse(line)
        self.assertEqual(view["state"], "failed")
        self.assertFalse(paid.refund_claim)
        self.assertEqual(self.stored(line), ("done", paid.ers_reference))
        self.validate(order, line)
        self.assertEqual(paid.payment_id, order.payment_ids)
        self.assertFalse(order.payment_ids.glase_unverified)

    def test_an_unknown_reversal_keeps_the_payment_claimed(self):
        _order, line, paid = self.paid_line()
        self.simulator.faults({"operation": "refundPayment", "kind": "drop-after", "count": 1})
        view = self.reverse(line)
        self.assertEqual((view["state"], view["final"]), ("unknown", False))
        self.assertEqual(self.stored(line)[0], "reversing", "not done while nobody knows")
        self.assertEqual((paid.refund_claim, paid.refundable_amount), ("refund", 0))
        self.assertEqual(self.reverse(line, "r2")["reason"], "too_much", "it may have been made")

    def test_what_is_not_paid_or_finished_is_not_reversed(self):
        order, line = self.draft_order(self.pos_session, 100)
        self.send(order, line)
        self.assertEqual(self.reverse(line)["reason"], "not_open")
        self.customer("pay")
        self.door("status", line_uuid=line, attempt="1")
        self.validate(order, line)
        self.assertEqual(self.reverse(line)["reason"], "order_done")
        self.assertEqual(self.received(), 0)
