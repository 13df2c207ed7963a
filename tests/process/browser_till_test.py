"""The till in a real browser: beside modules that rebuild, discount and lock, and on a bad day.

The shop's network goes, a tablet sleeps, an order is opened again.
"""

import pytest
from companion_steps import (
    GLOBAL_DISCOUNT,
    PATIENCE,
    employee_of,
    points_on_cards,
    set_up,
    with_guest,
)
from conftest import wait_for
from looked_at import assert_paid
from till_page import TillPage, discounts, lines, pay

pytestmark = pytest.mark.usefixtures("no_open_orders")
WORKERS = 0
MODULES = ("pos_loyalty", "pos_discount", "pos_hr")
PRODUCTS = ("Sourdough Loaf", "Cinnamon Roll")
EMPLOYEES = ("Anna Anttila", "Bo Bengtsson")
COUPON, ANOTHER_COUPON = "SAVE20", "MORE20"
GUEST = "Greta Guest"
PROMOTIONS = ("Ten percent", "Two percent", "A roll for two loaves", "Points")
SHORT = 60

SET_UP = """
env["loyalty.program"].search([]).active = False
for name, discount, on in (("Ten percent", 10, "order"), ("Two percent", 2, "cheapest")):
    env["loyalty.program"].create({{
        "name": name, "program_type": "promotion", "trigger": "auto", "applies_on": "current",
        "company_id": company.id, "pos_ok": True, "active": False,
        "rule_ids": [(0, 0, {{"minimum_amount": 0, "minimum_qty": 1}})],
        "reward_ids": [(0, 0, {{
            "reward_type": "discount", "discount": discount, "discount_mode": "percent",
            "discount_applicability": on,
        }})],
    }})
loaf, roll = (
    env["product.product"].search([("name", "=", name)], limit=1) for name in {products!r}
)
env["loyalty.program"].create({{
    "name": "A roll for two loaves", "program_type": "buy_x_get_y", "trigger": "auto",
    "applies_on": "current", "company_id": company.id, "pos_ok": True, "active": False,
    "rule_ids": [(0, 0, {{
        "minimum_qty": 2, "reward_point_mode": "unit", "product_ids": [(6, 0, loaf.ids)],
    }})],
    "reward_ids": [(0, 0, {{
        "reward_type": "product", "reward_product_id": roll.id, "required_points": 2,
    }})],
}})
env["loyalty.program"].create({{
    "name": "Points", "program_type": "loyalty", "trigger": "auto", "applies_on": "both",
    "company_id": company.id, "pos_ok": True, "active": False,
    "rule_ids": [(0, 0, {{"reward_point_mode": "money", "reward_point_amount": 1}})],
    "reward_ids": [(0, 0, {{"discount": 1, "required_points": 5000}})],
}})
env["res.partner"].create({{"name": {guest!r}, "company_id": company.id}})
coupons = env["loyalty.program"].create({{
    "name": "Coupons", "program_type": "coupons", "trigger": "with_code", "applies_on": "current",
    "company_id": company.id, "pos_ok": True,
    "rule_ids": [(0, 0, {{"minimum_amount": 0, "minimum_qty": 0}})],
    "reward_ids": [(0, 0, {{
        "reward_type": "discount", "discount": 20, "discount_mode": "percent",
        "discount_applicability": "order", "required_points": 1,
    }})],
}})
for code in {coupons!r}:
    env["loyalty.card"].create({{"program_id": coupons.id, "code": code, "points": 5}})
for name in {employees!r}:
    env["hr.employee"].create({{"name": name, "company_id": company.id}})
"""


@pytest.fixture(scope="module", autouse=True)
def modules(shop):
    values = {"employees": EMPLOYEES, "coupons": (COUPON, ANOTHER_COUPON)}
    values |= {"guest": GUEST, "products": PRODUCTS}
    set_up(shop, SET_UP + GLOBAL_DISCOUNT, **values)


@pytest.fixture
def promotion(shop):
    """Ten percent off each order, by itself."""
    yield from running(shop, PROMOTIONS[:1])


@pytest.fixture
def programs(shop):
    """A promotion, a free product and points, all by themselves.

    Not ten percent off the order beside a coupon for the order: of two such, Odoo takes either by
    turns, and each time the order is another one.
    """
    yield from running(shop, PROMOTIONS[1:])


