"""A copy of the checkout in another folder, as another user when need be, with a cache that borrows from ours."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from . import console, lint, postgres
from .console import Stop, run, step
from .paths import CHECKOUT, cache, log_file

# What nobody writes to is lent; a database is copied, as its server writes to it.
LENT = ("venv-", "odoo-")
BASES = (
    *("base-", "module-", "pages-", "tours-", "shop-"),
    *("selforder-", "kiosk-", "kioskpages-", "kioskshop-"),
)


class Elsewhere:
    """The checkout in a temporary folder; leaving the ``with`` block removes all of it.

    :ivar checkout: the copied checkout
    """

    def __init__(self, title="checkout", as_user=False):
        """
        :param title: name of the folder that holds checkout, cache and temporary files
        :param as_user: play as a system user made for it, who is removed afterwards; only root can do that
        """
        self.title = title
        self.user = f"glase-world-{os.getpid()}" if as_user else ""
        self.has_user = False

    def __enter__(self):
        self.outside = Path(tempfile.mkdtemp(prefix="glase-world-"))
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make(self):
        self.folder = self.outside / self.title
        self.checkout = self.folder / "pos"
        self.cache = self.folder / "cache"
        self.temporary = self.folder / "tmp"
        for folder in (self.checkout, self.cache, self.temporary):
            folder.mkdir(parents=True)
        with step(f"a copy of the checkout in {self.folder}"):
            copy_checkout(self.checkout)
            for folder in _in_use():
                python = folder / "bin/python"
                if self.user and python.exists() and not _is_open(python.resolve().parent):
                    continue
                if self.user:
                    self._hand_over(folder)
                else:
                    (self.cache / folder.name).symlink_to(folder)
        if self.user:
            self._add_user()

    def _hand_over(self, folder):
        """Give the other user an artefact of ours, who may neither read our cache nor change what we keep."""
        target = self.cache / folder.name
        if folder.name.startswith(LENT):
            run(
                ["cp", "-a", "--link", folder, target], log_file("copy"), f"{folder} cannot be lent"
            )
            mark = target / "complete"
            mark.unlink()
            shutil.copy(folder / "complete", mark)
        else:
            postgres.copy_tree(folder, target)

    def _add_user(self):
        log = log_file("user")
        command = ["useradd", "--system", "--no-create-home", "--home-dir", self.folder, self.user]
        run(command, log, "A user cannot be made")
        self.has_user = True
        self.outside.chmod(0o755)
        for folder in (self.folder, self.cache, *self.cache.glob("*/complete")):
            shutil.chown(folder, self.user)
        for folder in (self.checkout, self.temporary, *self.cache.iterdir()):
            # Of what is lent only the folders: its files are the same as in our cache.
            which = ["-type", "d"] if folder.name.startswith(LENT) else []
            command = ["find", folder, *which, "-exec", "chown", "-h", self.user, "{}", "+"]
            run(command, log, f"{folder} cannot be handed over")

    def run(self, *command, **variables):
        """Run a command of the copied checkout.

        :raise Stop: it ended with another code than 0
        """
        environment = {
            **os.environ,
            "POS_GLASE_CACHE": str(self.cache),
            "TMPDIR": str(self.temporary),
            **variables,
        }
        program, *arguments = command
        started = [self.checkout / program, *arguments]
        if self.user:
            environment["PATH"] = path_for_others()
            kept = ("PATH", "LANG", "LC_ALL", "POS_GLASE_CACHE", "TMPDIR", *variables)
            told = [f"{name}={environment[name]}" for name in kept if name in environment]
            who = [f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]
            started = ["setpriv", *who, "--reset-env", "env", *told, *started]
        play(started, command, env=environment, cwd=self.checkout)

    def left_behind(self):
        """What the commands should have removed or ended: names of files, command lines of processes."""
        # pytest keeps what its last three runs wrote, for who looks into a failure.
        files = [
            path for path in self.temporary.iterdir() if not path.name.startswith("pytest-of-")
        ]
        return [*(path.name for path in files), *self._processes().values()]

    def _processes(self):
        """The other user's processes: command lines by process id."""
        if not self.has_user:
            return {}
        listed = subprocess.run(
            ["ps", "-o", "pid=,stat=,args=", "-u", self.user],
            capture_output=True,
            text=True,
            check=False,
        )
        lines = (line.split(None, 2) for line in listed.stdout.splitlines())
        # One that has ended (Z) only waits for the machine's first process to notice.
        return {int(pid): words for pid, state, words in lines if not state.startswith("Z")}

    def __exit__(self, *_trouble):
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.has_user:
            run(["userdel", self.user], log_file("user"), f"The user {self.user} cannot be removed")
        shutil.rmtree(self.outside, ignore_errors=True)


def copy_checkout(folder):
    """Copy the checkout's own files, and nothing that commands have put beside them."""
    for name in lint.checkout_files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, target)


def play(arguments, title, **options):
    """Run a command of ours.

    :param title: its words, as the reader knows it
    :raise Stop: it ended with another code than 0
    """
    words = " ".join(title)
    console.say(f"\n$ {words}")
    code = console.attend(arguments, **options)
    if code:
        raise Stop(f"{words}: ended with code {code}")


def _in_use():
    """What the cache has for a run: of each kind of database the one that was used last."""
    lent = [mark.parent for kind in LENT for mark in cache().glob(f"{kind}*/complete")]
    newest = {}
    marks = [mark for kind in BASES for mark in cache().glob(f"{kind}*/complete")]
    for mark in sorted(marks, key=lambda mark: mark.stat().st_mtime):
        newest[mark.parent.name.rpartition("-")[0]] = mark.parent
    return [*lent, *newest.values()]


def path_for_others():
    """``PATH`` without the folders that only we may enter."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if folder and _is_open(Path(folder)))


def _is_open(folder):
    """Whether any user may enter a folder."""
    return folder.is_dir() and all(
        one.stat().st_mode & 0o001 for one in (folder, *folder.absolute().parents)
    )
