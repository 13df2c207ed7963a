from dataclasses import dataclass

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.translate import LazyTranslate

from ...glase import ResultError
from ...glase.codes import SERVICE_TROUBLE
from ...glase.logs import get_logger
from ...rules import state_machine
from ...rules.environments import SIMULATOR
from ..ledger import unsettled
from ..ledger.exchange import ASK, ASSIGN, UNREGISTER, Exchange
from ..support import autonomous_transaction, clock
from ..support.managers import MANAGERS
from ..support.public_method import public
from ..support.sentences import lasting, note
from ..support.shown_values import notification
from . import stickers
from .glase_terminal import LIVE, READY, REGISTERED, RETIRED

_logger = get_logger(__name__)

UNKNOWN_TERMINAL = 29
TAKEN_GLASE_ID = 53
# A session that has sold, or may sell at any moment.
OPENED = ("opened", "closing_control")
# Answers that speak of who calls; all others mean that the log-in was accepted.
LOGIN_CODES = frozenset({20, 21, 29, 33, 37, 91})
# A question about a bill that nobody has (reference, version): it changes nothing, but the log-in
# is checked first.
NO_INVOICE = ("0", 0)

# Translated where it is said, in the language of whoever reads it.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)


@dataclass(frozen=True)
class Outcome:
    """How a conversation ended: whether it did what was asked, and a sentence for a person.

    The message is in the language of who asked; what is stored is :func:`lasting`. A ``question`` is a
    sentence that somebody answers before anything is done.
    """

    ok: bool
    message: str
    question: bool = False

    def shown(self):
        """The action that shows it."""
        kind = "success" if self.ok else "danger"
        return notification(str(self.message), kind, sticky=not self.ok)


def refuses_login(error):
    """Whether an error of a call leaves it open that Glase accepts the log-in."""
    return error and (not isinstance(error, ResultError) or error.code in LOGIN_CODES)


def is_certain(evidence):
    """Whether what was heard proves that Glase did not do what it was asked to."""
    if evidence.outcome == state_machine.ANSWER:
        return evidence.code not in SERVICE_TROUBLE
    return evidence.outcome == state_machine.NEVER_SENT


