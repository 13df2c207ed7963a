from datetime import timedelta

from odoo.exceptions import AccessError, UserError

from ...models.support import clock
from ...rules import state_machine
from ..shared.refunds import RefundCommon

LOST = {"operation": "refundPayment", "kind": "drop-after", "count": 1}
NEVER_CAME = {"operation": "refundPayment", "kind": "drop-before", "count": 1}
WAIT = 15 * 60


class TestRefundUnknown(RefundCommon):
    """Nobody knows whether a refund was made: a manager decides, with a reason, not at once."""

    def unknown_refund(self, paid_amount=100, amount=100, fault=None):
        """A finished refund order whose refund got no answer; returns its row and its case."""
        original, _paid = self.paid_order(paid_amount)
        order, line = self.refund_order(original, amount)
        self.simulator.faults(fault or LOST)
        view = self.refund(order, line, amount)
        self.assertEqual((view["state"], view["final"]), ("unknown", False))
        self.simulator.faults()
        self.validate(order, line)
        self.assertEqual(order.state, "paid")
        row = self.row(line)
        case = row.case_ids
        self.assertEqual((case.kind, case.state), ("unknown_refund", "open"))
        return row, case

    def decide(self, case, method, reason="Glase's support says so", user=None):
        """Press one of the case's buttons; returns what it answers, or the refusal."""
        with self.office(user) as env:
            own = case.with_env(env)
            # The reason of a case that is settled stays.
            if case.state == "open":
                own.reason = reason
            try:
                return getattr(own, method)()
            except UserError as error:
                return str(error)

    def test_without_an_answer_the_order_closes_unverified_and_one_case_is_open(self):
        answers = (
            LOST,
            NEVER_CAME,
            {"operation": "refundPayment", "kind": "http500", "count": 1},
            {"operation": "refundPayment", "kind": "garbage", "count": 1},
            {"operation": "refundPayment", "kind": "code", "code": 90, "count": 1},
        )
        for fault in answers:
            row, case = self.unknown_refund(fault=fault)
            payment = row.order_id.payment_ids
            self.assertTrue(payment.glase_unverified)
            self.assertFalse(payment.transaction_id)
            report = self.env["ir.actions.report"].with_user(self.pos_admin)
            html, _kind = report._render_qweb_html("pos_glase.pos_order_receipt", row.order_id.ids)
            self.assertIn("not confirmed by Glase yet", html.decode())
            every = self.env["glase.case"].search([("order_id", "=", row.order_id.id)])
            self.assertEqual(every, case, "one case for one thing")
            self.assertEqual(row.original_id.refundable_amount, 0, "it may have been made")
            self.assertEqual(case.call_reference, row.call_reference)
            self.assertIn(row.call_reference, case.summary)

    def test_the_reference_is_the_one_that_glase_has_heard(self):
        row, _case = self.unknown_refund()
        calls = self.simulator.journal()["calls"]
        sent = [call for call in calls if call["operation"] == "refundPayment"][-1]
        self.assertEqual(sent["client_reference"], row.call_reference)

    def test_neither_the_till_nor_the_job_repeats_it(self):
        row, case = self.unknown_refund()
        view = self.refund(row.order_id, row.line_uuid, 100)
        self.assertEqual((view["id"], view["state"]), (row.id, "unknown"))
        self.door("status", line_uuid=row.line_uuid, attempt="1")
        self.advance(3600)
        self.run_job()
        self.assertEqual((self.received(), row.state, case.state), (1, "unknown", "open"))

    def test_not_before_fifteen_minutes_and_not_without_a_reason(self):
        row, case = self.unknown_refund()
        for method in ("action_was_refunded", "action_was_not_refunded", "action_repeat_refund"):
            self.assertIn("in 15 min", self.decide(case, method))
        self.assertFalse(case.may_decide or case.may_repeat)
        self.assertEqual(case.decide_from, row.sent_at + timedelta(seconds=WAIT))
        self.advance(WAIT - 5)
        self.assertIn("in 1 min", self.decide(case, "action_was_refunded"))
        self.advance(10)
        case.invalidate_recordset()
        self.assertTrue(case.may_decide)
        self.assertIn("Write how", self.decide(case, "action_was_refunded", reason=" "))
        self.assertIn("Nobody knows", self.decide(case, "action_settle"))
        self.assertEqual((row.state, case.state), ("unknown", "open"))

    def test_a_cashier_does_not_decide(self):
        row, case = self.unknown_refund()
        self.advance(WAIT + 5)
        for method in ("action_was_refunded", "action_repeat_refund"):
            with self.assertRaises(AccessError), self.office(self.pos_user) as env:
                getattr(case.with_env(env), method)()
        self.assertEqual((row.state, self.received()), ("unknown", 1))

    def test_it_was_refunded(self):
        row, case = self.unknown_refund()
        self.advance(WAIT + 5)
        self.decide(case, "action_was_refunded", "It is in the bank's list")
        self.assertEqual((row.state, case.state), ("refunded", "settled"))
        self.assertEqual((row.decided_by, row.decided_reason), (self.pos_admin, case.note))
        payment = row.order_id.payment_ids
        self.assertEqual((row.payment_id, payment.glase_unverified), (payment, False))
        self.assertEqual(payment.glase_original_reference, row.original_id.ers_reference)
        self.assertEqual(row.original_id.refundable_amount, 0)
        self.assertIn("decided already", self.decide(case, "action_was_not_refunded"))
        self.assertEqual(self.replayed(row), row.state)

    def enter(self, case, reference):
        with self.office() as env:
            case.with_env(env).refund_reference = reference

    def test_a_reference_that_cannot_be_the_refunds_is_refused(self):
        row, case = self.unknown_refund()
        _other_order, other = self.paid_order(30)
        self.advance(WAIT + 5)
        for reference, words in (
            ("30.00", "no reference"),
            ("see the mail", "no reference"),
            (row.call_reference, "our own"),
            (row.original_id.ers_reference, "of the payment"),
            (other.ers_reference, "belongs to"),
            (other.invoice_reference, "belongs to"),
        ):
            self.enter(case, reference)
            self.assertIn(words, self.decide(case, "action_was_refunded"))
        self.assertIn("was made", self.decide(case, "action_was_not_refunded"))
        self.assertEqual((row.state, row.ers_reference, case.state), ("unknown", False, "open"))
        self.enter(case, "9911223344")
        self.decide(case, "action_was_refunded")
        self.assertEqual((row.state, row.ers_reference), ("refunded", "9911223344"))
        self.assertEqual(row.order_id.payment_ids.transaction_id, "9911223344")
        self.assertEqual(self.replayed(row), row.state)
        with self.assertRaises(AccessError), self.office() as env:
            row.with_env(env).ers_reference = "9911223345"

    def test_it_was_not_refunded(self):
        row, case = self.unknown_refund(fault=NEVER_CAME)
        self.advance(WAIT + 5)
        self.decide(case, "action_was_not_refunded", "The customer has nothing")
        self.assertEqual((row.state, case.state), ("failed", "settled"))
        self.assertEqual(row.original_id.refundable_amount, 100)
        payment = row.order_id.payment_ids
        self.assertTrue(payment.glase_unverified)
        left = self.env["glase.case"].search([("payment_id", "=", payment.id)])
        self.assertEqual((left.kind, left.state), ("unverified_refund", "open"))
        self.assertEqual(self.replayed(row), row.state)

    def test_repeat_proves_that_the_first_was_made(self):
        row, case = self.unknown_refund(amount=60)
        self.advance(WAIT + 5)
        case.invalidate_recordset()
        self.assertTrue(case.may_repeat)
        action = self.decide(case, "action_repeat_refund", "To find out")
        self.assertIn("the first refund was made", action["params"]["message"])
        self.assertEqual((row.state, case.state), ("refunded", "settled"))
        repeated = row.original_id.refund_ids - row
        self.assertEqual((repeated.state, repeated.repeats_id), ("failed", row))
        self.assertFalse(row.order_id.payment_ids.glase_unverified)
        self.assertEqual(self.refunds_at_glase(), ["60.00"])
        self.assertEqual(row.original_id.refundable_amount, 40)
        self.assertNotEqual(repeated.call_reference, row.call_reference)
        self.assertEqual(self.replayed(row), row.state)

    def test_repeat_proves_that_the_first_was_not_made(self):
        row, case = self.unknown_refund(amount=60, fault=NEVER_CAME)
        self.advance(WAIT + 5)
        action = self.decide(case, "action_repeat_refund", "To find out")
        self.assertIn("the first refund was not", action["params"]["message"])
        repeated = row.original_id.refund_ids - row
        self.assertEqual((row.state, repeated.state), ("failed", "refunded"))
        self.assertTrue(row.inferred)
        payment = row.order_id.payment_ids
        self.assertEqual((repeated.payment_id, payment.glase_unverified), (payment, False))
        self.assertEqual(payment.transaction_id, repeated.ers_reference)
        self.assertEqual(self.refunds_at_glase(), ["60.00"])
        self.assertEqual(case.state, "settled")
        open_cases = self.env["glase.case"].search(
            [("order_id", "=", row.order_id.id), ("state", "=", "open")]
        )
        self.assertFalse(open_cases)

    def test_a_repetition_that_proves_nothing_is_not_offered(self):
        row, case = self.unknown_refund(amount=50)
        self.advance(WAIT + 5)
        case.invalidate_recordset()
        self.assertTrue(case.may_decide)
        self.assertFalse(case.may_repeat)
        self.assertIn("prove nothing", self.decide(case, "action_repeat_refund"))
        self.assertEqual((self.received(), row.state), (1, "unknown"))

    def test_no_repetition_beside_another_undecided_refund(self):
        row, case = self.unknown_refund(amount=60)
        original = row.original_id.payment_id.pos_order_id
        order, line = self.refund_order(original, 40)
        self.simulator.faults(LOST)
        self.assertEqual(self.refund(order, line, 40)["state"], "unknown")
        self.advance(WAIT + 5)
        self.assertIn("Another refund", self.decide(case, "action_repeat_refund"))
        self.assertEqual(self.received(), 2)

    def test_a_repetition_without_an_answer_leaves_both_undecided(self):
        row, case = self.unknown_refund(amount=60)
        self.advance(WAIT + 5)
        self.simulator.faults(LOST)
        action = self.decide(case, "action_repeat_refund", "To find out")
        self.assertIn("Nothing was learnt", action["params"]["message"])
        repeated = row.original_id.refund_ids - row
        self.assertEqual((row.state, repeated.state), ("unknown", "unknown"))
        self.assertEqual(repeated.case_ids.kind, "unknown_refund")
        self.assertEqual(row.original_id.refundable_amount, 0)
        self.advance(WAIT + 5)
        self.assertIn("Another refund", self.decide(case, "action_repeat_refund"))
        self.decide(repeated.case_ids, "action_was_refunded")
        self.assertIn("more had gone back", self.decide(case, "action_was_refunded"))
        self.decide(case, "action_was_not_refunded")
        self.assertEqual((row.state, repeated.state), ("failed", "refunded"))
        self.assertFalse(row.order_id.payment_ids.glase_unverified)
        self.assertEqual(case.settled_by, self.pos_admin)

    def test_a_refused_repetition_proves_nothing(self):
        row, case = self.unknown_refund(amount=60)
        self.advance(WAIT + 5)
        self.profile(refunds_allowed=False)
        action = self.decide(case, "action_repeat_refund", "To find out")
        self.assertIn("Nothing was learnt", action["params"]["message"])
        self.assertEqual((row.state, case.state), ("unknown", "open"))

    def test_another_tender_needs_a_manager(self):
        row, case = self.unknown_refund()
        asked = {"order_uuid": row.order_uuid, "reason": "The customer must leave"}
        self.assertEqual(self.door("approve_refund_tender", **asked)["reason"], "approval")
        wrong = self.door("approve_refund_tender", **asked, login="pos_admin", password="guess")
        self.assertEqual(wrong["reason"], "approval")
        no_reason = {"order_uuid": row.order_uuid, "login": "pos_admin", "password": "pos_admin"}
        self.assertEqual(self.door("approve_refund_tender", **no_reason)["reason"], "reason")
        self.assertFalse(row.other_tender_by)
        right = self.door("approve_refund_tender", **{**no_reason, **asked})
        self.assertEqual(right, {"ok": True})
        self.env.invalidate_all()
        self.assertEqual(row.other_tender_by, self.pos_admin)
        self.assertIn("must leave", "".join(case.sudo().message_ids.mapped("body")))
        other = self.door("approve_refund_tender", **{**no_reason, **asked, "order_uuid": "none"})
        self.assertEqual(other["reason"], "not_open")

    def test_a_server_that_died_during_the_call_leaves_it_unknown(self):
        row, _case = self.unknown_refund()
        values = {
            name: row._fields[name].convert_to_write(row[name], row)
            for name in (
                "terminal_id",
                "account_id",
                "company_id",
                "currency_id",
                "environment",
                "config_id",
                "amount",
            )
        }
        original, paid = self.paid_order(100)
        dying = (
            self.env["glase.transaction"]
            .sudo()
            .create(
                {
                    **values,
                    "kind": "refund",
                    "line_uuid": "dying",
                    "attempt": "1",
                    "original_id": paid.id,
                    "cashier": "Maja",
                }
            )
        )
        dying._transition("claim", sent_at=clock.now(self.env.cr))
        self.assertEqual(paid.refundable_amount, 0)
        self.advance(61)
        self.run_job()
        self.assertEqual((dying.state, dying.case_ids.kind), ("unknown", "unknown_refund"))
        order, line = self.refund_order(original, 100)
        self.assertEqual(self.refund(order, line, 100)["reason"], "too_much")

    def test_an_answer_that_comes_after_all_is_believed(self):
        row, case = self.unknown_refund()
        late = state_machine.Evidence("refundPayment", code=0, ers_reference="LATE1")
        row.sudo()._record_answer(late, {"client_reference": row.call_reference, "seconds": 70.0})
        self.assertEqual((row.state, row.ers_reference), ("refunded", "LATE1"))
        self.assertEqual(case.state, "settled")
        self.assertFalse(row.order_id.payment_ids.glase_unverified)

    def test_a_reversal_that_was_not_made_gives_the_payment_back_to_its_order(self):
        order, paid, case = self.finished_beside_an_unknown_reversal(NEVER_CAME)
        self.assertTrue(order.payment_ids.glase_unverified, "it may have been given back")
        self.decide(case, "action_was_not_refunded")
        self.assertFalse(paid.refund_claim)
        self.assertEqual(paid.payment_id, order.payment_ids)
        self.assertFalse(order.payment_ids.glase_unverified)

    def finished_beside_an_unknown_reversal(self, fault=None, edited=0):
        """An order that was finished while nobody knew whether its payment was given back.

        :param dict fault: what becomes of the call of the reversal; by default its answer is lost
        :param edited: by how much the payment was changed in the same moment
        :return: the order, the payment's row and the case of the reversal
        """
        order, line = self.draft_order(self.pos_session, 100)
        self.send(order, line)
        self.customer("pay")
        self.door("status", line_uuid=line, attempt="1")
        paid = self.row(line)
        self.simulator.faults(fault or LOST)
        view = self.door("reverse", line_uuid=line, attempt="1", refund_attempt="r")
        self.assertEqual(view["state"], "unknown")
        case = self.row(line).case_ids
        if edited:
            cash = {"payment_method_id": self.cash_method.id, "amount": edited, "name": "cash"}
            payments = [(1, order.payment_ids.id, {"amount": 100 - edited}), (0, 0, cash)]
            order.with_user(self.pos_admin).write({"payment_ids": payments})
        self.validate(order, line)
        self.assertEqual(order.state, "paid")
        self.advance(WAIT + 5)
        return order, paid, case

    def open_cases(self, *subjects):
        about = [f"{record._name},{record.id}" for records in subjects for record in records]
        cases = self.env["glase.case"].search([("subject", "in", about), ("state", "=", "open")])
        return {(case.kind, case.subject.partition(",")[0]) for case in cases}

    def test_a_finished_order_whose_payment_was_given_back_is_a_case(self):
        order, paid, case = self.finished_beside_an_unknown_reversal()
        self.decide(case, "action_was_refunded")
        payment = order.payment_ids
        self.assertTrue(payment.glase_unverified)
        self.assertEqual(
            self.open_cases(paid, paid.refund_ids, payment), {("unverified_payment", "pos.payment")}
        )

    def test_a_payment_that_is_changed_beside_a_reversal_says_nothing_of_the_refund(self):
        order, paid, case = self.finished_beside_an_unknown_reversal(edited=1)
        self.assertEqual(paid.refund_ids.case_ids.mapped("kind"), ["unknown_refund"])
        self.decide(case, "action_was_refunded")
        payment = order.payment_ids.filtered("glase_unverified")
        self.assertEqual(
            self.open_cases(paid, paid.refund_ids, payment), {("unverified_payment", "pos.payment")}
        )

    def test_a_payment_without_an_order_whose_refund_is_unknown(self):
        order, line = self.draft_order(self.pos_session, 100)
        self.send(order, line)
        self.customer("pay")
        self.door("status", line_uuid=line, attempt="1")
        self.advance(400)
        self.run_job()
        paid = self.row(line)
        self.simulator.faults(LOST)
        with self.office() as env:
            wizard = env["glase.refund"].create({"transaction_id": paid.id, "reason": "Orphan"})
            wizard.action_refund()
        refund = paid.refund_ids
        self.assertEqual((refund.state, paid.refund_claim), ("unknown", "refund"))
        self.advance(WAIT + 5)
        self.decide(refund.case_ids, "action_was_refunded")
        self.assertEqual((refund.case_ids.state, paid.case_ids.state), ("settled", "settled"))
        self.run_job()
        every = self.env["glase.case"].search([("transaction_id", "in", (paid + refund).ids)])
        self.assertEqual(set(every.mapped("state")), {"settled"})
