"""What each layer may import: read from the imports themselves, wherever in a file they stand."""

import ast
from pathlib import Path

import pytest

MODULE = Path(__file__).resolve().parents[2]
# Of the protocol client, rules use its tables only.
TABLES = ("glase.codes", "glase.operations")
# Of the standard library, what rules calculate with; nothing that opens a file, a process or a socket.
CALCULATING = frozenset(
    ("collections", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools",
     "hashlib", "heapq", "itertools", "math", "operator", "re", "string", "typing",
     "unicodedata")
)  # fmt: skip


def imported(path):
    """Each name that a file imports, relative ones made full from the module's root."""
    package = path.relative_to(MODULE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names)


def files(layer):
    found = sorted((MODULE / layer).rglob("*.py"))
    assert found
    return found


def inside(name, *packages):
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("path", files("rules"), ids=lambda path: path.name)
def test_rules_import_what_they_calculate_with_and_tables(path):
    strange = [name for name in imported(path) if not inside(name, "rules", *TABLES, *CALCULATING)]
    assert not strange


@pytest.mark.parametrize("path", files("glase"), ids=lambda path: path.name)
def test_the_client_knows_neither_odoo_nor_the_rules(path):
    assert not [name for name in imported(path) if inside(name, "odoo", "rules", "models")]


@pytest.mark.parametrize("path", files("simulator"), ids=lambda path: str(path.relative_to(MODULE)))
def test_the_simulator_knows_nothing_of_what_it_stands_against(path):
    assert not [name for name in imported(path) if inside(name, "odoo", "rules", "models", "glase")]


def test_the_reader_of_imports_sees_them(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.MODULE", tmp_path)
    (tmp_path / "rules").mkdir()
    one = tmp_path / "rules" / "one.py"
    one.write_text("def late():\n    from ..glase import Client\n    import odoo.api\n")
    assert list(imported(one)) == ["glase.Client", "odoo.api"]
