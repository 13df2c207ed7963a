import functools
import time

from odoo import api, models

from ...glase import (
    GlaseError,
    NeverSent,
    NoAnswer,
    RequestError,
    ResultError,
    TransportError,
    Unreadable,
    new_client_reference,
)
from ...glase.logs import get_logger
from ...rules import state_machine
from ..accounts.glase_connection import raising
from ..pos import closing_latch
from ..support import autonomous_transaction, clock
from ..support.cashier_messages import cashier_message
from ..support.till_errors import Refused

_logger = get_logger(__name__)

# What becomes something else by age alone.
YOUNG = frozenset({state_machine.DRAFT, state_machine.SENDING, state_machine.UNKNOWN})


class GlaseTransaction(models.Model):
    """The conversations with Glase about one row: claim, call, store what was heard.

    No transaction is open around a call; each step before and after it is a transaction of the
    ledger's own, committed before anybody hears of it (``doc/ledger.md §2``).
    """

    _inherit = "glase.transaction"

    # === Steps in transactions of the ledger's own ===

    def _end_request_transaction(self):
        """Let go of the request's transaction: nothing is open while Glase thinks.

        The cursor stays usable: the session may be rotated at the end of the request.
        """
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def _in_own_transaction(self, work):
        user_id = self.env.uid

        def with_ledger(env):
            return work(env["glase.transaction"].with_context(glase_user_id=user_id))

        return autonomous_transaction.run(self.env, with_ledger)

    @api.model
    def _claim(self, values, client_reference):
        """Create the row of an attempt as *sending*, if the till is free.

        :return: the row's id, and whether this caller is the one that may call
        :rtype: tuple[int, bool]
        :raises Refused: if another payment runs at this till, its register is closed, or the
            registration changed
        """
        terminal = self.env["glase.terminal"].browse(values["terminal_id"])
        autonomous_transaction.lock(terminal)
        same = self.search(
            [("line_uuid", "=", values["line_uuid"]), ("attempt", "=", values["attempt"])]
        )
        if same:
            return same.id, False
        if terminal.state != "ready" or not terminal.active:
            raise Refused(
                "not_registered",
                self.env._("This till's Glase registration has changed. Reload the till."),
            )
        if terminal._is_busy():
            raise Refused(
                "busy",
                self.env._("This till's Glase registration is being changed. Try again shortly."),
            )
        closing_latch.refuse_while_closing(terminal)
        if not values.get("replaces_lost_id"):
            closing_latch.refuse_closed(self.env["pos.session"].browse(values["session_id"]))
        values = {**values, "order_id": self._claim_order(values).id}
        self._expire_stale(terminal)
        self._refuse_if_busy(terminal)
        now = clock.now(self.env.cr)
        sent = terminal.account_id._sent_reference(client_reference)
        row = self.create({**values, "till_seen_at": now, "call_reference": sent})
        row._transition("claim", sent_at=now)
        row._note("sendInvoice", client_reference=client_reference)
        self.env.flush_all()
        return row.id, True

    def _claim_order(self, values):
        """Lock the order that a bill is for: who deletes it at the same time finds the bill, or is found.

        :raises Refused: if it is gone, or finished; what the server clears by itself needs none
        """
        order = self.env["pos.order"].browse(values["order_id"]).exists()
        autonomous_transaction.lock(order)
        if order.state != "draft" and not values.get("replaces_lost_id"):
            raise Refused(
                "order_changed",
                self.env._("The order is not stored on the server yet. Send the payment again."),
            )
        return order

    def _refuse_if_busy(self, terminal):
        running = self.search(
            [
                ("terminal_id", "=", terminal.id),
                ("kind", "=", state_machine.PAYMENT),
                ("state", "in", list(state_machine.HOLDS_TILL)),
                ("released", "=", False),
            ],
            limit=1,
        )
        if not running:
            return
        since = int((clock.now(self.env.cr) - running.sent_at).total_seconds())
        raise Refused(
            "busy",
            self.env._(
                "Another Glase payment is running at this till: %(order)s, sent by %(cashier)s "
                "%(seconds)s seconds ago. Finish or cancel it first.",
                order=running.order_name,
                cashier=running.cashier,
                seconds=since,
            ),
            busy={
                "order_name": running.order_name,
                "since_seconds": since,
                "cashier": running.cashier,
            },
        )

    @api.model
    def _expire_stale(self, terminal):
        """Find out what has become too old to be what it says (``doc/ledger.md §3``)."""
        young = self.search([("terminal_id", "in", terminal.ids), ("state", "in", list(YOUNG))])
        # What somebody else has locked is being ended: the next use finds out.
        for row in autonomous_transaction.lock_free(
            young.filtered(lambda row: row._stale_request())
        ):
            request = row._stale_request()
            if request:
                row._transition(request, **({"inferred": True} if request == "superseded" else {}))
        self._release_forced(terminal)

    def _stale_request(self):
        """What has become of this row by its age alone: a key of ``state_machine.REQUESTS``, or None."""
        self.ensure_one()
        now = clock.now(self.env.cr)
        if self.state == state_machine.DRAFT:
            return "never_sent" if now - self.create_date > state_machine.MAX_DRAFT_AGE else None
        if now - self.sent_at <= state_machine.MAX_SENDING_AGE:
            return None
        if self.state == state_machine.SENDING:
            return "lost"
        return "superseded" if self._is_lost_send() and self._is_superseded() else None

    def _note_till_seen(self, take_back=False):
        """The till asks: it is alive.

        :return: ``"ask"``, ``"cancel"`` (then ask) or False when there is nothing to ask
        """
        self.ensure_one()
        autonomous_transaction.lock(self)
        self._expire_stale(self.terminal_id)
        if self.state not in state_machine.HOLDS_TILL:
            return False
        now = clock.now(self.env.cr)
        if self.given_up_at and take_back:
            self.write({"given_up_at": False, "given_up_why": False, "next_try_at": False})
            self._note("take_back")
        if self.given_up_at:
            return False
        self.write({"till_seen_at": now})
        if self.state != state_machine.ISSUED:
            return False
        again = (
            self.cancel_wished_at
            and not self.cancel_answered_at
            and (not self.next_try_at or self.next_try_at <= now)
        )
        return "cancel" if again else "ask"

    def _request_cancel(self):
        """Keep the wish to cancel; False if there is nothing that can be canceled."""
        self.ensure_one()
        autonomous_transaction.lock(self)
        self._expire_stale(self.terminal_id)
        now = clock.now(self.env.cr)
        if self.state not in state_machine.HOLDS_TILL or self.given_up_at or self.forced_at:
            return False
        self.write({"till_seen_at": now, "cancel_wished_at": self.cancel_wished_at or now})
        self._note("cancel_wish")
        return self.state == state_machine.ISSUED

    # === Calls: no transaction is open around them ===

    def _call(self, row_id, operation, call, client_reference, within=None):
        """Make one call and store what was heard, whatever it is.

        :param within: monotonic time after which the call is not made any more
        """
        sent = client_reference
        try:
            if within is not None and time.monotonic() > within:
                raise NeverSent(operation, client_reference)
            answer = call()
            evidence = self._evidence(operation, answer)
            heard = {"seconds": answer.seconds, "message": False}
            sent = answer.client_reference
        except GlaseError as error:
            evidence = self._evidence_of_error(operation, error)
            heard = {"seconds": error.seconds or 0.0, "message": cashier_message(self.env, error)}
            sent = error.client_reference or sent
        except Exception:
            # A fault of our own must not leave the row in the dark: what is not known is unknown.
            _logger.exception("%s of row %s ended in an error", operation, row_id)
            evidence = state_machine.Evidence(operation, state_machine.UNREADABLE)
            heard = {"message": self.env._("The server made a mistake: see its log.")}
        heard["client_reference"] = sent
        self._in_own_transaction(lambda rows: rows.browse(row_id)._record_answer(evidence, heard))
        return evidence

    def _caller(self, terminal, name):
        """One method of the client, bound to a registration and its credentials.

        Reads the database, so it is asked for before the call. A registration that cannot call
        (its secrets were wiped) raises in the call, where it is stored like any other answer.
        """
        try:
            client, principal = terminal._client(), terminal._principal()
        except GlaseError as error:
            return raising(error)
        return functools.partial(getattr(client, name), principal)

    def _ask(self, row_id, given_up=False):
        """Ask Glase about a bill that is out; asking is taking (``doc/ledger.md §5``).

        :param bool given_up: ask although it was given up: only the settling of such rows does
        """
        row = self.sudo().browse(row_id)
        row.invalidate_recordset()
        if row.state != state_machine.ISSUED or (row.given_up_at and not given_up):
            self._end_request_transaction()
            return
        ask = self._caller(row.terminal_id, "get_payment_status")
        reference, version = row.invoice_reference, row.invoice_version
        own = new_client_reference()
        self._end_request_transaction()
        self._call(
            row_id,
            "getPaymentStatus",
            lambda: ask(reference, version, client_reference=own),
            own,
        )

    def _cancel(self, row_id):
        row = self.sudo().browse(row_id)
        row.invalidate_recordset()
        cancel, reference = self._caller(row.terminal_id, "cancel_invoice"), row.invoice_reference
        own = new_client_reference()
        self._end_request_transaction()
        self._in_own_transaction(lambda rows: rows.browse(row_id)._count_cancel(own))
        self._call(row_id, "cancelInvoice", lambda: cancel(reference, client_reference=own), own)

    def _count_cancel(self, client_reference):
        self.ensure_one()
        tries = self.cancel_tries + 1
        now = clock.now(self.env.cr)
        self.write({"cancel_tries": tries, "next_try_at": now + state_machine.cancel_pause(tries)})
        self._note("cancelInvoice", client_reference=client_reference)

    @api.model
    def _evidence(self, operation, answer):
        receipt = getattr(answer, "receipt", None)
        total = receipt.invoice_total if receipt else None
        status = getattr(answer, "status", None)
        reference = answer.ers_reference
        if receipt and not reference:
            reference = receipt.payment_reference
        return state_machine.Evidence(
            operation,
            code=answer.result_code,
            status=getattr(answer, "raw_status", None) if status else None,
            version=getattr(answer, "version", None),
            invoice_reference=getattr(answer, "invoice_reference", None),
            ers_reference=reference,
            qr_code=getattr(answer, "qr_code", None),
            amount=total.value if total else None,
            currency=total.currency if total else None,
            paid_at=receipt.payment_date_utc if receipt else None,
        )

    @api.model
    def _evidence_of_error(self, operation, error):
        if isinstance(error, ResultError):
            return state_machine.Evidence(operation, code=error.code)
        outcomes = (
            (RequestError, state_machine.NEVER_SENT),
            (NeverSent, state_machine.NEVER_SENT),
            (NoAnswer, state_machine.NO_ANSWER),
        )
        for kind, outcome in outcomes:
            if isinstance(error, kind):
                return state_machine.Evidence(operation, outcome)
        if not isinstance(error, (TransportError, Unreadable)):
            _logger.error("%s ended in a way the ledger does not know: %r", operation, error)
        return state_machine.Evidence(operation, state_machine.UNREADABLE)
