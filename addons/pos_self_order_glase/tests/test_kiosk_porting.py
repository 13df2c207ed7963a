from pathlib import Path

from odoo.addons.pos_glase.tests.shared import porting
from odoo.modules import get_module_path
from odoo.tests import TransactionCase, tagged

ROOT = Path(get_module_path(porting.KIOSK))
LIST = porting.ROOT / "doc/porting.md"


@tagged("post_install", "-at_install")
class TestKioskPorting(TransactionCase):
    """``doc/porting.md`` names every hook of this addon into Odoo, and Odoo still has each of them."""

    def compare(self, title, found):
        """The list says what the code does, no less and no more."""
        self.assertTrue(found)
        known = porting.listed(LIST.read_text(), f"Kiosk: {title}")
        self.assertEqual(sorted(found - known), [], "hooks that doc/porting.md does not name")
        self.assertEqual(sorted(known - found), [], "named, but they override nothing (any more)")

    def test_python(self):
        self.compare("Python", porting.python_hooks(self.env, porting.KIOSK))
        self.compare("routes", porting.controller_hooks(porting.KIOSK))

    def test_javascript(self):
        found = porting.javascript_hooks(ROOT)
        self.compare("JavaScript", set(found))
        gone = [hook for hook, source in found.items() if not porting.has_hook(hook, source)]
        self.assertEqual(gone, [])

    def test_views(self):
        found = porting.view_hooks(ROOT)
        self.compare("views", found)
        self.assertEqual([name for name in found if not porting.has_view(self.env, name)], [])

    def test_no_sql_of_ours_names_a_table_of_odoo(self):
        self.assertEqual(porting.sql_hooks(self.env, porting.queries(ROOT)), set())
