"""Where things are: the checkout, and the cache folder that holds all that can be made again."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from pathlib import Path

from . import installed
from .console import Stop, say

CHECKOUT = Path(__file__).resolve().parents[2]
MODULE = installed.MODULE
# The addons beside it, in a folder of their own: each works on Odoo's part of its name, and on the module.
KIOSK = "pos_self_order_glase"
BESIDE = CHECKOUT / installed.BESIDE
DAY = 24 * 3600


def cache():
    """The cache folder: ``POS_GLASE_CACHE``, else ``pos_glase`` in the user's cache folder."""
    named = os.environ.get("POS_GLASE_CACHE")
    if named:
        folder = Path(named).expanduser().absolute()
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(base) / MODULE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        raise Stop(
            f"The cache folder {folder} cannot be written to: name another one in POS_GLASE_CACHE."
        )
    return folder


def need_checkout(what):
    """:raise Stop: the checkout, where ``what`` is to be put, cannot be written to"""
    if not os.access(CHECKOUT, os.W_OK | os.X_OK):
        raise Stop(
            f"The checkout {CHECKOUT} cannot be written to, and {what} is kept in it: use a copy of it that is yours."
        )


def log_file(name):
    return cache() / "logs" / f"{name}.log"


def fresh_log(name):
    """The path of an empty log."""
    path = log_file(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    return path


def digest(*parts):
    """A short key for an artefact, from all that makes it what it is (texts, or files by content)."""
    key = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else str(part).encode()
        key.update(len(data).to_bytes(8, "big") + data)
    return key.hexdigest()[:16]


@contextlib.contextmanager
def locked(name):
    """Only one process at a time makes an artefact of this name; others wait, and are told so."""
    with open(cache() / f"{name}.lock", "w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"  waiting for another run that makes the same ({name}) …")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def need_space(folder, gigabytes, what):
    """:raise Stop: when the disk under ``folder`` has less than that free"""
    free = shutil.disk_usage(folder).free / 1e9
    if free < gigabytes:
        raise Stop(
            f"{what} needs {gigabytes:g} GB on the disk of {folder}, where {free:.1f} GB are free: "
            "free some space, or name another folder in POS_GLASE_CACHE."
        )


def fresh_folder(folder):
    """An empty folder of that name (what an interrupted run left there is removed)."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def is_complete(folder):
    """Whether an artefact in the cache was made to its end; notes that it is in use."""
    mark = folder / "complete"
    if not mark.exists():
        return False
    mark.touch()
    return True


def retire(pattern):
    """Remove artefacts that no run has used for a day, and what interrupted runs left of them.

    The caller holds the lock under which they are made. Another run may be copying one that is newer.
    """
    for folder in cache().glob(pattern):
        mark = folder / "complete"
        if folder.is_dir() and (not mark.exists() or time.time() - mark.stat().st_mtime > DAY):
            shutil.rmtree(folder)


def size_text(folder):
    """How many megabytes a folder holds by now, for the signs of life of a download."""
    total = 0
    for root, _folders, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.path.getsize(os.path.join(root, name))
    return f"{total / 1e6:.0f} MB"


def link_in_checkout(name, target):
    """An ignored link in the checkout to something in the cache, for editors and a developer's own commands."""
    link = CHECKOUT / name
    if link.exists() and not link.is_symlink():
        return
    if link.is_symlink() and os.readlink(link) == str(target):
        return
    need_checkout(name)
    fresh = CHECKOUT / f"{name}.{os.getpid()}"
    fresh.symlink_to(target)
    fresh.replace(link)
