"""registerTerminal, unregisterTerminal, assignSeqrId (``doc/protocol.md §3, §4.1, §4.9``)."""

import re

from .. import codes, invoices, principals, references
from ..codes import Refused
from . import serves

GLASE_ID = re.compile(r"[0-9A-Za-z]+")


@serves("registerTerminal")
def register(call):
    """A new terminal; each call makes one, the server knows no till twice."""
    tx, request = call.tx, call.request
    reseller = principals.reseller(tx, request)
    password = request.get("password") or ""
    short = len(password) < principals.SHORTEST_PASSWORD
    if short and call.profile["short_password"] == "refuse":
        raise Refused(codes.ACCESS_DENIED)
    external_id = request.get("externalTerminalId") or ""
    if call.profile["external_id_reuse"] == "refuse" and tx.one(
        "SELECT 1 FROM terminal WHERE reseller_id = ? AND external_id = ? "
        "AND unregistered_at IS NULL",
        reseller["id"],
        external_id,
    ):
        raise Refused(codes.REGISTRATION_PRINCIPAL_ALREADY_EXISTS)
    salt, digest = principals.hashed(password)
    terminal_id = references.terminal_id()
    tx.insert(
        "terminal",
        id=terminal_id,
        reseller_id=reseller["id"],
        external_id=external_id,
        name=request.get("name") or "",
        salt=salt,
        hash=digest,
        short_password=int(short),
        registered_at=tx.now,
    )
    return {"terminalId": terminal_id}


@serves("unregisterTerminal")
def unregister(call):
    """The end of a terminal: its open invoice is canceled, its Glase ID is free again."""
    tx = call.tx
    terminal = _who_goes(call)
    for invoice in invoices.open_of(tx, terminal):
        invoices.close(tx, invoice, "CANCELED", by="till", why="terminal was unregistered")
    tx.run(
        "UPDATE terminal SET unregistered_at = ?, glase_id = NULL WHERE id = ?",
        tx.now,
        terminal["id"],
    )
    return {}


def _who_goes(call):
    """The terminal that a call unregisters; the request has no field that names one.

    :raise Refused: 91 the profile lets the other kind of caller do it, 29 a reseller's call could
        mean more than one terminal, or none
    """
    tx, allowed = call.tx, call.profile["unregister_by"]
    kind, _identifier = principals.principal_of(call.request)
    if kind == principals.RESELLER and allowed != "terminal":
        reseller = principals.reseller(tx, call.request)
        live = tx.all(
            "SELECT * FROM terminal WHERE reseller_id = ? AND unregistered_at IS NULL"
            " ORDER BY registered_at, rowid",
            reseller["id"],
        )
        if not live or (len(live) > 1 and call.profile["reseller_unregisters"] == "only"):
            raise Refused(codes.INVALID_INITIATOR_PRINCIPAL_ID)
        return live[-1]
    if kind == principals.TERMINAL and allowed == "reseller":
        raise Refused(codes.UNSUPPORTED_OPERATION)
    return principals.terminal(tx, call.request)


@serves("assignSeqrId")
def assign(call):
    """Give the terminal a sticker; an earlier one of its own is free afterwards."""
    tx = call.tx
    terminal = principals.terminal(tx, call.request)
    glase_id = call.request.get("seqrId") or ""
    if not GLASE_ID.fullmatch(glase_id):
        raise Refused(codes.INVALID_SEQR_ID)
    if tx.one("SELECT 1 FROM terminal WHERE glase_id = ? AND id != ?", glase_id, terminal["id"]):
        raise Refused(codes.INVALID_SEQR_ID)
    tx.run("UPDATE terminal SET glase_id = ? WHERE id = ?", glase_id, terminal["id"])
    return {}
