"""What a person sees: steps with their seconds, programs run with a log, one sentence for what is wrong."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback

from . import processes


class Stop(Exception):
    """Ends a command with one clear sentence for the user (exit code 2, no traceback)."""


# The first that is found is said: what is more special stands before what is more general.
KNOWN_TROUBLE = (
    (
        r"No space left on device|ENOSPC|[Dd]isk quota exceeded|could not extend file",
        "The disk is full: free some space and start again.",
    ),
    (
        r"[Rr]ead-only file system|EROFS",
        "A file system is mounted read-only: name a folder that can be written to in POS_GLASE_CACHE, or use a "
        "checkout elsewhere.",
    ),
    (
        r"Could not get lock|is another process using it|dpkg frontend lock",
        "Another package manager is running: wait until it has ended and start again.",
    ),
    (r"Network is unreachable|ENETUNREACH", "There is no network: connect and start again."),
    (
        r"Temporary failure (in name )?resolution|Temporary failure resolving|Could not resolve"
        r"|Name or service not known|No address associated with hostname|could not translate host name"
        r"|nodename nor servname|failed to lookup address|EAI_AGAIN|ENOTFOUND",
        "{host} has no address here: check its spelling, the name server and the connection.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verification failed|certificate verify failed"
        r"|SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER",
        "{host}: its certificate is not accepted; check this machine's date and its certificate authorities.",
    ),
    (
        r"407 Proxy Authentication|Tunnel connection failed|ProxyError",
        "The proxy refuses the connection: check the variables http_proxy and https_proxy.",
    ),
    (
        r"NewConnectionError|Could not connect to|Failed to establish a new connection|ECONNREFUSED"
        r"|Connection refused|Connection timed out|ETIMEDOUT|ReadTimeoutError|No route to host|ECONNRESET",
        "{host} does not answer: check the address, the connection and any firewall, and start again.",
    ),
    (
        r"THESE PACKAGES DO NOT MATCH THE HASHES|Hash Sum mismatch|EINTEGRITY",
        "What was downloaded is not what was expected: a proxy or a mirror has changed it, or it was cut. Start again.",
    ),
)
HOST = (
    r"could not translate host name \"([^\"]+)\"",
    r"[Cc]ould not resolve (?:host: )?'?([\w.-]+)",
    r"Temporary failure resolving '([^']+)'",
    r"(?:ENOTFOUND|EAI_AGAIN) ([\w.-]+)",
    r"host='([^']+)'",
    r"connection to server (?:at|on socket) \"([^\"]+)\"",
    r"Could not connect to ([\w.-]+(?::\d+)?)",
    r"https?://(?:[^@/\s]*@)?([\w.-]+)",
)


def explain(output):
    """The sentence for a known trouble found in a program's output, or an empty string."""
    for pattern, sentence in KNOWN_TROUBLE:
        if re.search(pattern, output):
            found = filter(None, (re.search(pattern, output) for pattern in HOST))
            host = next((match[1] for match in found), "")
            return sentence.format(host=f"The host {host}" if host else "The host")
    return ""


def explain_os(trouble):
    """The sentence for an :class:`OSError`: what could not be done, and with which file or folder."""
    where = f"{trouble.filename or ''}"
    if isinstance(trouble, FileNotFoundError) and where and os.sep not in where:
        return f"The program {where} is not on this machine: install it and start again."
    reason = explain(str(trouble)) or f"{trouble.strerror or trouble}."
    return f"{where}: {reason}" if where else reason


def say(text=""):
    BOARD.print(text)


class _Step:
    """A running step.

    :ivar alone: no other step ran or runs beside it, so that lines need not name it
    """

    def __init__(self, title, progress, alone):
        self.title, self.progress, self.alone = title, progress, alone
        self.started = time.monotonic()

    def detail(self):
        text = self.progress() if self.progress else ""
        return text if self.alone else f"{self.title}: {text}"

    @property
    def seconds(self):
        return time.monotonic() - self.started


