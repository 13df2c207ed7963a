from odoo.exceptions import UserError

from ...models.accounts import account_simulator
from ...simulator import Simulator
from ..shared.back_office import BackOfficeCommon


class TestScenarios(BackOfficeCommon):
    """What the simulator does to the next payment is chosen on its account, as test cards do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.play = cls.env["glase.account"].create(
            {"name": "Play", "company_id": cls.company.id, "environment": "simulator"}
        )

    def choose(self, name, user=None):
        account = self.play.with_user(user or self.pos_admin).with_context(scenario=name)
        self.addCleanup(
            account_simulator.choose, self.play._simulator(), account_simulator.AS_USUAL
        )
        return account.action_simulate()

    def test_each_one_is_said_and_as_usual_ends_it(self):
        for name, scenario in account_simulator.SCENARIOS.items():
            with self.subTest(name):
                self.choose(name)
                self.env.invalidate_all()
                words = self.play.with_user(self.pos_admin).scenario_words
                self.assertEqual(bool(words), bool(scenario.faults))
                self.assertEqual(len(self.play._simulator().faults()), len(scenario.faults))
                self.choose(account_simulator.AS_USUAL)
                self.env.invalidate_all()
                self.assertFalse(self.play.scenario_words)

    def test_each_button_of_the_form_is_a_scenario(self):
        arch = self.env["glase.account"].get_view(view_type="form")["arch"]
        for name in account_simulator.SCENARIOS:
            self.assertIn(f"'scenario': '{name}'", arch)
        self.assertEqual(arch.count("'scenario': '"), len(account_simulator.SCENARIOS))

    def test_what_they_do_the_simulator_understands(self):
        simulator = Simulator()
        self.addCleanup(simulator.close)
        for name in account_simulator.SCENARIOS:
            account_simulator.choose(simulator, name)

    def test_a_real_glase_has_no_scenario(self):
        with self.refused(UserError, "does not use the simulator"):
            self.account.with_user(self.pos_admin).with_context(scenario="slow").action_simulate()
        self.assertFalse(self.account.scenario_words)

    def test_what_is_no_scenario_is_refused(self):
        for name in (None, "", "as usual", "__class__", 7, ["slow"]):
            with self.subTest(name), self.refused(UserError, "Choose what"):
                self.choose(name)
