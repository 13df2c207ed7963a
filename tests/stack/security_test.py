"""The threat model of SECURITY.md: each row is whole, and each test that it names is there."""

import ast
import re

import pytest

from stack.paths import CHECKOUT

PAGE = "SECURITY.md"
COLUMNS = ["Who", "Wants", "Promise", "What protects it", "Test"]
_TEST = re.compile(r"`((?:addons/\w+/)?tests/[\w/]+\.py)((?:::\w+)+)`")


def table(text):
    """The rows of the threat model, each a list of its cells; the header is the first."""
    section = text.partition("\n## Threat model\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in rows if not re.fullmatch("[- ]+", "".join(row))]


def names_of(path):
    """The tests of a file, with their class where they have one."""
    for node in ast.parse((CHECKOUT / path).read_text()).body:
        if isinstance(node, ast.ClassDef):
            inside = (each for each in node.body if isinstance(each, ast.FunctionDef))
            yield from (f"::{node.name}::{each.name}" for each in inside)
        elif isinstance(node, ast.FunctionDef):
            yield f"::{node.name}"


def faults(text):
    """What is wrong with the table, as sentences."""
    header, *rows = table(text)
    if header != COLUMNS:
        yield f"the columns are {header}"
    for row in rows:
        if len(row) != len(COLUMNS) or not all(row):
            yield f"not whole: {row}"
            continue
        tests = _TEST.findall(row[-1])
        if _TEST.sub("", row[-1]).replace("<br>", "") or not tests:
            yield f"more or less than tests: {row[-1]}"
        for path, name in tests:
            there = (CHECKOUT / path).is_file() and name in set(names_of(path))
            if not there or not name.rpartition("::")[2].startswith("test_"):
                yield f"no such test: {path}{name}"


def test_each_promise_has_a_test_that_is_there():
    text = (CHECKOUT / PAGE).read_text()
    assert len(table(text)) > 20
    assert not list(faults(text))


ROW = "| me | all | nothing | a wall | `tests/stack/security_test.py::test_each_promise_has_a_test_that_is_there` |"


@pytest.mark.parametrize(
    "row",
    [
        ROW.replace("a wall", ""),
        "| me | all | nothing | a wall |",
        "| me | all | nothing | a wall | soon |",
        ROW.replace("is_there`", "is_gone`"),
        ROW.replace("security_test.py", "no_such_test.py"),
        ROW.replace("::test_each_promise_has_a_test_that_is_there", "::faults"),
    ],
    ids=["no protection", "no test", "a word", "a test that is gone", "no file", "no test's name"],
)
def test_a_row_that_lacks_something_is_found(row):
    page = "\n## Threat model\n\n| " + " | ".join(COLUMNS) + " |\n| --- | --- |\n{}\n\n## More\n"
    assert not list(faults(page.format(ROW)))
    assert len(list(faults(page.format(row)))) == 1
