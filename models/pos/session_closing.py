from datetime import datetime, timedelta
from itertools import chain
from operator import itemgetter

from odoo.exceptions import UserError
from odoo.tools import groupby

from ...rules import case_kinds, state_machine
from ..ledger import unsettled
from ..support import autonomous_transaction, clock, managers
from ..support.sentences import labelled
from ..support.till_errors import Refused

# Sessions that this transaction has latched and found settled.
GUARDED = "pos_glase.guarded"
# A manager's word holds for the closing at hand, not for one after more sales.
OVERRIDE_FOR = timedelta(minutes=15)
# A latch that nobody lifted, because its server died, holds no till longer than this.
LATCH_FOR = timedelta(minutes=5)


def uses_glase(session):
    """Whether Glase has to do with a session: by its till, or by what the ledger has of it."""
    session.ensure_one()
    own = session.sudo()
    return bool(own.config_id._glase_payment_method() or ledger_rows(own, limit=1))


def ledger_rows(sessions, **options):
    """The rows that were made in sessions, whatever till a session is said to be of now."""
    rows = sessions.env["glase.transaction"].sudo()
    return rows.search([("session_id", "in", sessions.ids)], **options)


class SessionClosing:
    """A session is closed over no Glase money that is undecided (``doc/ledger.md §16``)."""

    def __init__(self, session):
        """:param session: one ``pos.session``"""
        session.ensure_one()
        self.session, self.env = session, session.env

    # === What is open ===

    def open_ends(self):
        """What must be settled before this session is closed, and what is carried over.

        Read in a transaction of its own: the request's may have begun before the last payment.

        :return: ``blocking`` and ``carried``: lists of ``what`` and ``todo``, two sentences; what
            blocks has a ``key``, the same for the same money whatever becomes of it
        :rtype: dict
        """
        return autonomous_transaction.with_records(
            self.session, lambda session: OpenEnds(session).listed()
        )

    def blocking(self):
        """What holds up the closing: open, and not covered by a manager's word."""
        return self.not_approved(self.open_ends()["blocking"])

    def not_approved(self, blocking):
        """What a manager's word does not cover: what came after it, and all when it has run out."""
        if not clock.is_recent(self.env.cr, self.session.glase_override_at, OVERRIDE_FOR):
            return blocking
        approved = self.session.glase_override_keys or []
        return [end for end in blocking if end["key"] not in approved]

    def refusal(self):
        """Why this session cannot be closed now: sentences for the cashier, or False."""
        if self.session.state == "closed" or not uses_glase(self.session):
            return False
        blocking = self.blocking()
        if not blocking:
            return False
        listed = ""
        for todo, ends in groupby(blocking, itemgetter("todo")):
            listed += "".join(f"\n• {end['what']}" for end in ends) + f"\n{todo}\n"
        return self.env._(
            "The register stays open, because Glase payments are undecided:\n%s", listed
        ).strip()

    # === Latch the tills, then ask ===

    @classmethod
    def guard(cls, sessions):
        """Latch the tills, then ask whether they may be closed; once in a transaction.

        :raises UserError: if not, with the sentences for the cashier
        """
        env = sessions.env
        guarded = env.cr.postcommit.data.setdefault(GUARDED, set())
        closing = sessions.filtered(
            lambda one: one.id not in guarded and one.state != "closed" and uses_glase(one)
        )
        for session in closing:
            cls(session).latch()
            refusal = session._cannot_close_session()
            if refusal:
                raise UserError(refusal["message"])
            guarded.add(session.id)
        # What has changed since this request began to read is a conflict here: it is repeated.
        autonomous_transaction.lock(ledger_rows(closing))

    def latch(self):
        """From here on nothing is sent at this till, until this transaction has ended."""
        session = self.session.sudo().with_context(active_test=False)
        terminals = session.config_id.glase_terminal_ids | ledger_rows(session).terminal_id
        latch = autonomous_transaction.with_records(terminals, set_latch)

        def lift():
            autonomous_transaction.with_records(terminals, lambda own: lift_latch(own, latch))

        self.env.cr.postcommit.add(lift)
        self.env.cr.postrollback.add(lift)

    # === A manager closes all the same ===

    def override(self, reason, login="", password=""):
        """A manager's word that this session may be closed over what is open at this moment.

        :param str reason: stays on the session, with what was open
        :param str login: of the manager who approves, empty if that is who is logged in
        :param str password: the manager's own; kept nowhere
        :raises Refused: without a reason, or if nobody approved who may
        """
        reason = (reason or "").strip()
        if not reason:
            raise Refused("reason", self.env._("Write why the register is closed all the same."))
        company = self.session.config_id.company_id
        manager = managers.approve(self.env, company, login, password)
        # The manager's own words, whatever language the cashier reads.
        session = self.session.with_context(lang=manager.lang)
        blocking = SessionClosing(session).open_ends()["blocking"]
        session.sudo().write(
            {
                "glase_override_reason": reason,
                "glase_override_by": manager.id,
                "glase_override_at": clock.now(self.env.cr),
                "glase_override_list": "\n".join(end["what"] for end in blocking),
                "glase_override_keys": [end["key"] for end in blocking],
            }
        )
        session.sudo().message_post(
            body=session.env._(
                "%(manager)s lets this session be closed in spite of undecided Glase payments: "
                "“%(reason)s”. %(listed)s",
                manager=manager.name,
                reason=reason,
                listed="; ".join(end["what"] for end in blocking),
            )
        )


