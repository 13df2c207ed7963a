"""The simulator stands alone, and its manual is complete."""

import ast
import pathlib
import subprocess
import sys

import pytest
from simulator_tools import ROOT

from simulator import faults, profile

SOURCES = sorted((ROOT / "simulator").rglob("*.py"))
ALLOWED = {"lxml", "werkzeug", "markupsafe"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_are_relative_or_few(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        for name in names:
            top = name.partition(".")[0]
            assert top in ALLOWED or top in sys.stdlib_module_names, name


def test_it_works_under_another_name(tmp_path):
    """As part of an addon it is a sub-package, and finds the WSDL all the same."""
    package = tmp_path / "somewhere" / "addons" / "pos_glase"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "simulator").symlink_to(ROOT / "simulator")
    (package / "glase").symlink_to(ROOT / "glase")
    code = (
        "from pos_glase.simulator import Simulator, create_app\n"
        "from werkzeug.test import Client\n"
        "answer = Client(create_app(Simulator())).get('/soap/merchant/cashregister-2?wsdl')\n"
        "print(answer.status_code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=package.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "200\n"


def test_the_manual_names_every_setting_value_and_fault():
    manual = pathlib.Path(ROOT / "doc/simulator.md").read_text("utf-8")
    for name, setting in profile.SETTINGS.items():
        (line,) = [line for line in manual.splitlines() if line.startswith(f"| `{name}` |")]
        if isinstance(setting.allowed, tuple):
            for value in setting.allowed:
                assert f"`{str(value).lower() if value in (True, False) else value}`" in line
        default = setting.default
        text = str(default).lower() if isinstance(default, bool) else str(default)
        assert f"**`{text}`**" in line
    for kind in faults.KINDS:
        assert f"| `{kind}` |" in manual
