import re
from dataclasses import replace

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ...glase import EndpointError, GlaseError, reports
from ...glase.codes import REPORT_NOT_READY, SERVICE_TROUBLE
from ...glase.masking import EVIDENCE_LIMIT, MASK, mask
from ...glase.report_file import judge
from ...models.accounts import glase_connection
from ...models.accounts.glase_account import BY_HAND
from ...models.support import autonomous_transaction
from ...models.support.managers import MANAGERS
from ...models.support.public_method import public
from ...models.support.sentences import note

SHOP, TERMINAL, OTHER = "shop", "terminal", "other"
# The keys of a selection have no slash: part of what is sent.
REPORTS = {
    "shop_summary": (reports.SHOP_SUMMARY, "Shop: sum", SHOP),
    "shop_terminals": (reports.SHOP_PER_TERMINAL, "Shop: sum of each terminal", SHOP),
    "shop_cashiers": (reports.SHOP_PER_CASHIER, "Shop: sum of each cashier", SHOP),
    "shop_details": (reports.SHOP_DETAILS, "Shop: each payment", SHOP),
    "terminal_summary": (reports.TERMINAL_SUMMARY, "Terminal: sum", TERMINAL),
    "terminal_details": (reports.TERMINAL_DETAILS, "Terminal: each payment", TERMINAL),
}
# More is in the file, which has all of it.
SHOWN_ROWS = 1000
LONG_SECRET = 8
# What is computed until somebody types something else.
_PROPOSED = {"store": True, "precompute": True, "readonly": False}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z]{2,4})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
LONGEST_IDENTIFIER = 200

# Said in the language of whoever reads the account's history.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)


