"""Odoo's Point of Sale without any other module."""

import pytest
from looked_at import look
from till_page import lines, pay

pytestmark = pytest.mark.usefixtures("no_open_orders")
WORKERS = 0
MODULES = ()


def test_a_sale(shop, till, seen):
    """A sale, and the till is reloaded while the bill is out."""
    till.log_in().start().new_order().ring_up("Sourdough Loaf", "Cinnamon Roll").send()
    uuid = till.order_uuid()
    before = lines(till, uuid)
    till.reload().start().looks("waiting")
    assert lines(till, uuid) == before
    pay(shop)
    seen(look(shop, till, uuid))
