"""What *Apps* show of the addons: their manifests, and the page that is made from the fragments in ``readme``."""

import re

import pytest

from stack import apps_page, installed, paths, wheel

ADDONS = installed.addons(paths.CHECKOUT)
NAMED = pytest.mark.parametrize("addon", ADDONS.values(), ids=list(ADDONS))


@NAMED
def test_the_page_is_what_the_fragments_make(addon):
    assert apps_page.stale(addon) == [], "bin/release --pages writes it"


@NAMED
def test_the_page_shows_pictures_that_are_there_and_leads_nowhere_else(addon):
    text = apps_page.page(addon)
    for source in re.findall(r'src="([^"]*)"', text):
        assert (addon / "static/description" / source).is_file()
    assert "<script" not in text
    assert not re.findall(r'<link|href="http', text)
    assert text.count("<img ") == text.count(' alt="') == text.count('class="img-fluid"')


@NAMED
def test_no_fragment_is_left_out(addon):
    known = {"DESCRIPTION", *wheel.FRAGMENTS}
    assert {path.stem for path in (addon / "readme").iterdir()} <= known


@NAMED
def test_a_manifest_says_whose_it_is_and_how_far_it_is(addon):
    manifest = installed.manifest(addon)
    assert re.fullmatch(r"https://[\w.-]+/\S*", manifest["website"])
    assert manifest["author"] == "pos_glase maintainers"
    assert [name for name in manifest["maintainers"] if not re.fullmatch(r"[\w-]+", name)] == []
    assert manifest["maintainers"]
    assert manifest["development_status"] in ("Alpha", "Beta", "Production/Stable", "Mature")
    assert manifest["license"] == "LGPL-3"
    assert "LESSER GENERAL PUBLIC LICENSE" in (paths.CHECKOUT / "LICENSE").read_text()
    assert (addon / "static/description/icon.png").is_file()
    for image in manifest.get("images", ()):
        assert (addon / image).is_file()


def test_the_module_is_found_as_apps_open_with_pictures():
    """*Apps* show applications alone until that filter is removed."""
    manifest = installed.manifest(paths.CHECKOUT)
    assert manifest["application"]
    assert manifest["images"]


def test_a_changed_fragment_or_picture_is_told(tmp_path, monkeypatch):
    addon = tmp_path / "addon"
    (addon / "readme").mkdir(parents=True)
    (addon / "static/description").mkdir(parents=True)
    (addon / "__manifest__.py").write_text('{"name": "An addon"}')
    (addon / "readme/DESCRIPTION.rst").write_text("What it *is*.\n\n.. image:: a.png\n   :alt: a\n")
    monkeypatch.setattr(apps_page, "PICTURES", tmp_path)
    (tmp_path / "a.png").write_bytes(b"1")
    shown = addon / "static/description/a.png"
    index = addon / "static/description/index.html"
    assert apps_page.stale(addon) == [index, shown]
    apps_page.write(addon)
    assert apps_page.stale(addon) == []
    assert "<em>is</em>" in index.read_text()
    (tmp_path / "a.png").write_bytes(b"2")
    assert apps_page.stale(addon) == [shown]
    (addon / "readme/USAGE.rst").write_text("More.\n")
    assert apps_page.stale(addon) == [index, shown]
