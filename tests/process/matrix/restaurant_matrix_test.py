"""Tables: split bills, tips, tabs, two devices, courses, moved and merged tables."""

import pytest
from companion_steps import ONLINE, at_table, pay_online, set_up
from looked_at import look, whole
from till_page import TillPage, lines, pay

pytestmark = pytest.mark.usefixtures("no_open_orders")
WORKERS = 0
MODULES = ("pos_restaurant", "pos_loyalty", "pos_online_payment")
PRODUCTS = ("Sourdough Loaf", "Cinnamon Roll")
PART = 20

SET_UP = """
env["loyalty.program"].search([]).active = False
floor = env["restaurant.floor"].create({{"name": "Hall"}})
for number in (7, 8):
    env["restaurant.table"].create({{"table_number": number, "floor_id": floor.id, "seats": 2}})
tip = env["product.product"].search([("default_code", "=", "TIPS")], limit=1) or env[
    "product.product"
].create({{"name": "Tips", "available_in_pos": True, "taxes_id": [(5, 0, 0)]}})
env.flush_all()
# An open register lets nobody do this by the settings.
env.cr.execute(
    "INSERT INTO pos_config_restaurant_floor_rel VALUES (%s, %s)", (config.id, floor.id)
)
env.cr.execute(
    "UPDATE pos_config SET module_pos_restaurant = true, default_screen = 'register',"
    " iface_tipproduct = true, tip_product_id = %s WHERE id = %s",
    (tip.id, config.id),
)
"""


@pytest.fixture(scope="module", autouse=True)
def modules(shop):
    set_up(shop, SET_UP + ONLINE)


@pytest.fixture
def tips_later(shop):
    """Tips are asked for after the payment."""
    where = (shop.told["config_id"],)
    shop.execute("UPDATE pos_config SET set_tip_after_payment = true WHERE id = %s", *where)
    yield
    shop.execute("UPDATE pos_config SET set_tip_after_payment = false WHERE id = %s", *where)


def to(till, uuid, screen, selector):
    """Go on with an order that was left."""
    till.script(
        """([uuid, screen]) => {
            posmodel.setOrder(posmodel.models["pos.order"].getBy("uuid", uuid));
            posmodel.navigate(screen, { orderUuid: uuid });
        }""",
        [uuid, screen],
    )
    till.page.wait_for_selector(selector)


def test_both_halves_of_a_split(shop, till, seen):
    """A bill is split, and both halves are paid with Glase."""
    at_table(till.log_in().start()).ring_up(*PRODUCTS)
    first = till.order_uuid()
    till.script("(uuid) => posmodel.navigate('SplitBillScreen', { orderUuid: uuid })", first)
    till.page.locator(".splitbill-screen .orderline").first.click()
    till.page.locator(".splitbill-screen .pay-split-order").click()
    till.page.wait_for_selector(".payment-screen")
    second = till.order_uuid()
    assert second != first
    till.page.locator(".paymentmethod", has_text="Glase").first.click()
    till.press_send().looks("waiting")
    pay(shop)
    words = look(shop, till, second)
    to(till, first, "PaymentScreen", ".payment-screen")
    till.page.locator(".paymentmethod", has_text="Glase").first.click()
    till.press_send().looks("waiting")
    pay(shop)
    seen(f"{words}; {look(shop, till, first)}")


def test_a_tip_with_the_bill(shop, till, seen):
    """A tip that is given before the bill is sent."""
    at_table(till.log_in().start()).ring_up(*PRODUCTS)
    till.script("() => posmodel.setTip(5)")
    uuid = till.order_uuid()
    till.send()
    pay(shop)
    words = look(shop, till, uuid)
    assert any(price == 5 for _name, price in lines(till, uuid))
    seen(words)


@pytest.mark.usefixtures("tips_later")
@pytest.mark.says_no(
    "Glase's protocol has no change of an amount that is paid: the tip is asked for before the bill is sent."
)
def test_a_tip_after_the_payment(shop, till):
    """A tip after a payment with Glase."""
    at_table(till.log_in().start()).ring_up(*PRODUCTS)
    uuid = till.order_uuid()
    till.send()
    pay(shop)
    till.told("cannot get a tip afterwards")
    look(shop, till, uuid)
    assert not till.page.locator(".tip-screen").count()


def with_card(till):
    """The bank card without a terminal, of which Odoo says that it can be adjusted."""
    name = till.script(
        """() => posmodel.config.payment_method_ids.find((one) =>
            one.type === "bank" && !one.use_payment_terminal && !one.is_online_payment).name"""
    )
    till.page.locator(".paymentmethod", has_text=name).first.click()
    return till


@pytest.mark.usefixtures("tips_later")
def test_a_tip_after_an_adjustable_card(shop, till, seen):
    """An adjustable card pays a part and Glase the rest: the tip after the payment is the card's."""
    at_table(till.log_in().start()).ring_up(*PRODUCTS)
    uuid = till.order_uuid()
    till.page.locator(".pay-order-button:visible, .pay:visible").first.click()
    with_card(till).script("() => posmodel.getOrder().payment_ids[0].setAmount(20)")
    till.page.locator(".paymentmethod", has_text="Glase").first.click()
    till.press_send().looks("waiting")
    pay(shop)
    till.page.wait_for_selector(".tip-screen")
    words = whole(shop, uuid)
    till.page.locator(".tip-screen .percentage-amounts button").first.click()
    till.page.locator(".tip-screen .next").click()
    assert "Glase" in till.receipt()
    [(tip, unverified)] = shop.query(
        "SELECT o.tip_amount, bool_or(p.glase_unverified) FROM pos_order o"
        " JOIN pos_payment p ON p.pos_order_id = o.id WHERE o.uuid = %s GROUP BY o.id",
        uuid,
    )
    assert tip > 0 and not unverified
    seen(f"{words}; a tip of {tip:.2f} afterwards")