def running(shop, names):
    """Until it is gone on with, the programs of these names run."""
    change = "UPDATE loyalty_program SET active = %s WHERE name->>'en_US' = ANY(%s)"
    shop.execute(change, True, list(names))
    yield
    shop.execute(change, False, list(names))


@pytest.fixture
def employees(shop):
    """Employees log in at the till."""
    where = (shop.told["config_id"],)
    shop.execute("UPDATE pos_config SET module_pos_hr = true WHERE id = %s", *where)
    yield EMPLOYEES
    shop.execute("UPDATE pos_config SET module_pos_hr = false WHERE id = %s", *where)


@pytest.fixture
def by_hand(shop):
    """The cashier finishes an order, not the payment."""
    where = (shop.told["config_id"],)
    shop.execute(
        "UPDATE pos_config SET auto_validate_terminal_payment = false WHERE id = %s", *where
    )
    yield
    shop.execute(
        "UPDATE pos_config SET auto_validate_terminal_payment = true WHERE id = %s", *where
    )


# --- A promotion makes its line anew ---


@pytest.mark.usefixtures("promotion")
def test_a_promotion_and_a_reload(shop, till):
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    till.send()
    uuid = till.order_uuid()
    before = lines(till, uuid)
    assert len(discounts(till, uuid)) == 1
    till.reload()
    assert not till.page.locator(".modal").count(), "nothing covers the log-in"
    till.start().looks("waiting")
    assert lines(till, uuid) == before
    pay(shop)
    till.receipt()
    assert lines(till, uuid) == before
    assert_paid(shop, uuid)


# What modules and the till itself do again and again; `order` is the one whose bill is out.
REBUILT = {
    "promotions are looked at": "posmodel.updateRewards()",
    "programs are looked at": "posmodel.orderUpdateLoyaltyPrograms()",
    "rewards are made anew": "order._updateRewardLines()",
    "the same customer is set": "order.setPartner(order.partner_id)",
    "the same prices are set": "order.setPricelist(order.pricelist_id)",
    "a code is read again": "posmodel.activateCode(CODE)",
    "lines change places": "order.update({ lines: [['set', ...[...order.lines].reverse()]] })",
    "the kitchen is told": "order.updateLastOrderChange()",
    "a note is written": "order.lines[0].setNote('Rare')",
}
STAYS = "stays as it was sent"
# What people try: it is refused, or put back.
TRIED = {
    "a quantity": "order.lines[0].setQuantity(9)",
    "a price": "order.lines[0].setUnitPrice(1)",
    "a price past the buttons": "order.lines[0].price_unit = 1",
    "a discount": "posmodel.setDiscountFromUI(order.lines[0], 50)",
    "a discount on all": "posmodel.applyDiscount(50, order)",
    "a product away": "order.removeOrderline(order.lines.find((line) => !line.is_reward_line))",
    "a reward away": "order.removeOrderline(order.lines.find((line) => line.is_reward_line))",
    "all rewards away": "posmodel.resetPrograms()",
    "a product more": """posmodel.addLineToOrder(
        { product_tmpl_id: order.lines[0].product_id.product_tmpl_id, qty: 1 }, order)""",
    "other prices": "order.setPricelist(false)",
}


def is_as_sent(till, uuid, before):
    """Wait until the lines are those that were sent."""
    till.settle().until(
        """([uuid, before]) => String(
            posmodel.models["pos.order"].getBy("uuid", uuid).lines
                .map((line) => [line.product_id.display_name, line.priceIncl]).sort()
        ) === String(before)""",
        [uuid, before],
    )


def do_all(till, uuid, before, steps, silent=False):
    """Do each of these with the order, which is as before after each; if ``silent`` nobody is told."""
    for what, code in steps.items():
        code = code.replace("CODE", repr(ANOTHER_COUPON))
        till.script(
            f"""async (uuid) => {{
                const order = posmodel.models["pos.order"].getBy("uuid", uuid);
                await ({code});
            }}""",
            uuid,
        )
        is_as_sent(till, uuid, before)
        assert lines(till, uuid) == before, what
        told = till.page.locator(".o_notification", has_text=STAYS).count()
        assert not (silent and told), what


