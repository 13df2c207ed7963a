"""The matrix of modules: its rows, its table, its page."""

from types import SimpleNamespace

import pytest

from stack import debian, matrix, testing
from stack.console import Stop
from stack.selection import select


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A matrix of one row, which names two modules and has a case of each verdict."""
    monkeypatch.setattr(matrix, "CHECKOUT", tmp_path)
    monkeypatch.setattr(matrix, "FOLDER", tmp_path)
    (tmp_path / "rooms_matrix_test.py").write_text(
        '"""Rooms\nand tables.\n\nMore of it."""\nMODULES = ("pos_one", "pos_two")\n'
        'def test_a(till):\n    """A sale."""\n'
        '@pytest.mark.parametrize("size", [1, 2])\ndef test_b(size):\n    """Two sizes."""\n'
        '@pytest.mark.says_no("Glase has no tips.")\ndef test_c():\n    """A tip."""\n'
    )
    return tmp_path


def ended(name, outcome="passed", **properties):
    return {
        "test": f"rooms_matrix_test.py::{name}",
        "seconds": 1.25,
        "outcome": outcome,
        "properties": properties,
    }


def test_a_row_is_what_its_file_says(folder):
    row = matrix.rows()["rooms"]
    assert (row.about, row.modules) == ("Rooms and tables", ("pos_one", "pos_two"))
    assert [(case.about, case.why_not) for case in row.cases] == [
        ("A sale", ""),
        ("Two sizes", ""),
        ("A tip", "Glase has no tips."),
    ]


def test_what_a_row_needs_of_debian_is_installed_when_it_is_not_there(folder, monkeypatch):
    path = folder / "rooms_matrix_test.py"
    path.write_text(path.read_text() + 'PROGRAMS = {"of-debian": "its-program", "also": "sh"}\n')
    programs = matrix.programs_of([f"{path.name}::test_a", path.name])
    assert programs == {"of-debian": "its-program", "also": "sh"}
    assert set(debian.missing(programs=programs)) - set(debian.missing()) == {"of-debian"}


def test_the_table_says_what_came_out(folder):
    tests = [
        ended("test_a", seen="order 1.00"),
        *(ended("test_b[1]"), ended("test_b[2]", "failed")),
        ended("test_c"),
    ]
    run = SimpleNamespace(name="matrix-rooms", seconds=9, tests=lambda: tests)
    text = matrix.table([run])
    assert "rooms: pos_one, pos_two; 9 s, 2 works, 1 no, 1 FAILED" in text
    assert "A sale: order 1.00" in text
    assert "Two sizes (2)" in text
    assert "A tip: Glase has no tips." in text
    assert text.endswith("The matrix: 1 rows, 2 works, 1 no, 1 FAILED")


def test_a_row_that_is_not_there_is_a_sentence(folder):
    with pytest.raises(Stop, match="no row kitchen.*rooms"):
        matrix.paths("kitchen")


def test_rows_run_only_when_they_are_asked_for():
    rows = matrix.paths()
    assert rows
    assert not set(rows) & set(select([]).companions)
    assert not set(rows) & set(select(["tests/process"]).companions)
    assert select(rows[:1]).companions == rows[:1]
    assert set(select([str(matrix.FOLDER)]).companions) == set(rows)


def test_a_row_is_one_run_whatever_is_asked_of_it():
    path = matrix.paths("loyalty")[0]
    modules = matrix.rows()["loyalty"].modules
    both = [f"{path}::test_a", f"{path}::test_b"]
    assert list(testing._beside(both)) == [("matrix-loyalty", modules, both)]


def test_every_row_says_what_it_tries():
    for row in matrix.rows().values():
        assert row.about and row.cases, row.name
        assert all(case.about for case in row.cases), row.name
    tried = [case.about for row in matrix.rows().values() for case in row.cases]
    assert len(tried) == len(set(tried))


JUNIT = """<testsuites><testsuite><testcase name="test_a"><properties>
<property name="seen" value="order 1.00"/></properties></testcase>
<testcase name="test_b[1]"><properties><property name="seen" value="small"/></properties></testcase>
<testcase name="test_b[2]"><properties><property name="seen" value="large"/></properties><failure/></testcase>
</testsuite></testsuites>"""


def test_the_page_keeps_what_was_seen_last(folder):
    seen = matrix.last_seen(folder)
    assert seen == {}
    (folder / "matrix-rooms.xml").write_text(JUNIT)
    seen = matrix.last_seen(folder)
    assert seen == {"A sale": "order 1.00", "Two sizes": "1: small"}
    text = matrix.page(f"Before\n{matrix.BEGIN}\n{matrix.END}\nAfter\n", seen)
    assert "| `pos_one`, `pos_two` | A sale | works | order 1.00 |\n" in text
    assert "|  | A tip | no: Glase has no tips. |  |\n" in text
    assert matrix.page(text) == text
    assert "| A sale | works | order 2.00 |" in matrix.page(text, {"A sale": "order 2.00"})


def test_the_page_has_the_table_of_the_rows():
    """When it has not: ``PYTHONPATH=bin python3 -m stack.matrix`` writes it."""
    text = matrix.PAGE.read_text()
    assert matrix.page(text) == text
