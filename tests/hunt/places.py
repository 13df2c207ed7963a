"""Where the module locks rows of the ledger, tills or orders: which of these places a run has come by.

A place is a function that locks. They are read from the source, so a new one is missed here until a path leads to it.
"""

import ast
import contextlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("cases", "ledger", "pos", "refunds", "registration")
LOCKING = {"lock", "locked", "lock_free"}
# What only hands a lock on.
HANDS_ON = {"known_rows.lock", "known_rows.locked"}
# What is no money's end: a till gets its first registration, and a move of tills asks before it begins.
NO_END = {"pos_config._glase_make_draft", "glase_terminal_registration._refuse_while_busy"}


def in_source():
    """The names of all places, ``file.function``."""
    found = set()
    for room in ROOMS:
        for path in sorted((ROOT / "models" / room).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef) and _locks(node):
                    found.add(f"{path.stem}.{node.name}")
    return found - HANDS_ON - NO_END


def _locks(function):
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LOCKING
        for node in ast.walk(function)
    )


@contextlib.contextmanager
def noted(places):
    """Note each place that locks meanwhile.

    :param set places: what is noted, as :func:`in_source` names it
    """
    from odoo.addons.pos_glase.models.support import autonomous_transaction

    lock_rows = autonomous_transaction._lock_rows

    def lock(records, how):
        frame = sys._getframe(1)
        while frame:
            name = f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"
            if name in known:
                places.add(name)
                break
            frame = frame.f_back
        return lock_rows(records, how)

    known = in_source()
    autonomous_transaction._lock_rows = lock
    try:
        yield
    finally:
        autonomous_transaction._lock_rows = lock_rows
