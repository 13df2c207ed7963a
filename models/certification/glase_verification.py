import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...rules.certification_sheet import SHEET
from ...rules.environments import ENVIRONMENTS
from ..registration import sticker_codes
from ..support import clock
from ..support.caller_context import with_own_context
from ..support.public_method import public

DRAFT, RUNNING, PAUSED, CLEANING = "draft", "running", "paused", "cleaning"
PASSED, FAILED, STOPPED = "passed", "failed", "stopped"
STATES = [
    (DRAFT, "Not started"),
    (RUNNING, "Running"),
    (PAUSED, "Paused"),
    (CLEANING, "Cleaning up"),
    (PASSED, "Passed"),
    (FAILED, "Failed"),
    (STOPPED, "Stopped"),
]
UNFINISHED = (RUNNING, PAUSED, CLEANING)
DRIVEN = (RUNNING, CLEANING)
FINISHED = (PASSED, FAILED, STOPPED)
TYPED = frozenset({"glase_id", "amount"})


def in_utc(moment):
    """A moment as Glase reads it.

    :param datetime.datetime moment: naive, in UTC; or False
    :rtype: str
    """
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""


class GlaseVerification(models.Model):
    """A run of the certification sheet against an account's environment (``doc/protocol.md §6``).

    On a registration of its own that no till uses and that is no ``glase.terminal``: nothing of it
    is in the ledger, in a till's period, in a session or in the books. How it is driven is in
    ``glase_verification_run.py``, the sheet in ``glase_verification_sheet.py``.
    """

    _name = "glase.verification"
    _description = "Glase Verification"
    _order = "id desc"

    account_id = fields.Many2one(
        "glase.account", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        related="account_id.company_id", store=True, index=True, precompute=True
    )
    state = fields.Selection(STATES, default=DRAFT, required=True, readonly=True, index=True)
    environment = fields.Selection(
        ENVIRONMENTS, compute="_compute_environment", store=True, precompute=True
    )
    endpoint = fields.Char("Address", readonly=True)
    reseller_id = fields.Char("Reseller at Glase", readonly=True)
    client_identity = fields.Char("Client ID", readonly=True)
    certifying = fields.Boolean("As a Certification Wants It", readonly=True)
    glase_id = fields.Char(
        "Glase ID",
        help="The one that Glase gave you for this, or one that no till has. Letters and digits",
    )
    amount = fields.Monetary(
        default=1.0, help="Of each invoice. All that is paid is given back at the end"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one("res.users", "Run by", readonly=True)
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

    heard_at = fields.Datetime("Page Last Heard", readonly=True)
    next_at = fields.Datetime(readonly=True)
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
    def _compute_display_name(self):
        for run in self:
            day = fields.Datetime.context_timestamp(run, run.started_at) if run.started_at else None
            when = f", {day:%Y-%m-%d %H:%M}" if day else ""
            run.display_name = f"{run.account_id.name}{when}"

    @api.depends("account_id.environment")
    def _compute_environment(self):
        # What a run was started with is kept; before that it is where it would be started.
        for run in self:
            run.environment = run.account_id.environment if run.state == DRAFT else run.environment

    @api.depends("step_ids.deviation")
    def _compute_deviations(self):
        for run in self:
            told = "\n".join(run.step_ids.filtered("deviation").mapped("deviation"))
            run.deviations = "\n".join(dict.fromkeys(told.splitlines())) or False

    @api.depends("step_ids.state")
    def _compute_counts(self):
        for run in self:
            states = run.step_ids.mapped("state")
            run.ok_count = states.count("ok")
            run.failed_count = states.count("failed")
            run.skipped_count = states.count("skipped")

    # === Written by the run only ===

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Press Verify Integration on a Glase account."))
        return super(GlaseVerification, with_own_context(self)).create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_administrator()
            if set(vals) - TYPED or any(run.state != DRAFT for run in self):
                raise AccessError(self.env._("What was verified is written by the run itself."))
        if isinstance(vals.get("glase_id"), str):
            vals = {**vals, "glase_id": self.env["glase.terminal"]._read_glase_id(vals["glase_id"])}
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("Verifications are kept: they show what was verified, when."))

    def _check_administrator(self):
        """Only an administrator runs it: it uses the reseller's log-in.

        :raises AccessError: for anyone else
        """
        if not self.env.su and not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only an administrator verifies the integration."))
        self.check_access("read")

    # === Buttons ===

    @public(group="base.group_system")
    def action_start(self):
        """Begin the run; from now on the open page drives it, call by call.

        :raises UserError: if something is missing
        """
        self.ensure_one()
        self._check_administrator()
        run = self.sudo()
        account = run.account_id
        if run.state != DRAFT:
            raise UserError(self.env._("This verification was started already. Reload the page."))
        missing = account._what_is_missing() or account.unbound_why
        if missing:
            raise UserError(missing)
        if not account.active:
            raise UserError(self.env._("“%s” is archived.", account.name))
        other = account.verification_ids.filtered(lambda one: one.state in UNFINISHED)
        if other:
            raise UserError(self.env._("“%s” is under way: finish it first.", other.display_name))
        run._check_glase_id()
        run._check_amount()
        now = clock.now(self.env.cr)
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        run.write(
            {
                **account._registration_values(),
                "state": RUNNING,
                "certifying": account.certifying,
                "client_identity": run._client().client_id,
                "user_id": self.env.uid,
                "started_at": now,
                "heard_at": now,
                "next_at": now,
                "external_identifier": f"{database}-verify-{run.id}-{secrets.token_hex(4)}",
                "password": self.env["glase.terminal"]._new_password(),
            }
        )
        run.env["glase.verification.step"].create(
            [
                {
                    "verification_id": run.id,
                    "sequence": index,
                    "key": step.key,
                    "number": step.number,
                    "operation": step.operation,
                    "title": step.title,
                    "looked_at": step.looked_at,
                }
                for index, step in enumerate(SHEET)
            ]
        )
        run._wake()

    def _check_glase_id(self):
        self.ensure_one()
        if not self.glase_id:
            if self.account_id.environment != "simulator":
                raise UserError(
                    self.env._("Enter the Glase ID that Glase gave you for the certification.")
                )
            self.glase_id = f"VERIFY{secrets.token_hex(4).upper()}"
        holder = (
            self.env["glase.terminal"]
            .with_context(active_test=False)
            .search(
                [
                    ("glase_id", "=", self.glase_id),
                    ("environment", "=", self.account_id.environment),
                    ("unregistered_at", "=", False),
                ],
                limit=1,
            )
        )
        if holder:
            raise UserError(
                self.env._(
                    "%(id)s is the sticker of “%(till)s”: a verification must not take it away. "
                    "Use another one.",
                    id=self.glase_id,
                    till=holder.name,
                )
            )

    def _check_amount(self):
        self.ensure_one()
        step = max(self.currency_id.rounding, 0.01)
        if self.amount < 2 * step or self.amount > 1000 * max(step, 1.0):
            raise UserError(self.env._("Choose a small amount, but not less than %s.", 2 * step))

    @public(group="base.group_system")
    def action_pause(self):
        """Pause: an invoice that is out is canceled; *Resume* goes on where it was."""
        self._wish({"pausing": True}, (RUNNING,), "Pause was pressed")

    @public(group="base.group_system")
    def action_resume(self):
        """Go on where it was paused."""
        values = {"state": RUNNING, "pausing": False, "left_behind": False}
        self._wish(values, (PAUSED,), "Resumed")

    @public(group="base.group_system")
    def action_stop(self):
        """End the run: what it has left at Glase is cleaned up."""
        self._wish({"stop_wished": True}, (RUNNING, PAUSED), "Stop and Clean Up was pressed")

    def _wish(self, values, states, words):
        self.ensure_one()
        self._check_administrator()
        run = self.sudo()
        self.env.cr.execute(
            "SELECT state FROM glase_verification WHERE id = %s FOR UPDATE", (run.id,)
        )
        run.invalidate_recordset()
        if run.state in states:
            now = clock.now(self.env.cr)
            run.write({**values, "heard_at": now, "next_at": now})
            run._remember(words)
            if run.stop_wished and run.state == PAUSED:
                # No call is under way in a pause.
                run._begin_cleaning("Stopped")
            run._wake()

    def _remember(self, words):
        """Note in the protocol what happened to the run, and when; in English, for Glase."""
        line = f"{in_utc(clock.now(self.env.cr))}: {words}"
        self.history = f"{self.history}\n{line}" if self.history else line

    @public(group="base.group_system")
    def action_again(self):
        """Run the sheet again, from the beginning and as a new record."""
        self.ensure_one()
        self._check_administrator()
        return self.account_id.action_verify()

    @public(group="base.group_system")
    def action_advance(self):
        """The open page asks: take the next step if one is due, one call at most.

        :return: what the page shows, see :meth:`_view`
        """
        self.ensure_one()
        self._check_administrator()
        self._advance(page=True)
        return self.sudo()._view()

    # === What the page shows ===

    def _view(self):
        """The run as the open page shows it: no secrets.

        :return: state, the step that is under way, what a person must do and with which code
        """
        self.ensure_one()
        step = self.step_ids.filtered(lambda one: one.state == "doing")[:1]
        bill = step and self._bill_of(step)
        scan = bool(step) and step.sheet.expects == "paid" and step.state == "doing"
        text = scan and self._code_text(bill)
        return {
            "state": self.state,
            "pausing": self.pausing or self.stop_wished,
            "done": sum(one.state in ("ok", "failed", "skipped") for one in self.step_ids),
            "total": len(self.step_ids),
            "title": step.title or False,
            "person": step.sheet.person if step else False,
            "verdict": step.verdict or False,
            "qr": sticker_codes.qr_code(text) if text else False,
            "text": text or False,
            "glase_id": self.glase_id,
            "phone": self.account_id._phone_url(self.glase_id) if scan else False,
            "seconds": int(step._since().total_seconds()) if step.started_at else 0,
            "unbound": self.unbound_why or False,
        }

    def _code_text(self, bill):
        """What the code for the customer holds: the invoice's, or the simulator's phone page."""
        self.ensure_one()
        if self.environment == "simulator":
            return self.account_id._phone_url(self.glase_id)
        return (bill and bill.qr_code) or f"HTTP://SEQR.SE/Q{self.glase_id}"
