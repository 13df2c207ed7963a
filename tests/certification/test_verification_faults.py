from ...models.certification import protocol
from ..shared.verification import VerificationCommon


class TestVerificationFaults(VerificationCommon):
    """What goes wrong is said in the protocol, and nothing is left behind."""

    def test_nobody_scans(self):
        run = self.started()
        self.play(run, customer=None)
        self.assertEqual(run.state, "failed")
        verdicts = self.verdicts(run)
        self.assertEqual((verdicts["pay"], verdicts["refund_pay"]), ("failed", "failed"))
        self.assertEqual((verdicts["receipt"], verdicts["refund"]), ("skipped", "skipped"))
        self.assertEqual((verdicts["cancel"], verdicts["mark"]), ("ok", "ok"))
        self.assertIn("Nobody has paid", protocol.text(run))
        self.assert_nothing_left(run)

    def test_the_customer_declines(self):
        run = self.started()
        self.play(run, customer="decline")
        self.assertEqual(self.verdicts(run)["pay"], "failed")
        self.assert_nothing_left(run)
        # Two points of the sheet have a step of this title: it is said which one is meant.
        needs = {step.key: step.verdict for step in run.step_ids if step.state == "skipped"}
        self.assertEqual(needs["receipt"], "Needs “4. Ask until the customer has paid”")
        self.assertEqual(needs["refund"], "Needs “7. Ask until the customer has paid”")

    def test_a_poll_that_is_lost_while_somebody_scans_is_asked_again(self):
        run = self.started()
        self.play(run, until=lambda: self.verdicts(run)["pay"] == "doing", customer=None)
        self.simulator.faults({"operation": "getPaymentStatus", "kind": "drop-after", "count": 3})
        self.play(run)
        self.assertEqual(run.state, "passed")

    def test_repeated_after_a_failure(self):
        self.account.sudo().reseller_password = "wrong"
        run = self.started()
        self.play(run)
        self.assertEqual(self.verdicts(run)["register"], "failed")
        self.assertIn("20", run.step_ids[0].verdict)
        self.account.sudo().reseller_password = "demo"
        action = self.press(run, "action_again")
        again = self.env["glase.verification"].browse(action["res_id"])
        self.assertNotEqual(again, run)
        self.assertEqual(again.glase_id, run.glase_id)
        self.press(again, "action_start")
        self.play(again)
        self.assertEqual(again.state, "passed")
        self.assert_nothing_left(again)

    def test_while_glase_answers_no_invoice_a_lost_one_is_replaced_with_pauses(self):
        run = self.started()
        self.play(run, until=lambda: self.verdicts(run)["assign"] == "ok")
        self.simulator.faults({"operation": "sendInvoice", "kind": "drop-after", "count": 100})
        self.play(run, until=lambda: self.verdicts(run)["refund_send"] == "failed")
        self.press(run, "action_stop")
        sent = len(run.bill_ids)
        for _second in range(5):
            self.press(run, "action_advance")
        self.assertEqual(len(run.bill_ids), sent + 1)
        self.simulator.faults()
        self.play(run)
        self.assertEqual((run.state, run.left_behind), ("stopped", False))
        self.assertEqual(set(run.bill_ids.mapped("state")), {"ended"})
        self.assert_nothing_left(run)

    def test_refunds_that_are_refused_are_left_for_a_person(self):
        run = self.started()
        self.play(run, until=lambda: self.verdicts(run)["pay"] == "ok")
        self.profile(refunds_allowed=False)
        self.play(run)
        self.assertEqual(run.state, "failed")
        self.assertIn("was not given back", run.left_behind)
        self.assertTrue(run.unregistered_at)
