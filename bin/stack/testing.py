"""The command ``bin/test``."""

import argparse
import contextlib
import functools
import os
import re
import shutil
import subprocess
import sys

from . import lengths, live, matrix, odoo_suites, processes, python_env, set_up, worlds
from .base_db import (
    Workplace,
    with_kiosk,
    with_kiosk_pages,
    with_module,
    with_modules,
    with_pages,
    with_shop,
    with_tours,
)
from .console import attend, last_test, say, step
from .paths import BESIDE, CHECKOUT, MODULE, cache, fresh_log
from .runs import Count, Run, in_parts, run_all, slowest
from .selection import BROWSER_FILES, GROUPS, TESTS, select
from .server import check_port, free_port

DESCRIPTION = """\
Sets up what is missing and runs the tests: those of the protocol client, the simulator and these commands with plain
pytest, those of the module on a real Odoo, those in tests/process against real server processes. Everything that is
not an option of this command goes to pytest: -k, -x, -v, paths such as tests/glase or
tests/ledger/test_proof.py::TestProof. Given only tests/rules, tests/glase, tests/simulator or tests/stack, no Odoo is
started. Without a path or an expression it leaves to --rest what takes long (tests/long.txt), so that one waits for it.
The groups run three at a time, each on a database of its own; what each test took, its output and its JUnit file stay
in the cache. Several runs at once do not disturb each other."""

