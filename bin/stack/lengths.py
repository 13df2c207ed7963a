"""Which tests ``bin/test`` leaves to ``bin/test --rest``, so that somebody waits for the others.

Also a plugin of pytest, whose option ``--length`` keeps one of the two.
"""

from pathlib import Path

from .paths import CHECKOUT

LIST = CHECKOUT / "tests/long.txt"
SHORT, REST = "short", "rest"


def named():
    """What stands in the list: a file, a class or a test, as pytest names them, without parameters."""
    lines = [line.partition("#")[0].strip() for line in LIST.read_text().splitlines()]
    return frozenset(filter(None, lines))


def is_long(test, known):
    """Whether the list names a test, its class or its file."""
    parts = test.partition("[")[0].split("::")
    return any("::".join(parts[:end]) in known for end in range(1, len(parts) + 1))


def keep(paths, length):
    """Of files and folders with tests, those that have some of this length; without a length all."""
    if not length:
        return paths
    known = named()
    if length == SHORT:
        return [path for path in paths if path not in known]
    files = {name.partition("::")[0] for name in known}
    return [path for path in paths if path in files or _has_one(path, files)]


def _has_one(folder, files):
    return any(file.startswith(f"{folder}/") for file in files)


def pytest_addoption(parser):
    parser.addoption("--length", choices=(SHORT, REST), help="Only tests of this length")


def pytest_collection_modifyitems(config, items):
    length = config.getoption("--length")
    if not length:
        return
    known = named()
    of_length = {False: [], True: []}
    for item in items:
        of_length[is_long(_name(item), known) == (length == REST)].append(item)
    config.hook.pytest_deselected(items=of_length[False])
    items[:] = of_length[True]


def _name(item):
    """A test as the list names it: an addon may be linked to from elsewhere."""
    _path, mark, rest = item.nodeid.partition("::")
    return f"{Path(item.path).resolve().relative_to(CHECKOUT)}{mark}{rest}"
