from datetime import timedelta
from unittest.mock import patch
from urllib.parse import quote

from odoo.tests import tagged

from ...rules import certification_judge
from ..shared.verification import VerificationCommon


@tagged("post_install", "-at_install")
class TestTourVerify(VerificationCommon):
    """*Verify Integration* in a real browser; the customer's phone is the simulator's JSON API."""

    def page(self, tour):
        self.env.flush_all()
        path = f"/odoo/action-pos_glase.glase_account_action/{self.account.id}"
        address = f"{path}?glase_simulator={quote(self.simulator.url)}"
        self.start_tour(address, tour, login="glase_admin", timeout=180)
        self.env.invalidate_all()
        return self.account.verification_ids.filtered("started_at")

    def test_the_whole_sheet(self):
        # The thirty seconds without a payment are the sheet's; other tests wait them by the clock.
        with patch.object(certification_judge, "QUIET_FOR", timedelta(seconds=3)):
            run = self.page("GlaseVerify")
        self.assertEqual(run.state, "passed", run.step_ids.mapped("verdict"))
        self.assert_nothing_left(run)
        with self.office(self.admin) as env:
            action = env["glase.verification"].browse(run.id).action_download()
        self.authenticate("glase_admin", "glase_admin")
        answer = self.url_open(action["url"])
        self.assertIn("sendInvoice", answer.text)
        self.assertNotIn(run.password or "no password is kept", answer.text)

    def test_stopped_in_the_middle(self):
        run = self.page("GlaseVerifyStop")
        self.assertEqual((run.state, run.left_behind), ("stopped", False))
        self.assert_nothing_left(run)
