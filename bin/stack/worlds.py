"""``bin/test --world NAME`` and ``--worlds``: the same tests where something is otherwise than usual."""

import contextlib
import json
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import installed, node_env, postgres, python_env, release, set_up
from .base_db import KIOSK_PAGES, PAGES, Workplace, build_bundles, with_kiosk
from .console import Stop, last_line, run, say, step
from .elsewhere import Elsewhere, copy_checkout, path_for_others, play
from .paths import CHECKOUT, MODULE, cache, digest, fresh_folder, fresh_log, is_complete, locked
from .selection import PLAIN
from .server import SET_UP_SHOP, free_port

PINS = Path(__file__).with_name("odoo_pins")
LINT_SCRIPT = Path(__file__).with_name("odoo_lint.py")
# What takes long takes as long everywhere.
FAST_TESTS = ("bin/test", "--no-lint", "--fast", "--yes", "--length=short")
PLAIN_TESTS = (*FAST_TESTS, *(f"tests/{name}" for name in PLAIN))
# Nothing that Odoo pins is in the tools, nor in the rules.
PINNED_TESTS = (*FAST_TESTS, "tests/glase", "tests/simulator")
# A few test classes in Odoo's own runner.
SMOKE = ("bin/test", "--odoo-runner", "--fast", "--yes")
SALE = ("bin/demo", "--sale", "--yes")
AT_ONCE = 2


@dataclass(frozen=True)
class World:
    """:ivar summary: what is otherwise in it
    :ivar play: function of *agreed* (see :func:`main`) that raises :class:`~stack.console.Stop` when something fails
    """

    summary: str
    play: object


def main(name, agreed):
    """Play one world, or all; 0 when nothing failed.

    :param name: a key of :data:`WORLDS`; empty: all
    :param agreed: the user agreed to Debian packages being installed
    """
    if not name:
        return _all(agreed)
    if name not in WORLDS:
        raise Stop(f"There is no world {name}. These are there:\n{table()}")
    say(f"{name}: {WORLDS[name].summary}")
    WORLDS[name].play(agreed)
    say(f"\n{name}: good")
    return 0


def table():
    """All worlds with what is otherwise in them, as text."""
    width = max(map(len, WORLDS))
    return "\n".join(f"  {name:<{width}}  {world.summary}" for name, world in WORLDS.items())


def _all(agreed):
    """Each world in a process of its own, a few at once; what failed is shown."""
    say("Set-up")
    for demo in (True, False):
        _set_up(agreed, demo)
    say("\nWorlds\n" + table() + "\n")
    waiting, playing, failed = list(WORLDS), {}, []
    started = time.monotonic()
    try:
        while waiting or playing:
            while waiting and len(playing) < AT_ONCE:
                name = waiting.pop(0)
                playing[name] = (_start(name), time.monotonic())
            name = _next_to_end(playing)
            process, since = playing.pop(name)
            seconds = time.monotonic() - since
            if process.returncode:
                failed.append(name)
                say("\n".join(f"    | {line}" for line in _tail(_log(name))))
            word = f"failed; the whole output is in {_log(name)}" if process.returncode else "good"
            say(f"  {name:<14} {seconds:5.1f} s  {word}")
    finally:
        for process, _since in playing.values():
            process.terminate()
            process.wait()
    say(
        f"\nWorlds: {len(WORLDS) - len(failed)} good, {len(failed)} failed ({time.monotonic() - started:.0f} s)"
    )
    return 1 if failed else 0


def _log(name):
    return cache() / f"logs/world-{name}.log"


def _start(name):
    with open(fresh_log(f"world-{name}"), "wb") as stream:
        return subprocess.Popen(
            [CHECKOUT / "bin/test", "--world", name, "--yes"],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )


def _next_to_end(playing):
    """The name of the world that ends first."""
    while True:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        for name, (process, _since) in playing.items():
            if process.poll() is not None:
                return name


def _tail(path):
    return path.read_text(errors="replace").splitlines()[-40:]


def _here(command, **variables):
    play(
        [CHECKOUT / command[0], *command[1:]],
        command,
        env={**os.environ, **variables},
        cwd=CHECKOUT,
    )


def _pins(agreed):
    pythons = [
        set_up.prepare(agreed=agreed, browser=False, requirements=requirements).python
        for requirements in (python_env.DEVELOPMENT, python_env.RUNTIME)
    ]
    for file in sorted(PINS.glob("*.txt")):
        folder = _pinned(pythons[0], file)
        variables = {"PYTHONPATH": str(folder)}
        for python in pythons:
            say(f"\n{file.stem}: {_versions(python, folder)}")
        _here(PINNED_TESTS, **variables)
        _here(SMOKE, **variables)