@pytest.mark.usefixtures("programs")
def test_what_modules_rebuild_is_let_alone_and_what_people_try_is_not(shop, till):
    with_guest(till.log_in().start().new_order(), GUEST)
    till.ring_up(PRODUCTS[0], *PRODUCTS)
    assert till.script("(code) => posmodel.activateCode(code)", ANOTHER_COUPON) is True
    till.until("() => posmodel.getOrder().lines.filter((line) => line.is_reward_line).length >= 3")
    till.settle().send()
    uuid = till.order_uuid()
    before = lines(till, uuid)
    do_all(till, uuid, before, REBUILT, silent=True)
    do_all(till, uuid, before, TRIED)
    till.reload().start().looks("waiting")
    # Odoo has forgotten now which codes were read, and takes the coupon off: it comes back.
    do_all(till, uuid, before, REBUILT)
    pay(shop)
    till.receipt()
    assert lines(till, uuid) == before
    assert_paid(shop, uuid)


@pytest.mark.usefixtures("promotion")
def test_a_promotion_is_there_once_after_a_reload_and_a_cancel(till):
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    till.send()
    uuid = till.order_uuid()
    before = lines(till, uuid)
    till.reload().start().looks("waiting")
    till.page.click(".glase-dialog .glase-cancel")
    till.page.wait_for_selector('.glase-line[data-status="retry"]')
    till.page.locator(".payment-screen button", has_text="Back").first.click()
    till.page.wait_for_selector(".product-screen")
    till.until(
        """(uuid) => posmodel.models["pos.order"].getBy("uuid", uuid).lines
            .some((line) => line.is_reward_line)""",
        uuid,
    )
    till.settle()
    assert lines(till, uuid) == before


@pytest.mark.usefixtures("promotion")
def test_a_promotion_that_ended_meanwhile(shop, till):
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    till.send()
    uuid = till.order_uuid()
    before = lines(till, uuid)
    shop.execute("UPDATE loyalty_program SET active = false WHERE name->>'en_US' = 'Ten percent'")
    till.reload().start().looks("waiting")
    pay(shop)
    till.receipt()
    assert lines(till, uuid) == before
    assert_paid(shop, uuid)


def test_a_coupon_is_used_up_although_the_till_was_reloaded(shop, till):
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    assert till.script("(code) => posmodel.activateCode(code)", COUPON) is True
    uuid = till.order_uuid()
    assert len(discounts(till, uuid)) == 1
    before = lines(till, uuid)
    till.send()
    till.reload().start().looks("waiting")
    till.settle()
    assert lines(till, uuid) == before
    pay(shop)
    till.receipt()
    assert_paid(shop, uuid)
    points = "SELECT points FROM loyalty_card WHERE code = %s"
    wait_for(lambda: shop.query(points, COUPON) == [(4.0,)], "the coupon is used up")


# When modules look at their programs again while an order is finished.
LOOKED_AT = {
    "before": "await posmodel.orderUpdateLoyaltyPrograms()",
    "while it is stored": """
        const store = posmodel.syncAllOrders;
        posmodel.syncAllOrders = async function () {
            await posmodel.orderUpdateLoyaltyPrograms();
            return store.apply(this, arguments);
        }""",
    "before, and it takes until it is stored": """
        const [store, check] = [posmodel.syncAllOrders, posmodel.checkMissingCoupons];
        const gate = Promise.withResolvers();
        posmodel.checkMissingCoupons = async function () {
            await gate.promise;
            return check.apply(this, arguments);
        };
        posmodel.updateRewards();
        const order = posmodel.getOrder();
        posmodel.syncAllOrders = async function () {
            if (order.finalized) {
                gate.resolve();
                await posmodel.orderUpdateLoyaltyPrograms();
                for (const _frame of [1, 2, 3, 4, 5]) {
                    await new Promise(requestAnimationFrame);
                }
            }
            return store.apply(this, arguments);
        }""",
}


