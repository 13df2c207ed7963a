"""Which Python runs a command: the first in PATH that Odoo runs on, or a faster one of the same version."""

import os
import subprocess
import sys

import pytest

from stack import paths

DISTRIBUTION = "/usr/bin/python3"
# A Python as a version manager compiles it: it says so when it is asked, and tells of which version it is.
COMPILED = """\
#!/bin/sh
case "$2" in
    *CONFIG_ARGS*) exit {optimized} ;;
    *print*version_info*) echo "{version}"; exit ;;
esac
COMPILED=yes exec {python} "$@"
"""
ASK = "import os; print(os.environ.get('COMPILED', 'no'))"


def is_compiled_one_used(folder, **said):
    python = folder / "python3"
    python.write_text(COMPILED.format(python=sys.executable, **said))
    python.chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    command = [paths.CHECKOUT / "bin/stack/python", "-c", ASK]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return ended.stdout.strip() == "yes"


def asked(code):
    """What the distribution's Python answers, or None without it."""
    try:
        ended = subprocess.run(
            [DISTRIBUTION, "-c", code], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return ended.stdout.strip()


@pytest.fixture(scope="module")
def version():
    return asked("import sys; print(sys.version_info[:2])")


def test_one_without_optimizations_gives_way_to_the_distributions(tmp_path, version):
    makes_environments = asked("import ensurepip, venv") is not None
    used = is_compiled_one_used(tmp_path, optimized=1, version=version)
    assert used is not makes_environments


def test_one_with_optimizations_stays(tmp_path, version):
    assert is_compiled_one_used(tmp_path, optimized=0, version=version)


def test_one_of_another_version_stays(tmp_path):
    assert is_compiled_one_used(tmp_path, optimized=1, version="(3, 99)")
