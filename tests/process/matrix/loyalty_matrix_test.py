"""Promotions, codes, gift cards, wallets, and discounts on a whole order."""

import pytest
from companion_steps import GLOBAL_DISCOUNT, claim, points_on_cards, set_up, with_guest
from looked_at import given_back, look, sold
from till_page import discounts

pytestmark = pytest.mark.usefixtures("no_open_orders")
WORKERS = 0
MODULES = ("pos_loyalty", "pos_discount", "pos_hr")
PRODUCTS = ("Sourdough Loaf", "Cinnamon Roll")
GUEST = "Greta Guest"
CARD, TOP_UP = "Gift Card", "Top-up eWallet"
CODE = "SUMMER"

SET_UP = """
programs = env["loyalty.program"]
programs.search([]).active = False
loaf, roll = (
    env["product.product"].search([("name", "=", name)], limit=1) for name in {products!r}
)
for kind in ("gift_card", "ewallet", "loyalty", "promotion", "promo_code", "buy_x_get_y"):
    made = programs.create_from_template(kind)
    program = programs.browse(made["res_id"])
    program.write({{"name": kind, "pos_ok": True}})
    if kind in ("promotion", "promo_code"):
        program.rule_ids.write({{"minimum_amount": 0, "product_ids": [(5, 0, 0)]}})
        program.reward_ids.write({{
            "discount": 10, "discount_applicability": "order", "discount_product_ids": [(5, 0, 0)],
        }})
    if kind == "promo_code":
        program.rule_ids.code = {code!r}
    if kind == "buy_x_get_y":
        program.rule_ids.write({{"product_ids": [(6, 0, loaf.ids)], "minimum_qty": 2}})
        program.reward_ids.write({{"reward_product_id": roll.id, "required_points": 2}})
for product in ("loyalty.gift_card_product_50", "loyalty.ewallet_product_50"):
    env.ref(product).write({{
        "available_in_pos": True, "pos_categ_ids": [(6, 0, loaf.pos_categ_ids.ids)],
        "taxes_id": [(5, 0, 0)],
    }})
env["res.partner"].create({{"name": {guest!r}, "company_id": company.id}})
env.flush_all()
# Archived by Odoo it would take its rules along.
env.cr.execute("UPDATE loyalty_program SET active = false")
"""


@pytest.fixture(scope="module", autouse=True)
def modules(shop):
    set_up(shop, SET_UP + GLOBAL_DISCOUNT, products=PRODUCTS, guest=GUEST, code=CODE)


@pytest.fixture
def program(shop):
    """A function that starts programs of some kinds; all end with the test."""

    def start(*kinds):
        shop.execute(
            "UPDATE loyalty_program SET active = true WHERE name->>'en_US' = ANY(%s)", list(kinds)
        )

    yield start
    shop.execute("UPDATE loyalty_program SET active = false")


def test_a_promotion(shop, till, program, seen):
    """A promotion that comes by itself, and a reload."""
    program("promotion")
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    till.until("() => posmodel.getOrder().lines.some((line) => line.is_reward_line)")
    seen(sold(shop, till))


def test_a_code(shop, till, program, seen):
    """A discount with a code, and a reload."""
    program("promo_code")
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    assert till.script("(code) => posmodel.activateCode(code)", CODE) is True
    assert len(discounts(till, till.order_uuid())) == 1
    seen(sold(shop, till))


@pytest.mark.says_no(
    "Odoo counts points for what is sold only: those of a sale that is given back stay on the card."
)
def test_points(shop, till, program):
    """Points for a sale, which its refund takes back."""
    program("loyalty")
    with_guest(till.log_in().start().new_order(), GUEST).ring_up(*PRODUCTS)
    before = points_on_cards(shop, "loyalty")
    uuid = till.order_uuid()
    sold(shop, till)
    got = points_on_cards(shop, "loyalty")
    assert got > before
    till.refund_order(uuid).give_back().told("leaves the customer's points as they are")
    look(shop, till, till.order_uuid(), refunded=True)
    assert points_on_cards(shop, "loyalty") == got


def test_a_free_product(shop, till, program, seen):
    """A product for nothing, and a reload."""
    program("buy_x_get_y")
    till.log_in().start().new_order().ring_up("Sourdough Loaf", "Sourdough Loaf", "Cinnamon Roll")
    till.until("() => posmodel.getOrder().lines.some((line) => line.is_reward_line)")
    seen(sold(shop, till))


def test_a_gift_card(shop, till, program, seen):
    """A gift card is sold, and pays a part of the next sale."""
    program("gift_card")
    till.log_in().start().new_order().ring_up(CARD)
    first = sold(shop, till)
    assert points_on_cards(shop, "gift_card") == 50
    [(code,)] = shop.query(
        "SELECT c.code FROM loyalty_card c JOIN loyalty_program p ON p.id = c.program_id"
        " WHERE p.name->>'en_US' = 'gift_card'"
    )
    till.new_order().ring_up(*PRODUCTS)
    till.script("(code) => posmodel.activateCode(code)", code)
    assert discounts(till, till.order_uuid()) == [-50]
    second = sold(shop, till)
    assert points_on_cards(shop, "gift_card") == 0
    seen(f"{first}; then {second}")


def test_a_wallet(shop, till, program, seen):
    """A wallet is topped up, and pays a part of the next sale."""
    program("ewallet")
    with_guest(till.log_in().start().new_order(), GUEST).ring_up(TOP_UP)
    first = sold(shop, till)
    assert points_on_cards(shop, "ewallet") == 50
    with_guest(till.new_order(), GUEST).ring_up(*PRODUCTS)
    claim(till, "ewallet")
    assert discounts(till, till.order_uuid()) == [-50]
    second = sold(shop, till)
    assert points_on_cards(shop, "ewallet") == 0
    seen(f"{first}; then {second}")


def test_a_discount_on_the_whole_order(shop, till, seen):
    """Ten percent on the whole order, a reload, and a refund."""
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    till.script("() => posmodel.applyDiscount(10)")
    uuid = till.order_uuid()
    assert discounts(till, uuid)
    words = sold(shop, till)
    seen(f"{words}; {given_back(shop, till, uuid)}")
