"""What a person sees: steps with their seconds, programs run with a log, one sentence for what is wrong."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time


class Stop(Exception):
    """Ends a command with one clear sentence for the user (exit code 2, no traceback)."""


KNOWN_TROUBLE = (
    (r"No space left on device", "The disk is full: free some space and start again."),
    (
        r"Temporary failure (in name )?resolution|Temporary failure resolving|Could not resolve"
        r"|Name or service not known|Network is unreachable|NewConnectionError|EAI_AGAIN|ENOTFOUND"
        r"|Could not connect to|Failed to establish a new connection|ENETUNREACH|ECONNREFUSED",
        "The network or the package registry cannot be reached: check the connection and start again.",
    ),
    (
        r"Could not get lock|is another process using it",
        "Another package manager is running: wait until it has ended and start again.",
    ),
)


def explain(output):
    """The sentence for a known trouble found in a program's output, or an empty string."""
    for pattern, sentence in KNOWN_TROUBLE:
        if re.search(pattern, output):
            return sentence
    return ""


def say(text=""):
    print(text, flush=True)


class _Beat(threading.Thread):
    """Shows that a long step is alive: each second on a terminal, each 15 s in a log."""

    def __init__(self, progress):
        super().__init__(daemon=True)
        self.progress = progress
        self.started = time.monotonic()
        self.ended = threading.Event()
        self.terminal = sys.stdout.isatty()

    def run(self):
        while not self.ended.wait(1 if self.terminal else 15):
            seconds = time.monotonic() - self.started
            detail = self.progress() if self.progress else ""
            if self.terminal:
                print(f"\r    {seconds:4.0f} s  {detail[:64]:<64}", end="", flush=True)
            else:
                print(f"    {seconds:4.0f} s  {detail[:90]}".rstrip(), flush=True)

    def stop(self):
        self.ended.set()
        self.join()
        if self.terminal:
            print(f"\r{'':<80}\r", end="", flush=True)
        return time.monotonic() - self.started


@contextlib.contextmanager
def step(title, progress=None):
    """One step of a set-up: its title, signs of life, and its seconds when it has ended.

    :param progress: optional function without arguments that returns a short text
    """
    say(f"  {title} …")
    beat = _Beat(progress)
    beat.start()
    try:
        yield
    except BaseException:
        beat.stop()
        raise
    say(f"    done in {beat.stop():.1f} s")


def last_line(path):
    """The last telling line of a growing log, for the signs of life of a step."""
    lines = [line.strip() for line in _tail(path).split("\n")]
    return next((line for line in reversed(lines) if line and "WARNING" not in line), "")


def modules_loaded(path):
    """How far Odoo has come with installing modules, read from its log."""
    found = re.findall(r"Loading module (\S+) \((\d+)/(\d+)\)", _tail(path, 60_000))
    return "module {1} of {2}: {0}".format(*found[-1]) if found else ""


def last_test(path):
    """The test that Odoo's runner is at, read from its log."""
    found = re.findall(r"Starting (\S+) \.\.\.", _tail(path, 60_000))
    return found[-1] if found else modules_loaded(path)


def _tail(path, size=2000):
    try:
        with open(path, "rb") as stream:
            stream.seek(max(0, os.path.getsize(path) - size))
            return stream.read().decode("utf-8", "replace")
    except OSError:
        return ""


def run(arguments, log, what, *, stdin=None, **options):
    """Run a program to its end, its output appended to ``log``.

    :param what: what fails if it fails, as the start of a sentence
    :param stdin: optional text for its standard input
    :raise Stop: it ended with another code than 0; the last lines of its output are shown
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab") as stream:
        start = stream.tell()
        feed = {"input": stdin.encode()} if stdin is not None else {"stdin": subprocess.DEVNULL}
        try:
            ended = subprocess.run(
                [str(argument) for argument in arguments],
                stdout=stream,
                stderr=subprocess.STDOUT,
                check=False,
                **feed,
                **options,
            )
        except FileNotFoundError:
            raise Stop(f"{what}: the program {arguments[0]} is not on this machine.") from None
    if ended.returncode:
        with open(log, "rb") as stream:
            stream.seek(start)
            output = stream.read().decode("utf-8", "replace")
        sentence = explain(output)
        if not sentence:
            say("\n".join("    | " + line for line in output.splitlines()[-25:]))
            sentence = f"It ended with code {ended.returncode}; the whole output is in {log}."
        raise Stop(f"{what}. {sentence}")


def attend(arguments, **options):
    """Run a program that talks to the user itself; returns its exit code.

    When we are told to stop, so is the program, and we wait until it has cleaned up.
    """
    process = subprocess.Popen([str(argument) for argument in arguments], **options)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise


def _told_to_stop(_number, _frame):
    raise KeyboardInterrupt


def command(function):
    """Run a command's ``main`` and leave with its exit code; a :class:`Stop` becomes one sentence, code 2."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _told_to_stop)
    try:
        code = function(sys.argv[1:])
    except Stop as trouble:
        say()
        print(f"{os.path.basename(sys.argv[0])}: {trouble}", file=sys.stderr, flush=True)
        code = 2
    except OSError as trouble:
        sentence = (
            explain(str(trouble)) or f"{trouble.strerror or trouble}: {trouble.filename or ''}"
        )
        print(f"\n{os.path.basename(sys.argv[0])}: {sentence}", file=sys.stderr, flush=True)
        code = 2
    except KeyboardInterrupt:
        say("\nStopped.")
        code = 130
    sys.exit(code)
