"""The till in a real browser, in a restaurant: courses, combos, wallets, points, and payments online."""

import pytest
from companion_steps import ONLINE, at_table, claim, pay_online, set_up, with_guest
from conftest import wait_for
from looked_at import assert_paid
from till_page import TillPage, discounts, lines, pay

pytestmark = pytest.mark.usefixtures("no_open_orders")
WORKERS = 0
MODULES = ("pos_restaurant", "pos_loyalty", "pos_online_payment")
PRODUCTS = ("Sourdough Loaf", "Cinnamon Roll")
COMBO = "Breakfast"
GUEST = "Greta Guest"

SET_UP = """
loaf, roll = (
    env["product.product"].search([("name", "=", name)], limit=1) for name in {products!r}
)
choices = env["product.combo"].create([
    {{"name": one.name, "company_id": company.id, "combo_item_ids": [(0, 0, {{"product_id": one.id}})]}}
    for one in (loaf, roll)
])
env["product.template"].create({{
    "name": {combo!r}, "type": "combo", "available_in_pos": True, "list_price": 59.5,
    "company_id": company.id, "combo_ids": [(6, 0, choices.ids)],
    "pos_categ_ids": [(6, 0, loaf.pos_categ_ids.ids)],
}})
guest = env["res.partner"].create({{"name": {guest!r}, "company_id": company.id}})
env["loyalty.program"].search([]).active = False
shared = {{"company_id": company.id, "pos_ok": True, "applies_on": "future"}}
wallet = env["loyalty.program"].create({{
    **shared, "name": "Wallet", "program_type": "ewallet", "trigger": "auto",
    "rule_ids": [(0, 0, {{
        "reward_point_mode": "money", "reward_point_amount": 1,
        "product_ids": env.ref("loyalty.ewallet_product_50").ids,
    }})],
    "reward_ids": [(0, 0, {{
        "reward_type": "discount", "discount_mode": "per_point", "discount": 1,
        "discount_applicability": "order", "required_points": 1,
    }})],
}})
points = env["loyalty.program"].create({{
    **shared, "name": "Points", "program_type": "loyalty", "trigger": "auto", "applies_on": "both",
    "rule_ids": [(0, 0, {{"reward_point_mode": "order", "reward_point_amount": 1}})],
    "reward_ids": [(0, 0, {{
        "reward_type": "discount", "discount": 10, "discount_mode": "percent",
        "discount_applicability": "order", "required_points": 5,
    }})],
}})
env["loyalty.card"].create([
    {{"program_id": program.id, "partner_id": guest.id, "points": number}}
    for program, number in ((wallet, 40), (points, 50))
])
floor = env["restaurant.floor"].create({{"name": "Hall"}})
table = env["restaurant.table"].create({{"table_number": 7, "floor_id": floor.id, "seats": 2}})
# An open register lets nobody do this by the settings.
env.cr.execute(
    "INSERT INTO pos_config_restaurant_floor_rel VALUES (%s, %s)", (config.id, floor.id)
)
env.cr.execute(
    "UPDATE pos_config SET module_pos_restaurant = true, default_screen = 'register' WHERE id = %s",
    (config.id,),
)
"""


@pytest.fixture(scope="module", autouse=True)
def modules(shop):
    set_up(shop, SET_UP + ONLINE, products=PRODUCTS, combo=COMBO, guest=GUEST)


def points_of(shop, program):
    [(points,)] = shop.query(
        "SELECT c.points FROM loyalty_card c JOIN loyalty_program p ON p.id = c.program_id"
        " JOIN res_partner g ON g.id = c.partner_id WHERE p.name->>'en_US' = %s AND g.name = %s",
        program,
        GUEST,
    )
    return points


# --- Courses and tables ---


def test_courses_are_made_fired_and_changed_while_the_bill_is_out(shop, till):
    at_table(till.log_in().start()).ring_up(PRODUCTS[0])
    till.script("() => posmodel.addCourse()")
    till.ring_up(PRODUCTS[1])
    uuid = till.order_uuid()
    before = lines(till, uuid)
    till.send()
    till.script(
        """async () => {
            const order = posmodel.getOrder();
            const [first, second] = order.courses;
            first.lines.forEach((line) => (line.course_id = second));
            await posmodel.fireCourse(second);
            order.cleanCourses();
        }"""
    )
    till.settle()
    assert lines(till, uuid) == before
    till.looks("waiting")
    till.reload().start().looks("waiting")
    assert lines(till, uuid) == before
    pay(shop)
    till.receipt()
    assert_paid(shop, uuid)