class _Board:
    """What is printed: lines, and signs of life of running steps (each second on a terminal, else each 15 s)."""

    def __init__(self):
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.steps = []
        self.counting = False
        self.beating = False

    def print(self, text):
        with self.lock:
            self._clear()
            print(text, flush=True)

    def begin(self, title, progress):
        with self.lock:
            self.print(f"  {title} …")
            for other in self.steps:
                other.alone = False
            step = _Step(title, progress, not self.steps)
            self.steps.append(step)
            if not self.beating:
                self.beating = True
                threading.Thread(target=self._beat, daemon=True).start()
            return step

    def end(self, step, done):
        with self.lock:
            self.steps.remove(step)
            self._clear()
            self.changed.notify_all()
            if done:
                name = "" if step.alone else f"{step.title}: "
                self.print(f"    {name}done in {step.seconds:.1f} s")

    def _beat(self):
        terminal = sys.stdout.isatty()
        with self.lock:
            while True:
                self.changed.wait(1 if terminal else 15)
                if not self.steps:
                    self.beating = False
                    return
                if terminal:
                    self._count()
                    continue
                for step in self.steps:
                    if step.seconds >= 15:
                        print(
                            f"    {step.seconds:4.0f} s  {step.detail()[:90]}".rstrip(), flush=True
                        )

    def _count(self):
        width = shutil.get_terminal_size().columns - 1
        share = (width - 12) // len(self.steps)
        details = "  ".join(step.detail()[: share - 2] for step in self.steps)
        text = f"    {self.steps[0].seconds:4.0f} s  {details}"[:width]
        print(f"\r{text:<{width}}", end="", flush=True)
        self.counting = True

    def _clear(self):
        if self.counting:
            print(f"\r{'':<{shutil.get_terminal_size().columns - 1}}\r", end="", flush=True)
            self.counting = False


BOARD = _Board()


@contextlib.contextmanager
def step(title, progress=None):
    """One step of a set-up: its title, signs of life, and its seconds when it has ended.

    :param progress: optional function without arguments that returns a short text
    """
    running = BOARD.begin(title, progress)
    done = False
    try:
        yield
        done = True
    finally:
        BOARD.end(running, done)


def together(*functions):
    """Call functions beside one another; returns what they returned, in their order.

    All come to their end, so that nothing that was downloaded is lost.

    :raise Stop: one of them, or several, did not succeed
    """
    results, troubles = [None] * len(functions), []

    def call(place, function):
        try:
            results[place] = function()
        except BaseException as trouble:
            troubles.append(trouble)

    # Nobody waits for these when the command is told to stop.
    threads = [
        threading.Thread(target=call, args=entry, daemon=True) for entry in enumerate(functions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for trouble in troubles:
        if not isinstance(trouble, Stop):
            raise trouble
    if troubles:
        raise Stop("\n".join(dict.fromkeys(map(str, troubles))))
    return results


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

    It is told once when we are told to stop (a terminal would tell it a second time, while it cleans up).
    """
    process = subprocess.Popen(
        [str(argument) for argument in arguments], start_new_session=True, **options
    )
    try:
        return process.wait()
    except KeyboardInterrupt:
        end(process)
        raise


def end(*programs):
    """End programs that we have started: politely first, and not for long when somebody waits for our own end."""
    running = [process for process in programs if process.poll() is None]
    for process in running:
        process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + (processes.HURRY if IN_HURRY.is_set() else processes.PATIENCE)
    for process in running:
        try:
            process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# Set when another program than the person at the terminal told us to stop.
IN_HURRY = threading.Event()
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _told_to_stop(number, _frame):
    # Once is enough: told again, we would leave half of the rest. A handler, since what is ignored is inherited.
    for other in SIGNALS:
        signal.signal(other, lambda *_: None)
    if number != signal.SIGINT:
        IN_HURRY.set()
    raise KeyboardInterrupt


def command(function):
    """Run a command's ``main`` and leave with its exit code; a :class:`Stop` becomes one sentence, code 2."""
    for number in SIGNALS:
        # `nohup` has it ignored.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _told_to_stop)
    processes.mark()
    try:
        code = _outcome(function)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who reads our output has gone, such as `head`.
        code = 1
    processes.end_ours()
    # Nothing is left to be done, and steps that run beside may be waiting for something.
    os._exit(code)


def _outcome(function):
    try:
        swept = processes.sweep()
        if swept:
            say(f"  {swept} processes and folders of a run that was killed are removed")
        return function(sys.argv[1:]) or 0
    except Stop as trouble:
        return _trouble(str(trouble))
    except BrokenPipeError:
        raise
    except OSError as trouble:
        return _trouble(explain_os(trouble))
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130
    except SystemExit as leaving:
        # argparse has said what there is to say.
        return leaving.code
    except Exception:
        traceback.print_exc()
        return 1


def _trouble(sentence):
    say()
    print(f"{os.path.basename(sys.argv[0])}: {sentence}", file=sys.stderr, flush=True)
    return 2
