""".ci/run: its budget, and what it prints last, with commands that only pretend."""

import os
import re
import shutil
import socket
import subprocess
import sys

import pytest

from stack import paths

CI = paths.CHECKOUT / ".ci/run"
WHOLE = 50 * 60

DEMO = """\
import http.server, sys
if "--sale" in sys.argv:
    sys.exit({sale})
port = int(sys.argv[sys.argv.index("--port") + 1])
server = http.server.HTTPServer(("127.0.0.1", port), http.server.SimpleHTTPRequestHandler)
server.RequestHandlerClass.do_GET = lambda handler: (handler.send_response(200), handler.end_headers())
print("Ctrl-C stops all of it.", flush=True)
server.serve_forever()
"""
TESTS = """\
import sys
if not any(word in sys.argv for word in ("--worlds", "--matrix")):
    print("noise")
    rest = "--rest" in sys.argv
    failed = {rest} if rest else {failed}
    print(f"pos_glase: {{5 if rest else 12}} passed, {{failed}} failed, 0 skipped")
    sys.exit(failed > 0)
"""


@pytest.fixture
def played(tmp_path):
    """A function that runs ``.ci/run`` over commands of its own; returns its exit code and what it printed."""

    def play(setup=0, failed=0, rest=0, sale=0):
        (tmp_path / ".ci").mkdir()
        (tmp_path / "bin").mkdir()
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        text = CI.read_text()
        assert "local port=18069" in text
        (tmp_path / ".ci/run").write_text(text.replace("local port=18069", f"local port={port}"))
        shutil.copymode(CI, tmp_path / ".ci/run")
        for name, code in (
            ("setup", f"import sys; sys.exit({setup})"),
            ("test", TESTS.format(failed=failed, rest=rest)),
            ("demo", DEMO.format(sale=sale)),
        ):
            command = tmp_path / "bin" / name
            program = tmp_path / f"{name}.py"
            program.write_text(code)
            # A path with spaces cannot stand behind “#!”.
            command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{program}" "$@"\n')
            command.chmod(0o755)
        temporary = tmp_path / "tmp"
        temporary.mkdir()
        ended = subprocess.run(
            [str(tmp_path / ".ci/run")],
            env={**os.environ, "TMPDIR": str(temporary)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert not list(temporary.iterdir())
        return ended.returncode, ended.stdout

    return play


def test_the_budgets_of_all_parts_stay_under_fifty_minutes():
    budgets = [
        int(seconds) for seconds in re.findall(r"^(?:test_)?part (\d+) ", CI.read_text(), re.M)
    ]
    assert len(budgets) > 3
    assert sum(budgets) < WHOLE


def test_the_readmes_commands_are_parts():
    parts = " ".join(re.findall(r"^(?:test_)?part .*", CI.read_text(), re.M))
    assert re.search(r'test_part \d+ "bin/test" ', parts)
    assert "demo_answers" in parts
    assert re.search(r"bin/demo .*--sale --times 3", parts)


def test_all_good(played):
    code, printed = played()
    lines = printed.splitlines()
    assert lines[-1] == "17 passed, 0 failed"
    assert code == 0
    table = lines[lines.index("Budget") + 1 : -1]
    assert all(re.match(r" *\d+ s of +\d+ s  ", line) for line in table)
    assert table[-1].endswith("all")


@pytest.mark.parametrize(
    "failures, part",
    [
        ({"failed": 2}, "bin/test"),
        ({"rest": 2}, "leaves out"),
        ({"failed": 1, "rest": 1}, "bin/test"),
    ],
)
def test_a_failed_test_is_counted_once(played, failures, part):
    code, printed = played(**failures)
    assert (code, printed.splitlines()[-1]) == (1, "17 passed, 2 failed")
    assert f"{part}: failed with code 1" in printed


def test_what_fails_besides_is_counted_too(played):
    code, printed = played(sale=3)
    assert (code, printed.splitlines()[-1]) == (1, "17 passed, 1 failed")
    assert "failed with code 3" in printed


def test_without_a_set_up_nothing_is_tried(played):
    code, printed = played(setup=2)
    assert (code, printed.splitlines()[-1]) == (1, "0 passed, 1 failed")
    assert "=== bin/test" not in printed