def test_a_line_that_a_module_takes_away_comes_back_in_its_course(shop, till):
    at_table(till.log_in().start()).ring_up(PRODUCTS[0])
    till.script("() => posmodel.addCourse()")
    till.ring_up(PRODUCTS[1])
    uuid = till.order_uuid()
    before = lines(till, uuid)
    courses = """(uuid) => posmodel.models["pos.order"].getBy("uuid", uuid).lines
        .map((line) => [line.product_id.display_name, line.course_id?.index]).sort()"""
    in_courses = till.script(courses, uuid)
    assert {index for _name, index in in_courses} == {1, 2}
    till.send()
    till.script("() => posmodel.getOrder().lines.at(-1).delete()")
    till.settle()
    assert lines(till, uuid) == before
    assert till.script(courses, uuid) == in_courses
    pay(shop)
    till.receipt()
    assert_paid(shop, uuid)


def test_another_device_orders_at_the_same_table_while_the_bill_is_out(shop, till, browser):
    at_table(till.log_in().start()).ring_up(*PRODUCTS)
    uuid = till.order_uuid()
    before = lines(till, uuid)
    till.send()
    other = TillPage(browser, shop)
    try:
        other.log_in().start()
        # As a device that has not heard of the table's order: Odoo stores it into that one.
        other.script(
            """async () => {
                const table_id = posmodel.models["restaurant.table"].getFirst();
                const order = posmodel.createNewOrder({ table_id });
                const product_tmpl_id = posmodel.models["product.template"].find(
                    (one) => one.name === "Cinnamon Roll"
                );
                await posmodel.addLineToOrder({ product_tmpl_id, qty: 5 }, order);
                await posmodel.syncAllOrders({ orders: [order], force: true });
            }"""
        )
    finally:
        other.close()
    till.settle()
    assert lines(till, uuid) == before
    pay(shop)
    till.receipt()
    [(state, unverified, paid)] = shop.query(
        """SELECT o.state, p.glase_unverified, t.amount
             FROM glase_transaction t JOIN pos_payment p ON p.id = t.payment_id
             JOIN pos_order o ON o.id = p.pos_order_id WHERE t.order_uuid = %s""",
        uuid,
    )
    assert (state, bool(unverified)) == ("paid", False)
    assert paid == pytest.approx(sum(price for _name, price in before))


# --- Combos ---


def combos(shop, uuid):
    """How many parts each combo of the stored order has."""
    return shop.query(
        """SELECT count(part.id) FROM pos_order o JOIN pos_order_line l ON l.order_id = o.id
             JOIN pos_order_line part ON part.combo_parent_id = l.id WHERE o.uuid = %s
            GROUP BY l.id""",
        uuid,
    )


@pytest.mark.parametrize("what", ["all", "part"])
def test_a_combo_that_a_module_takes_away_comes_back_as_a_combo(shop, till, what):
    till.log_in().start().new_order().ring_up(COMBO, PRODUCTS[0])
    uuid = till.order_uuid()
    before = lines(till, uuid)
    assert len(before) == 4
    till.send()
    till.script(
        """(what) => {
            const combo = posmodel.getOrder().lines.find((line) => line.combo_line_ids.length);
            const parts = [...combo.combo_line_ids];
            (what === "all" ? [combo, ...parts] : parts.slice(0, 1)).forEach((one) => one.delete());
        }""",
        what,
    )
    till.settle()
    assert lines(till, uuid) == before
    till.reload().start().looks("waiting")
    assert lines(till, uuid) == before
    pay(shop)
    till.receipt()
    assert_paid(shop, uuid)
    assert combos(shop, uuid) == [(2,)]


# --- Wallets and points ---


def test_a_wallet_pays_a_part_and_the_till_is_reloaded(shop, till):
    with_guest(till.log_in().start().new_order(), GUEST).ring_up(*PRODUCTS)
    claim(till, "Wallet")
    uuid = till.order_uuid()
    before = lines(till, uuid)
    assert discounts(till, uuid) == [-40]
    till.send()
    till.script("() => posmodel.updateRewards()")
    till.settle()
    assert lines(till, uuid) == before
    till.reload().start().looks("waiting")
    till.script("() => posmodel.updateRewards()")
    till.settle()
    assert lines(till, uuid) == before
    pay(shop)
    till.receipt()
    assert_paid(shop, uuid)
    assert points_of(shop, "Wallet") == 0


