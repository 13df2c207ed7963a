"""Several test processes at a time: what is counted, what is shown, what stays."""

import json
import os
import sys

import pytest

from stack import paths, runs
from stack.runs import Count, Run, run_all
from stack.selection import Selection

GOOD = "def test_good(): pass\n"
BAD = "def test_bad():\n    assert 1 + 1 == 3, 'wrong sum'\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("POS_GLASE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def run(tmp_path):
    """A function that makes the run of a group with one file of tests."""

    def make(name, code, expected=0, arguments=()):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"test_{name}.py").write_text(code)
        environment = {
            **os.environ,
            "PYTHONPATH": str(paths.CHECKOUT / "bin"),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        pytest_ = [sys.executable, "-m", "pytest", "-p", "stack.recording"]
        command = [*pytest_, "-p", "no:cacheprovider", f"--rootdir={folder}", *arguments, folder]
        return Run(name, lambda: (command, environment, folder), tmp_path, expected=expected)

    return make


def selection(*rest, narrowed=False):
    return Selection(list(rest), narrowed)


def test_counts_are_added_and_trouble_is_shown(run, capsys):
    count, good = run_all([run("one", GOOD * 2 + BAD), run("two", GOOD)], selection())
    assert (count, good) == (Count(2, 1, 0), True)
    shown = capsys.readouterr().out
    assert "one: 1 passed, 1 failed, 0 skipped in" in shown
    assert "two: 1 passed, 0 failed, 0 skipped in" in shown
    assert "wrong sum" in shown


SUBTESTS = """
import unittest

class TestSome(unittest.TestCase):
    def test_good(self):
        for number in range(5):
            with self.subTest(number=number):
                pass

    def test_bad_twice(self):
        for number in range(5):
            with self.subTest(number=number):
                self.assertNotIn(number, (1, 3))

    @unittest.skip("for the count")
    def test_skipped(self):
        pass
"""


def test_a_test_is_counted_once_however_many_subtests_it_has(run):
    assert run_all([run("sub", SUBTESTS), run("two", GOOD)], selection())[0] == Count(2, 1, 1)


def test_a_process_that_dies_is_a_failure(run):
    died = run("died", "import os; os._exit(3)\n")
    assert run_all([died, run("two", GOOD)], selection())[0] == Count(1, 1, 0)


def test_a_group_may_be_empty_only_where_less_was_asked_for(run):
    none = run("none", GOOD, arguments=["-k", "nothing"])
    assert run_all([none, run("two", GOOD)], selection(narrowed=True))[0] == Count(1, 0, 0)
    none = run("none_again", GOOD, arguments=["-k", "nothing"])
    assert run_all([none, run("two_again", GOOD)], selection())[0] == Count(1, 1, 0)


def test_a_check_that_is_no_test_is_not_counted(run, tmp_path, capsys):
    code = "import sys; print('a line too long'); sys.exit(1)"
    command = [sys.executable, "-c", code]
    check = Run("lint", lambda: (command, None, tmp_path), tmp_path, is_pytest=False)
    assert run_all([check, run("two", GOOD)], selection()) == (Count(1, 0, 0), False)
    assert "a line too long" in capsys.readouterr().out


def test_the_longest_begins_first(run, monkeypatch, capsys):
    monkeypatch.setattr(runs, "AT_A_TIME", 1)
    run_all([run("short", GOOD, expected=1), run("long", GOOD, expected=9)], selection())
    shown = capsys.readouterr().out
    assert shown.index("long: 1 passed") < shown.index("short: 1 passed")


def test_what_it_took_stays_in_the_cache_and_orders_the_next_run(run, cache, monkeypatch):
    first = run("first", GOOD)
    run_all([first, run("second", GOOD)], selection())
    kept = json.loads((cache / "tests/durations.json").read_text())
    assert set(kept) >= {"test_first.py::test_good", "group first", "group second"}
    assert (cache / "tests/first.xml").exists()
    assert "1 passed" in (cache / "tests/first.log").read_text()
    (cache / "tests/durations.json").write_text(json.dumps({"group late": 1, "group early": 9}))
    monkeypatch.setattr(runs, "AT_A_TIME", 1)
    these = [run("late", GOOD), run("early", GOOD)]
    run_all(these, selection())
    assert [one.name for one in these] == ["early", "late"]


def test_part_of_a_group_does_not_count_as_the_group(run, cache):
    run_all([run("first", GOOD), run("second", GOOD)], selection(narrowed=True))
    assert "group first" not in json.loads((cache / "tests/durations.json").read_text())


def test_the_first_failure_ends_all_where_that_is_asked_for(run, monkeypatch):
    monkeypatch.setattr(runs, "AT_A_TIME", 1)
    later = run("later", GOOD)
    count, _good = run_all([run("first", BAD, expected=9), later], selection("-x"))
    assert count == Count(0, 1, 0)
    assert later.code is None


def test_the_slowest_are_named(run):
    these = [run("one", "import time\ndef test_slow(): time.sleep(0.2)\n"), run("two", GOOD)]
    run_all(these, selection())
    lines = runs.slowest(these)
    assert "test_slow" in lines[0]
    assert len(lines) == 2


def test_a_group_is_cut_by_what_its_files_took(cache):
    (cache / "tests").mkdir(parents=True)
    took = {"a.py::one": 30, "a.py::two": 30, "b.py::one": 25, "c.py::one": 30, "old.py::one": 99}
    (cache / "tests/durations.json").write_text(json.dumps(took))
    assert runs.in_parts(["a.py", "b.py", "c.py"], 2) == [["a.py"], ["b.py", "c.py"]]
    # A new file takes as long as the average, which is 38 s.
    assert runs.in_parts(["a.py", "b.py", "c.py", "new.py"], 2) == [
        ["a.py", "b.py"],
        ["c.py", "new.py"],
    ]


def test_each_file_of_a_group_is_in_one_part():
    paths_ = [f"tests/test_{number}.py" for number in range(7)]
    parts = runs.in_parts(paths_, 3)
    assert sorted(sum(parts, [])) == paths_
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
