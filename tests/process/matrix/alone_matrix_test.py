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
PROGRAMS = {"wkhtmltopdf": "wkhtmltopdf"}
# What a customer says to get an invoice.
ADDRESS = {
    "name": "Gunnar Guest",
    "email": "gunnar@example.com",
    "phone": "+46 8 123 456",
    "street": "Storgatan 1",
    "city": "Östersund",
    "zip": "831 30",
}

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


def on_account(till, amount):
    """The customer stands on the order, this much of it goes on the account, and the rest is sent to Glase."""
    till.script(
        """(name) => posmodel.getOrder().setPartner(
            posmodel.models["res.partner"].find((one) => one.name === name))""",
        GUEST,
    )
    till.script("() => posmodel.navigate('PaymentScreen', { orderUuid: posmodel.getOrder().uuid })")
    till.page.locator(".paymentmethod", has_text=LATER).first.click()
    till.script("(amount) => posmodel.getOrder().payment_ids[0].setAmount(amount)", amount)
    till.page.locator(".paymentmethod", has_text="Glase").first.click()
    till.press_send()
    return till.order_uuid()


def test_pay_later(shop, till, seen):
    """A part of an order goes on the customer's account, and Glase gets the rest."""
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    uuid = on_account(till, PART)
    till.looks("waiting")
    pay(shop)
    seen(look(shop, till, uuid))


@pytest.mark.says_no(
    "Odoo's Point of Sale alone has no settlement of a customer's account at the till: the office books it."
)
def test_what_was_paid_later_is_settled(shop, till):
    """What stands on the customer's account is paid at the till, on an order without goods."""
    sent = len(shop.calls("sendInvoice"))
    till.log_in().start().new_order()
    uuid = on_account(till, -PART)
    till.confirm("Add a product to the receipt first.")
    assert till.script("() => posmodel.getOrder().remainingDue") == PART
    assert len(shop.calls("sendInvoice")) == sent
    assert not shop.query("SELECT id FROM glase_transaction WHERE order_uuid = %s", uuid)


def test_the_customer_makes_the_invoice(shop, till, browser, seen):
    """The customer makes an invoice of the order at the address that stands on the receipt."""
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    uuid = till.order_uuid()
    sold(shop, till)
    [(token,)] = shop.query("SELECT access_token FROM pos_order WHERE uuid = %s", uuid)
    guest = browser.new_context().new_page()
    guest.goto(f"{shop.running.url}/pos/ticket/validate?access_token={token}")
    for name, words in ADDRESS.items():
        guest.fill(f"[name={name}]", words)
    guest.click("#get_my_invoice button")
    guest.wait_for_url("**/my/invoices/**")
    guest.context.close()
    words = look(shop, till, uuid)
    [(name, state)] = shop.query(
        "SELECT m.name, m.payment_state FROM account_move m JOIN pos_order o ON o.account_move = m.id"
        " WHERE o.uuid = %s",
        uuid,
    )
    assert state == "paid"
    seen(f"{words}; invoice {name} is {state}")


@pytest.mark.says_no(
    "Glase's protocol has no change of a payment that is made: what *Edit Payment* says is stored, Glase keeps"
    " the money, and a manager is told."
)
def test_edit_payment(shop, till):
    """*Edit Payment* makes cash of a payment with Glase."""
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    uuid = till.order_uuid()
    till.send()
    pay(shop)
    look(shop, till, uuid)
    till.page.click(".edit-order-payment")
    form = till.page.locator(".modal .o_form_view")
    form.locator(".o_notebook").get_by_text("Payments", exact=True).click()
    form.locator("[name=payment_ids] td[name=payment_method_id]").first.click()
    form.locator("[name=payment_ids] td[name=payment_method_id] input").fill("Cash")
    till.page.locator(".o-autocomplete--dropdown-item", has_text="Cash").first.click()
    till.page.locator(".modal .o_form_button_save").click()
    till.told("stored, but not proven. A manager was told")
    [(state, kind)] = shop.query(
        "SELECT t.state, c.kind FROM glase_case c JOIN glase_transaction t ON t.id = c.transaction_id"
        " WHERE t.order_uuid = %s AND c.state = 'open'",
        uuid,
    )
    assert (state, kind) == ("paid", "changed_after_send")
