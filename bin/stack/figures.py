"""The figures of the house: how the module's models and functions are laid out, printed by ``bin/lint``.

The limits are those of ``doc/architecture.md``. Everything is read from the syntax trees; no Odoo is needed.
"""

import ast
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from radon.complexity import cc_visit

from .console import say
from .paths import BESIDE, CHECKOUT, KIOSK

# Of the addon beside the module only what is against the limits is said.
BESIDE_NAME = Path(BESIDE.name, KIOSK)
# What an installation runs; tests, benches and these commands are measured by ruff alone.
PRODUCT = (
    "models",
    "rules",
    "glase",
    "simulator",
    "wizard",
    "controllers",
    "report",
    "hooks.py",
    "migrations",
)
ROOMS = "models"
# Odoo's own models, by the beginning of their names; what is no name of ours is one of them.
OURS = ("glase.", "pos_glase.")
MOST_FILES = 6
MOST_LINES = 40
MOST_COMPLEX = 9
SHOWN = 5


@dataclass
class Model:
    """One model, as our files define or extend it.

    :ivar files: paths, in which it stands
    :ivar members: places of each method and field, by name
    """

    name: str
    files: set = field(default_factory=set)
    members: dict = field(default_factory=lambda: defaultdict(list))

    @property
    def rooms(self):
        return {room_of(path) for path in self.files}

    @property
    def most_files(self):
        return MOST_FILES if self.name.startswith(OURS) else 1

    @property
    def twice(self):
        return {name: places for name, places in self.members.items() if len(places) > 1}


@dataclass
class Function:
    """One function or method: where it is, its lines, and its complexity as radon counts it."""

    place: str
    lines: int
    complexity: int


def room_of(path):
    """The folder in ``models/`` that a file is in; elsewhere the layer."""
    parts = Path(path).parts
    return "/".join(parts[:2]) if parts[0] == ROOMS and len(parts) > 2 else parts[0]


class House:
    """The product's Python files, as they are laid out.

    :param Path root: the folder of the module, or of an addon beside it
    :param files: paths relative to it; what is no product is passed over
    """

    def __init__(self, root, files):
        self.files = sorted(path for path in files if Path(path).parts[0] in PRODUCT)
        self.models = {}
        self.functions = []
        self.leaving = []
        trees = {path: ast.parse((root / path).read_text()) for path in self.files}
        for path, tree in trees.items():
            self._read_models(path, tree)
            self._read_functions(path, root)
        self._read_calls(trees)

    def _read_models(self, path, tree):
        for node in tree.body:
            name = isinstance(node, ast.ClassDef) and _model_name(node)
            if not name:
                continue
            model = self.models.setdefault(name, Model(name))
            model.files.add(path)
            for line in node.body:
                for member in _members(line):
                    model.members[member].append(f"{path}:{line.lineno}")

    def _read_functions(self, path, root):
        for block in _functions(cc_visit((root / path).read_text())):
            lines = block.endline - block.lineno + 1
            self.functions.append(
                Function(f"{path}:{block.lineno} {block.name}", lines, block.complexity)
            )

    def _read_calls(self, trees):
        """Calls of our private methods that are defined in other rooms only."""
        rooms = defaultdict(set)
        for model in self.models.values():
            for name, places in model.members.items():
                if name.startswith("_"):
                    rooms[name] |= {room_of(place) for place in places}
        for path, tree in trees.items():
            here = room_of(path)
            own = {
                f"self.{node.name}" for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
            }
            for node in ast.walk(tree):
                called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
                if not called or here in rooms.get(node.func.attr, {here}):
                    continue
                # A class that is no model may have methods of the same names.
                if ast.unparse(node.func) not in own:
                    self.leaving.append(f"{path}:{node.lineno} {node.func.attr}")

    def faults(self):
        """What must never be, as sentences."""
        for model in sorted(self.models.values(), key=lambda each: each.name):
            for name, places in sorted(model.twice.items()):
                yield f"{model.name}.{name} is defined {len(places)} times: {', '.join(places)}"
            if len(model.files) > model.most_files:
                yield f"{model.name} is in {len(model.files)} files, {model.most_files} at most"
            if len(model.rooms) > 1:
                yield f"{model.name} is in {len(model.rooms)} rooms: {', '.join(sorted(model.rooms))}"
        for each in self.functions:
            if each.lines > MOST_LINES:
                yield f"{each.place} has {each.lines} lines, {MOST_LINES} at most"
            if each.complexity > MOST_COMPLEX:
                yield f"{each.place} has complexity {each.complexity}, {MOST_COMPLEX} at most"

    def say(self):
        """Print the figures."""
        in_rooms = [path for path in self.files if path.startswith(f"{ROOMS}/")]
        named = [path for path in in_rooms if Path(path).name != "__init__.py"]
        spread = sorted(self.models.values(), key=lambda each: -len(each.files))
        most = ", ".join(f"{each.name} {len(each.files)}" for each in spread[:SHOWN])
        say(f"files in {ROOMS}/: {len(named)}, in {len({room_of(path) for path in named})} rooms")
        say(f"most files for one model: {most}")
        say(
            f"methods and fields defined twice: {sum(len(each.twice) for each in self.models.values())}"
        )
        for words, key in (("longest", "lines"), ("most complex", "complexity")):
            worst = sorted(self.functions, key=lambda each, key=key: -getattr(each, key))[:SHOWN]
            say(f"{words}: " + ", ".join(f"{each.place} {getattr(each, key)}" for each in worst))
        say(f"calls of private methods that leave their room: {len(self.leaving)}")


def _functions(blocks):
    """All functions of radon's blocks: those of classes stand beside them, others inside."""
    for block in blocks:
        if hasattr(block, "methods"):
            for inner in block.inner_classes:
                yield from _functions([inner, *inner.methods])
        else:
            yield block
            yield from _functions(block.closures)


def _members(line):
    """The method, or the field, that a line of a model's class defines, if it does."""
    if isinstance(line, ast.FunctionDef):
        yield line.name
    elif isinstance(line, ast.Assign) and ast.unparse(line.value).startswith("fields."):
        yield from map(ast.unparse, line.targets)


def _model_name(node):
    """The model that a class defines or extends, or None."""
    known = {}
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            try:
                known[line.targets[0].id] = ast.literal_eval(line.value)
            except ValueError:
                continue
    name = known.get("_name") or known.get("_inherit")
    return name[0] if isinstance(name, list) else name


def _is_beside(path):
    return BESIDE_NAME in Path(path).parents


def main(files):
    """Print the figures of these files of the checkout, and what must never be."""
    house = House(CHECKOUT, files)
    house.say()
    beside = [Path(path).relative_to(BESIDE_NAME) for path in files if _is_beside(path)]
    faults = [*house.faults(), *House(BESIDE / KIOSK, map(str, beside)).faults()]
    say(f"against the limits: {len(faults)}")
    for fault in faults:
        say(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
