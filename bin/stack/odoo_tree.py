"""Odoo itself: ``ODOO_ROOT``, or Debian's package unpacked into the cache."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import debian
from .console import Stop
from .paths import cache, digest, fresh_folder, is_complete, locked, need_space, retire

PACKAGES = (
    "odoo-19",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-ocr-b",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
EXPECTED = "odoo-19 19.0.0+dfsg-1"
# Unstable's releases of these two hold other files than Odoo links to.
OWN_RELEASE_PACKAGES = ("fonts-font-awesome", "fonts-inconsolata")
# Left out of the Debian build, but named in a manifest: without it each bundle logs an error.
LEFT_OUT = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"


@dataclass(frozen=True)
class OdooTree:
    """An Odoo that can be started.

    :ivar script: the start script (a process with workers starts itself again from it)
    :ivar python_path: folder that ``import odoo`` needs, for ``PYTHONPATH``
    :ivar addons: folders for ``addons_path``
    :ivar key: changes when the tree does
    """

    script: Path
    python_path: Path
    addons: tuple
    key: str


def find():
    """The Odoo to use; downloads it first when there is none.

    :raise Stop: ``ODOO_ROOT`` holds no Odoo 19, or it cannot be downloaded
    """
    named = os.environ.get("ODOO_ROOT")
    if named:
        return _at(Path(named).expanduser().absolute(), named=True)
    key = digest(*PACKAGES, *OWN_RELEASE_PACKAGES, "1")
    folder = cache() / f"odoo-{key}"
    if not is_complete(folder):
        with locked("odoo"):
            if not is_complete(folder):
                _download(folder)
    return _at(folder)


def _download(folder):
    need_space(folder.parent, 3, "Odoo")
    retire("odoo-*")
    fresh_folder(folder)
    work = fresh_folder(folder.parent / "odoo.download")
    try:
        names = debian.unpack(PACKAGES, OWN_RELEASE_PACKAGES, folder, work)
    except Stop as trouble:
        raise Stop(
            f"{trouble}\nWhat is expected there is {EXPECTED}, in Debian's unstable release. Without it, name the "
            "folder of an Odoo 19.0 of your own (a checkout will do) in ODOO_ROOT."
        ) from None
    stub = folder / "usr/lib/python3/dist-packages" / LEFT_OUT
    if not stub.exists():
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text(
            "/* Left out of the Debian package: background blur in calls is not available. */\n"
        )
    shutil.rmtree(work)
    (folder / "complete").write_text("\n".join(names) + "\n")


def _at(root, named=False):
    what = "ODOO_ROOT" if named else "The cached Odoo"
    layouts = (
        (root / "odoo-bin", root, (root / "addons", root / "odoo/addons")),
        (
            root / "usr/bin/odoo",
            root / "usr/lib/python3/dist-packages",
            (root / "usr/lib/python3/dist-packages/odoo/addons",),
        ),
    )
    for script, python_path, addons in layouts:
        release = python_path / "odoo/release.py"
        if script.exists() and release.exists():
            text = release.read_text()
            if "version_info = (19, 0" not in text:
                other = (
                    ""
                    if named
                    else f" What was expected is {EXPECTED}: name an Odoo 19.0 in ODOO_ROOT."
                )
                raise Stop(f"{what} ({root}) is not an Odoo 19.0.{other}")
            complete = root / "complete"
            made_of = complete.read_text() if complete.exists() else f"{root} {text}"
            return OdooTree(script, python_path, addons, digest(made_of))
    raise Stop(f"{what} ({root}) holds no Odoo: neither odoo-bin nor usr/bin/odoo is there.")
