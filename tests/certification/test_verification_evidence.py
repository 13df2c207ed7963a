import base64
import re
from unittest.mock import patch

from lxml import etree, html

from odoo.exceptions import UserError

from ...models.accounts.glase_connection import POS_NAME_AND_VERSION
from ...models.certification import protocol, runner
from ...models.ledger.exchange import Exchange
from ..shared.verification import VerificationCommon

SECONDS = "%Y-%m-%d %H:%M:%S"


class TestVerificationEvidence(VerificationCommon):
    """What a certifier reads is complete: each call, each name, each time, on paper as in the file."""

    def paused_and_resumed(self, run):
        """Pause while the page asks to scan, and go on; the customer pays both times after that."""
        self.play(run, until=lambda: self.verdicts(run)["pay"] == "doing", customer=None)
        self.play(run, until=lambda: run.step_ids[4].exchange_ids, customer=None)
        self.press(run, "action_pause")
        self.play(run, until=lambda: run.state == "paused", customer=None)
        self.press(run, "action_resume")

    def my_calls(self, run):
        """What the simulator has received of a run."""
        calls = self.simulator.journal()["calls"][len(self.before["calls"]) :]
        return [one for one in calls if one["operation"] != "benchmarkingNop"]

    def file_of(self, run):
        self.press(run, "action_download")
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", run._name), ("res_id", "=", run.id)]
        )
        return base64.b64decode(attachment.datas).decode()

    def paper_of(self, run):
        page = self.env["ir.actions.report"]._render_qweb_html(
            "pos_glase.glase_verification", run.ids
        )[0]
        return " ".join(html.fromstring(page).text_content().split())

    def assert_complete(self, run):
        """Each call that Glase received is in the protocol, under the invoice that it was about."""
        text = self.file_of(run)
        calls = self.my_calls(run)
        for call in calls:
            self.assertIn(f"client reference {call['client_reference']}", text)
        self.assertEqual(sum(run.exchange_ids.mapped("count")), len(calls))
        for bill in run.bill_ids.filtered("invoice_reference"):
            of_bill = run.exchange_ids.filtered(lambda one, bill=bill: one.bill_id == bill)
            told = "".join(f"{one.request}{one.response}" for one in of_bill)
            self.assertIn("<invoiceRow>", told, "as it was sent")
            for one in of_bill:
                if one.operation in ("sendInvoice", "getPaymentStatus", "cancelInvoice"):
                    self.assertIn(bill.invoice_reference, f"{one.request}{one.response}")
                self.assertIn(f"invoice {bill.invoice_reference}", protocol.headline(one))
        return text

    def test_paused_and_resumed_while_it_asks_to_scan(self):
        run = self.started()
        self.paused_and_resumed(run)
        self.play(run)
        self.assertEqual(run.state, "passed")
        text = self.assert_complete(run)
        canceled, proven = run.bill_ids.filtered(lambda bill: bill.key == "send")
        self.assertEqual((canceled.state, proven.state), ("ended", "paid"))
        step = run.step_ids.filtered(lambda one: one.key == "send")
        self.assertIn(proven.invoice_reference, step.verdict)
        self.assertEqual(step.exchange_ids.bill_id, canceled | proven)
        first = step.exchange_ids[0].time
        self.assertLess(first, step.started_at)
        self.assertIn(f"First called at {first:{SECONDS}} UTC, and begun again", text)
        self.assertEqual(text.count("and begun again"), 3, "of the steps that were called before")
        self.assertNotIn("Not passed", text)
        self.assertIn("payments and refunds, in sum 0.00\n", text)
        for words in ("Pause was pressed", "Paused", "Resumed"):
            self.assertRegex(text, rf"\d\d:\d\d:\d\d UTC: {words}")

    def test_declined_paused_and_stopped(self):
        run = self.started()
        self.paused_and_resumed(run)
        self.play(run, until=lambda: self.verdicts(run)["again"] == "ok", customer="decline")
        self.press(run, "action_stop")
        self.play(run)
        self.assertEqual(run.state, "stopped")
        text = self.assert_complete(run)
        self.assertRegex(text, r"Status \w+: it was not paid")
        [_head, _title, told] = text.partition("Not passed:\n")
        not_passed = told.partition("\n\n")[0].splitlines()
        self.assertRegex(
            not_passed[0],
            r"^- 4\. Ask until the customer has paid .*: FAILED\. Status \w+: it was not paid$",
        )
        self.assertEqual(len(not_passed), run.failed_count + run.skipped_count)
        self.assertIn("UTC: Stop and Clean Up was pressed", text)
        self.assertTrue(run.deviations)
        self.assertIn("Result: stopped\n", text)

    def test_paper_says_what_the_file_says(self):
        run = self.started()
        self.paused_and_resumed(run)
        self.play(run)
        paper = self.paper_of(run)
        for line in self.file_of(run).splitlines():
            words = " ".join(line.strip("-= ").split())
            label, _colon, value = words.partition(":")
            if words not in paper:
                # A line of the head is a row of a table there, and a title has no colon.
                self.assertIn(f"{label}{value}", paper)
        for step in run.step_ids:
            self.assertIn(f"{step.number}. {step.title}" if step.number else step.title, paper)

    def test_paper_is_printed_by_odoo_s_own_report(self):
        form = etree.fromstring(self.env["glase.verification"].get_view(view_type="form")["arch"])
        [button] = form.xpath("//button[@string='Print']")
        report = self.env.ref("pos_glase.glase_verification_report")
        self.assertEqual((button.get("type"), button.get("name")), ("action", str(report.id)))

    def test_on_paper_no_heading_stays_behind_on_a_page_that_its_text_has_left(self):
        run = self.started()
        self.play(run)
        page = self.env["ir.actions.report"]._render_qweb_html(
            "pos_glase.glase_verification", run.ids
        )[0]
        parts = html.fromstring(page).xpath("//div[pre]")
        self.assertGreater(len(parts), 40)
        for part in parts:
            self.assertIn("page-break-inside: avoid", part.get("style"))
            self.assertEqual([len(part.xpath(f"./{tag}")) for tag in ("em", "pre")], [1, 1])
        headings = [part.xpath("./h4") for part in parts]
        called = run.step_ids.filtered("exchange_ids")
        self.assertEqual(sum(map(len, headings)), len(called), "each with its first call")
        steps = html.fromstring(page).xpath("//h4[contains(., 'OK')]/..")
        self.assertEqual(len(steps), len(run.step_ids))
        for heading in steps:
            self.assertIn("page-break-inside: avoid", heading.get("style") or "")

    def test_times_have_seconds_and_references_are_whole(self):
        run = self.started()
        self.play(run)
        text = self.file_of(run)
        times = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d\S* UTC", text)
        self.assertGreater(len(times), 40)
        for moment in times:
            self.assertRegex(moment, r"\d\d:\d\d:\d\d UTC")
        for bill in run.bill_ids:
            for name in ("invoice_reference", "ers_reference", "refund_reference"):
                self.assertIn(bill[name] or "", text)
        for name in ("terminal_identifier", "external_identifier", "period_identifier"):
            self.assertIn(run[name], text)
        for step in run.step_ids:
            from_to = f"From {step.started_at:{SECONDS}} UTC to {step.ended_at:{SECONDS}} UTC"
            self.assertIn(from_to, text)

    def test_without_the_certifying_form_the_file_and_the_page_say_so(self):
        run = self.started()
        self.play(run)
        self.assertEqual(run.state, "passed")
        text = self.file_of(run)
        self.assertIn("Result: passed, but not in all as the sheet says", text)
        self.assertIn("Certification references: switched off", text)
        for words in (
            f"not the company's name “{self.company.name}”",
            f"not the name and version of the POS, “{POS_NAME_AND_VERSION}”",
            "Point 9 of the sheet says RESELLERUSER",
        ):
            self.assertIn(words, run.deviations)
            self.assertIn(words, text)
        called = run.step_ids.filtered(lambda step: step.key not in ("settle", "clean"))
        self.assertTrue(all(called.mapped("deviation")))

    def test_with_the_certifying_form_only_point_9_is_left(self):
        self.account.certifying = True
        run = self.started()
        self.play(run)
        self.assertEqual(run.step_ids.filtered("deviation").mapped("key"), ["unregister"])
        text = self.file_of(run)
        self.assertIn("Certification references: switched on", text)
        self.assertIn(f"Client ID: {self.company.name}", text)
        self.assertIn(f"Client reference: {POS_NAME_AND_VERSION}", text)
        other = self.started()
        with self.refused(UserError, "verification"):
            self.account.certifying = False
        self.press(other, "action_stop")
        self.play(other)

    def test_a_name_that_does_not_travel_fails_its_step(self):
        self.account.certifying = True
        run = self.started()
        self.company.name = "Renamed meanwhile"
        self.play(run, until=lambda: self.verdicts(run)["register"] != "todo")
        self.assertEqual(self.verdicts(run)["register"], "ok", "it is called what it is called")

    def test_a_lost_answer_has_the_reference_of_its_call(self):
        run = self.started()
        with self.registry.cursor() as cr:
            own = self.env(cr=cr)["glase.verification"].sudo().browse(run.id)
            with patch.object(Exchange, "make", lambda *_arguments: None):
                runner.advance(own)
        self.env.invalidate_all()
        reference = run.busy_reference
        self.advance(61)
        self.press(run, "action_advance")
        self.assertEqual(run.exchange_ids[0].client_reference, reference)

    def test_a_refund_that_nobody_knows_of_is_named_as_it_was_called(self):
        for certifying in (False, True):
            with self.subTest(certifying=certifying):
                self.account.certifying = certifying
                self.before = self.simulator.journal()
                run = self.started()
                self.play(run, until=lambda run=run: self.verdicts(run)["pay"] == "ok")
                self.simulator.faults(
                    {"operation": "refundPayment", "kind": "drop-after", "count": 1}
                )
                self.play(run)
                self.simulator.faults()
                [first, *_others] = [
                    one for one in self.my_calls(run) if one["operation"] == "refundPayment"
                ]
                self.assertIn(f"our reference {first['client_reference']}.", run.left_behind)

    def test_a_call_s_time_is_said_to_be_that_of_its_answer(self):
        run = self.started()
        self.play(run)
        self.assertIn("Times: UTC; a call's is when it was answered", self.file_of(run))

    def test_what_is_open_after_a_pause_is_said(self):
        run = self.started()
        self.play(run, until=lambda: self.verdicts(run)["unscanned"] == "ok")
        self.simulator.faults(
            {"operation": "cancelInvoice", "kind": "code", "code": 91, "count": 50}
        )
        self.press(run, "action_pause")
        self.play(run, until=lambda: run.state == "paused", customer=None)
        self.simulator.faults()
        self.assertIn("could not be canceled", run.left_behind)
        self.press(run, "action_stop")
        self.play(run)

    def test_a_paused_run_that_is_stopped_is_cleaned_up_at_once(self):
        run = self.started()
        self.play(run, until=lambda: self.verdicts(run)["pay"] == "doing", customer=None)
        self.press(run, "action_pause")
        self.play(run, until=lambda: run.state == "paused", customer=None)
        self.press(run, "action_stop")
        self.assertEqual(run.state, "cleaning")
        self.press(run, "action_resume")
        self.assertEqual(run.state, "cleaning")
        self.play(run, page=False)
        self.assertEqual(run.state, "stopped")
        # What was called is there, and it is said why the step counts as skipped all the same.
        called = run.step_ids.filtered(lambda step: step.state == "skipped" and step.exchange_ids)
        self.assertEqual(called.mapped("key"), ["send", "unscanned", "pay"])
        text = self.assert_complete(run)
        self.assertEqual(text.count(", taken back for the pause, and not begun again"), 3)

    def test_a_page_of_a_pause_does_not_keep_it_for_ever(self):
        run = self.started()
        self.play(run, until=lambda: self.verdicts(run)["pay"] == "doing", customer=None)
        self.press(run, "action_pause")
        self.play(run, until=lambda: run.state == "paused", customer=None)
        self.advance(13 * 3600)
        self.press(run, "action_advance")
        self.advance(12 * 3600)
        self.run_verify_job()
        self.play(run, page=False)
        self.assertEqual(run.state, "stopped")

    def test_the_environment_is_known_before_it_starts(self):
        run = self.new_run()
        self.assertEqual(run.environment, self.account.environment)
        self.account.environment = "test"
        self.assertEqual(run.environment, "test")