@pytest.mark.usefixtures("tips_later")
@pytest.mark.says_no(
    "Odoo asks for a tip after the payment only where an order's first payment can take it."
)
def test_a_tip_after_glase_and_a_card(shop, till):
    """Glase pays a part and an adjustable card the rest, and a tip is wanted after the payment."""
    at_table(till.log_in().start()).ring_up(*PRODUCTS)
    uuid = till.order_uuid()
    till.pay_with_glase().script("() => posmodel.getOrder().payment_ids[0].setAmount(20)")
    till.press_send()
    till.page.click(".glase-choice-continue")
    till.looks("waiting")
    pay(shop)
    till.page.locator('.glase-line[data-status="done"]').wait_for()
    with_card(till)
    till.page.locator(".payment-screen .next:visible").first.click()
    till.told("cannot get a tip afterwards")
    look(shop, till, uuid)
    assert not till.page.locator(".tip-screen").count()


def test_a_tab(shop, till, seen):
    """A tab that stays open, is left, and is paid later."""
    till.log_in().start().new_order()
    till.script("() => { posmodel.getOrder().floating_order_name = 'Bar'; }")
    till.ring_up(PRODUCTS[0])
    uuid = till.order_uuid()
    till.script("() => posmodel.syncAllOrders({ orders: [posmodel.getOrder()] })")
    at_table(till)
    to(till, uuid, "ProductScreen", ".product-screen")
    till.ring_up(PRODUCTS[1]).send()
    pay(shop)
    seen(look(shop, till, uuid))


def test_two_devices(shop, till, browser, seen):
    """Two devices order at one table, before the bill and while it is out."""
    at_table(till.log_in().start()).ring_up(PRODUCTS[0])
    uuid = till.order_uuid()
    till.script("() => posmodel.syncAllOrders({ orders: [posmodel.getOrder()] })")
    other = TillPage(browser, shop)
    try:
        at_table(other.log_in().start())
        assert other.order_uuid() == uuid
        other.ring_up(PRODUCTS[1])
        other.script("() => posmodel.syncAllOrders({ orders: [posmodel.getOrder()] })")
        till.until(
            "(uuid) => posmodel.models['pos.order'].getBy('uuid', uuid).lines.length === 2", uuid
        )
        till.send()
        before = lines(till, uuid)
        other.ring_up(PRODUCTS[1])
        other.settle()
    finally:
        other.close()
    till.settle()
    assert lines(till, uuid) == before
    pay(shop)
    seen(look(shop, till, uuid))


def test_courses(shop, till, seen):
    """A course is fired while the bill is out."""
    at_table(till.log_in().start()).ring_up(PRODUCTS[0])
    till.script("() => posmodel.addCourse()")
    till.ring_up(PRODUCTS[1])
    uuid = till.order_uuid()
    till.send()
    till.script("() => posmodel.fireCourse(posmodel.getOrder().courses[1])")
    till.settle()
    till.looks("waiting")
    pay(shop)
    seen(look(shop, till, uuid))


@pytest.mark.parametrize("move", ["transferOrder", "mergeTableOrders"])
@pytest.mark.says_no("Glase's protocol cannot change a bill that is out; it is canceled first.")
def test_a_table_is_moved(shop, till, move):
    """A table is moved, or merged with another, while its bill is out."""
    if move == "mergeTableOrders":
        at_table(till.log_in().start(), 8).ring_up(PRODUCTS[0])
        till.script("() => posmodel.syncAllOrders({ orders: [posmodel.getOrder()] })")
        at_table(till)
    else:
        at_table(till.log_in().start())
    till.ring_up(*PRODUCTS)
    uuid = till.order_uuid()
    before = lines(till, uuid)
    till.send()
    till.script(
        """async ([move, uuid]) => {
            const table = posmodel.models["restaurant.table"].find((one) => one.table_number === 8);
            await posmodel[move](uuid, table);
        }""",
        [move, uuid],
    )
    till.page.get_by_text("so the order stays as it is").first.wait_for()
    assert lines(till, uuid) == before
    pay(shop)
    look(shop, till, uuid)


def test_a_part_is_paid_online(shop, till, seen):
    """Glase pays a part, and the customer pays the rest online."""
    at_table(till.log_in().start()).ring_up(*PRODUCTS)
    uuid = till.order_uuid()
    till.pay_with_glase().script(
        "(part) => posmodel.getOrder().payment_ids[0].setAmount(part)", PART
    )
    till.press_send()
    till.page.click(".glase-choice-continue")
    till.looks("waiting")
    pay(shop)
    till.page.locator('.glase-line[data-status="done"]').wait_for()
    till.page.locator(".paymentmethod", has_text="Online").first.click()
    till.page.locator(".payment-screen .next:visible").first.click()
    till.page.locator(".modal", has_text="Scan").locator("img").first.wait_for()
    pay_online(shop, uuid, till.script("() => posmodel.getOrder().remainingDue"))
    seen(look(shop, till, uuid))