# Seconds on two quiet cores, for the first run on a machine; later the ones that were measured count.
EXPECTED = {
    "odoo": 450,
    "browser": 550,
    "process": 400,
    "companions": 180,
    "matrix": 120,
    "kiosk": 80,
    "kioskpages": 150,
    "pages": 350,
    "plain": 200,
    "lint": 250,
}
# Groups that take so long that one alone would be left at the end: into how many runs each is cut.
PARTS = {"odoo": 2, "process": 2}
# Fewer files are played in one run.
FILES = 10
# The tag of the few classes that show that the tests run in Odoo's own runner, too.
SMOKE = "glase_smoke"
# Told to the tests of bin/test --all, see tests/shared/soak.py, tests/process and tests/hunt.
ALL = "POS_GLASE_TEST_ALL"
ALL_GROUPS = ",".join(GROUPS)


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="bin/test",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="everything, also what takes hours: every moment at which a server is killed, many days of the hunt,"
        " a month, attacks on every method by every way; with --odoo-runner: all classes",
    )
    parser.add_argument(
        "--rest", action="store_true", help="what bin/test leaves out, but for what takes hours"
    )
    parser.add_argument(
        "--group",
        metavar="NAMES",
        default=ALL_GROUPS,
        help="only these groups, with commas between them (default: %(default)s)",
    )
    parser.add_argument("--fast", action="store_true", help="leave out what needs a browser")
    parser.add_argument("--no-lint", action="store_true", help="leave out bin/lint")
    parser.add_argument(
        "--no-demo-data", action="store_true", help="on a database without Odoo's demo data"
    )
    parser.add_argument(
        "--odoo-runner",
        action="store_true",
        help=f"run the test classes with the tag {SMOKE} in Odoo's own runner, without the development"
        " packages, instead",
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
    parser.add_argument("--matrix", metavar="ROW", nargs="?", const="", help=matrix.HELP)
    parser.add_argument("--odoo-suites", metavar="PART", nargs="?", const="", help=odoo_suites.HELP)
    parser.add_argument("--worlds", action="store_true", help="all worlds, two at once")
    parser.add_argument("--world", metavar="NAME", help=worlds.HELP)
    options, rest = parser.parse_known_args(arguments)
    if options.worlds or options.world:
        return worlds.main(options.world, options.yes)
    if options.odoo_suites is not None:
        return odoo_suites.main(options.odoo_suites, options.yes)
    if options.serve:
        return _serve(options)
    if options.odoo_runner:
        return _odoo_runner(options)
    if options.matrix is not None:
        rest += matrix.paths(options.matrix)
    selection = select(rest, options.group.split(","), not options.fast, _length(options))
    count, linted, runs = _run(options, selection)
    say()
    if not selection.only_collects and not selection.talks and count.total > 1:
        say("The slowest:")
        say("\n".join(slowest(runs)))
        say(f"Output, JUnit and what each test took: {cache() / 'tests'}")
    if selection.only_collects:
        return _say_collected(runs)
    if options.matrix is not None:
        say(matrix.table(runs))
    if not linted:
        say("bin/lint found something to correct (see above).")
    if not count.total:
        say("No test was run.")
    if count.skipped:
        say("Skipped tests count as trouble: something that they need is missing.")
    return _close(count, linted)


def _length(options):
    if options.all:
        return None
    return lengths.REST if options.rest else lengths.SHORT


def _say_collected(runs):
    for run in runs:
        say(f"{run.name}: {run.collected()} tests")
    say(f"{MODULE}: {sum(run.collected() for run in runs)} tests")
    return 0


def _close(count, linted=True):
    say(f"{MODULE}: {count.passed} passed, {count.failed} failed, {count.skipped} skipped")
    return 0 if count.total and not count.failed and not count.skipped and linted else 1


def _run(options, selection):
    """Run what was selected; returns the count, whether the linters are content, and the runs."""
    with contextlib.ExitStack() as ending:
        folder = processes.folder("tests")
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        runs = []
        whole = not selection.narrowed and not selection.only_collects
        whole = whole and not options.rest and options.group == ALL_GROUPS
        if whole and not options.no_lint:
            lint = [sys.executable, CHECKOUT / "bin/lint", *(["--yes"] if options.yes else [])]
            runs.append(Run("lint", lambda: (lint, None, CHECKOUT), folder, is_pytest=False))
        if selection.needs_odoo:
            runs += _with_odoo(_stack(options, selection), selection, options, folder, ending)
        if selection.plain:
            python = python_env.find()
            runs.append(
                Run(
                    "plain",
                    lambda: _plain_pytest(python, selection.plain, selection, options, {}),
                    folder,
                )
            )
        for run in runs:
            run.expected = EXPECTED[run.name.partition("-")[0]]
        count, linted = run_all(runs, selection)
        return count, linted, runs


def _with_odoo(stack, selection, options, folder, ending):
    """The runs that need Odoo, each on a copy of a database that it has to itself."""

    def workplace(base):
        place = ending.enter_context(Workplace(base(stack), stack.python, stack.tree))
        place.odoo.options.update(screenshots=_screenshots())
        return place

    def on_odoo(base, paths):
        return _odoo_pytest(workplace(base), paths, selection, options.all)

    def live_servers(base, paths):
        place = workplace(base)
        description = place.folder / "stack.json"
        live.describe(place.odoo, description)
        environment = {**place.odoo.environment(), live.VARIABLE: str(description)}
        return _plain_pytest(stack.python, paths, selection, options, environment)

    groups = (
        ("odoo", on_odoo, with_module),
        ("browser", on_odoo, with_tours),
        ("process", live_servers, with_module),
        ("pages", live_servers, with_pages),
        ("kiosk", on_odoo, with_kiosk),
        ("kioskpages", live_servers, with_kiosk_pages),
    )
    runs = []
    for name, command, base in groups:
        paths = getattr(selection, name)
        is_cut = len(paths) > FILES and not selection.narrowed
        parts = in_parts(paths, PARTS.get(name, 1)) if is_cut else [paths]
        for number, part in enumerate(filter(None, parts), 1):
            title = f"{name}-{number}" if len(parts) > 1 else name
            runs.append(Run(title, functools.partial(command, base, part), folder))
    for title, modules, paths in _beside(selection.companions):
        base = functools.partial(with_modules, modules=modules)
        runs.append(Run(title, functools.partial(live_servers, base, paths), folder))
    return runs


def _beside(paths):
    """The runs of tests with other modules beside ours: name, modules, paths.

    A row of the matrix is one; the others share one where they name the same modules.
    """
    rows, shared = {}, {}
    for path in paths:
        file = path.partition("::")[0]
        row, modules = matrix.name_of(file), matrix.modules_of(file)
        same = rows.setdefault((row, modules), []) if row else shared.setdefault(modules, [])
        same.append(path)
    for (row, modules), of_row in rows.items():
        yield f"matrix-{row}", modules, of_row
    for number, (modules, same) in enumerate(shared.items(), 1):
        yield f"companions-{number}" if len(shared) > 1 else "companions", modules, same


def _stack(options, selection=None, requirements=python_env.DEVELOPMENT):
    say("Set-up")
    return set_up.prepare(
        agreed=options.yes,
        demo=not options.no_demo_data,
        browser=selection.needs_browser if selection else not options.fast,
        requirements=requirements,
        programs=matrix.programs_of(selection.companions) if selection else None,
    )


def _screenshots():
    """Where Odoo leaves pictures of failed tours; kept after the run."""
    return cache() / "screenshots"


def _pytest(python):
    plugins = ("-p", "stack.recording", "-p", "stack.lengths")
    return [python, "-m", "pytest", "-p", "no:cacheprovider", *plugins]


def _plain_pytest(python, paths, selection, options, environment):
    environment = {**os.environ, **environment, "PYTHONDONTWRITEBYTECODE": "1"}
    ours = [str(CHECKOUT / "bin"), str(CHECKOUT), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, ours))
    arguments = [*_pytest(python), "-p", "no:odoo", "-p", "stack.plain_collection"]
    if options.fast:
        arguments += _without_browser(TESTS)
    if options.all:
        environment[ALL] = "1"
    elif not any("::" in path for path in paths):
        arguments += ["-m", "not soak"]
    return [*arguments, *paths, *selection.pytest_arguments], environment, CHECKOUT


