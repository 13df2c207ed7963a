"""Odoo's Point of Sale without any other module."""

import pytest
from looked_at import sold

pytestmark = pytest.mark.usefixtures("no_open_orders")
WORKERS = 0
MODULES = ()


def test_a_sale(shop, till, seen):
    """A sale, and the till is reloaded while the bill is out."""
    till.log_in().start().new_order().ring_up("Sourdough Loaf", "Cinnamon Roll")
    seen(sold(shop, till))
