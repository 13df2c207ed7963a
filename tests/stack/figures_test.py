"""The figures of the house: each thing that must never be is found, where it is and by name."""

import pytest

from stack.figures import MOST_COMPLEX, MOST_FILES, MOST_LINES, House

MODEL = "class {0}(models.Model):\n    _{1} = '{2}'\n"


@pytest.fixture
def house(tmp_path):
    """Makes a house of files: text by path."""

    def make(files):
        for path, text in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        return House(tmp_path, files)

    return make


def own(kind="inherit", method="", name="glase.case"):
    return MODEL.format("Case", kind, name) + method


def method(name, *lines):
    body = lines or ("pass",)
    return f"    def {name}(self):\n" + "".join(f"        {line}\n" for line in body)


def test_a_house_in_order(house):
    files = {
        "models/cases/case.py": own("name", method("_open")),
        "models/cases/case_end.py": own("inherit", method("_end", "self._open()")),
    }
    assert list(house(files).faults()) == []


def test_a_method_defined_twice(house):
    files = {
        "models/cases/case.py": own("name", method("_open")),
        "models/cases/case_end.py": own("inherit", method("_open")),
    }
    (fault,) = house(files).faults()
    assert fault.startswith("glase.case._open is defined 2 times: models/cases/case.py:3, ")


def test_a_field_defined_twice(house):
    files = {
        f"models/cases/{name}.py": own(kind, "    note = fields.Char(\n        'Note'\n    )\n")
        for name, kind in (("case", "name"), ("more", "inherit"))
    }
    assert list(house(files).faults()) == [
        "glase.case.note is defined 2 times: models/cases/case.py:3, models/cases/more.py:3"
    ]


def test_a_method_defined_twice_in_one_file(house):
    text = own("name", method("_open")) + own("inherit", method("_open"))
    assert len(list(house({"models/cases/case.py": text}).faults())) == 1


def test_what_a_class_extends_by_a_list_of_one(house):
    extending = own("name", method("_open")).replace(
        "_name = 'glase.case'", "_inherit = ['glase.case']"
    )
    files = {"models/cases/case.py": own("name", method("_open")), "models/cases/b.py": extending}
    assert len(list(house(files).faults())) == 1


def test_a_mixin_may_be_overridden(house):
    mixed = own("name", method("_open")).replace(
        "_name = 'glase.case'", "_name = 'glase.case'\n    _inherit = ['glase.kept']"
    )
    files = {
        "models/support/kept.py": own("name", method("_open"), "glase.kept"),
        "models/cases/case.py": mixed,
    }
    assert list(house(files).faults()) == []


@pytest.mark.parametrize(("more", "faults"), [(0, 0), (1, 1)])
def test_a_model_in_too_many_files(house, more, faults):
    files = {f"models/cases/part{index}.py": own() for index in range(MOST_FILES + more)}
    assert len(list(house(files).faults())) == faults


def test_a_model_in_two_rooms(house):
    files = {"models/cases/case.py": own("name"), "models/books/case.py": own()}
    assert list(house(files).faults()) == ["glase.case is in 2 rooms: models/books, models/cases"]


def test_a_model_of_odoo_in_two_files(house):
    files = {f"models/pos/part{index}.py": own(name="pos.order") for index in range(2)}
    assert list(house(files).faults()) == ["pos.order is in 2 files, 1 at most"]


@pytest.mark.parametrize(("lines", "faults"), [(MOST_LINES - 1, 0), (MOST_LINES, 1)])
def test_a_long_function(house, lines, faults):
    text = "def long():\n" + "    x = 1\n" * lines
    assert len(list(house({"rules/long.py": text}).faults())) == faults


@pytest.mark.parametrize(("more", "faults"), [(0, 0), (1, 1)])
def test_a_complex_function(house, more, faults):
    condition = " and ".join(["x"] * (MOST_COMPLEX + more))
    text = f"def tangled(x):\n    return {condition}\n"
    found = list(house({"glase/tangled.py": text}).faults())
    assert len(found) == faults


def test_functions_inside_functions_and_classes_are_looked_at_once(house):
    inner = "def outer():\n    def inner(x):\n        return " + " and ".join(["x"] * 20) + "\n"
    (fault,) = (each for each in house({"rules/deep.py": inner}).faults() if " inner " in each)
    assert "complexity 20" in fault
    methods = (
        "class A:\n    class B:\n        def deep(self, x):\n            return x or "
        + "x or " * 20
        + "x\n"
    )
    assert len(list(house({"rules/deep.py": methods}).faults())) == 1


def test_a_private_call_that_leaves_its_room(house):
    files = {
        "models/cases/case.py": own("name", method("_open")),
        "models/books/book.py": own(
            "name", method("_book", "self._open()", "self._book()"), "glase.book"
        ),
        "wizard/ask.py": "def ask(case):\n    case._open()\n    case.open()\n",
    }
    assert house(files).leaving == ["models/books/book.py:4 _open", "wizard/ask.py:2 _open"]


def test_a_class_that_is_no_model_calls_its_own(house):
    files = {
        "models/cases/case.py": own("name", method("_open")),
        "wizard/ask.py": "class Ask:\n    def _open(self, case):\n        self._open(case)\n",
    }
    assert house(files).leaving == []


def test_what_is_no_product_is_passed_over(house):
    text = "def long():\n" + "    x = 1\n" * 100
    assert not house({"tests/long.py": text, "bin/stack/long.py": text}).functions
