"""doc/operations.md: each message that the product writes to the log is explained, and no other."""

import ast
import re

from stack.lint import checkout_files
from stack.paths import CHECKOUT

PRODUCT = (
    "models/",
    "controllers/",
    "glase/",
    "wizard/",
    "report/",
    "rules/",
    "hooks.py",
    "addons/",
)
_CELL = re.compile(r"^\| `([^`]+)` \| (?:[a-z]+)", re.MULTILINE)


def messages(text):
    """What a file writes to its logger: each a text of its own, with places for values."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if isinstance(node.func.value, ast.Name) and node.func.value.id == "_logger":
            texts = [one for one in node.args if isinstance(one, ast.Constant)]
            # One that is put together first could say anything.
            assert texts and isinstance(texts[0].value, str), ast.unparse(node)
            yield texts[0].value


def test_each_message_of_the_log_is_explained():
    written = {
        message
        for name in checkout_files()
        if name.startswith(PRODUCT) and name.endswith(".py")
        for message in messages((CHECKOUT / name).read_text())
    }
    assert len(written) > 20
    log = (CHECKOUT / "doc/operations.md").read_text().partition("\n## The log\n")[2]
    explained = _CELL.findall(log)
    assert sorted(explained) == sorted(written)


def test_the_reader_of_messages_sees_them():
    text = '_logger.log(logging.INFO, "one %s", two)\nif three:\n    _logger.exception("four")\n'
    assert list(messages(text)) == ["one %s", "four"]
