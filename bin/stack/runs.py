"""Several pytest processes at a time: their progress, their trouble, their figures."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree
from dataclasses import dataclass
from pathlib import Path

from .console import attend, end, say
from .paths import cache

AT_A_TIME = 3
SLOWEST = 10
DURATIONS = "durations.json"


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Count(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    @property
    def total(self):
        return self.passed + self.failed + self.skipped


@dataclass
class Run:
    """One process of a run.

    :ivar name: of its group
    :ivar command: function that returns the arguments, the environment and the working folder, called when it starts
    :ivar folder: gets the output and, of pytest, JUnit and what each test took
    :ivar is_pytest: else only its exit code counts, and it is no test
    :ivar expected: seconds that it will take, as far as is known
    """

    name: str
    command: object
    folder: Path
    is_pytest: bool = True
    expected: float = 0
    process: subprocess.Popen = None
    started: float = 0
    seconds: float = 0
    code: int = None
    entries: list = None

    @property
    def output(self):
        return self.folder / f"{self.name}.log"

    @property
    def junit(self):
        return self.folder / f"{self.name}.xml"

    @property
    def record(self):
        return self.folder / f"{self.name}.jsonl"

    def arguments(self):
        arguments, environment, folder = self.command()
        if self.is_pytest:
            arguments = [*arguments, f"--junitxml={self.junit}", f"--record={self.record}"]
        return [str(argument) for argument in arguments], {"env": environment, "cwd": folder}

    def start(self):
        arguments, options = self.arguments()
        self.started = time.monotonic()
        with open(self.output, "wb") as stream:
            self.process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                # A terminal's Ctrl-C reaches it once only, from us.
                start_new_session=True,
                **options,
            )

    def has_ended(self):
        if self.process.poll() is None:
            return False
        self._ended(self.process.returncode)
        return True

    def _ended(self, code):
        self.seconds = time.monotonic() - self.started
        self.entries = self._recorded()
        self.code = code

    def attend(self):
        """Run it to its end in the foreground."""
        arguments, options = self.arguments()
        self.started = time.monotonic()
        self._ended(attend(arguments, **options))

    def tests(self):
        """What each test took, as far as it has come: dicts of ``test``, ``seconds``, ``computed``."""
        return [entry for entry in self.entries or self._recorded() if "test" in entry]

    def collected(self):
        """How many tests it has, once it knows."""
        return sum(entry.get("tests", 0) for entry in self.entries or self._recorded())

    def _recorded(self):
        try:
            # The last line may be half written.
            lines = self.record.read_text().split("\n")[:-1]
        except OSError:
            return []
        return [json.loads(line) for line in lines]

    def count(self, may_be_empty=False):
        """Its :class:`Count`; trouble of pytest itself counts as a failed test."""
        if not self.is_pytest:
            return Count()
        if not self.junit.exists():
            return Count(failed=1)
        # By name: the totals count each subtest, and a test that fails in several again and again.
        outcomes = {}
        for case in xml.etree.ElementTree.parse(self.junit).iter("testcase"):
            name = case.get("classname"), case.get("name")
            outcomes.setdefault(name, set()).update(part.tag for part in case)
        failed = sum(not tags.isdisjoint(("failure", "error")) for tags in outcomes.values())
        skipped = sum(tags == {"skipped"} for tags in outcomes.values())
        count = Count(len(outcomes) - failed - skipped, failed, skipped)
        if self.code and not failed and not (self.code == 5 and may_be_empty):
            count.failed += 1
        return count


def run_all(runs, selection):
    """Run them, several at a time, the longest first; returns their summed :class:`Count` and whether all was good."""
    known = durations()
    for run in runs:
        run.expected = known.get(_group(run, selection), run.expected)
    runs.sort(key=lambda run: -run.expected)
    if selection.talks or len(runs) == 1:
        _one_by_one(runs, selection)
    else:
        _at_the_same_time(runs, selection)
    done = [run for run in runs if run.code is not None]
    _keep(done, selection)
    counts = [run.count(selection.narrowed) for run in done]
    good = all(run.is_pytest or not run.code for run in done)
    return sum(counts, Count()), good


def _one_by_one(runs, selection):
    for run in runs:
        say()
        run.attend()
        if run.code and _stops_at_first(selection):
            return


def _at_the_same_time(runs, selection):
    waiting, running = list(runs), []
    pulse = _Pulse(running)
    pause = threading.Event()
    try:
        while waiting or running:
            while waiting and len(running) < AT_A_TIME:
                run = waiting.pop(0)
                # It may have to make its database first, and says so.
                pulse.clear()
                run.start()
                running.append(run)
            pause.wait(0.2)
            pulse.beat()
            for run in [run for run in running if run.has_ended()]:
                running.remove(run)
                pulse.clear()
                _tell(run, selection)
                if run.code and _stops_at_first(selection):
                    waiting.clear()
                    end(*(other.process for other in running))
    finally:
        pulse.clear()
        end(*(run.process for run in running))
        for run in running:
            say(f"{run.name}: stopped after {len(run.tests())} of {run.collected()} tests")


def _stops_at_first(selection):
    return any(
        argument in ("-x", "--exitfirst") or argument.startswith("--maxfail")
        for argument in selection.rest
    )


class _Pulse:
    """Where the runs are: each second on a terminal, each 15 s in a log."""

    def __init__(self, running):
        self.running = running
        self.terminal = sys.stdout.isatty()
        self.next = time.monotonic()

    def beat(self):
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + (1 if self.terminal else 15)
        text = "; ".join(map(self._place, self.running))
        if self.terminal:
            print(f"\r  {text[:76]:<76}", end="", flush=True)
        else:
            say(f"  {text}")

    def _place(self, run):
        seconds = f"{time.monotonic() - run.started:.0f} s"
        if not run.is_pytest:
            return f"{run.name} {seconds}"
        return f"{run.name} {len(run.tests())}/{run.collected() or '?'} {seconds}"

    def clear(self):
        if self.terminal:
            print(f"\r{'':<78}\r", end="", flush=True)


def _tell(run, selection):
    """What came out of a run that has ended; all that it said, where that is needed."""
    if not run.is_pytest:
        say(f"  {run.name}: {'trouble' if run.code else 'good'} in {run.seconds:.0f} s")
        if run.code:
            say(run.output.read_text(errors="replace"))
        return
    count = run.count(selection.narrowed)
    if not count.total:
        return
    computed = sum(test["computed"] for test in run.tests())
    say(
        f"  {run.name}: {count.passed} passed, {count.failed} failed, {count.skipped} skipped"
        f" in {run.seconds:.0f} s, {computed:.0f} s of them computed"
    )
    if count.failed or count.skipped:
        text = run.output.read_text(errors="replace")
        starts = [text.find(f"= {word} =") for word in ("ERRORS", "FAILURES")]
        starts = [text.rfind("\n", 0, start) + 1 for start in starts if start >= 0]
        say(text[min(starts, default=max(0, len(text) - 4000)) :])


def slowest(runs):
    """The slowest tests of all, as lines."""
    tests = [test for run in runs for test in run.tests()]
    tests.sort(key=lambda test: -test["seconds"])
    return [
        f"  {test['seconds']:6.1f} s  ({test['computed']:5.1f} computed)  {test['test']}"
        for test in tests[:SLOWEST]
    ]


def durations():
    """What was taken at the last time: seconds by the name of a test, and of a ``group``."""
    try:
        return json.loads((cache() / "tests" / DURATIONS).read_text())
    except (OSError, ValueError):
        return {}


def in_parts(paths, number):
    """Files in so many parts that take about equally long, by what their tests took at the last time.

    :param paths: of files, relative to the checkout
    """
    took = dict.fromkeys(paths, 0)
    for test, seconds in durations().items():
        path = test.partition("::")[0]
        if path in took:
            took[path] += seconds
    # What was never run takes as long as the average.
    known = [seconds for seconds in took.values() if seconds]
    average = sum(known) / len(known) if known else 1
    parts = [[] for _part in range(number)]
    sums = [0] * number
    for path in sorted(paths, key=lambda path: -(took[path] or average)):
        least = sums.index(min(sums))
        parts[least].append(path)
        sums[least] += took[path] or average
    return [sorted(part) for part in parts]


def _group(run, selection):
    """How what a run takes is remembered: what is long is played for itself."""
    return f"group {run.name} {selection.length or ''}".strip()


def _keep(runs, selection):
    """Leave JUnit, output and durations in the cache."""
    folder = cache() / "tests"
    folder.mkdir(exist_ok=True)
    if selection.only_collects:
        return
    known = durations()
    for run in runs:
        for path in (run.output, run.junit):
            if path.exists():
                # Another run may be reading it.
                fresh = folder / f"{path.name}.{os.getpid()}"
                shutil.copyfile(path, fresh)
                fresh.replace(folder / path.name)
        known.update({test["test"]: test["seconds"] for test in run.tests()})
        if not selection.narrowed:
            known[_group(run, selection)] = round(run.seconds, 1)
    fresh = folder / f"{DURATIONS}.{os.getpid()}"
    fresh.write_text(json.dumps(known, indent=0, sort_keys=True))
    with contextlib.suppress(OSError):
        fresh.replace(folder / DURATIONS)
