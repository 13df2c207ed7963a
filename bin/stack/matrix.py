"""``bin/test --matrix [ROW]``: a real till in a real browser beside Odoo's other modules, row after row.

A row is a file in ``tests/process/matrix``, see the page there. What this module says of it is read from the file, so
that the table in ``doc/compatibility.md`` holds what the tests hold: ``PYTHONPATH=bin python3 -m stack.matrix``
writes it, with what the last runs on this machine saw, and a test compares.
"""

import ast
import xml.etree.ElementTree
from dataclasses import dataclass
from pathlib import Path

from .console import Stop
from .paths import CHECKOUT, cache

FOLDER = CHECKOUT / "tests/process/matrix"
ENDING = "_matrix_test.py"
PAGE = CHECKOUT / "doc/compatibility.md"
BEGIN, END = "<!-- the matrix -->", "<!-- end of the matrix -->"
# The mark of a test that shows how something is refused.
SAYS_NO = "says_no"
WORKS, NO, FAILED = "works", "no", "FAILED"
HELP = "run the rows of the matrix (tests/process/matrix), or the one of this name"


@dataclass(frozen=True)
class Case:
    """:ivar name: of the test function
    :ivar about: what is tried, in a sentence
    :ivar why_not: why it is refused; empty when it works
    """

    name: str
    about: str
    why_not: str = ""


@dataclass(frozen=True)
class Row:
    """:ivar path: of the file, relative to the checkout
    :ivar about: what the row is of, in a sentence
    :ivar modules: names of Odoo's modules that are installed beside ours
    """

    name: str
    path: str
    about: str
    modules: tuple
    cases: tuple


def rows():
    """All rows by their name, as their files say."""
    return {row.name: row for row in map(_read, sorted(FOLDER.glob(f"*{ENDING}")))}


def paths(name=""):
    """The files of all rows, or of one.

    :raise Stop: there is no row of this name
    """
    known = rows()
    if name and name not in known:
        raise Stop(f"The matrix has no row {name}. These are there: {', '.join(known)}.")
    return [row.path for row in known.values() if name in ("", row.name)]


def name_of(path):
    """The name of the row in this file; empty when it is none."""
    return Path(path).name.removesuffix(ENDING) if Path(path).match(f"*{ENDING}") else ""


def modules_of(path):
    """The modules that a test file names in ``MODULES``, to be installed beside ours.

    :param path: relative to the checkout
    """
    return tuple(_named(ast.parse((CHECKOUT / path).read_text()), "MODULES", ()))


def programs_of(paths):
    """What test files name in ``PROGRAMS``, beside what each test needs: program by Debian package.

    :param paths: relative to the checkout, with or without a test's name
    """
    files = {path.partition("::")[0] for path in paths}
    named = (_named(ast.parse((CHECKOUT / file).read_text()), "PROGRAMS", {}) for file in files)
    return {package: program for programs in named for package, program in programs.items()}


def _read(path):
    tree = ast.parse(path.read_text())
    tests = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    return Row(
        name_of(path),
        str(path.relative_to(CHECKOUT)),
        _sentence(tree),
        tuple(_named(tree, "MODULES", ())),
        tuple(Case(test.name, _sentence(test), _why_not(test)) for test in tests),
    )


def _named(tree, name, without):
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return ast.literal_eval(node.value)
    return without


def _sentence(node):
    first = (ast.get_docstring(node) or "").partition("\n\n")[0]
    return " ".join(first.split()).removesuffix(".")


def _why_not(test):
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and getattr(mark.func, "attr", "") == SAYS_NO:
            return ast.literal_eval(mark.args[0])
    return ""


def table(runs):
    """What came out of the rows that were run, as text.

    :param runs: ended :class:`~stack.runs.Run` of rows
    """
    known, lines, tried = rows(), [], []
    for run in sorted(runs, key=lambda run: run.name):
        row = known[run.name.partition("-")[2]]
        cases = {case.name: case for case in row.cases}
        told = [(_verdict(test, cases), test) for test in run.tests()]
        verdicts = [verdict for verdict, _test in told]
        tried += verdicts
        beside = ", ".join(row.modules) or "no other module"
        lines.append(f"{row.name}: {beside}; {run.seconds:.0f} s, {_sum(verdicts)}")
        lines += [_line(verdict, test, cases) for verdict, test in told]
    return "\n".join([*lines, f"The matrix: {len(runs)} rows, {_sum(tried)}"])


def _case(test, cases):
    return cases[test["test"].rpartition("::")[2].partition("[")[0]]


def _verdict(test, cases):
    if test["outcome"] != "passed":
        return FAILED
    return NO if _case(test, cases).why_not else WORKS


def _line(verdict, test, cases):
    case = _case(test, cases)
    parameter = test["test"].partition("[")[2].removesuffix("]")
    seen = case.why_not if verdict == NO else test["properties"].get("seen", "")
    words = case.about + (f" ({parameter})" if parameter else "") + (f": {seen}" if seen else "")
    return f"  {verdict:<6} {test['seconds']:5.1f} s  {words}"


def _sum(verdicts):
    counts = [f"{verdicts.count(word)} {word}" for word in (WORKS, NO, FAILED) if word in verdicts]
    return ", ".join(counts) or "nothing tried"


def document(seen):
    """The table of the page on compatibility, in Markdown.

    :param dict seen: what was seen, by what was tried
    """
    lines = ["| Beside | Tried | | Seen |", "| --- | --- | --- | --- |"]
    for row in rows().values():
        beside = ", ".join(f"`{name}`" for name in row.modules) or "Odoo's Point of Sale alone"
        for case in row.cases:
            verdict = f"no: {case.why_not}" if case.why_not else WORKS
            lines.append(f"| {beside} | {case.about} | {verdict} | {seen.get(case.about, '')} |")
            beside = ""
    return "\n".join(lines)


def page(text, seen=()):
    """The page's text with the table as it is now; what was seen before stays where nothing newer is known.

    :param seen: see :func:`document`
    """
    before, _mark, rest = text.partition(BEGIN)
    table, mark, after = rest.partition(END)
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    known = {line[1]: line[3] for line in cells if len(line) == 4}
    return f"{before}{BEGIN}\n{document({**known, **dict(seen)})}\n{mark}{after}"


def last_seen(folder):
    """What the tests that passed wrote down, by what was tried.

    :param Path folder: with the JUnit files of the last runs
    """
    seen = {}
    for row in rows().values():
        file = folder / f"matrix-{row.name}.xml"
        cases = {case.name: case for case in row.cases}
        for test in xml.etree.ElementTree.parse(file).iter("testcase") if file.exists() else ():
            name, _bracket, parameter = test.get("name").partition("[")
            words = [one.get("value") for one in test.iter("property") if one.get("name") == "seen"]
            if name in cases and words and test.find("failure") is None:
                # pytest writes letters beyond ASCII as escapes.
                parameter = parameter.removesuffix("]").encode().decode("unicode_escape")
                told = f"{parameter}: " if parameter else ""
                seen.setdefault(cases[name].about, []).append(told + words[0])
    return {about: "; ".join(words).replace("|", "/") for about, words in seen.items()}


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(), last_seen(cache() / "tests")))
