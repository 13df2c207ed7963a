"""Virtual environments with locked Python packages, in the cache, one for each purpose.

``requirements/NAME.in`` names what is wanted, ``requirements/NAME-3.X.txt`` what is installed: every package with its
version and hashes, for each Python that Odoo 19 runs on. ``bin/lock`` makes the second from the first.
"""

import contextlib
import os
import sys

from .console import Stop, last_line, run, step
from .paths import (
    CHECKOUT,
    cache,
    digest,
    is_complete,
    link_in_checkout,
    locked,
    log_file,
    need_space,
    retire,
)

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
FOLDER = CHECKOUT / "requirements"
# An environment has these files' packages. The packages that come as sources are built with those of BUILD.
RUNTIME = ("odoo",)
BROWSER = ("browser",)
DEVELOPMENT = ("odoo", "browser", "test")
LOCK = ("lock",)
RELEASE = ("release",)
BUILD = "build"
TITLES = {
    RUNTIME: ("run", "Python packages of Odoo"),
    BROWSER: ("browser", "Python packages that drive a browser"),
    DEVELOPMENT: ("dev", "Python packages of Odoo, tests and checks"),
    LOCK: ("lock", "Python packages that bin/lock resolves with"),
    RELEASE: ("release", "Python packages that bin/release works with"),
}


def of_ours(**more):
    """The environment of a program that runs a module of ours."""
    paths = {"PYTHONPATH": str(CHECKOUT / "bin"), "PYTHONDONTWRITEBYTECODE": "1"}
    return {**os.environ, **paths, **more}


def files(names):
    """The locked files of an environment for the Python that runs this.

    :raise Stop: there are none for it
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if version not in PYTHONS:
        raise Stop(
            f"Odoo 19 runs on Python {PYTHONS[0]} to {PYTHONS[-1]}; {sys.executable} is {version}. "
            f"Put one of those first in PATH, as python3."
        )
    return [FOLDER / f"{name}-{version}.txt" for name in names]


def find(names=DEVELOPMENT):
    """The path of a Python that has the packages of an environment; made first when there is none.

    :param names: :data:`RUNTIME`, :data:`BROWSER`, :data:`DEVELOPMENT`, :data:`LOCK` or :data:`RELEASE`
    """
    kind, title = TITLES[names]
    wanted = files((BUILD, *names))
    folder = (
        cache() / f"venv-{kind}-{digest(*wanted, sys.version, os.path.realpath(sys.executable))}"
    )
    if not is_complete(folder):
        with locked(f"venv-{kind}"):
            if not is_complete(folder):
                _make(folder, wanted, kind, title)
    if names == DEVELOPMENT:
        # A convenience only: all the rest works from a checkout that cannot be written to.
        with contextlib.suppress(Stop):
            link_in_checkout(".venv", folder)
    return folder / "bin/python"


def _make(folder, wanted, kind, title):
    need_space(folder.parent, 1.5, "The Python environment")
    retire(f"venv-{kind}-*")
    log = log_file(f"pip-{kind}")
    pip = [folder / "bin/python", "-m", "pip", "install", "--no-input", "--progress-bar=off"]
    pip += ["--disable-pip-version-check", "--require-hashes", "--no-deps", "--no-build-isolation"]
    with step(title, lambda: last_line(log)):
        run([sys.executable, "-m", "venv", folder], log, "The virtual environment cannot be made")
        build, *rest = wanted
        for requirements in ([build], rest):
            run(
                [*pip, *(argument for file in requirements for argument in ("-r", file))],
                log,
                "The Python packages cannot be installed",
            )
    (folder / "complete").touch()
