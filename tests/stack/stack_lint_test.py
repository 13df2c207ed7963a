"""``bin/lint`` asks its tools about what has changed; what they were content with is remembered."""

from pathlib import Path

import pytest

from stack import lint, oca, python_env


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with one file of each kind, whose tools only note that they were asked."""
    folder = tmp_path / "checkout"
    (folder / "bin").mkdir(parents=True)
    for name in ("one.py", "one.js", "one.scss", "pyproject.toml"):
        (folder / name).write_text("1")
    monkeypatch.setenv("POS_GLASE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(lint, "CHECKOUT", folder)
    monkeypatch.setattr(lint.debian, "missing", lambda browser: [])
    monkeypatch.setattr(lint.python_env, "find", lambda: Path("python"))
    monkeypatch.setattr(lint.node_env, "find", lambda python: (Path("node"), Path("packages")))
    return folder


@pytest.fixture
def asked(monkeypatch):
    """What the tools were asked since; ``asked.faulty``: words of the one that finds something."""

    class Asked(list):
        faulty = "nothing"

        def attend(self, arguments, **_options):
            self.append(" ".join(map(str, arguments)))
            return self.faulty in self[-1]

    found = Asked()
    monkeypatch.setattr(lint, "attend", found.attend)
    return found


def test_what_has_not_changed_is_asked_once(checkout, asked, capsys):
    assert lint.check()
    assert len(asked) == 6
    assert lint.check()
    assert len(asked) == 6
    assert "pylint: good (1 files, unchanged)" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name, words",
    [
        ("one.py", {"ruff check", "ruff format", "pylint", "figures"}),
        ("one.js", {"eslint", "prettier"}),
        ("one.scss", {"prettier"}),
        (
            "pyproject.toml",
            {"ruff check", "ruff format", "pylint", "eslint", "prettier", "figures"},
        ),
    ],
)
def test_a_changed_file_is_asked_about_again(checkout, asked, name, words):
    lint.check()
    asked.clear()
    (checkout / name).write_text("2")
    lint.check()
    assert {word for word in words if any(word in line for line in asked)} == words
    assert len(asked) == len(words)


def test_a_new_file_is_asked_about_with_all(checkout, asked):
    lint.check()
    asked.clear()
    (checkout / "two.xml").write_text("1")
    lint.check()
    assert len(asked) == 7
    assert any("stack.oca" in line for line in asked)


def test_a_fault_is_found_each_time(checkout, asked):
    asked.faulty = "pylint"
    assert not lint.check()
    assert not lint.check()
    assert sum("pylint" in line for line in asked) == 2


def test_what_is_to_be_corrected_is_asked_always(checkout, asked):
    lint.check()
    asked.clear()
    lint.check(fix=True)
    assert len(asked) == 6


def test_answers_do_not_grow_without_end(checkout, asked, monkeypatch):
    monkeypatch.setattr(lint, "REMEMBERED", 2)
    for text in "abcd":
        (checkout / "one.py").write_text(text)
        lint.check()
    assert len(list((lint.cache() / "lint").glob("pylint-*"))) == 2


def test_what_is_not_asked_is_told_with_its_reason(checkout, asked, capsys):
    lint.check()
    printed = capsys.readouterr().out
    for left_out in lint.NOT_ASKED.values():
        for name, reason in left_out.items():
            assert f"not asked: {name}, {reason}" in printed


def test_ocas_checks_find_a_fault_of_each_kind_in_each_addon(tmp_path, monkeypatch, capfd):
    """The root of a clone is an addon, too: there the programs themselves find none."""
    (tmp_path / ".git").mkdir()
    for name in ("LICENSE", "requirements.txt"):
        (tmp_path / name).touch()
    for addon in (tmp_path, tmp_path / "addons/other"):
        for folder in ("readme", "views", "i18n"):
            (addon / folder).mkdir(parents=True)
        (addon / "__init__.py").touch()
        (addon / "readme/DESCRIPTION.rst").write_text("Text.\n")
        (addon / "__manifest__.py").write_text(MANIFEST)
        (addon / "views/one.xml").write_text(TWICE)
        (addon / "i18n/sv.po").write_text(TRANSLATION)
    monkeypatch.setattr(oca.sys, "executable", str(python_env.find()))
    assert not oca.check(tmp_path)
    printed = capfd.readouterr().out
    for name in ("pos_glase", "other"):
        assert f"{name}/views/one.xml:3: xml-duplicate-record-id" in printed
        assert f"{name}/i18n/sv.po" in printed
    assert str(tmp_path) not in printed


MANIFEST = '{"name": "One", "version": "19.0.1.0.0", "data": ["views/one.xml"]}'
TWICE = """\
<?xml version="1.0" encoding="UTF-8" ?>
<odoo>
    <record id="one" model="ir.rule"><field name="name">a</field></record>
    <record id="one" model="ir.rule"><field name="name">b</field></record>
</odoo>
"""
TRANSLATION = """\
#. module: one
#: code:addons/one/models/one.py:0
#, python-format
msgid "%s of %s"
msgstr "%d av"
"""