class GlaseTerminal(models.Model):
    """The conversations about a registration: assign, unregister, test, and what all of them share.

    Each is: claim (``busy_since``, under the registration's lock, committed), one call with no
    transaction open, then the answer is stored and committed. So no call is ever repeated by a
    serialization failure, and a payment and a change of the registration never overlap
    (``doc/ledger.md §2, §8``). A claim that its owner never gave back runs out by itself.
    """

    _inherit = "glase.terminal"

    # === Buttons ===

    @public(group=MANAGERS, access="write")
    def action_register(self):
        """Register the till with Glase."""
        return self._ask_register().shown()

    @public(group=MANAGERS, access="write")
    def action_register_again(self):
        """Register the till anew; the registration that it has is archived."""
        return self._ask_replace().shown()

    @public(group=MANAGERS, access="write")
    def action_unregister(self):
        """End the registration at Glase; the sticker is free for another till."""
        return self._ask_unregister().shown()

    @public(group=MANAGERS, access="write")
    def action_test(self):
        """Ask Glase whether it knows this till."""
        return self._ask_test().shown()

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

    def _converse(self, operation, claim, store, step=None):
        """Have one conversation about this registration.

        :param Operation operation: the call
        :param claim: takes the registration and the exchange; gives the call, or an Outcome where
            Glase need not be asked
        :param store: takes the registration and what was heard; gives the Outcome
        :param step: see :class:`Exchange`
        :rtype: Outcome
        """
        exchange = Exchange(self, operation, step=step)

        def claimed(own):
            call = claim(own, exchange)
            return (call, None) if isinstance(call, Outcome) else (own.id, call)

        known, outcome = exchange.run(claimed, store)
        return outcome or known

    def _claim(self, operation, states, may_be_undecided=False):
        """Take the registration for one conversation.

        :raises UserError: if somebody else has it, or money is undecided
        """
        autonomous_transaction.lock(self)
        if self._is_busy():
            raise UserError(
                lasting(
                    self.env,
                    _lt("Glase is being asked about this till already. Try again in a minute."),
                )
            )
        if self.state not in states:
            raise UserError(
                lasting(
                    self.env,
                    _lt("“%s” is not registered with Glase: register it first.", self.name),
                )
            )
        undecided = unsettled.undecided(self.env["glase.transaction"], self)
        if undecided and not may_be_undecided:
            raise UserError(
                lasting(
                    self.env,
                    _lt(
                        "It is not decided yet whether these payments were made: %s. Finish or "
                        "cancel them at the till, or wait until Glase has answered.",
                        ", ".join(row.order_name or row.display_name for row in undecided),
                    ),
                )
            )
        self.write({"busy_since": clock.now(self.env.cr), "busy_with": operation})

    def _refuse_while_busy(self):
        """Lock registrations, unless a conversation about one of them is under way.

        Its answer is stored with the address and the credentials that it was begun with.

        :raises UserError: naming the till
        """
        for terminal in self.sorted("id"):
            autonomous_transaction.lock(terminal)
            if terminal._is_busy():
                raise UserError(
                    self.env._(
                        "Glase is being asked about “%s” at this moment. Try again in a minute.",
                        terminal.config_id.name or terminal.name,
                    )
                )

    def _release(self):
        self.write({"busy_since": False, "busy_with": False})

    def _store(self, values, words, error=None):
        """Store the end of a conversation, whatever it is, and note it in the chatter.

        :param words: as for :func:`lasting`
        """
        if error:
            _logger.warning("Glase terminal %s, %s: %s", self.id, self.busy_with, error)
        code = error.code if error else None
        with_code = _lt("%(message)s (result code %(code)s)", message=words, code=code)
        self._log(with_code if code else words)
        self.write({**values, "busy_since": False, "busy_with": False})
        return Outcome(not error, lasting(self.env, words))

    def _log(self, words):
        # Of a context only the ledger's own transactions are believed; those are the superuser's.
        own = self.env.uid == SUPERUSER_ID
        asker_id = self.env.context.get("glase_user_id", self.env.uid) if own else self.env.uid
        user = self.env["res.users"].browse(asker_id)
        note(self, words, self, author_id=user.partner_id.id)

    # === Assign the Glase ID of a sticker ===

    def _ask_assign(self, text, step=None):
        """Assign the Glase ID of a sticker to this registration.

        :param str text: typed or scanned
        :rtype: Outcome
        :raises UserError: if it is refused without asking Glase
        """
        self._check_manager()
        glase_id = stickers.read(self.env, text)
        return self._converse(
            ASSIGN,
            lambda own, exchange: own._claim_assign(exchange, glase_id),
            lambda own, heard: own._store_assign(heard, glase_id),
            step,
        )

    def _claim_assign(self, exchange, glase_id):
        self._claim("assign", LIVE)
        if self.state == READY and self.glase_id == glase_id:
            self._release()
            return self._has_it_already(glase_id)
        self._refuse_wrong_sticker(glase_id)
        self.write({"glase_id_asked": glase_id})
        return exchange.bound(self, glase_id)

    def _store_assign(self, heard, glase_id):
        if not heard.error:
            values = {"state": READY, "glase_id": glase_id, "assigned_at": fields.Datetime.now()}
            message = _lt(
                "“%(till)s” is ready: %(id)s is its sticker.", till=self.name, id=glase_id
            )
        elif not is_certain(heard.evidence):
            values = {"state": REGISTERED, "glase_id": False}
            message = _lt(
                "Glase did not answer, so it is not certain whether %s was assigned. Assign it "
                "again.",
                glase_id,
            )
            return self._store(values, message, heard.error)
        elif heard.error.code == TAKEN_GLASE_ID:
            values = {}
            message = _lt(
                "Glase does not accept %s: another till has it, or it is not a Glase ID. Check "
                "the sticker, use another one, or unregister the till that has it.",
                glase_id,
            )
        else:
            values, message = {}, self._explain(heard.error)
        return self._store({**values, "glase_id_asked": False}, message, heard.error)

    def _has_it_already(self, glase_id):
        return Outcome(
            True, self.env._("“%(till)s” has %(id)s already.", till=self.name, id=glase_id)
        )

    def _check_sticker(self, text):
        """What would be assigned; nothing is changed, and Glase is not asked.

        :param str text: typed or scanned
        :return: a question if the till has another sticker already
        :rtype: Outcome
        :raises UserError: if it is no Glase ID, or is not free
        """
        self.check_access("write")
        glase_id = stickers.read(self.env, text)
        terminal = self.sudo()
        if terminal.state == READY and terminal.glase_id == glase_id:
            return terminal._has_it_already(glase_id)
        terminal._refuse_wrong_sticker(glase_id)
        if terminal.glase_id:
            question = self.env._(
                "This till has the sticker %(own)s. Use %(new)s instead? Then %(own)s is free for "
                "another till.",
                own=terminal.glase_id,
                new=glase_id,
            )
            return Outcome(True, question, question=True)
        return Outcome(True, self.env._("%s can be assigned.", glase_id))

    def _refuse_wrong_sticker(self, glase_id):
        """:raises UserError: for a product's bar code, and for a sticker of another till"""
        product = self._product_of(glase_id)
        if product:
            raise UserError(
                lasting(
                    self.env,
                    _lt(
                        "%(id)s is the bar code of the product “%(product)s”. Scan the sticker that "
                        "stands at the till.",
                        id=glase_id,
                        product=product.display_name,
                    ),
                )
            )
        holder = stickers.holders(self, glase_id, [("endpoint", "=", self.endpoint)]) - self
        if holder:
            raise UserError(
                lasting(
                    self.env,
                    _lt(
                        "%(id)s is the sticker of “%(till)s”. Use another sticker, or unregister "
                        "that registration first.",
                        id=glase_id,
                        till=holder[0].name,
                    ),
                )
            )

    def _product_of(self, barcode):
        """The product that has a bar code, on itself or on one of its packagings."""
        having = [("barcode", "=", barcode)]
        return (
            self.env["product.product"].sudo().search(having, limit=1)
            or self.env["product.uom"].sudo().search(having, limit=1).product_id
        )

    # === Unregister ===

    def _ask_unregister(self, step=None):
        """End the registration at Glase.

        :rtype: Outcome
        :raises UserError: while the session is open or money is undecided
        """
        self._check_manager()
        forgotten = self._is_forgotten_by_simulator()
        return self._converse(
            UNREGISTER,
            lambda own, exchange: own._claim_unregister(exchange, forgotten),
            lambda own, heard: own._store_unregister(heard),
            step,
        )

    def _claim_unregister(self, exchange, forgotten):
        self._claim("unregister", (*LIVE, RETIRED), may_be_undecided=forgotten)
        if self.state == RETIRED and (self.unregistered_at or not self.terminal_identifier):
            self._release()
            return Outcome(
                True, self.env._("“%s” is not registered with Glase any more.", self.name)
            )
        if self.state in LIVE:
            self._refuse_open_session()
        return exchange.bound(self)

    @api.depends("state", "unregistered_at", "terminal_identifier", "config_id")
    def _compute_can_unregister(self):
        """Whether pressing *Unregister* would be let through, as far as it is known without asking."""
        rows = self.env["glase.transaction"]
        for terminal in self:
            row = terminal.sudo()
            known = bool(row.terminal_identifier) and not row.unregistered_at
            is_free = row.state == RETIRED or row.state in LIVE and not row._open_session()
            # What the simulator has forgotten is known only once it is asked.
            undecided = row.environment != SIMULATOR and unsettled.undecided(rows, row)
            terminal.can_unregister = known and is_free and not undecided and not row._is_busy()

    def _open_session(self):
        """The session in which the till of this registration may sell; it may be none."""
        opened = [("config_id", "=", self.config_id.id), ("state", "in", OPENED)]
        return self.env["pos.session"].sudo().search(opened, limit=1)

    def _refuse_open_session(self):
        session = self._open_session()
        if session:
            raise UserError(
                self.env._(
                    "“%(till)s” has an open session (%(session)s). Close the register first, "
                    "then unregister.",
                    till=self.config_id.name,
                    session=session.name,
                )
            )

    def _store_unregister(self, heard):
        if not heard.error:
            message = _lt("“%s” is unregistered; its sticker is free for another till.", self.name)
        elif heard.error.code == UNKNOWN_TERMINAL:
            message = _lt("Glase does not know “%s” any more: it is unregistered.", self.name)
        elif is_certain(heard.evidence):
            return self._store({}, self._explain(heard.error), heard.error)
        else:
            message = _lt(
                "Glase did not answer, so it is not certain whether the till is unregistered. "
                "Try again."
            )
            return self._store({}, message, heard.error)
        now = fields.Datetime.now()
        values = {"state": RETIRED, "active": False, "unregistered_at": now}
        return self._store({**values, "retired_at": self.retired_at or now}, message)

    # === Does Glase know it? ===

    def _ask_test(self, step=None):
        """Ask Glase about this till with its own log-in, in a way that changes nothing.

        A draft has no log-in yet: its account is tested instead.

        :rtype: Outcome
        """
        self._check_manager()
        if not self.terminal_identifier:
            return self.account_id._ask_test()
        return self._converse(
            ASK,
            lambda own, exchange: exchange.bound(own, *NO_INVOICE),
            lambda own, heard: own._note_test(heard.error),
            step,
        )

    def _note_test(self, error):
        refused = refuses_login(error)
        message = (
            self._explain(error) if refused else _lt("Glase answers and knows “%s”.", self.name)
        )
        self._log(_lt("Test: %s", message))
        return Outcome(not refused, lasting(self.env, message))

    def _is_forgotten_by_simulator(self):
        """Whether the simulator has lost its state since: then no payment can be undecided."""
        terminal = self.sudo()
        if terminal.environment != "simulator" or not terminal.terminal_identifier:
            return False
        exchange = Exchange(terminal, ASK)
        heard = exchange.hear(terminal.id, exchange.bound(terminal, *NO_INVOICE))
        return heard.evidence.code == UNKNOWN_TERMINAL
