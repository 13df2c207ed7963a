from odoo import fields, models
from odoo.exceptions import UserError

from ...glase import GlaseError, ResultError
from ...rules import state_machine
from ..periods.glase_period import UNSETTLED
from ..registration.glase_terminal import FORGOTTEN_CODES, LIVE, READY, REGISTERED, RETIRED
from ..registration.glase_terminal_registration import LOGIN_CODES
from ..registration.glase_terminal_unregister import NO_INVOICE
from ..support.public_method import public
from .glase_go_live import MOVING, PREPARED


class GlaseAccount(models.Model):
    _inherit = "glase.account"

    @public(group="base.group_system", access="write")
    def action_go_live(self):
        """Open the move of this account's tills to another environment.

        :raises AccessError: for anyone but a system administrator
        """
        self.ensure_one()
        moves = self.env["glase.go.live"]
        moves.check_access("create")
        self.check_access("write")
        move = moves.search([*self._is_part_of(), ("state", "=", MOVING)], limit=1)
        move = move or moves.search([("source_id", "=", self.id), ("state", "=", PREPARED)])
        if not move:
            move = moves.sudo().create({"source_id": self.id}).sudo(False)
        if move.state == PREPARED:
            move._fill_lines()
        return {
            "type": "ir.actions.act_window",
            "name": move._title(),
            "res_model": "glase.go.live",
            "res_id": move.id,
            "view_mode": "form",
        }

    def _is_part_of(self):
        return ["|", ("source_id", "in", self.ids), ("target_id", "in", self.ids)]

    def _move_under_way(self):
        """The move that these accounts are part of at this moment, if any."""
        moves = self.env["glase.go.live"].sudo()
        return moves.search([*self._is_part_of(), ("state", "=", MOVING)], limit=1)

    def _moves_with(self):
        """Accounts that stand beside this one only while its tills are moved.

        None of these tills opens a session or is sent a bill until the move has ended, and that is
        refused while both accounts have tills: so the reason for keeping them apart holds.
        """
        self.ensure_one()
        move = self._move_under_way()
        return (move.source_id | move.target_id) - self

    def _verified_words(self):
        """When the integration was last verified with this account, in words."""
        last = self._last_verification() if self else False
        if not last:
            return self.env._("Not verified.")
        return self.env._(
            "%(result)s on %(day)s: %(ok)s steps passed, %(failed)s failed, %(skipped)s skipped.",
            result=dict(last._fields["state"]._description_selection(self.env))[last.state],
            day=f"{last.finished_at:%Y-%m-%d}",
            ok=last.ok_count,
            failed=last.failed_count,
            skipped=last.skipped_count,
        )