def test_points_pay_for_a_discount_and_the_till_is_reloaded(shop, till):
    with_guest(till.log_in().start().new_order(), GUEST).ring_up(*PRODUCTS)
    claim(till, "Points")
    uuid = till.order_uuid()
    before = lines(till, uuid)
    assert len(discounts(till, uuid)) == 1
    had = points_of(shop, "Points")
    till.send()
    till.reload().start().looks("waiting")
    till.script("() => posmodel.updateRewards()")
    till.settle()
    assert lines(till, uuid) == before
    pay(shop)
    till.receipt()
    assert_paid(shop, uuid)
    wait_for(lambda: points_of(shop, "Points") < had, "the points are spent")


# --- A payment online beside a bill of Glase's (no browser is needed) ---


def drafted(shop, till, amount, online):
    """An order of which Glase's bill has ``amount``, and the rest is paid online."""
    bill = till.draft(amount + online)
    shop.execute("UPDATE pos_payment SET amount = %s WHERE uuid = %s", amount, bill["line_uuid"])
    return {**bill, "amount": f"{amount:.2f}"}


def stands(shop, bill):
    """State of the order, whether Glase's payment is unproven, and the open cases' kinds."""
    [(state, unverified)] = shop.query(
        "SELECT o.state, p.glase_unverified FROM pos_order o JOIN pos_payment p"
        " ON p.pos_order_id = o.id WHERE p.uuid = %s",
        bill["line_uuid"],
    )
    kinds = shop.query(
        "SELECT DISTINCT c.kind FROM glase_case c"
        " LEFT JOIN glase_transaction t ON t.id = c.transaction_id"
        " LEFT JOIN pos_payment p ON p.id = c.payment_id"
        " WHERE c.state = 'open' AND (t.line_uuid = %s OR p.uuid = %s)",
        bill["line_uuid"],
        bill["line_uuid"],
    )
    return state, bool(unverified), {kind for (kind,) in kinds}


def test_an_order_that_is_paid_online_while_the_bill_is_out_is_a_case_until_glase_is_paid(shop):
    till = shop.first_till()
    bill = drafted(shop, till, 20, 15)
    assert till.door("send", **bill)["state"] == "issued"
    pay_online(shop, bill["order_uuid"], 15)
    # Odoo counts each payment of a draft and finishes the order.
    assert stands(shop, bill) == ("paid", True, {"unverified_payment"})
    pay(shop)
    asked = {"line_uuid": bill["line_uuid"], "attempt": bill["attempt"]}
    assert till.door("status", **asked)["state"] == "paid"
    assert stands(shop, bill) == ("paid", False, set())


def test_an_order_that_is_paid_online_and_whose_bill_nobody_pays_stays_a_case(shop, admin):
    till = shop.first_till()
    bill = drafted(shop, till, 20, 15)
    assert till.door("send", **bill)["state"] == "issued"
    pay_online(shop, bill["order_uuid"], 15)
    asked = {"line_uuid": bill["line_uuid"], "attempt": bill["attempt"]}
    assert till.door("cancel", **asked)["state"] == "canceled"
    assert stands(shop, bill) == ("paid", True, {"unverified_payment"})


def test_what_clears_the_payments_of_an_order_ends_the_bill_that_is_out(shop, admin):
    """`pos_online_payment` deletes all other payments when its own is called off."""
    shop.execute("UPDATE pos_config SET module_pos_restaurant = false")
    try:
        till = shop.first_till()
        bill = till.draft(20)
        assert till.door("send", **bill)["state"] == "issued"
        [order] = till.call("pos.order", "search", [("uuid", "=", bill["order_uuid"])])
        told = till.call("pos.order", "get_and_set_online_payments_data", [order], 0)
        assert told["deleted"]
        [(why,)] = shop.query(
            "SELECT given_up_why FROM glase_transaction WHERE line_uuid = %s", bill["line_uuid"]
        )
        assert why == "order_gone"
        admin.run("glase.transaction", "_cron_settle")
        wait_for(
            lambda: shop.query(
                "SELECT 1 FROM glase_transaction WHERE line_uuid = %s AND state = 'canceled'",
                bill["line_uuid"],
            ),
            "the bill is canceled",
        )
    finally:
        shop.execute("UPDATE pos_config SET module_pos_restaurant = true")