class OpenEnds:
    """What is open with Glase at a session's till, each with what it is and what to do."""

    def __init__(self, session):
        """:param session: one ``pos.session``, in a superuser environment"""
        self.session, self.env = session, session.env

    def listed(self):
        """What blocks the closing and what is carried over; see :meth:`SessionClosing.open_ends`."""
        rows = self.env["glase.transaction"]
        of_till = self._of_till()
        rows._expire_stale(
            rows.search([*of_till, ("state", "in", [state_machine.SENDING])]).terminal_id
        )
        running = rows.search([*of_till, ("state", "in", list(state_machine.HOLDS_TILL))])
        unclaimed = unsettled.undecided_ends(rows, [("session_id", "=", self.session.id)])
        cases = self._cases_in_question() - running.case_ids
        carried = rows.search([*of_till, ("state", "=", state_machine.UNKNOWN)])
        periods = self.env["glase.period"].search(
            [
                ("session_ids.config_id", "=", self.session.config_id.id),
                ("state", "!=", "reconciled"),
            ]
        )
        return {
            "blocking": list(
                chain(
                    map(self._running, running),
                    map(self._unclaimed, unclaimed),
                    map(self._in_question, cases),
                )
            ),
            "carried": list(chain(map(self._carried, carried), map(self._of_period, periods))),
        }

    def _of_till(self):
        """The rows of this session's till, as a domain.

        Which till that is, the rows say, too: the session itself may have been written to another.
        """
        configs = self.session.config_id | ledger_rows(self.session).config_id
        return [("config_id", "in", configs.ids)]

    def _cases_in_question(self):
        return self.env["glase.case"].search(
            [
                ("state", "=", "open"),
                ("kind", "in", list(case_kinds.stopping_a_closing())),
                "|",
                ("transaction_id.session_id", "=", self.session.id),
                ("payment_id.pos_order_id.session_id", "=", self.session.id),
            ]
        )

    @staticmethod
    def _key(record):
        return f"{record._name},{record.id}"

    @staticmethod
    def _subject(row):
        amount = row.currency_id.format(row.amount)
        return f"{amount} {row.order_name or ''}".strip()

    def _running(self, row):
        return {
            "key": self._key(row),
            "what": self.env._("Running: %s", self._subject(row)),
            "todo": self.env._(
                "Check it again or cancel it at the till. What was left open ends by itself within "
                "a few minutes."
            ),
        }

    def _unclaimed(self, row):
        return {
            "key": self._key(row),
            "what": self.env._("Paid, but no order has it: %s", self._subject(row)),
            "todo": self.env._(
                "Open its order at the till: it goes on by itself. If the order is gone, a manager "
                "attaches the payment or pays it back: Glase / Cases, some minutes after it was paid."
            ),
        }

    def _in_question(self, case):
        kind = dict(case._fields["kind"]._description_selection(self.env))[case.kind]
        amount = case.currency_id.format(case.amount)
        return {
            "key": self._key(case.transaction_id or case.payment_id),
            "what": labelled(self.env, kind, f"{amount} {case.order_reference or ''}".strip()),
            "todo": self.env._("A manager settles it: Glase / Cases."),
        }

    def _carried(self, row):
        subject = self._subject(row)
        if row.kind == state_machine.REFUND:
            what = self.env._("Not known whether the refund was made: %s", subject)
        else:
            what = self.env._("Sent without an answer: %s", subject)
        return {"what": what, "todo": self.env._("Does not hold up the closing.")}

    def _of_period(self, period):
        return {
            "what": self.env._("Transaction period not settled: %s", period.display_name),
            "todo": self.env._("Does not hold up the closing."),
        }


# The latch that a closing puts on the registrations of its till: while it stands, nothing is sent. It is
# set and lifted in transactions of their own, so that other requests see it while the closing runs
# (``doc/ledger.md §16``). Several closings do not disturb each other: each has its own latch.


def is_closing(terminal):
    """Whether the till's register is being closed. Meaningful under the till's lock only.

    :param terminal: one ``glase.terminal``
    :rtype: bool
    """
    terminal.ensure_one()
    return bool(_standing(terminal))


def refuse_while_closing(terminals):
    """:raises Refused: while the register of one of these is being closed; see :func:`is_closing`"""
    if any(is_closing(terminal) for terminal in terminals):
        raise Refused(
            "closing",
            terminals.env._("This till's register is being closed: nothing is sent any more."),
        )


def refuse_closed(session):
    """Asked under the till's lock: a closing may have ended since the till was heard.

    :raises Refused: if no money is moved in this session any more
    """
    session.ensure_one()
    if session.state != "opened":
        raise Refused("session", session.env._("Open the register first."))


def set_latch(terminals):
    """Latch these registrations, each under its lock.

    :param terminals: in a superuser environment
    :return: what :func:`lift_latch` needs
    :rtype: str
    """
    autonomous_transaction.lock(terminals)
    latch = clock.now(terminals.env.cr).isoformat()
    for terminal in terminals:
        terminal.closing_latches = [*_standing(terminal), latch]
    return latch


def lift_latch(terminals, latch):
    """Take a latch off again, and all that nobody lifted.

    :param terminals: in a superuser environment
    :param str latch: what :func:`set_latch` returned
    """
    autonomous_transaction.lock(terminals)
    for terminal in terminals:
        terminal.closing_latches = [one for one in _standing(terminal) if one != latch]


def _standing(terminal):
    return [
        latch
        for latch in terminal.sudo().closing_latches or []
        if clock.is_recent(terminal.env.cr, datetime.fromisoformat(latch), LATCH_FOR)
    ]
