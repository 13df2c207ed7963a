"""What is named in requirements/: ranges for others, locked files for ourselves."""

import re

import pytest
from packaging.requirements import Requirement

from stack import lock, python_env
from stack.paths import CHECKOUT

NAMES = (
    python_env.BUILD,
    *python_env.DEVELOPMENT,
    *python_env.LOCK,
    *python_env.RELEASE,
)
LOCKED = [(name, version) for name in NAMES for version in python_env.PYTHONS]


def requirements(path):
    """The requirements of a file and of those that it includes."""
    found = []
    for line in path.read_text().splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("-r "):
            found += requirements(path.parent / text[3:])
        elif text:
            found.append(Requirement(text))
    return found


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_an_integrator_is_asked_for_zeep_only_in_a_range_that_holds_those_of_odoo():
    (only,) = requirements(CHECKOUT / "requirements.txt")
    assert only.name == "zeep"
    assert [
        version for version in ("4.1.0", "4.2.1", "4.3.1") if version not in only.specifier
    ] == []


def test_every_file_is_there_and_no_other():
    expected = {f"{name}.in" for name in NAMES}
    expected |= {f"{name}-{version}.txt" for name, version in LOCKED}
    assert {path.name for path in python_env.FOLDER.iterdir()} == expected


@pytest.mark.parametrize(("name", "version"), LOCKED)
def test_locked_files_have_versions_and_hashes_and_nothing_of_a_machine(name, version):
    text = (python_env.FOLDER / f"{name}-{version}.txt").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    packages = [line for line in lines if not line.startswith(" ")]
    assert packages
    assert [line for line in packages if not re.fullmatch(r"[\w.-]+==[\w.+!]+ \\", line)] == []
    assert [
        line for line in lines if "://" in line or line.lstrip().startswith(("-i", "-f", "--index"))
    ] == []
    for package in re.split(r"^(?=\S)", "\n".join(lines), flags=re.MULTILINE)[1:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", package), package


@pytest.mark.parametrize("version", python_env.PYTHONS)
@pytest.mark.parametrize(
    "names", [(python_env.BUILD,), *python_env.TITLES], ids=lambda names: names[-1]
)
def test_an_environment_has_all_that_its_file_wants(names, version):
    pins = {}
    for name in names:
        for package, pin in lock.pins(
            (python_env.FOLDER / f"{name}-{version}.txt").read_text()
        ).items():
            assert pins.setdefault(canonical(package), pin) == pin, f"two versions of {package}"
    for wanted in requirements(python_env.FOLDER / f"{names[-1]}.in"):
        pin = pins.get(canonical(wanted.name))
        assert pin, f"{wanted} is not locked"
        assert wanted.specifier.contains(pin, prereleases=True), f"{wanted}, locked {pin}"


@pytest.mark.parametrize("version", [(3, 9), (3, 14)])
def test_another_python_is_one_sentence(version, monkeypatch):
    info = type("Info", (), {"major": version[0], "minor": version[1]})
    monkeypatch.setattr(python_env.sys, "version_info", info)
    with pytest.raises(python_env.Stop, match=r"Python 3\.10 to 3\.13"):
        python_env.files(python_env.RUNTIME)
