from pathlib import Path

from odoo.tests import TransactionCase, tagged

from ..shared import porting

LIST = porting.ROOT / "doc/porting.md"


@tagged("post_install", "-at_install")
class TestPorting(TransactionCase):
    """``doc/porting.md`` names every hook into Odoo, and Odoo still has each of them."""

    def compare(self, title, found):
        """The list says what the code does, no less and no more."""
        self.assertTrue(found)
        known = porting.listed(LIST.read_text(), title)
        self.assertEqual(sorted(found - known), [], "hooks that doc/porting.md does not name")
        self.assertEqual(sorted(known - found), [], "named, but they override nothing (any more)")

    def test_python(self):
        # What Odoo does not have any more is overridden no more: the list names it.
        self.compare("Python", porting.python_hooks(self.env))
        self.compare("Routes", porting.controller_hooks())

    def test_javascript(self):
        found = porting.javascript_hooks()
        self.compare("JavaScript", set(found))
        gone = [hook for hook, source in found.items() if not porting.has_hook(hook, source)]
        self.assertEqual(gone, [])

    def test_views(self):
        found = porting.view_hooks()
        self.compare("Views", found)
        self.assertEqual([name for name in found if not porting.has_view(self.env, name)], [])

    def test_sql(self):
        found = porting.sql_hooks(self.env, porting.queries())
        self.compare("SQL", found)
        self.assertEqual(porting.missing_columns(self.env, found), set())

    def test_what_is_gone_is_named(self):
        store = "@point_of_sale/app/services/pos_store"
        self.assertTrue(porting.has_hook("PosStore.syncAllOrders", store))
        self.assertFalse(porting.has_hook("PosStore.syncNoOrders", store))
        self.assertFalse(porting.has_hook("PosStore.syncAllOrders", f"{store}_gone"))
        self.assertTrue(porting.has_view(self.env, "point_of_sale.Navbar"))
        self.assertTrue(porting.has_view(self.env, "account.view_move_form"))
        self.assertFalse(porting.has_view(self.env, "point_of_sale.Navbar2"))
        self.assertFalse(porting.has_view(self.env, "no_such_module.view"))
        gone = {"pos_payment", "pos_payment.gone", "no_such_table"}
        self.assertEqual(
            porting.missing_columns(self.env, gone), {"pos_payment.gone", "no_such_table"}
        )

    def test_an_override_of_nothing_is_no_hook(self):
        cls = next(each for each in type(self.env["pos.order"]).__mro__ if porting._is_ours(each))
        for name, hook in (("_glase_gone", False), ("action_pos_order_cancel", True)):
            setattr(cls, name, lambda self: None)
            self.addCleanup(delattr, cls, name)
            found = f"pos.order.{name}" in porting.python_hooks(self.env)
            self.assertEqual(found, hook, name)

    def test_queries_are_read_with_their_tables_and_columns(self):
        text = "UPDATE pos_payment SET x = 1 FROM pos_order sale WHERE sale.state = 'draft'"
        self.assertEqual(
            porting.sql_hooks(self.env, [text]),
            {"pos_payment", "pos_order", "pos_order.state"},
        )
        self.assertFalse(porting.sql_hooks(self.env, ["SELECT 1 FROM glase_transaction row"]))

    def test_patches_are_read_with_their_methods(self):
        text = Path(porting.ROOT / "static/src/app/overrides/navbar.js").read_text()
        ((name, source, methods, _body),) = porting.patched(text)
        self.assertEqual((name, source), ("Navbar", "@point_of_sale/app/components/navbar/navbar"))
        self.assertTrue(methods)
