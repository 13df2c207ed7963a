"""The calls of a verification: what each operation of the sheet is given, and what is heard."""

from datetime import timezone
from decimal import ROUND_DOWN, Decimal
from functools import partial

from lxml import etree

from ...glase import Amount, GlaseError, Invoice, InvoiceRow, Principal, ResultError, Unreadable
from ...glase.logs import get_logger
from ...glase.reports import TERMINAL_DETAILS, read_report
from ...rules import certification_sheet as sheet
from ...rules import state_machine
from ...rules.certification_judge import Heard
from ..accounts import glase_connection
from ..ledger.exchange import evidence_of_answer, evidence_of_error
from ..receipts.document import receipt_document
from ..support import clock
from ..support.cashier_messages import cashier_message

_logger = get_logger(__name__)


def client_of(run):
    """The client of a run: of its own address, whatever the account's is today.

    :rtype: glase.Client
    """
    account = run.account_id
    account._check_bound()
    if not run.endpoint:
        return account._glase_client()
    client = glase_connection.client(run.environment, run.endpoint, run.env)
    return account._identify(client)


def plan(run, action):
    """The call of an action; no database is at hand when it is made.

    A call that cannot be built raises when it is made, where it is stored like any answer.

    :return: takes ``client_reference``
    """
    who, method, given = _PLANS[action.operation]
    try:
        call = getattr(client_of(run), method)
        return partial(call, who(run, action), *given(run, action))
    except GlaseError as error:
        return glase_connection.raising(error)


# === Who calls ===


def _terminal(run, _action):
    return Principal.terminal(run.terminal_identifier, run.password)


def _reseller(run, _action):
    return run.account_id._reseller_principal()


def _unregisters(run, action):
    # When cleaning up, each second try is the other one's: one of the two is right.
    other = bool(action.clearing and run.unregister_tries % 2)
    return run.account_id._unregister_principal(_terminal(run, action), other=other)


# === What is sent ===


def _registration(run, _action):
    return run.external_identifier, run.password, f"{_shop(run)}, verification"


def _bill(run, action):
    return (_invoice(run, f"{run.id}-{action.step.key}", "Verification"),)


def _question(_run, action):
    return action.bill.invoice_reference, action.bill.version


def _reference(_run, action):
    return (action.bill.invoice_reference,)


def _refund(run, action):
    bill = action.bill
    return bill.ers_reference, _invoice(run, f"{run.id}-{bill.key}-refund", "Refund")


def _receipt(run, action):
    bill, refund = action.bill, action.step.key == "refund_receipt"
    reference = bill.refund_reference if refund else bill.ers_reference
    values = {
        "shop": _shop(run),
        "order": f"{run.id}-{action.step.sheet.bill}",
        "issued": f"{clock.now(run.env.cr):%Y-%m-%d %H:%M} UTC",
        "lines": [(row.description, "1", str(row.total)) for row in _rows(run, "Verification")],
        "totals": [("Refund" if refund else "Payment", str(_total(run)))],
        "reference": reference,
    }
    return reference or "", receipt_document(run.account_id, values)


def _period(run, _action):
    period, terminal = run.period_identifier, run.terminal_identifier
    return TERMINAL_DETAILS, {"transactionPeriodId": period, "TERMINALID": terminal}


def _shop(run):
    return run.account_id.shop_name or run.company_id.name


def _total(run):
    places = min(run.currency_id.decimal_places, 2)
    return Amount(Decimal(f"{run.amount:.{places}f}"), run.currency_id.name)


def _rows(run, label):
    """Two rows, so that Glase sees several."""
    total = _total(run)
    step = Decimal(1).scaleb(-min(run.currency_id.decimal_places, 2))
    first = (total.value / 2).quantize(step, rounding=ROUND_DOWN)
    return tuple(
        InvoiceRow(f"{label}, row {number}", Amount(amount, total.currency))
        for number, amount in enumerate((first, total.value - first), 1)
    )


def _invoice(run, number, label):
    return Invoice(
        title=_shop(run),
        client_invoice_id=f"verification-{number}",
        rows=_rows(run, label),
        total=_total(run),
        cashier_id="verification",
        footer=run.account_id.invoice_footer or run.company_id.name,
        issue_date=clock.now(run.env.cr).replace(tzinfo=timezone.utc),
    )


# By operation: who calls, the method of the client, and what it is given.
_PLANS = {
    sheet.REGISTER: (_reseller, "register_terminal", _registration),
    sheet.ASSIGN: (_terminal, "assign_seqr_id", lambda run, _action: (run.glase_id,)),
    sheet.SEND: (_terminal, "send_invoice", _bill),
    sheet.ASK: (_terminal, "get_payment_status", _question),
    sheet.CANCEL: (_terminal, "cancel_invoice", _reference),
    sheet.RECEIPT: (_terminal, "submit_payment_receipt", _receipt),
    sheet.REFUND: (_terminal, "refund_payment", _refund),
    sheet.MARK: (
        _reseller,
        "mark_transaction_period",
        lambda run, _action: (run.terminal_identifier,),
    ),
    sheet.REPORT: (_reseller, "execute_report", _period),
    sheet.UNREGISTER: (_unregisters, "unregister_terminal", lambda _run, _action: ()),
}


# === One call ===


def make(env, claim):
    """Make a claimed call, whatever comes of it; no transaction is open.

    :param Claim claim: with its call
    :rtype: Heard
    """
    operation = claim.operation
    try:
        answer = claim.call(client_reference=claim.reference)
    except GlaseError as error:
        evidence, words = evidence_of_error(operation, error), _in_words(env, error)
        reference = error.client_reference or claim.reference
        return Heard(evidence, words, error.answer, reference=reference, **_travelled(error))
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
        **_travelled(answer),
        **_read_report(answer),
    )


def _travelled(told):
    """What an answer or an error tells of the messages, with the operation's element of the request."""
    called = None
    if told.request_xml:
        # What was kept of a long request ends in its middle.
        parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
        called = etree.fromstring(told.request_xml.encode(), parser).find("{*}Body/*")
    return {
        "seconds": told.seconds or 0.0,
        "request": told.request_xml,
        "response": told.response_xml,
        "call": called,
    }


def _read_report(answer):
    """What the answer's report says, or why it cannot be read; nothing of another answer."""
    report = getattr(answer, "report", None)
    if not report:
        return {}
    try:
        return {"report": read_report(report.content)}
    except Unreadable as error:
        return {"unreadable": error.detail}


def _in_words(env, error):
    # English whatever the user's language is: it goes to Glase.
    words = cashier_message(env(context={**env.context, "lang": "en_US"}), error)
    if isinstance(error, ResultError):
        said = f" (“{error.answer.result_description}”)" if error.answer else ""
        return f"{words} Result code {error.code}{said}"
    return f"{words} ({error.reason or 'no answer'})"
