from odoo.tests import tagged

from ..shared.common import GlaseCommon


@tagged("post_install", "-at_install")
class TestTourCases(GlaseCommon):
    """The buttons of a case in a real browser: what its kind offers, and no more."""

    def test_a_case_offers_what_its_kind_does_and_is_settled(self):
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        _order, line = self.sent()
        self.pay_and_leave(line)
        case = self.row(line).case_ids
        unknown = self.env["glase.case"]._open("amount_unknown", "For this test", self.row(line))
        self.env.flush_all()
        for shown, tour in ((case, "GlaseCaseWithoutOrder"), (unknown, "GlaseCaseOfUnknownAmount")):
            page = f"/odoo/action-pos_glase.action_glase_case/{shown.id}"
            self.start_tour(page, tour, login="pos_admin")
        self.env.invalidate_all()
        self.assertEqual((case.state, case.note), ("settled", "The customer has called"))
        self.assertEqual((case.settled_by, unknown.state), (self.pos_admin, "open"))

    def test_what_was_paid_is_green_in_the_chart(self):
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        _order, line = self.sent()
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        page = "/odoo/action-pos_glase.action_glase_dashboard_outcomes"
        self.start_tour(page, "GlaseOutcomes", login="pos_admin")
