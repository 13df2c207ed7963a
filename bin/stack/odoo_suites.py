"""``bin/test --odoo-suites [PART]``: Odoo's own tests of the till, with the module installed and without.

Nothing of Odoo's may fail because the module is there. What fails without it is kept in ``tests/odoo_suites.txt``: a
list that a run writes anew, so that a difference is seen in the next commit.
"""

import re
import subprocess

from . import python_env, set_up
from .base_db import Workplace
from .console import Stop, attend, last_test, say, step
from .paths import CHECKOUT, MODULE, fresh_log
from .server import free_port

SUITES = ("point_of_sale", "pos_restaurant")
LIST = CHECKOUT / "tests/odoo_suites.txt"
PYTHON, TOURS = "python", "tours"
HELP = (
    f"run Odoo's tests of {' and '.join(SUITES)} with the module and without, and compare; PART is "
    f"{PYTHON} (without a browser) or {TOURS}, both by default"
)
# What makes a test file one that needs a browser.
BROWSER = re.compile(r"\b(start_pos_tour|start_tour|browser_js)\(")
FAILED = re.compile(
    r" (?:ERROR|FAIL): (?:Subtest )?"
    r"(?:(?P<test>\w+\.test\w*)|setUpClass \((?:\w+\.)*?(?P<class>\w+\.\w+)\))"
)
SUMMARY = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")


def main(part, agreed):
    """Run the suites twice and compare.

    :param str part: ``PYTHON``, ``TOURS``, or empty for both
    :param agreed: whether missing Debian packages may be installed without asking
    :return: the exit code
    :raise Stop: a part that is not there, or a test that fails with the module only
    """
    if part not in ("", PYTHON, TOURS):
        raise Stop(f"There is no part {part}: {PYTHON} or {TOURS}.")
    stack = set_up.prepare(
        agreed=agreed, browser=part != PYTHON, requirements=python_env.DEVELOPMENT
    )
    new = []
    for each in [part] if part else [PYTHON, TOURS]:
        without, count = _failing(stack, each, ())
        among, count_among = _failing(stack, each, (MODULE,))
        keep(each, without)
        say(f"{each}: {len(without)} of {count} tests fail without {MODULE}")
        say(f"{each}: {len(among)} of {count_among} tests fail with {MODULE}")
        new += sorted(among - without)
    if new:
        raise Stop(f"These tests of Odoo fail with {MODULE} only: {', '.join(new)}.")
    say(f"No test of Odoo fails because of {MODULE}.")
    return 0


def tags(tree, part):
    """The test tags of a part.

    :param tree: of Odoo
    :rtype: list
    """
    in_browser = sorted(
        f"/{suite}/{path.relative_to(folder)}"
        for suite in SUITES
        for folder in [addons / suite for addons in tree.addons]
        for path in (folder / "tests").rglob("test_*.py")
        if BROWSER.search(path.read_text())
    )
    if part == TOURS:
        return in_browser
    return [*(f"/{suite}" for suite in SUITES), *(f"-{path}" for path in in_browser)]


def _failing(stack, part, modules):
    """The tests that fail with some modules beside Odoo's, and how many were run."""
    title = f"odoo-suites-{part}-{'with' if modules else 'without'}"
    log = fresh_log(title)
    with Workplace(stack.base, stack.python, stack.tree) as workplace:
        odoo = workplace.odoo
        names = ", ".join([*SUITES[1:], *modules])
        with step(f"installing {names}"):
            odoo.once("-i", names.replace(" ", ""), what=f"{names} cannot be installed")
        # Of a process that installs, the tests would be those of what it installs.
        chosen = ["--test-tags", ",".join(tags(stack.tree, part)), "--stop-after-init"]
        with step(title, lambda: last_test(log)), open(log, "wb") as stream:
            attend(
                odoo.command(*chosen, "--http-port", str(free_port())),
                env=odoo.environment(),
                cwd=odoo.folder,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
    return read(log.read_text(errors="replace"), log)


def read(output, log="the log"):
    """What a log of Odoo's runner says: the names of the tests that failed, and how many were run.

    :param str output: of the runner
    :param log: where it is, for who has to read it
    :raise Stop: the runner did not end
    """
    sums = SUMMARY.findall(output)
    if not sums:
        raise Stop(f"Odoo's runner did not come to its end: {log}.")
    failing = {found["test"] or found["class"] for found in FAILED.finditer(output)}
    return failing, sum(int(total) for _failures, _errors, total in sums)


def kept():
    """What fails without the module, by part.

    :rtype: dict
    """
    found = {}
    for line in LIST.read_text().splitlines() if LIST.exists() else ():
        if line and not line.startswith("#"):
            part, _space, test = line.partition(" ")
            found.setdefault(part, set()).add(test)
    return found


def keep(part, failing):
    """Write the list anew, with what fails of one part now."""
    every = {**kept(), part: failing}
    lines = [f"{each} {test}" for each in sorted(every) for test in sorted(every[each])]
    head = "# Odoo's own tests that fail without the module; written by bin/test --odoo-suites."
    LIST.write_text("\n".join([head, *lines, ""]))
