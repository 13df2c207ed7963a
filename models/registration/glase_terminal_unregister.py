import functools

from odoo import fields, models
from odoo.exceptions import UserError

from ...glase import GlaseError, ResultError
from ...glase.logs import get_logger
from ..support import autonomous_transaction
from .glase_terminal import LIVE, RETIRED
from .glase_terminal_registration import LOGIN_CODES, NO_INVOICE, UNKNOWN_TERMINAL, Outcome

_logger = get_logger(__name__)


class GlaseTerminal(models.Model):
    """Unregister a till, and ask Glase whether it knows it."""

    _inherit = "glase.terminal"

    def _ask_unregister(self, transact=None):
        """End the registration at Glase.

        :rtype: Outcome
        :raises UserError: while the session is open or money is undecided
        """
        self._check_manager()
        transact = transact or functools.partial(autonomous_transaction.step_of_request, self)
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
        return self._client(), self.account_id._unregister_principal(self._principal())

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
                "Try again."
            )
        )
        return self._store({}, message, error)

    def _ask_test(self, transact=None):
        """Ask Glase about this till with its own log-in, in a way that changes nothing.

        A draft has no log-in yet: its account is tested instead.

        :rtype: Outcome
        """
        self._check_manager()
        if not self.terminal_identifier:
            return self.account_id._ask_test()
        transact = transact or functools.partial(autonomous_transaction.step_of_request, self)
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
