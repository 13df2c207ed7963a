from datetime import timedelta

from odoo.exceptions import ValidationError

from ...models.accounts.glase_account import BY_HAND
from ...models.certification import protocol
from ...models.support import clock
from ..shared.verification import VerificationCommon


class TestRetention(VerificationCommon):
    """What proves no money goes after its days, by Odoo's own vacuum; all else stays."""

    def vacuum(self):
        self.env["glase.account"].sudo()._gc_what_may_go()

    def long_ago(self, days=91):
        return clock.now(self.env.cr) - timedelta(days=days)

    def test_requests_and_answers_of_a_finished_run_go_and_the_protocol_says_so(self):
        run = self.started()
        self.play(run, until=lambda: len(run.exchange_ids) > 2)
        exchanges = run.exchange_ids
        self.assertTrue(all(exchanges.mapped("request")))
        run.sudo().finished_at = self.long_ago()
        self.vacuum()
        self.assertTrue(all(exchanges.mapped("request")), "it is not finished")
        self.play(run)
        exchanges = run.step_ids.exchange_ids
        self.vacuum()
        self.assertTrue(all(exchanges.mapped("request")), "its days are not over")
        said = exchanges.mapped("words")
        run.sudo().finished_at = self.long_ago()
        self.vacuum()
        for name in ("request", "response", "repeats"):
            self.assertFalse(any(exchanges.mapped(name)), name)
        self.assertEqual(exchanges.mapped("words"), said)
        self.assertIn("were removed when their days were over", protocol.text(run.sudo()))
        self.assertEqual(run.state, "passed")

    def test_days_are_those_of_the_account(self):
        self.account.keep_days = 1000
        run = self.started()
        self.play(run)
        run.sudo().finished_at = self.long_ago(999)
        self.vacuum()
        self.assertTrue(all(run.step_ids.exchange_ids.mapped("request")))
        for days in (0, -1, 3651):
            with self.assertRaises(ValidationError):
                self.account.keep_days = days

    def test_of_an_account_s_files_only_reports_run_by_hand_go(self):
        def kept(description, age):
            attachment = self.env["ir.attachment"].create(
                {
                    "name": "report.xml",
                    "raw": b"<a/>",
                    "description": description,
                    "res_model": "glase.account",
                    "res_id": self.account.id,
                }
            )
            self.env.cr.execute(
                "UPDATE ir_attachment SET create_date = %s WHERE id = %s",
                (self.long_ago(age), attachment.id),
            )
            return attachment

        old, new, contract = kept(BY_HAND, 91), kept(BY_HAND, 89), kept(False, 5000)
        self.env.invalidate_all()
        self.vacuum()
        self.assertEqual((old | new | contract).exists(), new | contract)

    def test_what_the_simulator_was_asked_long_ago_goes(self):
        play = self.env["glase.account"].create(
            {"name": "Play", "company_id": self.company.id, "environment": "simulator"}
        )
        asked = []
        simulator = play._simulator()
        self.patch(type(simulator), "forget", lambda _self, *what: asked.append(what))
        self.vacuum()
        self.assertIn((f"shop-{play.id}", 90 * 86400.0), asked)
