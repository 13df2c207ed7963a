from lxml.html import fromstring

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.ledger import row_money
from ...models.pos.session_figures import SessionFigures
from ...models.refunds.office_refund import OfficeRefund
from ..shared.go_live import GoLiveCommon


@tagged("post_install", "-at_install")
class TestEnvironmentsApart(GoLiveCommon):
    """What was paid at one Glase stays apart from what is paid at another."""

    def setUp(self):
        super().setUp()
        self.order = self.pay()
        self.old_session = self.pos_session
        self.row_of_test = self.row(self.order.payment_ids.uuid)
        self.close()
        self.gone_live()

    def refund_order(self):
        """A stored refund order of the old sale, at the till that has moved."""
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        order, line = self.draft_order(self.pos_session, -20)
        order.lines.refunded_orderline_id = self.order.lines
        order.lines.qty = -1
        self.env.flush_all()
        return order, line

    def calls_to_refund(self):
        both = (self.simulator, self.production)
        calls = [call for glase in both for call in glase.journal()["calls"]]
        return [call for call in calls if call["operation"] == "refundPayment"]

    def test_a_till_does_not_give_back_what_was_paid_elsewhere(self):
        order, line = self.refund_order()
        told = self.door("refundable", order_uuid=order.uuid, refunded_order_ids=self.order.ids)
        self.assertEqual((told["payments"], told["total"]), ([], "0"))
        self.assertIn("cash or another tender", told["message"])
        answer = self.door(
            "refund", order_uuid=order.uuid, line_uuid=line, attempt="r1", amount="20.00"
        )
        self.assertFalse(answer["ok"])
        self.assertIn("“Test”", answer["message"])
        self.assertIn("“Production”", answer["message"])
        self.assertFalse(self.calls_to_refund())

    def test_the_office_does_not_either(self):
        self.pos_session = self.open_register()
        before = self.env["pos.order"].search_count([("state", "!=", "cancel")])
        with self.office() as env, self.refused(UserError, "cash or another tender"):
            row = env["glase.transaction"].browse(self.row_of_test.id)
            OfficeRefund(row).give_back("office-1", row_money.refundable(row), "Broken")
        self.assertFalse(self.calls_to_refund())
        orders = self.env["pos.order"].search_count([("state", "!=", "cancel")])
        self.assertEqual(orders, before)

    def test_a_session_and_its_sales_details_have_one_environment(self):
        paid = self.pay(simulator=self.production, amount=30)
        self.assertEqual(SessionFigures(self.pos_session).first_block()["net"], 30)
        self.assertEqual(SessionFigures(self.old_session).first_block()["net"], 20)
        self.assertEqual(self.row(paid.payment_ids.uuid).environment, "production")
        self.assertEqual(self.pos_session._glase_environment(), "production")
        self.assertEqual(self.old_session._glase_environment(), "test")

    def test_sales_details_over_environments_have_a_block_for_each_and_add_nothing_up(self):
        self.pay(simulator=self.production, amount=30)
        both = self.old_session | self.pos_session
        report = self.env["report.point_of_sale.report_saledetails"]

        def blocks():
            told = report.get_sale_details(session_ids=both.ids)["glase"]
            shown = ("title", "net", "is_reported", "report_total", "difference")
            return [tuple(block[name] for name in shown) for block in told]

        of_test = ("Test: no real money", 20, True, 20, 0)
        self.assertEqual(blocks(), [("Production", 30, False, 0, 0), of_test])
        self.close()
        self.assertEqual(blocks(), [("Production", 30, True, 30, 0), of_test])
        by_date = report.get_sale_details(config_ids=self.main_pos_config.ids)
        self.assertEqual([block["net"] for block in by_date["glase"]], [30, 20])
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "point_of_sale.sale_details_report", both.ids
        )
        paper = " ".join(fromstring(html).xpath("//div[@id='glase']")[0].text_content().split())
        for words in ("Production", "30.00", "Test: no real money", "20.00"):
            self.assertIn(words, paper)
        self.assertNotIn("50.00", paper)

    def test_each_period_is_of_one_registration_and_its_glase(self):
        self.pay(simulator=self.production, amount=30)
        self.close()
        periods = self.env["glase.period"].search([], order="id")
        self.assertEqual(periods.mapped("environment"), ["test", "production"])
        self.assertEqual(periods.mapped("state"), ["reconciled", "reconciled"])
        self.assertEqual(periods.mapped("report_total"), [20, 30])

    def test_money_of_one_environment_proves_no_payment_of_another(self):
        self.row_of_test.sudo().write({"payment_id": False})
        self.order.payment_ids.sudo().write({"uuid": "was-there"})
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        order, line = self.draft_order(self.pos_session, 20)
        self.row_of_test.sudo().write({"line_uuid": line})
        self.validate(order, line)
        self.env.invalidate_all()
        self.assertTrue(order.payment_ids.glase_unverified)
        self.assertFalse(self.row_of_test.payment_id)
        self.assertFalse(self.pos_session._glase_is_of("test"))

    def test_the_till_resumes_nothing_from_elsewhere(self):
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        self.assertEqual(self.door("resume", line_uuids=[])["rows"], [])

    def test_the_list_of_transactions_begins_with_the_present_environment(self):
        present = [("in_present_environment", "=", True)]
        self.assertNotIn(self.row_of_test, self.env["glase.transaction"].search(present))
        paid = self.pay(simulator=self.production)
        row = self.row(paid.payment_ids.uuid)
        self.assertIn(row, self.env["glase.transaction"].search(present))