@pytest.mark.usefixtures("programs")
@pytest.mark.parametrize("when", LOOKED_AT)
def test_points_are_those_of_the_bill_although_the_till_was_reloaded(shop, till, when):
    with_guest(till.log_in().start().new_order(), GUEST)
    till.ring_up(PRODUCTS[0], *PRODUCTS)
    shop.execute("UPDATE loyalty_card SET points = 5 WHERE code = %s", ANOTHER_COUPON)
    assert till.script("(code) => posmodel.activateCode(code)", ANOTHER_COUPON) is True
    till.until("() => posmodel.getOrder().lines.filter((line) => line.is_reward_line).length >= 3")
    till.settle().send()
    uuid = till.order_uuid()
    before, points = lines(till, uuid), points_on_cards(shop, "Points")
    till.reload().start().looks("waiting")
    till.script(f"async () => {{ {LOOKED_AT[when]}; }}")
    pay(shop)
    till.receipt()
    assert lines(till, uuid) == before
    assert_paid(shop, uuid)
    bill = round(sum(price for _product, price in before), 2)
    wait_for(lambda: round(points_on_cards(shop, "Points") - points, 2), "points are counted")
    assert round(points_on_cards(shop, "Points") - points, 2) == bill


# What becomes of a coupon between *Send* and the customer's payment.
GONE = {
    "used up at another till": (
        "UPDATE loyalty_card SET points = 0 WHERE code = %s",
        "UPDATE loyalty_card SET points = 5 WHERE code = %s",
    ),
    "its program is ended": (
        "UPDATE loyalty_program SET active = false WHERE id ="
        " (SELECT program_id FROM loyalty_card WHERE code = %s)",
        "UPDATE loyalty_program SET active = true WHERE id ="
        " (SELECT program_id FROM loyalty_card WHERE code = %s)",
    ),
}


@pytest.mark.parametrize("what", GONE)
def test_a_coupon_that_is_gone_when_the_customer_pays(shop, till, what):
    ended, again = GONE[what]
    shop.execute(again, COUPON)
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    assert till.script("(code) => posmodel.activateCode(code)", COUPON) is True
    uuid = till.order_uuid()
    till.settle().send()
    before = lines(till, uuid)
    assert len(discounts(till, uuid)) == 1
    shop.execute(ended, COUPON)
    try:
        pay(shop)
        till.receipt()
        till.told("the bill as it was sent")
    finally:
        shop.execute(again, COUPON)
    assert lines(till, uuid) == before
    assert_paid(shop, uuid)


# --- A discount on the whole order ---


def test_a_global_discount_and_a_reload(shop, till):
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    till.script("() => posmodel.applyDiscount(10)")
    uuid = till.order_uuid()
    assert discounts(till, uuid)
    before = lines(till, uuid)
    till.send()
    till.script("() => posmodel.applyDiscount(10)")
    till.reload().start().looks("waiting")
    # What a change of any line asks for.
    till.script("() => posmodel.applyDiscount(10)")
    till.settle()
    assert lines(till, uuid) == before
    till.script("() => posmodel.applyDiscount(50)")
    till.settle()
    assert lines(till, uuid) == before
    pay(shop)
    till.receipt()
    assert_paid(shop, uuid)


# --- Employees ---


def test_a_payment_that_arrives_at_a_locked_till(shop, till, employees):
    anna, bo = employees
    till.log_in().unlock(anna).new_order().ring_up(*PRODUCTS)
    till.send()
    uuid = till.order_uuid()
    till.lock()
    assert not till.page.locator(".modal").count()
    pay(shop)
    till.until(
        """(uuid) => posmodel.models["pos.order"].getBy("uuid", uuid).payment_ids
            .every((line) => line.payment_status === "done")""",
        uuid,
    )
    till.settle()
    assert till.page.locator(".screen-login").is_visible(), "the till stays locked"
    assert shop.query("SELECT state FROM pos_order WHERE uuid = %s", uuid) == [("draft",)]
    till.unlock(bo)
    till.receipt()
    assert_paid(shop, uuid)
    assert employee_of(shop, uuid) == anna


def test_a_bill_that_goes_on_after_a_reload_waits_for_an_employee(shop, till, employees):
    anna, bo = employees
    till.log_in().unlock(anna).new_order().ring_up(*PRODUCTS)
    till.send()
    uuid = till.order_uuid()
    # Another browser session: nobody is logged in at it.
    till.script("() => sessionStorage.clear()")
    till.reload()
    till.settle()
    assert not till.page.locator(".modal").count(), "nothing covers the log-in"
    till.unlock(bo).looks("waiting")
    pay(shop)
    till.receipt()
    assert_paid(shop, uuid)
    assert employee_of(shop, uuid) == anna


