"""axe-core, from npm, on a page that a browser test has open.

Every rule that axe has by default is asked for, on what is ours of a page. What is let pass stands in ``EXCEPTIONS``,
and is printed by the tests that need it.
"""

import dataclasses
import sys
from functools import cache

from stack import node_env


@dataclasses.dataclass(frozen=True)
class Exemption:
    """A finding that stays: of which rule, in an element that this selector is part of, and why."""

    rule: str
    element: str
    why: str


EXCEPTIONS = (
    Exemption("aria-allowed-attr", "o_tag", "tags of a field are drawn by Odoo"),
    Exemption("aria-required-parent", 'role="tab"', "tabs of a form are drawn by Odoo"),
    Exemption("button-name", "o_optional_columns_dropdown_toggle", "a list's own button is Odoo's"),
    Exemption("empty-table-header", "o_list_actions_header", "a list's last column is Odoo's"),
    Exemption("color-contrast", "searchabletext", "the grey of a setting's help text is Odoo's"),
)

RUN = """
async (root) => {
    const { violations } = await axe.run(root, { resultTypes: ["violations"] });
    return violations.flatMap(({ id, impact, nodes }) =>
        nodes.map(({ html, target, any, all, none }) => ({
            rule: id,
            impact,
            html: html.slice(0, 160),
            target: target.join(" "),
            why: [...any, ...all, ...none].map((check) => check.message).join("; ").slice(0, 200),
        }))
    );
}
"""


@cache
def _source():
    _node, packages = node_env.find(sys.executable)
    return (packages / "axe-core/axe.min.js").read_text("utf-8")


class Accessibility:
    """What axe has found on the pages of one test file.

    :ivar used: the exceptions that were needed
    """

    def __init__(self):
        self.used = set()

    def finds(self, page, root, where):
        """Run axe on what is under ``root``.

        :param page: of Playwright
        :param str root: a selector; all elements that match it are looked at
        :param str where: stands before each finding
        :return: one sentence for each finding that no exception names
        :rtype: list[str]
        """
        if not page.evaluate("() => Boolean(window.axe)"):
            page.evaluate(_source())
        found = []
        for finding in page.evaluate(RUN, root):
            exempt = next(
                (
                    one
                    for one in EXCEPTIONS
                    if one.rule == finding["rule"] and one.element in finding["html"]
                ),
                None,
            )
            if exempt:
                self.used.add(exempt)
            else:
                found.append(
                    f"{where}: {finding['rule']} ({finding['impact']}): {finding['html']} "
                    f"[{finding['target']}] {finding['why']}"
                )
        return found

    def said(self):
        """What was let pass, for the one who reads the tests' output."""
        lines = [f"{one.rule} in {one.element}: {one.why}" for one in sorted(self.used, key=str)]
        return "axe-core: let pass: " + ("; ".join(lines) or "nothing")
