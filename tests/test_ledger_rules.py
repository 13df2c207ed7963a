from odoo.tests import BaseCase, tagged

from ..models import ledger
from ..models.ledger import Evidence, Row, judge


@tagged("post_install", "-at_install")
class TestLedgerRules(BaseCase):
    """The state machine by itself: what each answer does to a row in each state."""

    def test_send_is_issued_only_with_a_reference(self):
        sending = Row(state=ledger.SENDING)
        answered = Evidence("sendInvoice", code=0, invoice_reference="17")
        self.assertEqual(judge(sending, answered).state, ledger.ISSUED)
        self.assertEqual(judge(sending, answered).values["invoice_reference"], "17")
        self.assertEqual(judge(sending, Evidence("sendInvoice", code=0)).state, ledger.UNKNOWN)

    def test_send_fails_only_with_proof(self):
        sending = Row(state=ledger.SENDING)
        for code in range(1, 100):
            with self.subTest(code=code):
                state = judge(sending, Evidence("sendInvoice", code=code)).state
                proof = code in ledger.PROOF_OF_FAILURE
                self.assertEqual(state, ledger.FAILED if proof else ledger.UNKNOWN)
        never = Evidence("sendInvoice", ledger.NEVER_SENT)
        self.assertEqual(judge(sending, never).state, ledger.FAILED)
        for outcome in (ledger.NO_ANSWER, ledger.UNREADABLE):
            lost = Evidence("sendInvoice", outcome)
            self.assertEqual(judge(sending, lost).state, ledger.UNKNOWN)

    def test_late_send_answer_leaves_a_lost_row_lost(self):
        late = Evidence("sendInvoice", code=0, invoice_reference="17")
        verdict = judge(Row(state=ledger.UNKNOWN), late)
        self.assertEqual(verdict.state, ledger.UNKNOWN)
        self.assertEqual(verdict.values["invoice_reference"], "17")

    def test_paid_moves_every_state(self):
        paid = Evidence("getPaymentStatus", code=0, status="PAID", ers_reference="E1", version=3)
        for state, _label in ledger.STATES:
            with self.subTest(state=state):
                verdict = judge(Row(state=state), paid)
                self.assertEqual(verdict.state, ledger.PAID)
                late = state in ledger.FINAL and state != ledger.PAID
                self.assertEqual(verdict.cases, ("paid_late",) if late else ())

    def test_paid_without_reference_is_not_paid(self):
        verdict = judge(
            Row(state=ledger.ISSUED), Evidence("getPaymentStatus", code=0, status="PAID")
        )
        self.assertEqual(verdict.state, ledger.ISSUED)
        self.assertEqual(verdict.cases, ("paid_without_reference",))

    def test_canceled_after_paid_changes_nothing(self):
        verdict = judge(
            Row(state=ledger.PAID, invoice_version=3),
            Evidence("getPaymentStatus", code=0, status="CANCELED", version=9),
        )
        self.assertEqual((verdict.state, verdict.values), (ledger.PAID, {}))

    def test_older_version_changes_nothing(self):
        verdict = judge(
            Row(state=ledger.ISSUED, invoice_version=4),
            Evidence("getPaymentStatus", code=0, status="CANCELED", version=3),
        )
        self.assertEqual(verdict.state, ledger.ISSUED)

    def test_answer_without_version_is_believed(self):
        verdict = judge(
            Row(state=ledger.ISSUED, invoice_version=4),
            Evidence("getPaymentStatus", code=0, status="CANCELED"),
        )
        self.assertEqual(verdict.state, ledger.CANCELED)

    def test_final_unpaid_status_after_already_paid_is_reversed(self):
        for status in ("CANCELED", "FAILED", "EXPIRED"):
            with self.subTest(status=status):
                row = Row(state=ledger.ISSUED, said_paid=True)
                verdict = judge(row, Evidence("getPaymentStatus", code=0, status=status))
                self.assertEqual(verdict.state, ledger.REVERSED)

    def test_cancel_answer_never_ends_a_row(self):
        for code in range(100):
            with self.subTest(code=code):
                verdict = judge(Row(state=ledger.ISSUED), Evidence("cancelInvoice", code=code))
                self.assertEqual(verdict.state, ledger.ISSUED)
                certain = code in (0, 50, 55, 58, 95)
                self.assertEqual("cancel_code" in verdict.values, certain)

    def test_unknown_and_intermediate_statuses_are_not_final(self):
        for status in ("ISSUED", "RESERVED", "PENDING_ISSUER_ACKNOWLEDGE", "BAKED", None):
            with self.subTest(status=status):
                verdict = judge(
                    Row(state=ledger.ISSUED),
                    Evidence("getPaymentStatus", code=0, status=status, version=2),
                )
                self.assertEqual(verdict.state, ledger.ISSUED)
                self.assertEqual(verdict.values, {"invoice_version": 2})

    def test_broken_set_up_on_a_poll_is_a_case_and_no_end(self):
        for code in ledger.SETUP_CODES:
            with self.subTest(code=code):
                verdict = judge(Row(state=ledger.ISSUED), Evidence("getPaymentStatus", code=code))
                self.assertEqual(verdict.state, ledger.ISSUED)
                self.assertEqual(verdict.cases, ("not_answered_for_till",))

    def test_lost_poll_leaves_the_row(self):
        for outcome in (ledger.NEVER_SENT, ledger.NO_ANSWER, ledger.UNREADABLE):
            verdict = judge(Row(state=ledger.ISSUED), Evidence("getPaymentStatus", outcome))
            self.assertEqual(verdict.state, ledger.ISSUED)

    def test_cancel_pauses_grow_and_stay(self):
        pauses = [ledger.cancel_pause(tries).total_seconds() for tries in range(1, 12)]
        self.assertEqual(pauses, sorted(pauses))
        self.assertEqual(pauses[-1], 300)
