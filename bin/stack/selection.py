"""Which tests there are, in groups that run at the same time, and which of them a command line asks for."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from . import lengths, matrix
from .console import Stop
from .paths import BESIDE, CHECKOUT, KIOSK

TESTS = CHECKOUT / "tests"
# Of our addon for Odoo's self-order: on a database with both, where the other tests have neither.
KIOSK_TESTS = f"{BESIDE.name}/{KIOSK}/tests"
KIOSK_FILES = ("browser_kiosk_test.py",)
PLAIN = ("glase", "rules", "simulator", "stack")
# These start Odoo processes of their own.
PROCESS = ("process", "hunt")
# What a row of the matrix hands to Odoo's runner.
OF_ROWS = ("law",)
# Files in folders are named *_test.py: of all test_*.py Odoo expects that its own runner knows them.
BROWSER_FILES = ("test_tour_*.py", "test_hoot.py", "browser_*_test.py")
# Of those that start Odoo: with a browser.
PAGE_FILES = "browser_*_test.py"
# What the parameters of plain tests are made from; they are part of a test's name.
NAMED_AFTER = {
    "plain": ("glase", "simulator"),
    "process": (),
    "pages": (),
    "companions": (),
    "kioskpages": (),
}
# Arguments of pytest that talk to a person: one group after the other, nothing kept back.
TALKING = re.compile(r"-s$|--pdb|--trace$|--capture|--co$|--collect|--fixtures|--setup-(plan|only)")
NARROWING = re.compile(r"-[km]|--lf|--ff|--deselect|--ignore")


GROUPS = ("plain", "odoo", "browser", "process", "pages", "companions", "kiosk", "kioskpages")
WITH_BROWSER = ("browser", "pages", "companions", "kioskpages")


@dataclass
class Selection:
    """Which tests were asked for; paths are relative to the checkout.

    :ivar rest: pytest's other arguments
    :ivar narrowed: some were asked for by path or expression, so that a group may be empty
    :ivar length: of :mod:`~stack.lengths`, where not all were asked for
    :ivar plain: for plain pytest without Odoo
    :ivar process: for plain pytest with server processes
    :ivar pages: for plain pytest with server processes and a browser
    :ivar companions: the same, with other modules beside ours; rows of the matrix
    :ivar odoo: for pytest on Odoo, without a browser
    :ivar browser: for pytest on Odoo, with a browser
    :ivar kiosk: for pytest on Odoo, with a kiosk
    :ivar kioskpages: for plain pytest with server processes, a browser and a kiosk
    """

    rest: list
    narrowed: bool
    length: str = None
    plain: list = field(default_factory=list)
    process: list = field(default_factory=list)
    pages: list = field(default_factory=list)
    companions: list = field(default_factory=list)
    odoo: list = field(default_factory=list)
    browser: list = field(default_factory=list)
    kiosk: list = field(default_factory=list)
    kioskpages: list = field(default_factory=list)

    @property
    def pytest_arguments(self):
        return [*([f"--length={self.length}"] if self.length else []), *self.rest]

    @property
    def needs_odoo(self):
        return any(getattr(self, group) for group in GROUPS if group != "plain")

    @property
    def needs_browser(self):
        return any(getattr(self, group) for group in WITH_BROWSER) or any(
            path == "tests/simulator" or Path(path.partition("::")[0]).match(pattern)
            for path in self.plain
            for pattern in BROWSER_FILES
        )

    @property
    def talks(self):
        return any(TALKING.match(argument) for argument in self.rest)

    @property
    def only_collects(self):
        return any(argument in ("--co", "--collect-only") for argument in self.rest)


def select(arguments, groups=GROUPS, browser=True, length=None):
    """Sort pytest's arguments into groups; without a path it is everything that is there.

    :param groups: which of them are wanted
    :param browser: also what needs a browser
    :param length: of :mod:`~stack.lengths`; what is asked for by name is played however long it takes
    :raises Stop: there is no such group
    """
    unknown = [group for group in groups if group not in GROUPS]
    if unknown:
        raise Stop(f"There is no group {unknown[0]}. These are there: {', '.join(GROUPS)}")
    named = [(argument, _path_in_tests(argument)) for argument in arguments]
    rest = [argument for argument, path in named if path is None]
    paths = [path for _argument, path in named if path is not None]
    narrowed = bool(paths) or any(NARROWING.match(argument) for argument in rest)
    chosen = Selection(rest, narrowed, None if narrowed else length)
    if not paths or "tests" in paths:
        paths = _everything()
    for path in paths:
        place = CHECKOUT / path
        for each in _one_by_one(place) or [path]:
            _group_of(each, chosen).append(each)
    words = _words(rest)
    if words:
        _keep_possible(chosen, words)
    left = [group for group in groups if browser or group not in WITH_BROWSER]
    for group in GROUPS:
        paths = getattr(chosen, group) if group in left else []
        setattr(chosen, group, lengths.keep(paths, chosen.length))
    return chosen


def _everything():
    folders = [f"tests/{name}" for name in PLAIN if (TESTS / name).is_dir()]
    return [*folders, *_one_by_one(TESTS), *_one_by_one(CHECKOUT / KIOSK_TESTS)]


def _one_by_one(folder):
    """The files in a folder and below that are grouped one by one: those that need Odoo."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.rglob("test_*.py") if path.parent.name not in OF_ROWS]
    for name in PROCESS:
        found += [path for path in (TESTS / name).rglob("*_test.py") if folder in path.parents]
    if folder != matrix.FOLDER:
        found = [path for path in found if not matrix.name_of(path)]
    return sorted(str(path.relative_to(CHECKOUT)) for path in found)


