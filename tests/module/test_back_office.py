import ast
import re

from lxml import etree

from odoo.tests import TransactionCase, tagged

from ...rules.state_machine import OUTCOMES_SHOWN
from ..shared.porting import ROOT as MODULE

# Odoo's own menus of the Point of Sale, by what one does there.
ROOT = "point_of_sale.menu_point_root"
REPORTING, CONFIGURATION = (
    "point_of_sale.menu_point_rep",
    "point_of_sale.menu_point_config_product",
)


def actions_made():
    """The window actions that methods make: where, and the keys with their values, or None."""
    for folder in ("models", "wizard"):
        for path in (MODULE / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Dict):
                    found = {
                        key.value: getattr(value, "value", None)
                        for key, value in zip(node.keys, node.values, strict=True)
                        if isinstance(key, ast.Constant)
                    }
                    if found.get("type") == "ir.actions.act_window":
                        yield f"{path.name}:{node.lineno}", found


@tagged("post_install", "-at_install")
class TestBackOffice(TransactionCase):
    """What is the same on each page of the back office, looked at for all of them."""

    def ours(self, model):
        """The records of a model that this module has made."""
        known = self.env["ir.model.data"].search(
            [("module", "=", "pos_glase"), ("model", "=", model)]
        )
        return self.env[model].browse(known.mapped("res_id")).exists()

    def test_each_list_has_cards_for_a_phone(self):
        actions = self.ours("ir.actions.act_window")
        lists = actions.filtered(lambda action: action.view_mode.startswith("list"))
        self.assertGreater(len(lists), 5)
        for action in lists:
            with self.subTest(action.name):
                self.assertIn("kanban", action.view_mode.split(","))
                views = [view for view in action.views if view[1] == "kanban"]
                arch = self.env[action.res_model].get_view(views[0][0], "kanban")["arch"]
                self.assertTrue(etree.fromstring(arch).xpath("//t[@t-name='card']"))

    def test_each_list_in_a_form_has_cards_for_a_phone(self):
        """But where something is typed into the list: of a card each would be a dialog."""
        typed, looked_at = set(), 0
        for view in self.ours("ir.ui.view").filtered(lambda view: view.type == "form"):
            for field in etree.fromstring(view.arch).iter("field"):
                shown = field.find("list")
                if shown is None:
                    continue
                looked_at += 1
                if shown.get("editable"):
                    typed.add((view.model, field.get("name")))
                    continue
                with self.subTest(view=view.name, field=field.get("name")):
                    self.assertTrue(field.xpath("kanban//t[@t-name='card']"))
        self.assertGreater(looked_at, 8)
        self.assertEqual(typed, {("glase.refund", "line_ids"), ("glase.go.live", "line_ids")})

    def test_each_list_that_can_be_come_to_has_cards_and_help(self):
        """As a view of an action, and as an action that a button makes."""
        for action in self.ours("ir.actions.act_window"):
            modes = action.view_mode.split(",")
            if modes == ["form"]:
                continue
            with self.subTest(action.name):
                self.assertTrue(re.sub("<[^>]*>", "", action.help or "").strip(), "help")
                # What is a chart is one on a phone, too.
                first = action.mobile_view_mode if action.mobile_view_mode in modes else modes[0]
                self.assertEqual(first, modes[0].replace("list", "kanban"))
                if "list" in modes:
                    self.assertIn("kanban", modes)
        made = list(actions_made())
        self.assertGreater(len(made), 8)
        for where, values in made:
            if "list" in values.get("view_mode", ""):
                with self.subTest(where):
                    self.assertIn("kanban", values["view_mode"].split(","))
                    self.assertIn("help", values)

    def test_no_figure_adds_up_attempts_that_were_not_paid(self):
        """Beside a period's sum a bookkeeper would take it for money."""
        rows = self.env["glase.transaction"]
        shown = etree.fromstring(rows.get_view(view_type="list")["arch"])
        self.assertFalse(shown.xpath("//field[@sum]"))
        chart = etree.fromstring(rows.get_view(view_type="graph")["arch"])
        self.assertTrue(chart.xpath("//field[@name='outcome']"), "each outcome by itself")

    def test_each_form_that_is_read_links_to_its_help(self):
        page = self.env.ref("pos_glase.help").arch
        models = ("account", "terminal", "transaction", "case", "period", "verification", "go.live")
        for model in models:
            arch = self.env[f"glase.{model}"].get_view(view_type="form")["arch"]
            [link] = etree.fromstring(arch).xpath("//a[contains(@class, 'glase-help')]/@href")
            with self.subTest(model):
                self.assertIn(f'id="{link.partition("#")[2]}"', page)

    def test_menus_stand_where_one_looks_for_them(self):
        parents = {
            menu.name: menu.parent_id.get_external_id()[menu.parent_id.id]
            for menu in self.ours("ir.ui.menu").filtered(lambda menu: menu.action)
        }
        looked_at = {"Overview", "Cases", "Tills", "Transactions", "Transaction Periods"}
        reports = {"Payments", "Outcomes", "Time to Pay", "Run a Report"}
        set_up = {"Glase Accounts", "Glase Terminals", "Receipts for Glase"}
        self.assertEqual(
            parents,
            dict.fromkeys(looked_at, "pos_glase.menu_glase")
            | dict.fromkeys(reports, "pos_glase.menu_glase_dashboards")
            | dict.fromkeys(set_up, CONFIGURATION),
        )
        self.assertEqual(self.env.ref("pos_glase.menu_glase").parent_id, self.env.ref(ROOT))
        dashboards = self.env.ref("pos_glase.menu_glase_dashboards")
        self.assertEqual(dashboards.parent_id, self.env.ref(REPORTING))

    def test_no_view_of_ours_is_put_together_from_others_of_ours(self):
        views = self.ours("ir.ui.view")
        self.assertGreater(len(views), 50)
        parts = views.filtered(lambda view: view.inherit_id in views)
        self.assertFalse(parts.mapped("xml_id"), "what belongs to a view stands in it")

    def test_what_a_certification_wants_is_under_advanced(self):
        arch = etree.fromstring(self.env["glase.account"].get_view(view_type="form")["arch"])
        advanced = arch.xpath("//page[@name='advanced']//field/@name")
        self.assertLessEqual({"certifying", "unregister_as", "receipt_mode"}, set(advanced))
        before = set(arch.xpath("//sheet//field/@name")) - set(advanced)
        self.assertFalse({"certifying", "unregister_as", "receipt_mode"} & before)

    def test_each_outcome_has_a_colour(self):
        """In the charts of the ledger; the browser's table is read as it stands."""
        source = (MODULE / "static/src/backend_lazy/outcome_graph.js").read_text()
        table = source.partition("COLORS = ")[2].partition(";")[0]
        colors = dict(re.findall(r'(\w+): "(#[0-9a-f]{6})"', table))
        self.assertEqual(set(colors), {key for key, _label in OUTCOMES_SHOWN})
        self.assertEqual(len(set(colors.values())), len(colors))
        paid = colors["paid"].lstrip("#")
        red, green, blue = (int(paid[at : at + 2], 16) for at in (0, 2, 4))
        self.assertGreater(green, red + blue // 2)
