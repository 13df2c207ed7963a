"""Keeping secrets out of logs, evidence and exception texts.

What comes from outside can be made to be searched for long, so each character is looked at a fixed number of times.
"""

import functools
import re

MASK = "***"
EVIDENCE_LIMIT = 65536

# A character has at most four bytes, and what a secret hides behind does not count as evidence.
_EVIDENCE_BYTES = 8 * EVIDENCE_LIMIT
# What an element or an attribute for a password is called, among other letters of any case.
_PASSWORD = "password"
_CDATA, _CDATA_END = "![CDATA[", "]]>"
_NOT_PLAIN = re.compile(r"[^0-9A-Za-z]")
_NAMES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
# What may stand between two letters of one text, and how much of it is looked through.
_ZEROS = 7
_GAP = r"(?:<!\[CDATA\[|\]\]>|<!--[^<>]{0,40}-->){0,3}"
_LONGEST_GAP = 3 * len(f"<!--{' ' * 40}-->")
# Without any of these each letter and digit of a text stands for itself.
_SPELLED = re.compile(r"&(?:amp;)?#|<!\[CDATA\[|<!--|%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}")
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
    spelled = [_Spelled(secret) for secret in map(_without_nul, secrets) if secret]
    longest = max((one.longest for one in spelled), default=0)
    text = _without_nul(text)
    cut = len(text) > EVIDENCE_LIMIT
    text = _mask_elements(text[: EVIDENCE_LIMIT + longest])
    for one in sorted(spelled, key=lambda each: each.longest, reverse=True):
        text = one.mask(text)
    if cut:
        # A secret that the cut runs through was not found: no part of it may stay.
        text = f"{text[: len(text) - longest][:EVIDENCE_LIMIT]}… (cut)"
    return text


def _without_nul(text):
    return text.replace("\x00", "")


@functools.lru_cache(maxsize=64)
class _Spelled:
    """How a secret may be written by whoever repeats it: in XML once or twice, in a URL, in JSON, in pieces.

    ``pattern``: the expression that finds it; ``part``: what of it stands in a text that spells none of
    its letters and digits; ``longest``: the most characters that a spelling has.
    """

    def __init__(self, secret):
        letters = [_Letter(letter) for letter in secret]
        self.longest = sum(each.longest + _LONGEST_GAP for each in letters)
        self.part = max(_NOT_PLAIN.split(secret), key=len)
        # What could be a letter or a gap would be tried both ways, again and again.
        gap = "" if "<!" in secret or "]]>" in secret else _GAP
        found = gap.join(each.pattern for each in letters)
        self.pattern = re.compile(found if len(secret) >= _LONG else rf"(?<!\w){found}(?!\w)")

    def mask(self, text):
        """The text with the mask in the place of the secret."""
        if self.part in text or _SPELLED.search(text):
            return self.pattern.sub(MASK, text)
        return text


class _Letter:
    """How one letter may be written: the ``pattern`` of all ways, the ``longest`` of them."""

    def __init__(self, letter):
        number, name = ord(letter), _NAMES.get(letter)
        units, encoded = letter.encode("utf-16-be", "replace"), letter.encode("utf-8", "replace")
        pairs = range(0, len(units), 2)
        # The longer first: what is left of one must not stay.
        ways = [
            rf"&(?:amp;)?#(?:0{{0,{_ZEROS}}}{number}|[xX]0{{0,{_ZEROS}}}(?i:{number:x}));",
            rf"&(?:amp;)?{name};" if name else "",
            f"(?i:{''.join(f'%{byte:02x}' for byte in encoded)})",
            "".join(rf"\\u(?i:{units[at : at + 2].hex()})" for at in pairs),
            rf"\\{re.escape(letter)}" if _NOT_PLAIN.match(letter) else "",
            r"\+" if letter == " " else "",
            re.escape(letter),
        ]
        self.pattern = f"(?:{'|'.join(filter(None, ways))})"
        reference = len(f"&amp;#{number};") + _ZEROS
        self.longest = max(reference, 3 * len(encoded), 3 * len(units), len("&amp;quot;"))


def _mask_elements(text):
    """The text with the contents of all elements masked that are named after a password."""
    before, *pieces = text.split("<")
    written = [before]
    within, in_cdata = 0, False
    for piece in pieces:
        if not within and _PASSWORD not in piece.lower():
            # Each message of each second is looked at, and most of it has nothing to hide.
            written += ["<", piece]
            continue
        tag, closed, content = piece.partition(">")
        if within:
            if in_cdata or piece.startswith(_CDATA):
                in_cdata = _CDATA_END not in piece
                continue
            within += _step(tag, closed)
            if not within:
                written += ["<", tag, closed, content]
            continue
        within = max(0, _step(tag, closed))
        written += ["<", _without_passwords(tag), closed, MASK if within else content]
    return "".join(written)


def _step(tag, closed):
    """1 where a tag opens an element for a password, -1 where it closes one, else 0."""
    if tag.startswith("/"):
        return -int(_names_password(tag[1:]))
    return int(_names_password(tag) and bool(closed))


def _names_password(tag):
    """Whether a tag opens an element for a password, whatever its prefix and case."""
    name = tag.split(None, 1)[0] if tag.strip() else ""
    return not tag.startswith("/") and not tag.endswith("/") and _PASSWORD in name.lower()


def _without_passwords(tag):
    """A tag without the values of its attributes, where one is named after a password."""
    name, *attributes = tag.split(None, 1) or [tag]
    told = attributes and "=" in attributes[0] and _PASSWORD in attributes[0].lower()
    return f"{name} {MASK}" if told else tag
