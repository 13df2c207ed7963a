from unittest.mock import patch

from lxml import html

from odoo.addons.base.models import ir_actions_report
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..shared.periods import PeriodCommon

REPORT = "pos_glase.glase_period_report"


@tagged("post_install", "-at_install")
class TestPeriodPrint(PeriodCommon):
    """A reconciled period on paper."""

    def setUp(self):
        super().setUp()
        for amount in (20, 30):
            order, line = self.sent(amount)
            self.customer("pay")
            self.assertEqual(self.ask(line)["state"], "paid")
            self.validate(order, line)
        self.paper_period = self.closed_and_settled()
        self.assertEqual(self.paper_period.state, "reconciled")

    def differ(self):
        """A difference that a manager accepts, as the bookkeeper sees it afterwards."""
        line = self.paper_period.line_ids[:1].sudo()
        line.write({"kind": "amount", "reason": "Agreed by <phone>"})
        line.with_user(self.pos_admin).action_accept()
        return line

    def words(self):
        """The page's words, with single spaces."""
        content, kind = (
            self.env["ir.actions.report"]
            .with_user(self.pos_admin)
            ._render_qweb_html(REPORT, self.paper_period.ids)
        )
        self.assertEqual(kind, "html")
        self.page = html.fromstring(content)
        return " ".join(self.page.text_content().replace("\xa0", " ").split())

    def test_figures_lines_and_who_printed_it(self):
        words = self.words()
        currency = self.paper_period.currency_id
        self.assertIn(self.paper_period.identifier, words)
        self.assertIn("Result: Reconciled", words)
        self.assertIn(f"By Glase's report 2 {currency.format(50)}".replace("\xa0", " "), words)
        self.assertIn(f"Difference 0 {currency.format(0)}".replace("\xa0", " "), words)
        self.assertIn("Differences None.", words)
        self.assertIn("Payments without a difference Reference", words)
        for row in self.paper_period.line_ids:
            self.assertIn(row.reference, words)
            self.assertIn(row.order_id.display_name, words)
        self.assertIn(f"Printed by: {self.pos_admin.name}", words)
        self.assertIn("Date and signature: bookkeeper", words)
        self.assertIn("TEST: no money is moved", words)

    def test_a_difference_with_reason_and_who_accepted(self):
        line = self.differ()
        words = self.words()
        self.assertIn("Another amount", words)
        self.assertIn(f"Agreed by <phone> {self.pos_admin.name},", words)
        self.assertFalse(self.page.findall(".//phone"), "a person's words are words")
        line.sudo().accepted_at = False
        self.assertIn("Not accepted", self.words())

    def test_readable_without_colour(self):
        self.differ()
        self.words()
        for node in self.page.xpath("//div[contains(@class, 'page')]//*[@style or @class]"):
            look = f"{node.get('style', '')} {node.get('class', '')}"
            for colour in ("text-danger", "text-success", "text-warning", "background", "bg-"):
                self.assertNotIn(colour, look)

    def test_without_the_pdf_program_it_is_said(self):
        reports = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        with (
            patch.object(
                ir_actions_report, "_wkhtml", lambda: type("No", (), {"state": "install"})
            ),
            self.assertRaises(UserError) as caught,
        ):
            reports._render_qweb_pdf(REPORT, self.paper_period.ids)
        self.assertIn("wkhtmltopdf", str(caught.exception).lower())
