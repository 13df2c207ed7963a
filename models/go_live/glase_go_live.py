from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...rules.environments import ENVIRONMENTS, PRODUCTION, SIMULATOR
from ..accounts import glase_connection
from ..accounts.glase_connection import DEFAULT_USER, LOGIN, TEST_ENDPOINT, Login
from ..registration.glase_terminal import DRAFT, LIVE, RETIRED
from ..registration.glase_terminal_registration import Outcome
from ..support import autonomous_transaction, clock, managers, shown_values
from ..support.caller_context import with_own_context
from ..support.public_method import public
from ..support.sentences import Sentence, labelled, said
from . import moving
from .moving import DONE, MOVING, PREPARED

# What a person fills in before the move; a change of it needs a new test.
TESTED = frozenset({*LOGIN, "target_id", "environment"})
BY_HAND = TESTED | {"line_ids"}


class GlaseGoLive(models.Model):
    """*Go live*: all tills of one account are moved to another account, one by one.

    *Back to test* is the same move the other way. Where a till has arrived is read from its
    registrations and kept nowhere else, so a move can be resumed after whatever stopped it
    (``doc/ledger.md §21``). While it is under way its tills are shut.
    """

    _name = "glase.go.live"
    _description = "Glase: Move of Tills to Another Account"
    _order = "id desc"

    state = fields.Selection(
        [(PREPARED, "Address and log-in"), (MOVING, "Moving the tills"), (DONE, "Done")],
        default=PREPARED,
        required=True,
        readonly=True,
    )
    source_id = fields.Many2one(
        "glase.account", "From", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="source_id.company_id", store=True, index=True)
    source_environment = fields.Selection(
        related="source_id.environment", string="From Environment"
    )
    environment = fields.Selection(
        ENVIRONMENTS,
        "To Environment",
        compute="_compute_environment",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    target_id = fields.Many2one(
        "glase.account",
        "Account",
        compute="_compute_target_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        domain="[('company_id', '=', company_id), ('environment', '=', environment),"
        " ('draft_of_ids', '=', False)]",
        context={"active_test": False},
        help="An account that you have already. Leave it empty and a new one is made",
    )
    endpoint = fields.Char(
        "Address", compute="_compute_login", store=True, readonly=False, precompute=True
    )
    reseller_id = fields.Char(
        "Reseller ID", compute="_compute_login", store=True, readonly=False, precompute=True
    )
    reseller_user = fields.Char(
        "User ID", compute="_compute_login", store=True, readonly=False, precompute=True
    )
    reseller_password = fields.Char(
        "Password",
        compute="_compute_reseller_password",
        inverse="_inverse_reseller_password",
        groups="base.group_system",
        help="The account's own only from Start on; it is never shown again",
    )
    # A password is an account's only: what is typed is with one of the move's own, so that the
    # live tills of the other use what they have until it is proven and the move begins.
    draft_account_id = fields.Many2one(
        "glase.account", readonly=True, copy=False, ondelete="restrict", index="btree_not_null"
    )
    has_password = fields.Boolean(compute="_compute_has_password")
    tested_at = fields.Datetime("Tested", readonly=True)
    test_message = Sentence("Last Test", readonly=True)
    is_tested = fields.Boolean(readonly=True)
    source_verified = fields.Char("Verified before", compute="_compute_verified")
    target_verified = fields.Char("Verified there", compute="_compute_verified")
    obstacles = fields.Text(compute="_compute_obstacles")
    left_at_glase = fields.Text(compute="_compute_left_at_glase")
    line_ids = fields.One2many("glase.go.live.line", "move_id", "Tills")
    fingerprint = fields.Char(compute="_compute_fingerprint")
    left_out_names = fields.Char("Left Out", compute="_compute_progress")
    till_count = fields.Integer("Number of Tills", compute="_compute_progress")
    moved_count = fields.Integer("Moved", compute="_compute_progress")
    progress = fields.Float(compute="_compute_progress")
    started_at = fields.Datetime("Started", readonly=True)
    finished_at = fields.Datetime("Finished", readonly=True)

    _one_under_way = models.UniqueIndex(
        "(company_id) WHERE company_id IS NOT NULL AND state = 'moving'",
        "Tills of this company are being moved already: finish that first.",
    )
    _one_prepared = models.UniqueIndex(
        "(source_id) WHERE state = 'prepared'", "This move is being prepared already."
    )

    # === What it shows ===

    @api.depends("source_id", "target_id", "environment", "state")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for move in self:
            move.display_name = labelled(self.env, move._title(), move.source_id.name)

    def _title(self):
        if self.environment == PRODUCTION:
            return self.env._("Go live")
        label = dict(self._fields["environment"]._description_selection(self.env))
        where = label[self.environment]
        if self.source_environment == PRODUCTION:
            return self.env._("Back to %s", where)
        return self.env._("Move to %s", where)

    @api.depends("source_id")
    def _compute_environment(self):
        for move in self:
            back = move._came_from().environment or "test"
            move.environment = back if move.source_environment == PRODUCTION else PRODUCTION

    @api.depends("environment", "source_id")
    def _compute_target_id(self):
        for move in self:
            known = move._came_from()
            move.target_id = known if known.environment == move.environment else False

    def _came_from(self):
        """The account at the other end of the last finished move of this move's source."""
        self.ensure_one()
        last = self.sudo().search(
            [
                ("state", "=", DONE),
                "|",
                ("source_id", "=", self.source_id.id),
                ("target_id", "=", self.source_id.id),
            ],
            limit=1,
        )
        return (last.source_id | last.target_id) - self.source_id

    @api.depends("target_id", "environment")
    def _compute_login(self):
        for move in self:
            account = move.target_id
            first = TEST_ENDPOINT if move.environment == "test" else False
            move.endpoint = account.endpoint if account else first
            move.reseller_id = account.reseller_id
            move.reseller_user = account.reseller_user if account else DEFAULT_USER

    def _compute_reseller_password(self):
        self.reseller_password = False

    def _inverse_reseller_password(self):
        for move in self.filtered("reseller_password"):
            move._draft_account().reseller_password = move.reseller_password

    @api.depends("target_id", "draft_account_id.reseller_password")
    def _compute_has_password(self):
        for move in self:
            move.has_password = bool(move._login().reseller_password)

    @api.depends("source_id", "target_id")
    @api.depends_context("lang")
    def _compute_verified(self):
        for move in self:
            move.source_verified = moving.verified_words(move.source_id)
            move.target_verified = moving.verified_words(move.target_id)

    @api.depends("state", "source_id")
    @api.depends_context("lang")
    def _compute_obstacles(self):
        for move in self:
            found = [] if move.state == DONE else moving.obstacles(move._tills_left())
            move.obstacles = (
                "\n".join(
                    f"{said(self.env, one['what'])} {said(self.env, one['todo'])}" for one in found
                )
                or False
            )

    @api.depends("line_ids.state")
    @api.depends_context("lang")
    def _compute_left_at_glase(self):
        for move in self:
            here = move.line_ids.filtered(lambda line: line.state in ("moved", "left_out"))
            terminals = self.env["glase.terminal"].sudo().with_context(active_test=False)
            half_made = terminals.search(
                [
                    ("config_id", "in", move.line_ids.config_id.ids),
                    ("external_identifier", "!=", False),
                    ("terminal_identifier", "=", False),
                    "|",
                    ("state", "=", RETIRED),
                    # It is asked again with the same name, if the till still goes there.
                    "&",
                    ("state", "=", DRAFT),
                    ("config_id", "in", here.config_id.ids),
                ]
            )
            move.left_at_glase = "\n".join(one._half_made_words() for one in half_made) or False

    @api.depends("line_ids.state")
    def _compute_progress(self):
        for move in self:
            left_out = move.line_ids.filtered(lambda line: line.state == "left_out")
            lines = move.line_ids - left_out
            moved = lines.filtered(lambda line: line.state == "moved")
            move.left_out_names = ", ".join(left_out.config_id.mapped("name")) or False
            move.till_count, move.moved_count = len(lines), len(moved)
            move.progress = 100.0 * len(moved) / len(lines) if lines else 0.0

    @api.depends("environment", "target_id", *LOGIN[:-1], "line_ids.glase_id")
    def _compute_fingerprint(self):
        for move in self:
            shown = [move[name] for name in ("environment", "target_id", *LOGIN[:-1])]
            tills = [(line.config_id.id, line.glase_id) for line in move.line_ids.sorted("id")]
            move.fingerprint = shown_values.fingerprint([*shown, tills])

    def _tills_left(self):
        """The live registrations that are still with the account that is left."""
        return (
            self.env["glase.terminal"]
            .sudo()
            .search([("account_id", "=", self.source_id.id), ("state", "in", LIVE)])
        )

    # === Who writes what ===

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Press Go Live on a Glase account."))
        return super(GlaseGoLive, with_own_context(self)).create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self.check_access("write")
            if set(vals) - BY_HAND:
                raise AccessError(self.env._("This is written by the move itself."))
            if set(vals) & TESTED:
                self._refuse_begun()
                vals = {**vals, "is_tested": False, "test_message": False}
            if {"target_id", "environment"} & set(vals):
                # It was typed for another account.
                self.sudo().draft_account_id.reseller_password = False
        return super().write(vals)

    def _refuse_begun(self):
        if any(move.state == DONE for move in self):
            raise UserError(self.env._("A move that was begun is kept, with what became of it."))
        if any(move.state == MOVING for move in self):
            raise UserError(self.env._("The move is under way: address and log-in stay."))

    @api.constrains("target_id", "environment", "source_id")
    def _check_target(self):
        for move in self:
            target = move.target_id
            if move.environment == move.source_environment:
                raise ValidationError(self.env._("The tills are in this environment already."))
            if target and (
                target.company_id != move.company_id or target.environment != move.environment
            ):
                raise ValidationError(
                    self.env._("“%s” is another company's or environment's.", target.name)
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_prepared(self):
        if any(move.state != PREPARED for move in self):
            raise UserError(self.env._("A move that was begun is kept, with what became of it."))

    def unlink(self):
        drafts = self.sudo().draft_account_id
        super().unlink()
        drafts.unlink()
        return True

    def _check_administrator(self):
        """:raises AccessError: for anyone but a system administrator of the company"""
        self.ensure_one()
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only an administrator moves tills to another account."))
        self.check_access("write")

    # === Prepare ===

    def _fill_lines(self):
        """A line for each till that is still with the account that is left."""
        self.ensure_one()
        known = self.line_ids.config_id
        for terminal in self._tills_left().sorted(lambda one: (one.config_id.name, one.id)):
            if terminal.config_id not in known:
                self.env["glase.go.live.line"].sudo().create(
                    {"move_id": self.id, "config_id": terminal.config_id.id}
                )

    # === The log-in: typed, proven, and only then the account's own ===

    def _login(self):
        """Where the tills are moved to and who calls there, as it is filled in.

        :rtype: Login
        """
        self.ensure_one()
        move = self.sudo()
        account = move.target_id
        if move.environment == SIMULATOR:
            if account:
                return glase_connection.login(account)
            return Login(SIMULATOR, glase_connection.SIMULATOR_ENDPOINT, "shop-new", "", SIMULATOR)
        password = move.draft_account_id.reseller_password or account.reseller_password
        return Login(
            move.environment, move.endpoint, move.reseller_id, move.reseller_user, password
        )

    def _new_login(self):
        """What of the log-in the account does not have yet: values to write."""
        login, account = self._login(), self.sudo().target_id
        if login.environment == SIMULATOR:
            return {}
        return {
            name: getattr(login, name)
            for name in LOGIN
            if (account[name] or False) != (getattr(login, name) or False)
        }

    def _prove(self):
        """Ask Glase whether it accepts the log-in; nothing is written.

        :return: the log-in that was asked about, and the answer
        :rtype: tuple[Login, Outcome]
        """
        account = self.sudo().target_id
        account._check_change(self._new_login())
        login = self._login()
        unbound = (account or self.source_id)._why_unbound()
        return login, Outcome(False, unbound) if unbound else account._prove(login)

    @public(group="base.group_system", access="write")
    def action_test(self):
        """Test the address and the log-in that the tills are moved to."""
        self._check_administrator()
        # Where another page has begun meanwhile, this one shows it when it is loaded again.
        if self.state == PREPARED:
            self._test()
        return True

    def _test(self):
        login, outcome = self._prove()
        autonomous_transaction.step_of_request(self, lambda move: move._store_test(login, outcome))
        return login, outcome

    def _store_test(self, login, outcome):
        autonomous_transaction.lock(self)
        if self.state != PREPARED:
            return
        now = clock.now(self.env.cr)
        # What was typed in the meantime is not what was asked about.
        proven = outcome.ok and login == self._login()
        self.write({"tested_at": now, "is_tested": proven, "test_message": outcome.message})
        self._fill_lines()

    def _draft_account(self):
        """The archived account that is the move's own until it begins; made if need be."""
        self.ensure_one()
        move = self.sudo()
        if not move.draft_account_id:
            move.draft_account_id = move.source_id.copy(
                {
                    "name": move._account_name(),
                    "environment": move.environment,
                    "endpoint": False,
                    "active": False,
                    "certifying": False,
                }
            )
        return move.draft_account_id

    def _account_name(self):
        reader = managers.for_reader(self.source_id)
        label = dict(self._fields["environment"]._description_selection(reader.env))
        shop = self.source_id.shop_name or self.company_id.name
        return f"{shop} ({label[self.environment]})"

    def _hand_over(self):
        """The proven log-in becomes the account's; where there is none, the draft becomes one."""
        move = self.sudo()
        values = move._new_login()
        if not move.target_id:
            target = move._draft_account()
            new = {"name": move._account_name(), "environment": move.environment}
            target.write({**new, **values})
            move.target_id = target
        elif values:
            move.target_id.write(values)
        draft = move.draft_account_id - move.target_id
        move.draft_account_id = False
        draft.unlink()

    # === The move ===

    @public(group="base.group_system", access="write")
    def action_start(self):
        """Shut the tills and begin, unless one is open or money is undecided.

        :raises UserError: with the list of what is in the way
        """
        self._check_administrator()
        (self.source_id | self.target_id)._refuse_copy()
        if self.state != PREPARED:
            return True
        if shown_values.is_outdated(self):
            return shown_values.reload_page(self)
        self._refuse_untested()
        # The test may have been days ago, and what is written now live tills may use.
        login, outcome = self._test()
        if not outcome.ok and self.state == PREPARED:
            raise UserError(self.env._("Nothing was moved. %s", outcome.message))
        autonomous_transaction.step_of_request(self, lambda move: move._start(login))
        return True

    def _refuse_untested(self):
        if not self.is_tested:
            raise UserError(
                self.env._("Test the address and the log-in first: Glase has to accept them.")
            )

    def _start(self, login):
        autonomous_transaction.lock(self)
        if self.state != PREPARED:
            return
        self._refuse_untested()
        if login != self._login():
            raise UserError(self.env._("The log-in was changed meanwhile: test it again."))
        other = self.search([("company_id", "=", self.company_id.id), ("state", "=", MOVING)])
        if other:
            raise UserError(
                self.env._("Tills are being moved already: finish “%s” first.", other.display_name)
            )
        for terminal in self._tills_left().sorted("id"):
            autonomous_transaction.lock(terminal)
        moving.refuse_obstacles(self._tills_left())
        self.line_ids.filtered(lambda line: not line._live()).unlink()
        self._fill_lines()
        if not self.line_ids:
            raise UserError(
                self.env._(
                    "“%s” has no registered till: there is nothing to move. Use the other account.",
                    self.source_id.name,
                )
            )
        self._hand_over()
        self.write({"state": MOVING, "started_at": clock.now(self.env.cr)})
        # Only now: until here a simulator beside a production account would be refused.
        self.target_id.active = True

    @public(group="base.group_system", access="write")
    def action_turn_back(self):
        """Move the tills back to where they came from: the same move, the other way.

        :raises UserError: while Glase is being asked about one of them
        """
        self._check_administrator()
        autonomous_transaction.step_of_request(self, lambda move: move._turn_back())
        return True

    def _turn_back(self):
        autonomous_transaction.lock(self)
        if self.state != MOVING:
            raise UserError(self.env._("This move is not under way."))
        registrations = self.env["glase.terminal"].search(
            [("config_id", "in", self.line_ids.config_id.ids), ("state", "in", [DRAFT, *LIVE])]
        )
        registrations._refuse_while_busy()
        self.line_ids.write({"message": False, "left_out": False})
        self.write(
            {
                "source_id": self.target_id.id,
                "target_id": self.source_id.id,
                "environment": self.source_environment,
            }
        )
        self._finish_if_moved()

    @public(group="base.group_system", access="write")
    def action_finish(self):
        """End a move whose tills are all moved or left out.

        :raises UserError: naming the tills that are not
        """
        self._check_administrator()
        autonomous_transaction.step_of_request(self, lambda move: move._finish())
        return True

    def _finish_if_moved(self):
        self.env.invalidate_all()
        if self.state == MOVING and all(line.state == "moved" for line in self.line_ids):
            self._finish()

    def _finish(self):
        autonomous_transaction.lock(self)
        if self.state != MOVING:
            return
        waiting = self.line_ids.filtered(lambda line: line.state not in ("moved", "left_out"))
        if waiting:
            raise UserError(
                self.env._(
                    "Not moved yet: %s. Move them, or leave them out.",
                    ", ".join(waiting.config_id.mapped("name")),
                )
            )
        if self.line_ids and not self.moved_count:
            raise UserError(self.env._("No till was moved: press Turn Back instead."))
        drafts = self.env["glase.terminal"].search(
            [("account_id", "=", self.source_id.id), ("state", "=", DRAFT)]
        )
        drafts._refuse_while_busy()
        drafts.write({"account_id": self.target_id.id})
        if not self._tills_left():
            self.source_id.active = False
        self.write({"state": DONE, "finished_at": clock.now(self.env.cr)})
        # What stood beside each other during the move may not stay so: the rule's own check.
        (self.source_id | self.target_id)._check_simulator_apart()
