from odoo.tests import BaseCase, tagged

from ..rules import state_machine
from ..rules.state_machine import Evidence, Row, judge


@tagged("post_install", "-at_install")
class TestLedgerRules(BaseCase):
    """The state machine by itself: what each answer does to a row in each state."""

    def test_send_is_issued_only_with_a_reference(self):
        sending = Row(state=state_machine.SENDING)
        answered = Evidence("sendInvoice", code=0, invoice_reference="17")
        self.assertEqual(judge(sending, answered).state, state_machine.ISSUED)
        self.assertEqual(judge(sending, answered).values["invoice_reference"], "17")
        self.assertEqual(
            judge(sending, Evidence("sendInvoice", code=0)).state, state_machine.UNKNOWN
        )

    def test_send_fails_only_with_proof(self):
        sending = Row(state=state_machine.SENDING)
        for code in range(1, 100):
            with self.subTest(code=code):
                state = judge(sending, Evidence("sendInvoice", code=code)).state
                proof = code in state_machine.PROOF_OF_FAILURE
                self.assertEqual(state, state_machine.FAILED if proof else state_machine.UNKNOWN)
        never = Evidence("sendInvoice", state_machine.NEVER_SENT)
        self.assertEqual(judge(sending, never).state, state_machine.FAILED)
        for outcome in (state_machine.NO_ANSWER, state_machine.UNREADABLE):
            lost = Evidence("sendInvoice", outcome)
            self.assertEqual(judge(sending, lost).state, state_machine.UNKNOWN)

    def test_late_send_answer_leaves_a_lost_row_lost(self):
        late = Evidence("sendInvoice", code=0, invoice_reference="17")
        verdict = judge(Row(state=state_machine.UNKNOWN), late)
        self.assertEqual(verdict.state, state_machine.UNKNOWN)
        self.assertEqual(verdict.values["invoice_reference"], "17")

    def test_paid_moves_every_state(self):
        paid = Evidence("getPaymentStatus", code=0, status="PAID", ers_reference="E1", version=3)
        for state, _label in state_machine.STATES:
            with self.subTest(state=state):
                verdict = judge(Row(state=state), paid)
                self.assertEqual(verdict.state, state_machine.PAID)
                late = state in state_machine.FINAL and state != state_machine.PAID
                self.assertEqual(verdict.cases, ("paid_late",) if late else ())

    def test_paid_without_reference_is_not_paid(self):
        verdict = judge(
            Row(state=state_machine.ISSUED), Evidence("getPaymentStatus", code=0, status="PAID")
        )
        self.assertEqual(verdict.state, state_machine.ISSUED)
        self.assertEqual(verdict.cases, ("paid_without_reference",))

    def test_canceled_after_paid_changes_nothing(self):
        verdict = judge(
            Row(state=state_machine.PAID, invoice_version=3),
            Evidence("getPaymentStatus", code=0, status="CANCELED", version=9),
        )
        self.assertEqual((verdict.state, verdict.values), (state_machine.PAID, {}))

    def test_older_version_changes_nothing(self):
        verdict = judge(
            Row(state=state_machine.ISSUED, invoice_version=4),
            Evidence("getPaymentStatus", code=0, status="CANCELED", version=3),
        )
        self.assertEqual(verdict.state, state_machine.ISSUED)

    def test_answer_without_version_is_believed(self):
        verdict = judge(
            Row(state=state_machine.ISSUED, invoice_version=4),
            Evidence("getPaymentStatus", code=0, status="CANCELED"),
        )
        self.assertEqual(verdict.state, state_machine.CANCELED)

    def test_final_unpaid_status_after_already_paid_is_reversed(self):
        for status in ("CANCELED", "FAILED", "EXPIRED"):
            with self.subTest(status=status):
                row = Row(state=state_machine.ISSUED, said_paid=True)
                verdict = judge(row, Evidence("getPaymentStatus", code=0, status=status))
                self.assertEqual(verdict.state, state_machine.REVERSED)

    def test_cancel_answer_never_ends_a_row(self):
        for code in range(100):
            with self.subTest(code=code):
                verdict = judge(
                    Row(state=state_machine.ISSUED), Evidence("cancelInvoice", code=code)
                )
                self.assertEqual(verdict.state, state_machine.ISSUED)
                certain = code in (0, 50, 55, 58, 95)
                self.assertEqual("cancel_code" in verdict.values, certain)

    def test_unknown_and_intermediate_statuses_are_not_final(self):
        for status in ("ISSUED", "RESERVED", "PENDING_ISSUER_ACKNOWLEDGE", "BAKED", None):
            with self.subTest(status=status):
                verdict = judge(
                    Row(state=state_machine.ISSUED),
                    Evidence("getPaymentStatus", code=0, status=status, version=2),
                )
                self.assertEqual(verdict.state, state_machine.ISSUED)
                self.assertEqual(verdict.values, {"invoice_version": 2})

    def test_broken_set_up_on_a_poll_is_a_case_and_no_end(self):
        for code in state_machine.SETUP_CODES:
            with self.subTest(code=code):
                verdict = judge(
                    Row(state=state_machine.ISSUED), Evidence("getPaymentStatus", code=code)
                )
                self.assertEqual(verdict.state, state_machine.ISSUED)
                self.assertEqual(verdict.cases, ("not_answered_for_till",))

    def test_lost_poll_leaves_the_row(self):
        for outcome in (
            state_machine.NEVER_SENT,
            state_machine.NO_ANSWER,
            state_machine.UNREADABLE,
        ):
            verdict = judge(Row(state=state_machine.ISSUED), Evidence("getPaymentStatus", outcome))
            self.assertEqual(verdict.state, state_machine.ISSUED)

    def test_cancel_pauses_grow_and_stay(self):
        pauses = [state_machine.cancel_pause(tries).total_seconds() for tries in range(1, 12)]
        self.assertEqual(pauses, sorted(pauses))
        self.assertEqual(pauses[-1], 300)
