"""What the certification sheet looks at in a request, judged by the message as it travelled.

Pure functions over the elements of the request (``doc/protocol.md §6``); the words are English, for
Glase.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from . import certification_sheet as sheet

RESELLER, TERMINAL = "RESELLERUSER", "TERMINALID"
# The field of a client reference, and so the sheet's text, is at most so long.
LONGEST_REFERENCE = 32
_BY_RESELLER = frozenset({sheet.REGISTER, sheet.MARK, sheet.REPORT})
# What must be filled in a request beside its context.
_FILLED = {
    sheet.REGISTER: ("externalTerminalId", "name"),
    sheet.ASSIGN: ("seqrId",),
    sheet.RECEIPT: ("ersReference", "receiptDocument/mimeType"),
    sheet.REFUND: ("ersReference", "invoice/totalAmount/value"),
}


@dataclass(frozen=True)
class Form:
    """What the sheet wants to read in each call of a run, and whose terminal it is.

    ``certifying``: the account was set to say it, so that anything else is our fault.
    """

    client_id: str
    client_reference: str
    terminal: str = ""
    certifying: bool = False


@dataclass(frozen=True)
class Look:
    """What a request lacks (``faults``), and what is otherwise than on the sheet (``deviations``)."""

    faults: tuple = ()
    deviations: tuple = ()


def look(operation, call, form):
    """Look at a request as the sheet does.

    :param str operation: as on the wire
    :param call: the operation's element in the request, with ``find``, ``findall`` and ``findtext``
        as in ``xml.etree``; None if nothing was sent
    :param Form form: what the sheet wants to read
    :rtype: Look
    """
    if call is None:
        return Look()
    names = _names(call, form)
    faults = [*_context_faults(operation, call, form), *_missing(operation, call)]
    if operation == sheet.SEND:
        faults += _row_faults(call)
    if form.certifying:
        faults, names = faults + names, []
    if (
        operation == sheet.UNREGISTER
        and _text(call, "context/initiatorPrincipalId/type") == TERMINAL
    ):
        names.append(
            f"Point 9 of the sheet says {RESELLER}; this was called as {TERMINAL}, as Glase's API "
            "documentation says: the request does not name a terminal, so only the terminal's own "
            "log-in says which one is meant"
        )
    return Look(tuple(faults), tuple(names))


def _text(element, path):
    return (element.findtext(path) or "").strip()


def _names(call, form):
    """Where the caller's two names are not as the sheet wants them."""
    off = "" if form.certifying else " (“Certification References” is switched off)"
    said = _text(call, "context/clientId")
    names = []
    if said != form.client_id:
        names.append(f"clientId is “{said}”, not the company's name “{form.client_id}”{off}")
    if _text(call, "context/clientReference") != form.client_reference:
        names.append(
            "clientReference is one of each call's own, not the name and version of the POS, "
            f"“{form.client_reference}”{off}"
        )
    return names


def _context_faults(operation, call, form):
    reference = _text(call, "context/clientReference")
    if not 0 < len(reference) <= LONGEST_REFERENCE:
        yield f"clientReference has {len(reference)} characters, not 1 to {LONGEST_REFERENCE}"
    timeout = _text(call, "context/clientRequestTimeout")
    if timeout != "0":
        yield f"clientRequestTimeout is “{timeout}”, not 0"
    who = call.find("context/initiatorPrincipalId")
    kind = _text(call, "context/initiatorPrincipalId/type")
    wanted = {RESELLER, TERMINAL} if operation == sheet.UNREGISTER else {_principal(operation)}
    if kind not in wanted:
        yield f"it was called as “{kind}”, not as {_principal(operation)}"
    elif kind == RESELLER and not _text(who, "userId"):
        yield f"{RESELLER} has no userId"
    elif kind == TERMINAL and _text(who, "id") != form.terminal:
        yield "it was not called by the terminal that was registered"


def _principal(operation):
    return RESELLER if operation in _BY_RESELLER else TERMINAL


def _missing(operation, call):
    return [
        f"{path.replace('/', '.')} is empty"
        for path in _FILLED.get(operation, ())
        if not _text(call, path)
    ]


def _row_faults(call):
    rows = call.findall("invoice/invoiceRows/invoiceRow")
    if len(rows) < 2:
        yield f"the invoice has {len(rows)} rows, not several"
    for name in ("itemQuantity", "itemTotalAmount/value"):
        lacking = sum(not _text(row, name) for row in rows)
        if lacking:
            yield f"{lacking} rows have no {name.partition('/')[0]}"
    try:
        total = Decimal(_text(call, "invoice/totalAmount/value"))
        summed = sum(Decimal(_text(row, "itemTotalAmount/value")) for row in rows)
    except InvalidOperation:
        yield "the total or a row's amount is no number"
    else:
        if summed != total:
            yield f"the rows are {summed} in sum, the total is {total}"