def row(shop, uuid):
    [found] = shop.query(
        "SELECT state, given_up_at IS NOT NULL FROM glase_transaction WHERE order_uuid = %s", uuid
    )
    return found


def status(shop, uuid):
    """What the database says of the order's payments."""
    return shop.query(
        "SELECT p.payment_status FROM pos_payment p JOIN pos_order o ON o.id = p.pos_order_id"
        " WHERE o.uuid = %s",
        uuid,
    )


def pay_too_late(shop, admin):
    """The customer pays what the till asks for no more: Glase gives the money back by itself."""
    silent_after = ("ir.config_parameter", "set_param", "pos_glase.silent_after")
    admin.call(*silent_after, str(SHORT))
    shop.advance(SHORT + 10)
    pay(shop)
    for _step in range(3):
        admin.run("glase.transaction", "_cron_settle")
        shop.advance(40)
    admin.call(*silent_after, str(PATIENCE))


# --- The shop's own network, and a tablet that sleeps ---


def test_the_shops_network_is_lost_while_the_bill_is_out(shop, till):
    till.log_in().start().new_order().ring_up(*PRODUCTS).send()
    uuid = till.order_uuid()
    till.lose_network()
    till.says("No connection to the server")
    pay(shop)
    till.find_network()
    till.receipt()
    assert_paid(shop, uuid)


@pytest.mark.parametrize("heard", [False, True], ids=["call", "answer"])
def test_what_is_lost_while_an_order_is_finished_is_said_again(shop, till, heard):
    """Glase is heard, and Odoo's till is not, or hears nothing: the receipt comes first."""
    till.log_in().start().new_order().ring_up(*PRODUCTS).send()
    sold = till.order_uuid()
    with till.finishing_lost(heard):
        pay(shop)
        till.receipt()
    assert_stored_again(shop, till, sold, "paid" if heard else "draft")
    with till.finishing_lost(heard):
        till.refund_order(sold).give_back().receipt()
    assert_stored_again(shop, till, till.order_uuid(), "paid" if heard else "draft")


def assert_stored_again(shop, till, uuid, before):
    till.confirm("Connection Lost")
    assert shop.query("SELECT state FROM pos_order WHERE uuid = %s", uuid) == [(before,)]
    # Odoo's till stores what is left once its browser says that the network is back.
    till.lose_network()
    till.find_network()
    till.page.wait_for_function("() => !posmodel.getPendingOrder().orderToUpdate.length")
    assert_paid(shop, uuid)


def test_the_shops_network_is_lost_for_long(shop, till, admin):
    till.log_in().start().new_order().ring_up(*PRODUCTS).send()
    uuid = till.order_uuid()
    till.lose_network()
    till.says("No connection to the server")
    pay_too_late(shop, admin)
    assert row(shop, uuid) == ("reversed", True), row(shop, uuid)
    till.find_network()
    till.says("Glase has given the money back")
    assert "No money was taken" not in till.page.locator(".glase-dialog").inner_text()
    till.page.click(".glase-dialog .glase-read")
    line = till.page.locator('.glase-line[data-status="retry"]')
    assert "given the money back" in line.inner_text()
    till.reload().start()
    # The server keeps the line as it was sent: the ledger's word is said again.
    till.page.locator(".modal", has_text="Glase has given the money back").wait_for()
    till.page.locator(".modal footer button").click()
    till.open_order(uuid)
    line = till.page.locator('.glase-line[data-status="retry"]')
    line.wait_for()
    assert "given the money back" in line.inner_text()


def test_a_till_that_was_closed_during_the_outage_says_that_the_money_went_back(shop, till, admin):
    till.log_in().start().new_order().ring_up(*PRODUCTS).send()
    uuid = till.order_uuid()
    till.leave()
    pay_too_late(shop, admin)
    assert row(shop, uuid) == ("reversed", True), row(shop, uuid)
    till.come_back()
    assert not till.page.locator(".modal").count(), "nothing covers the log-in"
    till.start()
    till.page.locator(".modal", has_text="Glase has given the money back").wait_for()


