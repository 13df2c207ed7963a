import logging
import secrets
import string
from dataclasses import dataclass

from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import AccessError, UserError

from ..glase import GlaseError, NeverSent, RequestError, ResultError
from . import clock, own_transaction
from .glase_terminal import DRAFT, LIVE, READY, REGISTERED, RETIRED

_logger = logging.getLogger(__name__)

PASSWORD_LENGTH = 24
PASSWORD_ALPHABET = string.ascii_letters + string.digits

UNKNOWN_TERMINAL = 29
TAKEN_GLASE_ID = 53
KNOWN_EXTERNAL_ID = 57
# Answers after which it is not certain that nothing happened.
UNCERTAIN_CODES = frozenset({90, 93, 94})
# Answers that speak of who calls; all others mean that the log-in was accepted.
LOGIN_CODES = frozenset({20, 21, 29, 33, 37, 91})
# A reference that no bill has: asking for it changes nothing, but the log-in is checked first.
NO_INVOICE = "0"


@dataclass(frozen=True)
class Outcome:
    """How a conversation ended: whether it did what was asked, and a sentence for a person."""

    ok: bool
    message: str


class GlaseTerminal(models.Model):
    """Register, assign, unregister, replace and test: the conversations about a registration.

    Each is: claim (``busy_since``, under the registration's lock, committed), one call with no
    transaction open, then the answer is stored and committed. So no call is ever repeated by a
    serialization failure, and a payment and a change of the registration never overlap
    (``doc/ledger.md §2, §8``). A claim that its owner never gave back runs out by itself.
    """

    _inherit = "glase.terminal"

    # === Buttons ===

    def action_register(self):
        """Register the till with Glase."""
        return self._show(self._ask_register())

    def action_register_again(self):
        """Register the till anew; the registration that it has is archived."""
        return self._show(self._ask_replace())

    def action_unregister(self):
        """End the registration at Glase; the sticker is free for another till."""
        return self._show(self._ask_unregister())

    def action_test(self):
        """Ask Glase whether it knows this till."""
        return self._show(self._ask_test())

    def _show(self, outcome):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": outcome.message,
                "type": "success" if outcome.ok else "danger",
                "sticky": not outcome.ok,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === Register ===

    def _ask_register(self, transact=None, replaces=None):
        """Register a draft; asked twice, it is registered once.

        :param transact: runs a step in a transaction; by default each in one of its own
        :param replaces: the live registration of the same till that ends with success
        :rtype: Outcome
        :raises UserError: if it is refused without asking Glase
        """
        self._check_manager()
        transact = transact or self._in_own_transaction
        claimed = transact(lambda terminal: terminal._claim_register(replaces))
        if not claimed:
            return Outcome(True, self.env._("“%s” is registered with Glase already.", self.name))
        client, principal, external_identifier, password, name = claimed
        try:
            answer = client.register_terminal(principal, external_identifier, password, name)
        except GlaseError as error:
            failure = error
            return transact(lambda terminal: terminal._store_not_registered(failure, replaces))
        return transact(lambda terminal: terminal._store_registered(answer, replaces))

    def _claim_register(self, replaces):
        self._claim("register", (DRAFT, *LIVE))
        if self.state != DRAFT:
            self._release()
            return None
        if not self.config_id:
            raise UserError(self.env._("Choose the point of sale of this terminal first."))
        live = self.search([("config_id", "=", self.config_id.id), ("state", "in", LIVE)])
        if live and live != replaces:
            raise UserError(
                self.env._(
                    "“%s” is registered with Glase already. To register it anew, open that "
                    "registration and press Register Again.",
                    self.config_id.name,
                )
            )
        account = self.account_id
        if not account.active:
            raise UserError(
                self.env._("The account “%s” is archived: choose another one.", account.name)
            )
        missing = account._what_is_missing()
        if missing:
            raise UserError(missing)
        self._copy_from_account()
        if not self.external_identifier:
            database = self.env["ir.config_parameter"].get_param("database.uuid")
            unique = secrets.token_hex(4)
            self.write(
                {
                    "external_identifier": f"{database}-{self.config_id.id}-{unique}",
                    "password": "".join(
                        secrets.choice(PASSWORD_ALPHABET) for _i in range(PASSWORD_LENGTH)
                    ),
                }
            )
        return (
            self._client(),
            account._reseller_principal(),
            self.external_identifier,
            self.password,
            self.name,
        )

    def _store_registered(self, answer, replaces):
        message = self.env._(
            "“%s” is registered with Glase. Next: assign the Glase ID of its sticker.", self.name
        )
        if replaces:
            old = self.browse(replaces.id)
            old._store(
                {"state": RETIRED, "active": False, "retired_at": fields.Datetime.now()},
                self.env._("Replaced by a new registration; kept for refunds."),
            )
            old.flush_recordset()
        return self._store(
            {
                "state": REGISTERED,
                "terminal_identifier": answer.terminal_id,
                "registered_at": fields.Datetime.now(),
            },
            message,
        )

    def _store_not_registered(self, error, replaces):
        if replaces:
            self.browse(replaces.id)._release()
        values = {}
        if isinstance(error, ResultError) and error.code == KNOWN_EXTERNAL_ID:
            values = {"external_identifier": False, "password": False}
            message = self.env._(
                "Glase has a till by this name from an earlier try, but its credentials are "
                "lost. Press Register again: a new one is made."
            )
        elif self._is_certain(error):
            message = self.account_id._explain(error)
        else:
            message = self.env._(
                "Glase did not answer, so it is not certain whether the till is registered. "
                "Press Register again: it is asked with the same ID, so Glase knows it by that."
            )
        return self._store(values, message, error)

    # === Register again ===

    def _ask_replace(self, transact=None):
        """Register the till of a live registration anew, and archive this one.

        :rtype: Outcome
        :raises UserError: if it is refused without asking Glase
        """
        self._check_manager()
        forgotten = self._is_forgotten_by_simulator()
        step = transact or self._in_own_transaction
        draft_id = step(lambda terminal: terminal._claim_replace(forgotten))
        try:
            draft = self.browse(draft_id)
            return draft._ask_register(transact, replaces=self)
        except UserError:
            step(lambda terminal: terminal._release())
            raise

    def _claim_replace(self, forgotten):
        self._claim("register", LIVE, may_be_undecided=forgotten)
        draft = self.search([("config_id", "=", self.config_id.id), ("state", "=", DRAFT)])
        if not draft:
            draft = self.create({"account_id": self.account_id.id, "config_id": self.config_id.id})
        return draft.id

    # === Glase ID ===

    def _ask_assign(self, text, transact=None):
        """Assign the Glase ID of a sticker to this registration.

        :param str text: typed or scanned
        :rtype: Outcome
        :raises UserError: if it is refused without asking Glase
        """
        self._check_manager()
        transact = transact or self._in_own_transaction
        glase_id = self._read_glase_id(text)
        claimed = transact(lambda terminal: terminal._claim_assign(glase_id))
        if not claimed:
            return Outcome(
                True, self.env._("“%(till)s” has %(id)s already.", till=self.name, id=glase_id)
            )
        client, principal = claimed
        try:
            client.assign_seqr_id(principal, glase_id)
        except GlaseError as error:
            failure = error
            return transact(lambda terminal: terminal._store_not_assigned(failure, glase_id))
        return transact(lambda terminal: terminal._store_assigned(glase_id))

    def _claim_assign(self, glase_id):
        self._claim("assign", LIVE)
        if self.state == READY and self.glase_id == glase_id:
            self._release()
            return None
        holder = self.with_context(active_test=False).search(
            [
                ("id", "!=", self.id),
                ("glase_id", "=", glase_id),
                ("endpoint", "=", self.endpoint),
                ("unregistered_at", "=", False),
            ],
            limit=1,
        )
        if holder:
            raise UserError(
                self.env._(
                    "%(id)s is the sticker of “%(till)s”. Use another sticker, or unregister "
                    "that registration first.",
                    id=glase_id,
                    till=holder.name,
                )
            )
        self.write({"glase_id_asked": glase_id})
        return self._client(), self._principal()

    def _store_assigned(self, glase_id):
        return self._store(
            {
                "state": READY,
                "glase_id": glase_id,
                "glase_id_asked": False,
                "assigned_at": fields.Datetime.now(),
            },
            self.env._("“%(till)s” is ready: %(id)s is its sticker.", till=self.name, id=glase_id),
        )

    def _store_not_assigned(self, error, glase_id):
        if not self._is_certain(error):
            values = {"state": REGISTERED, "glase_id": False}
            message = self.env._(
                "Glase did not answer, so it is not certain whether %s was assigned. Assign it "
                "again.",
                glase_id,
            )
        elif isinstance(error, ResultError) and error.code == TAKEN_GLASE_ID:
            values = {"glase_id_asked": False}
            message = self.env._(
                "Glase does not accept %s: another till has it, or it is not a Glase ID. Check "
                "the sticker, use another one, or unregister the till that has it.",
                glase_id,
            )
        else:
            values = {"glase_id_asked": False}
            message = self._explain(error)
        return self._store(values, message, error)

    # === Unregister ===

    def _ask_unregister(self, transact=None):
        """End the registration at Glase.

        :rtype: Outcome
        :raises UserError: while the session is open or money is undecided
        """
        self._check_manager()
        transact = transact or self._in_own_transaction
        forgotten = self._is_forgotten_by_simulator()
        claimed = transact(lambda terminal: terminal._claim_unregister(forgotten))
        if not claimed:
            return Outcome(
                True, self.env._("“%s” is not registered with Glase any more.", self.name)
            )
        client, principal = claimed
        try:
            client.unregister_terminal(principal)
        except GlaseError as error:
            failure = error
            if isinstance(failure, ResultError) and failure.code == UNKNOWN_TERMINAL:
                return transact(lambda terminal: terminal._store_unregistered(known=False))
            return transact(lambda terminal: terminal._store_not_unregistered(failure))
        return transact(lambda terminal: terminal._store_unregistered(known=True))

    def _claim_unregister(self, forgotten):
        self._claim("unregister", (*LIVE, RETIRED), may_be_undecided=forgotten)
        if self.state == RETIRED and (self.unregistered_at or not self.terminal_identifier):
            self._release()
            return None
        if self.state in LIVE:
            self._refuse_open_session()
        return self._client(), self._principal()

    def _refuse_open_session(self):
        session = self.env["pos.session"].search(
            [
                ("config_id", "=", self.config_id.id),
                ("state", "in", ("opened", "closing_control")),
            ],
            limit=1,
        )
        if session:
            raise UserError(
                self.env._(
                    "“%(till)s” has an open session (%(session)s). Close the register first, "
                    "then unregister.",
                    till=self.config_id.name,
                    session=session.name,
                )
            )

    def _store_unregistered(self, known):
        now = fields.Datetime.now()
        message = (
            self.env._("“%s” is unregistered; its sticker is free for another till.", self.name)
            if known
            else self.env._("Glase does not know “%s” any more: it is unregistered.", self.name)
        )
        values = {"state": RETIRED, "active": False, "unregistered_at": now}
        return self._store({**values, "retired_at": self.retired_at or now}, message)

    def _store_not_unregistered(self, error):
        message = (
            self._explain(error)
            if self._is_certain(error)
            else self.env._(
                "Glase did not answer, so it is not certain whether the till is unregistered. "
                "Press Unregister again."
            )
        )
        return self._store({}, message, error)

    # === Test ===

    def _ask_test(self, transact=None):
        """Ask Glase about this till with its own log-in, in a way that changes nothing.

        A draft has no log-in yet: its account is tested instead.

        :rtype: Outcome
        """
        self._check_manager()
        if not self.terminal_identifier:
            return self.account_id._ask_test()
        transact = transact or self._in_own_transaction
        client, principal = transact(lambda terminal: (terminal._client(), terminal._principal()))
        try:
            client.get_payment_status(principal, NO_INVOICE, 0)
        except GlaseError as error:
            failure = error
            if not isinstance(failure, ResultError) or failure.code in LOGIN_CODES:
                return transact(lambda terminal: terminal._note_test(failure))
        return transact(lambda terminal: terminal._note_test(None))

    def _note_test(self, error):
        message = (
            self._explain(error)
            if error
            else self.env._("Glase answers and knows “%s”.", self.name)
        )
        self._log(self.env._("Test: %s", message))
        return Outcome(not error, message)

    def _is_forgotten_by_simulator(self):
        """Whether the simulator has lost its state since: then no payment can be undecided."""
        if self.sudo().environment != "simulator" or not self.sudo().terminal_identifier:
            return False
        terminal = self.sudo()
        try:
            terminal._client().get_payment_status(terminal._principal(), NO_INVOICE, 0)
        except ResultError as error:
            return error.code == UNKNOWN_TERMINAL
        except GlaseError:
            _logger.info("The simulator does not answer about terminal %s", terminal.id)
        return False

    # === Steps ===

    def _check_manager(self):
        """Only managers change registrations, only their own companies', and from no copy.

        :raises AccessError: otherwise
        :raises UserError: if this database may be a copy of the shop's
        """
        self.ensure_one()
        if not self.env.su and not self.env.user.has_group("point_of_sale.group_pos_manager"):
            raise AccessError(
                self.env._("Only a Point of Sale administrator may change a Glase terminal.")
            )
        self.check_access("write")
        self.account_id.sudo()._refuse_copy()

    def _in_own_transaction(self, work):
        """Run one step in a transaction of its own, with none of the request's left open.

        :param work: called with this record in a superuser environment
        """
        terminal_id = self.id
        context = {"glase_user_id": self.env.uid, "lang": self.env.lang}

        def with_terminal(env):
            return work(env["glase.terminal"].with_context(**context).browse(terminal_id))

        self.env.cr.commit()  # pylint: disable=invalid-commit
        result = own_transaction.run(self.env, with_terminal)
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.env.invalidate_all()
        return result

    def _claim(self, operation, states, may_be_undecided=False):
        """Take the registration for one conversation.

        :raises UserError: if somebody else has it, or money is undecided
        """
        own_transaction.lock(self)
        if self._is_busy():
            raise UserError(
                self.env._("Glase is being asked about this till already. Try again in a minute.")
            )
        if self.state not in states:
            raise UserError(
                self.env._("“%s” is not registered with Glase: register it first.", self.name)
            )
        undecided = self.env["glase.transaction"]._undecided(self)
        if undecided and not may_be_undecided:
            raise UserError(
                self.env._(
                    "It is not decided yet whether these payments were made: %s. Finish or "
                    "cancel them at the till, or wait until Glase has answered.",
                    ", ".join(row.order_name or row.display_name for row in undecided),
                )
            )
        self.write({"busy_since": clock.now(self.env.cr), "busy_with": operation})

    def _release(self):
        self.write({"busy_since": False, "busy_with": False})

    def _store(self, values, message, error=None):
        """Store the end of a conversation, whatever it is, and note it in the chatter."""
        if error:
            _logger.warning("Glase terminal %s, %s: %s", self.id, self.busy_with, error)
        code = error.code if isinstance(error, ResultError) else None
        self._log(f"{message} ({self.env._('result code %s', code)})" if code else message)
        self.write({**values, "busy_since": False, "busy_with": False})
        return Outcome(not error, message)

    def _log(self, message):
        # Of a context only the ledger's own transactions are believed; those are the superuser's.
        own = self.env.uid == SUPERUSER_ID
        asker_id = self.env.context.get("glase_user_id", self.env.uid) if own else self.env.uid
        user = self.env["res.users"].browse(asker_id)
        self.message_post(body=message, author_id=user.partner_id.id, subtype_xmlid="mail.mt_note")

    def _is_certain(self, error):
        """Whether an error proves that Glase did not do what it was asked to."""
        if isinstance(error, ResultError):
            return error.code not in UNCERTAIN_CODES
        return isinstance(error, (NeverSent, RequestError))
