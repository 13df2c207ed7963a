from urllib.parse import quote

from odoo.tests import tagged

from ..shared.go_live import GoLiveCommon


@tagged("post_install", "-at_install")
class TestTourGoLive(GoLiveCommon):
    """*Go live* and *Back to test* in a real browser, with two simulators in their roles."""

    def page(self, account, tour):
        self.env.flush_all()
        path = f"/odoo/action-pos_glase.glase_account_action/{account.id}"
        address = f"{path}?endpoint={quote(self.production.endpoint)}"
        self.start_tour(address, tour, login="glase_admin", timeout=180)
        self.env.invalidate_all()

    def test_go_live_and_back(self):
        self.page(self.account, "GlaseGoLive")
        self.assertEqual(self.live().environment, "production")
        self.assertEqual(self.live().endpoint, self.production.endpoint)
        production = self.live().account_id
        self.page(production, "GlaseBackToTest")
        self.assertEqual(self.live(), self.terminal)
        self.assertEqual(self.live(self.till), self.second)
        self.assertEqual((production.active, self.account.active), (False, True))
