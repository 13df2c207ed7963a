import secrets

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ...glase import Principal
from ...rules import certification_sheet as sheet
from ...rules import glase_id
from ...rules.environments import ENVIRONMENTS, SIMULATOR
from ..accounts import glase_connection
from ..registration import stickers
from ..registration.glase_terminal_register import new_password
from ..support import autonomous_transaction, clock, shown_values
from ..support.public_method import public
from . import protocol, runner
from .glase_verification_parts import in_utc

# What wkhtmltopdf's state is where Odoo can print.
PRINTS = frozenset({"ok", "workers", "upgrade"})
# What a step of a run keeps of the sheet.
OF_SHEET = ("key", "number", "operation", "title", "looked_at")


class GlaseVerification(models.Model):
    """A run of the certification sheet against an account's environment (``doc/protocol.md §6``).

    On a registration of its own that no till uses and that is no ``glase.terminal``: nothing of it
    is in the ledger, in a till's period, in a session or in the books. How it is driven is in
    ``runner.py``, the sheet and how it is judged in ``rules/certification_sheet.py`` and beside it.
    """

    _name = "glase.verification"
    _description = "Glase Verification"
    _inherit = ["pos_glase.kept"]
    _order = "id desc"

    _typed = frozenset({"glase_id", "amount"})
    _decided_field = "started_at"

    account_id = fields.Many2one(
        "glase.account", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        related="account_id.company_id", store=True, index=True, precompute=True
    )
    state = fields.Selection(
        sheet.STATES, default=sheet.DRAFT, required=True, readonly=True, index=True
    )
    environment = fields.Selection(
        ENVIRONMENTS, compute="_compute_environment", store=True, precompute=True
    )
    endpoint = fields.Char("Address", readonly=True)
    reseller_id = fields.Char("Reseller at Glase", readonly=True)
    client_identity = fields.Char("Client ID", readonly=True)
    certifying = fields.Boolean("Certification References", readonly=True)
    glase_id = fields.Char(
        "Glase ID",
        help="The one that Glase gave you for this, or one that no till has. Letters and digits",
    )
    amount = fields.Monetary(
        default=1.0, help="Of each bill. All that is paid is given back at the end"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one("res.users", "Run by", readonly=True, ondelete="restrict")
    started_at = fields.Datetime("Started", readonly=True)
    finished_at = fields.Datetime("Finished", readonly=True)

    external_identifier = fields.Char("External ID", readonly=True)
    terminal_identifier = fields.Char("Terminal at Glase", readonly=True)
    password = fields.Char(groups="base.group_system", readonly=True)
    register_lost = fields.Boolean(readonly=True)
    unregistered_at = fields.Datetime("Unregistered", readonly=True)
    period_identifier = fields.Char("Period at Glase", readonly=True)

    step_ids = fields.One2many("glase.verification.step", "verification_id", readonly=True)
    bill_ids = fields.One2many("glase.verification.bill", "verification_id", readonly=True)
    exchange_ids = fields.One2many("glase.verification.exchange", "verification_id", readonly=True)
    ok_count = fields.Integer("Steps Passed", compute="_compute_counts")
    failed_count = fields.Integer("Steps Failed", compute="_compute_counts")
    skipped_count = fields.Integer("Steps Skipped", compute="_compute_counts")
    left_behind = fields.Text("Left for You to Do", readonly=True)
    deviations = fields.Text("Not as on the Sheet", compute="_compute_deviations")
    history = fields.Text(readonly=True, help="When it was paused, resumed and stopped")
    unbound_why = fields.Char(related="account_id.unbound_why")
    can_print = fields.Boolean(compute="_compute_can_print")

    heard_at = fields.Datetime("Last Contact with the Page", readonly=True)
    next_at = fields.Datetime(readonly=True)
    fingerprint = fields.Char(compute="_compute_fingerprint")
    pausing = fields.Boolean(readonly=True)
    stop_wished = fields.Boolean(readonly=True)
    unregister_tries = fields.Integer(readonly=True)
    busy_since = fields.Datetime(readonly=True)
    busy_step_id = fields.Many2one("glase.verification.step", readonly=True, ondelete="set null")
    busy_bill_id = fields.Many2one("glase.verification.bill", readonly=True, ondelete="set null")
    busy_operation = fields.Char(readonly=True)
    busy_reference = fields.Char(readonly=True)
    busy_clearing = fields.Boolean(readonly=True)

    _one_unfinished = models.UniqueIndex(
        "(account_id) WHERE state IN ('running', 'paused', 'cleaning')",
        "A verification of this account is under way already.",
    )

    @api.depends("account_id", "started_at")
    @api.depends_context("lang", "tz", "uid")
    def _compute_display_name(self):
        for run in self:
            zone = self.env.context.get("tz")
            when = run.started_at and format_datetime(self.env, run.started_at, zone, False)
            run.display_name = f"{run.account_id.name}, {when}" if when else run.account_id.name

    @api.depends("account_id.environment")
    def _compute_environment(self):
        # What a run was started with is kept; before that it is where it would be started.
        for run in self:
            present = run.account_id.environment
            run.environment = present if run.state == sheet.DRAFT else run.environment

    @api.depends("glase_id", "amount", "environment")
    def _compute_fingerprint(self):
        for run in self:
            run.fingerprint = shown_values.fingerprint([run.glase_id, run.amount, run.environment])

    @api.depends("step_ids.deviation")
    def _compute_deviations(self):
        for run in self:
            told = "\n".join(run.step_ids.filtered("deviation").mapped("deviation"))
            run.deviations = "\n".join(dict.fromkeys(told.splitlines())) or False

    @api.depends("step_ids.state")
    def _compute_counts(self):
        for run in self:
            states = run.step_ids.mapped("state")
            run.ok_count = states.count(sheet.OK)
            run.failed_count = states.count(sheet.FAILED)
            run.skipped_count = states.count(sheet.SKIPPED)

    def write(self, vals):
        """Override of `pos_glase.kept`: what a person typed is what the run was started with."""
        typed = not self.env.su and set(vals) <= self._typed
        if typed and any(self.sudo().mapped(self._decided_field)):
            raise UserError(self.env._("This verification was started already. Reload the page."))
        if isinstance(vals.get("glase_id"), str):
            vals = {**vals, "glase_id": stickers.read(self.env, vals["glase_id"])}
        return super().write(vals)

    # === Buttons ===

    @public(group="base.group_system")
    def action_start(self):
        """Begin the run; from now on the open page drives it, call by call.

        :raises UserError: if something is missing
        """
        # Where another page has begun meanwhile, this one shows it when it is loaded again.
        if self.state != sheet.DRAFT:
            return True
        if shown_values.is_outdated(self):
            return shown_values.reload_page(self)
        run = self.sudo()
        run._check_may_start()
        now, account = clock.now(self.env.cr), run.account_id
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        run.write(
            {
                **glase_connection.registration_values(account),
                "state": sheet.RUNNING,
                "certifying": account.certifying,
                "client_identity": glase_connection.client_for(account).client_id,
                "user_id": self.env.uid,
                "started_at": now,
                "heard_at": now,
                "next_at": now,
                "external_identifier": f"{database}-verify-{run.id}-{secrets.token_hex(4)}",
                "password": new_password(),
                "step_ids": [
                    Command.create({name: getattr(step, name) for name in OF_SHEET})
                    for step in sheet.SHEET
                ],
            }
        )
        runner.wake(self.env)
        return True

    def _check_may_start(self):
        account = self.account_id
        missing = account._what_is_missing() or account.unbound_why
        if missing:
            raise UserError(missing)
        if not account.active:
            raise UserError(self.env._("“%s” is archived.", account.name))
        other = account.verification_ids.filtered(lambda one: one.state in sheet.UNFINISHED)
        if other:
            raise UserError(self.env._("“%s” is under way: finish it first.", other.display_name))
        step = max(self.currency_id.rounding, 0.01)
        if self.amount < 2 * step or self.amount > 1000 * max(step, 1.0):
            least = self.currency_id.format(2 * step)
            raise UserError(self.env._("Choose a small amount, but not less than %s.", least))
        self._check_glase_id()

    def _check_glase_id(self):
        if not self.glase_id:
            if self.account_id.environment != SIMULATOR:
                raise UserError(
                    self.env._("Enter the Glase ID that Glase gave you for the certification.")
                )
            self.glase_id = f"VERIFY{secrets.token_hex(4).upper()}"
        here = [("environment", "=", self.account_id.environment)]
        holder = stickers.holders(self.env["glase.terminal"], self.glase_id, here)
        if holder:
            raise UserError(
                self.env._(
                    "%(id)s is the sticker of “%(till)s”: a verification must not take it away. "
                    "Use another one.",
                    id=self.glase_id,
                    till=holder[0].name,
                )
            )

    @public(group="base.group_system")
    def action_pause(self):
        """Pause: an invoice that is out is canceled; *Resume* goes on where it was."""
        self._wish({"pausing": True}, (sheet.RUNNING,), "Pause was pressed")

    @public(group="base.group_system")
    def action_resume(self):
        """Go on where it was paused."""
        values = {"state": sheet.RUNNING, "pausing": False, "left_behind": False}
        self._wish(values, (sheet.PAUSED,), "Resumed")

    @public(group="base.group_system")
    def action_stop(self):
        """End the run: what it has left at Glase is cleaned up."""
        states = (sheet.RUNNING, sheet.PAUSED)
        self._wish({"stop_wished": True}, states, "Stop and Clean Up was pressed")

    def _wish(self, values, states, words):
        run, now = self.sudo(), clock.now(self.env.cr)
        autonomous_transaction.lock(run)
        # What is wished already is not wished again by a second page, and nothing after the end.
        again = run.stop_wished or (run.pausing and values.get("pausing"))
        if run.state not in states or again:
            return
        run.write({**values, "heard_at": now, "next_at": now})
        run._remember(words)
        if run.stop_wished and run.state == sheet.PAUSED:
            # No call is under way in a pause.
            runner.Runner(run).begin_cleaning("Stopped")
        runner.wake(self.env)

    def _remember(self, words):
        """Note in the protocol what happened to the run, and when; in English, for Glase."""
        line = f"{in_utc(clock.now(self.env.cr))}: {words}"
        self.history = f"{self.history}\n{line}" if self.history else line

    @public(group="base.group_system")
    def action_again(self):
        """Run the sheet again, from the beginning and as a new record."""
        return self.account_id.action_verify()

    @public(group="base.group_system")
    def action_advance(self):
        """The open page asks: take the next step if one is due, one call at most.

        :return: what the page shows, see :meth:`_view`
        """
        runner.advance(self, page=True)
        return self.sudo()._view()

    @api.model
    def _cron_verify(self):
        """Pause what no page drives any more, and clean up what has ended or pauses."""
        runner.work_due(self)

    # === What the page shows ===

    def _view(self):
        """The run as the open page shows it: no secrets.

        :return: state, the step that is under way, what a person must do and with which code
        """
        step = self.step_ids.filtered(lambda one: one.state == sheet.DOING)[:1]
        states = self.step_ids.mapped("state")
        return {
            "state": self.state,
            "pausing": self.pausing or self.stop_wished,
            "done": sum(state not in (sheet.TODO, sheet.DOING) for state in states),
            "total": len(states),
            "glase_id": self.glase_id,
            "unbound": self.unbound_why,
            "title": step.title,
            "person": step.entry.person if step else False,
            "verdict": step.verdict,
            "seconds": int(step._since().total_seconds()) if step else 0,
            **self._code(step),
        }

    def _code(self, step):
        """The code for the customer: the invoice's, or the simulator's phone page; if it is asked for."""
        if not step or step.entry.expects != "paid":
            return {"qr": False, "phone": False}
        phone = self.account_id._phone_url(self.glase_id)
        code = phone or step._bill().qr_code or glase_id.link(self.glase_id)
        return {"qr": stickers.qr_code(code), "phone": phone}

    def _caller(self, operation):
        """Who makes a call of this run, whatever the account's address is today: see ``exchange.py``."""
        account = self.account_id
        # When cleaning up, each second try is the other one's: one of the two is right.
        other = bool(self.busy_clearing and self.unregister_tries % 2)
        who = glase_connection.principal(
            account,
            operation.by,
            lambda: Principal.terminal(self.terminal_identifier, self.password),
            other,
        )
        return glase_connection.client_for(account, self), who

    # === The protocol ===

    def _protocol(self):
        """The protocol, for the report; see ``protocol.read``."""
        return protocol.read(self)

    def _compute_can_print(self):
        self.can_print = self.env["ir.actions.report"].get_wkhtmltopdf_state() in PRINTS

    @public()
    def action_download(self):
        """The protocol as a text file, to be sent to Glase.

        In the page itself: a download leaves it as it is, and a new tab would be kept back by some
        browsers as a pop-up, and stay empty in others.
        """
        if self.state not in sheet.FINISHED:
            raise UserError(self.env._("The run is not finished yet."))
        name = f"glase-verification-{self.id}.txt"
        kept = {"res_model": self._name, "res_id": self.id, "name": name}
        attachments = self.env["ir.attachment"].sudo()
        attachment = attachments.search([(key, "=", value) for key, value in kept.items()], limit=1)
        if not attachment:
            content = protocol.text(self.sudo()).encode()
            attachment = attachments.create({**kept, "mimetype": "text/plain", "raw": content})
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "self",
        }
