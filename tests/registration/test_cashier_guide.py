import re
from pathlib import Path

from lxml import html

from odoo.modules import get_module_path

from ..shared.back_office import BackOfficeCommon

TILL = Path(get_module_path("pos_glase")) / "static/src/app"
# Words of Odoo's own till.
OF_ODOO = {"Payment", "Send", "Refund"}


class TestCashierGuide(BackOfficeCommon):
    """The page that is printed for those who work at the till."""

    def page(self, terminal):
        report = self.env["ir.actions.report"].with_user(self.pos_admin)
        content, _kind = report._render_qweb_html("pos_glase.glase_cashier_guide", terminal.ids)
        return html.fromstring(content)

    def test_what_it_names_stands_on_the_till(self):
        named = {" ".join(one.text_content().split()) for one in self.page(self.terminal).iter("b")}
        self.assertGreater(len(named), 12)
        files = [*TILL.rglob("*.xml"), *TILL.rglob("*.js")]
        till = " ".join("".join(path.read_text() for path in files).split())
        for words in named - OF_ODOO - {"Glase"}:
            with self.subTest(words):
                self.assertRegex(till, rf'[>"]\s?{re.escape(words)}\s?[<"]')

    def test_it_is_of_its_till_and_says_where_no_money_is_moved(self):
        words = self.page(self.terminal).text_content()
        self.assertIn(self.main_pos_config.name, words)
        self.assertIn("TEST: no money is moved", " ".join(words.split()))
        self.terminal.sudo().environment = "production"
        self.assertNotIn("no money is moved", self.page(self.terminal).text_content())

    def test_it_stands_in_the_menu_of_a_terminal_beside_the_sticker(self):
        bindings = self.env["ir.actions.actions"].with_user(self.pos_admin)
        names = {one["name"] for one in bindings.get_bindings("glase.terminal")["report"]}
        self.assertLessEqual({"Glase Sticker", "Glase Cashier's Guide"}, names)
