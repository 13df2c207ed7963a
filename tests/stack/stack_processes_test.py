"""Nothing outlives a command: told to stop, or killed without a word."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from stack import base_db, debian, paths, postgres, processes

# Other runs on this machine sweep, too: what a test leaves behind on purpose has a mark that only the test looks for.
MARK = f"{processes.VARIABLE}_{processes.identity()}"
PRELUDE = f"""
import os, signal, subprocess, sys, time
# As from a terminal: who runs these tests with nohup hands on that it is ignored.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
sys.path.insert(0, {str(paths.CHECKOUT / "bin")!r})
from pathlib import Path
from stack import console, paths, postgres, processes
processes.VARIABLE = {MARK!r}
"""
# A program that starts another in a session of its own, as browsers do; both do not listen to SIGINT.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
print("child:", child.pid, flush=True)
time.sleep(300)
"""
SECONDS = 3
TRIES = 3


@pytest.fixture(autouse=True)
def mark(monkeypatch):
    monkeypatch.setattr(processes, "VARIABLE", MARK)


def start(code, **options):
    """Run code with the package ``stack``; in a process group of its own, as a terminal has it."""
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **options,
    )


def said(process, word):
    """What the first line that begins with ``word`` says after it; a command may say first what it has swept away."""
    return next(line for line in process.stdout if line.startswith(word))[len(word) :].strip()


def runs(pid):
    return processes._status(pid) is not None


def marked(process):
    """The ids of all that a command has started and that still runs."""
    return [pid for pid, text in processes._marks().items() if f"_{process.pid}_" in text]


def wait_until(condition, seconds):
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition() and time.monotonic() < deadline:
        pause.wait(0.02)
    return condition()


@contextmanager
def stubborn():
    """A command that runs the stubborn program; the ids of that and of its child."""
    code = f"""
def main(_arguments):
    return console.attend([sys.executable, "-c", {STUBBORN!r}])
console.command(main)
"""
    with start(code) as process:
        try:
            process.inner = int(said(process, "child:"))
            yield process
        finally:
            process.kill()
            for pid in marked(process):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def command():
    with stubborn() as process:
        yield process


def quickest(stop):
    """Seconds of the quickest of a few: a busy machine may hold up one, a command that is slow itself holds up each."""
    took = []
    while len(took) < TRIES and min(took, default=SECONDS) >= SECONDS:
        took.append(stop())
    return min(took)


def told_to_stop(process, number):
    """Tell it; returns how many seconds it took to its end."""
    started = time.monotonic()
    process.send_signal(number)
    process.wait(10 * SECONDS)
    return time.monotonic() - started


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_told_to_stop_it_takes_all_with_it_within_three_seconds(number):
    def stop():
        with stubborn() as command:
            seconds = told_to_stop(command, number)
            assert command.returncode == 130
            assert not runs(command.inner)
            return seconds

    assert quickest(stop) < SECONDS


def test_killed_the_next_start_cleans_up(command):
    command.kill()
    command.wait()
    assert runs(command.inner)
    processes.sweep()
    assert not runs(command.inner)


def test_what_a_living_command_runs_is_left_alone(command):
    processes.sweep()
    assert runs(command.inner)
    assert command.poll() is None


def test_a_command_says_what_it_has_swept_away_and_then_works(tmp_path):
    left = tmp_path / f"glase-run-{processes.identity()[:8]}_{2**22 + 1}_1-x"
    left.mkdir()
    code = "console.command(lambda _arguments: print('word: done'))"
    with start(code, env={**os.environ, "TMPDIR": str(tmp_path)}) as process:
        assert "of a run that was killed are removed" in process.stdout.readline()
        assert said(process, "word:") == "done"
    assert not left.exists()


def test_another_process_with_the_same_id_is_not_the_one_that_is_named():
    own = processes.identity()
    machine, pid, started = own.split("_")
    assert not processes.is_left(f"glase-run-{own}-x")
    assert processes.is_left(f"glase-run-{machine}_{pid}_{int(started) + 1}-x")
    # Another machine's process (a container's, a folder that machines share) is not ours to judge.
    other = "0" * 8 if machine != "0" * 8 else "1" * 8
    assert not processes.is_left(f"{other}_{pid}_{int(started) + 1}")
    assert not processes.is_left("glase-run-abc")


def test_folders_of_a_killed_command_go_and_those_of_a_living_one_stay():
    code = "print(processes.folder('run'), flush=True); time.sleep(300)"
    with start(code) as process:
        folder = Path(process.stdout.readline().strip())
        processes.sweep()
        assert folder.is_dir()
        process.kill()
    processes.sweep()
    assert not folder.exists()


