"""What the pages say of files and sections is there."""

import re

import pytest

from stack.lint import checkout_files
from stack.paths import CHECKOUT

FILES = checkout_files()
PAGES = [name for name in FILES if name.endswith(".md")]
TOP = {name.split("/")[0] for name in FILES if "/" in name}
TEXTS = (".py", ".js", ".xml", ".md", ".scss", ".sql")


def exists(path):
    found = CHECKOUT / path
    return any(found.parent.glob(found.name)) if "*" in path else found.exists()


def named(text):
    """The paths inside the checkout that a page names as code."""
    for span in re.findall(r"`([^`\n]+)`", text):
        for word in span.split():
            inside = re.fullmatch(r"([\w.*-]+)/[\w./*-]*", word)
            if inside and inside.group(1) in TOP:
                yield word


@pytest.mark.parametrize("page", PAGES)
def test_the_files_that_a_page_names_are_there(page):
    text = (CHECKOUT / page).read_text()
    assert not [path for path in named(text) if not exists(path)]


@pytest.mark.parametrize("page", PAGES)
def test_the_links_of_a_page_lead_somewhere(page):
    text = (CHECKOUT / page).read_text()
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)", text)
    folder = (CHECKOUT / page).parent
    assert not [link for link in links if not (folder / link).exists()]


@pytest.mark.parametrize("page", ["doc/ledger.md", "doc/protocol.md"])
def test_the_sections_that_are_cited_are_there(page):
    text = (CHECKOUT / page).read_text()
    sections = set(re.findall(r"^#+ (\d+(?:\.\d+)?)\.? ", text, re.MULTILINE))
    assert len(sections) > 5
    cited = re.compile(rf"{re.escape(page)}(?:``)? (§[\d.]+(?:,\s*(?:``)?§[\d.]+)*)")
    missing = [
        f"{name} §{number}"
        for name in FILES
        if name.endswith(TEXTS)
        for group in cited.findall((CHECKOUT / name).read_text())
        for number in re.findall(r"\d+(?:\.\d+)?", group)
        if number not in sections
    ]
    assert not missing


def test_sections_are_numbered_without_a_gap():
    text = (CHECKOUT / "doc/ledger.md").read_text()
    numbers = [int(number) for number in re.findall(r"^## (\d+)\. ", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
