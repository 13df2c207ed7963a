"""Which tests ``bin/test`` runs for which arguments."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stack import paths, selection, testing
from stack.selection import TESTS, select

HOW_MANY_NAMES = 40
TESTS_FILES = sorted([*TESTS.rglob("test_*.py"), *TESTS.glob("*/*_test.py")])


def files(chosen):
    groups = (chosen.plain, chosen.process, chosen.pages, chosen.companions, chosen.kioskpages)
    on_odoo = (chosen.odoo, chosen.browser, chosen.kiosk)
    return [path for group in (*groups, *on_odoo) for path in group]


def test_without_arguments_everything_that_is_there():
    chosen = select([])
    assert "tests/stack" in chosen.plain
    assert "tests/process/crash_payment_test.py" in chosen.process
    assert "tests/hunt/month_test.py" in chosen.process
    assert "tests/process/browser_scanner_test.py" in chosen.pages
    assert chosen.companions == [
        "tests/process/browser_restaurant_test.py",
        "tests/process/browser_till_test.py",
    ]
    assert "tests/ledger/test_proof.py" in chosen.odoo
    assert "tests/pos/test_hoot.py" in chosen.browser
    assert not chosen.narrowed


def test_every_file_is_in_one_group():
    chosen = select([])
    for path in TESTS_FILES:
        inside = path.relative_to(TESTS)
        if inside.parts[0] in selection.OF_ROWS:
            continue
        is_alone = inside.name.startswith("test_") or inside.parts[0] in selection.PROCESS
        name = inside if is_alone else inside.parts[0]
        assert files(chosen).count(f"tests/{name}") == 1, name


def test_a_room_is_sorted_by_file():
    chosen = select(["tests/pos"])
    assert "tests/pos/test_closing.py" in chosen.odoo
    assert "tests/pos/test_hoot.py" in chosen.browser
    assert {Path(path).parent.name for path in files(chosen)} == {"pos"}


def test_what_needs_a_kiosk_has_groups_of_its_own():
    chosen = select([])
    assert chosen.kioskpages == ["tests/process/browser_kiosk_test.py"]
    name = f"{selection.KIOSK_TESTS}/test_kiosk_attack.py"
    assert name in chosen.kiosk
    assert select([f"{name}::TestKioskAttack"]).kiosk == [f"{name}::TestKioskAttack"]
    assert select(["-k", "a_flood_of_bills_is_refused"]).kiosk == [name]
    assert not select([], browser=False).kioskpages


def test_without_a_browser_its_tests_are_left_out():
    chosen = select([], browser=False)
    assert not (chosen.browser or chosen.pages or chosen.companions)


def test_whole_folder_is_everything():
    assert select(["tests", "-x"]).odoo == select([]).odoo


def test_plain_path_needs_no_odoo():
    chosen = select([str(paths.CHECKOUT / "tests/stack"), "-q"])
    assert chosen.plain == ["tests/stack"]
    assert not chosen.needs_odoo
    assert not chosen.needs_browser
    assert chosen.rest == ["-q"]


def test_test_inside_a_file():
    name = "tests/stack/stack_selection_test.py::test_test_inside_a_file"
    assert select([name]).plain == [name]
    assert select(["tests/ledger/test_proof.py::TestProof"]).odoo == [
        "tests/ledger/test_proof.py::TestProof"
    ]


@pytest.mark.parametrize(
    "path", ["tests/pos/test_hoot.py", "tests/simulator/browser_phone_test.py"]
)
def test_what_needs_a_browser_is_known(path):
    assert select([path]).needs_browser
    assert not select(["tests/ledger/test_proof.py"]).needs_browser


def test_expression_leaves_out_what_cannot_match():
    chosen = select(["-k", "test_expression_leaves_out", "-x"])
    assert files(chosen) == ["tests/stack"]
    assert chosen.narrowed
    assert chosen.rest == ["-k", "test_expression_leaves_out", "-x"]
    # Put together here, or this file would hold it too.
    assert files(select(["-kTest" + "Overview"])) == ["tests/accounts/test_overview.py"]


@pytest.mark.parametrize("expression", ["not TestProof", "TestProof and not sync"])
def test_expression_with_not_leaves_out_nothing(expression):
    assert files(select(["-k", expression])) == files(select([]))


@pytest.mark.parametrize("expression", ["[3]", "test_any[0-1]"])
def test_a_parameter_that_may_be_counted_keeps_what_has_parameters(expression):
    assert select(["-k", expression]).plain == select([]).plain


def test_expression_leaves_out_no_test_that_has_the_name():
    """Names drawn from all tests but those of a row of the matrix: the file of each is kept."""
    named = [
        (path, name)
        for path in TESTS_FILES
        if path.relative_to(TESTS).parts[0] not in selection.OF_ROWS
        for name in re.findall(r"(?:def|class) ([Tt]est\w+)", path.read_text())
    ]
    for path, name in random.Random(7).sample(named, HOW_MANY_NAMES):
        kept = [TESTS.parent / one for one in files(select(["-k", name]))]
        assert path in kept or any(one in path.parents for one in kept), name


def test_an_inherited_test_is_found_by_its_name(tmp_path, monkeypatch):
    tests = tmp_path / "tests"
    (tests / "shared").mkdir(parents=True)
    (tests / "shared/steps.py").write_text("class Steps:\n    def test_inherited(self): pass\n")
    (tests / "test_heir.py").write_text("class TestHeir(Steps): pass\n")
    monkeypatch.setattr(selection, "TESTS", tests)
    monkeypatch.setattr(selection, "CHECKOUT", tmp_path)
    assert select(["-k", "inherited"]).odoo == ["tests/test_heir.py"]


@pytest.mark.parametrize("command", ["setup", "test", "demo", "lint"])
def test_help_names_files_that_exist(command):
    ended = subprocess.run(
        [sys.executable, str(paths.CHECKOUT / "bin" / command), "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    named = re.findall(r"\b((?:tests|bin|doc|bench)/[\w./-]*\w)(?:::(\w+))?", ended.stdout)
    assert (f"bin/{command}", "") in [(path, "") for path, _item in named] or not named
    for path, item in named:
        assert (paths.CHECKOUT / path).exists(), path
        assert item in (paths.CHECKOUT / path).read_text() if item else True, (path, item)


def test_the_smoke_of_odoos_own_runner_is_a_handful_of_classes():
    tagged = [path for path in TESTS.rglob("test_*.py") if testing.SMOKE in path.read_text()]
    assert 2 <= len(tagged) <= 8
