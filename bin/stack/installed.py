"""Which files of an addon's folder are installed, and which addons this repository has. Standard library only."""

import ast
import os

MANIFEST = "__manifest__.py"
# The repository's root is the module itself, whatever its folder is called; the addons beside it are in this one.
MODULE = "pos_glase"
BESIDE = "addons"
# In an addon's folder, but no part of what is installed.
NOT_INSTALLED = {
    BESIDE,
    "bench",
    "bin",
    "dist",
    "doc",
    "node_modules",
    "readme",
    "requirements",
    "tests",
    "static/tests",
    "__pycache__",
}


def files(addon):
    """The files that an addon is made of once it is installed, sorted.

    :param addon: the path of its folder
    """
    found = []
    for root, folders, names in os.walk(addon):
        inside = os.path.relpath(root, addon)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and not {name, os.path.normpath(os.path.join(inside, name))} & NOT_INSTALLED
        ]
        # Beside the addon's Python files its folder holds the settings of tools.
        wanted = [name for name in names if inside != "." or name.endswith(".py")]
        found += [addon / inside / name for name in wanted]
    return sorted(found)


def addons(root):
    """The folders of all addons of a repository: path by name, the module first.

    :param root: the repository's folder
    """
    beside = sorted((root / BESIDE).glob(f"*/{MANIFEST}"))
    return {MODULE: root, **{path.parent.name: path.parent for path in beside}}


def manifest(addon):
    """What an addon's manifest says, as a dictionary."""
    return ast.literal_eval((addon / MANIFEST).read_text(encoding="utf-8"))
