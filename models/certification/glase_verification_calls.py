import functools
from datetime import timezone
from decimal import ROUND_DOWN, Decimal

from lxml import etree

from odoo import models

from ...glase import Amount, GlaseError, Invoice, InvoiceRow, Principal, ResultError, Unreadable
from ...glase.logs import get_logger
from ...glase.reports import TERMINAL_DETAILS, read_report
from ...rules import state_machine
from ...rules.certification_judge import Heard
from ...rules.certification_request import Form
from ...rules.certification_sheet import (
    ASK,
    ASSIGN,
    CANCEL,
    MARK,
    RECEIPT,
    REFUND,
    REGISTER,
    REPORT,
    SEND,
    UNREGISTER,
)
from ..accounts import glase_connection
from ..accounts.glase_account import POS_NAME_AND_VERSION
from ..accounts.glase_connection import raising
from ..ledger.exchange import evidence_of_answer, evidence_of_error
from ..receipts.document import receipt_document
from ..support import clock
from ..support.cashier_messages import cashier_message

_logger = get_logger(__name__)


def _called(request):
    """The operation's element in a request that was sent; None if none was."""
    if not request:
        return None
    # What was kept of a long request ends in its middle.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    return etree.fromstring(request.encode(), parser).find("{*}Body/*")


class GlaseVerification(models.Model):
    """The calls of a run: what each operation of the sheet is given, and what is heard."""

    _inherit = "glase.verification"

    def _client(self):
        """The client for this run: its own address, whatever the account's is today.

        :rtype: glase.Client
        """
        self.ensure_one()
        self.account_id._check_bound()
        endpoint, environment = self.endpoint, self.environment
        if not endpoint:
            return self.account_id._glase_client()
        client = glase_connection.client(environment, endpoint, self.env)
        return self.account_id._identify(client)

    def _form(self):
        """What the sheet wants to read in each call of this run.

        :rtype: Form
        """
        self.ensure_one()
        return Form(
            client_id=self.company_id.name,
            client_reference=POS_NAME_AND_VERSION,
            terminal=self.terminal_identifier or "",
            certifying=self.certifying,
        )

    def _principal(self):
        """Who calls for this run's terminal.

        :rtype: glase.Principal
        """
        self.ensure_one()
        return Principal.terminal(self.terminal_identifier, self.password)

    def _plan(self, action):
        """The call of an action; no database is at hand when it is made.

        A call that cannot be built raises when it is made, where it is stored like any answer.

        :return: takes ``client_reference``
        """
        plan = {
            REGISTER: self._plan_register,
            ASSIGN: self._plan_assign,
            SEND: self._plan_send,
            ASK: self._plan_ask,
            CANCEL: self._plan_cancel,
            RECEIPT: self._plan_receipt,
            REFUND: self._plan_refund,
            MARK: self._plan_mark,
            REPORT: self._plan_report,
            UNREGISTER: self._plan_unregister,
        }[action.operation]
        try:
            return plan(self._client(), action)
        except GlaseError as error:
            return raising(error)

    def _plan_register(self, client, _action):
        name = f"{self._shop()}, verification"
        reseller = self.account_id._reseller_principal()
        external, password = self.external_identifier, self.password
        return functools.partial(client.register_terminal, reseller, external, password, name)

    def _plan_assign(self, client, _action):
        return functools.partial(client.assign_seqr_id, self._principal(), self.glase_id)

    def _plan_send(self, client, action):
        invoice = self._invoice(f"{self.id}-{action.step.key}", "Verification")
        return functools.partial(client.send_invoice, self._principal(), invoice)

    def _plan_ask(self, client, action):
        bill = action.bill
        who = self._principal()
        return functools.partial(
            client.get_payment_status, who, bill.invoice_reference, bill.version
        )

    def _plan_cancel(self, client, action):
        return functools.partial(
            client.cancel_invoice, self._principal(), action.bill.invoice_reference
        )

    def _plan_receipt(self, client, action):
        bill = action.bill
        refund = action.step.key == "refund_receipt"
        reference = bill.refund_reference if refund else bill.ers_reference
        title = "Refund" if refund else "Payment"
        lines = [(row.description, "1", str(row.total)) for row in self._rows("Verification")]
        document = receipt_document(
            self.account_id,
            {
                "shop": self._shop(),
                "order": f"{self.id}-{action.step.sheet.bill}",
                "issued": f"{clock.now(self.env.cr):%Y-%m-%d %H:%M} UTC",
                "lines": lines,
                "totals": [(title, str(self._total()))],
                "reference": reference,
            },
        )
        return functools.partial(
            client.submit_payment_receipt, self._principal(), reference or "", document
        )

    def _plan_refund(self, client, action):
        invoice = self._invoice(f"{self.id}-{action.bill.key}-refund", "Refund")
        reference = action.bill.ers_reference
        return functools.partial(client.refund_payment, self._principal(), reference, invoice)

    def _plan_mark(self, client, _action):
        reseller = self.account_id._reseller_principal()
        return functools.partial(client.mark_transaction_period, reseller, self.terminal_identifier)

    def _plan_report(self, client, _action):
        reseller = self.account_id._reseller_principal()
        wanted = {
            "transactionPeriodId": self.period_identifier,
            "TERMINALID": self.terminal_identifier,
        }
        return functools.partial(client.execute_report, reseller, TERMINAL_DETAILS, wanted)

    def _plan_unregister(self, client, action):
        # When cleaning up, each second try is the other one's: one of the two is right.
        other = action.clearing and self.unregister_tries % 2
        principal = self.account_id._unregister_principal(self._principal(), other=bool(other))
        return functools.partial(client.unregister_terminal, principal)

    # === What is sent ===

    def _shop(self):
        return self.account_id.shop_name or self.company_id.name

    def _total(self):
        """The amount of each invoice.

        :rtype: glase.Amount
        """
        places = min(self.currency_id.decimal_places, 2)
        return Amount(Decimal(f"{self.amount:.{places}f}"), self.currency_id.name)

    def _rows(self, label):
        """Two rows, so that Glase sees several."""
        total = self._total()
        step = Decimal(1).scaleb(-min(self.currency_id.decimal_places, 2))
        first = (total.value / 2).quantize(step, rounding=ROUND_DOWN)
        amounts = (first, total.value - first)
        return tuple(
            InvoiceRow(f"{label}, row {number}", Amount(amount, total.currency))
            for number, amount in enumerate(amounts, 1)
        )

    def _invoice(self, number, label):
        return Invoice(
            title=self._shop(),
            client_invoice_id=f"verification-{number}",
            rows=self._rows(label),
            total=self._total(),
            cashier_id="verification",
            footer=self.account_id.invoice_footer or self.company_id.name,
            issue_date=clock.now(self.env.cr).replace(tzinfo=timezone.utc),
        )

    # === One call ===

    def _call(self, claim):
        """Make a claimed call, whatever comes of it; no transaction is open.

        :rtype: Heard
        """
        operation = claim.operation
        try:
            answer = claim.call(client_reference=claim.reference)
        except GlaseError as error:
            return Heard(
                evidence_of_error(operation, error),
                self._in_words(error),
                answer=error.answer,
                reference=error.client_reference or claim.reference,
                seconds=error.seconds or 0.0,
                request=error.request_xml,
                response=error.response_xml,
                call=_called(error.request_xml),
            )
        except Exception:
            # A fault of our own must not stop the run in the dark: what is not known is unknown.
            _logger.exception("%s of a verification ended in an error", operation)
            evidence = state_machine.Evidence(operation, state_machine.UNREADABLE)
            words = "The server made a mistake: see its log."
            return Heard(evidence, words, reference=claim.reference)
        return Heard(
            evidence_of_answer(operation, answer),
            answer=answer,
            reference=answer.client_reference,
            seconds=answer.seconds,
            request=answer.request_xml,
            response=answer.response_xml,
            call=_called(answer.request_xml),
            **self._read_report(answer),
        )

    def _read_report(self, answer):
        """What the answer's report says, or why it cannot be read; nothing of another answer."""
        report = getattr(answer, "report", None)
        if not report:
            return {}
        try:
            return {"report": read_report(report.content)}
        except Unreadable as error:
            return {"unreadable": error.detail}

    def _in_words(self, error):
        # English whatever the user's language is: it goes to Glase.
        words = cashier_message(self.with_context(lang="en_US").env, error)
        if isinstance(error, ResultError):
            said = f" (“{error.answer.result_description}”)" if error.answer else ""
            return f"{words} Result code {error.code}{said}"
        return f"{words} ({error.reason or 'no answer'})"
