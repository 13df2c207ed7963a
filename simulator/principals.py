"""Who calls: resellers and terminals, and how they prove it (``doc/protocol.md §3``)."""

import hashlib
import hmac
import secrets

from . import codes
from .codes import Refused

RESELLER = "RESELLERUSER"
TERMINAL = "TERMINALID"
SHORTEST_PASSWORD = 4


def hashed(password, salt=None):
    """``(salt, hash)`` of a password; nothing the simulator keeps can be turned back into it."""
    salt = salt or secrets.token_hex(8)
    return salt, hashlib.sha256(f"{salt}:{password}".encode()).hexdigest()


def matches(row, password):
    """Whether this is the password of a reseller or terminal."""
    return hmac.compare_digest(hashed(password, row["salt"])[1], row["hash"])


def principal_of(request):
    """``(type, id)`` as the caller gave them, each None if missing."""
    principal = (request.get("context") or {}).get("initiatorPrincipalId") or {}
    return principal.get("type"), principal.get("id")


def _credentials(request, wanted):
    context = request.get("context") or {}
    principal = context.get("initiatorPrincipalId") or {}
    if principal.get("type") != wanted:
        raise Refused(codes.UNSUPPORTED_OPERATION)
    return principal, context.get("password") or ""


def reseller(tx, request):
    """The reseller who calls.

    :raise Refused: 91 another principal type, 37 unknown id or user, 20 wrong password
    """
    principal, password = _credentials(request, RESELLER)
    row = tx.one("SELECT * FROM reseller WHERE id = ?", principal.get("id"))
    if row is None or principal.get("userId") != row["user"]:
        raise Refused(codes.INITIATOR_PRINCIPAL_NOT_FOUND)
    if not matches(row, password):
        raise Refused(codes.AUTHENTICATION_FAILED)
    return row


def terminal(tx, request, retired=False):
    """The terminal that calls.

    :param bool retired: whether one that was unregistered may still call
    :raise Refused: 91 another principal type, 29 unknown or unregistered, 21 a password of fewer
        than 4 characters, 20 wrong password
    """
    principal, password = _credentials(request, TERMINAL)
    row = tx.one("SELECT * FROM terminal WHERE id = ?", principal.get("id"))
    if row is None or (row["unregistered_at"] is not None and not retired):
        raise Refused(codes.INVALID_INITIATOR_PRINCIPAL_ID)
    if len(password) < SHORTEST_PASSWORD or row["short_password"]:
        raise Refused(codes.ACCESS_DENIED)
    if not matches(row, password):
        raise Refused(codes.AUTHENTICATION_FAILED)
    return row
