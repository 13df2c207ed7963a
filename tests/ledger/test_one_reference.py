import dataclasses
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tools import mute_logger

from ...glase import Client
from ...rules import state_machine
from ..shared.back_office import BackOfficeCommon
from ..shared.periods import PeriodCommon
from ..shared.verification import VerificationCommon


@contextmanager
def glase_names(method, **named):
    """Let Glase answer a call of the client with what it has named before."""
    real = getattr(Client, method)

    def call(*arguments, **keywords):
        return dataclasses.replace(real(*arguments, **keywords), **named)

    with patch.object(Client, method, call):
        yield


class TestOneReference(PeriodCommon):
    """A reference that another row has already proves nothing (``doc/ledger.md §20``)."""

    def paid_twin(self, amount=30):
        """A bill that the customer has paid, of which Glase says the reference of an earlier one."""
        _order, first = self.paid_order(100)
        order, line = self.sent(amount)
        self.customer("pay")
        return first, order, line

    def assert_nothing_proven(self, order, line):
        """The row has no money of its own: no link, no order, nothing in the books."""
        row = self.row(line)
        self.assertFalse(row.ers_reference)
        self.assertFalse(row.payment_id)
        self.assertEqual(row.refundable_amount, 0)
        payment = order.payment_ids
        self.assertFalse(payment.transaction_id)
        self.assertNotEqual(payment.payment_status, "done")

    def test_paid_with_the_reference_of_another_payment_is_no_proof(self):
        first, order, line = self.paid_twin()
        for _poll in range(2):
            with glase_names("get_payment_status", ers_reference=first.ers_reference):
                view = self.ask(line)
        self.assertEqual(
            (view["state"], view["reference"], view["final"]), ("issued", False, False)
        )
        self.assertIn("no proof", view["message"])
        self.assert_nothing_proven(order, line)
        self.assertEqual(self.cases(line), ["reference_twice"])
        row = self.row(line)
        self.assertIn(first.ers_reference, row.case_ids.summary)
        self.assertIn(first.display_name, row.case_ids.summary)
        heard = row.event_ids.filtered(lambda event: event.outcome == "of_another")
        self.assertEqual(heard.mapped("ers_reference"), [first.ers_reference])
        self.assertEqual(heard.count, 2, "the same was said twice")
        self.assertEqual(self.replayed(row), "issued")
        # Whatever the till says: nothing proves the order, and it is never thrown back.
        self.validate(order, line)
        self.assertEqual(order.state, "paid")
        self.assertTrue(order.payment_ids.glase_unverified)
        self.assertEqual(self.cases(line), ["reference_twice", "unverified_payment"])

    def test_the_right_answer_after_a_wrong_one_is_believed(self):
        first, order, line = self.paid_twin()
        with glase_names("get_payment_status", ers_reference=first.ers_reference):
            self.ask(line)
        view = self.ask(line)
        self.assertEqual(view["state"], "paid")
        self.assertNotEqual(view["reference"], first.ers_reference)
        self.validate(order, line)
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertEqual(self.cases(line), [])
        self.assertEqual(self.replayed(self.row(line)), "paid")

    def test_the_reference_of_another_account_company_or_verification_counts(self):
        first, _order, line = self.paid_twin()
        other = self.account.sudo().copy(
            {"name": "Other address", "endpoint": "https://b.example/x"}
        )
        first.sudo().write(
            {"account_id": other.id, "company_id": self.env["res.company"].create({"name": "B"}).id}
        )
        self.env.flush_all()
        with glase_names("get_payment_status", ers_reference=first.ers_reference):
            self.assertEqual(self.ask(line)["state"], "issued")
        verification = (
            self.env["glase.verification"]
            .sudo()
            .create({"account_id": self.account.id, "environment": "test"})
        )
        bill = (
            self.env["glase.verification.bill"]
            .sudo()
            .create(
                {"verification_id": verification.id, "key": "pay", "refund_reference": "R-1234567"}
            )
        )
        self.env.flush_all()
        with glase_names("get_payment_status", ers_reference=bill.refund_reference):
            self.assertEqual(self.ask(line)["state"], "issued")
        # Another environment is another Glase.
        first.sudo().environment = "production"
        self.env.flush_all()
        with glase_names("get_payment_status", ers_reference=first.ers_reference):
            self.assertEqual(self.ask(line)["state"], "paid")

    def test_a_row_that_was_left_open_holds_no_till_and_has_an_end(self):
        first, _order, line = self.paid_twin()
        with glase_names("get_payment_status", ers_reference=first.ers_reference):
            self.ask(line)
            self.leave(line)
            self.run_job()
            self.advance(31)
            self.run_job()
        row = self.row(line)
        self.assertEqual((row.state, row.released), ("issued", True))
        other, other_line = self.draft_order(self.pos_session, 5)
        self.assertEqual(self.send(other, other_line)["state"], "issued")
        case = row.case_ids
        with self.office() as env:
            case = case.with_env(env)
            self.assertTrue(case.can_say_unpaid)
            case.reason = "Glase's support: it was never paid"
            case.action_not_paid()
        self.assertEqual((row.state, self.cases(line)), ("canceled", []))

    def test_a_bill_with_the_number_of_another_is_a_lost_send(self):
        _order, first = self.paid_order(100)
        order, line = self.draft_order(self.pos_session, 30)
        with glase_names("send_invoice", invoice_reference=first.invoice_reference):
            view = self.send(order, line)
        self.assertEqual((view["state"], view["invoice_reference"]), ("unknown", False))
        self.assertIn("the number of another", view["message"])
        self.assertEqual(self.cases(line), ["reference_twice"])
        before = self.simulator.journal()["calls"]
        self.ask(line)
        asked = self.simulator.journal()["calls"][len(before) :]
        self.assertNotIn("getPaymentStatus", [call["operation"] for call in asked])
        self.assertEqual(self.send(order, line, attempt="2")["state"], "issued")

    def test_a_refund_with_the_reference_of_another_row_is_unknown(self):
        order, original = self.paid_order(100)
        _other, other = self.paid_order(20)
        made, line = self.refund_order(order, 20)
        refunded = self.refund(made, line, 20)["reference"]
        for reference in (other.ers_reference, refunded):
            refund_order, line = self.refund_order(order, 10)
            with glase_names("refund_payment", ers_reference=reference):
                view = self.refund(refund_order, line, 10)
            self.assertEqual((view["state"], view["reference"]), ("unknown", False))
            self.assertIn("a manager finds out", view["message"])
            self.assertEqual(self.cases(line), ["reference_twice", "unknown_refund"])
            self.assertEqual(self.replayed(self.row(line)), "unknown")
        self.assertEqual(original.refundable_amount, 60, "what is not known counts as given back")

    def test_a_refund_may_have_the_reference_of_its_own_payment(self):
        self.profile(refund_reference="payment")
        order, original = self.paid_order(100)
        for _refund in range(2):
            refund_order, line = self.refund_order(order, 10)
            view = self.refund(refund_order, line, 10)
            self.assertEqual(
                (view["state"], view["reference"]), ("refunded", original.ers_reference)
            )
            self.assertEqual(self.cases(line), [])
        self.assertEqual(self.ask(original.line_uuid)["state"], "paid")
        self.assertFalse(original.case_ids)

    def test_a_report_that_names_another_rows_payment_is_not_believed(self):
        """What a manager takes over from a report is judged like any answer."""
        first, _order, line = self.paid_twin()
        row = self.row(line).sudo()
        believed = state_machine.Evidence(
            "executeReport", code=0, ers_reference=first.ers_reference
        )
        row._record_answer(believed, {"message": False})
        self.assertEqual((row.state, self.cases(line)), ("issued", ["reference_twice"]))

    def test_a_period_with_the_id_of_another_is_a_mark_that_nobody_knows(self):
        self.paid_order(100)
        first = self.closed_and_settled()
        self.next_day()
        self.paid_order(30)
        with glase_names("mark_transaction_period", transaction_period_id=first.identifier):
            second = self.close()
            self.work()
            self.assertEqual((second.state, second.identifier), ("mark_unknown", False))
            case = self.env["glase.case"].search([("period_id", "=", second.id)])
            self.assertEqual((case.kind, case.state), ("reference_twice", "open"))
            self.assertIn(first.identifier, case.summary)
            self.work(61)
            again = self.period()
            self.assertEqual((again.state, again.replaces_id), ("mark_unknown", second))
            self.work(61)
            self.assertEqual(self.period(), again, "it is not marked again and again")
        self.next_day()
        self.paid_order(40)
        last = self.closed_and_settled()
        # What the marks have taken with them is found by the next report, as after any lost mark.
        self.assertEqual((last.report_total, second.state), (40, "differences"))
        self.assertEqual(self.kinds(second), ["unreported"])


