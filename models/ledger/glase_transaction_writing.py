import dataclasses

from odoo import SUPERUSER_ID, models

from ...rules import case_kinds, state_machine
from ..support import autonomous_transaction, clock
from . import references


class GlaseTransaction(models.Model):
    """How the ledger is written: by request, or by evidence (``doc/ledger.md §3``)."""

    _inherit = "glase.transaction"

    def _transition(self, request, **values):
        """Change the state because somebody asks for it.

        :param str request: a key of ``state_machine.REQUESTS``
        :raises ValueError: if the map does not let a row in this state go there
        """
        self.ensure_one()
        state = state_machine.REQUESTS[request].get(self.state)
        if state is None:
            raise ValueError(f"{request} is not possible for a row that is {self.state}")
        now = clock.now(self.env.cr)
        ended = {"ended_at": now} if state in state_machine.FINAL else {}
        self.write({"state": state, **ended, **values})
        self._note(request, values.get("message"))

    def _asker_id(self):
        """Who asks: in the ledger's own transactions whom they work for, else who is logged in."""
        if self.env.uid == SUPERUSER_ID:
            return self.env.context.get("glase_user_id")
        return self.env.uid

    def _note(self, operation, message=None, client_reference=None, ers_reference=None):
        """Append an event that is no answer: a request, a wish, a conclusion."""
        self.ensure_one()
        if client_reference:
            client_reference = self.account_id._sent_reference(client_reference)
        self.env["glase.event"].create(
            {
                "transaction_id": self.id,
                "time": clock.now(self.env.cr),
                "user_id": self._asker_id(),
                "operation": operation,
                "outcome": state_machine.NOTE,
                "client_reference": client_reference,
                "ers_reference": ers_reference,
                "state": self.state,
                "message": message,
            }
        )

    def _record_answer(self, evidence, heard):
        """Store what was heard, judge it, and act on the verdict: never refused.

        :param state_machine.Evidence evidence: the answer, or the lack of one
        :param dict heard: ``client_reference``, ``seconds`` and ``message`` (for the cashier)
        """
        self.ensure_one()
        self._lock()
        now = clock.now(self.env.cr)
        verdict = state_machine.judge(self._as_judged(), evidence)
        named = {verdict.values.get(name) for name in ("invoice_reference", "ers_reference")}
        other = references.holder(self, self.environment, named - {self.original_id.ers_reference})
        if other:
            evidence = dataclasses.replace(evidence, outcome=state_machine.OF_ANOTHER)
            verdict = state_machine.judge(self._as_judged(), evidence)
            heard = {**heard, "message": self._of_another_message(evidence)}
        amount = f"{evidence.amount} {evidence.currency}" if evidence.amount is not None else False
        self.env["glase.event"].create(
            {
                "transaction_id": self.id,
                "time": now,
                "user_id": self._asker_id(),
                "operation": evidence.operation,
                "outcome": evidence.outcome,
                "code": evidence.code,
                "status": evidence.status,
                "version": evidence.version,
                "invoice_reference": evidence.invoice_reference,
                "ers_reference": evidence.ers_reference,
                "amount": amount,
                "state": verdict.state,
                **heard,
            }
        )
        self.write(self._values_of(verdict, evidence, heard, now))
        autonomous_transaction.flush_unique(self)
        for kind in verdict.cases:
            named = evidence.ers_reference or evidence.invoice_reference
            self._open_case(kind, named=named, other=other and other.display_name)
        self._after(verdict.state)

    def _values_of(self, verdict, evidence, heard, now):
        values = dict(verdict.values)
        for name in {"receipt_amount", "amount"} & set(values):
            values[name] = float(values[name])
        if evidence.outcome in (state_machine.ANSWER, state_machine.OF_ANOTHER):
            values["glase_seen_at"] = now
        values["message"] = heard.get("message") or False
        if "cancel_code" in values:
            values["cancel_answered_at"] = now
        # Canceled, or refused for another reason than that it is being paid: either way the next
        # bill may take its place.
        replaceable = values.get("cancel_code") in state_machine.CANCELED_CODES
        # Paid, but in a way that proves nothing: the bill is off the sticker all the same.
        unproven = evidence.status == "PAID" and verdict.state == state_machine.ISSUED
        if self.given_up_at and (replaceable or values.get("cancel_refusal") or unproven):
            values["released"] = True
        if verdict.state != self.state:
            values["state"] = verdict.state
            if verdict.state == state_machine.ISSUED:
                values["issued_at"] = now
            if verdict.state == state_machine.PAID:
                values["paid_at"] = now
            if verdict.state in state_machine.FINAL:
                values["ended_at"] = now
        return values

    def _after(self, state):
        """What follows from the state that an event has brought, or confirmed."""
        if state == state_machine.PAID:
            self._after_paid()
        elif state in state_machine.FINAL:
            self._after_unpaid()

    def _after_paid(self):
        """The row is paid: does the amount fit, and does an order wait for the proof?"""
        self.ensure_one()
        self._settle_cases(
            case_kinds.ended_by(case_kinds.PAID), self.env._("Paid: %s", self.ers_reference)
        )
        if self.receipt_currency:
            fits = (
                self.receipt_currency == self.currency_id.name
                and self.currency_id.compare_amounts(self.receipt_amount, self.amount) == 0
            )
            if not fits:
                self._open_case("amount_differs")
        if self.given_up_at and not self.payment_id:
            self._open_case("paid_without_order")
        if self._amount_is_certain():
            known = case_kinds.ended_by(case_kinds.AMOUNT_KNOWN)
            self._settle_cases(known, self.env._("Known now: %s", self.amount))
        payments = self.env["pos.payment"].search([("uuid", "=", self.line_uuid)])
        payments._glase_prove()

    def _after_unpaid(self):
        """The row ended without money: were goods given for it?"""
        self.ensure_one()
        if self.forced_at and self.kind == state_machine.PAYMENT:
            self._open_case("goods_without_money")
            unpaid = case_kinds.ended_by(case_kinds.UNPAID)
            self._settle_cases(unpaid, self.env._("Glase says that it was not paid."))
