from odoo.tests import tagged

from ..pos.test_tour_payments import GlaseTourCommon


@tagged("post_install", "-at_install")
class TestTourTerminal(GlaseTourCommon):
    def test_assign_by_scan(self):
        """A manager scans a new sticker, and the till takes its first payment without a reload."""
        self.terminal.sudo().write({"glase_id": False, "state": "registered"})
        self.till("GlaseAssignByScan", login="pos_admin")
        self.assertEqual(self.terminal.glase_id, "SCANNED42")
        self.assertEqual(self.terminal.state, "ready")
        self.assert_paid(self.orders(), self.rows(), 5.10)

    def test_scanned_in_the_office(self):
        """Each scan takes the place of the one before; only Assign assigns."""
        self.terminal.sudo().write({"glase_id": False, "state": "registered"})
        self.env["product.product"].create({"name": "Cola", "barcode": "5410013101703"})
        self.env.flush_all()
        path = f"/odoo/action-pos_glase.glase_terminal_action/{self.terminal.id}"
        self.start_tour(path, "GlaseAssignInTheOffice", login="pos_admin", timeout=120)
        self.env.invalidate_all()
        self.assertEqual(self.terminal.glase_id, "scana111")

    def test_the_menu_is_not_for_cashiers(self):
        self.till("GlaseNoMenuForCashiers")
        self.assertEqual(self.terminal.state, "ready")
