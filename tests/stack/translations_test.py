"""The files of ``i18n``, without a database: what ``bin/translate`` would say about them, and what it finds at all."""

import ast
import functools
import json
import re
from xml.etree import ElementTree

import polib
import pytest

from stack import odoo_tree, translate, translations

PHONE = translate.ADDONS["pos_glase"] / "simulator/languages"
EXPORTED = r"""
msgid ""
msgstr ""
"POT-Creation-Date: 2026-11-28 06:00+0000\n"

#. module: pos_glase
#. odoo-python
#: code:addons/pos_glase/models/two.py:0
#: code:addons/pos_glase/models/one.py:0
msgid "Paid"
msgstr "Betalt"

#. module: pos_glase
#: model:ir.model.fields,field_description:pos_glase.field_glase_case__name
msgid "Bill"
msgstr ""
"""


@functools.cache
def of_odoo(language):
    folders = odoo_tree.find().addons
    return translations.glossary(folders, language), translations.plural_forms(folders, language)


def template_of(addon):
    return polib.pofile(str(translate.ADDONS[addon] / f"i18n/{addon}.pot"))


def path_of(addon, language):
    return translate.ADDONS[addon] / f"i18n/{language}.po"


@pytest.mark.parametrize("language", translations.LANGUAGES)
@pytest.mark.parametrize("addon", translate.ADDONS)
def test_a_language_is_whole(addon, language):
    pot, po = template_of(addon), polib.pofile(str(path_of(addon, language)))
    words, counted = of_odoo(language)
    assert len(pot) > 40
    assert not list(translations.findings(language, po, pot, words, counted))


@pytest.mark.parametrize("language", translations.LANGUAGES)
@pytest.mark.parametrize("addon", translate.ADDONS)
def test_a_file_is_as_the_command_writes_it(addon, language):
    path = path_of(addon, language)
    made = translations.catalogue(
        language, template_of(addon), polib.pofile(str(path)), *of_odoo(language)
    )
    assert not list(translations.write(path, made, check=True))


# What the column of a form's labels has room for; a longer word is broken in its middle.
_TOO_LONG_FOR_A_LABEL = re.compile(r"[^\W\d_]{22,}")


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_no_word_of_a_label_is_broken(language):
    """Of our own fields; what Odoo's are called says Odoo."""
    labels = [
        entry.msgstr
        for entry in polib.pofile(str(path_of("pos_glase", language)))
        for place, _line in entry.occurrences
        if "field_description:pos_glase.field_glase_" in place and "__activity_" not in place
    ]
    assert len(labels) > 300
    assert not [label for label in labels if _TOO_LONG_FOR_A_LABEL.search(label)]


# A word in an expression of a template, which no export finds: `t-out="till.name or 'All tills'"`.
# What says *du* where the rest says *Sie*, or the other way round; each catalogue addresses its reader in one way.
_OTHER_ADDRESS = {
    "da": r"(?<=[a-zæøå,] )(De|Dem|Deres)\b",
    "de": r"\b(du|dein(e[mnrs]?)?|dich|dir|euch|euer)\b",
    "es": r"\b(tú|tu|tus|te|ti)\b",
    "fr": r"\b(tu|toi|ton|tes)\b",
    "it": r"(?<=[a-zàèéìòù,] )(Lei|Suo|Sua|Suoi|Sue)\b",
    "nb": r"(?<=[a-zæøå,] )(De|Dem|Deres)\b",
    "nl": r"\b[Uu]w?\b",
    "pt": r"\b(tu|teus?|tuas?|ti)\b",
    "ro": r"\b(tu|tău|tale|tine)\b",
    "sv": r"\b(ni|er|ert|era)\b",
}


@pytest.mark.parametrize("language", _OTHER_ADDRESS)
def test_a_language_addresses_its_reader_in_one_way(language):
    """Also on the customer's phone page, which has words of its own."""
    said = json.loads((PHONE / f"{language}.json").read_text("utf-8"))["words"].values()
    for addon in translate.ADDONS:
        said = [*said, *(entry.msgstr for entry in polib.pofile(str(path_of(addon, language))))]
    pattern = re.compile(_OTHER_ADDRESS[language])
    assert not [text for text in said if pattern.search(text)]


