"""Words of the screen that documents and sentences name are there: ``*Like This*``, or *press Like This*."""

import ast
import re
from itertools import takewhile
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import unescape

import pytest

MODULE = Path(__file__).resolve().parents[2]
DOCUMENTS = [MODULE / "README.md", MODULE / "SECURITY.md", *sorted((MODULE / "doc").glob("*.md"))]
CODE = ("models", "wizard", "controllers", "simulator", "rules")
BROWSER = ("static/src", "addons/pos_self_order_glase/static/src")
# In a document: a word of the screen begins with a capital letter. A menu's path has arrows.
_ITALIC = re.compile(r"(?<![*\w`])\*([A-Z][^*\n]*(?:\n[^*\n]+)?)\*(?![*\w])")
_CODE_BLOCK = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
# In a sentence: what follows "press" with capital letters, or in italics.
_PRESS = re.compile(r"\b[Pp]ress (?:<em>([^<]+)</em>|([A-Z]\w*(?: (?:\w+|&)){0,5}))")
_TAG = re.compile(r"<[^>]*>")
_JS_WORDS = re.compile(r'_t\(\s*"((?:[^"\\]|\\.)*)"')
# Words of Odoo's own screens.
ODOO = frozenset(
    ("Point of Sale", "Configuration", "Settings", "Identify Customer", "Edit", "Delete",
     "Edit Payment", "Reverse Entry", "Combine Glase POS payments from …",
     "Point of Sale / Administrator", "Close Register", "Close Session & Post Entries",
     "Technical", "Scheduled Actions", "Next Execution Date", "Activate", "Reporting",
     "Apps", "Update Apps List", "POS Self Order", "QR menu", "QR menu + Ordering", "Reset QR Codes",
     "Self Ordering: Kiosk", "Pay")
)  # fmt: skip


def strings(path):
    """Each literal of a Python file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def texts(path):
    """Each label and each text of a view or template."""
    for element in ElementTree.parse(path).iter():
        yield from (element.get(name) or "" for name in ("string", "name", "title", "placeholder"))
        if element.tag == "field":
            # As Odoo names a field that has no label of its own.
            yield (element.get("name") or "").removesuffix("_id").replace("_", " ").title()
        yield element.text or ""
        yield element.tail or ""


def plain(words):
    return " ".join(words.split())


def labels(words):
    """What a literal may put on the screen: it may be a page, or have a value behind it."""
    for piece in _TAG.split(words):
        yield plain(piece)
        yield plain(piece.partition("{")[0])
        yield plain(piece.replace("%s", "Glase"))


def every(folder, suffix):
    return sorted(
        path for path in (MODULE / folder).rglob(f"*{suffix}") if "node_modules" not in path.parts
    )


def on_the_screen():
    """All that stands on a screen as a label or a sentence of its own."""
    found = set(ODOO)
    for folder in CODE:
        for path in every(folder, ".py"):
            found.update(label for words in strings(path) for label in labels(words))
    found.update(strings(MODULE / "__manifest__.py"))
    for folder in ("views", *BROWSER, "data", "report"):
        for path in every(folder, ".xml"):
            found |= set(map(plain, texts(path)))
    for path in (path for folder in BROWSER for path in every(folder, ".js")):
        found |= {plain(words.replace('\\"', '"')) for words in _JS_WORDS.findall(path.read_text())}
    return found


SCREEN = on_the_screen()


def named_in(document):
    """The words of the screen that a document names, and for a path each of its parts."""
    text = _CODE_BLOCK.sub("", document.read_text())
    text = re.sub(r"\*\*[^*]+\*\*", "", text)
    for words in _ITALIC.findall(text):
        yield from (plain(part) for part in words.split("→"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_words_of_the_screen_in_a_document_are_there(document):
    missing = sorted({words for words in named_in(document) if words not in SCREEN})
    assert not missing


def sentences():
    for folder in CODE:
        for path in every(folder, ".py"):
            yield from ((path, plain(words)) for words in strings(path))
    for path in every("static/src", ".js"):
        yield from ((path, plain(words)) for words in _JS_WORDS.findall(path.read_text()))
    for folder in ("views", "static/src"):
        for path in every(folder, ".xml"):
            text = re.sub(r"<(?!/?em\b)[^>]*>", "|", path.read_text())
            yield path, plain(unescape(text))


def is_there(words):
    """Whether these words begin with a label, that has all the capital letters at their beginning."""
    words = words.split()
    capitals = len(list(takewhile(lambda word: word[0].isupper(), words)))
    return any(" ".join(words[:end]) in SCREEN for end in range(capitals, len(words) + 1))


def test_what_a_sentence_tells_to_press_is_there():
    pressed = [
        (path.name, plain(italic or capital))
        for path, words in sentences()
        for italic, capital in _PRESS.findall(words)
    ]
    assert len(pressed) > 10
    assert not [(name, label) for name, label in pressed if not is_there(label)]


def test_a_sentence_that_is_shown_in_several_places_names_no_button_of_one():
    # Where something is tried again, the button has another name: "Try again" is right everywhere.
    again = re.compile(r"\b[Pp]ress [A-Z]\w*(?: [A-Z]\w*)* again\b")
    assert not [(path.name, words) for path, words in sentences() if again.search(words)]


# Odoo's own names with its words for a till, and nothing else: a till is called till.
_ODOO_NAMES = re.compile(
    r"Point of Sale(?=: Glase| administrator| settings| user|$| / |\b: the customer)"
)
# What stood there and said too little, or nothing to somebody who reads English as a second language.
_NOT_SAID = re.compile(
    r"\bpoints? of sale\b|\bcash registers?\b|\blast heard\b|\bpresent environment\b"
    r"|\bwants? it\b",
    re.IGNORECASE,
)


def docstrings(tree):
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            yield body[0].value


def said():
    """Each text that may stand on a screen, with the file that it is in."""
    for folder in ("models", "wizard", "controllers", "rules"):
        for path in every(folder, ".py"):
            tree = ast.parse(path.read_text())
            own = {id(node) for node in docstrings(tree)}
            for node in ast.walk(tree):
                is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
                if is_text and id(node) not in own:
                    yield path, node.value
    for path in every("static/src", ".js"):
        yield from ((path, words) for words in _JS_WORDS.findall(path.read_text()))
    for folder in ("views", "wizard", "data", "report", "static/src"):
        for path in every(folder, ".xml"):
            for element in ElementTree.parse(path).iter():
                named = ("string", "help", "title", "placeholder", "confirm", "sum", "aria-label")
                yield from ((path, element.get(name) or "") for name in named)
                yield from ((path, words or "") for words in (element.text, element.tail))


def test_a_till_is_called_till_and_nothing_is_said_in_words_that_say_too_little():
    texts_said = [(path.name, plain(words)) for path, words in said()]
    assert len(texts_said) > 1000
    assert not [
        (name, words) for name, words in texts_said if _NOT_SAID.search(_ODOO_NAMES.sub("", words))
    ]
