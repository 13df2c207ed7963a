"""What our views show in each state that a record can have: contrast, by axe-core, and headers that are read whole.

What a shop has on a day shows a few of the states only. So each view that this module brings is opened in Odoo's own
web client, and what the server answers about its records gets each value in turn. (Odoo Community has one set of
colours for the back office; the colours of a badge are its own, and stay what they are where there is another set.)
"""

import ast
import json
import pathlib
from collections import Counter, namedtuple
from itertools import chain

import polib
import pytest
from accessibility import Accessibility
from longest_words import ROOT
from lxml import etree
from till_page import BUNDLE_MILLISECONDS, SCREENS, TillPage

WORKERS = 0
# What a field that is drawn as a line may have.
GRAPH = json.dumps([{"key": "Words", "values": [{"x": "1", "y": 1}, {"x": "2", "y": 2}]}])
ERROR = ".o_error_dialog"
# Far from any record's: what is shown was made up here.
FIRST_ID = 900_000_000
# A list that we add columns to is shown as the one that it inherits from.
VIEWS = """
    SELECT coalesce(view.inherit_id, view.id), view.model, view.type, view.arch_db->>'en_US', model.transient
      FROM ir_ui_view view
      JOIN ir_model_data data ON data.model = 'ir.ui.view' AND data.res_id = view.id
      JOIN ir_model model ON model.model = view.model
     WHERE data.module = 'pos_glase' AND view.type IN ('list', 'kanban', 'form')
       AND (view.type = 'list' OR view.inherit_id IS NULL AND view.model LIKE 'glase.%%')
     ORDER BY view.id
"""
# What a field of this name has, at its usual length.
SENTENCE = "Glase has not answered, so it is not known whether the money was moved. Ask about it."
TEXTS = {
    **dict.fromkeys(("message", "summary", "verdict", "deviation", "words", "reason"), SENTENCE),
    "ers_reference": "1234567890123456789012345",
    "reference": "1234567890123456789012345",
}
NAME = "Södertälje, kassa 1"
LISTS = (pathlib.Path(__file__).with_name("lists.js")).read_text("utf-8")
# A small screen of an office; in a wider window a column gets no narrower.
SMALL = {"width": 1280, "height": 900}
# The record's own page, or a list's rows.
READ = "**/web/dataset/call_kw/**"
ROOTS = {"list": ".o_list_table", "kanban": ".o_kanban_renderer", "form": ".o_form_sheet"}
OPEN = """
([model, view, type, id, target]) => odoo.__WOWL_DEBUG__.root.env.services.action.doAction({
    type: "ir.actions.act_window",
    res_model: model,
    res_id: id,
    views: [[view, type]],
    target,
    context: {},
}, { clearBreadcrumbs: true })
"""
TABS = ".o_notebook_headers .nav-link"
BADGES = """
(root) => [...document.querySelectorAll(`${root} .badge`)]
    .filter((each) => each.checkVisibility()).map((each) => each.textContent.trim())
"""
# A tab fades in.
SETTLED = """
() => Promise.all(document.getAnimations().filter(
    (one) => one.effect.getComputedTiming().endTime !== Infinity
).map((one) => one.finished.catch(() => {})))
"""
Shown = namedtuple("Shown", "view model type arch transient")


