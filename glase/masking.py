"""Keeping secrets out of logs, evidence and exception texts.

What comes from outside can be made to be searched for long, so each character is looked at a fixed number of times.
"""

import re
from xml.sax.saxutils import escape

MASK = "***"
EVIDENCE_LIMIT = 65536

# A character has at most four bytes, and what a secret hides behind does not count as evidence.
_EVIDENCE_BYTES = 8 * EVIDENCE_LIMIT
_CDATA, _CDATA_END = "![CDATA[", "]]>"
# Anywhere in a text a long secret is one; a short one may be a syllable of something else.
_LONG = 8


class Secret(str):
    """A string that does not show itself in a repr (of a dict, a frame, a dataclass)."""

    __slots__ = ()

    def __repr__(self):
        return repr(MASK)


def evidence(body, secrets=()):
    """What is kept of the bytes of a message.

    :param bytes body: whatever came or goes over the wire
    :param secrets: passwords that were part of the call
    :return: its beginning as text, masked as by :func:`mask`
    :rtype: str
    """
    return mask(body[:_EVIDENCE_BYTES].decode("utf-8", "replace"), secrets)


def mask(text, secrets=()):
    """The text without passwords: those in elements of that name, and the given ones anywhere.

    :param str text: XML or anything else that came or goes over the wire
    :param secrets: passwords that were part of the call
    :return: the text, cut to 64 Ki characters, without NUL (a database would refuse it)
    :rtype: str
    """
    patterns = _patterns(secrets)
    longest = max(map(len, patterns), default=0)
    text = text.replace("\x00", "")
    cut = len(text) > EVIDENCE_LIMIT
    text = _mask_elements(text[: EVIDENCE_LIMIT + longest])
    for form, pattern in sorted(patterns.items(), key=lambda each: len(each[0]), reverse=True):
        if form in text:
            text = re.sub(pattern, MASK, text)
    if cut:
        # A secret that the cut runs through was not found: no part of it may stay.
        text = f"{text[: len(text) - longest][:EVIDENCE_LIMIT]}… (cut)"
    return text


def _patterns(secrets):
    """How each given secret may be written, and the expression that finds it."""
    patterns = {}
    for secret in secrets:
        secret = secret.replace("\x00", "")
        for form in {secret, escape(secret), escape(secret, {'"': "&quot;", "'": "&apos;"})} - {""}:
            pattern = re.escape(form)
            patterns[form] = pattern if len(secret) >= _LONG else rf"(?<!\w){pattern}(?!\w)"
    return patterns


def _mask_elements(text):
    """The text with the contents of all elements masked that are named after a password."""
    before, *pieces = text.split("<")
    written = [before]
    secret = in_cdata = False
    for piece in pieces:
        if secret and (in_cdata or piece.startswith(_CDATA)):
            in_cdata = _CDATA_END not in piece
            if written[-1] != MASK:
                written.append(MASK)
            continue
        tag, closed, content = piece.partition(">")
        secret, in_cdata = bool(closed) and _names_password(tag), False
        written += ["<", tag, closed, MASK if secret and content else content]
    return "".join(written)


def _names_password(tag):
    """Whether a tag opens an element for a password, whatever its prefix and case."""
    name = tag.split(None, 1)[0] if tag.strip() else ""
    return not tag.startswith("/") and not tag.endswith("/") and "password" in name.lower()
