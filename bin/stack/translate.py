"""The command ``bin/translate``."""

import argparse
import os
import tempfile
from pathlib import Path

from . import installed, set_up
from .base_db import Workplace, with_kiosk
from .console import attend, step
from .paths import CHECKOUT

DESCRIPTION = """\
Writes i18n/ of each addon in this checkout: the template (.pot) with all texts, as Odoo's own export finds them on a
database that has the addons, and each language (.po). Translations that are there are kept, what is new gets Odoo's
own word where Odoo has one, and what does not fit is listed: texts without a translation, placeholders, tags, spaces
and full stops that differ from the source's, words that are not Odoo's."""
EXPORT = Path(__file__).with_name("export_texts.py")
ADDONS = installed.addons(CHECKOUT)


def _export(stack, folder):
    addons = {
        addon: {path.relative_to(source).as_posix() for path in installed.files(source)}
        for addon, source in ADDONS.items()
    }
    with Workplace(with_kiosk(stack), stack.python, stack.tree) as workplace, step("Odoo's export"):
        code = f"ADDONS, FOLDER = {addons!r}, {str(folder)!r}\n{EXPORT.read_text()}"
        workplace.odoo.shell(code, "The texts cannot be exported")


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="bin/translate",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "languages",
        nargs="*",
        metavar="LANGUAGE",
        help="languages to begin, as Odoo's files are called: sv",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fails when a file is not what would be written, or something is listed",
    )
    parser.add_argument(
        "--yes", action="store_true", help="install missing Debian packages without asking"
    )
    options = parser.parse_args(arguments)
    stack = set_up.prepare(agreed=options.yes, browser=False)
    with tempfile.TemporaryDirectory(prefix="glase-texts-") as name:
        folder = Path(name)
        _export(stack, folder)
        command = [
            stack.python,
            "-m",
            "stack.translations",
            *(["--check"] if options.check else []),
        ]
        for language in options.languages:
            command += ["--begin", language]
        for path in stack.tree.addons:
            command += ["--odoo", path]
        for addon, source in ADDONS.items():
            command += ["--addon", source / "i18n", addon, folder / f"{addon}.po"]
        path = os.pathsep.join(filter(None, (str(CHECKOUT / "bin"), os.environ.get("PYTHONPATH"))))
        environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", PYTHONPATH=path)
        return attend(command, cwd=CHECKOUT, env=environment)
