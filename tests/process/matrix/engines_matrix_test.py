"""Browsers of other makes than Chromium."""

import pytest
from engines import ENGINES, EngineTill
from looked_at import given_back, look, sold
from till_page import STICKER, pay

pytestmark = pytest.mark.usefixtures("no_open_orders")
WORKERS = 0
MODULES = ()
PROGRAMS = {
    "firefox-esr": "firefox-esr",
    "webkit2gtk-driver": "WebKitWebDriver",
    "xvfb": "Xvfb",
}


@pytest.fixture(params=sorted(ENGINES))
def till(request, shop):
    """The shop's till in a new browser."""
    with ENGINES[request.param]() as driver:
        till = EngineTill(driver, shop)
        yield till
        assert till.complaints == []


def test_a_sale_and_its_refund(shop, till, seen):
    """In WebKit and in Firefox: a sale, a reload while the bill is out, and the refund."""
    till.log_in().start().new_order().ring_up("Sourdough Loaf", "Cinnamon Roll")
    uuid = till.order_uuid()
    seen(f"{sold(shop, till)}; then {given_back(shop, till, uuid)}")


def test_a_decline(shop, till, seen):
    """In WebKit and in Firefox: the customer declines, and pays at the second try."""
    till.log_in().start().new_order().ring_up("Sourdough Loaf")
    uuid = till.order_uuid()
    till.send()
    shop.simulator.customer(STICKER, "decline")
    till.looks("unpaid").page.click(".glase-retry")
    till.looks("waiting")
    pay(shop)
    seen(look(shop, till, uuid))