class TestOneTerminal(BackOfficeCommon):
    @mute_logger("odoo.addons.pos_glase.models.registration.glase_terminal_registration")
    def test_a_terminal_with_the_id_of_another_is_not_registered(self):
        ended = self._registered_terminal(self.main_pos_config.copy({"name": "Third till"}))
        ended.sudo().write({"state": "retired", "active": False})
        self.env.flush_all()
        for held in (self.terminal, ended):
            with glase_names("register_terminal", terminal_id=held.terminal_identifier):
                answer = self.till_call("glase_till_register")
            self.assertFalse(answer["ok"])
            self.assertIn(held.terminal_identifier, answer["message"])
            draft = self.env["glase.terminal"].search([("config_id", "=", self.till.id)])
            self.assertEqual(
                (draft.state, draft.terminal_identifier, draft.busy_since),
                ("draft", False, False),
            )
        self.assertTrue(self.till_call("glase_till_register")["ok"])


class TestOneReferenceInAVerification(VerificationCommon):
    def test_a_step_is_not_passed_with_what_another_has(self):
        run = self.new_run()
        bills = self.env["glase.verification.bill"].sudo()
        before = bills.create(
            {"verification_id": run.id, "key": "before", "invoice_reference": "20180814093055127"}
        )
        self.env.flush_all()
        self.press(run, "action_start")
        with glase_names("send_invoice", invoice_reference=before.invoice_reference):
            self.play(run, until=lambda: run.bill_ids - before)
        self.assertFalse((run.bill_ids - before).filtered("invoice_reference"))
