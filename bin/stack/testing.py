"""The command ``bin/test``."""

import argparse
import os
import re
import subprocess
import tempfile
import xml.etree.ElementTree
from dataclasses import dataclass
from pathlib import Path

from . import lint, live, python_env, set_up
from .base_db import Workplace, with_module, with_shop
from .console import attend, last_test, say, step
from .paths import CHECKOUT, MODULE, cache, fresh_log
from .server import check_port, free_port

TESTS = CHECKOUT / "tests"
# Their files are named *_test.py: of all test_*.py Odoo expects that its own runner knows them.
PLAIN = ("glase", "property", "simulator", "stack")
# These start Odoo processes of their own.
PROCESS = ("process", "hunt")
BROWSER_FILES = ("test_tour_*.py", "test_hoot.py", "browser_*_test.py")

DESCRIPTION = """\
Sets up what is missing and runs the tests: those of the protocol client, the simulator and these commands with plain
pytest, those of the module on a real Odoo, those in tests/process against real server processes. Everything that is
not an option of this command goes to pytest: -k, -x, -v, paths such as tests/glase or tests/test_ledger.py::TestLedger.
Given only tests/glase, tests/simulator or tests/stack, no Odoo is started. Several runs at once do not disturb each
other."""


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
class Selection:
    """Which tests were asked for.

    :ivar plain: paths for plain pytest without Odoo
    :ivar process: paths for plain pytest with a server process
    :ivar odoo: paths for pytest on Odoo, relative to the checkout
    :ivar rest: pytest's other arguments
    :ivar narrowed: some were asked for by path or expression, so that a group may be empty
    """

    plain: list
    process: list
    odoo: list
    rest: list
    narrowed: bool


def select(arguments):
    """Sort pytest's arguments into groups; without a path it is everything that is there."""
    plain, process, odoo, rest = [], [], [], []
    for argument in arguments:
        path = _path_in_tests(argument)
        if path is None:
            rest.append(argument)
            continue
        inside = path.partition("::")[0]
        parts = Path(inside).parts[1:]
        if not parts:
            return _everything(
                rest + [other for other in arguments if not _path_in_tests(other)], True
            )
        group = plain if parts[0] in PLAIN else process if parts[0] in PROCESS else odoo
        group.append(path)
    if plain or process or odoo:
        return Selection(plain, process, odoo, rest, True)
    narrowing = any(re.match(r"-[km]|--lf|--ff|--deselect|--ignore", argument) for argument in rest)
    return _everything(rest, narrowing)


def _everything(rest, narrowed):
    plain = [f"tests/{name}" for name in PLAIN if (TESTS / name).is_dir()]
    process = [f"tests/{name}" for name in PROCESS if (TESTS / name).is_dir()]
    odoo = ["tests"] if (TESTS / "__init__.py").exists() else []
    return Selection(plain, process, odoo, rest, narrowed)


def _path_in_tests(argument):
    """The argument as a path relative to the checkout, when it names something in ``tests``."""
    if argument.startswith("-"):
        return None
    name, mark, item = argument.partition("::")
    for folder in (Path.cwd(), CHECKOUT):
        path = folder / name
        if path.exists():
            path = path.resolve()
            if path == TESTS or TESTS in path.parents:
                return f"{path.relative_to(CHECKOUT)}{mark}{item}"
    return None


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="bin/test",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--fast", action="store_true", help="leave out what needs a browser")
    parser.add_argument("--no-lint", action="store_true", help="leave out bin/lint")
    parser.add_argument(
        "--no-demo-data", action="store_true", help="on a database without Odoo's demo data"
    )
    parser.add_argument(
        "--odoo-runner",
        action="store_true",
        help="run the module's tests in Odoo's own runner, without the development packages, instead",
    )
    parser.add_argument(
        "--serve",
        action="store_true",
        help="run no tests: start Odoo with the module on a copy, until Ctrl-C",
    )
    parser.add_argument("--port", type=int, help="with --serve: the port (default: a free one)")
    parser.add_argument(
        "--yes", action="store_true", help="install missing Debian packages without asking"
    )
    options, rest = parser.parse_known_args(arguments)
    selection = select(rest)

    if options.serve:
        return _serve(options)
    if options.odoo_runner:
        return _odoo_runner(options)

    linted = True
    if not options.no_lint and not selection.narrowed:
        linted = lint.check(options.yes)
    count = _run(options, selection)
    say()
    if not linted:
        say("bin/lint found something to correct (see above).")
    if not count.total:
        say("No test was run.")
    if count.skipped:
        say("Skipped tests count as trouble: something that they need is missing.")
    return _close(count, linted)


def _close(count, linted=True):
    say(f"{MODULE}: {count.passed} passed, {count.failed} failed, {count.skipped} skipped")
    return 0 if count.total and not count.failed and not count.skipped and linted else 1


def _run(options, selection):
    if not selection.process and not selection.odoo:
        python = python_env.find()
        with tempfile.TemporaryDirectory(prefix="glase-run-") as folder:
            return _pytest_plain(python, selection.plain, selection, options, {}, Path(folder))
    stack = _stack(options)
    count = Count()
    with Workplace(with_module(stack), stack.python, stack.tree) as workplace:
        odoo = workplace.odoo
        odoo.options.update(screenshots=_screenshots())
        description = workplace.folder / "stack.json"
        live.describe(odoo, description)
        if selection.plain or selection.process:
            count += _pytest_plain(
                stack.python,
                [*selection.plain, *selection.process],
                selection,
                options,
                {**odoo.environment(), live.VARIABLE: str(description)},
                workplace.folder,
            )
        if selection.odoo:
            count += _pytest_odoo(odoo, selection, options)
    return count


