"""Everything that a command starts carries the command's mark, so that nothing outlives it.

The mark is a variable in the environment, which programs hand on to those that they start: PostgreSQL, Odoo, a browser
that a test opens. It names the command's process by its id and its start time, so that a process is known to be left
over as soon as the one that it names has gone; no list is kept that could be wrong. Temporary folders have it in
their names.
"""

import contextlib
import hashlib
import os
import re
import select
import shutil
import signal
import tempfile
import time
from pathlib import Path

VARIABLE = "POS_GLASE_RUN"
PROC = Path("/proc")
IDENTITY = re.compile(r"([0-9a-f]{8})_(\d+)_(\d+)")
# How long a program may take to end by itself, in seconds, before it is ended.
PATIENCE = 30
HURRY = 1
SHORT_TEMPORARY = "/tmp"


def _machine():
    """Tells apart machines, their starts, and containers: process ids mean something within one only."""
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text()
        space = os.stat(PROC / "self/ns/pid").st_ino
    except OSError:
        return "0" * 8
    return hashlib.sha256(f"{boot}{space}".encode()).hexdigest()[:8]


def _status(pid):
    """The parent's id and the start time of a process, or None when there is none (or it has ended)."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    state, parent, *rest = text.rpartition(")")[2].split()
    return None if state in "ZX" else (int(parent), rest[17])


def identity():
    """What names this process: letters, digits and underscores."""
    pid = os.getpid()
    status = _status(pid)
    return f"{_machine()}_{pid}_{status[1] if status else 0}"


def is_left(text):
    """Whether the process that is named in ``text`` (a mark, a folder, a database) ran here and has gone."""
    found = IDENTITY.search(text)
    if not found or found[1] != _machine():
        return False
    status = _status(found[2])
    return status is None or status[1] != found[3]


def mark():
    """Mark all that is started from here on."""
    os.environ[VARIABLE] = identity()


def unmarked():
    """The environment for a program that must be left to end by itself, such as a package manager."""
    return {name: value for name, value in os.environ.items() if name != VARIABLE}


def folder(kind):
    """A new temporary folder, removed by a later command if this one cannot.

    :param kind: a word for its name
    """
    # A socket's path may have 107 letters only.
    short = SHORT_TEMPORARY if len(tempfile.gettempdir()) > 40 else None
    return Path(tempfile.mkdtemp(prefix=f"glase-{kind}-{identity()}-", dir=short))


def _marks():
    """The mark of each process that has one and that we may end: text by process id."""
    found = {}
    for entry in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for part in (entry / "environ").read_bytes().split(b"\0"):
                name, _equals, value = part.partition(b"=")
                if name == VARIABLE.encode():
                    found[int(entry.name)] = value.decode("ascii", "replace")
    return found


def _with_descendants(pids):
    """These processes and all that they have started (some programs write over their environment)."""
    parents = {}
    for entry in PROC.glob("[0-9]*"):
        status = _status(entry.name)
        if status:
            parents[int(entry.name)] = status[0]
    wanted, grown = set(pids), True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in wanted} - wanted
        wanted |= more
        grown = bool(more)
    return wanted


def _end(chosen, patience):
    """End the processes whose mark is ``chosen``: politely, then at once.

    :param chosen: function from a mark to whether it is meant
    :return: how many there were
    """
    pids = {pid for pid, text in _marks().items() if chosen(text)} - {os.getpid()}
    handles = []
    for pid in _with_descendants(pids) - {os.getpid()}:
        with contextlib.suppress(OSError):
            handles.append(os.pidfd_open(pid))
    try:
        left = handles
        for number, seconds in ((signal.SIGINT, patience), (signal.SIGKILL, 1)):
            for handle in left:
                with contextlib.suppress(OSError):
                    signal.pidfd_send_signal(handle, number)
            left = _wait(left, seconds)
    finally:
        for handle in handles:
            os.close(handle)
    return len(handles)


def _wait(handles, seconds):
    """Wait until these processes have ended; returns those that have not."""
    deadline = time.monotonic() + seconds
    left = list(handles)
    while left and (rest := deadline - time.monotonic()) > 0:
        poll = select.poll()
        for handle in left:
            poll.register(handle, select.POLLIN)
        ended = {handle for handle, _event in poll.poll(rest * 1000)}
        left = [handle for handle in left if handle not in ended]
    return left


def end_ours(patience=HURRY):
    """End all that this command has started and that still runs."""
    own = identity()
    return _end(lambda text: text == own, patience)


def sweep():
    """End what commands that were killed have left running, and remove their temporary folders.

    :return: how many processes and folders there were
    """
    count = _end(is_left, 3)
    for path in {Path(tempfile.gettempdir()), Path(SHORT_TEMPORARY)}:
        for entry in path.glob("glase-*"):
            if is_left(entry.name) and entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
                count += not entry.exists()
    return count
