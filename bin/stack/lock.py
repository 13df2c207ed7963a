"""The command ``bin/lock``."""

import argparse
import re
import shutil
import tempfile
from pathlib import Path

from . import python_env
from .console import attend, run, say, step
from .paths import CHECKOUT, log_file
from .python_env import BROWSER, BUILD, DEVELOPMENT, FOLDER, LOCK, PYTHONS, RELEASE, RUNTIME

DESCRIPTION = """\
Makes requirements/NAME-3.X.txt, what the environments of bin/test and bin/demo consist of, from requirements/NAME.in:
for each Python that Odoo 19 runs on, every package with its version and the hashes of its files. Versions that still
fit are kept. Ends with the packages of which there are newer versions."""
HEADER = "# Made by bin/lock from requirements/{name}.in for Python {version}: change that one.\n"
APART = (BUILD, *LOCK, *RELEASE)
TOGETHER = DEVELOPMENT[-1]


def pins(text):
    """The packages of a locked file: version by name."""
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", text, re.MULTILINE))


class Resolver:
    """uv, on the requirements of one Python.

    :param uv: the Python that has it
    :param version: the Python that is resolved for, such as ``3.13``
    :param work: a folder for what lies between
    """

    def __init__(self, uv, version, work):
        self.uv, self.version, self.work = uv, version, work

    def compile(self, source, *, keep="", within=None, without=(), alone=False, upgrade=False):
        """The text of a locked file.

        :param source: path of what is wanted
        :param keep: text of a locked file whose versions are kept where they fit
        :param within: path of a locked file whose versions are taken
        :param without: names of packages that are left out
        :param alone: only what is named, not what that needs
        """
        target = self.work / "compiled.txt"
        target.write_text(keep)
        command = [self.uv, "-m", "uv", "pip", "compile", "--quiet", "--no-config", "--no-header"]
        command += ["--generate-hashes", "--no-annotate", "--python-version", self.version]
        command += ["--output-file", target, *(["--upgrade"] if upgrade else [])]
        command += ["--no-deps"] if alone else []
        command += ["--constraint", within] if within else []
        for name in without:
            command += ["--no-emit-package", name]
        run([*command, source], log_file("lock"), f"{source} cannot be resolved")
        return target.read_text()

    def lock(self, upgrade=False):
        """All locked files for this Python: text by name. What is installed together is resolved together."""
        kept = "".join(self.present(name) for name in DEVELOPMENT)
        whole = self.work / "whole.txt"
        whole.write_text(self.compile(FOLDER / f"{TOGETHER}.in", keep=kept, upgrade=upgrade))
        made = {
            name: self.compile(FOLDER / f"{name}.in", keep=self.present(name), upgrade=upgrade)
            for name in APART
        }
        for name in (*RUNTIME, *BROWSER):
            made[name] = self.compile(FOLDER / f"{name}.in", within=whole)
        others = {name for part in (*RUNTIME, *BROWSER) for name in pins(made[part])}
        made[TOGETHER] = self.compile(FOLDER / f"{TOGETHER}.in", within=whole, without=others)
        return made

    def present(self, name):
        path = self.path(name)
        return path.read_text() if path.exists() else ""

    def path(self, name):
        return FOLDER / f"{name}-{self.version}.txt"

    def stale(self):
        """Lines about locked packages of which there are newer versions for this Python."""
        locked = {}
        for name in (*APART, *DEVELOPMENT):
            locked.update(pins(self.present(name)))
        names = self.work / "names.in"
        names.write_text("\n".join(locked))
        newest = pins(self.compile(names, alone=True, upgrade=True))
        fitting = pins(self.compile(FOLDER / f"{TOGETHER}.in", upgrade=True))
        lines = []
        for package, version in sorted(locked.items()):
            if fitting.get(package, newest[package]) != version:
                lines.append(f"{package} {version}: {fitting.get(package, newest[package])}")
            elif newest[package] != version:
                lines.append(f"{package} {version}: {newest[package]} does not fit with the others")
        return lines


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="bin/lock",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    choice.add_argument(
        "--odoo",
        metavar="FILE",
        help="write nothing, compare bin/stack/odoo_pins with the requirements.txt of an Odoo 19",
    )
    choice.add_argument("--stale", action="store_true", help="write nothing, list what is stale")
    options = parser.parse_args(arguments)
    if options.odoo:
        check = [python_env.find(), "-m", "stack.odoo_pins_check", Path(options.odoo).resolve()]
        return attend(check, cwd=CHECKOUT / "bin")
    uv = python_env.find(LOCK)
    with tempfile.TemporaryDirectory(prefix="glase-lock-") as folder:
        for version in PYTHONS:
            resolver = Resolver(uv, version, Path(folder))
            with step(f"Python {version}"):
                if not options.stale:
                    for name, text in resolver.lock(options.upgrade).items():
                        fresh = Path(folder) / "fresh.txt"
                        fresh.write_text(HEADER.format(name=name, version=version) + text)
                        shutil.copy(fresh, resolver.path(name))
                stale = resolver.stale()
            for line in stale:
                say(f"    {line}")
    return 0
