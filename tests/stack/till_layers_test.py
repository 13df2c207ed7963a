"""The till's scripts lie in layers: attempt, dialogs, service, overrides; none imports one above it."""

import re

import pytest

from stack.paths import CHECKOUT

APP = CHECKOUT / "static/src/app"
IMPORT = re.compile(r'from "@pos_glase/app/([\w/]+)"')
STORE = re.compile(r"\busePos\b|\bpos_store\b|\bpos\.glase\b|\bthis\.pos\b")

# What a layer may import besides itself; nobody imports an override.
MAY_IMPORT = {
    "timing.js": set(),
    "attempt": {"timing"},
    "dialogs": {"timing"},
    "service": {"timing", "attempt", "dialogs"},
    "overrides": {"timing", "attempt", "dialogs", "service"},
}


def layer_of(path):
    return path.relative_to(APP).parts[0]


def scripts():
    return sorted(APP.rglob("*.js"))


def test_each_script_is_in_a_layer():
    assert {layer_of(path) for path in scripts()} == set(MAY_IMPORT)


@pytest.mark.parametrize("path", scripts(), ids=lambda path: str(path.relative_to(APP)))
def test_a_layer_imports_what_is_below_it(path):
    own = layer_of(path)
    imported = {name.split("/")[0] for name in IMPORT.findall(path.read_text("utf-8"))}
    assert imported <= MAY_IMPORT[own] | ({own} - {"overrides"})


@pytest.mark.parametrize("layer", ["attempt", "dialogs"])
def test_neither_attempts_nor_dialogs_know_the_store(layer):
    sources = [path for path in (APP / layer).iterdir() if path.suffix in (".js", ".xml")]
    assert sources
    knowing = [path.name for path in sources if STORE.search(path.read_text("utf-8"))]
    assert not knowing


def test_only_what_is_on_the_screen_uses_what_the_store_gives_the_screen():
    """`env.utils` comes after the store: an answer to a payment that goes on after a reload may be earlier."""
    early = [
        path.name
        for path in scripts()
        if layer_of(path) != "dialogs" and "env.utils." in path.read_text("utf-8")
    ]
    assert not early


def test_the_waiting_times_stand_in_one_file():
    """Elsewhere a number of milliseconds is only what a second has."""
    long_number = re.compile(r"(?<![\w/])\d{3,}\b")
    elsewhere = {
        (path.name, number)
        for path in scripts()
        if path.name not in ("timing.js", "qr_picture.js")
        for number in long_number.findall(path.read_text("utf-8"))
    }
    assert elsewhere <= {(name, "1000") for name, _ in elsewhere}
