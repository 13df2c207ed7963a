import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...glase import VERSION
from ..support.public_method import public
from .glase_verification import FINISHED

# What wkhtmltopdf's state is where Odoo can print.
PRINTS = frozenset({"ok", "workers", "upgrade"})


class GlaseVerification(models.Model):
    """The protocol of a run: as a file for Glase, and on paper. In English, without secrets."""

    _inherit = "glase.verification"

    can_print = fields.Boolean(compute="_compute_can_print")

    def _compute_can_print(self):
        self.can_print = self._pdf_state() in PRINTS

    @api.model
    def _pdf_state(self):
        return self.env["ir.actions.report"].get_wkhtmltopdf_state()

    @public()
    def action_print(self):
        """The protocol on paper.

        :raises UserError: where this server cannot make a PDF
        """
        self.ensure_one()
        self.check_access("read")
        self._check_finished()
        if not self.can_print:
            raise UserError(
                self.env._(
                    "This server cannot make a PDF: the program wkhtmltopdf is missing. Take the "
                    "file instead, it says the same."
                )
            )
        report = self.env.ref("pos_glase.glase_verification_report")
        return report.report_action(self, config=False)

    @public()
    def action_download(self):
        """The protocol as a text file, to be sent to Glase."""
        self.ensure_one()
        self.check_access("read")
        self._check_finished()
        run = self.sudo()
        name = f"glase-verification-{run.id}.txt"
        kept = [("res_model", "=", run._name), ("res_id", "=", run.id), ("name", "=", name)]
        attachment = run.env["ir.attachment"].search(kept, limit=1)
        if not attachment:
            attachment = run.env["ir.attachment"].create(
                {
                    "name": name,
                    "res_model": run._name,
                    "res_id": run.id,
                    "mimetype": "text/plain",
                    "datas": base64.b64encode(run._protocol_text().encode()),
                }
            )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "download",
        }

    def _check_finished(self):
        if self.state not in FINISHED:
            raise UserError(self.env._("The run is not finished yet."))

    def _protocol_head(self):
        """What stands above the steps, as (label, value)."""
        self.ensure_one()
        total = f"{self.amount:.2f} {self.currency_id.name}"
        return [
            ("Result", self.state),
            ("Company", self.company_id.name),
            ("Environment", f"{self.environment} {self.endpoint or ''}".strip()),
            ("Reseller", self.reseller_id or ""),
            ("Terminal", self.terminal_identifier or "none"),
            ("Glase ID", self.glase_id or ""),
            ("Amount of each invoice", total),
            ("Software", f"Odoo POS / pos_glase {VERSION}"),
            ("Started", f"{self.started_at} UTC"),
            ("Finished", f"{self.finished_at} UTC"),
            (
                "Steps",
                f"{self.ok_count} ok, {self.failed_count} failed, {self.skipped_count} skipped",
            ),
        ]

    def _protocol_text(self):
        """The whole protocol as plain text."""
        self.ensure_one()
        lines = ["Verification of a Glase integration", ""]
        lines += [f"{label}: {value}" for label, value in self._protocol_head()]
        if self.left_behind:
            lines += ["", "Left to do:", self.left_behind]
        for step in self.step_ids:
            lines += ["", "=" * 78, *step._protocol_lines()]
        return "\n".join(lines) + "\n"


class GlaseVerificationStep(models.Model):
    _inherit = "glase.verification.step"

    def _protocol_lines(self):
        self.ensure_one()
        number = f"{self.number}. " if self.number else ""
        yield f"{number}{self.title} ({self.operation}): {self.state.upper()}"
        yield f"Looked at: {self.looked_at}"
        if self.verdict:
            yield f"Verdict: {self.verdict}"
        for exchange in self.exchange_ids:
            yield ""
            yield f"--- {exchange._protocol_headline()}"
            if exchange.words:
                yield exchange.words
            if exchange.request:
                yield exchange.request
            if exchange.response:
                yield "--- answer"
                yield exchange.response


class GlaseVerificationExchange(models.Model):
    _inherit = "glase.verification.exchange"

    def _protocol_headline(self):
        """One line: when, what, and how it ended."""
        self.ensure_one()
        outcome = dict(self._fields["outcome"]._description_selection(self.env))[self.outcome]
        told = f"code {self.code}" if self.outcome == "answer" else outcome
        parts = [f"{self.time} UTC", self.operation, told, self.status]
        if self.count > 1:
            parts.append(f"{self.count} times, last at {self.last_time} UTC")
        return ", ".join(part for part in parts if part)
