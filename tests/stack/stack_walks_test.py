"""No walk, tour or browser test acts on a page in the moment when that may be acting by itself.

Tills, displays and phone pages follow the server: they replace themselves, and close what they opened. What is found
here is done against them: a reload, a second address, a look that decides what is clicked next, a pause.
"""

import ast
import re

import pytest

from stack.paths import CHECKOUT

AGAINST_A_PAGE = {"reload", "go_back", "go_forward", "wait_for_timeout", "sleep"}
LOOKS = {"count", "is_visible", "is_hidden", "is_enabled", "is_disabled", "all", "all_inner_texts"}
LOOPS = (ast.For, ast.While, ast.comprehension)
IN_TOURS = {
    "reloads or leaves the page": r"\blocation\.(reload|assign|replace)\b|\blocation(\.href)?\s*=[^=]"
    r"|\bhistory\.(go|back|forward|pushState)\b|\bnavigation\.navigate\b",
    "pauses": r"\bsetTimeout\b|\bdelay\(|\bsleep\(",
    "waits for a notification, which goes by itself": r"\bo_notification(?!_manager)",
}


def walks():
    """Python files that drive a browser."""
    folders = ("bin/stack", "tests", "bench")
    files = [path for name in folders for path in (CHECKOUT / name).rglob("*.py")]
    return [
        path for path in files if re.search(r"^(import|from) playwright", path.read_text(), re.M)
    ]


def tours():
    folders = ("tours", "customer_display")
    return [path for name in folders for path in (CHECKOUT / "static/tests" / name).rglob("*.js")]


def acts_against_a_page(code):
    """What a walk does against its pages: a list of sentences with the line."""
    found, sent = [], set()
    tree = ast.parse(code)
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            child.parent = node
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.While | ast.IfExp):
            looks = {name for call in ast.walk(node.test) if (name := _method(call)) in LOOKS}
            found += [f"{node.lineno}: {name}() decides what is done next" for name in looks]
        name = _method(node)
        if name in AGAINST_A_PAGE:
            found.append(f"{node.lineno}: {name}()")
        if name == "goto":
            page = ast.unparse(node.func.value)
            function = _around(node, ast.FunctionDef)
            known = (page, None if page.startswith("self.") else function)
            if known in sent or _around(node, LOOPS):
                found.append(f"{node.lineno}: {page} is sent to another address")
            sent.add(known)
    return found


def _method(node):
    return node.func.attr if isinstance(node, ast.Call) and hasattr(node.func, "attr") else None


def _around(node, kinds):
    """What of these kinds stands around a node in its function; the function itself, if that is asked for."""
    while not isinstance(node, kinds):
        if isinstance(node, ast.FunctionDef | ast.Module):
            return None
        node = node.parent
    return node


def acts_against_a_till(code):
    """What a tour does against its page: a list of sentences with the line."""
    return [
        f"{number}: {what}"
        for number, line in enumerate(code.splitlines(), 1)
        for what, pattern in IN_TOURS.items()
        if re.search(pattern, line.partition("// ")[0])
    ]


@pytest.mark.parametrize(
    "line",
    [
        "page.reload()",
        "self.phone.reload()",
        "page.go_back()",
        "page.wait_for_timeout(500)",
        "time.sleep(1)",
        "page.goto(one); page.goto(other)",
        "for url in urls: page.goto(url)",
        "if send.count(): send.click()",
        "while page.locator('.wait').is_visible(): page.click('.again')",
        "page.click('.pay' if page.is_visible('.pay') else '.no')",
    ],
)
def test_an_act_against_a_page_is_found(line):
    assert acts_against_a_page(f"def walk():\n    {line}")


@pytest.mark.parametrize(
    "line",
    [
        "run(() => location.reload()),",
        "window.location.href = url;",
        "browser.location.assign(url);",
        "history.back();",
        "await new Promise((resolve) => setTimeout(resolve, 500));",
        "await delay(300);",
        'trigger: ".o_notification:contains(stored)",',
    ],
)
def test_an_act_against_a_till_is_found(line):
    assert acts_against_a_till(line)


def test_what_waits_for_the_page_is_not_found():
    assert not acts_against_a_page(
        "page.goto(url); page.wait_for_selector('body'); page.click('a')"
    )
    assert not acts_against_a_till('{ trigger: ".glase-pay:enabled", run: "click" },')


def test_there_are_walks_and_tours():
    assert {"sale_walk.py", "browser_phone_test.py"} <= {path.name for path in walks()}
    assert "glase_payment_tours.js" in {path.name for path in tours()}


@pytest.mark.parametrize("path", walks(), ids=lambda path: path.name)
def test_no_walk_acts_against_a_page(path):
    assert acts_against_a_page(path.read_text()) == []


@pytest.mark.parametrize("path", tours(), ids=lambda path: path.name)
def test_no_tour_acts_against_a_page(path):
    assert acts_against_a_till(path.read_text()) == []


def test_one_tour_reloads_the_till_and_it_is_about_that():
    """Odoo's ``refresh`` waits until the till has stored all; a till does not leave its page by itself."""
    uses = [
        line
        for path in tours()
        for line in re.findall(
            r'tour\("(\w+)"(?:(?!^tour).)*?\brefresh\(\)', path.read_text(), re.S | re.M
        )
    ]
    assert uses == ["GlaseReload"]
