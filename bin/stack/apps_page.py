"""What Odoo's *Apps* show of an addon, made from the fragments in its folder ``readme``. Needs docutils."""

import shutil
from pathlib import Path

from docutils.core import publish_parts

from . import installed
from .wheel import described

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "doc/pictures"
FRAME = """\
<!doctype html>
<!-- Made by `bin/release --pages` from the files in readme/: change those. -->
<html lang="en">
<head>
<meta charset="utf-8" />
<title>{title}</title>
</head>
<body>
<section style="max-width: 60rem; margin: 0 auto; padding: 1rem; font-family: sans-serif; line-height: 1.5">
{body}
</section>
</body>
</html>
"""
SETTINGS = {
    "initial_header_level": 2,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "embed_stylesheet": False,
    "stylesheet_path": None,
    # What is wrong in a fragment ends it.
    "halt_level": 2,
}


def page(addon):
    """The HTML page of an addon.

    :param addon: path of its folder
    """
    parts = publish_parts(described(addon), writer="html5", settings_overrides=SETTINGS)
    # Odoo takes an inline style, but no style sheet, and fits pictures to the width of a dialog only with it.
    body = parts["html_body"].strip().replace("<img ", '<img class="img-fluid" ')
    return FRAME.format(title=parts["title"], body=body)


def pictures(addon):
    """The pictures that the pages of an addon show: where they are made and where they are shown."""
    text = described(addon)
    names = [line.split("::")[1].strip() for line in text.splitlines() if ".. image::" in line]
    return [(PICTURES / name, addon / "static/description" / name) for name in names]


def stale(addon):
    """The files of an addon that are not what its fragments and the pictures make."""
    target = addon / "static/description/index.html"
    found = [] if target.exists() and target.read_text() == page(addon) else [target]
    return found + [
        shown
        for made, shown in pictures(addon)
        if not shown.exists() or shown.read_bytes() != made.read_bytes()
    ]


def write(addon):
    """Write the page of an addon, and the pictures that it shows."""
    for made, shown in pictures(addon):
        shutil.copyfile(made, shown)
    (addon / "static/description/index.html").write_text(page(addon))


if __name__ == "__main__":
    for addon in installed.addons(ROOT).values():
        write(addon)
