import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.base.models.res_partner import _tz_get
from odoo.exceptions import UserError, ValidationError

from ...glase import EndpointError
from ...rules.environments import ENVIRONMENTS, SIMULATOR
from ..certification import verifying
from ..go_live import moving
from ..ledger.push import is_public_address
from ..periods.scope import EACH_TILL, SHOP
from ..support import clock
from ..support.caller_context import with_own_context
from ..support.managers import MANAGERS
from ..support.public_method import public
from . import glase_connection, health
from .glase_connection import (
    DEFAULT_USER,
    LOGIN,
    RESELLER,
    TERMINAL,
    TEST_ENDPOINT,
)

# What registered tills rely on.
FROZEN = frozenset({"environment", "endpoint", "reseller_id", "company_id"})
# What a verification that is under way relies on, besides.
VERIFIED_WITH = FROZEN | {"active", "certifying"}
# What nobody types.
OF_THE_SYSTEM = frozenset({"bound_to", "period_mail_from", "period_mail_on"})
# A report that somebody ran by hand and that is no period's says so in its description.
BY_HAND = "pos_glase: run by hand"
LONGEST_KEPT = 3650
RECEIPT_OFF, RECEIPT_EMPTY, RECEIPT_HTML = "off", "empty", "html"


class GlaseAccount(models.Model):
    """A shop's contract with Glase: environment, address and log-in of the reseller.

    A company may have several, one for each shop; the till's terminal decides which one is used.
    What a registration needs later it keeps for itself (``doc/ledger.md §8``).
    """

    _name = "glase.account"
    _description = "Glase Account"
    _inherit = ["pos_glase.thread"]
    _order = "company_id, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True, help="For yourself: the shop, for example")
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    environment = fields.Selection(
        ENVIRONMENTS,
        required=True,
        default="simulator",
        tracking=True,
        help="Simulator: a Glase inside Odoo, no money is moved and no contract is needed. "
        "Test: Glase's test server. Production: real money.",
    )
    endpoint = fields.Char(
        "Address",
        compute="_compute_endpoint",
        store=True,
        readonly=False,
        tracking=True,
        help="Address of Glase's service. Glase tells you the one for production.",
    )
    reseller_id = fields.Char("Reseller ID", tracking=True, help="From your contract with Glase")
    reseller_user = fields.Char(
        "User ID", default=DEFAULT_USER, tracking=True, help="9900, unless Glase says otherwise"
    )
    reseller_password = fields.Char("Password", groups="base.group_system", copy=False)
    shop_name = fields.Char(
        default=lambda self: self.env.company.name,
        help="The name that the buyer sees on the phone",
    )
    invoice_footer = fields.Char(
        translate=False, help="Printed below the bill on the buyer's phone"
    )
    public_url = fields.Char(
        "Public Address",
        tracking=True,
        help="Where Glase reaches this Odoo from the internet, for example "
        "https://shop.example.com. Glase then tells it when a customer has paid, and the till "
        "shows it at once. Without it the till asks every second.",
    )
    terminal_ids = fields.One2many("glase.terminal", "account_id", "Terminals")
    terminal_count = fields.Integer(compute="_compute_terminal_count")

    certifying = fields.Boolean(
        "Certification References",
        tracking=True,
        help="While Glase certifies the integration: each call names the company as its client ID, "
        "and this software and its version as its reference. Otherwise each call has a reference "
        "of its own, by which Glase's support can find it.",
    )
    unregister_as = fields.Selection(
        [(TERMINAL, "The till itself"), (RESELLER, "The reseller")],
        "Unregisters",
        default=TERMINAL,
        required=True,
        tracking=True,
        help="Whose log-in ends a registration. Glase's documentation says the till's, its "
        "certification sheet the reseller's",
    )
    receipt_mode = fields.Selection(
        [
            (RECEIPT_HTML, "The receipt of the sale"),
            (RECEIPT_EMPTY, "An empty receipt"),
            (RECEIPT_OFF, "Nothing"),
        ],
        "Receipt for Glase",
        default=RECEIPT_HTML,
        required=True,
        tracking=True,
        help="What is handed to Glase after each payment and refund, in the background. Part of "
        "the certification; without it payments stand all the same",
    )
    receipt_mime = fields.Selection(
        [("text/html", "text/html"), ("Base64", "Base64")],
        "Receipt Type",
        default="text/html",
        required=True,
        tracking=True,
        help="Base64 if Glase asks for it at the certification",
    )
    verification_ids = fields.One2many("glase.verification", "account_id")
    verification_count = fields.Integer(compute="_compute_verification_count")

    period_scope = fields.Selection(
        [(EACH_TILL, "Each till for itself"), (SHOP, "The whole shop at once")],
        "Transaction Periods",
        default=EACH_TILL,
        required=True,
        tracking=True,
        help="What Glase reports together. Each till for itself: its period ends when its session "
        "is closed. The whole shop: the period ends when the last till is closed, and at the time "
        "of day below whatever is open then.",
    )
    period_time = fields.Float(
        "Ends at the Latest at",
        default=3.0,
        required=True,
        tracking=True,
        help="Time of day, in the time zone beside it",
    )
    period_tz = fields.Selection(
        _tz_get,
        "Time Zone",
        default=lambda self: self._default_period_tz(),
        required=True,
        tracking=True,
    )

    keep_days = fields.Integer(
        "Days Kept",
        default=90,
        required=True,
        tracking=True,
        help="After so many days goes what proves no money: the requests and answers of a finished "
        "verification, reports that somebody ran by hand, closed bills at the simulator. The ledger, "
        "its events, cases, and the periods' reports are kept for good.",
    )

    health_url = fields.Char(
        "Health Address",
        compute="_compute_health",
        help="For a monitor: it answers 200 if all is well and 503 with what is wrong, to whoever "
        "sends a token of this company in the header Authorization: Bearer",
    )
    health_token_count = fields.Integer("Tokens", compute="_compute_health")

    draft_of_ids = fields.One2many(
        "glase.go.live", "draft_account_id", "Draft for the Moves", groups="base.group_system"
    )

    def _glase_settled_by(self):
        """The account that names who reads what is noted about it; no session."""
        return self, self.env["pos.session"]

    @api.constrains("keep_days")
    def _check_keep_days(self):
        if any(not 1 <= account.keep_days <= LONGEST_KEPT for account in self):
            raise ValidationError(
                self.env._("Days kept are a number from 1 to %(most)s.", most=LONGEST_KEPT)
            )

    @api.depends("environment")
    def _compute_endpoint(self):
        for account in self:
            account.endpoint = TEST_ENDPOINT if account.environment == "test" else False

    @api.depends("terminal_ids")
    def _compute_terminal_count(self):
        counts = dict(
            self.env["glase.terminal"]._read_group(
                [("account_id", "in", self.ids)], ["account_id"], ["__count"]
            )
        )
        for account in self:
            account.terminal_count = counts.get(account, 0)

    def _compute_verification_count(self):
        groups = self.env["glase.verification"]._read_group(
            [("account_id", "in", self.ids)], ["account_id"], ["__count"]
        )
        counts = dict(groups)
        for account in self:
            account.verification_count = counts.get(account, 0)

    @api.model
    def _default_period_tz(self):
        return self.env.company.partner_id.tz or self.env.user.tz or "UTC"

    @api.constrains("period_time")
    def _check_period_time(self):
        for account in self:
            if not 0 <= account.period_time < 24:
                raise ValidationError(self.env._("A time of day is from 00:00 to 23:59."))

    @api.model_create_multi
    def create(self, vals_list):
        """Who makes an account, an administrator, confirms the database by it."""
        bound = self._new_binding()
        made = [
            {
                **self._typed_values(vals),
                "bound_to": bound,
                "phone_secret": secrets.token_urlsafe(32),
            }
            for vals in vals_list
        ]
        accounts = super(GlaseAccount, with_own_context(self)).create(made)
        accounts._plan_period_mail()
        return accounts

    def write(self, vals):
        """Who changes the environment, an administrator, confirms the database by it."""
        vals = self._typed_values(vals)
        vals.pop("phone_secret", None)
        if "environment" in vals:
            vals["bound_to"] = self._new_binding()
        self._check_change(vals)
        self._refuse_unproven(vals)
        changed = super(GlaseAccount, with_own_context(self)).write(vals)
        if "company_id" in vals:
            # Nobody puts one before a company that he does not work for.
            self.check_access("write")
        if {"environment", "endpoint", "reseller_id"} & vals.keys():
            drafts = self.terminal_ids.filtered(lambda terminal: terminal.state == "draft")
            drafts.sudo()._copy_from_account()
        if "responsible_id" in vals:
            self._hand_over()
        if "period_mail_every" in vals:
            self._plan_period_mail()
        return changed

    @api.model
    def _typed_values(self, vals):
        """The values, trimmed, without those that the system alone writes."""
        own = () if self.env.su else OF_THE_SYSTEM
        return {name: value for name, value in self._trimmed(vals).items() if name not in own}

    @api.model
    def _trimmed(self, vals):
        names = (*LOGIN, "public_url")
        return {
            name: value.strip() if name in names and isinstance(value, str) else value
            for name, value in vals.items()
        }

    def _check_change(self, vals):
        """What registered tills rely on stays as it is until they are unregistered.

        :raises UserError: naming the tills, the periods or the verification
        """
        if "period_scope" in vals:
            changing = self.filtered(lambda one: one.period_scope != vals["period_scope"])
            self.env["glase.period"]._refuse_while_unsettled(changing)
        for account in self.sudo():
            changed = {
                name
                for name in VERIFIED_WITH & vals.keys()
                if account._fields[name].convert_to_write(account[name], account) != vals[name]
            }
            account._refuse_live_tills(changed & FROZEN, vals.get("active") is False)
            account._refuse_another_company(changed)
            if changed:
                verifying.refuse_while_verifying(account)

    def _refuse_live_tills(self, changed, archived):
        live = self._live_terminals()
        values = {"account": self.name, "tills": ", ".join(live.mapped("name"))}
        if live and changed:
            raise UserError(
                self.env._(
                    "These tills are registered with “%(account)s”: %(tills)s. Unregister them "
                    "before you change it, or make a new account beside it.",
                    **values,
                )
            )
        if live and archived:
            raise UserError(
                self.env._(
                    "These tills are registered with “%(account)s”: %(tills)s. Unregister them "
                    "before you archive it.",
                    **values,
                )
            )

    def _refuse_another_company(self, changed):
        every = self.with_context(active_test=False).terminal_ids
        if "company_id" in changed and every.filtered(lambda one: one.state != "draft"):
            raise UserError(
                self.env._(
                    "“%s” has had tills already: it stays with its company. Make a new account in "
                    "the other company.",
                    self.name,
                )
            )

    def _live_terminals(self):
        """The registrations of this account that tills use."""
        return self.terminal_ids.filtered(lambda one: one.state in ("registered", "ready"))

    @api.constrains("environment", "company_id", "active")
    def _check_simulator_apart(self):
        """A simulator beside a live account would let a till sell for play money."""
        for account in self.filtered("active"):
            other = {"simulator": "production", "production": "simulator"}.get(account.environment)
            beside = self.sudo().search(
                [("company_id", "=", account.company_id.id), ("environment", "=", other)]
            )
            beside -= moving.moves_with(account)
            if other and beside:
                raise ValidationError(
                    self.env._(
                        "%(company)s cannot use the simulator and a production account at the "
                        "same time: a till could sell without money being moved. Archive "
                        "“%(other)s” first.",
                        company=account.company_id.name,
                        other=beside[0].name,
                    )
                )

    @api.constrains("endpoint", "environment")
    def _check_endpoint(self):
        for account in self:
            if account.environment == "simulator" or not account.endpoint:
                continue
            try:
                glase_connection.client(account.environment, account.endpoint, account.env)
            except EndpointError as error:
                raise ValidationError(
                    self.env._(
                        "This is not an address that can be used for Glase: %(address)s. It "
                        "starts with https:// and leads to the internet, as in %(example)s. (A "
                        "Glase for trying may be at http:// on this machine in the environment "
                        "Test; anything else inside needs the system parameter %(parameter)s.)",
                        address=account.endpoint,
                        example=TEST_ENDPOINT,
                        parameter=glase_connection.OWN_NETWORK_PARAMETER,
                    )
                ) from error

    @api.constrains("public_url")
    def _check_public_url(self):
        for account in self:
            if account.public_url and not is_public_address(account.public_url):
                raise ValidationError(
                    self.env._(
                        "Glase cannot post to “%(address)s”. Enter nothing but the address of "
                        "this Odoo: https:// and the name of the server, as in "
                        "https://shop.example.com, without log-in, path or question mark. Leave "
                        "it empty to do without.",
                        address=account.public_url,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_without_terminals(self):
        for account in self.with_context(active_test=False):
            if account.terminal_ids:
                raise UserError(
                    self.env._(
                        "“%s” has terminals: their payments may have to be refunded one day. "
                        "Archive it instead.",
                        account.name,
                    )
                )

    @public()
    def action_open_terminals(self):
        """The terminals of this account."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("pos_glase.glase_terminal_action")
        action["domain"] = [("account_id", "=", self.id)]
        action["context"] = {"default_account_id": self.id}
        return action

    # === What is not kept for good ===

    @api.autovacuum
    def _gc_what_may_go(self):
        """Remove what proves no money, ``keep_days`` after it was made."""
        for account in self.search([("active", "in", [True, False])]):
            age = timedelta(days=account.keep_days)
            before = clock.now(self.env.cr) - age
            verifying.forget_texts(account, before)
            self.env["ir.attachment"].search(
                [
                    ("res_model", "=", account._name),
                    ("res_id", "=", account.id),
                    ("description", "=", BY_HAND),
                    ("create_date", "<", before),
                ]
            ).unlink()
            if account.environment == SIMULATOR and not account.unbound_why:
                account._simulator().forget(account._simulator_reseller(), age.total_seconds())

    # === A monitor's token ===

    @api.depends("company_id")
    def _compute_health(self):
        for account in self:
            company = account.company_id
            account.health_url = f"{account.get_base_url()}{health.ROUTE}/{company.id}"
            account.health_token_count = len(health.tokens(company))

    @public(group=MANAGERS)
    def action_make_health_token(self):
        """Make a token by which a monitor may ask how this company's Glase is; it is shown once."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Token for a Monitor"),
            "res_model": "res.users.apikeys.show",
            "views": [(self.env.ref("pos_glase.health_token_view_form").id, "form")],
            "target": "new",
            "context": {"default_key": health.make_token(self.company_id)},
        }

    @public(group=MANAGERS)
    def action_revoke_health_tokens(self):
        """End all tokens of this company: no monitor may ask any more."""
        health.revoke_tokens(self.company_id)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    # === Opens other rooms ===

    @public(group="base.group_system")
    def action_verify(self):
        """*Verify Integration*: the run that is under way, or a new one.

        :raises AccessError: for anyone but an administrator
        """
        self.ensure_one()
        return verifying.open_verification(self)

    @public()
    def action_open_verifications(self):
        """All verifications of this account."""
        self.ensure_one()
        self.env["glase.verification"].check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Verifications"),
            "res_model": "glase.verification",
            "view_mode": "list,kanban,form",
            "domain": [("account_id", "=", self.id)],
            "help": self.env._("Nothing was verified yet"),
        }

    @public(group="base.group_system", access="write")
    def action_go_live(self):
        """Open the move of this account's tills to another environment.

        :raises AccessError: for anyone but a system administrator
        """
        self.ensure_one()
        return moving.open_move(self)

    @public(group=MANAGERS)
    def action_mark_period(self):
        """Mark the period of the whole shop now."""
        self.ensure_one()
        self.check_access("read")
        return self.env["glase.period"]._mark_by_hand(self, self.env["glase.terminal"])
