"""What ``bin/test --odoo-suites`` reads and keeps; it is not run here."""

from types import SimpleNamespace

import pytest

from stack import odoo_suites
from stack.console import Stop

LOG = """\
1 INFO db odoo.addons.point_of_sale.tests.test_a: Starting TestA.test_b ...
2 ERROR db odoo.addons.point_of_sale.tests.test_a: FAIL: TestA.test_b
3 ERROR db odoo.addons.point_of_sale.tests.test_a: ERROR: TestC.test_d
4 ERROR db odoo.addons.point_of_sale.tests.test_a: ERROR: setUpClass (odoo.addons.point_of_sale.tests.test_e.TestE)
5 ERROR db odoo.tests.result: 1 failed, 2 error(s) of 7 tests when loading database 'db'
"""


@pytest.fixture
def tree(tmp_path):
    for suite, name, text in (
        ("point_of_sale", "test_books.py", "def test_a(self): self.close()"),
        ("point_of_sale", "test_frontend.py", "self.start_pos_tour('One')"),
        ("pos_restaurant", "test_tables.py", "self.browser_js('/')"),
    ):
        folder = tmp_path / suite / "tests"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return SimpleNamespace(addons=(tmp_path, tmp_path / "none"))


def test_the_parts_are_the_whole(tree):
    tours = odoo_suites.tags(tree, odoo_suites.TOURS)
    assert tours == [
        "/point_of_sale/tests/test_frontend.py",
        "/pos_restaurant/tests/test_tables.py",
    ]
    assert odoo_suites.tags(tree, odoo_suites.PYTHON) == [
        *("/point_of_sale", "/pos_restaurant"),
        *(f"-{path}" for path in tours),
    ]


def test_failures_are_read_from_the_runners_log():
    failing, count = odoo_suites.read(LOG)
    assert failing == {"TestA.test_b", "TestC.test_d", "test_e.TestE"}
    assert count == 7


def test_a_runner_that_was_cut_off_is_no_success():
    with pytest.raises(Stop, match="end"):
        odoo_suites.read(LOG.rpartition("5 ERROR")[0])


def test_what_fails_without_the_module_is_kept_part_by_part(tmp_path, monkeypatch):
    monkeypatch.setattr(odoo_suites, "LIST", tmp_path / "list.txt")
    odoo_suites.keep("tours", {"TestB.test_c"})
    odoo_suites.keep("python", {"TestA.test_b"})
    odoo_suites.keep("tours", {"TestB.test_d"})
    assert odoo_suites.kept() == {"python": {"TestA.test_b"}, "tours": {"TestB.test_d"}}


def test_new_failures_stop_it(monkeypatch):
    monkeypatch.setattr(odoo_suites.set_up, "prepare", lambda **_how: None)
    monkeypatch.setattr(odoo_suites, "keep", lambda _part, _failing: None)
    ends = {(): ({"TestA.test_b"}, 5), ("pos_glase",): ({"TestA.test_b"}, 5)}
    monkeypatch.setattr(odoo_suites, "_failing", lambda _stack, _part, modules: ends[modules])
    assert odoo_suites.main("python", True) == 0
    ends[("pos_glase",)] = ({"TestA.test_b", "TestNew.test"}, 5)
    with pytest.raises(Stop, match=r"only: TestNew\.test"):
        odoo_suites.main("python", True)
    with pytest.raises(Stop, match="no part rest"):
        odoo_suites.main("rest", True)