def test_postgresql_of_a_killed_command_is_stopped():
    code = """
processes.mark()
folder = processes.folder("run")
cluster = postgres.Cluster(folder, dict(postgres.FAST))
cluster.make()
server = cluster.start()
print(folder, server.socket, (cluster.data / "postmaster.pid").read_text().split()[0], flush=True)
time.sleep(300)
"""
    assert debian.postgres_bin()
    with start(code) as process:
        *folders, pid = process.stdout.readline().split()
        processes.sweep()
        assert runs(int(pid))
        process.kill()
    processes.sweep()
    assert not runs(int(pid))
    assert not any(Path(folder).exists() for folder in folders)


def test_databases_of_killed_commands_go_from_a_named_server():
    class Named(postgres.Server):
        def __init__(self, names):
            super().__init__({})
            self.names = names

        def query(self, sql, database="postgres"):
            return "\n".join(self.names)

        def drop_database(self, name):
            self.names = [other for other in self.names if other != name]

    own = processes.identity()
    machine, pid, started = own.split("_")
    left = f"pos_glase_run_{machine}_{pid}_{int(started) + 1}"
    kept = [f"pos_glase_run_{own}", "pos_glase_run_1234", f"pos_glase_run_{'0' * 8}_1_1"]
    named = Named([left, *kept, f"{left}_1"])
    base_db.drop_left(named)
    assert named.names == kept


def test_a_package_manager_is_not_cut_off(monkeypatch):
    monkeypatch.setenv(processes.VARIABLE, processes.identity())
    environment = processes.unmarked()
    assert processes.VARIABLE not in environment
    assert environment["PATH"] == os.environ["PATH"]


TEST_FILE = """
import subprocess, sys, time
import pytest

@pytest.fixture
def program():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    yield process
    process.terminate()
    process.wait()

def test_first():
    pass

def test_that_waits(program):
    print("waiting", flush=True)
    program.wait()
"""


def test_interrupted_tests_end_with_a_summary(tmp_path):
    """As at a terminal, whose Ctrl-C goes to all that is in the foreground."""
    (tmp_path / "test_it.py").write_text(TEST_FILE)
    code = f"""
def main(_arguments):
    return console.attend(
        [sys.executable, "-m", "pytest", "-s", "-p", "no:odoo", "-p", "no:cacheprovider", "test_it.py"],
        cwd={str(tmp_path)!r},
    )
console.command(main)
"""
    with start(code) as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "waiting" in line:
                os.killpg(process.pid, signal.SIGINT)
        process.wait()
    output = "".join(lines)
    assert process.returncode == 130
    assert "1 passed" in output
    assert "Traceback" not in output
    assert output.rstrip().endswith("Stopped.")


def test_interrupted_groups_say_how_far_they_came(tmp_path):
    """Two groups at a time, as ``bin/test`` runs them: what each has done is said, and nothing of Python's."""
    groups = ("one", "two")
    for name in groups:
        (tmp_path / f"test_{name}.py").write_text(TEST_FILE)
    code = f"""
from stack import runs, selection
folder = Path({str(tmp_path)!r})
environment = dict(os.environ, PYTHONPATH={str(paths.CHECKOUT / "bin")!r})

def run(name):
    plugins = ["-p", "no:odoo", "-p", "no:cacheprovider", "-p", "stack.recording"]
    command = [sys.executable, "-m", "pytest", *plugins, f"test_{{name}}.py"]
    return runs.Run(name, lambda: (command, environment, folder), folder)

def main(_arguments):
    runs.run_all([run(name) for name in {groups!r}], selection.Selection([], False))

console.command(main)
"""
    environment = {**os.environ, "POS_GLASE_CACHE": str(tmp_path / "cache")}
    with start(code, env=environment) as process:
        records = [tmp_path / f"{name}.jsonl" for name in groups]
        assert wait_until(
            lambda: all(path.exists() and "test_first" in path.read_text() for path in records), 60
        )
        os.killpg(process.pid, signal.SIGINT)
        output = process.stdout.read()
        process.wait()
    assert process.returncode == 130
    for name in groups:
        assert f"{name}: stopped after 1 of 2 tests" in output
    assert "Traceback" not in output
    assert output.rstrip().endswith("Stopped.")


def test_steps_beside_one_another_stop_with_the_command():
    code = f"""
def main(_arguments):
    work = lambda: console.run([sys.executable, "-c", {STUBBORN!r}], paths.log_file("stubborn"), "Work failed")
    print("begin", flush=True)
    console.together(work, work)
console.command(main)
"""

    def stop():
        with start(code) as process:
            said(process, "begin")
            assert wait_until(lambda: len(marked(process)) >= 4, 20)
            seconds = told_to_stop(process, signal.SIGTERM)
        assert not marked(process)
        return seconds

    assert quickest(stop) < SECONDS


def test_a_reader_that_goes_away_is_no_trouble():
    code = "console.command(lambda _arguments: [console.say('line') for _ in range(100_000)] and 0)"
    with subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1