_NAMED = re.compile(r"%\(\w+\)s|<[^<>]*>|'[^']*'")
# What a thing is called in each language: the stem of its one word, or of its two.
_ONE_WORD = {
    "bill": {
        "da": "regning",
        "de": "rechnung",
        "es": "cobro",
        "fi": "lasku",
        "fr": r"\bnote",
        "it": r"\bcont[oi]",
        "nb": "regning",
        "nl": "rekening",
        "pt": "cobrança",
        "ro": r"\bnot[aăe]",
        "sv": r"\bnot[aeo]",
    },
    "case": {
        "da": r"\bsag",
        "de": "klärf[aä]ll",
        "es": r"\bcaso",
        "fi": "tapau",
        "fr": "dossier",
        "it": r"\bcas[oi]",
        "nb": r"\bsak",
        "nl": "kwestie",
        "pt": r"\bcaso",
        "ro": r"\bcaz",
        "sv": "ärende",
    },
    "ledger": {
        "da": "protokol",
        "de": "zahlungsbuch",
        "es": "libro",
        "fi": "maksulok",
        "fr": "registre",
        "it": "mastro",
        "nb": "protokoll",
        "nl": "betaalregister",
        "pt": "livro",
        "ro": "registru",
        "sv": "liggare",
    },
    "period": {
        "da": "period",
        "de": "zeitr[aä]u",
        "es": "period",
        "fi": "kau[sdt]",
        "fr": "périod",
        "it": "period",
        "nb": "period",
        "nl": "period",
        "pt": "períod",
        "ro": "perioad",
        "sv": "period",
    },
    "sticker": {
        "da": "mærkat",
        "de": "aufkleber",
        "es": "pegat",
        "fi": "tarra",
        "fr": "autocoll",
        "it": "adesiv",
        "nb": "klistremerke",
        "nl": "sticker",
        "pt": "autocol",
        "ro": "etichet",
        "sv": "dekal",
    },
    "verification": {
        "da": "verific",
        "de": "verifizier",
        "es": "verific",
        "fi": "varmennu",
        "fr": "vérific",
        "it": "verific",
        "nb": "verifiser",
        "nl": "verific",
        "pt": "verific",
        "ro": "verific",
        "sv": "verifier",
    },
}


@pytest.mark.parametrize("thing", _ONE_WORD)
def test_a_thing_has_one_word_in_each_language(thing):
    """What a cashier reads as one word at the till, a bookkeeper does not look for under another."""
    said, named = [], re.compile(rf"\b{thing}s?\b", re.IGNORECASE)
    for language, stem in _ONE_WORD[thing].items():
        word = re.compile(stem, re.IGNORECASE)
        entries = [
            entry
            for entry in polib.pofile(str(path_of("pos_glase", language)))
            if named.search(_NAMED.sub("", entry.msgid))
        ]
        assert len(entries) > 10
        said += [
            f"{language}: {entry.msgstr}" for entry in entries if not word.search(entry.msgstr)
        ]
    assert not said, "\n".join(said)


_NAMED_BUTTON = re.compile(r"<(?:b|em|strong)>([^<]*)</")


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_a_text_names_a_button_as_it_is_called(language):
    """What a help or the cashier's guide tells to press is found on the screen."""
    said = {
        entry.msgid: entry.msgstr for entry in polib.pofile(str(path_of("pos_glase", language)))
    }
    named = [
        (name, text)
        for text in said
        for name in _NAMED_BUTTON.findall(text)
        if name in said and said[name] not in _NAMED_BUTTON.findall(said[text])
    ]
    assert not named
    assert "<b>Retry</b>" in "".join(said)
    assert "Retry" in said


# In French these stand behind a space at which no line is broken; none of an expression or a tag.
_BREAKABLE = re.compile(r"(?<=[^\s'\"=!]) [:;?!](?=\s|<|$)|« | »")


@pytest.mark.parametrize("addon", translate.ADDONS)
def test_no_french_line_begins_with_a_sign(addon):
    said = [entry.msgstr for entry in polib.pofile(str(path_of(addon, "fr")))]
    assert not [text for text in said if _BREAKABLE.search(text)]


_UNFOUND = re.compile(r"""\bt-(?:out|esc|value|att-[\w-]+)="[^"]*'[A-Z][^'"]* [^'"]*'""")


@pytest.mark.parametrize("addon", translate.ADDONS)
def test_no_template_says_words_in_an_expression(addon):
    root, found = translate.ADDONS[addon], []
    for folder in ("views", "report", "static/src", "data", "wizard"):
        for path in (root / folder).rglob("*.xml"):
            found += [(path.name, each) for each in _UNFOUND.findall(path.read_text("utf-8"))]
    assert not found
    assert _UNFOUND.search("""<span t-out="till.name or 'All tills of the shop'" />""")


# What a person is told when something is refused.
_TOLD = {
    "UserError",
    "ValidationError",
    "AccessError",
    "RedirectWarning",
    "MissingError",
    "Refused",
}
_PYTHON = ("models", "wizard", "controllers")


def literals(call):
    """The arguments of a call that are words, or are put together from words."""
    for value in (*call.args, *(given.value for given in call.keywords)):
        is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
        if is_text and " " in value.value or isinstance(value, ast.JoinedStr | ast.BinOp):
            yield ast.unparse(value)


