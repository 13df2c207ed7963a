"""The texts of an addon at their worst: of each the translation that needs most room, of all languages."""

import pathlib

import polib

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Neither can be seen, nor takes room: what stands between them was said by a translation.
OPEN, CLOSE = "\u2062", "\u2063"


def longest_word(text):
    return max(map(len, text.split()), default=0)


# How much room a text needs, by what a test is called then.
MEASURES = {"text": len, "word": longest_word}


def longest(measure, addon="."):
    """Of each text the translation that needs most room, or the English one, between marks.

    :param measure: of ``MEASURES``
    :param str addon: its folder
    :rtype: dict
    """
    found = {}
    for path in sorted((ROOT / addon / "i18n").glob("*.po")):
        for entry in polib.pofile(str(path)):
            known = found.get(entry.msgid, entry.msgid)
            found[entry.msgid] = max(known, entry.msgstr, key=measure)
    return {text: f"{OPEN}{words}{CLOSE}" for text, words in found.items()}