class Answers:
    """What the server says about the records of one view, with values of a test's own.

    :ivar asked: for each field of the view that a row is made of, its values
    """

    def __init__(self, admin):
        self.admin, self.view, self.values, self._fields = admin, None, {}, {}

    def fields_of(self, model):
        if model not in self._fields:
            names = ["type", "selection", "relation"]
            self._fields[model] = self.admin.call(model, "fields_get", [], names)
        return self._fields[model]

    def states(self, model, element):
        """Values for records of this view: each value of each badge, and of what colours or shows something."""
        fields, choices = self.fields_of(model), {}
        for name in sorted(self.named(element) & fields.keys()):
            if fields[name]["type"] == "selection":
                choices[name] = [value for value, _label in fields[name]["selection"]]
            if fields[name]["type"] == "boolean":
                choices[name] = [True, False]
        # What is coloured by something else is looked at once.
        most = max(map(len, choices.values()), default=1)
        return [
            {name: values[number % len(values)] for name, values in choices.items()}
            for number in range(most)
        ]

    @staticmethod
    def named(element):
        """The names of the fields that are a badge of this view, or in a condition for a colour, a ribbon or a list."""
        found = set()
        for node in element.iter(etree.Element):
            view = next(node.iterancestors(*ROOTS), element) if node is not element else element
            if view is not element or node.tag in ROOTS and node is not element:
                continue
            if node.get("widget") == "badge":
                found.add(node.get("name"))
            for name, condition in node.attrib.items():
                shows = node.get("bg_color") or node.find(".//list") is not None
                if name.startswith("decoration-") or name == "invisible" and shows:
                    parts = ast.walk(ast.parse(condition.strip(), mode="eval"))
                    found |= {part.id for part in parts if isinstance(part, ast.Name)}
        return found

    def row(self, model, number, spec, element, **values):
        """One record, of which only these values are known; its own lists have each state."""
        fields, row = self.fields_of(model), {"id": FIRST_ID + number}
        for name, of_field in spec.items():
            kind = fields[name]["type"]
            row[name] = kind in ("integer", "float", "monetary") and 1
            if kind in ("char", "text"):
                is_graph = element.find(f".//field[@name='{name}'][@widget='dashboard_graph']")
                row[name] = TEXTS.get(name, NAME) if is_graph is None else GRAPH
            if kind == "many2one":
                row[name] = {"id": 1, "display_name": TEXTS.get(name, NAME)}
            if kind in ("one2many", "many2many"):
                row[name] = self.rows_in(fields[name]["relation"], name, of_field, element)
            # What a manager may do about a case.
            if kind == "json":
                row[name] = ["action_was_refunded"]
            if kind == "selection":
                row[name] = fields[name]["selection"][0][0]
        row.update({name: value for name, value in values.items() if name in spec})
        return row

    def rows_in(self, model, name, spec, element):
        inner = element.find(f".//field[@name='{name}']/*")
        if inner is None or not spec.get("fields"):
            return []
        return [
            self.row(model, number, spec["fields"], inner, **values)
            for number, values in enumerate(self.states(model, inner), 1)
        ]

    def answer(self, route):
        asked = json.loads(route.request.post_data)["params"]
        view, method = self.view, asked["method"]
        if view is None or asked["model"] != view.model:
            route.continue_()
        elif method == "web_read" and view.type == "form":
            spec = asked["kwargs"]["specification"]
            result = [self.row(view.model, 0, spec, view.arch, **self.values)]
            self.fulfill(route, result)
        elif method == "web_search_read":
            spec = asked["kwargs"]["specification"]
            rows = [
                self.row(view.model, number, spec, view.arch, **values)
                for number, values in enumerate(self.states(view.model, view.arch), 1)
            ]
            self.fulfill(route, {"length": len(rows), "records": rows})
        else:
            route.continue_()

    @staticmethod
    def fulfill(route, result):
        asked = json.loads(route.request.post_data)
        route.fulfill(json={"jsonrpc": "2.0", "id": asked.get("id"), "result": result})


@pytest.fixture(scope="module")
def office(browser, shop):
    """The back office as the administrator has it open."""
    page = TillPage(browser, shop, (1600, 1000))
    page.come_in("admin")
    page.page.wait_for_selector(f".open-register-btn, .o_main_navbar, {SCREENS}")
    opened = page.context.new_page()
    opened.goto(
        f"{shop.running.url}/odoo/action-pos_glase.glase_terminal_action",
        timeout=BUNDLE_MILLISECONDS,
    )
    opened.wait_for_selector(".o_list_view, .o_kanban_view", timeout=BUNDLE_MILLISECONDS)
    yield opened
    page.close()


def views_with(shop, part):
    """Our views that have something.

    :param str part: an XPath
    """
    views = [
        Shown(view, model, kind, etree.fromstring(arch), transient)
        for view, model, kind, arch, transient in shop.query(VIEWS)
    ]
    return [view for view in views if view.arch.xpath(part)]


