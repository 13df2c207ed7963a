from ...models.certification import protocol
from ...rules.certification_sheet import CLEAN, SHEET
from ..shared.soak import some
from ..shared.verification import VerificationCommon

ENDED = ("ok", "failed", "skipped")
# What a person is told to do, where Glase's silence leaves nobody able to know.
LEFT_AFTER_SILENCE = {
    "register": "Nobody knows its terminal id",
    "refund": "It is not known whether",
}


class TestVerificationEachStep(VerificationCommon):
    """Each step of the sheet fails once: the protocol says so, and nothing is left behind."""

    def play_with(self, step, fault):
        """Run the sheet; the first call of one step meets a fault, and no other call does.

        :param SheetStep step: the step that fails
        :param dict fault: what the simulator does to that call
        :return: the run, which has ended
        """
        run = self.started()
        index = SHEET.index(step)
        if any(earlier.operation == step.operation for earlier in SHEET[:index]):
            before = SHEET[index - 1].key
            self.play(run, until=lambda: self.verdicts(run)[before] in ENDED)
        self.simulator.faults({"operation": step.operation, "count": 1, **fault})
        self.play(run)
        self.simulator.faults()
        return run

    def assert_told(self, run, step):
        failed = run.step_ids.filtered(lambda one: one.key == step.key)
        self.assertEqual((run.state, failed.state), ("failed", "failed"), failed.verdict)
        self.assertTrue(failed.verdict)
        self.assertIn(failed.verdict, protocol.text(run))
        return failed

    def test_a_wrong_login_at_each_step(self):
        for step in some([one for one in SHEET if one.expects != "settled"], 3):
            with self.subTest(step.key):
                run = self.play_with(step, {"kind": "code", "code": 20})
                self.assertIn("20", self.assert_told(run, step).verdict)
                self.assertFalse(run.left_behind)
                self.assert_nothing_left(run)

    def test_a_lost_answer_at_each_step_that_asks_once(self):
        asking = ("settled", "paid", "unpaid_for_30_seconds")
        once = [one for one in SHEET if one.expects not in asking]
        tried = some(once, 4, first=1)
        for step in once:
            if step not in tried and step.key not in LEFT_AFTER_SILENCE:
                continue
            with self.subTest(step.key):
                run = self.play_with(step, {"kind": "drop-after"})
                self.assert_told(run, step)
                left = LEFT_AFTER_SILENCE.get(step.key)
                if left:
                    self.assertIn(left, run.left_behind)
                else:
                    self.assertFalse(run.left_behind)
                    self.assert_nothing_left(run)
                self.before = self.simulator.journal()

    def test_a_lost_answer_while_it_is_waited_for_is_asked_again(self):
        waiting = [s for s in SHEET if s.expects in ("paid", "unpaid_for_30_seconds")]
        for step in waiting:
            with self.subTest(step.key):
                run = self.play_with(step, {"kind": "drop-after"})
                self.assertEqual(run.state, "passed")
                heard = run.step_ids.filtered(lambda one, step=step: one.key == step.key)
                self.assertIn("no_answer", heard.exchange_ids.mapped("outcome"))
                self.assert_nothing_left(run)

    def test_lost_answers_while_it_is_cleaned_up(self):
        run = self.started()
        self.play(run, until=lambda: self.verdicts(run)["pay"] == "ok")
        self.simulator.faults(
            {"operation": "unregisterTerminal", "kind": "drop-before", "count": 2}
        )
        self.press(run, "action_stop")
        self.play(run)
        self.simulator.faults()
        self.assertEqual((run.state, self.verdicts(run)[CLEAN]), ("stopped", "ok"))
        self.assert_nothing_left(run)
