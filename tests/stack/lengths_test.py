"""What ``bin/test`` leaves to ``bin/test --rest``: nothing is lost between the two."""

import ast
import functools
import os
import subprocess
import sys

import pytest

from stack import lengths, paths, selection
from stack.console import Stop
from stack.selection import GROUPS, TESTS, select

SHARED = [path for path in TESTS.rglob("*.py") if path.parent.name in ("shared", "process")]


@functools.cache
def _names(path):
    """The classes and functions of a file."""
    kinds = (ast.ClassDef, ast.FunctionDef)
    return {one.name for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, kinds)}


def _is_there(name):
    file, *inside = name.split("::")
    path = paths.CHECKOUT / file
    return path.is_file() and all(
        any(one in _names(each) for each in (path, *SHARED)) for one in inside
    )


def test_each_line_names_a_test_that_is_there():
    assert [name for name in sorted(lengths.named()) if not _is_there(name)] == []
    assert not _is_there("tests/pos/test_hoot.py::TestHoot::test_gone")
    assert not _is_there("tests/pos/test_gone.py")


def test_no_line_is_said_by_another():
    known = lengths.named()
    assert not [name for name in known if lengths.is_long(name, known - {name})]


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """A function that puts names into a list of its own."""

    def put(*names):
        file = tmp_path / "long.txt"
        file.write_text("\n".join(["# Comments are no names.", "", *names, ""]))
        monkeypatch.setattr(lengths, "LIST", file)

    return put


def test_a_file_a_class_and_a_test_with_any_parameter_can_be_named(listed):
    listed("tests/a.py", "tests/b.py::TestB", "tests/c.py::test_c")
    known = lengths.named()
    long = ["tests/a.py::test_x", "tests/b.py::TestB::test_y", "tests/c.py::test_c[a::b]"]
    short = ["tests/aa.py::test_x", "tests/b.py::TestBB::test_y", "tests/c.py::test_cc[1]"]
    assert [name for name in long + short if lengths.is_long(name, known)] == long


@pytest.mark.parametrize("length", [lengths.SHORT, lengths.REST])
def test_what_has_none_of_a_length_is_not_started(listed, length):
    listed(
        "tests/pos/test_hoot.py", "tests/ledger/test_proof.py::TestProof", "tests/glase/x_test.py"
    )
    chosen = select([], length=length)
    assert ("tests/pos/test_hoot.py" in chosen.browser) == (length == lengths.REST)
    assert "tests/ledger/test_proof.py" in chosen.odoo
    assert ("tests/ledger/test_poll.py" in chosen.odoo) == (length == lengths.SHORT)
    assert ("tests/rules" in chosen.plain) == (length == lengths.SHORT)
    assert "tests/glase" in chosen.plain
    assert bool(chosen.kiosk) == (length == lengths.SHORT)


def test_each_file_is_in_one_of_the_two_or_in_both():
    whole, short, rest = select([]), select([], length="short"), select([], length="rest")
    for group in GROUPS:
        both = [*getattr(short, group), *getattr(rest, group)]
        assert set(both) == set(getattr(whole, group)), group


@pytest.mark.parametrize("arguments", [["-k", "hoot"], ["tests/pos/test_hoot.py"], ["tests"]])
def test_what_is_asked_for_is_played_however_long_it_takes(arguments):
    chosen = select(arguments, length=lengths.SHORT)
    assert chosen.browser.count("tests/pos/test_hoot.py") == 1
    assert chosen.pytest_arguments == chosen.rest


def test_only_some_groups():
    chosen = select([], ["plain", "kiosk"])
    assert [group for group in GROUPS if getattr(chosen, group)] == ["plain", "kiosk"]
    with pytest.raises(Stop, match="no group odo.*odoo, browser"):
        select([], ["odo"])


def test_each_test_is_played_by_one_of_the_two(tmp_path):
    """Real pytest, on files that lie elsewhere and are linked to, as Odoo's addons are."""
    checkout = tmp_path / "a checkout"
    (checkout / "tests").mkdir(parents=True)
    (checkout / "tests/long.txt").write_text("tests/one_test.py::test_b\ntests/two_test.py\n")
    (checkout / "tests/one_test.py").write_text(
        "import pytest\n"
        "def test_a(): pass\n"
        "@pytest.mark.parametrize('x', ['1', 'a::b'])\n"
        "def test_b(x): pass\n"
    )
    (checkout / "tests/two_test.py").write_text("def test_c(): pass\n")
    (tmp_path / "linked").symlink_to(checkout)
    played = {
        length: _played(tmp_path / "linked", checkout, length)
        for length in (lengths.SHORT, lengths.REST)
    }
    assert played == {"short": ["test_a"], "rest": ["test_b[1]", "test_b[a::b]", "test_c"]}


def _played(folder, checkout, length):
    start = (
        "import sys, pathlib; from stack import lengths; "
        f"lengths.CHECKOUT = pathlib.Path({str(checkout)!r}).resolve(); "
        "lengths.LIST = lengths.CHECKOUT / 'tests/long.txt'; "
        "import pytest; sys.exit(pytest.main(sys.argv[1:], plugins=[lengths]))"
    )
    arguments = [
        "-p",
        "no:cacheprovider",
        "-q",
        "--co",
        f"--rootdir={folder}",
        f"--length={length}",
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": str(paths.CHECKOUT / "bin"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    ended = subprocess.run(
        [sys.executable, "-c", start, *arguments, "tests"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [line.partition("::")[2] for line in ended.stdout.splitlines() if "::" in line]


def test_a_length_and_no_browser():
    chosen = select([], browser=False, length=lengths.SHORT)
    assert not any(getattr(chosen, group) for group in selection.WITH_BROWSER)
    assert chosen.odoo and chosen.process
