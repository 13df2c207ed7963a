from .verification import VerificationCommon


class TestVerification(VerificationCommon):
    """The certification sheet, run without hands against the simulator."""

    def test_the_whole_sheet_passes(self):
        run = self.started()
        self.play(run)
        verdicts = [(step.key, step.state, step.verdict) for step in run.step_ids]
        self.assertEqual(run.state, "passed", verdicts)
        self.assertEqual(set(self.verdicts(run).values()), {"ok"})
        self.assertFalse(run.left_behind)
        self.assertTrue(run.finished_at)
        ids = self.assert_nothing_left(run)
        self.assertEqual(ids, {run.terminal_identifier})
        self.assertEqual(self.account._last_verification(), run)
