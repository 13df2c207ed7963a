"""Virtual environments with the pinned Python packages, in the cache, one for each set of requirements."""

import os
import sys

from .console import last_line, run, step
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

RUNTIME = ("requirements.txt",)
CONSTRAINTS = CHECKOUT / "constraints.txt"
DEVELOPMENT = ("requirements.txt", "requirements-dev.txt")


def find(names=DEVELOPMENT):
    """The path of a Python that has the packages of these requirement files; made first when there is none.

    :param names: :data:`RUNTIME` (what Odoo and the module need) or :data:`DEVELOPMENT`
    """
    files = [CHECKOUT / name for name in names]
    kind = "dev" if names == DEVELOPMENT else "run"
    key = digest(*files, CONSTRAINTS, sys.version, os.path.realpath(sys.executable))
    folder = cache() / f"venv-{kind}-{key}"
    if not is_complete(folder):
        with locked(f"venv-{kind}"):
            if not is_complete(folder):
                _make(folder, files, kind)
    if kind == "dev":
        link_in_checkout(".venv", folder)
    return folder / "bin/python"


def _make(folder, files, kind):
    need_space(folder.parent, 1.5, "The Python environment")
    retire(f"venv-{kind}-*")
    log = log_file(f"pip-{kind}")
    title = "Python packages" if kind == "dev" else "Python packages, without those for development"
    with step(title, lambda: last_line(log)):
        run([sys.executable, "-m", "venv", folder], log, "The virtual environment cannot be made")
        requirements = [argument for file in files for argument in ("-r", file)]
        pip = [folder / "bin/python", "-m", "pip", "install", "--no-input", "--progress-bar=off"]
        run(
            [*pip, "--disable-pip-version-check", "-c", CONSTRAINTS, *requirements],
            log,
            "The Python packages cannot be installed",
        )
    (folder / "complete").touch()
