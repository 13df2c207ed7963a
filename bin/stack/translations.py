"""The files of ``i18n``: made from what Odoo exports, and looked through. Run by ``bin/translate`` with polib.

A template (``.pot``) has each text of an addon with the places where it stands; a catalogue (``.po``) has the same in
the same order, with the translation into one language.
"""

import argparse
import ast
import re
from collections import Counter
from pathlib import Path

import polib

LANGUAGES = {
    "da": "Danish",
    "de": "German",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "it": "Italian",
    "nb": "Norwegian bokmål",
    "nl": "Dutch",
    "pt": "Portuguese",
    "ro": "Romanian",
    "sv": "Swedish",
}
UNREAD = "Not read by a native speaker."
READ = "Read by a native speaker"
# Begins a translator's comment that says why a word is not the one of Odoo's own catalogue.
OTHER_WORD = "not Odoo's word: "
# Whose words count, the nearest first.
GLOSSARY = ("point_of_sale", "account", "mail", "web", "base")
NAMES = ("Glase ID", "Glase")

_ENTRY = re.compile(
    r'^msgid (?P<text>"(?:[^"\\\n]|\\.)*"(?:\n"(?:[^"\\\n]|\\.)*")*)\n'
    r'msgstr (?P<word>"(?:[^"\\\n]|\\.)*"(?:\n"(?:[^"\\\n]|\\.)*")*)$',
    re.MULTILINE,
)
_LINE = re.compile(r'^"|"$', re.MULTILINE)
_PLACEHOLDER = re.compile(
    r"%%|%\(\w+\)[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]|%[-+#0]*\d*(?:\.\d+)?[sdifg](?![a-zA-Z])|\{\w*\}"
)
_TAG = re.compile(r"<[^<>]+>")
# What Odoo translates inside a tag.
_TITLE = re.compile(r'\b(title|alt|placeholder|aria-label)="[^"]*"')
_SPACE = re.compile(r"^[\s:,]*|\s*$")
_END = re.compile(r"(\.|…|:|[!?])[\s”\"»]*$")


def template(exported, addon):
    """The template of what Odoo exported: without dates, each text once, in the order of the texts.

    :param str exported: text of a catalogue, as Odoo's ``trans_export`` writes it
    :rtype: polib.POFile
    """
    made = polib.POFile()
    made.header = f"Texts of {addon}. Made by bin/translate from the source."
    made.metadata = _metadata(addon)
    for entry in sorted(polib.pofile(exported), key=lambda entry: entry.msgid):
        entry.msgstr = ""
        entry.occurrences.sort()
        made.append(entry)
    return made


def _metadata(addon, language="", plural_forms=""):
    known = {
        "Project-Id-Version": addon,
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": plural_forms,
    }
    return {name: value for name, value in known.items() if value}


def catalogue(language, pot, old, words, plural_forms):
    """The catalogue of a language: translations that are there, else Odoo's own words.

    :param polib.POFile pot: the template
    :param old: the catalogue as it is, or an empty one
    :param dict words: of :func:`glossary`
    :rtype: polib.POFile
    """
    made = polib.POFile()
    made.header = old.header or f"{LANGUAGES[language]}. {UNREAD}"
    made.metadata = _metadata(pot.metadata["Project-Id-Version"], language, plural_forms)
    known = {entry.msgid: entry for entry in old}
    for entry in pot:
        before = known.get(entry.msgid, polib.POEntry())
        made.append(
            polib.POEntry(
                msgid=entry.msgid,
                msgstr=before.msgstr or next(iter(words.get(entry.msgid, ())), ""),
                comment=entry.comment,
                tcomment=before.tcomment,
                occurrences=entry.occurrences,
                flags=before.flags,
            )
        )
    return made


def glossary(addons, language):
    """Odoo's own words: the translations of a text, those of the module that counts most first.

    :param addons: folders with Odoo's modules
    :rtype: dict[str, list[str]]
    """
    found = {}
    for module in GLOSSARY:
        for path in (Path(folder) / module / f"i18n/{language}.po" for folder in addons):
            if path.exists():
                for entry in _ENTRY.finditer(path.read_text()):
                    text, word = _unquoted(entry["text"]), _unquoted(entry["word"])
                    if text and word:
                        found.setdefault(text, []).append(word)
    return found


def plural_forms(addons, language):
    """How Odoo counts in a language: the header of its own catalogue."""
    for path in (Path(folder) / GLOSSARY[0] / f"i18n/{language}.po" for folder in addons):
        if path.exists():
            header = _unquoted(_ENTRY.search(path.read_text())["word"])
            return re.search(r"^Plural-Forms: (.*)$", header, re.MULTILINE)[1]
    return ""