def _stack(options, requirements=python_env.DEVELOPMENT):
    say("Set-up")
    return set_up.prepare(
        agreed=options.yes,
        demo=not options.no_demo_data,
        browser=not options.fast,
        requirements=requirements,
    )


def _screenshots():
    """Where Odoo leaves pictures of failed tours; kept after the run."""
    return cache() / "screenshots"


def _pytest_plain(python, paths, selection, options, environment, folder):
    environment = {**os.environ, **environment}
    ours = [str(CHECKOUT / "bin"), str(CHECKOUT), environment.get("PYTHONPATH", "")]
    environment.update(PYTHONPATH=os.pathsep.join(filter(None, ours)), PYTHONDONTWRITEBYTECODE="1")
    arguments = ["-p", "no:odoo", "-p", "stack.plain_collection", *paths]
    if options.fast:
        arguments += _without_browser(TESTS)
    return _pytest(python, arguments, selection, environment, CHECKOUT, folder)


def _without_browser(tests):
    return [f"--ignore-glob={tests}/*{name}" for name in BROWSER_FILES]


def _pytest_odoo(odoo, selection, options):
    module = odoo.addons / MODULE
    paths = [str(module / path) for path in selection.odoo]
    arguments = [
        *paths,
        # Odoo writes its log to stderr already, which is shown with a failed test.
        *("-p", "no:logging"),
        *(f"--ignore={module / 'tests' / name}" for name in (*PLAIN, *PROCESS)),
        f"--odoo-config={odoo.configuration()}",
        f"--odoo-database={odoo.database}",
        "--odoo-http",
        "--odoo-log-level=info",
    ]
    if options.fast:
        arguments += _without_browser(module / "tests")
    temporary = odoo.folder / "tmp"
    temporary.mkdir()
    environment = {**odoo.environment(), "TMPDIR": str(temporary)}
    return _pytest(odoo.python, arguments, selection, environment, module, odoo.folder)


def _pytest(python, arguments, selection, environment, folder, results):
    """One pytest process, its output shown as it comes; returns its :class:`Count`."""
    report = results / "report.xml"
    report.unlink(missing_ok=True)
    say()
    code = attend(
        [
            python,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            f"--junitxml={report}",
            *arguments,
            *selection.rest,
        ],
        env=environment,
        cwd=folder,
    )
    if not report.exists():
        return Count(failed=1)
    suite = xml.etree.ElementTree.parse(report).getroot().find("testsuite")
    total, failures, errors, skipped = (
        int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    count = Count(total - failed - skipped, failed, skipped)
    nothing_chosen = code == 5 and selection.narrowed
    if code and not failed and not nothing_chosen:
        count.failed += 1
    return count


def _odoo_runner(options):
    stack = _stack(options, python_env.RUNTIME)
    with Workplace(stack.base, stack.python, stack.tree) as workplace:
        odoo = workplace.odoo
        tags = [f"/{MODULE}"]
        if options.fast:
            tags += [
                f"-/{MODULE}/tests/{path.name}"
                for pattern in BROWSER_FILES
                for path in sorted(TESTS.glob(pattern))
            ]
        log = fresh_log("odoo-runner")
        arguments = ["-i", MODULE, "--test-tags", ",".join(tags), "--stop-after-init"]
        with step("Odoo's own runner", lambda: last_test(log)), open(log, "wb") as stream:
            code = attend(
                odoo.command(*arguments, "--http-port", str(free_port())),
                env=odoo.environment(),
                cwd=odoo.folder,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
    return _close(_runner_count(log, code))


def _runner_count(log, code):
    """What Odoo's runner counted; what failed is shown."""
    output = log.read_text(errors="replace")
    found = re.findall(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests", output)
    failed = sum(int(failures) + int(errors) for failures, errors, _total in found)
    total = sum(int(total) for _failures, _errors, total in found)
    if code or failed or not found:
        lines = output.splitlines()
        trouble = [
            number for number, line in enumerate(lines) if re.search(r" (ERROR|CRITICAL) ", line)
        ]
        for number in trouble[:20]:
            say("\n".join(f"    | {line}" for line in lines[number : number + 30]))
        say(f"The whole output is in {log}.")
    if not failed and (code or not found):
        failed = 1
    return Count(max(0, total - failed), failed, 0)


def _serve(options):
    if options.port:
        check_port("127.0.0.1", options.port)
    stack = _stack(options)
    with Workplace(with_shop(stack), stack.python, stack.tree) as workplace:
        odoo = workplace.odoo
        odoo.options.update(max_cron_threads=1)
        running = odoo.start(options.port, arguments=["--dev=xml"])
        try:
            running.wait_until_ready()
            say(f"\n{running.url}  admin/admin, manager/manager, cashier/cashier; Ctrl-C ends it")
            say(f"log: {odoo.log}; configuration: {odoo.configuration()}")
            return running.process.wait()
        finally:
            running.stop()