class GlaseTerminal(models.Model):
    """What is in the way of a move, and how a till takes up a registration that it had before."""

    _inherit = "glase.terminal"

    def _move_obstacles(self):
        """What must come to an end before these tills can be moved.

        :return: ``what`` and ``todo``, two sentences for each obstacle
        :rtype: list[dict]
        """
        terminals = self.sudo()
        configs, accounts = terminals.config_id, terminals.account_id
        if not configs:
            return []
        sessions = self.env["pos.session"].sudo()
        # A till that is only asked for its opening cash has sold nothing; Close Register leaves one
        # behind for a while. It is not let open before the move has ended.
        open_sessions = sessions.search(
            [
                ("config_id", "in", configs.ids),
                ("state", "!=", "closed"),
                "|",
                ("state", "!=", "opening_control"),
                ("order_ids", "!=", False),
            ]
        )
        rows = self.env["glase.transaction"].sudo()
        mine = [("config_id", "in", configs.ids), ("account_id", "in", accounts.ids)]
        states = [
            state_machine.DRAFT,
            state_machine.SENDING,
            state_machine.ISSUED,
            state_machine.UNKNOWN,
        ]
        undecided = rows.search([*mine, ("state", "in", states)])
        undecided |= rows._undecided_ends(mine)
        periods = self.env["glase.period"].sudo()
        unsettled = periods.search(
            [
                ("account_id", "in", accounts.ids),
                ("config_id", "in", [*configs.ids, False]),
                ("state", "in", list(UNSETTLED)),
            ]
        )
        return [
            *(self._open_session_words(session) for session in open_sessions),
            *(self._undecided_words(row) for row in undecided),
            *(self._unsettled_words(period) for period in unsettled),
        ]

    def _open_session_words(self, session):
        return {
            "what": self.env._(
                "“%(till)s” is open (%(session)s).",
                till=session.config_id.name,
                session=session.name,
            ),
            "todo": self.env._("Close its register."),
        }

    def _undecided_words(self, row):
        amount = row.currency_id.format(row.amount)
        subject = f"{row.config_id.name}, {row.order_name or row.display_name}, {amount}"
        if row.kind == state_machine.REFUND:
            return {
                "what": self.env._("Not known whether the refund was made: %s.", subject),
                "todo": self.env._("Decide it under Glase / Cases."),
            }
        if row.state == state_machine.PAID:
            return {
                "what": self.env._("Paid, but no order has it: %s.", subject),
                "todo": self.env._("Attach it or pay it back under Glase / Cases."),
            }
        return {
            "what": self.env._("Not decided whether it was paid: %s.", subject),
            "todo": self.env._("Finish or cancel it at the till, or wait a few minutes."),
        }

    def _unsettled_words(self, period):
        return {
            "what": self.env._("Transaction period not settled: %s.", period.display_name),
            "todo": self.env._("Wait a few minutes: it is worked on by itself."),
        }

    def _refuse_obstacles(self):
        """:raises UserError: with the list, if anything is in the way"""
        found = self._move_obstacles()
        if found:
            listed = "\n".join(f"• {one['what']} {one['todo']}" for one in found)
            raise UserError(self.env._("Nothing was moved. This must end first:\n%s", listed))

    def _claim_replace(self, forgotten, account_id=None):
        """Override: a till is moved only when nothing of it is open, seen under its lock."""
        draft_id = super()._claim_replace(forgotten, account_id)
        if account_id and not forgotten:
            self._refuse_obstacles()
        return draft_id

    def _claim_register(self, replaces):
        """Override: while tills are moved, no other way leads to one of the two accounts."""
        move = self.account_id._move_under_way()
        arrives = self.account_id == move.target_id and self.config_id in move.line_ids.config_id
        if self.state not in LIVE and move and not arrives:
            raise UserError(
                self.env._(
                    "Tills of this account are being moved: finish “%s” first.", move.display_name
                )
            )
        return super()._claim_register(replaces)

    # === Take up a registration that was kept ===

    def _ask_take_up(self, live):
        """Let the till use this registration again, which it had before and which Glase kept.

        Its sticker is still its own, and its payments can still be given back.

        :param live: the registration that ends with success; may be empty
        :rtype: Outcome
        :raises UserError: if it is refused without asking Glase
        """
        self._check_manager()
        forgotten = bool(live) and live._is_forgotten_by_simulator()
        client, principal = self._in_own_transaction(
            lambda kept: kept._claim_take_up(live.id, forgotten)
        )
        try:
            client.get_payment_status(principal, NO_INVOICE, 0)
        except GlaseError as error:
            failure = error
            if not isinstance(failure, ResultError) or failure.code in LOGIN_CODES:
                return self._in_own_transaction(
                    lambda kept: kept._store_not_taken_up(live.id, failure)
                )
        return self._in_own_transaction(lambda kept: kept._store_taken_up(live.id))

    def _claim_take_up(self, live_id, forgotten):
        self._claim("take up", (RETIRED,))
        live = self.browse(live_id)
        if live:
            live._claim("take up", LIVE, may_be_undecided=forgotten)
            if not forgotten:
                live._refuse_obstacles()
        return self._client(), self._principal()

    def _store_taken_up(self, live_id):
        live = self.browse(live_id)
        if live:
            live._retire()
        return self._store(
            {
                "state": READY if self.glase_id else REGISTERED,
                "active": True,
                "retired_at": False,
            },
            self.env._("“%s” uses this registration again.", self.name),
        )

    def _store_not_taken_up(self, live_id, error):
        live = self.browse(live_id)
        if live:
            live._release()
        if isinstance(error, ResultError) and error.code in FORGOTTEN_CODES:
            return self._store(
                {"unregistered_at": fields.Datetime.now()},
                self.env._("Glase does not know this registration any more."),
                error,
            )
        return self._store({}, self._explain(error), error)


def words_while_moving(configs):
    """Why a till that is being moved to another Glase account stays shut.

    :param configs: of ``pos.config``
    :return: a sentence; False if none of these tills is part of a move that is under way
    """
    lines = configs.env["glase.go.live.line"].sudo()
    moving = lines.search(
        [("config_id", "in", configs.ids), ("move_id.state", "=", MOVING)], limit=1
    )
    return moving and configs.env._(
        "“%(till)s” is being moved to another Glase account. An administrator finishes that "
        "first: Glase / Accounts, “%(move)s”.",
        till=moving.config_id.name,
        move=moving.move_id.display_name,
    )


def refuse_while_moving(configs):
    """:raises UserError: if one of these tills is part of a move that is under way"""
    words = words_while_moving(configs)
    if words:
        raise UserError(words)
