"""The calls of a verification: what each operation of the sheet is given, and what is heard."""

from datetime import timezone
from decimal import ROUND_DOWN, Decimal

from lxml import etree

from ...glase import Amount, GlaseError, Invoice, InvoiceRow, ResultError, Unreadable
from ...glase.reports import TERMINAL_DETAILS, read_report
from ...rules import bill_rows
from ...rules import certification_sheet as sheet
from ...rules.certification_judge import Heard
from ..accounts.glase_connection import raising
from ..ledger.exchange import OwnFault
from ..receipts.glase_receipt import receipt_document
from ..support import clock, money
from ..support.sentences import cashier_message


def bound(exchange, run, action):
    """The call of an action; one that cannot be built raises when it is made.

    :param Exchange exchange: that makes it
    :return: takes nothing, gives the client's answer
    """
    try:
        given = _GIVEN[action.operation](run, action)
    except GlaseError as error:
        return raising(error)
    return exchange.bound(run, *given)


def _registration(run, _action):
    return run.external_identifier, run.password, f"{_shop(run)}, verification"


def _refund(run, action):
    bill = action.bill
    return bill.ers_reference, _invoice(run, f"{bill.key}-refund", "Refund")


def _receipt(run, action):
    bill, refund = action.bill, action.step.key == "refund_receipt"
    reference = bill.refund_reference if refund else bill.ers_reference
    values = {
        "shop": _shop(run),
        "order": f"{run.id}-{action.step.entry.bill}",
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
    amount = money.exact(run.currency_id, run.amount)
    return Amount(bill_rows.on_the_wire(amount), run.currency_id.name)


def _rows(run, label):
    """Two rows, so that Glase sees several."""
    total = _total(run)
    step = Decimal(1).scaleb(-min(run.currency_id.decimal_places, 2))
    first = (total.value / 2).quantize(step, rounding=ROUND_DOWN)
    return tuple(
        InvoiceRow(f"{label}, row {number}", Amount(amount, total.currency))
        for number, amount in enumerate((first, total.value - first), 1)
    )


def _invoice(run, name, label):
    return Invoice(
        title=_shop(run),
        client_invoice_id=f"verification-{run.id}-{name}",
        rows=_rows(run, label),
        total=_total(run),
        cashier_id="verification",
        footer=run.account_id.invoice_footer or run.company_id.name,
        issue_date=clock.now(run.env.cr).replace(tzinfo=timezone.utc),
    )


# What each operation is given.
_GIVEN = {
    sheet.REGISTER: _registration,
    sheet.ASSIGN: lambda run, _action: (run.glase_id,),
    sheet.SEND: lambda run, action: (_invoice(run, action.step.key, "Verification"),),
    sheet.ASK: lambda _run, action: (action.bill.invoice_reference, action.bill.version),
    sheet.CANCEL: lambda _run, action: (action.bill.invoice_reference,),
    sheet.RECEIPT: _receipt,
    sheet.REFUND: _refund,
    sheet.MARK: lambda run, _action: (run.terminal_identifier,),
    sheet.REPORT: _period,
    sheet.UNREGISTER: lambda _run, _action: (),
}


# === What was heard ===


def as_heard(env, heard):
    """What was heard, as the sheet's judge and the protocol read it.

    :param heard: of the exchange
    :rtype: Heard
    """
    error = heard.error
    told = error or heard.answer
    return Heard(
        heard.evidence,
        words=_in_words(env, error) if error else "",
        answer=error.answer if error else heard.answer,
        reference=heard.reference,
        seconds=heard.seconds or 0.0,
        request=told.request_xml,
        response=told.response_xml,
        call=_called(told.request_xml),
        **_read_report(heard.answer),
    )


def _called(request):
    """The operation's element of a request; None if nothing was sent."""
    # What was kept of a long request ends in its middle.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    return etree.fromstring(request.encode(), parser).find("{*}Body/*") if request else None


def _read_report(answer):
    """What the answer's report says, or why it cannot be read; nothing of another answer."""
    if not getattr(answer, "report", None):
        return {}
    try:
        return {"report": read_report(answer.report.content)}
    except Unreadable as error:
        return {"unreadable": error.detail}


def _in_words(env, error):
    # English whatever the user's language is: it goes to Glase.
    words = cashier_message(env(context={**env.context, "lang": "en_US"}), error)
    if isinstance(error, ResultError):
        return f"{words} Result code {error.code} (“{error.description}”)"
    return words if isinstance(error, OwnFault) else f"{words} ({error.reason or 'no answer'})"
