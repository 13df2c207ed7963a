"""Odoo's Point of Sale without any other module."""

import pytest
from companion_steps import set_up
from looked_at import look, sold
from till_page import pay

pytestmark = pytest.mark.usefixtures("no_open_orders")
WORKERS = 0
MODULES = ()
PRODUCTS = ("Sourdough Loaf", "Cinnamon Roll")
GUEST, LATER, PART = "Greta Guest", "Customer Account", 20

SET_UP = """
env["res.partner"].create({{"name": {guest!r}, "company_id": company.id}})
later = env["pos.payment.method"].create({{"name": {later!r}, "company_id": company.id, "split_transactions": True}})
env.flush_all()
# An open register lets nobody do this by the settings.
env.cr.execute(
    "INSERT INTO pos_config_pos_payment_method_rel (pos_config_id, pos_payment_method_id) VALUES (%s, %s)",
    (config.id, later.id),
)
"""


@pytest.fixture(scope="module", autouse=True)
def modules(shop):
    set_up(shop, SET_UP, guest=GUEST, later=LATER)


def test_a_sale(shop, till, seen):
    """A sale, and the till is reloaded while the bill is out."""
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    seen(sold(shop, till))


def test_pay_later(shop, till, seen):
    """A part of an order goes on the customer's account, and Glase gets the rest."""
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    till.script(
        """(name) => posmodel.getOrder().setPartner(
            posmodel.models["res.partner"].find((one) => one.name === name))""",
        GUEST,
    )
    uuid = till.order_uuid()
    till.page.locator(".pay-order-button:visible, .pay:visible").first.click()
    till.page.locator(".paymentmethod", has_text=LATER).first.click()
    till.script("(part) => posmodel.getOrder().payment_ids[0].setAmount(part)", PART)
    till.page.locator(".paymentmethod", has_text="Glase").first.click()
    till.press_send().looks("waiting")
    pay(shop)
    seen(look(shop, till, uuid))
