from odoo.tests import tagged

from ..shared.common import GlaseCommon


@tagged("post_install", "-at_install")
class TestTourCustomerDisplay(GlaseCommon):
    def test_scan_to_pay_comes_and_goes(self):
        config = self.main_pos_config
        self.start_tour(
            f"/pos_customer_display/{config.id}/{config.access_token}",
            "GlaseScanToPay",
            login="pos_user",
        )
