"""Card terminals of other makers on the same till; what their makers answer is made up, their modules are Odoo's."""

import pytest
from card_terminals import MAKERS
from companion_steps import set_up
from looked_at import look
from till_page import pay

pytestmark = pytest.mark.usefixtures("no_open_orders")
WORKERS = 0
MODULES = ("pos_stripe", "pos_adyen", "pos_razorpay", "pos_mercado_pago")
PRODUCTS = ("Sourdough Loaf", "Cinnamon Roll")
PART = 20

SET_UP = """
card = config.payment_method_ids.filtered(lambda one: one.type == "bank" and not one.use_payment_terminal)[:1]
for name in {makers!r}:
    method = card.copy({{"name": name}})
    env.flush_all()
    # Some are for currencies of other countries, and an open register lets nobody add one.
    env.cr.execute(
        "UPDATE pos_payment_method SET use_payment_terminal = %s, payment_method_type = 'terminal',"
        " stripe_serial_number = 'S1' WHERE id = %s",
        (name, method.id),
    )
    env.cr.execute(
        "INSERT INTO pos_config_pos_payment_method_rel (pos_config_id, pos_payment_method_id)"
        " VALUES (%s, %s)",
        (config.id, method.id),
    )
"""


@pytest.fixture(scope="module", autouse=True)
def modules(shop):
    set_up(shop, SET_UP, makers=list(MAKERS))


@pytest.fixture(params=MAKERS)
def card(request, till):
    """Each maker's terminal, at a till with two things to pay."""
    # Stripe's file is asked for by each till that has its module.
    terminals = {"stripe": MAKERS["stripe"](till)}
    terminals[request.param] = MAKERS[request.param](till)
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    till.page.locator(".pay-order-button:visible, .pay:visible").first.click()
    return terminals[request.param]


def with_glase(till):
    till.page.locator(".paymentmethod", has_text="Glase").first.click()
    return till


def sent(till):
    """Glase is chosen, and its bill is out; returns the order's uuid."""
    with_glase(till).press_send().looks("waiting")
    return till.order_uuid()


def test_another_terminal_is_chosen_first(shop, till, card, seen):
    """A terminal is chosen, its payment is canceled, and Glase takes its place."""
    card.choose()
    card.cancel()
    card.take_away()
    uuid = sent(till)
    pay(shop)
    seen(look(shop, till, uuid))


def test_one_waits_while_the_other_is_chosen(shop, till, card, seen):
    """A terminal waits for a part while Glase is chosen, which gets the rest, and both are given back: a card's part
    in cash where Odoo's module gives none back at the terminal.
    """
    card.choose_for(PART)
    with_glase(till).confirm("already an electronic payment in progress")
    card.pays()
    till.until("() => posmodel.getOrder().payment_ids[0].payment_status === 'done'")
    uuid = sent(till)
    pay(shop)
    words = look(shop, till, uuid)
    till.refund_order(uuid).give_back()
    till.page.locator('.glase-line[data-status="done"]').wait_for()
    if card.refunds:
        card.give_back()
    else:
        till.page.locator(".paymentmethod", has_text="Cash").first.click()
        till.page.locator(".payment-screen .next:visible").first.click()
    seen(f"{words}; {look(shop, till, till.order_uuid(), refunded=True)}")


def test_both_are_sent(shop, till, card, seen):
    """Glase's line stands there, the terminal is chosen and waits: nothing is asked for twice."""
    with_glase(till)
    card.choose()
    till.page.locator(".paymentline", has_text="Glase").click()
    till.press_send().confirm("Another payment terminal is at work")
    till.page.locator(".paymentline", has_text=card.name).click()
    card.cancel()
    till.page.locator(".paymentline", has_text="Glase").click()
    till.press_send().looks("waiting")
    uuid = till.order_uuid()
    pay(shop)
    seen(look(shop, till, uuid))


@pytest.mark.parametrize("card", ["adyen"], indirect=True)
@pytest.mark.says_no(
    "Odoo's module for Adyen gives nothing back at the terminal: a card's part goes back otherwise."
)
def test_a_refund_at_the_terminal(shop, till, card):
    """A card's part of an order is given back at its terminal."""
    card.choose_for(PART)
    card.pays()
    till.until("() => posmodel.getOrder().payment_ids[0].payment_status === 'done'")
    uuid = sent(till)
    pay(shop)
    look(shop, till, uuid)
    till.refund_order(uuid).give_back()
    till.page.locator('.glase-line[data-status="done"]').wait_for()
    card.give_back()
    till.confirm("Cannot process transactions with negative amount.")
    assert till.script("() => posmodel.getOrder().remainingDue") == -PART
