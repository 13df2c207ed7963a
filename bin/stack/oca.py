"""OCA's checks of whole addons, of their data files and of their translations. Needs the development packages.

They find no addon in the root of a clone, so that each is copied first, under its name, as it is installed.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from . import installed, wheel

# What is not asked, and why; bin/lint prints it.
LEFT_OUT = {
    "xml-tag-position": "a template reads as Odoo's own do, whose attributes stand in no fixed order",
    "po-pretty-format": "the files of translations are written by a command of ours, in Odoo's way to break lines",
}


def check(root):
    """Run both programs on all addons of a repository; whether they found nothing.

    :param root: the repository's folder
    """
    with tempfile.TemporaryDirectory(prefix="glase-oca-") as temporary:
        folder = Path(temporary).resolve()
        for name in installed.addons(root):
            wheel.stage(root, name, folder)
        names = sorted(path.name for path in folder.iterdir())
        translations = [path.relative_to(folder) for path in sorted(folder.rglob("i18n/*.po"))]
        return all(
            [
                _asked("cli", names, folder),
                not translations or _asked("cli_po", translations, folder),
            ]
        )


def _asked(program, names, folder):
    module = f"oca_pre_commit_hooks.{program}"
    command = [sys.executable, "-m", module, f"--disable={','.join(LEFT_OUT)}", *names]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    # It names files by their whole path, and the copy is gone when this is read.
    found = (
        (ended.stdout + ended.stderr).replace(f"{folder}/", "").replace(f"{str(folder)[1:]}/", "")
    )
    if ended.returncode:
        print(found.strip())
    return ended.returncode == 0


if __name__ == "__main__":
    sys.exit(not check(Path(__file__).resolve().parents[2]))
