from odoo.tests import tagged

from .test_tour_payments import GlaseTourCommon


@tagged("post_install", "-at_install")
class TestTourClosing(GlaseTourCommon):
    """The register is closed at the till."""

    def work(self, seconds=0):
        """Let time pass, and the scheduled job work what is due then."""
        self.advance(seconds)
        with self.registry.cursor() as cr:
            self.env(cr=cr)["glase.period"].sudo()._work_due()
        self.env.invalidate_all()

    def period(self):
        return self.env["glase.period"].search([("session_ids", "in", self.pos_session.ids)])

    def test_all_matches(self):
        self.till("GlaseCloseMatched")
        self.assertEqual(self.pos_session.state, "closed")
        for _round in range(4):
            self.work(4)
        self.assertEqual(self.period().state, "reconciled")
        self.assertAlmostEqual(self.period().report_total, 5.10)

    def test_refused_until_a_manager_overrides(self):
        self.till("GlaseCloseOverridden")
        self.assertEqual(self.pos_session.state, "closed")
        self.assertEqual(self.pos_session.glase_override_by, self.pos_admin)
        self.assertEqual(self.pos_session.glase_override_reason, "Seen on the phone")
        self.assertIn("5.10", self.pos_session.glase_override_list)
