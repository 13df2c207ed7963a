from dataclasses import asdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..ledger import unsettled
from ..registration import set_up
from ..registration.glase_terminal import DRAFT, LIVE, READY
from ..registration.glase_terminal_registration import Outcome
from ..support import autonomous_transaction
from ..support.managers import MANAGERS
from ..support.public_method import public
from ..support.sentences import mark

# How a till rounds what an order costs.
ROUNDING = ("cash_rounding", "rounding_method", "only_round_cash_method")
# All steps to the first sale are done.
SOLD = 4


def without_glase(records, names):
    """The fields that a loader names, without those of this module.

    :param records: of the model that is loaded
    :param names: as a loader gives them; none stands for all that the reader may see
    :rtype: list[str]
    """
    names = names or [
        name for name in records.fields_get(attributes=()) if not records._fields[name].manual
    ]
    return [name for name in names if not name.startswith("glase_")]


class PosConfig(models.Model):
    """A till, as far as Glase is concerned: its registration, and what the browser may know of it.

    Cashiers may write this model over RPC. So nothing of Glase is stored here: all of it is
    computed from the terminals, which only managers change.
    """

    _inherit = "pos.config"

    glase_terminal_ids = fields.One2many("glase.terminal", "config_id", "Glase Registrations")
    glase_terminal_id = fields.Many2one(
        "glase.terminal",
        compute="_compute_glase_terminal_id",
        search="_search_glase_terminal_id",
        help="The live registration of this till, or the draft of one",
    )
    glase_state = fields.Selection(
        [
            ("no_method", "No Glase payment method"),
            ("no_account", "No account"),
            ("not_registered", "Not registered"),
            ("no_glase_id", "No Glase ID"),
            ("ready", "Ready"),
        ],
        compute="_compute_glase_state",
    )
    glase_message = fields.Char(compute="_compute_glase_state")
    glase_steps_done = fields.Integer(
        compute="_compute_glase_steps_done",
        help="Of the way to the first sale: set up, registered, sticker assigned, sold",
    )
    glase_is_simulated = fields.Boolean(compute="_compute_glase_steps_done")
    glase_open_case_count = fields.Integer(
        "Open Glase Cases", compute="_compute_glase_open_case_count"
    )

    @api.depends("glase_terminal_ids.state")
    def _compute_glase_terminal_id(self):
        terminals = (
            self.env["glase.terminal"]
            .sudo()
            .search([("config_id", "in", self.ids), ("state", "in", (DRAFT, *LIVE))])
        )
        of_config = {}
        # Drafts first: a live registration takes their place.
        for terminal in terminals.sorted(lambda terminal: terminal.state != DRAFT):
            of_config[terminal.config_id.id] = terminal.id
        for config in self:
            config.glase_terminal_id = of_config.get(config._origin.id, False)

    def _search_glase_terminal_id(self, operator, value):
        if operator not in ("in", "any"):
            return NotImplemented
        present = [("state", "in", (DRAFT, *LIVE))]
        if operator == "any":
            return [("glase_terminal_ids", "any", [*present, *value])]
        ids = [item for item in value if item]
        domain = [("glase_terminal_ids", "any", [*present, ("id", "in", ids)])]
        if len(ids) != len(value):
            domain = ["|", *domain, "!", ("glase_terminal_ids", "any", present)]
        return domain

    @api.depends("glase_terminal_ids.state", "payment_method_ids")
    @api.depends_context("uid", "lang")
    def _compute_glase_state(self):
        for config in self:
            info = config._glase_till_info()
            config.glase_state = info["state"] if config._glase_payment_method() else "no_method"
            config.glase_message = info["message"] or False

    @api.depends("glase_state")
    def _compute_glase_steps_done(self):
        """How far each till is; a till of a shop that uses Glase at others only has no way to go."""
        rows = self.env["glase.transaction"].sudo()
        steps = {"no_account": 0, "not_registered": 1, "no_glase_id": 2, "ready": 3, "copied": SOLD}
        for config in self:
            apart = config.glase_state == "no_method" and config._glase_accounts()
            sold = [("config_id", "=", config._origin.id), ("state", "=", "paid")]
            done = apart or config._origin and rows.search_count(sold, limit=1)
            config.glase_steps_done = SOLD if done else steps.get(config.glase_state, 0)
            config.glase_is_simulated = config._glase_environment() == "simulator"

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_glase_open_case_count(self):
        """What a person must settle at each till, as far as the reader may see it."""
        open_cases = [("config_id", "in", self.ids), ("state", "=", "open")]
        counts = dict(self.env["glase.case"]._read_group(open_cases, ["config_id"], ["__count"]))
        for config in self:
            config.glase_open_case_count = counts.get(config._origin, 0)

    def _glase_payment_method(self):
        """The Glase payment method of this till, if it has one."""
        self.ensure_one()
        methods = self.sudo().payment_method_ids
        return methods.filtered(lambda method: method.use_payment_terminal == "glase")[:1]

    def _glase_environment(self):
        """The environment that the till sells in now; False without a registration."""
        self.ensure_one()
        terminal = self.sudo().glase_terminal_id
        return terminal.state in LIVE and terminal.environment

    # === What the till knows ===

    @api.model
    def _load_pos_data_fields(self, config):
        """Override of `point_of_sale`: nothing of Glase is among the fields that are loaded.

        The loader of the till serves others, too: Odoo's self-order gives anonymous visitors what it
        reads, and a synchronisation puts it on the bus. What a till may know comes with
        ``pos.session.load_data``, which only the till's own session asks.
        """
        return without_glase(self, super()._load_pos_data_fields(config))

    def _glase_till_info(self):
        """What the till, and whoever shows its state, may know: no secrets.

        :return: ``state`` (``ready``, ``no_account``, ``not_registered``, ``no_glase_id`` or
            ``copied``) and
            ``message`` (what to do, False when ready), names, sticker and environment
        :rtype: dict
        """
        self.ensure_one()
        terminal = self.sudo().glase_terminal_id
        account = terminal.account_id or self._glase_account()
        state = self._glase_till_state(terminal, account)
        environment = (terminal if terminal.state in LIVE else account).environment or False
        sticker = {"glase_id": False, "sticker": False, "phone_url": False}
        if state == "ready":
            sticker = {
                "glase_id": terminal.glase_id,
                "sticker": terminal._sticker_text(),
                "phone_url": terminal.phone_url,
            }
        return {
            "state": state,
            "message": self._glase_todo(state),
            "shop": account.shop_name or self.company_id.sudo().name,
            **sticker,
            "simulation": environment == "simulator",
            "mark": mark(self.env, environment),
            "environment": environment,
            "manager": self.env.user.has_group("point_of_sale.group_pos_manager"),
            "terminal_name": terminal.name or "",
        }

    def _glase_till_state(self, terminal, account):
        if terminal and account.unbound_why:
            return "copied"
        if terminal.state in LIVE:
            return "ready" if terminal.state == READY else "no_glase_id"
        return "not_registered" if terminal or self._glase_accounts() else "no_account"

    def _glase_todo(self, state):
        match state:
            case "no_account":
                return self.env._(
                    "Glase is not set up yet. An administrator does that in the Point of Sale "
                    "settings, with “Set up Glase”."
                )
            case "not_registered":
                return self.env._(
                    "This till is not registered with Glase. A Point of Sale administrator does "
                    "that in the till's menu under “Glase terminal”, or in the back office."
                )
            case "copied":
                return self.env._(
                    "This database may be a copy of the shop's, so Glase is not called. An "
                    "administrator confirms it under Configuration / Glase Accounts."
                )
            case "no_glase_id":
                return self.env._(
                    "This till has no Glase ID yet. A Point of Sale administrator assigns the "
                    "one on its sticker in the till's menu under “Glase terminal”, or in the "
                    "back office."
                )
        return False

    def _glase_accounts(self):
        return self.env["glase.account"].sudo().search([("company_id", "=", self.company_id.id)])

    def _glase_account(self):
        """The account that this till would be registered with; empty if that is a choice."""
        accounts = self._glase_accounts()
        return accounts if len(accounts) == 1 else accounts.browse()

    # === Asked by the till (managers) and the settings ===

    @public()
    def glase_till_status(self):
        """The state of this till with Glase; see :meth:`_glase_till_info`."""
        self.ensure_one()
        self.check_access("read")
        info = self._glase_dialog_info()
        return {"ok": info["state"] == "ready", "message": info["message"] or "", "glase": info}

    @public(group=MANAGERS)
    def glase_till_register(self):
        """Register this till, for a manager at the till."""
        return self._glase_till_answer(lambda: self._glase_terminal_or_draft()._ask_register())

    @public(group=MANAGERS)
    def glase_till_assign(self, scanned_or_typed):
        """Assign a Glase ID to this till, for a manager at the till.

        :param str scanned_or_typed: the ID, or the text of the sticker's QR code
        """
        return self._glase_till_answer(
            lambda: self._glase_terminal_or_draft()._ask_assign(scanned_or_typed)
        )

    @public(group=MANAGERS)
    def glase_till_check(self, scanned_or_typed):
        """What *Assign* would do, for a manager at the till; nothing is changed.

        :param str scanned_or_typed: the ID, or the text of the sticker's QR code
        """
        return self._glase_till_answer(
            lambda: self._glase_terminal_or_draft()._check_sticker(scanned_or_typed)
        )

    @public(group=MANAGERS)
    def glase_till_unregister(self):
        """Unregister this till, for a manager at the till."""
        return self._glase_till_answer(lambda: self._glase_terminal_or_draft()._ask_unregister())

    @public(group=MANAGERS)
    def glase_till_test(self):
        """Ask Glase whether it knows this till, for a manager at the till."""
        return self._glase_till_answer(lambda: self._glase_terminal_or_draft()._ask_test())

    def _glase_till_answer(self, ask):
        """Ask, and answer as the till expects it: what Glase or a rule refuses is a message.

        :raises AccessError: for anyone but a Point of Sale administrator
        """
        self.ensure_one()
        self._glase_check_manager()
        try:
            outcome = ask()
        except AccessError:
            raise
        except UserError as refusal:
            outcome = Outcome(False, str(refusal))
        shown = {**asdict(outcome), "message": str(outcome.message)}
        return {**shown, "glase": self._glase_dialog_info()}

    def _glase_dialog_info(self):
        """What the till's dialog about its terminal shows: what the till knows, and what is possible."""
        can_unregister = self.sudo().glase_terminal_id.can_unregister
        return {**self._glase_till_info(), "can_unregister": can_unregister}

    def _glase_check_manager(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("point_of_sale.group_pos_manager"):
            raise AccessError(
                self.env._("Only a Point of Sale administrator may change a Glase terminal.")
            )

    def _glase_terminal_or_draft(self, account=None, step=None):
        """The terminal of this till; a draft is made if there is none.

        :param account: for the draft; by default the only one of the company
        :param step: takes records and work, and runs it in a transaction; by default in one of its
            own, so that of two who ask at once one makes the draft and both get it
        :raises UserError: if there is no account, or several to choose from
        """
        self.ensure_one()
        self._glase_check_manager()
        terminal = self.glase_terminal_id
        if terminal:
            return terminal
        account = account or self._glase_account()
        if not account:
            raise UserError(
                self.env._(
                    "This company has several Glase accounts. Open Configuration / Glase Terminals "
                    "in the back office, make a terminal for “%s” and choose one.",
                    self.name,
                )
                if self._glase_accounts()
                else self._glase_todo("no_account")
            )
        step = step or autonomous_transaction.step_of_request
        draft_id = step(self, lambda config: config._glase_make_draft(account.id))
        self.invalidate_recordset(["glase_terminal_id", "glase_terminal_ids"])
        return self.env["glase.terminal"].browse(draft_id)

    def _glase_make_draft(self, account_id):
        autonomous_transaction.lock(self)
        terminal = self.glase_terminal_id or self.env["glase.terminal"].create(
            {"account_id": account_id, "config_id": self.id}
        )
        return terminal.id

    @public(group=MANAGERS)
    def action_glase_terminal(self):
        """Open the Glase terminal of this till."""
        terminal = self._glase_terminal_or_draft()
        return terminal._get_records_action(name=self.env._("Glase Terminal"), context={})

    @public(group="base.group_system")
    def action_glase_try(self):
        """Everything for a first sale with the simulator; see :func:`.set_up.try_it`."""
        self.ensure_one()
        return set_up.try_it(self)

    @public(group="base.group_system")
    def action_glase_set_up(self):
        """Ask which account, then make journal and payment method and add it to the till."""
        self.ensure_one()
        accounts = self._glase_accounts()
        if len(accounts) == 1:
            return set_up.notice(self, set_up.tills(self, accounts))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set up Glase"),
            "res_model": "glase.set.up",
            "view_mode": "form",
            "target": "new",
            "context": {"default_config_id": self.id, "default_environment": "test"},
        }

    @public(group=MANAGERS)
    def action_glase_phone(self):
        """The customer's phone page of this till, with the simulator."""
        return self._glase_terminal_or_draft().action_open_phone()

    @public(group=MANAGERS)
    def action_glase_cases(self):
        """The open cases of this till."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("pos_glase.action_glase_case")
        return {**action, "domain": [("config_id", "=", self.id), ("state", "=", "open")]}

    @public(group=MANAGERS)
    def action_glase_register(self):
        """Register this till with Glase; where there are several accounts, choose one first."""
        if not self.glase_terminal_id and len(self._glase_accounts()) > 1:
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Glase Terminal"),
                "res_model": "glase.terminal",
                "view_mode": "form",
                "context": {"default_config_id": self.id},
            }
        return self._glase_terminal_or_draft().action_register()

    @public(group=MANAGERS)
    def action_glase_assign(self):
        """Ask for the Glase ID of this till's sticker."""
        return self._glase_terminal_or_draft().action_open_assign()

    @public(group=MANAGERS)
    def action_glase_test(self):
        """Ask Glase whether it knows this till."""
        return self._glase_terminal_or_draft().action_test()

    # === What may not happen to a registered till ===

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_no_glase_values(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_no_glase_values(vals)
        if vals.get("active") is False:
            self._check_glase_ended(
                self.env._(
                    "Unregister it first, under Configuration / Glase Terminals, before you archive "
                    "the till."
                )
            )
        if "company_id" in vals:
            moved = self.filtered(lambda config: config.company_id.id != vals["company_id"])
            moved._check_glase_ended(
                self.env._(
                    "Unregister it first, under Configuration / Glase Terminals, before you move "
                    "the till."
                )
            )
        return super().write(vals)

    def _get_forbidden_change_fields(self):
        """Override of `point_of_sale`: what customers agree on is rounded in one way while a till is open."""
        open_with_glase = self.filtered(
            lambda config: config.has_active_session and config._glase_payment_method()
        )
        forbidden = super()._get_forbidden_change_fields()
        return [*forbidden, *ROUNDING] if open_with_glase else forbidden

    def _check_no_glase_values(self, vals):
        """Registrations are made and changed on the terminal, never through the till.

        :raises AccessError: for anyone
        """
        if vals.get("glase_terminal_ids"):
            raise AccessError(
                self.env._("Registrations with Glase are changed with their buttons only.")
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_glase_ended(self):
        self._check_glase_ended(
            self.env._(
                "Unregister it first, under Configuration / Glase Terminals, before you delete the "
                "till."
            )
        )
        drafts = self.sudo().glase_terminal_ids.filtered(lambda t: t.state == DRAFT)
        drafts.write({"state": "retired", "active": False})

    def _check_glase_ended(self, advice):
        """Refuse while a till is registered or its money undecided.

        :param str advice: the sentence that says what to do
        :raises UserError: naming the till
        """
        for config in self:
            every = config.sudo().with_context(active_test=False).glase_terminal_ids
            live = every.filtered(lambda terminal: terminal.state in LIVE)
            if live:
                raise UserError(
                    self.env._(
                        "“%(till)s” is registered with Glase. %(advice)s",
                        till=config.name,
                        advice=advice,
                    )
                )
            undecided = unsettled.undecided(self.env["glase.transaction"], every)
            if undecided:
                raise UserError(
                    self.env._(
                        "“%(till)s” has Glase payments that are not decided yet: %(rows)s. They "
                        "must come to an end first.",
                        till=config.name,
                        rows=", ".join(row.display_name for row in undecided),
                    )
                )

    # === Payment methods ===

    @api.constrains("payment_method_ids", "journal_id", "company_id")
    def _check_glase_currency(self):
        for config in self:
            config._glase_payment_method()._check_glase_currency_of(config)

    @api.constrains("payment_method_ids")
    def _check_one_glase_method(self):
        for config in self:
            methods = config.sudo().payment_method_ids.filtered(
                lambda method: method.use_payment_terminal == "glase"
            )
            if len(methods) > 1:
                raise ValidationError(
                    self.env._("One Glase payment method is enough for “%s”.", config.name)
                )