def opened(office, view, target="current"):
    """Open a view, as its action does.

    :return: where what it shows is
    """
    asked = [view.model, view.view, view.type, FIRST_ID if view.type == "form" else False, target]
    office.evaluate(OPEN, asked)
    # A dialog has no sheet.
    root = ".modal .o_form_view" if target == "new" else f".o_{view.type}_view {ROOTS[view.type]}"
    office.wait_for_selector(f"{root}, {ERROR}")
    assert not office.locator(ERROR).count(), f"{view.model}, {view.type}"
    if view.type != "form":
        office.wait_for_selector(".o_data_row, .o_kanban_record:not(.o_kanban_ghost)")
    return root


def other_tabs(office, root):
    """Open the tabs of a form, one after another, but the first, which is open."""
    tabs = office.locator(root).locator(TABS)
    for tab in range(1, tabs.count()):
        header = tabs.nth(tab)
        header.click()
        header.and_(office.locator(".active")).wait_for()
        yield tab


def test_each_state_of_a_view_has_contrast_enough(shop, office, admin):
    answers, axe = Answers(admin), Accessibility()
    views = views_with(
        shop, "//*[@widget='badge' or @name='web_ribbon' or @*[starts-with(name(), 'decoration-')]]"
    )
    assert len(views) > 12
    office.route(READ, answers.answer)
    found, badges, ribbons = [], set(), 0

    def look(root, where):
        office.evaluate(SETTLED)
        seen = office.evaluate(BADGES, root)
        badges.update((view.view, label) for label in seen)
        # What else there is to a row or a form is Odoo's.
        found.extend(each for each in axe.finds(office, root, where) if ": color-contrast " in each)

    for view in views:
        states = answers.states(view.model, view.arch)
        # A list shows all of them at once, a form one.
        for values in states if view.type == "form" else states[:1]:
            answers.view, answers.values = view, values
            where = f"{view.model}, {view.type}: {values}"
            shown = opened(office, view)
            look(ROOTS[view.type], where)
            ribbons += office.locator(".ribbon:visible, .o_widget_web_ribbon:visible").count()
            # The lists in the other tabs have all of their states at once.
            if view.type == "form" and values == states[0]:
                for tab in other_tabs(office, shown):
                    look(ROOTS[view.type], f"{where}, tab {tab}")
    office.unroute(READ)
    print(axe.said())
    assert not found, "\n".join(sorted(set(found)))
    assert len(badges) > 60, len(badges)
    assert ribbons, "a ribbon was seen"


def languages():
    """Each language with its words of our module, by the English ones."""
    for path in sorted((ROOT / "i18n").glob("*.po")):
        yield path.stem, {entry.msgid: entry.msgstr for entry in polib.pofile(str(path))}


def test_each_header_of_a_list_is_read_whole_in_each_language(shop, office, admin):
    """Each list, in a form or a dialog too, with rows as they are usual: what is put in of a language is its words."""
    answers, said = Answers(admin), list(languages())
    assert len(said) == 11
    office.route(READ, answers.answer)
    office.set_viewport_size(SMALL)
    office.evaluate(LISTS)
    office.evaluate("(said) => glaseLists.learn(said)", said)
    unread, seen = [], Counter()
    columns = "[not(@optional='hide') and not(@column_invisible)]"
    columns = f"//list/field{columns} | /field/field{columns} | /data/field/field{columns}"
    views = views_with(shop, columns)
    for view in views:
        names = [column.get("name") for column in view.arch.xpath(columns)]
        for values in answers.states(view.model, view.arch):
            answers.view, answers.values = view, values
            shown = opened(office, view, "new" if view.transient else "current")
            for _tab in chain([0], other_tabs(office, shown)):
                told = office.evaluate("(given) => glaseLists.cut(...given)", [shown, names])
                unread += [f"{view.model}, {view.type}: {one}" for one in told["found"]]
                seen[view.view] += told["seen"]
            if seen[view.view]:
                break
    office.unroute(READ)
    assert not unread, "\n".join(sorted(set(unread)))
    assert all(seen[view.view] for view in views)