def _unquoted(quoted):
    return polib.unescape(_LINE.sub("", quoted).replace("\n", ""))


def findings(language, po, pot, words, counted=None):
    """Yield what does not fit in a catalogue, a line each.

    :param dict words: of :func:`glossary`
    :param str counted: what the header says about plurals, of :func:`plural_forms`; None: not looked at
    """
    first = (po.header or "").partition("\n")[0]
    known = (f"{LANGUAGES[language]}. {UNREAD}", f"{LANGUAGES[language]}. {READ}")
    if not first.startswith(known):
        yield f"{language}: the header does not begin with '{known[0]}'"
    if counted is not None and po.metadata.get("Plural-Forms") != counted:
        yield f"{language}: the plural forms are not '{counted}'"
    wanted, there = {entry.msgid for entry in pot}, {entry.msgid for entry in po}
    for text in sorted(wanted - there):
        yield f"{language}: lacks: {text!r}"
    for text in sorted(there - wanted):
        yield f"{language}: gone from the source: {text!r}"
    for entry in po:
        for trouble in troubles(entry, words):
            yield f"{language}: {trouble}: {entry.msgid!r} → {entry.msgstr!r}"


def troubles(entry, words):
    """Yield what does not fit in one translation, in a few words each."""
    source, said = entry.msgid, entry.msgstr
    if not said:
        yield "untranslated"
        return
    if entry.fuzzy:
        yield "marked as fuzzy"
    for name, part in PARTS.items():
        if part(source) != part(said):
            yield name
    for name in NAMES:
        if name in source and name not in said:
            yield f"without {name}"
    of_odoo = words.get(source, ())
    if of_odoo and said not in of_odoo and OTHER_WORD not in (entry.tcomment or ""):
        yield f"Odoo says {of_odoo[0]!r}"


def _placeholders(text):
    """The placeholders: those with names in any order, the others in the order of their values."""
    found = _PLACEHOLDER.findall(text)
    plain = [each for each in found if each[0] == "%" and each[1] not in "%("]
    return Counter(found), plain


def _space(text):
    return _SPACE.findall(text)


def _end(text):
    """How a text ends: a sentence is a sentence in each language, and a label a label."""
    end = _END.search(_TAG.sub("", text))
    return "." if end and end[1] in ".!?" else end and end[1]


def _expression(text):
    """A Python expression without the words in it, or None: what names a printed file is one."""
    if "'" not in text:
        return None
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.value = None
    return ast.dump(tree)


# What a translation has as its source has it, by what is said when it does not.
PARTS = {
    "other placeholders": _placeholders,
    "other tags": lambda text: Counter(_TITLE.sub(r"\1", tag) for tag in _TAG.findall(text)),
    "other spaces or signs around it": _space,
    "another end": _end,
    "another expression": _expression,
}


def write(path, made, check):
    """Write a file, or say that it is not what would be written."""
    text = f"{made}\n".rstrip("\n") + "\n"
    if path.exists() and path.read_text() == text:
        return
    if check:
        yield f"{path}: not what bin/translate writes"
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def update(folder, pot, languages, addons, check):
    """Bring an addon's files up to date; yield what does not fit.

    :param folder: the addon's ``i18n``
    :param polib.POFile pot: the template
    :param languages: those that the addon has
    :param addons: folders with Odoo's modules
    :param check: write nothing
    """
    yield from write(folder / f"{pot.metadata['Project-Id-Version']}.pot", pot, check)
    for language in languages:
        path = folder / f"{language}.po"
        old = polib.pofile(str(path)) if path.exists() else polib.POFile()
        words, counted = glossary(addons, language), plural_forms(addons, language)
        made = catalogue(language, pot, old, words, counted)
        yield from write(path, made, check)
        yield from findings(language, old if check else made, pot, words, counted)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m stack.translations", description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--begin", action="append", default=[], choices=LANGUAGES)
    parser.add_argument("--odoo", action="append", default=[], type=Path)
    parser.add_argument(
        "--addon", action="append", nargs=3, metavar=("I18N", "NAME", "EXPORTED"), default=[]
    )
    options = parser.parse_args(arguments)
    begun = {
        path.stem for folder, _name, _file in options.addon for path in Path(folder).glob("*.po")
    }
    found = []
    for folder, name, exported in options.addon:
        pot = template(Path(exported).read_text(), name)
        languages = sorted(begun.union(options.begin))
        lines = list(update(Path(folder), pot, languages, options.odoo, options.check))
        print(f"{name}: {len(pot)} texts, {len(languages)} languages, {len(lines)} findings")
        found += lines
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
