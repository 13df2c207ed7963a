import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...glase import VERSION
from ...rules import state_machine
from ...rules.certification_sheet import STEPS
from ..support.public_method import public
from .glase_verification import FINISHED, in_utc

# What wkhtmltopdf's state is where Odoo can print.
PRINTS = frozenset({"ok", "workers", "upgrade"})


def _in_english(record, name):
    """The label of a choice as it goes to Glase, whatever language the user reads."""
    return dict(record._fields[name].selection).get(record[name], "")


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
        """The protocol as a text file, to be sent to Glase.

        In the page itself: a download leaves it as it is, and a new tab would be kept back by some
        browsers as a pop-up, and stay empty in others.
        """
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
            "target": "self",
        }

    def _check_finished(self):
        if self.state not in FINISHED:
            raise UserError(self.env._("The run is not finished yet."))

    def _protocol_head(self):
        """What stands above the steps, as (label, value)."""
        self.ensure_one()
        asked = self._form()
        result = self.state
        if self.deviations:
            result += ", but not in all as the sheet says"
        reference = asked.client_reference if self.certifying else "one of each call's own"
        return [
            ("Result", result),
            ("Company", self.company_id.name),
            ("Environment", f"{self.environment} {self.endpoint or ''}".strip()),
            ("Reseller", self.reseller_id or ""),
            ("Terminal", self.terminal_identifier or "none"),
            ("Terminal's external id", self.external_identifier or ""),
            ("Terminal unregistered", in_utc(self.unregistered_at) or "no"),
            ("Glase ID", self.glase_id or ""),
            ("As a certification wants it", "switched on" if self.certifying else "switched off"),
            ("Client ID", self.client_identity or ""),
            ("Client reference", reference),
            ("Transaction period", self.period_identifier or "none"),
            ("Amount of each invoice", f"{self.amount:.2f} {self.currency_id.name}"),
            ("Software", f"Odoo POS / pos_glase {VERSION}"),
            ("Started", in_utc(self.started_at)),
            ("Finished", in_utc(self.finished_at)),
            (
                "Steps",
                f"{self.ok_count} ok, {self.failed_count} failed, {self.skipped_count} skipped",
            ),
        ]

    def _protocol_lists(self):
        """What stands between the head and the steps, as (title, lines); nothing is left out."""
        self.ensure_one()
        lists = [
            ("Left to do", (self.left_behind or "").splitlines()),
            ("Not as on the sheet", (self.deviations or "").splitlines()),
            ("What happened to this run", (self.history or "").splitlines()),
            ("Invoices", [bill._protocol_line() for bill in self.bill_ids]),
        ]
        return [(title, lines) for title, lines in lists if lines]

    def _protocol_text(self):
        """The whole protocol as plain text."""
        self.ensure_one()
        lines = ["Verification of a Glase integration", ""]
        lines += [f"{label}: {value}" for label, value in self._protocol_head()]
        for title, told in self._protocol_lists():
            lines += ["", f"{title}:", *(f"- {line}" for line in told)]
        for step in self.step_ids:
            lines += ["", "=" * 78, step._protocol_title(), *step._protocol_lines()]
            for exchange in step.exchange_ids:
                lines += ["", f"--- {exchange._protocol_headline()}"]
                for title, text in exchange._protocol_parts():
                    lines += [f"--- {title}"] * bool(title) + [text]
        return "\n".join(lines) + "\n"


class GlaseVerificationStep(models.Model):
    _inherit = "glase.verification.step"

    def _protocol_title(self):
        self.ensure_one()
        number = f"{self.number}. " if self.number else ""
        return f"{number}{self.title} ({self.operation}): {self.state.upper()}"

    def _protocol_lines(self):
        """What stands under the title of a step."""
        self.ensure_one()
        yield f"Looked at: {self.looked_at}"
        if self.verdict:
            yield f"Verdict: {self.verdict}"
        for line in (self.deviation or "").splitlines():
            yield f"Not as on the sheet: {line}"
        if self.started_at:
            yield f"From {in_utc(self.started_at)} to {in_utc(self.ended_at)}"


class GlaseVerificationBill(models.Model):
    _inherit = "glase.verification.bill"

    def _protocol_line(self):
        """One line: what was sent, and how it ended."""
        self.ensure_one()
        sent = STEPS.get(self.key)
        parts = [
            self.invoice_reference or "without a reference",
            f"sent at {in_utc(self.sent_at)}",
            f"in “{sent.title}”" if sent else "",
            _in_english(self, "state").lower(),
            self.ers_reference and f"payment {self.ers_reference}",
            _in_english(self, "refund_state").lower(),
            self.refund_reference and f"refund {self.refund_reference}",
        ]
        return ", ".join(part for part in parts if part)


class GlaseVerificationExchange(models.Model):
    _inherit = "glase.verification.exchange"

    def _protocol_headline(self):
        """One line: when, what about which invoice, and how it ended."""
        self.ensure_one()
        invoice = self.bill_id.invoice_reference
        answered = self.outcome == state_machine.ANSWER
        parts = [
            in_utc(self.time),
            self.operation,
            f"invoice {invoice}" if invoice else "",
            f"code {self.code}" if answered else _in_english(self, "outcome"),
            self.status,
            f"client reference {self.client_reference}" if self.client_reference else "",
            f"{self.seconds:.3f} s",
            f"{self.count} times, last at {in_utc(self.last_time)}" if self.count > 1 else "",
            "called to leave nothing open" if self.clearing else "",
        ]
        return ", ".join(part for part in parts if part)

    def _protocol_parts(self):
        """What stands under that line, as (title, text)."""
        self.ensure_one()
        parts = (
            ("", self.words),
            ("request", self.request),
            ("answer", self.response),
            ("the same was asked and answered again", self.repeats),
        )
        return [(title, text) for title, text in parts if text]
