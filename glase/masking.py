"""Keeping secrets out of logs, evidence and exception texts."""

import re
from xml.sax.saxutils import escape

MASK = "***"
EVIDENCE_LIMIT = 65536

_PASSWORD_ELEMENT = re.compile(
    r"(<(?:[\w.-]+:)?\w*password\w*(?:\s[^<>]*)?>)"
    r"((?:<!\[CDATA\[.*?(?:\]\]>|\Z)|[^<])+)",
    re.IGNORECASE | re.DOTALL,
)
# Anywhere in a text a long secret is one; a short one may be a syllable of something else.
_LONG = 8


class Secret(str):
    """A string that does not show itself in a repr (of a dict, a frame, a dataclass)."""

    __slots__ = ()

    def __repr__(self):
        return repr(MASK)


def mask(text, secrets=()):
    """The text without passwords: those in elements of that name, and the given ones anywhere.

    :param str text: XML or anything else that came or goes over the wire
    :param secrets: passwords that were part of the call
    :return: the text, cut to 64 Ki characters, without NUL (a database would refuse it)
    :rtype: str
    """
    text = text.replace("\x00", "")
    secrets = [secret.replace("\x00", "") for secret in secrets]
    text = _PASSWORD_ELEMENT.sub(rf"\g<1>{MASK}", text)
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        for form in {secret, escape(secret), escape(secret, {'"': "&quot;", "'": "&apos;"})}:
            pattern = re.escape(form)
            if len(secret) < _LONG:
                pattern = rf"(?<!\w){pattern}(?!\w)"
            text = re.sub(pattern, MASK, text)
    if len(text) > EVIDENCE_LIMIT:
        text = f"{text[:EVIDENCE_LIMIT]}… ({len(text)} characters)"
    return text
