"""The service's operations: name → function of a :class:`Call`, returning the answer's fields.

Each function checks first and changes afterwards: a refusal (:class:`~..codes.Refused`) leaves
nothing behind.
"""

import functools
import importlib
import pkgutil
from dataclasses import dataclass

from ..state import Transaction


@dataclass
class Call:
    """One request while it is carried out.

    ``request``: the wrapper's children as nested dicts; ``profile``: effective settings;
    ``simulator``: the whole (currencies, notifier).
    """

    tx: Transaction
    request: dict
    profile: dict
    simulator: object


_SERVED = {}


def serves(name):
    """Let a function carry out an operation.

    :param str name: on the wire
    """

    def register(function):
        _SERVED[name] = function
        return function

    return register


@serves("benchmarkingNop")
def benchmarking_nop(_call):
    """Always success, for everybody."""
    return {}


@functools.cache
def operations():
    """All operations that the modules of this folder serve; any other name is refused with 91."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return _SERVED
