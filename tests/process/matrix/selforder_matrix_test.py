"""Guests order with their phones, and pay at the counter."""

import pytest
from companion_steps import set_up
from kiosk_page import KioskPage
from looked_at import given_back, look, sold
from till_page import lines, pay

pytestmark = pytest.mark.usefixtures("no_open_orders")
WORKERS = 0
MODULES = ("pos_self_order",)
PRODUCT, MORE = "Sourdough Loaf", "Cinnamon Roll"
TOKEN = "0123456789abcdef"
PHONE = (390, 760)

SET_UP = """
config.write({{
    "self_ordering_mode": "mobile",
    "self_ordering_service_mode": "counter",
    "self_ordering_default_user_id": env["res.users"].search([("login", "=", "cashier")]).id,
    "access_token": {token!r},
}})
"""


@pytest.fixture(scope="module", autouse=True)
def modules(shop):
    set_up(shop, SET_UP, token=TOKEN)


@pytest.fixture
def guest(browser, shop):
    """A guest's phone with the menu."""
    page = KioskPage(browser, shop, {**shop.told, "token": TOKEN}, PHONE).open()
    yield page
    page.close()
    assert page.complaints == []


def ordered(guest, till):
    """The guest orders; the cashier finds the order, and opens it. Returns its uuid."""
    guest.order(pay="Order")
    guest.page.locator(".confirmation-page", has_text="at the counter").wait_for()
    uuid = guest.page.evaluate(
        "() => posmodel.models['pos.order'].find((one) => one.isSynced).uuid"
    )
    till.until("(uuid) => posmodel.models['pos.order'].getBy('uuid', uuid)", uuid)
    till.script(
        """(uuid) => {
            const order = posmodel.models["pos.order"].getBy("uuid", uuid);
            posmodel.setOrder(order);
            posmodel.navigate("ProductScreen", { orderUuid: uuid });
        }""",
        uuid,
    )
    till.page.wait_for_selector(".product-screen")
    return uuid


def is_paid(guest, uuid):
    """The guest's phone hears that the order is paid."""
    guest.page.wait_for_function(
        "(uuid) => posmodel.models['pos.order'].getBy('uuid', uuid).state === 'paid'", arg=uuid
    )


def test_an_order_at_the_counter(shop, till, guest, seen):
    """A guest orders, pays at the counter, with a reload; the phone hears of it, and the order is given back."""
    till.log_in().start()
    uuid = ordered(guest, till)
    words = sold(shop, till)
    is_paid(guest, uuid)
    seen(f"{words}; {given_back(shop, till, uuid)}")


def is_told(guest):
    """The guest's phone says why nothing was changed; the guest reads it and takes it away."""
    told = guest.page.locator(".o_notification", has_text="This order is being paid").first
    told.locator(".o_notification_close").click()
    told.wait_for(state="detached")


@pytest.mark.says_no(
    "Glase's protocol cannot change a bill that is out: the guest orders more once it is paid or canceled."
)
def test_more_is_ordered_while_the_bill_is_out(shop, till, guest):
    """The guest adds to the order, or takes it back, while its bill is out."""
    till.log_in().start()
    uuid = ordered(guest, till)
    till.send()
    before = lines(till, uuid)
    guest.page.get_by_role("button", name="Ok", exact=True).click()
    guest.page.evaluate(
        """async ([uuid, name]) => {
            posmodel.selectedOrderUuid = uuid;
            const product = posmodel.models["product.template"].find((one) => one.name === name);
            await posmodel.addToCart(product, 1, "", {}, {});
            await posmodel.confirmOrder();
        }""",
        [uuid, MORE],
    )
    is_told(guest)
    guest.page.evaluate("() => posmodel.cancelBackendOrder()")
    is_told(guest)
    till.settle()
    assert lines(till, uuid) == before
    pay(shop)
    look(shop, till, uuid)