def _group_of(path, selection):
    inside = path.partition("::")[0]
    if inside.startswith(KIOSK_TESTS):
        return selection.kiosk
    folder = Path(inside).parts[1]
    if folder in PLAIN:
        return selection.plain
    if folder in PROCESS:
        if Path(inside).name in KIOSK_FILES:
            return selection.kioskpages
        if matrix.name_of(inside) or matrix.modules_of(inside):
            return selection.companions
        return selection.pages if Path(inside).match(PAGE_FILES) else selection.process
    if any(Path(inside).match(pattern) for pattern in BROWSER_FILES):
        return selection.browser
    return selection.odoo


def _path_in_tests(argument):
    """The argument as a path relative to the checkout, when it names something in ``tests``."""
    if argument.startswith("-"):
        return None
    name, mark, item = argument.partition("::")
    for folder in (Path.cwd(), CHECKOUT):
        path = folder / name
        if path.exists():
            path = path.resolve()
            if any(tests in (path, *path.parents) for tests in (TESTS, CHECKOUT / KIOSK_TESTS)):
                return f"{path.relative_to(CHECKOUT)}{mark}{item}"
    return None


def _words(rest):
    """The names in pytest's expression ``-k``; empty without one, and where no name limits it."""
    expression = ""
    for position, argument in enumerate(rest):
        if argument == "-k":
            expression = "".join(rest[position + 1 : position + 2])
        elif argument.startswith("-k"):
            expression = argument[2:].lstrip("=")
    words = re.findall(r"[^\s()]+", expression.lower())
    if "not" in words:
        return []
    return [word for word in words if word not in ("and", "or")]


def _keep_possible(selection, words):
    """Leave out what holds none of the words: no test there can have such a name."""

    def has_word(files):
        return any(
            word in path.name.lower() or word in path.read_text(errors="replace").lower()
            for path in files
            for word in words
        )

    def is_possible(path, group):
        # A number may be a parameter that is counted.
        if any(re.search(r"[\d\[]", word) for word in words):
            return True
        place = CHECKOUT / path.partition("::")[0]
        own = [place] if place.is_file() else []
        beside = _sources(place.parent if own else place)
        # Of the other files only what they share may hold a part of a name.
        shared = [file for file in beside if not own or not file.match("*_test.py")]
        made_from = [file for name in NAMED_AFTER[group] for file in _sources(CHECKOUT / name)]
        return has_word([*own, *shared, *made_from])

    for group in NAMED_AFTER:
        paths = getattr(selection, group)
        setattr(selection, group, [path for path in paths if is_possible(path, group)])
    # Tests on Odoo have no parameters: their names stand in their file, or in what it inherits.
    shared = _sources(TESTS / "shared")
    if any(word in name for word in words for name in _test_names(shared)):
        return
    for group in ("odoo", "browser", "kiosk"):
        paths = getattr(selection, group)
        kept = [path for path in paths if has_word([CHECKOUT / path.partition("::")[0]])]
        setattr(selection, group, kept)


def _sources(folder):
    return sorted(folder.rglob("*.py"))


def _test_names(files):
    for path in files:
        yield from re.findall(r"def (test_\w+)", path.read_text().lower())
