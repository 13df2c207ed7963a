from dataclasses import dataclass

from odoo import SUPERUSER_ID, models
from odoo.exceptions import AccessError, UserError

from ...glase import NeverSent, RequestError, ResultError
from ...glase.logs import get_logger
from ..pos.res_users import MANAGERS
from ..support import autonomous_transaction, clock
from ..support.public_method import public

_logger = get_logger(__name__)

UNKNOWN_TERMINAL = 29
# Answers after which it is not certain that nothing happened.
UNCERTAIN_CODES = frozenset({90, 93, 94})
# Answers that speak of who calls; all others mean that the log-in was accepted.
LOGIN_CODES = frozenset({20, 21, 29, 33, 37, 91})
# A reference that no bill has: asking for it changes nothing, but the log-in is checked first.
NO_INVOICE = "0"


@dataclass(frozen=True)
class Outcome:
    """How a conversation ended: whether it did what was asked, and a sentence for a person.

    A ``question`` is a sentence that somebody answers before anything is done.
    """

    ok: bool
    message: str
    question: bool = False


class GlaseTerminal(models.Model):
    """What the conversations about a registration share: register, assign, unregister, test.

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
        return self._show(self._ask_register())

    @public(group=MANAGERS, access="write")
    def action_register_again(self):
        """Register the till anew; the registration that it has is archived."""
        return self._show(self._ask_replace())

    @public(group=MANAGERS, access="write")
    def action_unregister(self):
        """End the registration at Glase; the sticker is free for another till."""
        return self._show(self._ask_unregister())

    @public(group=MANAGERS, access="write")
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

    def _claim(self, operation, states, may_be_undecided=False):
        """Take the registration for one conversation.

        :raises UserError: if somebody else has it, or money is undecided
        """
        autonomous_transaction.lock(self)
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