class GlaseRunReport(models.TransientModel):
    """*Run a report*: any report that Glase has, of any period (``doc/protocol.md §4.14``).

    What comes back is shown as a table or as plain text, and kept as a file of the account. It is
    never shown as a page: it comes from outside.
    """

    _name = "glase.run.report"
    _description = "Run a Glase Report"
    _inherit = ["pos_glase.wizard"]

    account_id = fields.Many2one(
        "glase.account",
        required=True,
        default=lambda self: self.env["glase.account"].search(
            [("company_id", "in", self.env.companies.ids)], limit=1
        ),
    )
    period_id = fields.Many2one(
        "glase.period",
        "Transaction Period",
        compute="_compute_period_id",
        **_PROPOSED,
        domain="[('account_id', '=', account_id), ('identifier', '!=', False)]",
    )
    period_identifier = fields.Char(
        "Period at Glase",
        compute="_compute_period_identifier",
        **_PROPOSED,
        help="Glase's own id of the period; empty for a report that is about no period",
    )
    report = fields.Selection(
        [*((key, label) for key, (_id, label, _of) in REPORTS.items()), (OTHER, "Another one")],
        compute="_compute_report",
        **_PROPOSED,
        required=True,
    )
    report_identifier = fields.Char(
        "Report ID",
        compute="_compute_report_identifier",
        **_PROPOSED,
        help="As Glase names it, for example Reconciliation/STD_RECON_006.xml",
    )
    scope = fields.Selection(
        [(SHOP, "The whole shop"), (TERMINAL, "One terminal")],
        "About",
        compute="_compute_scope",
        **_PROPOSED,
        required=True,
    )
    terminal_id = fields.Many2one(
        "glase.terminal",
        compute="_compute_terminal_id",
        **_PROPOSED,
        domain="[('account_id', '=', account_id), ('terminal_identifier', '!=', False)]",
        context={"active_test": False},
    )
    language = fields.Char(
        default=lambda self: (self.env.lang or "en")[:2], required=True, help="en, sv, …"
    )

    outcome = fields.Selection(
        [("none", "Not run"), ("not_ready", "Not ready"), ("failed", "Failed"), ("done", "Done")],
        default="none",
        readonly=True,
    )
    message = fields.Char(readonly=True)
    attachment_id = fields.Many2one("ir.attachment", "File", readonly=True)
    text = fields.Text("As It Came", readonly=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    reported_count = fields.Integer("Payments", readonly=True)
    reported_total = fields.Monetary("Total", readonly=True)
    line_ids = fields.One2many("glase.run.report.line", "run_id", readonly=True)

    # One method for each field: what is given for one must not be lost when another is computed.

    @api.depends("account_id")
    def _compute_period_id(self):
        for run in self:
            known = [("account_id", "=", run.account_id.id), ("identifier", "!=", False)]
            run.period_id = self.env["glase.period"].search(known, limit=1)

    @api.depends("period_id")
    def _compute_period_identifier(self):
        for run in self:
            run.period_identifier = run.period_id.identifier

    @api.depends("period_id")
    def _compute_terminal_id(self):
        for run in self:
            run.terminal_id = run.period_id.terminal_id

    @api.depends("period_id")
    def _compute_report(self):
        for run in self:
            run.report = "terminal_details" if run.period_id.terminal_id else "shop_details"

    @api.depends("report")
    def _compute_report_identifier(self):
        for run in self:
            run.report_identifier = run.report in REPORTS and REPORTS[run.report][0]

    @api.depends("report")
    def _compute_scope(self):
        for run in self:
            run.scope = REPORTS[run.report][2] if run.report in REPORTS else SHOP

    @api.depends("account_id", "period_id", "terminal_id")
    def _compute_currency_id(self):
        for run in self:
            run.currency_id = (
                run.period_id.currency_id
                or run.terminal_id.currency_id
                or run.account_id.company_id.currency_id
            )

    # === Ask ===

    @public(group=MANAGERS, access="write")
    def action_run(self):
        """Ask Glase for the report, show and keep what comes.

        :raises AccessError: for anyone but a POS administrator of the account's company
        :raises UserError: if what was filled in cannot be asked
        """
        for record in (self.account_id, self.terminal_id, self.period_id):
            record.check_access("read")
        account = self.account_id.sudo()
        missing = account._what_is_missing() or account.unbound_why
        if missing:
            raise UserError(missing)
        asked = self._asked()
        try:
            client, reseller = (
                glase_connection.client_for(account),
                glase_connection.reseller(account),
            )
            autonomous_transaction.end_request(self.env)
            answer = client.execute_report(reseller, *asked)
        except EndpointError as error:
            raise UserError(account._explain(error)) from error
        except GlaseError as error:
            outcome = "not_ready" if error.code == REPORT_NOT_READY else "failed"
            return self._ended(outcome, message=self._explain(error))
        return self._take_in(answer.report, reseller.password)

    def _asked(self):
        """The report's id, its parameters and its language, as they are sent."""
        identifier = (self.report_identifier or "").strip()
        if not 0 < len(identifier) <= LONGEST_IDENTIFIER or _CONTROL.search(identifier):
            raise UserError(self.env._("Type the report's id, as Glase names it."))
        language = (self.language or "").strip()
        if not _LANGUAGE.fullmatch(language):
            raise UserError(self.env._("Type the language as two letters: en, sv, fi."))
        period = _CONTROL.sub("", (self.period_identifier or "").strip())[:LONGEST_IDENTIFIER]
        parameters = {"transactionPeriodId": period} if period else {}
        if self.scope == TERMINAL:
            self._check_terminal()
            parameters["TERMINALID"] = self.terminal_id.terminal_identifier
        return identifier, parameters, language

    def _check_terminal(self):
        """:raises UserError: unless the account as it is today can ask about the terminal"""
        if not self.terminal_id.terminal_identifier:
            raise UserError(self.env._("Choose the terminal that the report is about."))
        if not self.account_id._speaks_for(self.terminal_id):
            raise UserError(
                self.env._(
                    "“%(terminal)s” was registered with another account, address or reseller than "
                    "“%(account)s” has now: its reports cannot be asked for.",
                    terminal=self.terminal_id.display_name,
                    account=self.account_id.display_name,
                )
            )

    def _explain(self, error):
        if error.reason == "too_big":
            return self.env._("The report is larger than 32 MB. Ask for one of a shorter period.")
        if error.code == REPORT_NOT_READY:
            return self.env._(
                "Glase is still making this report. Try again in some seconds. A terminal's "
                "report is never ready for a period that was marked for the whole shop."
            )
        if error.code in SERVICE_TROUBLE:
            return self.env._(
                "Glase has no such report of this period, or has trouble of its own. Check the "
                "report and the period, or try again later. (result code %s)",
                error.code,
            )
        return self.account_id._explain(error)

    # === What came ===

    def _ended(self, outcome, **shown):
        """Store how it ended, and show the dialog again."""
        nothing = dict.fromkeys(
            ("attachment_id", "text", "reported_count", "reported_total"), False
        )
        self.line_ids.unlink()
        # What came from Glase nobody has typed: it may be longer than that.
        self.sudo().write({**nothing, "outcome": outcome, **shown})
        dialog = "pos_glase.action_glase_run_report"
        return {**self.env["ir.actions.act_window"]._for_xml_id(dialog), "res_id": self.id}

    def _take_in(self, report, secret):
        content = report.content
        if secret and len(secret) >= LONG_SECRET:
            content = content.replace(secret.encode(), MASK.encode())
        judged = judge(replace(report, content=content))
        if judged.table:
            shown = self._as_table(judged.table)
        elif judged.text is None:
            shown = {"message": self.env._("Glase sent a file. Download it.")}
        else:
            shown = self._as_text(judged.text, secret)
        return self._ended("done", attachment_id=self._keep(judged).id, **shown)

    def _as_text(self, text, secret):
        message = self.env._("This is none of the reports that are known: it is shown as text.")
        if len(text) > EVIDENCE_LIMIT:
            message = self.env._("The beginning of a long text; the file has all of it.")
        return {"message": message, "text": mask(text[:EVIDENCE_LIMIT], [secret])}

    def _as_table(self, table):
        rows = [*table.rows, *table.sums]
        return {
            "message": self._words_of(table, len(rows)),
            "reported_count": table.count,
            "reported_total": float(table.total),
            "line_ids": [
                Command.create(
                    {
                        "reference": row.reference,
                        "terminal_identifier": row.terminal_id,
                        "cashier": row.cashier,
                        "count": row.count,
                        "amount": float(row.amount),
                    }
                )
                for row in rows[:SHOWN_ROWS]
            ],
        }

    def _words_of(self, table, number):
        if not number:
            return self.env._("The report has no rows: nothing was paid in this period.")
        if number > SHOWN_ROWS:
            return self.env._(
                "The first %(shown)s of %(number)s rows; the file has all of them.",
                shown=SHOWN_ROWS,
                number=number,
            )
        about = [
            table.period_id and self.env._("period %s", table.period_id),
            table.terminal_id and self.env._("terminal %s", table.terminal_id),
            table.reseller_id and self.env._("reseller %s", table.reseller_id),
        ]
        return self.env._("Glase's report: %s", ", ".join(filter(None, about)) or "—")

    def _keep(self, judged):
        """Keep the report with the account, as a file that no browser shows as a page."""
        account = self.account_id.sudo()
        words = f"{self.report_identifier} {self.period_identifier or ''}".replace(".xml", "")
        safe = re.sub(r"[^A-Za-z0-9]+", "-", words).strip("-")[:80] or "report"
        attachments = account.env["ir.attachment"].with_context(image_no_postprocess=True)
        kept = attachments.create(
            {
                "name": f"glase-{safe}.{judged.extension}",
                "raw": judged.content,
                "mimetype": judged.mimetype,
                "description": BY_HAND,
                "res_model": account._name,
                "res_id": account.id,
            }
        )
        # For want of a better name Odoo guesses one from the content, which is not ours.
        kept.mimetype = judged.mimetype
        note(
            account,
            _lt("Report %s was run.", self.report_identifier),
            account,
            attachment_ids=kept.ids,
            author_id=self.env.user.partner_id.id,
        )
        return kept

    @public(group=MANAGERS)
    def action_download(self):
        """Download the report, whatever it is."""
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "self",
        }


class GlaseRunReportLine(models.TransientModel):
    """One row of a report that was run: a payment, or a sum."""

    _name = "glase.run.report.line"
    _description = "Row of a Glase Report"
    _inherit = ["pos_glase.wizard"]

    run_id = fields.Many2one("glase.run.report", required=True, ondelete="cascade", index=True)
    currency_id = fields.Many2one(related="run_id.currency_id")
    reference = fields.Char("Payment Reference", readonly=True)
    terminal_identifier = fields.Char("Terminal at Glase", readonly=True)
    cashier = fields.Char(readonly=True)
    count = fields.Integer("Payments", readonly=True)
    amount = fields.Monetary(readonly=True)
