"""What a person types or scans as a sticker, made into a Glase ID.

A sticker carries its Glase ID as text and Code 128, and as a link in its QR code
(``doc/protocol.md §4.9``). No Odoo in here: sentences for people are made by the caller.
"""

import re

_STICKER_LINK = re.compile(r"^https?://(?:www\.)?seqr\.se/q", re.IGNORECASE)
_BILL_LINK = re.compile(r"^https?://(?:www\.)?seqr\.se/r", re.IGNORECASE)
_PHONE_LINK = re.compile(
    r"^https?://[^/]+/(?:pos_glase/)?phone/([^/?#]+)/?(?:[?#].*)?$", re.IGNORECASE
)
_GLASE_ID = re.compile(r"[0-9A-Za-z]+")
# Those that are known have 16 at most; a sticker and its QR code have room for so many.
LONGEST = 64

EMPTY, BILL, LINK, CHARACTERS = "empty", "bill", "link", "characters"


class NotAGlaseId(ValueError):
    """The text is no Glase ID.

    :param str reason: ``empty``, ``bill`` (the QR code of one bill), ``link`` (of something
        else, or longer than any) or ``characters`` (only letters A to Z and digits are possible)
    """

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def normalise(text):
    """Take the Glase ID out of what was typed or scanned; upper and lower case stay as they are.

    :param str text: a Glase ID, the link of a sticker, or the address of a simulator's phone page
    :rtype: str
    :raises NotAGlaseId: if there is none in it
    """
    text = (text or "").strip()
    if _BILL_LINK.match(text):
        raise NotAGlaseId(BILL)
    phone = _PHONE_LINK.match(text)
    text = sticker_of_token(phone.group(1)) if phone else _STICKER_LINK.sub("", text)
    if not text:
        raise NotAGlaseId(EMPTY)
    if "://" in text or len(text) > LONGEST:
        raise NotAGlaseId(LINK)
    if not _GLASE_ID.fullmatch(text):
        raise NotAGlaseId(CHARACTERS)
    return text


def link(glase_id):
    """The text of the QR code on the vendor's own sticker of a Glase ID."""
    return f"HTTP://SEQR.SE/Q{glase_id}"


def phone_token(account_id, glase_id, signature):
    """The last part of a phone page's address: account, sticker and proof."""
    return f"{account_id}-{glase_id}-{signature}"


def split_token(token):
    """Take a token apart.

    :return: account id, Glase ID and signature; None if it is no token
    :rtype: tuple[int, str, str] | None
    """
    account_id, _, rest = token.partition("-")
    glase_id, _, signature = rest.partition("-")
    if not account_id.isascii() or not account_id.isdecimal() or len(account_id) > 9:
        return None
    if not signature or not _GLASE_ID.fullmatch(glase_id):
        return None
    return int(account_id), glase_id, signature


def sticker_of_token(token):
    """The Glase ID in a phone page's address: of Odoo's own simulator, or of one that runs alone."""
    parts = split_token(token)
    return parts[1] if parts else token