@pytest.mark.parametrize("addon", translate.ADDONS)
def test_no_refusal_is_said_in_english_only(addon):
    root, found, looked_at = translate.ADDONS[addon], [], 0
    for folder in _PYTHON:
        for path in (root / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in _TOLD:
                    looked_at += 1
                    found += [(path.name, node.lineno, each) for each in literals(node)]
    assert looked_at > 2
    assert not found


_COMMENT = re.compile(r"/\*.*?\*/|(?<=\s)//[^\n]*", re.DOTALL)
_CALL = re.compile(r"(?:\b_t|\bconsole\.\w+)\(")
_SENTENCE = re.compile(r"""["`]([A-Z][a-z]+ [a-z][^"`]*)["`]""")
# What a reprint goes by, in the server's own words (models/pos/payment_proof.py).
_CONSTANTS = {"Glase simulation", "Glase payment", "Glase refund"}


def outside_of_calls(source):
    """JavaScript without its comments, and without what is translated or written to the console."""
    source = _COMMENT.sub("", source)
    while call := _CALL.search(source):
        depth, end = 1, call.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(source[end], 0)
            end += 1
        source = source[: call.start()] + source[end:]
    return source


@pytest.mark.parametrize("addon", translate.ADDONS)
def test_no_sentence_in_the_browser_is_english_only(addon):
    found, looked_at = [], 0
    for path in (translate.ADDONS[addon] / "static/src").rglob("*.js"):
        looked_at += 1
        sentences = _SENTENCE.findall(outside_of_calls(path.read_text("utf-8")))
        found += [(path.name, words) for words in sentences if words not in _CONSTANTS]
    assert looked_at > 5
    assert not found
    assert _SENTENCE.search(
        outside_of_calls('say("Nothing is said (here)."); _t("But this (is)");')
    )


# Begins or ends with a sign that joins it to what stands beside it: French has a space there, others another order.
_PIECE = re.compile(r"^[:,;.)·–]|[(,;·–]$")


@pytest.mark.parametrize("addon", translate.ADDONS)
def test_no_text_is_a_piece_of_a_sentence(addon):
    texts = [re.sub(r"<[^>]*>", "", entry.msgid).strip() for entry in template_of(addon)]
    assert not [text for text in texts if _PIECE.search(text)]


# A unit behind a number.
_UNITS = {"days", "s"}


def shows_a_value(element):
    values = ("t-out", "t-esc", "t-field")
    return element.tag == "field" or any(map(element.get, values))


@pytest.mark.parametrize("addon", translate.ADDONS)
def test_no_sentence_goes_on_behind_a_value(addon):
    """A label may stand before a value; a sentence around one is a sentence with a placeholder."""
    root, found, looked_at = translate.ADDONS[addon], [], 0
    for folder in ("views", "report", "static/src"):
        for path in (root / folder).rglob("*.xml"):
            for element in filter(shows_a_value, ElementTree.parse(path).iter()):
                looked_at += 1
                words = (element.tail or "").strip()
                if re.search(r"[^\W\d_]", words) and words not in _UNITS:
                    found.append((path.name, words))
    assert looked_at > 2
    assert not found


@pytest.mark.parametrize("addon", translate.ADDONS)
def test_there_are_no_other_files(addon):
    wanted = {f"{addon}.pot", *(f"{language}.po" for language in translations.LANGUAGES)}
    assert {path.name for path in (translate.ADDONS[addon] / "i18n").iterdir()} == wanted


def test_a_template_is_the_same_whenever_it_is_made():
    later = EXPORTED.replace("06:00", "07:00").replace('"Betalt"', '""')
    made = str(translations.template(EXPORTED, "pos_glase"))
    assert made == str(translations.template(later, "pos_glase"))
    assert "POT-Creation-Date" not in made
    assert made.index('"Bill"') < made.index('"Paid"')
    assert made.index("one.py") < made.index("two.py")


def catalogue(text, old="", words=None):
    """The Swedish catalogue of a template with one text, which had the translation ``old``."""
    pot, before = translations.template(EXPORTED, "pos_glase"), polib.POFile()
    for entry in list(pot)[1:]:
        pot.remove(entry)
    pot[0].msgid = text
    before.append(polib.POEntry(msgid=text, msgstr=old))
    return translations.catalogue("sv", pot, before, words or {}, "nplurals=2"), pot


def test_what_is_translated_stays_and_what_is_new_gets_the_word_of_odoo():
    words = {"Bill": ["Nota", "Räkning"]}
    assert catalogue("Bill", "Faktura", words)[0][0].msgstr == "Faktura"
    assert catalogue("Bill", "", words)[0][0].msgstr == "Nota"
    assert catalogue("Other", "", words)[0][0].msgstr == ""


@pytest.mark.parametrize(
    "text, said, trouble",
    [
        ("Paid", "", "untranslated"),
        ("%s of %s", "%s av", "placeholders"),
        ("%(one)s of %(two)s", "%(en)s av %(two)s", "placeholders"),
        ("%s is %.2f", "%.2f är %s", "placeholders"),
        ("100 %% of %s", "100 % av %s", "placeholders"),
        ("{name} pays", "{namn} betalar", "placeholders"),
        ("<b>Paid</b>", "<b>Betalt<b>", "tags"),
        ('<a href="/one">x</a>', '<a href="/two">x</a>', "tags"),
        (": no money", "inga pengar", "spaces or signs"),
        ("Total ", "Summa", "spaces or signs"),
        ("Paid.", "Betalt", "end"),
        ("Paid", "Betalt.", "end"),
        ("Canceling…", "Avbryter", "end"),
        ("The Glase ID is new.", "Koden är ny.", "Glase ID"),
        ("Glase is slow.", "Det går trögt.", "Glase"),
        ("'Till %s' % object.name", "'Kassa %s' % objekt.name", "expression"),
        ("'Till %s' % object.name", "'Kassa %s % object.name", "expression"),
        ("Bill", "Räkning", "Odoo says 'Nota'"),
    ],
)
def test_what_does_not_fit_is_found(text, said, trouble):
    po, pot = catalogue(text, said)
    found = list(translations.findings("sv", po, pot, {"Bill": ["Nota"]}, "nplurals=2"))
    assert any(trouble in line for line in found), found


@pytest.mark.parametrize(
    "text, said",
    [
        ("%(one)s of %(two)s.", "%(two)s, av den %(one)s!"),
        ("“%s” is “%s”.", "”%s” är ”%s”."),
        ('<i title="to"/> Glase', '<i title="till"/> Glase'),
        ("'Till %s' % object.name", "'Kassa %s' % object.name"),
        ("Bill", "Nota"),
        ("Is it?", "Är det så?"),
    ],
)
def test_what_fits_is_not_found(text, said):
    po, pot = catalogue(text, said)
    assert not list(translations.findings("sv", po, pot, {"Bill": ["Nota"]}, "nplurals=2"))


def test_another_word_than_odoo_has_needs_a_reason():
    po, pot = catalogue("Bill", "Räkning")
    po[0].tcomment = "not Odoo's word: what a customer pays, not a vendor's bill"
    assert not list(translations.findings("sv", po, pot, {"Bill": ["Nota"]}))


def test_a_header_says_whether_a_native_speaker_has_read_it_and_how_plurals_are_counted():
    po, pot = catalogue("Bill", "Nota")
    assert po.header == "Swedish. Not read by a native speaker."
    assert list(translations.findings("sv", po, pot, {}, "nplurals=3"))
    po.header = "Swedish. Read by a native speaker, 2027."
    assert not list(translations.findings("sv", po, pot, {}, "nplurals=2"))
    po.header = "Swedish"
    assert list(translations.findings("sv", po, pot, {}))


def test_what_is_lacking_or_gone_is_found():
    po, _pot = catalogue("Bill", "Nota")
    _po, pot = catalogue("Paid", "Betalt")
    lacks, gone = translations.findings("sv", po, pot, {})
    assert "lacks: 'Paid'" in lacks
    assert "gone from the source: 'Bill'" in gone


def test_words_of_odoo_are_read_with_their_lines(tmp_path):
    folder = tmp_path / "point_of_sale/i18n"
    folder.mkdir(parents=True)
    (folder / "sv.po").write_text(
        'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; "\n"plural=n != 1;\\n"\n\n'
        'msgid "Bill"\nmsgstr "Nota"\n\nmsgid ""\n"a \\"b\\"\\n"\n"c"\nmsgstr ""\n"d\\n"\n"e"\n\n'
        'msgid "Empty"\nmsgstr ""\n'
    )
    assert translations.glossary([tmp_path], "sv") == {"Bill": ["Nota"], 'a "b"\nc': ["d\ne"]}
    assert translations.plural_forms([tmp_path], "sv") == "nplurals=2; plural=n != 1;"


def test_a_check_writes_nothing(tmp_path, capsys):
    source, exported = tmp_path / "i18n", tmp_path / "pos_glase.po"
    exported.write_text(EXPORTED)
    addon = ["--addon", str(source), "pos_glase", str(exported)]
    assert translations.main(["--check", "--begin", "sv", *addon])
    assert not source.exists()
    assert "not what bin/translate writes" in capsys.readouterr().out
    translations.main(["--begin", "sv", *addon])
    written = {path.name: path.read_bytes() for path in source.iterdir()}
    assert set(written) == {"pos_glase.pot", "sv.po"}
    translations.main(addon)
    assert written == {path.name: path.read_bytes() for path in source.iterdir()}
