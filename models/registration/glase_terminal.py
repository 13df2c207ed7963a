from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.translate import LazyTranslate

from ...glase import Principal, ResultError
from ...rules import glase_id
from ...rules.environments import ENVIRONMENTS
from ..accounts import glase_connection
from ..support import clock
from ..support.caller_context import with_own_context
from ..support.managers import MANAGERS
from ..support.public_method import public
from ..support.sentences import mark, sentence_of
from . import stickers

DRAFT, REGISTERED, READY, RETIRED = "draft", "registered", "ready", "retired"
LIVE = (REGISTERED, READY)

# Longer than a call can take: whoever claimed the terminal before that is gone.
BUSY_FOR = timedelta(seconds=60)

# What a Glase says that has forgotten the till: the simulator after its state was lost.
FORGOTTEN_CODES = frozenset({29, 37, 54})

# Translated where it is said, in the language of whoever reads it.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)


class GlaseTerminal(models.Model):
    """One registration of one till with Glase.

    Rows are never deleted: registering again makes a new row and archives the old one with its
    credentials. A row keeps environment, address and reseller for good (``doc/ledger.md §8``).
    Only the drafts are edited by hand; all else is written by the conversations with Glase.
    """

    _name = "glase.terminal"
    _description = "Glase Terminal"
    _inherit = ["pos_glase.thread"]
    _order = "active desc, company_id, config_id, id desc"
    _check_company_auto = True

    name = fields.Char(
        compute="_compute_name",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        tracking=True,
        help="The name that the buyer sees on the phone",
    )
    active = fields.Boolean(default=True, readonly=True)
    state = fields.Selection(
        [
            (DRAFT, "Not registered"),
            (REGISTERED, "No Glase ID yet"),
            (READY, "Ready"),
            (RETIRED, "Retired"),
        ],
        default=DRAFT,
        required=True,
        readonly=True,
        copy=False,
    )
    account_id = fields.Many2one(
        "glase.account",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        default=lambda self: self._default_account(),
        tracking=True,
    )
    config_id = fields.Many2one(
        "pos.config", "Till", index=True, check_company=True, ondelete="set null"
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="config_id.currency_id")
    environment = fields.Selection(ENVIRONMENTS, required=True, readonly=True, copy=False)
    endpoint = fields.Char("Address", readonly=True, copy=False)
    reseller_id = fields.Char("Reseller ID", readonly=True, copy=False)
    terminal_identifier = fields.Char(
        "Terminal ID", readonly=True, copy=False, help="Glase's own name for this registration"
    )
    external_identifier = fields.Char(
        "External ID",
        readonly=True,
        copy=False,
        help="Our name for this registration at Glase; kept when an answer was lost, so that "
        "asking again cannot register twice",
    )
    password = fields.Char(groups="base.group_system", readonly=True, copy=False)
    glase_id = fields.Char("Glase ID", readonly=True, copy=False, help="Printed on the sticker")
    glase_id_asked = fields.Char(
        "Glase ID Asked for",
        readonly=True,
        copy=False,
        help="Sent to Glase without an answer: assign it again",
    )
    registered_at = fields.Datetime("Registered", readonly=True, copy=False)
    assigned_at = fields.Datetime("Glase ID Assigned", readonly=True, copy=False)
    retired_at = fields.Datetime("Retired", readonly=True, copy=False)
    unregistered_at = fields.Datetime("Unregistered", readonly=True, copy=False)
    busy_since = fields.Datetime(readonly=True, copy=False)
    busy_with = fields.Char(readonly=True, copy=False)
    closing_latches = fields.Json(
        readonly=True,
        copy=False,
        help="When each closing of the till's register began that has not ended: nothing is sent",
    )
    phone_url = fields.Char("Phone Page", compute="_compute_phone_url")
    todo = fields.Char("What to Do", compute="_compute_todo")
    can_unregister = fields.Boolean(compute="_compute_can_unregister")

    _one_live_registration = models.UniqueIndex(
        "(config_id) WHERE config_id IS NOT NULL AND state IN ('registered', 'ready')",
        "This till is registered with Glase already.",
    )
    _one_draft = models.UniqueIndex(
        "(config_id) WHERE config_id IS NOT NULL AND state = 'draft'",
        "This till has a Glase terminal already that only needs to be registered.",
    )
    _one_terminal_identifier = models.UniqueIndex(
        "(environment, terminal_identifier) WHERE terminal_identifier IS NOT NULL",
        "Another registration has this terminal ID already.",
    )
    _external_identifier_unique = models.UniqueIndex(
        "(external_identifier) WHERE external_identifier IS NOT NULL",
        "This external ID was used before.",
    )

    @api.model
    def _default_account(self):
        accounts = self.env["glase.account"].search([("company_id", "=", self.env.company.id)])
        return accounts if len(accounts) == 1 else False

    @api.depends("config_id", "account_id")
    def _compute_name(self):
        for terminal in self:
            # What Glase was told stays, whatever the till is called today.
            told = terminal.state != DRAFT and terminal.name
            terminal.name = told or terminal._name_for_buyers()

    def _name_for_buyers(self):
        """Shop and till; the till alone if its name says the shop."""
        shop = self.account_id.sudo().shop_name or self.company_id.sudo().name or ""
        till = self.config_id.name or ""
        if not shop or shop.split()[0].lower() in till.lower():
            return till
        return f"{shop}, {till}" if till else shop

    @api.depends("glase_id", "environment", "state", "account_id")
    def _compute_phone_url(self):
        for terminal in self:
            simulated = terminal.environment == "simulator" and terminal.state == READY
            terminal.phone_url = simulated and terminal.account_id._phone_url(terminal.glase_id)

    @api.depends("state", "glase_id_asked", "config_id", "external_identifier")
    @api.depends_context("lang")
    def _compute_todo(self):
        for terminal in self:
            terminal.todo = terminal._next_step()

    def _next_step(self):
        half_made = self.external_identifier and not self.terminal_identifier
        match self.state:
            case "draft" if half_made:
                return self.env._(
                    "Glase did not answer when this till was registered: register it again. It is "
                    "asked with the same ID, so Glase has it once."
                )
            case "draft":
                return self.env._("Register this till with Glase: once for each till.")
            case "registered" if self.glase_id_asked:
                return self.env._(
                    "Glase did not answer when %s was assigned: assign it again.",
                    self.glase_id_asked,
                )
            case "registered":
                return self.env._("Assign the Glase ID of the sticker that stands at this till.")
            case "retired" if half_made:
                return self.env._(
                    "Glase did not answer when this was registered, so Glase may have it. No till "
                    "uses it. Ask Glase to remove it: %s",
                    self._half_made_words(),
                )
            case "retired" if self.terminal_identifier and not self.unregistered_at:
                return self.env._(
                    "Another registration has taken its place. It is kept for refunds, and keeps "
                    "its Glase ID until it is unregistered."
                )
        return False

    # === Who writes what ===

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_written_by_hand(vals)
        made = [{"environment": "simulator", **vals} for vals in vals_list]
        terminals = super(GlaseTerminal, with_own_context(self)).create(made)
        drafts = terminals.filtered(lambda terminal: terminal.state == DRAFT)
        drafts.sudo()._copy_from_account()
        return terminals

    def write(self, vals):
        self._check_written_by_hand(vals)
        if "account_id" in vals:
            self.sudo().filtered(
                lambda one: one.state == DRAFT and one.account_id.id != vals["account_id"]
            )._keep_half_made()
        written = super(GlaseTerminal, with_own_context(self)).write(vals)
        if "account_id" in vals:
            self.sudo().filtered(lambda terminal: terminal.state == DRAFT)._copy_from_account()
        return written

    def _check_written_by_hand(self, vals):
        """By hand only a draft changes; what Glase said is written by the system.

        :raises AccessError: for a field that is the system's
        :raises UserError: for a registration
        """
        if self.env.su:
            return
        self.check_access("write")
        by_hand = {"name", "account_id", "config_id"}
        chatter = {name for name in vals if name.startswith("message_")}
        if set(vals) - by_hand - chatter:
            raise AccessError(
                self.env._("Registrations with Glase are changed with their buttons only.")
            )
        if set(vals) & by_hand:
            self.sudo()._refuse_while_busy()
        if set(vals) & by_hand and any(terminal.state != DRAFT for terminal in self):
            raise UserError(
                self.env._(
                    "Glase knows this registration as it is. To change it, register the till again."
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._(
                "Registrations are kept: their credentials may be needed for a refund. "
                "Unregister the till instead."
            )
        )

    def _copy_from_account(self):
        """Take over environment, address and reseller; a draft's half-made registration ends."""
        for terminal in self:
            values = glase_connection.registration_values(terminal.account_id)
            if any(terminal[name] != value for name, value in values.items()):
                terminal._keep_half_made()
                terminal.write(values)

    def _keep_half_made(self):
        """Glase may have what it was asked for without an answer: that is kept, archived."""
        for terminal in self.filtered("external_identifier"):
            names = ("name", "environment", "endpoint", "reseller_id", "external_identifier")
            kept = {name: terminal[name] for name in (*names, "password")}
            terminal.write({"external_identifier": False, "password": False})
            terminal.flush_recordset()
            terminal.create(
                {
                    **kept,
                    "account_id": terminal.account_id.id,
                    "config_id": terminal.config_id.id,
                    "state": RETIRED,
                    "active": False,
                    "retired_at": clock.now(self.env.cr),
                }
            )

    def _half_made_words(self):
        """Which registration Glase may have that no till uses."""
        environment = dict(self._fields["environment"]._description_selection(self.env))
        return self.env._(
            "“%(till)s”: external ID %(external)s of reseller %(reseller)s, %(environment)s",
            till=self.config_id.name or self.name,
            external=self.external_identifier,
            reseller=self.reseller_id,
            environment=environment[self.environment],
        )

    # === For calls ===

    def _client(self):
        """The client for this registration, whatever its account is today.

        :rtype: glase.Client
        :raises CopiedDatabase: if this database may be a copy
        """
        self.ensure_one()
        return glase_connection.client_for(self.account_id, self)

    def _principal(self):
        """Who calls for this till: everything but registering, periods and reports.

        :rtype: glase.Principal
        """
        self.ensure_one()
        terminal = self.sudo()
        return Principal.terminal(terminal.terminal_identifier, terminal.password)

    def _caller(self, operation):
        """Who makes a call about this registration.

        :param Operation operation: of ``models/ledger/exchange.py``
        :return: the client, and a ``glase.Principal``
        """
        return self._client(), glase_connection.principal(
            self.account_id, operation.by, self._principal
        )

    def _is_busy(self):
        """Whether a register, assign, unregister or replacement is under way at this moment.

        Meaningful under the registration's lock only: while it is busy no payment may be sent.
        """
        self.ensure_one()
        return clock.is_recent(self.env.cr, self.sudo().busy_since, BUSY_FOR)

    def _explain(self, error):
        """What an error of a call about this registration means, as a sentence for a person.

        :param glase.GlaseError error: what the client raised
        :return: a lazy translation
        """
        self.ensure_one()
        forgotten = isinstance(error, ResultError) and error.code in FORGOTTEN_CODES
        if forgotten and self.environment == "simulator":
            return _lt("This till is not known to the simulator: register it again.")
        return sentence_of(error)

    def _glase_settled_by(self):
        """The account that names who reads what is noted about it; no session."""
        return self.account_id, self.env["pos.session"]

    # === What others show ===

    def _mark(self):
        """What stands where its payments could be taken for money, or False."""
        self.ensure_one()
        return mark(self.env, self.environment)

    def _sticker_text(self):
        """The text of the sticker's QR code (``doc/protocol.md §4.9``).

        :return: the link of the vendor's own stickers; for the simulator the address of its phone
            page; False without a Glase ID
        """
        self.ensure_one()
        if not self.glase_id:
            return False
        if self.environment == "simulator":
            return self.account_id._phone_url(self.glase_id)
        return glase_id.link(self.glase_id)

    def _sticker_pictures(self):
        """The printed sticker's QR code and bar code, as addresses of pictures."""
        self.ensure_one()
        return {
            "qr_code": stickers.qr_code(self._sticker_text()),
            "bar_code": stickers.code_128(self.glase_id),
        }

    @public()
    def action_print_sticker(self):
        """The printable sticker of this till."""
        self.ensure_one()
        if not self.glase_id:
            raise UserError(self.env._("Assign a Glase ID first: it is what the sticker shows."))
        return self.env.ref("pos_glase.glase_sticker_report").report_action(
            self, data={}, config=False
        )

    @public()
    def action_open_phone(self):
        """The customer's phone page of a simulator account, in a new tab."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.phone_url, "target": "new"}

    @public()
    def action_open_assign(self):
        """Ask for the Glase ID to assign."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Assign Glase ID"),
            "res_model": "glase.assign",
            "view_mode": "form",
            "target": "new",
            "context": {"default_terminal_id": self.id},
        }

    @public(group=MANAGERS)
    def action_mark_period(self):
        """Mark the period of this registration now, or of its whole shop."""
        self.ensure_one()
        self.check_access("read")
        return self.env["glase.period"]._mark_by_hand(self.account_id, self)
