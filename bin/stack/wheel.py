"""An addon's wheel: what ``bin/release`` makes, and what pip makes of a clone, which finds this in ``pyproject.toml``.

whool takes an addon's name from its folder and packs all that the folder has. The root of this repository is an addon
whose folder may have any name, with tests and tools in it: what is installed is copied into a folder of the right name
first. Needs whool; all else is of the standard library.
"""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from . import installed

ROOT = Path(__file__).resolve().parents[2]
DISTRIBUTION = "odoo-addon-"
LICENSE = "LICENSE"
# What is told of an addon, in this order: on its page in *Apps*, and with its wheel.
DESCRIPTION = "readme/DESCRIPTION.rst"
FRAGMENTS = {"INSTALL": "Install", "CONFIGURE": "Set it up", "USAGE": "At the till"}
SETTINGS = """\
[build-system]
requires = ["whool"]
build-backend = "whool.buildapi"

[tool.whool.external_dependencies_override.python]
"""


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """PEP 517: the wheel of the module at the root; returns its file name."""
    return make("build_wheel", ROOT, installed.MODULE, wheel_directory)


def build_sdist(sdist_directory, config_settings=None):
    """PEP 517: what :func:`build_wheel` packs, as an archive that the same wheel can be made from."""
    return make("build_sdist", ROOT, installed.MODULE, sdist_directory)


def make(what, root, name, folder):
    """Have whool make something of one addon.

    :param what: a function of ``whool.buildapi``
    :param root: the repository's folder
    :param name: of the addon
    :param folder: where the file is put
    :return: the file's name
    """
    from whool import buildapi

    folder = Path(folder).resolve()
    # whool works in the folder that it is in, and the modes of files are in what it makes.
    place, mask = Path.cwd(), os.umask(0o022)
    try:
        with tempfile.TemporaryDirectory(prefix="glase-wheel-") as temporary:
            os.chdir(stage(root, name, Path(temporary).resolve()))
            return getattr(buildapi, what)(folder)
    finally:
        os.chdir(place)
        os.umask(mask)


def stage(root, name, folder):
    """Copy what is installed of an addon into a folder of its name; returns that folder.

    :param root: the repository's folder
    :param folder: where it is made
    """
    addon = installed.addons(root)[name]
    staged = folder / name
    for path in installed.files(addon):
        target = staged / path.relative_to(addon)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    shutil.copyfile(root / LICENSE, staged / LICENSE)
    (staged / "README.rst").write_text(described(addon))
    version = installed.manifest(addon)["version"]
    # With this file whool asks git neither for a version nor for a list of files.
    (staged / "PKG-INFO").write_text(
        f"Metadata-Version: 2.1\nName: {DISTRIBUTION}{name}\nVersion: {version}\n"
    )
    (staged / "pyproject.toml").write_text(SETTINGS + _ranges(root))
    return staged


def described(addon):
    """What the fragments in an addon's folder ``readme`` say, as one text in reStructuredText."""
    name = installed.manifest(addon)["name"]
    parts = [f"{'=' * len(name)}\n{name}\n{'=' * len(name)}\n\n{(addon / DESCRIPTION).read_text()}"]
    for fragment, title in FRAGMENTS.items():
        path = addon / f"readme/{fragment}.rst"
        if path.exists():
            parts.append(f"{title}\n{'-' * len(title)}\n\n{path.read_text()}")
    return "\n".join(parts)


def _ranges(root):
    """What a manifest cannot say of the Python packages that it names: their versions."""
    lines = (root / "requirements.txt").read_text().splitlines()
    named = [re.match(r"([\w.-]+)[^#]*", line) for line in lines if not line.startswith("#")]
    return "".join(f'{line[1]} = "{line[0].strip()}"\n' for line in named if line)


if __name__ == "__main__":
    # ROOT NAME FOLDER: its wheel, put there.
    make("build_wheel", Path(sys.argv[1]), *sys.argv[2:])
