"""Kits, and taxes that a formula computes, beside Odoo's Sales."""

import pytest
from companion_steps import set_up
from looked_at import given_back, sold

pytestmark = pytest.mark.usefixtures("no_open_orders")
WORKERS = 0
MODULES = ("pos_sale", "pos_mrp", "pos_account_tax_python")
PRODUCTS = ("Sourdough Loaf", "Cinnamon Roll")
KIT, TAXED = "Breakfast box", "Parcel with a fee"

SET_UP = """
loaf, roll = (
    env["product.product"].search([("name", "=", name)], limit=1) for name in {products!r}
)
shared = {{"available_in_pos": True, "company_id": company.id, "pos_categ_ids": [(6, 0, loaf.pos_categ_ids.ids)]}}
kit = env["product.template"].create({{**shared, "name": {kit!r}, "list_price": 40, "type": "consu"}})
env["mrp.bom"].create({{
    "product_tmpl_id": kit.id, "type": "phantom", "company_id": company.id,
    "bom_line_ids": [(0, 0, {{"product_id": one.id, "product_qty": 1}}) for one in (loaf, roll)],
}})
tax = env["account.tax"].create({{
    "name": "Fee", "amount_type": "code", "formula": "max(quantity * 2.5, base * 0.07)",
    "company_id": company.id, "type_tax_use": "sale",
    "country_id": company.country_id.id,
}})
env["product.template"].create({{**shared, "name": {taxed!r}, "list_price": 99.9, "taxes_id": [(6, 0, tax.ids)]}})
"""


@pytest.fixture(scope="module", autouse=True)
def modules(shop):
    set_up(shop, SET_UP, products=PRODUCTS, kit=KIT, taxed=TAXED)


def test_a_kit(shop, till, seen):
    """A kit that a bill of materials takes apart, and its refund."""
    till.log_in().start().new_order().ring_up(KIT)
    uuid = till.order_uuid()
    words = sold(shop, till)
    seen(f"{words}; {given_back(shop, till, uuid)}")


def test_a_tax_with_a_formula(shop, till, seen):
    """A tax that a formula computes, and its refund."""
    till.log_in().start().new_order().ring_up(TAXED, PRODUCTS[0])
    uuid = till.order_uuid()
    words = sold(shop, till)
    seen(f"{words}; {given_back(shop, till, uuid)}")
