"""How a bug is planted in the loaded module, and taken out again."""

import contextlib
import functools
from unittest.mock import patch

from odoo.addons.pos_glase.rules import state_machine


class Mutants(dict):
    """Mutants by name: context managers of a world, each for a bug that somebody might write.

    An instance is the decorator that adds one under its function's name.
    """

    def __call__(self, function):
        self[function.__name__] = function
        return function


@contextlib.contextmanager
def in_model(world, model, **methods):
    """Methods of a model replaced; each gets the original as its first argument."""
    cls = world.registry[model]
    with contextlib.ExitStack() as stack:
        for name, method in methods.items():
            stack.enter_context(patch.object(cls, name, _bound(method, getattr(cls, name))))
        yield


def _bound(method, original):
    @functools.wraps(original)
    def replacement(self, *arguments, **options):
        return method(original, self, *arguments, **options)

    return replacement


def in_ledger(world, **methods):
    """Methods of the ledger's rows replaced."""
    return in_model(world, "glase.transaction", **methods)


@contextlib.contextmanager
def judged(operation, judge):
    """The state machine judges one operation in another way."""
    original = state_machine._JUDGES[operation]
    with patch.dict(
        state_machine._JUDGES, {operation: lambda row, evidence: judge(original, row, evidence)}
    ):
        yield
