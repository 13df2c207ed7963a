from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tools import mute_logger

from ...glase import Client, Report, ReportAnswer
from ...models.accounts import glase_connection
from ...wizard.periods.glase_run_report import REPORTS, SHOWN_ROWS
from ..shared.periods import PeriodCommon

HOSTILE = {
    "html": "<html><body><script>alert(1)</script></body></html>",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "xhtml": '<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
    "entities": '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a><Meta/>&e;</a>',
    "bomb": "<a><Meta/>" + "<b>" * 5000 + "</b>" * 5000 + "</a>",
    "cut off": "<TransactionDetails><Meta></Meta><Row><ErsReference>12</Ers",
    "javascript": "alert(document.cookie)",
}


class TestRunReport(PeriodCommon):
    """A manager runs any report; what comes is a table, a text, or a file: never a page."""

    def run_report(self, user=None, again=None, **values):
        """Fill in the dialog and press *Run*; returns the dialog."""
        with self.office(user) as env:
            runs = env["glase.run.report"]
            run = runs.browse(again.id) if again else runs.create(values)
            # The client saves the dialog before it presses the button.
            env.cr.commit()
            action = run.action_run()
            self.assertEqual((action["res_model"], action["res_id"]), (run._name, run.id))
            self.assertEqual(action["target"], "new")
        return self.env["glase.run.report"].browse(run.id).with_user(user or self.pos_admin)

    def answering(self, content, mime_type="text/html", title="report.xml"):
        """Let Glase answer with this content, whatever is asked."""
        content = content if isinstance(content, bytes) else content.encode()
        report = Report(
            title=title,
            mime_type=mime_type,
            text=content.decode("utf-8", "replace"),
            content=content,
        )

        def execute_report(_client, _reseller, *_asked):
            return ReportAnswer(
                operation="executeReport",
                client_reference="r",
                seconds=0.1,
                request_xml="",
                response_xml="",
                result_code=0,
                result_description="",
                ers_reference=None,
                report=report,
            )

        return patch.object(Client, "execute_report", execute_report)

    def settled_period(self):
        self.sell(20)
        return self.closed_and_settled()

    def sell(self, amount):
        order, line = self.sent(amount)
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        self.validate(order, line)

    def test_the_payments_of_a_period_as_a_table(self):
        period = self.settled_period()
        self.profile(report_not_ready_count=0)
        run = self.run_report(account_id=self.account.id, period_id=period.id)
        self.assertEqual(run.report, "terminal_details")
        self.assertEqual(run.outcome, "done", run.message)
        self.assertEqual((run.reported_count, run.reported_total), (1, 20.0))
        reference = self.env["glase.transaction"].search([("state", "=", "paid")]).ers_reference
        self.assertEqual(run.line_ids.reference, reference)
        self.assertFalse(run.text)
        self.assertIn(period.identifier, run.message)

    def test_every_known_report(self):
        period = self.settled_period()
        shop = self.env["glase.period"].sudo()
        reseller = glase_connection.reseller(self.account)
        whole = Client(self.simulator.endpoint).mark_transaction_period(reseller)
        self.profile(report_not_ready_count=0)
        for name, (identifier, _label, scope) in REPORTS.items():
            of_period = (
                {"period_id": period.id}
                if scope == "terminal"
                else {"period_identifier": whole.transaction_period_id}
            )
            with self.subTest(identifier):
                run = self.run_report(account_id=self.account.id, report=name, **of_period)
                self.assertEqual(run.outcome, "done", run.message)
                self.assertEqual(run.report_identifier, identifier)
                self.assertFalse(run.text, "read as a table")
        self.assertEqual(shop.search_count([("account_id", "=", self.account.id)]), 1)

    def test_not_ready_yet_then_tried_again(self):
        period = self.settled_period()
        self.profile(report_not_ready_count=1)
        asked = {"account_id": self.account.id, "period_id": period.id, "report": "shop_details"}
        run = self.run_report(**asked)
        self.assertEqual(run.outcome, "not_ready")
        self.assertIn("Try again", run.message)
        self.assertFalse(run.attachment_id)
        run = self.run_report(again=run)
        self.assertEqual(run.outcome, "done", run.message)

    def test_a_typed_report_of_no_period(self):
        with self.answering("day;total\n1;20.00\n", "text/csv"):
            run = self.run_report(
                account_id=self.account.id, report="other", report_identifier="Any/Thing.xml"
            )
        self.assertEqual(run.outcome, "done")
        self.assertEqual(run.text, "day;total\n1;20.00\n")
        self.assertEqual(run.attachment_id.name, "glase-Any-Thing.txt")
        refused = self.run_report(
            account_id=self.account.id, report="other", report_identifier="Any/Thing.xml"
        )
        self.assertEqual(refused.outcome, "failed")
        self.assertIn("90", refused.message)

    def test_nothing_from_outside_is_ever_a_page(self):
        self.authenticate("pos_admin", "pos_admin")
        for kind, content in HOSTILE.items():
            with self.subTest(kind), self.answering(content):
                run = self.run_report(account_id=self.account.id, report="shop_details")
                self.assertEqual((run.outcome, run.text), ("done", content))
                self.assertFalse(run.line_ids)
                self.assert_harmless(run, content.encode(), "text/plain")

    def test_hostile_words_in_a_table_are_words(self):
        content = (
            "<A><Meta><ResellerId>&lt;b&gt;</ResellerId></Meta><Row><TerminalId>t</TerminalId>"
            "<CashierId>&lt;img src=x onerror=alert(1)&gt;</CashierId>"
            "<SalesAmount>1.00</SalesAmount><ErsReference>r</ErsReference></Row></A>"
        )
        with self.answering(content):
            run = self.run_report(account_id=self.account.id, report="shop_details")
        self.assertEqual(run.line_ids.cashier, "<img src=x onerror=alert(1)>")
        for name in ("message", "text"):
            self.assertFalse(run._fields[name].type == "html")
        self.authenticate("pos_admin", "pos_admin")
        self.assert_harmless(run, content.encode(), "text/plain")

    def test_a_file_is_downloaded(self):
        self.authenticate("pos_admin", "pos_admin")
        pdf = b"%PDF-1.4\n\xff\xfe\x00 not a real one"
        picture = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00"
        disguised = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">\xff</svg>'
        for content, claimed, extension in (
            (pdf, "application/pdf", "pdf"),
            (pdf, "text/html", "bin"),
            (picture, "image/svg+xml", "bin"),
            (disguised, "image/svg+xml", "bin"),
        ):
            with self.subTest(claimed), self.answering(content, claimed):
                run = self.run_report(account_id=self.account.id, report="shop_details")
            self.assertFalse(run.text)
            self.assertEqual(run.attachment_id.name.rpartition(".")[2], extension)
            self.assert_harmless(run, content, "application/octet-stream")

    def assert_harmless(self, run, content, mimetype):
        """What is kept is what came, and no browser runs it."""
        kept = run.attachment_id.sudo()
        self.assertEqual((kept.mimetype, kept.raw), (mimetype, content))
        self.assertEqual((kept.res_model, kept.res_id), ("glase.account", self.account.id))
        self.assertFalse(kept.public)
        for address in (run.action_download()["url"], f"/web/content/{kept.id}"):
            answer = self.url_open(address)
            self.assertEqual(answer.content, content)
            self.assertIn(answer.headers["Content-Type"].partition(";")[0], (mimetype,))
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn(
            "attachment", self.url_open(run.action_download()["url"]).headers["Content-Disposition"]
        )

    def test_a_long_report_is_shown_in_part_and_kept_whole(self):
        row = "<Row><SalesAmount>1.00</SalesAmount><ErsReference>r{}</ErsReference></Row>"
        rows = "".join(map(row.format, range(SHOWN_ROWS + 1)))
        with self.answering(f"<A><Meta/>{rows}</A>"):
            run = self.run_report(account_id=self.account.id, report="shop_details")
        self.assertEqual(len(run.line_ids), SHOWN_ROWS)
        self.assertEqual(run.reported_total, SHOWN_ROWS + 1)
        self.assertIn(str(SHOWN_ROWS + 1), run.message)
        with self.answering("x" * 200_000):
            run = self.run_report(account_id=self.account.id, report="shop_details")
        self.assertLess(len(run.text), 70_000)
        self.assertEqual(run.attachment_id.sudo().file_size, 200_000)

    @mute_logger("odoo.addons.pos_glase.glase.transport")
    def test_a_report_that_is_too_large_or_no_answer_is_said(self):
        for kind, words in (("drop-before", "does not answer"), ("garbage", "Glase")):
            self.simulator.faults({"operation": "executeReport", "kind": kind, "count": 1})
            run = self.run_report(account_id=self.account.id, report="shop_details")
            self.assertEqual(run.outcome, "failed")
            self.assertIn(words, run.message)
            self.assertFalse(run.attachment_id)

    def test_no_secret_is_shown_or_kept(self):
        secret = "reseller-secret-1f2e3d"
        self.account.sudo().reseller_password = secret
        shown = self.run_report(account_id=self.account.id, report="shop_details")
        self.assertEqual(shown.outcome, "failed")
        self.assertNotIn(secret, shown.message)
        with self.answering(f"your password is {secret}"):
            run = self.run_report(account_id=self.account.id, report="shop_details")
        self.assertEqual(run.text, "your password is ***")
        self.assertNotIn(secret.encode(), run.attachment_id.sudo().raw)
        told = "".join(map(str, self.account.message_ids.mapped("body")))
        self.assertIn("Reconciliation/STD_RECON_003.xml", told)
        self.assertNotIn(secret, told)

    def test_who_may(self):
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            self.run_report(user=self.pos_user, account_id=self.account.id)
        elsewhere = self.env["res.company"].create({"name": "Another shop"})
        other = self.env["glase.account"].create(
            {"name": "Elsewhere", "company_id": elsewhere.id, "environment": "simulator"}
        )
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            self.run_report(account_id=other.id, report="shop_details")
        with self.answering("of the first manager"):
            run = self.run_report(account_id=self.account.id, report="shop_details")
        second = self.pos_admin.copy({"login": "second_manager", "password": "second_manager"})
        second.group_ids = [Command.link(self.env.ref("point_of_sale.group_pos_manager").id)]
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            run.with_user(second).read(["text"])

    def test_what_cannot_be_asked_is_refused_with_a_sentence(self):
        shop = {"account_id": self.account.id, "report": "other", "report_identifier": "A"}
        for values, words in (
            ({**shop, "report_identifier": " "}, "report's id"),
            ({**shop, "report_identifier": "a\nb"}, "report's id"),
            ({**shop, "language": "Swedish please"}, "two letters"),
            ({**shop, "scope": "terminal"}, "Choose the terminal"),
        ):
            with self.assertRaises(UserError) as caught:
                self.run_report(**values)
            self.assertIn(words, str(caught.exception))
        retired = self.terminal.sudo()
        retired.write({"state": "retired", "active": False})
        self.account.sudo().reseller_id = "another"
        with self.assertRaises(UserError) as caught:
            self.run_report(**shop, scope="terminal", terminal_id=retired.id)
        self.assertIn("was registered with another", str(caught.exception))
