"""What stands around a move of tills: how it is opened, what is in its way, and what it shuts."""

from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ...rules import state_machine
from ..certification.verifying import last_verification
from ..ledger import unsettled
from ..periods.glase_period import UNSETTLED
from ..registration.glase_terminal import LIVE
from ..support import autonomous_transaction
from ..support.sentences import lasting, local_day, together

# The states of a move.
PREPARED, MOVING, DONE = "prepared", "moving", "done"

# Translated where it is said, in the language of whoever reads it.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)


def open_move(account):
    """The move of an account's tills to another environment, as an action that shows it.

    :raises AccessError: for anyone but a system administrator
    """
    moves = account.env["glase.go.live"]
    moves.check_access("create")
    account.check_access("write")
    move = moves.search([*_is_part_of(account), ("state", "=", MOVING)], limit=1)
    move = move or moves.search([("source_id", "=", account.id), ("state", "=", PREPARED)])
    # Another page may be opening the same move at this moment.
    with autonomous_transaction.only_one():
        if not move:
            move = moves.sudo().create({"source_id": account.id}).sudo(False)
        if move.state == PREPARED:
            move._fill_lines()
    return move._get_records_action(name=move._title(), context={})


def _is_part_of(accounts):
    return ["|", ("source_id", "in", accounts.ids), ("target_id", "in", accounts.ids)]


def move_under_way(accounts):
    """The move that these accounts are part of at this moment, if any."""
    moves = accounts.env["glase.go.live"].sudo()
    return moves.search([*_is_part_of(accounts), ("state", "=", MOVING)], limit=1)


def moves_with(account):
    """Accounts that stand beside this one only while its tills are moved.

    None of these tills opens a session or is sent a bill until the move has ended, and that is
    refused while both accounts have tills: so the reason for keeping them apart holds.
    """
    move = move_under_way(account)
    return (move.source_id | move.target_id) - account


def verified_words(account):
    """When the integration was last verified with this account, in words."""
    last = last_verification(account) if account else False
    if not last:
        return account.env._("Not verified.")
    return account.env._(
        "%(result)s on %(day)s: %(ok)s steps passed, %(failed)s failed, %(skipped)s skipped.",
        result=dict(last._fields["state"]._description_selection(account.env))[last.state],
        day=local_day(account, last.finished_at),
        ok=last.ok_count,
        failed=last.failed_count,
        skipped=last.skipped_count,
    )


def obstacles(terminals):
    """What must come to an end before these tills can be moved.

    :return: ``what`` and ``todo``, two lazy translations for each obstacle
    :rtype: list[dict]
    """
    terminals = terminals.sudo()
    configs, accounts = terminals.config_id, terminals.account_id
    if not configs:
        return []
    return [
        *(_open_session_words(session) for session in _open_sessions(configs)),
        *(_undecided_words(row) for row in _undecided(configs, accounts)),
        *(_unsettled_words(period) for period in _unsettled(configs, accounts)),
    ]


def _open_sessions(configs):
    # A till that is only asked for its opening cash has sold nothing; Close Register leaves one
    # behind for a while. It is not let open before the move has ended.
    return configs.env["pos.session"].search(
        [
            ("config_id", "in", configs.ids),
            ("state", "!=", "closed"),
            "|",
            ("state", "!=", "opening_control"),
            ("order_ids", "!=", False),
        ]
    )


def _undecided(configs, accounts):
    rows = configs.env["glase.transaction"]
    mine = [("config_id", "in", configs.ids), ("account_id", "in", accounts.ids)]
    states = [
        state_machine.DRAFT,
        state_machine.SENDING,
        state_machine.ISSUED,
        state_machine.UNKNOWN,
    ]
    return rows.search([*mine, ("state", "in", states)]) | unsettled.undecided_ends(rows, mine)


def _unsettled(configs, accounts):
    return configs.env["glase.period"].search(
        [
            ("account_id", "in", accounts.ids),
            ("config_id", "in", [*configs.ids, False]),
            ("state", "in", list(UNSETTLED)),
        ]
    )


def _open_session_words(session):
    return {
        "what": _lt(
            "“%(till)s” is open (%(session)s).",
            till=session.config_id.name,
            session=session.name,
        ),
        "todo": _lt("Close its register."),
    }


def _undecided_words(row):
    amount = row.currency_id.format(row.amount)
    subject = f"{row.config_id.name}, {row.order_name or row.display_name}, {amount}"
    if row.kind == state_machine.REFUND:
        return {
            "what": _lt("Not known whether the refund was made: %s.", subject),
            "todo": _lt("Decide it under Glase / Cases."),
        }
    if row.state == state_machine.PAID:
        return {
            "what": _lt("Paid, but no order has it: %s.", subject),
            "todo": _lt("Attach it or pay it back under Glase / Cases."),
        }
    return {
        "what": _lt("Not decided whether it was paid: %s.", subject),
        "todo": _lt("Finish or cancel it at the till, or wait a few minutes."),
    }


def _unsettled_words(period):
    return {
        "what": _lt("Transaction period not settled: %s.", period.display_name),
        "todo": _lt("Wait a few minutes: it is worked on by itself."),
    }


def refuse_obstacles(terminals):
    """:raises UserError: with the list, if anything is in the way"""
    found = obstacles(terminals)
    if found:
        lines = [together("• %s %s", one["what"], one["todo"]) for one in found]
        listed = together("\n".join(["%s"] * len(lines)), *lines)
        words = _lt("Nothing was moved. This must end first:\n%s", listed)
        raise UserError(lasting(terminals.env, words))


def refuse_another_way(terminal):
    """While tills are moved, no other way leads to one of the two accounts.

    :param terminal: the registration that is about to be made
    :raises UserError: if it is none of the move's own
    """
    account = terminal.account_id
    move = move_under_way(account)
    arrives = account == move.target_id and terminal.config_id in move.line_ids.config_id
    if terminal.state not in LIVE and move and not arrives:
        raise UserError(
            lasting(
                terminal.env,
                _lt("Tills of this account are being moved: finish “%s” first.", move.display_name),
            )
        )


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
        "first: Configuration / Glase Accounts, “%(move)s”.",
        till=moving.config_id.name,
        move=moving.move_id.display_name,
    )


def refuse_while_moving(configs):
    """:raises UserError: if one of these tills is part of a move that is under way"""
    words = words_while_moving(configs)
    if words:
        raise UserError(words)


def lock_opening(configs):
    """Lock the registrations of tills that are being opened.

    Who begins a move at this moment waits for the lock, and finds the session (``doc/ledger.md §21``).
    """
    tills = configs.sudo().with_context(active_test=False)
    autonomous_transaction.lock(tills.glase_terminal_ids)
