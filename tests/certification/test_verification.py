import base64
import re
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tools import mute_logger

from ...glase import CLIENT_ID
from ...models.accounts.glase_connection import POS_NAME_AND_VERSION
from ...models.certification import protocol, runner
from ...models.certification.verifying import last_verification
from ...models.go_live.moving import verified_words
from ...models.ledger.exchange import Exchange
from ..shared.common import RESELLER_PASSWORD
from ..shared.verification import VerificationCommon


class TestVerification(VerificationCommon):
    """The certification sheet, run without hands against the simulator."""

    def test_the_whole_sheet_passes(self):
        tills = self.env["glase.terminal"].search_count([])
        run = self.started()
        self.play(run)
        told = [(step.key, step.state, step.verdict) for step in run.step_ids]
        self.assertEqual(run.state, "passed", told)
        self.assertEqual(set(self.verdicts(run).values()), {"ok"})
        self.assertFalse(run.left_behind)
        self.assertTrue(run.finished_at)
        self.assertEqual(self.assert_nothing_left(run), {run.terminal_identifier})
        self.assertEqual(last_verification(self.account), run)
        self.assertIn("23 steps passed, 0 failed", verified_words(self.account))
        self.assert_no_sale_of_a_till(run, tills)
        self.assert_protocol_tells_no_secret(run)

    def assert_no_sale_of_a_till(self, run, tills):
        """Nothing of a run is in the ledger, in a period or among the tills."""
        references = run.bill_ids.filtered("ers_reference").mapped("ers_reference")
        rows = self.env["glase.transaction"].search([("ers_reference", "in", references)])
        self.assertFalse(rows)
        self.assertEqual(self.env["glase.terminal"].search_count([]), tills)
        self.assertFalse(
            self.env["glase.period"].search([("identifier", "=", run.period_identifier)])
        )

    def assert_protocol_tells_no_secret(self, run):
        self.press(run, "action_download")
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", "glase.verification"), ("res_id", "=", run.id)]
        )
        text = base64.b64decode(attachment.datas).decode()
        for operation in set(run.step_ids.mapped("operation")):
            self.assertIn(operation, text)
        for step in run.step_ids:
            self.assertIn(step.looked_at, text)
        self.assertIn("***", text, "the passwords are masked")
        self.assertFalse(re.findall(r"<password>(?!\*\*\*<)", text))
        html = self.env["ir.actions.report"]._render_qweb_html(
            "pos_glase.glase_verification", run.ids
        )[0]
        self.assertIn(run.terminal_identifier, html.decode())

    def test_its_name_has_the_time_as_its_reader_writes_it(self):
        self.env["res.lang"]._activate_lang("de_DE")
        run = self.started().with_context(tz="UTC")
        day = run.started_at
        for language, written in (("en_US", f"{day:%m/%d/%Y}"), ("de_DE", f"{day:%d.%m.%Y %H:%M}")):
            with self.subTest(language):
                self.assertIn(f", {written}", run.with_context(lang=language).display_name)

    def test_what_a_certification_wants_to_read(self):
        self.account.certifying = True
        self.account.receipt_mode = "empty"
        self.account.receipt_mime = "Base64"
        run = self.started()
        self.play(run)
        self.assertEqual(run.state, "passed")
        mine = [
            call
            for call in self.simulator.journal()["calls"][len(self.before["calls"]) :]
            if call["operation"] != "benchmarkingNop"
        ]
        self.assertEqual({call["client_id"] for call in mine}, {self.company.name})
        self.assertEqual({call["client_reference"] for call in mine}, {POS_NAME_AND_VERSION})
        self.assertLessEqual(len(POS_NAME_AND_VERSION), 32)
        receipts = self.simulator.journal()["receipts"][len(self.before["receipts"]) :]
        self.assertEqual({(one["mime_type"], one["bytes"]) for one in receipts}, {("Base64", 0)})
        self.account.certifying = False
        self.assertEqual(self.terminal.sudo()._client().client_id, CLIENT_ID)
        self.assertFalse(self.terminal.sudo()._client().fixed_reference)

    def test_paused_and_resumed_in_the_middle_of_a_payment(self):
        run = self.started()
        self.play(run, until=lambda: self.verdicts(run)["pay"] == "doing", customer=None)
        self.press(run, "action_pause")
        self.play(run, until=lambda: run.state == "paused", customer=None)
        self.assertFalse(run.bill_ids.filtered(lambda bill: bill.state == "open"))
        self.assertEqual(self.verdicts(run)["send"], "todo")
        self.press(run, "action_resume")
        self.play(run)
        self.assertEqual(run.state, "passed")
        self.assert_nothing_left(run)

    def test_a_page_that_is_closed_pauses_and_after_a_day_all_is_cleaned_up(self):
        run = self.started()
        self.play(run, until=lambda: self.verdicts(run)["again"] == "ok")
        self.advance(61)
        self.play(run, until=lambda: run.state == "paused", page=False)
        self.advance(25 * 3600)
        self.play(run, page=False)
        self.assertEqual(run.state, "stopped")
        self.assertFalse(run.left_behind)
        self.assert_nothing_left(run)

    def test_stopped_with_money_out(self):
        run = self.started()
        self.play(run, until=lambda: self.verdicts(run)["pay"] == "ok")
        self.press(run, "action_stop")
        self.play(run)
        self.assertEqual(run.state, "stopped")
        self.assertEqual(self.verdicts(run)["refund"], "skipped")
        self.assert_nothing_left(run)

    def test_a_server_that_is_killed_in_a_call_loses_one_answer_at_most(self):

        def unstored(exchange, record_id, call, _store):
            exchange.hear(record_id, call)

        run = self.started()
        self.play(run, until=lambda: self.verdicts(run)["assign"] == "ok")
        with self.registry.cursor() as cr:
            own = self.env(cr=cr)["glase.verification"].sudo().browse(run.id)
            with patch.object(Exchange, "make", unstored):
                runner.advance(own)
        self.env.invalidate_all()
        self.assertEqual(run.busy_operation, "sendInvoice")
        self.assertFalse(self.press(run, "action_advance")["verdict"])
        self.advance(61)
        self.play(run)
        self.assertEqual(run.state, "failed")
        self.assertIn("stopped during this call", run.step_ids[2].verdict)
        self.assertEqual(run.bill_ids[0].state, "ended", "a later one has taken its place")
        self.assert_nothing_left(run)

    def test_only_an_administrator_runs_it(self):
        run = self.new_run()
        for user in (self.pos_user, self.pos_admin):
            with self.assertRaises(AccessError):
                run.with_user(user).action_start()
        with self.assertRaises(AccessError):
            run.with_user(self.admin).write({"state": "passed"})

    def test_the_sticker_of_a_till_is_not_taken_away(self):
        run = self.new_run(glase_id=self.terminal.glase_id)
        with self.refused(UserError, "sticker of"):
            self.press(run, "action_start")

    def test_the_account_stays_as_it_is_meanwhile(self):
        self.account = self.account.copy({"name": "Without a till"})
        self.account.sudo().reseller_password = RESELLER_PASSWORD
        run = self.started()
        with self.refused(UserError, "verification"):
            self.account.reseller_id = "other"
        self.press(run, "action_stop")
        self.play(run)
        self.account.reseller_id = "other"

    @mute_logger("odoo.addons.pos_glase.models.registration.glase_terminal_registration")
    def test_a_till_is_unregistered_by_whom_the_account_says(self):
        self.account.unregister_as = "reseller"
        outcome = self.terminal_call("_ask_unregister")
        self.assertFalse(outcome.ok, "the simulator knows terminals by their own log-in only")
        [call] = self.calls("unregisterTerminal")[-1:]
        self.assertEqual((call["principal_type"], call["code"]), ("RESELLERUSER", 91))
        run = self.started()
        self.play(run)
        self.assertEqual(self.verdicts(run)["unregister"], "failed")
        self.assertTrue(run.unregistered_at, "cleaning up tries the other log-in")
        self.assert_nothing_left(run)

    def test_a_run_that_does_all_that_the_sheet_says(self):
        self.profile(unregister_by="both", reseller_unregisters="newest")
        self.account.write({"certifying": True, "unregister_as": "reseller"})
        run = self.started()
        self.play(run)
        self.assertEqual((run.state, run.deviations, run.left_behind), ("passed", False, False))
        self.assertEqual(set(self.verdicts(run).values()), {"ok"})
        self.assertIn("Result: passed\n", protocol.text(run))
        [call] = self.calls("unregisterTerminal")[-1:]
        self.assertEqual((call["principal_type"], call["code"]), ("RESELLERUSER", 0))
        self.assert_nothing_left(run)
        live = [one for one in self.simulator.journal()["terminals"] if not one["unregistered_at"]]
        ours = self.terminal.sudo().terminal_identifier
        self.assertIn(ours, {one["terminal_id"] for one in live}, "the till was not meant")
