"""Keeping secrets out of logs, evidence and exception texts.

What comes from outside can be made to be searched for long, so each character is looked at a fixed number of times.
"""

import re

MASK = "***"
EVIDENCE_LIMIT = 65536

# A character has at most four bytes, and what a secret hides behind does not count as evidence.
_EVIDENCE_BYTES = 8 * EVIDENCE_LIMIT
_CDATA, _CDATA_END = "![CDATA[", "]]>"
_NOT_PLAIN = re.compile(r"[^0-9A-Za-z]")
_NAMES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
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
        if one.part in text:
            text = one.pattern.sub(MASK, text)
    if cut:
        # A secret that the cut runs through was not found: no part of it may stay.
        text = f"{text[: len(text) - longest][:EVIDENCE_LIMIT]}… (cut)"
    return text


def _without_nul(text):
    return text.replace("\x00", "")


class _Spelled:
    """How a secret may be written by whoever repeats it: in XML once or twice, in a URL, in JSON.

    ``pattern``: the expression that finds it; ``part``: what of it is the same in each spelling;
    ``longest``: the most characters that a spelling has.
    """

    def __init__(self, secret):
        spellings = [_spellings(letter) for letter in secret]
        self.longest = sum(max(map(len, each)) for each in spellings)
        self.part = max(_NOT_PLAIN.split(secret), key=len)
        found = "".join(
            re.escape(each[0]) if len(each) == 1 else f"(?:{'|'.join(map(re.escape, each))})"
            for each in spellings
        )
        self.pattern = re.compile(found if len(secret) >= _LONG else rf"(?<!\w){found}(?!\w)")


def _spellings(letter):
    if not _NOT_PLAIN.match(letter):
        return [letter]
    number, in_bytes = ord(letter), letter.encode("utf-8", "replace")
    url = "".join(f"%{byte:02X}" for byte in in_bytes)
    entities = [f"&#{number};", f"&#x{number:x};", f"&#x{number:X};"]
    if letter in _NAMES:
        entities.append(f"&{_NAMES[letter]};")
    twice = [each.replace("&", "&amp;") for each in entities]
    escaped = [f"\\u{number:04x}", f"\\u{number:04X}", f"\\{letter}"]
    # The longer first: what is left of one must not stay.
    ways = {*twice, *entities, url, url.lower(), *escaped, "+" if letter == " " else letter, letter}
    return sorted(ways, key=len, reverse=True)


def _mask_elements(text):
    """The text with the contents of all elements masked that are named after a password."""
    before, *pieces = text.split("<")
    written = [before]
    within, in_cdata = 0, False
    for piece in pieces:
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
    return not tag.startswith("/") and not tag.endswith("/") and "password" in name.lower()


def _without_passwords(tag):
    """A tag without the values of its attributes, where one is named after a password."""
    name, *attributes = tag.split(None, 1) or [tag]
    told = attributes and "=" in attributes[0] and "password" in attributes[0].lower()
    return f"{name} {MASK}" if told else tag
