"""The worlds of ``bin/test``: what they are made of. They themselves are played by ``bin/test --worlds``."""

import pytest
from packaging.requirements import Requirement

from stack import console, elsewhere, odoo_pins_check, paths, selection, worlds

LOG = """\
2026-01-01 10:00:00,001 71 INFO pos_glase odoo.modules.loading: loading 1 modules...
2026-01-01 10:00:01,002 71 WARNING pos_glase odoo.addons.base.models.ir_model: Two fields (a, b) have the same label: A.
2026-01-01 10:00:02,003 71 ERROR pos_glase odoo.addons.base: no WARNING pos_glase
    INFO and more of it
2026-01-01 10:00:03,004 71 INFO pos_glase odoo.addons.base: a text that says WARNING or ERROR
"""


def test_an_unknown_world_is_one_sentence_that_names_them_all():
    with pytest.raises(console.Stop, match="no world moon") as refused:
        worlds.main("moon", False)
    for name, world in worlds.WORLDS.items():
        assert name in str(refused.value)
        assert world.summary in str(refused.value)


def test_warnings_and_worse_are_found_in_a_log_by_their_level():
    assert worlds.trouble(LOG) == [
        "WARNING pos_glase odoo.addons.base.models.ir_model: Two fields (a, b) have the same label: A.",
        "ERROR pos_glase odoo.addons.base: no WARNING pos_glase",
    ]
    assert worlds.trouble("") == []


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
@pytest.mark.parametrize("file", sorted(worlds.PINS.glob("*.txt")), ids=lambda file: file.stem)
def test_each_python_has_one_version_of_each_package_that_odoo_pins(file, python):
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    wanted = [
        requirement.name
        for requirement in map(Requirement, lines)
        if not requirement.marker or requirement.marker.evaluate({"python_version": python})
    ]
    assert sorted(wanted) == [
        "Werkzeug",
        "chardet",
        "cryptography",
        "idna",
        "lxml",
        "pyopenssl",
        "requests",
        "urllib3",
        "zeep",
    ]


def test_no_file_has_a_name_that_odoos_runner_should_know():
    """Odoo's own checks want each ``test_*.py`` imported by its folder, and the folder by ``tests/__init__.py``."""
    for name in (*selection.PLAIN, *selection.PROCESS):
        assert not list((paths.CHECKOUT / "tests" / name).rglob("test_*.py")), name


def test_what_a_copy_leaves_behind_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("POS_GLASE_CACHE", str(tmp_path))
    made = tmp_path / "venv-dev-0123456789abcdef"
    made.mkdir()
    (made / "complete").touch()
    with elsewhere.Elsewhere(title="på annan ort") as there:
        assert (there.checkout / "bin/test").is_file()
        assert (there.cache / made.name / "complete").exists()
        assert there.left_behind() == []
        there.run("bin/setup", "--help")
        with pytest.raises(console.Stop, match="code 2"):
            there.run("bin/demo", "--port", "70000")
        (there.temporary / "forgotten").touch()
        assert there.left_behind() == ["forgotten"]
    assert not there.outside.exists()


def test_the_path_of_another_user_has_only_what_others_may_enter(tmp_path, monkeypatch):
    tmp_path.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/no/such/folder")
    assert elsewhere.path_for_others() == "/usr/bin"


ODOOS = """\
# The officially supported versions
lxml==4.9.3 ; python_version > '3.10' and python_version < '3.12' # min 4.9.2
zeep==4.2.1 ; python_version >= '3.11' and python_version < '3.13'
zeep==4.3.1 ; python_version >= '3.13'
pypiwin32 ; sys_platform == 'win32'
pytz  # no version
"""


def test_what_odoo_pins_otherwise_is_told_for_each_python():
    told = odoo_pins_check.differences(ODOOS, "zeep==4.2.1\npytz\npypiwin32==1\n")
    assert told == [
        "Python 3.10: pypiwin32==1, Odoo: None",
        "Python 3.10: zeep==4.2.1, Odoo: None",
        "Python 3.11: pypiwin32==1, Odoo: None",
        "Python 3.12: pypiwin32==1, Odoo: None",
        "Python 3.13: pypiwin32==1, Odoo: None",
        "Python 3.13: zeep==4.2.1, Odoo: ==4.3.1",
    ]
    assert odoo_pins_check.pinned(ODOOS, "3.11") == {
        "lxml": "==4.9.3",
        "pytz": "",
        "zeep": "==4.2.1",
    }
