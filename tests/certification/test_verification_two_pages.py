from odoo.exceptions import UserError

from ...models.certification import protocol
from ..shared.verification import VerificationCommon


class TestVerificationTwoPages(VerificationCommon):
    """Two administrators have one verification open: nothing is done twice, and nothing is lost."""

    def calls_of(self, operation):
        every = self.simulator.journal()["calls"][len(self.before["calls"]) :]
        return [call for call in every if operation in ("*", call["operation"])]

    def both(self, run, button):
        """Both pages show the button, and both press it."""
        return [self.press(run, button) for _page in range(2)]

    def history(self, run):
        return [line.partition("UTC: ")[2] for line in (run.history or "").splitlines()]

    def test_both_start_the_same_run(self):
        run = self.new_run()
        page = self.page_of(run)
        self.assertEqual([self.start_on(page, run), self.start_on(page, run)], [True, True])
        self.assertEqual(run.state, "running")
        self.assertEqual(len(run.step_ids), len(set(run.step_ids.mapped("key"))))
        again = self.refused(UserError, "started already. Reload the page")
        with again, self.office(self.admin) as env:
            env["glase.verification"].browse(run.id).amount = 2
        self.both(run, "action_advance")
        self.press(run, "action_stop")
        self.play(run)
        self.assert_nothing_left(run)

    def test_nobody_starts_what_his_page_does_not_show(self):
        run = self.new_run()
        for values in ({"amount": 500}, {"glase_id": "ANOTHER1"}):
            with self.subTest(values):
                page = self.page_of(run)
                with self.office(self.admin) as env:
                    env["glase.verification"].browse(run.id).write(values)
                told = self.start_on(page, run)
                self.assertIn("Another page has changed this", told["params"]["message"])
                self.assertEqual(run.state, "draft")
        self.assertFalse(self.calls_of("registerTerminal"))

    def test_of_two_that_were_made_the_one_that_was_started_is_shown(self):
        run = self.new_run()
        self.env["glase.verification"].sudo().create({"account_id": self.account.id})
        self.press(run, "action_start")
        with self.office(self.admin) as env:
            action = env["glase.account"].browse(self.account.id).action_verify()
        self.assertEqual(action["res_id"], run.id)
        self.press(run, "action_stop")
        self.play(run)

    def test_all_is_pressed_on_both(self):
        """Start, pause, resume, stop and clean up, each from both, who both ask for the next step."""
        run = self.new_run()
        self.both(run, "action_start")
        real = self.press

        def from_both(record, button):
            if button == "action_advance":
                real(record, button)
            return real(record, button)

        self.press = from_both
        self.play(run, until=lambda: self.verdicts(run)["pay"] == "doing", customer=None)
        self.both(run, "action_pause")
        self.play(run, until=lambda: run.state == "paused", customer=None)
        self.both(run, "action_pause")
        self.assertEqual(run.state, "paused")
        self.both(run, "action_resume")
        self.play(run, until=lambda: self.verdicts(run)["pay"] == "ok")
        self.both(run, "action_stop")
        self.both(run, "action_pause")
        self.both(run, "action_resume")
        self.play(run)
        views = self.both(run, "action_advance")
        self.assertEqual([view["state"] for view in views], ["stopped", "stopped"])
        self.assertFalse(run.left_behind)
        self.assert_nothing_left(run)
        self.assertEqual(
            self.history(run),
            [
                "Pause was pressed",
                "Paused",
                "Resumed",
                "Stop and Clean Up was pressed",
                "Stopped: what is open is cleaned up",
            ],
        )
        self.assert_each_call_is_there_once(run)

    def assert_each_call_is_there_once(self, run):
        for operation in (
            "registerTerminal",
            "assignSeqrId",
            "refundPayment",
            "unregisterTerminal",
        ):
            self.assertEqual(len(self.calls_of(operation)), 1, operation)
        every = [one for one in self.calls_of("*") if one["operation"] != "benchmarkingNop"]
        self.assertEqual(sum(run.exchange_ids.mapped("count")), len(every))
        text = protocol.text(run)
        for call in every:
            self.assertEqual(
                text.count(f"client reference {call['client_reference']}"), 1, call["operation"]
            )
