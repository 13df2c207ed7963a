"""Nobody outside writes a line of the log."""

import ast
import io
import logging
from pathlib import Path

import pytest

from glase.logs import get_logger, one_line

ROOT = Path(__file__).resolve().parents[2]
LINE = "2026-11-27 18:00:00,000 1 INFO shop pos_glase.glase: Glase: PAID 1000.00"
HOSTILE = (
    *(
        f"x{end}{LINE}"
        for end in ("\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029")
    ),
    *("\x1b[2K\x1b[1A" + LINE, "\x00", "\b" * 40 + LINE, "\u202eDIAP", "\ud800", "\x9b2J"),
)


def modules():
    """Each file of the module that runs in Odoo."""
    return [
        path
        for folder in ("glase", "models", "wizard", "controllers", "report")
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]


def logged(write, name="pos_glase.test"):
    """What a handler that is no friend of ours makes of what is logged."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = get_logger(name)
    before, logger.level = logger.level, logging.DEBUG
    logger.addHandler(handler)
    try:
        write(logger)
    finally:
        logger.removeHandler(handler)
        logger.level = before
    return stream.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", ["%s", "%r", "%.2000s"])
def test_a_message_is_one_line_whatever_is_in_it(text, form):
    said = logged(lambda logger: logger.warning(form + " of %s", text, 1))
    assert said.endswith("\n")
    assert said[:-1].isprintable()
    said.encode()
    assert logged(lambda logger: logger.info(text))[:-1].isprintable()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_traceback_cannot_look_like_a_line(text):
    def write(logger):
        try:
            raise ValueError(text)
        except ValueError:
            logger.exception("It ended in an error: %s", text)

    first, *rest = logged(write)[:-1].split("\n")
    assert first.isprintable()
    assert any("ValueError" in line for line in rest), "where it happened is still told"
    assert all(line.startswith("  | ") and line.isprintable() for line in rest)


def test_what_is_printable_stays_as_it_is():
    assert one_line("Fjällboden 20,00 kr – “Maja”") == "Fjällboden 20,00 kr – “Maja”"
    assert one_line("a\nb\x1b\u2028") == "a\\nb\\x1b\\u2028"


def test_every_logger_of_the_module_is_one_of_these():
    used = 0
    for path in modules():
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            called = isinstance(node, ast.Call) and ast.unparse(node.func)
            if called == "logging.getLogger":
                assert path.name == "logs.py", f"{path.name}: use get_logger"
            if called == "get_logger":
                used += 1
            assert called not in ("print", "warnings.warn"), path.name
            if called and called.startswith("logging.") and called != "logging.getLogger":
                assert called in ("logging.Formatter",), f"{path.name}: {called}"
    assert used > 8


def test_a_logger_is_filtered_once():
    for _again in range(3):
        logger = get_logger("pos_glase.test")
    assert len(logger.filters) == 1
