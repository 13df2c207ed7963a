"""The contrast of each badge, ribbon and coloured row of our views, in each state that the field can have: by axe-core.

What a shop has on a day shows a few of the states only. So each view that this module brings is opened in Odoo's own
web client, and what the server answers about its records gets each value in turn. (Odoo Community has one set of
colours for the back office; the colours of a badge are its own, and stay what they are where there is another set.)
"""

import ast
import json
from collections import namedtuple

import pytest
from accessibility import Accessibility
from lxml import etree
from till_page import BUNDLE_MILLISECONDS, SCREENS, TillPage

WORKERS = 0
# What a field that is drawn as a line may have.
GRAPH = json.dumps([{"key": "Words", "values": [{"x": "1", "y": 1}, {"x": "2", "y": 2}]}])
ERROR = ".o_error_dialog"
# Far from any record's: what is shown was made up here.
FIRST_ID = 900_000_000
VIEWS = """
    SELECT view.id, view.model, view.type, view.arch_db->>'en_US'
      FROM ir_ui_view view JOIN ir_model_data data ON data.model = 'ir.ui.view' AND data.res_id = view.id
     WHERE data.module = 'pos_glase' AND view.inherit_id IS NULL AND view.type IN ('list', 'kanban', 'form')
       AND view.model LIKE 'glase.%%'
     ORDER BY view.id
"""
# The record's own page, or a list's rows.
READ = "**/web/dataset/call_kw/**"
ROOTS = {"list": ".o_list_table", "kanban": ".o_kanban_renderer", "form": ".o_form_sheet"}
OPEN = """
([model, view, type, id]) => odoo.__WOWL_DEBUG__.root.env.services.action.doAction({
    type: "ir.actions.act_window",
    res_model: model,
    res_id: id,
    views: [[view, type]],
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
Shown = namedtuple("Shown", "view model type arch")


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
        """Values for records of this view: in them is each value of each badge and of what colours something."""
        fields, choices = self.fields_of(model), {}
        for name in sorted(self.colouring(element) & fields.keys()):
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
    def colouring(element):
        """The names of the fields that are a badge of this view, or in a condition for a colour or a ribbon."""
        found = set()
        for node in element.iter(etree.Element):
            view = next(node.iterancestors(*ROOTS), element) if node is not element else element
            if view is not element or node.tag in ROOTS and node is not element:
                continue
            if node.get("widget") == "badge":
                found.add(node.get("name"))
            for name, condition in node.attrib.items():
                if name.startswith("decoration-") or name == "invisible" and node.get("bg_color"):
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
                row[name] = "Words" if is_graph is None else GRAPH
            if kind == "many2one":
                row[name] = {"id": 1, "display_name": "Words"}
            if kind in ("one2many", "many2many"):
                row[name] = self.rows_in(fields[name]["relation"], name, of_field, element)
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


def views_with_states(shop):
    """Our views in which something is coloured by its state."""
    found = []
    for view, model, kind, arch in shop.query(VIEWS):
        root = etree.fromstring(arch)
        if root.xpath(
            "//*[@widget='badge' or @name='web_ribbon' or @*[starts-with(name(), 'decoration-')]]"
        ):
            found.append(Shown(view, model, kind, root))
    return found


def test_each_state_of_a_view_has_contrast_enough(shop, office, admin):
    answers, axe = Answers(admin), Accessibility()
    views = views_with_states(shop)
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
            asked = [view.model, view.view, view.type, FIRST_ID if view.type == "form" else False]
            office.evaluate(OPEN, asked)
            root = f".o_{view.type}_view {ROOTS[view.type]}"
            office.wait_for_selector(f"{root}, {ERROR}")
            assert not office.locator(ERROR).count(), where
            if view.type != "form":
                office.wait_for_selector(".o_data_row, .o_kanban_record:not(.o_kanban_ghost)")
            look(ROOTS[view.type], where)
            ribbons += office.locator(".ribbon:visible, .o_widget_web_ribbon:visible").count()
            # The lists in the other tabs have all of their states at once.
            if view.type == "form" and values == states[0]:
                for tab in range(1, office.locator(TABS).count()):
                    opened = office.locator(TABS).nth(tab)
                    opened.click()
                    opened.and_(office.locator(".active")).wait_for()
                    look(ROOTS[view.type], f"{where}, tab {tab}")
    office.unroute(READ)
    print(axe.said())
    assert not found, "\n".join(sorted(set(found)))
    assert len(badges) > 60, len(badges)
    assert ribbons, "a ribbon was seen"