def test_a_tablet_sleeps_and_wakes(shop, till):
    till.log_in().start().new_order().ring_up(*PRODUCTS).send()
    uuid = till.order_uuid()
    lifecycle = till.context.new_cdp_session(till.page)
    lifecycle.send("Page.setWebLifecycleState", {"state": "frozen"})
    pay(shop)
    lifecycle.send("Page.setWebLifecycleState", {"state": "active"})
    till.receipt()
    assert_paid(shop, uuid)


# --- Opened again ---


@pytest.mark.usefixtures("by_hand")
def test_a_paid_order_that_is_opened_again_is_paid(shop, till, browser):
    till.log_in().start().new_order().ring_up(*PRODUCTS).send()
    uuid = till.order_uuid()
    pay(shop)
    done = '.glase-line[data-status="done"]'
    till.page.wait_for_selector(done)
    wait_for(lambda: status(shop, uuid) == [("done",)], "stored as paid")
    till.new_order()
    till.open_order(uuid)
    till.page.wait_for_selector(done)
    assert status(shop, uuid) == [("done",)]
    other = TillPage(browser, shop)
    try:
        other.log_in().start().open_order(uuid)
        assert other.script(
            """(uuid) => {
                const order = posmodel.models["pos.order"].getBy("uuid", uuid);
                return [order.payment_ids[0].payment_status, order.remainingDue];
            }""",
            uuid,
        ) == ["done", 0]
        other.page.locator(".payment-screen button", has_text="Validate").click()
        other.receipt()
    finally:
        other.close()
    assert_paid(shop, uuid)


def test_an_order_that_something_else_stores_is_sent_after_that(shop, till):
    """Where payments are made online, too, opening the payment screen stores the order."""
    till.log_in().start().new_order().ring_up(PRODUCTS[0])
    till.script("() => posmodel.syncAllOrders({ orders: [posmodel.getOrder()] })")
    till.ring_up(PRODUCTS[1]).pay_with_glase()
    uuid, held, stores = till.order_uuid(), [], "**/pos.order/sync_from_ui**"

    def hold_answer(route):
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    till.page.route(stores, hold_answer)
    till.script("() => { posmodel.syncAllOrders({ orders: [posmodel.getOrder()], force: true }); }")
    # The page's requests are handled while it is asked something.
    wait_for(lambda: till.script("() => true") and held, "the server has the order")
    till.press_send()
    # It waits for the answer; a bill that is refused would be told by a dialog.
    till.page.locator(".o_blockUI, .modal").first.wait_for()
    route, answer = held[0]
    route.fulfill(response=answer)
    till.looks("waiting")
    pay(shop)
    till.receipt()
    assert_paid(shop, uuid)


@pytest.mark.usefixtures("by_hand")
def test_what_could_not_be_stored_when_it_was_paid_is_stored_later(shop, till):
    till.log_in().start().new_order().ring_up(*PRODUCTS).send()
    uuid = till.order_uuid()
    stores = "**/pos.order/sync_from_ui**"
    till.page.route(stores, lambda route: route.abort())
    pay(shop)
    till.page.wait_for_selector('.glase-line[data-status="done"]')
    till.until("() => !document.querySelector('.o_blockUI')")
    till.page.unroute(stores)
    till.script(
        "(uuid) => posmodel.syncAllOrders({ orders: [posmodel.models['pos.order'].getBy('uuid', uuid)] })",
        uuid,
    )
    assert status(shop, uuid) == [("done",)]


def test_an_order_that_cannot_be_finished_is_stored_as_paid_all_the_same(shop, till):
    till.log_in().start().new_order().ring_up(*PRODUCTS).send()
    uuid = till.order_uuid()

    def refuse(route):
        finishing = '"state": "paid"' in route.request.post_data or '"state":"paid"' in (
            route.request.post_data
        )
        error = {
            "code": 200,
            "message": "Odoo Server Error",
            "data": {
                "name": "odoo.exceptions.UserError",
                "message": "No invoice",
                "debug": "",
                "arguments": [],
                "context": {},
            },
        }
        if finishing:
            route.fulfill(json={"jsonrpc": "2.0", "id": 1, "error": error})
        else:
            route.continue_()

    till.page.route("**/pos.order/sync_from_ui**", refuse)
    pay(shop)
    till.page.locator(".modal", has_text="No invoice").wait_for()
    wait_for(lambda: status(shop, uuid) == [("done",)], "stored as paid")
    till.complaints.clear()
