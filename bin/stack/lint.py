"""The command ``bin/lint``."""

import argparse
import subprocess
from pathlib import Path

from . import debian, node_env, oca, python_env
from .console import attend, say
from .paths import CHECKOUT, cache, digest

PYTHON = (".py",)
SCRIPTS = (".js", ".mjs")
STYLED = (*SCRIPTS, ".scss")
# What OCA's checks of an addon read, beside its code.
DATA = (".xml", ".csv", ".po", "__manifest__.py")
# What a program is told not to ask, and why.
NOT_ASKED = {
    "pylint": {"print-used": "commands, benches and the simulator talk to who starts them"},
    "oca": oca.LEFT_OUT,
}
SETTINGS = (".pylintrc", "pyproject.toml", "eslint.config.mjs", ".prettierrc.json", ".editorconfig")
# So many answers of each check are remembered.
REMEMBERED = 20


def check(agreed=False, paths=(), fix=False):
    """Run all checks on the checkout, or on these paths.

    :param fix: correct what the tools can correct by themselves
    :return: True when nothing was found
    """
    lacking = [name for name in debian.missing(browser=False) if name == "python3-venv"]
    if lacking:
        debian.install(lacking, agreed)
    python = python_env.find()
    node, packages = node_env.find(python)
    files = checkout_files(paths)
    sources = [name for name in files if name.endswith(PYTHON) or _is_command(name)]
    scripts = [name for name in files if name.endswith(SCRIPTS)]
    styled = [name for name in files if name.endswith(STYLED)]
    pylint = [python, "-m", "pylint", f"--rcfile={CHECKOUT / '.pylintrc'}"]
    ruff = [python, "-m", "ruff"]
    eslint = [node, packages / "eslint/bin/eslint.js"]
    prettier = [node, packages / "prettier/bin/prettier.cjs", "--log-level=warn"]
    checks = (
        ("ruff check", [*ruff, "check", "--quiet", *(["--fix"] if fix else [])], sources),
        (
            "ruff format",
            [*ruff, "format", "--quiet", *([] if fix else ["--check", "--diff"])],
            sources,
        ),
        ("pylint", [*pylint, f"--disable={','.join(NOT_ASKED['pylint'])}"], sources),
        ("eslint", [*eslint, "--max-warnings=0", *(["--fix"] if fix else [])], scripts),
        ("prettier", [*prettier, "--write" if fix else "--check"], styled),
    )
    if not paths:
        # Of the whole house only: a part of it says nothing about where things lie.
        python_files = [name for name in files if name.endswith(PYTHON)]
        data = [name for name in files if name.endswith(DATA)]
        checks += (
            ("oca", [python, "-m", "stack.oca"], data),
            ("figures", [python, "-m", "stack.figures"], python_files),
        )
    good = True
    for name, arguments, names in checks:
        answer = _answer(name, arguments, names)
        if answer.exists() and not fix:
            answer.touch()
            say(f"{name}: good ({len(names)} files, unchanged)")
        elif names and attend([*arguments, *names], cwd=CHECKOUT, env=python_env.of_ours()):
            say(f"{name}: see above")
            good = False
        else:
            _remember(answer, name)
            say(f"{name}: good ({len(names)} files)")
        for left_out, reason in NOT_ASKED.get(name, {}).items():
            say(f"    not asked: {left_out}, {reason}")
    return good


def _answer(name, arguments, names):
    """The mark that a check was content with these files and settings; its programs lie in folders named by version."""
    settings = [CHECKOUT / setting for setting in SETTINGS if (CHECKOUT / setting).exists()]
    # A change of what is beside a file may be a fault, too: a manifest names files.
    known = [*names, *checkout_files()]
    key = digest(*map(str, arguments), *settings, *known, *(CHECKOUT / each for each in names))
    return cache() / "lint" / f"{name.replace(' ', '-')}-{key}"


def _remember(answer, name):
    answer.parent.mkdir(exist_ok=True)
    answer.touch()
    marks = answer.parent.glob(f"{name.replace(' ', '-')}-*")
    for mark in sorted(marks, key=lambda mark: -mark.stat().st_mtime)[REMEMBERED:]:
        mark.unlink(missing_ok=True)


def checkout_files(paths=()):
    """The checkout's own files, relative to it: all that git knows or would add, or what was named."""
    wanted = [str(Path(path).resolve().relative_to(CHECKOUT)) for path in paths]
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *wanted],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        found = [path.relative_to(CHECKOUT) for path in CHECKOUT.rglob("*") if path.is_file()]
        names = [str(path) for path in found if not _is_ignored(path) and _is_wanted(path, wanted)]
    else:
        names = listed.stdout.splitlines()
    return sorted(name for name in set(names) if (CHECKOUT / name).is_file())


def _is_ignored(path):
    return any(part in ("node_modules", ".venv", ".demo", "__pycache__") for part in path.parts)


def _is_wanted(path, wanted):
    return not wanted or any(path == Path(name) or Path(name) in path.parents for name in wanted)


def _is_command(name):
    path = CHECKOUT / name
    if path.parent != CHECKOUT / "bin":
        return False
    # The first lines find a Python that the rest is for.
    with open(path, "rb") as stream:
        return b"python" in stream.read(200)


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="bin/lint",
        description="ruff, pylint with pylint-odoo, eslint and prettier, with this checkout's settings; "
        "without paths also OCA's checks of whole addons, and the figures of the house: how models and functions are "
        "laid out.",
    )
    parser.add_argument("paths", nargs="*", help="files or folders (default: the whole checkout)")
    parser.add_argument(
        "--fix", action="store_true", help="correct what can be corrected automatically"
    )
    parser.add_argument(
        "--yes", action="store_true", help="install missing Debian packages without asking"
    )
    options = parser.parse_args(arguments)
    return 0 if check(options.yes, options.paths, options.fix) else 1
