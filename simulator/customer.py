"""The customer's side: scan the sticker, begin, confirm, decline (``doc/protocol.md §4.3, §4.7``).

All functions take a Glase ID and act on the bill that its terminal shows now, or, at a webshop, on
the open bill whose own QR code (its reference) was scanned.
"""

import json
from decimal import Decimal

from . import invoices, payments

_CLOSED_SCREENS = {
    "customer": "declined",
    "till": "canceled",
    "newer invoice": "canceled",
    "bank": "failed",
    "expiry": "expired",
    "lapse": "lapsed",
    "reversal": "reversed",
}


class StickerError(Exception):
    """The customer cannot do this now; the message is a sentence for them."""


class UnknownSticker(StickerError):
    """No registered terminal has this Glase ID."""


class NothingToPay(StickerError):
    """The sticker is known, but its bill is not in a state for this."""


def terminal_of(tx, glase_id):
    """The terminal that has this sticker.

    :raise UnknownSticker: none has
    """
    row = tx.one("SELECT * FROM terminal WHERE glase_id = ?", glase_id)
    if row is None:
        raise UnknownSticker(
            f"The sticker {glase_id} is not known to the simulator: "
            "register the till again and assign its Glase ID."
        )
    return row


def _bill(tx, glase_id, reference):
    terminal = terminal_of(tx, glase_id)
    invoice = invoices.current(tx, terminal)
    if invoice is None:
        raise NothingToPay("There is nothing to pay yet.")
    if reference is not None and reference != invoice["reference"]:
        # A cash register has no other open bill.
        invoice = next(
            (each for each in invoices.open_of(tx, terminal) if each["reference"] == reference),
            None,
        )
        if invoice is None:
            raise NothingToPay("The till has sent another bill meanwhile: look at it first.")
    if invoice["status"] not in invoices.OPEN:
        raise NothingToPay(f"There is nothing to pay: the bill is {invoice['status']}.")
    return invoice


def scan(tx, glase_id, tokens=None, reference=None):
    """Look at the bill. Depending on its acknowledgment mode it waits for the till now.

    :param list tokens: loyalty cards of this customer, dicts of ``id``, ``value``, ``description``
    """
    invoice = _bill(tx, glase_id, reference)
    values = {}
    if invoice["scanned_at"] is None:
        values["scanned_at"] = tx.now
    stored = json.loads(invoice["tokens"])
    new = _new_tokens(stored, tokens or [])
    if new:
        values["tokens"] = json.dumps(stored + new, ensure_ascii=False)
    if _waits_for_till(invoice, has_tokens=new or stored):
        invoices.change(
            tx, invoice, invoices.PENDING, "scanned: waits for the till's acknowledgment", **values
        )
    elif new:
        invoices.change(tx, invoice, invoice["status"], "scanned with a loyalty card", **values)
    elif values:
        invoices.update(tx, invoice["reference"], **values)
        invoices.note(tx, invoice["reference"], invoice["status"], invoice["version"], "scanned")


def _new_tokens(stored, tokens):
    known = [(old.get("id"), old.get("value")) for old in stored]
    return [
        {**token, "status": 0} for token in tokens if (token["id"], token["value"]) not in known
    ]


def _waits_for_till(invoice, has_tokens):
    """Whether the till must say first what is to be paid."""
    if invoice["status"] != "ISSUED" or invoice["acknowledged"]:
        return False
    mode = invoices.load(invoice["content"]).get("acknowledgmentMode")
    return mode in (None, "REQUIRE_ACKNOWLEDGMENT") or (
        mode == "OPTIONAL_ACKNOWLEDGMENT" and has_tokens
    )


def begin(tx, glase_id, reference=None):
    """Start to pay: until :func:`confirm` or :func:`decline` a cancel hears 51."""
    scan(tx, glase_id, reference=reference)
    invoice = _bill(tx, glase_id, reference)
    if invoice["status"] == invoices.PENDING:
        raise NothingToPay("The till has not said yet what is to be paid.")
    if invoice["status"] != "ISSUED":
        raise NothingToPay("The amount is reserved already; the till takes it.")
    if invoice["begun_at"] is None:
        invoices.update(tx, invoice["reference"], begun_at=tx.now)
        invoices.note(
            tx, invoice["reference"], "ISSUED", invoice["version"], "the customer is paying"
        )


def confirm(tx, simulator, profile, glase_id, reference=None):
    """Enter the PIN: the money is taken, or by the invoice's payment mode reserved."""
    invoice = _bill(tx, glase_id, reference)
    if invoice["status"] != "ISSUED" or invoice["begun_at"] is None:
        raise NothingToPay("Nobody has begun to pay this bill.")
    mode = invoices.load(invoice["content"]).get("paymentMode") or "IMMEDIATE_DEBIT"
    if mode == "IMMEDIATE_DEBIT" or (
        mode == "RESERVATION_DESIRED" and profile["reservation_desired"] == "debit"
    ):
        payments.pay(tx, simulator, invoice, Decimal(invoice["amount"]), "paid by the customer")
    else:
        invoices.change(
            tx,
            invoice,
            "RESERVED",
            "reserved by the customer",
            begun_at=None,
            reserved_at=tx.now,
            reserved_amount=invoice["amount"],
        )


def pay(tx, simulator, profile, glase_id, reference=None):
    """Scan, begin and confirm in one go."""
    begin(tx, glase_id, reference)
    confirm(tx, simulator, profile, glase_id, reference)


def decline(tx, glase_id, reference=None):
    """Refuse to pay: the bill is canceled."""
    invoice = _bill(tx, glase_id, reference)
    invoices.close(tx, invoice, "CANCELED", by="customer", why="declined by the customer")


def fail(tx, glase_id, reference=None):
    """The customer's bank refuses: the bill has failed."""
    invoice = _bill(tx, glase_id, reference)
    invoices.close(tx, invoice, "FAILED", by="bank", why="the customer's bank refused")


def screen(invoice):
    """What the customer's phone shows, in one word.

    ``waiting`` no bill yet, ``bill``, ``pending`` the till must acknowledge first, ``paying``
    between begin and confirm, ``reserved``, ``paid``, ``declined`` by the customer, ``canceled`` by
    the till, ``failed``, ``expired``, ``lapsed`` a reservation not taken, ``reversed``
    """
    if invoice is None:
        return "waiting"
    if invoice["closed_by"] in _CLOSED_SCREENS:
        return _CLOSED_SCREENS[invoice["closed_by"]]
    if invoice["status"] == "ISSUED":
        return "paying" if invoice["begun_at"] is not None else "bill"
    return {invoices.PENDING: "pending", "RESERVED": "reserved", "PAID": "paid"}[invoice["status"]]