def _without_browser(tests):
    return [f"--ignore-glob={tests}/*{name}" for name in BROWSER_FILES]


def _odoo_pytest(place, paths, selection, everything):
    odoo = place.odoo
    module = odoo.addons / MODULE
    root = _linked(odoo.addons, paths[0].partition("tests/")[0])
    arguments = [
        *_pytest(odoo.python),
        # An addon beside the module has no configuration of its own.
        *(f"--config-file={module}/pyproject.toml", f"--rootdir={root}"),
        *(_linked(odoo.addons, path) for path in paths),
        # Odoo writes its log to stderr already, which is shown with a failed test.
        *("-p", "no:logging"),
        *("-p", "stack.garbage"),
        f"--odoo-config={odoo.configuration()}",
        f"--odoo-database={odoo.database}",
        "--odoo-http",
        "--odoo-log-level=info",
    ]
    temporary = odoo.folder / "tmp"
    temporary.mkdir()
    environment = odoo.environment()
    environment.update(
        **({ALL: "1"} if everything else {}),
        TMPDIR=str(temporary),
        POS_GLASE_TEST_COPY=odoo.database,
        PYTHONPATH=os.pathsep.join([environment["PYTHONPATH"], str(CHECKOUT / "bin")]),
    )
    return [*arguments, *selection.pytest_arguments], environment, module


def _linked(addons, path):
    """A path of the checkout under its addon's own name, which Odoo needs."""
    beside = f"{BESIDE.name}/"
    name = path.removeprefix(beside) if path.startswith(beside) else f"{MODULE}/{path}"
    return addons / name


def _odoo_runner(options):
    stack = _stack(options, requirements=python_env.RUNTIME)
    with Workplace(stack.base, stack.python, stack.tree) as workplace:
        odoo = workplace.odoo
        tags = [f"/{MODULE}" if options.all else f"{SMOKE}/{MODULE}"]
        if options.fast:
            tags += [
                f"-/{MODULE}/tests/{path.relative_to(TESTS)}"
                for pattern in BROWSER_FILES
                for path in sorted(TESTS.rglob(pattern))
            ]
        log = fresh_log("odoo-runner")
        arguments = ["-i", MODULE, "--test-tags", ",".join(tags), "--stop-after-init"]
        with step("Odoo's own runner", lambda: last_test(log)), open(log, "wb") as stream:
            code = attend(
                odoo.command(*arguments, "--http-port", str(free_port())),
                env={**odoo.environment(), **({ALL: "1"} if options.all else {})},
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