def _pinned(python, file):
    """A folder with the packages of a list of Odoo's, which come before those of our environment."""
    key = digest(file, python)
    folder = cache() / f"pins-{file.stem}-{key}"
    with locked("pins"):
        if not is_complete(folder):
            fresh_folder(folder)
            log = fresh_log("pip-pins")
            pip = [python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
            with step(f"Python packages that Odoo pins ({file.stem})", lambda: last_line(log)):
                run(
                    [*pip, "--no-deps", "--target", folder, "-r", file],
                    log,
                    "The Python packages cannot be installed",
                )
            (folder / "complete").touch()
    return folder


def _versions(python, folder):
    """The versions that a program with this folder imports.

    :raise Stop: they are not those in the folder
    """
    code = (
        "import lxml, requests, urllib3, werkzeug, zeep\n"
        "from importlib.metadata import version\n"
        "for one in (lxml, requests, urllib3, werkzeug, zeep):\n"
        "    print(one.__name__, version(one.__name__), one.__file__)\n"
    )
    ended = subprocess.run(
        [python, "-c", code],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line.split(None, 2) for line in ended.stdout.splitlines()]
    if len(found) != 5 or any(not path.startswith(str(folder)) for _name, _version, path in found):
        raise Stop(f"The pinned packages are not used: {ended.stdout}{ended.stderr}")
    return ", ".join(f"{name} {version}" for name, version, _path in found)


def _set_up(agreed, demo=True):
    """All that plain tests, smoke and sale need, in our cache: what is not there each copy would make anew."""
    set_up.prepare(agreed=agreed, demo=demo)
    set_up.prepare(agreed=agreed, demo=demo, requirements=python_env.RUNTIME, driver=True)


def _nonroot(agreed):
    is_root = not os.geteuid()
    path = path_for_others()
    if is_root and path != os.environ["PATH"]:
        # The other user may find another Python: what that one needs is set up in our cache, once.
        _here(("bin/test", "--world", "nonroot", "--yes"), PATH=path)
        return
    _set_up(agreed)
    with Elsewhere(title="Kassa på ö 店", as_user=is_root) as there:
        for command in (PLAIN_TESTS, SMOKE, SALE):
            there.run(*command)
        left = there.left_behind()
        if left:
            raise Stop("Left behind: " + ", ".join(left))


def _no_demo_data(agreed):
    _set_up(agreed, demo=False)
    with Elsewhere() as there:
        for command in (SMOKE, SALE):
            there.run(*command, "--no-demo-data")


def _named_server(agreed):
    _set_up(agreed)
    with Elsewhere() as there, _server(there.outside / "server") as variables:
        for command in (SMOKE, SALE):
            there.run(*command, **variables)


@contextlib.contextmanager
def _server(folder):
    """A PostgreSQL server on a port, with a user who may make databases and no more; gives its ``PG*`` variables."""
    port = free_port()
    settings = {**postgres.FAST, "listen_addresses": "127.0.0.1", "port": port}
    cluster = postgres.Cluster(folder, settings)
    cluster.make()
    (cluster.data / "pg_hba.conf").write_text(
        "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    )
    server = cluster.start()
    try:
        server.options["db_port"] = port
        server.query("CREATE ROLE shop LOGIN CREATEDB PASSWORD 'of the integrator'")
        yield {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(port),
            "PGUSER": "shop",
            "PGPASSWORD": "of the integrator",
        }
    finally:
        server.stop()


def _logs(agreed):
    """Install, update and uninstall; a warning in a log is a fault, as nothing but the module has changed."""
    stack = set_up.prepare(agreed=agreed, browser=False)
    found = []
    with Workplace(stack.base, stack.python, stack.tree) as workplace:
        odoo = workplace.odoo
        for what, arguments in (
            ("install", ("-i", MODULE)),
            ("update", ("-u", MODULE)),
            ("uninstall", None),
            ("install again", ("-i", MODULE)),
        ):
            odoo.log.unlink(missing_ok=True)
            with step(what):
                if arguments:
                    odoo.once(*arguments, what=f"{what} failed")
                else:
                    _uninstall(odoo)
            found += [f"{what}: {line}" for line in trouble(odoo.log.read_text(errors="replace"))]
    if found:
        say("\n".join(found))
        raise Stop(f"{len(found)} lines in the logs are warnings or errors.")


def _uninstall(odoo):
    command = [odoo.python, odoo.tree.script, "module", "uninstall"]
    run(
        [*command, "-c", odoo.configuration(), MODULE],
        odoo.log,
        "uninstall failed",
        env=odoo.environment(),
        cwd=odoo.folder,
    )


def trouble(log):
    """The lines of an Odoo log that are warnings or worse, without their times and process ids."""
    return [
        match["rest"]
        for match in re.finditer(
            r"^\S+ \S+ \d+ (?P<rest>(?:WARNING|ERROR|CRITICAL) .*)$", log, re.MULTILINE
        )
    ]


def _odoo_lint(agreed):
    """Odoo's own ``test_lint``, with the programs that it would skip checks without."""
    stack = set_up.prepare(agreed=agreed, browser=False)
    node, packages = node_env.find_odoo(stack.python)
    with Workplace(with_kiosk(stack), stack.python, stack.tree) as workplace:
        odoo = workplace.odoo
        programs = fresh_folder(workplace.folder / "programs")
        _program(
            programs / "eslint",
            f'"{node}" "{packages}/eslint/bin/eslint.js"',
            f'--resolve-plugins-relative-to "{packages.parent}"',
        )
        # Comments of ours name checks of pylint-odoo, which is not loaded there. Odoo means to leave
        # this out, but knows it by an older name.
        _program(
            programs / "pylint", f'"{stack.python}" -m pylint', "--disable=unknown-option-value"
        )
        # This process plays nothing but this world.
        path = [str(programs), os.environ["PATH"]]
        os.environ.update(PATH=os.pathsep.join(path), ESLINT_USE_FLAT_CONFIG="false")
        with step("Odoo's test_lint"):
            told = json.loads(
                odoo.shell(LINT_SCRIPT.read_text(), "It ended early").splitlines()[-1]
            )
        if told["trouble"] or not told["tests"]:
            say(odoo.log.read_text(errors="replace"))
            raise Stop(f"{told['trouble']} of {told['tests']} failed or were skipped.")
        say(f"    {told['tests']} tests")


def _program(path, command, last):
    """A program of this name that calls a command, with the arguments that it is given and one of our own."""
    path.write_text(f'#!/bin/sh\nexec {command} "$@" {last}\n')
    path.chmod(0o755)


INSTALLED_SCRIPT = """\
import json
from odoo.modules import Manifest

found = env["ir.module.module"].search([("name", "in", NAMES), ("state", "=", "installed")])
print(json.dumps({one.name: [one.latest_version, Manifest.for_addon(one.name).path] for one in found}))
"""


def _wheel(agreed):
    """All addons from wheels, and no addons path of ours: installed, updated by newer wheels, used."""
    stack = set_up.prepare(agreed=agreed, browser=False)
    with Workplace(stack.base, stack.python, stack.tree) as workplace:
        odoo = workplace.odoo
        source, site = workplace.folder / "a clone", workplace.folder / "site"
        copy_checkout(source)
        odoo.addons = None
        # This process plays nothing but this world.
        os.environ["PYTHONPATH"] = str(site)
        names = list(installed.addons(source))
        for what, option in (("install", "-i"), ("update", "-u")):
            with step(f"{what} {', '.join(names)} from wheels"):
                version = _raise_version(source)
                _pip(stack.python, _wheels(source, workplace.folder / version), site)
                odoo.once(option, ",".join(names), what=f"{what} failed")
            told = odoo.shell(f"NAMES = {names!r}\n{INSTALLED_SCRIPT}", "Odoo does not answer")
            if json.loads(told) != {
                name: [version, str(site / "odoo/addons" / name)] for name in names
            }:
                raise Stop(f"{what}: what Odoo has is not the wheels of {version}: {told}")
        with step("what browsers load, and Glase in the shop"):
            build_bundles(odoo, PAGES + KIOSK_PAGES)
            odoo.shell(SET_UP_SHOP, "Glase cannot be set up in the shop")
        found = trouble(odoo.log.read_text(errors="replace"))
        if found:
            say("\n".join(found))
            raise Stop(f"{len(found)} lines in the log are warnings or errors.")


def _raise_version(source):
    """Give the addons of a copy a newer version that has no migration; returns it."""
    start, last = installed.manifest(source)["version"].rsplit(".", 1)
    version = f"{start}.{int(last) + 1}"
    for addon in installed.addons(source).values():
        path = addon / installed.MANIFEST
        path.write_text(re.sub(r'("version": )"[^"]+"', rf'\1"{version}"', path.read_text()))
    return version


def _wheels(source, folder):
    """The wheels of all addons of a copy, made in a folder; returns their paths."""
    fresh_folder(folder)
    for name in installed.addons(source):
        release.tool("stack.wheel", source, name, folder)
    return sorted(folder.iterdir())


def _pip(python, wheels, site):
    """Have pip put wheels into a folder, in place of older ones."""
    pip = [python, "-m", "pip", "install", "--no-index", "--disable-pip-version-check"]
    # Not all that Odoo's package asks for is needed here, so that pip would refuse them for Odoo's sake.
    command = [*pip, "--no-deps", "--upgrade", "--target", site, *wheels]
    run(command, fresh_log("pip-wheel"), "pip failed")


WORLDS = {
    "pins": World(
        "with the versions of zeep, lxml, requests, urllib3, Werkzeug that Odoo pins", _pins
    ),
    "nonroot": World(
        "as a user who is not root, in folders whose names have spaces and letters beyond ASCII",
        _nonroot,
    ),
    "no-demo-data": World("on a database without Odoo's demo data", _no_demo_data),
    "named-server": World("on a PostgreSQL server that PG* variables name", _named_server),
    "logs": World("install, update, uninstall: no warning in Odoo's log", _logs),
    "wheel": World("from wheels that pip installs, without an addons path", _wheel),
    "odoo-lint": World("Odoo's own test_lint, for this module", _odoo_lint),
}
HELP = f"run these tests where something is otherwise than usual: {', '.join(WORLDS)}"
