from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.translate import LazyTranslate

from ..registration import stickers
from ..registration.glase_terminal import LIVE, READY, RETIRED
from ..registration.glase_terminal_registration import Outcome
from ..support import autonomous_transaction, clock
from ..support.caller_context import with_own_context
from ..support.public_method import public
from ..support.sentences import Sentence, lasting
from .moving import DONE, MOVING

# Translated where it is said, in the language of whoever reads it.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

LINE_STATES = [
    ("to_register", "To register"),
    ("to_assign", "Registered, no Glase ID yet"),
    ("moved", "Ready"),
    ("left_out", "Left out"),
]


class GlaseGoLiveLine(models.Model):
    """One till of a move: the Glase ID that it gets, and how its last try ended."""

    _name = "glase.go.live.line"
    _description = "Glase: Till of a Move"
    _order = "id"

    move_id = fields.Many2one(
        "glase.go.live", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="move_id.company_id", store=True, index=True)
    config_id = fields.Many2one(
        "pos.config", "Till", required=True, readonly=True, ondelete="cascade"
    )
    glase_id = fields.Char(
        "Glase ID",
        compute="_compute_glase_id",
        store=True,
        readonly=False,
        help="Printed on the sticker that stands at this till",
    )
    left_out = fields.Boolean(readonly=True)
    state = fields.Selection(LINE_STATES, compute="_compute_state")
    is_busy = fields.Boolean(
        compute="_compute_is_busy", help="Glase is being asked about this till at this moment"
    )
    message = Sentence("What Happened", readonly=True)
    tried_at = fields.Datetime("Last Try", readonly=True)

    _one_line_a_till = models.UniqueIndex(
        "(move_id, config_id)", "This till is part of the move already."
    )

    @api.depends("config_id", "move_id.target_id")
    def _compute_glase_id(self):
        for line in self:
            move, live = line.move_id, line._live()
            kept = line._kept(move.target_id)
            there = live.account_id == move.target_id and live.glase_id
            # The simulator's stickers are made up: no other Glase has them.
            present = live.glase_id if live.environment != "simulator" else False
            simulated = move.environment == "simulator" and live.glase_id
            line.glase_id = kept.glase_id or there or line.glase_id or present or simulated

    @api.depends("glase_id", "left_out", "config_id.glase_terminal_ids.state", "move_id.target_id")
    def _compute_state(self):
        for line in self:
            live = line._live()
            there = live and live.account_id == line.move_id.target_id
            if line.left_out:
                line.state = "left_out"
            elif there and live.state == READY:
                line.state = "moved"
            else:
                line.state = "to_assign" if there else "to_register"

    def _compute_is_busy(self):
        terminals = self.env["glase.terminal"].sudo().with_context(active_test=False)
        for line in self:
            known = terminals.search(
                [("config_id", "=", line.config_id.id), ("busy_since", "!=", False)]
            )
            line.is_busy = any(terminal._is_busy() for terminal in known)

    def _live(self):
        """The live registration of the till, wherever it is."""
        self.ensure_one()
        return (
            self.env["glase.terminal"]
            .sudo()
            .search([("config_id", "=", self.config_id.id), ("state", "in", LIVE)], limit=1)
        )

    def _kept(self, account):
        """The registration that the till had with an account before, if Glase still has it."""
        self.ensure_one()
        terminals = self.env["glase.terminal"].sudo().with_context(active_test=False)
        return terminals.search(
            [
                ("config_id", "=", self.config_id.id),
                ("account_id", "=", account.id),
                ("state", "=", RETIRED),
                ("terminal_identifier", "!=", False),
                ("unregistered_at", "=", False),
            ],
            order="retired_at desc, id desc",
            limit=1,
        )

    # === Who writes what ===

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Press Go Live on a Glase account."))
        return super(GlaseGoLiveLine, with_own_context(self)).create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self.check_access("write")
            if set(vals) - {"glase_id"}:
                raise AccessError(self.env._("This is written by the move itself."))
            if any(line.state == "moved" for line in self):
                raise UserError(
                    self.env._("This till is ready: change its Glase ID on its registration.")
                )
        return super().write(vals)

    # === Move one till ===

    @public(group="base.group_system", access="write")
    def action_move(self):
        """Move this till; done again it goes on where it stopped.

        :return: whether the till is ready at the other account
        :rtype: bool
        """
        self.ensure_one()
        self.move_id._check_administrator()
        if self.move_id.state == DONE:
            # Somebody else has finished: the page that asks goes on to what stands now.
            return self.state == "moved"
        self._refuse_unless_moving()
        if self.left_out:
            return False
        try:
            outcome = self._move()
        except UserError as refusal:
            outcome = Outcome(False, refusal.args[0])
        autonomous_transaction.step_of_request(self, lambda line: line._store(outcome))
        return self.state == "moved"

    def _refuse_unless_moving(self):
        if self.move_id.state != MOVING:
            raise UserError(self.env._("This move is not under way."))

    def _move(self):
        """Each step is a conversation of the registration's own, resumable by itself."""
        target = self.move_id.sudo().target_id
        if not (self.glase_id or "").strip():
            words = _lt("Type the Glase ID of the sticker at this till first.")
            raise UserError(lasting(self.env, words))
        wanted = stickers.read(self.env, self.glase_id)
        live = self._live()
        if not live or live.account_id != target:
            outcome = self._register_there(live, target)
            if not outcome.ok:
                return outcome
        live = self._live()
        if live.state == READY and live.glase_id == wanted:
            return Outcome(True, self.env._("“%s” is ready.", live.name))
        return live._ask_assign(wanted)

    def _register_there(self, live, target):
        kept = self._kept(target)
        if kept:
            outcome = kept._ask_take_up(live)
            if outcome.ok or not kept.unregistered_at:
                return outcome
        if live:
            return live._ask_replace(account_id=target.id)
        draft = self.config_id.sudo()._glase_terminal_or_draft(target)
        if draft.account_id != target:
            draft.write({"account_id": target.id})
        return draft._ask_register()

    def _store(self, outcome):
        autonomous_transaction.lock(self)
        # Somebody else may have moved it while this try was refused.
        failed = not outcome.ok and self.state != "moved"
        self.write({"message": failed and outcome.message, "tried_at": clock.now(self.env.cr)})
        self.move_id._finish_if_moved()

    @public(group="base.group_system", access="write")
    def action_leave_out(self):
        """Leave this till where it is, or take it into the move again."""
        self.ensure_one()
        self.move_id._check_administrator()
        autonomous_transaction.step_of_request(self, lambda line: line._leave_out())
        return True

    def _leave_out(self):
        autonomous_transaction.lock(self)
        self._refuse_unless_moving()
        if self.state == "moved":
            raise UserError(self.env._("“%s” is moved already.", self.config_id.name))
        self.write({"left_out": not self.left_out, "message": False})
