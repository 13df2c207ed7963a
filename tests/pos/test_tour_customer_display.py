from odoo.tests import tagged

from ..shared.common import GlaseCommon


@tagged("post_install", "-at_install")
class TestTourCustomerDisplay(GlaseCommon):
    def test_each_state_is_shown_and_goes(self):
        config = self.main_pos_config
        self.start_tour(
            f"/pos_customer_display/{config.id}/{config.access_token}",
            "GlaseDisplay",
            login="pos_user",
        )
