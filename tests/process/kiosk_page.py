"""A kiosk in a real browser that nobody has logged in to: the steps of a guest."""

import uuid

from playwright.sync_api import expect

MILLISECONDS = 45_000
BUNDLE_MILLISECONDS = 240_000
# A kiosk that stands, and a tablet on a table.
PORTRAIT, TABLET = (1080, 1920), (1024, 768)
PRODUCT = "Sourdough Loaf"
GLASE_ID = "KIOSK1"
# The button of the page that greets the next guest, whatever language it speaks.
START = ".o_pos_landing_footer .btn"

SET_UP = """
till = env["pos.config"].browse({config_id})
company = till.company_id
env = env(context=dict(env.context, allowed_company_ids=company.ids))
method = env["pos.payment.method"].browse({method_id})
env["res.lang"]._activate_lang("sv_SE")
kiosk = env["pos.config"].create({{
    "name": "Fjällboden kiosk",
    "company_id": company.id,
    "payment_method_ids": [(6, 0, method.ids)],
    "self_ordering_mode": "kiosk",
    "self_ordering_pay_after": "each",
    "self_ordering_service_mode": "counter",
    "self_ordering_default_user_id": env.ref("base.user_admin").id,
    "use_presets": False,
    "self_ordering_available_language_ids": [(6, 0, env["res.lang"].search([]).ids)],
    "limit_categories": till.limit_categories,
    "iface_available_categ_ids": [(6, 0, till.iface_available_categ_ids.ids)],
    "access_token": {token!r},
}})
user = kiosk.with_user(env.ref("base.user_admin")).with_context(allowed_company_ids=company.ids)
user.open_ui()
kiosk.current_session_id.set_opening_control(0, "")
env.cr.commit()
# The running server has the languages in its cache.
env.registry.signal_changes()
print("TOLD", kiosk.id, kiosk.current_session_id.id)
"""


def set_up_kiosk(shop):
    """Make a kiosk beside the till, register it, open it.

    :return: its ``config_id``, ``session_id`` and ``token``
    :rtype: dict
    """
    token = uuid.uuid4().hex[:16]
    told = shop.odoo.shell(SET_UP.format(**shop.told, token=token), "the kiosk is not set up")
    config_id, session_id = map(int, told.partition("TOLD ")[2].split()[:2])
    admin = shop.till("admin")
    [[account_id, company_id]] = shop.query("SELECT id, company_id FROM glase_account")
    there = {"context": {"allowed_company_ids": [company_id]}}
    values = {"name": "Kiosk", "account_id": account_id, "config_id": config_id}
    terminal_id = admin.call("glase.terminal", "create", values, **there)
    admin.call("glase.terminal", "action_register", [terminal_id], **there)
    values = {"terminal_id": terminal_id, "text": GLASE_ID}
    assign_id = admin.call("glase.assign", "create", values, **there)
    admin.call("glase.assign", "action_assign", [assign_id], **there)
    return {"config_id": config_id, "session_id": session_id, "token": token}


class KioskPage:
    """One browser profile at a kiosk.

    :ivar complaints: what the page threw
    """

    def __init__(self, browser, shop, told, size=PORTRAIT):
        self.shop, self.told = shop, told
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        self.context.set_default_timeout(MILLISECONDS)
        expect.set_options(timeout=MILLISECONDS)
        self.complaints = []
        self.page = None

    def open(self):
        """As the shop opens the kiosk in the morning."""
        address = f"/pos-self/{self.told['config_id']}?access_token={self.told['token']}"
        self._open(self.shop.running.url + address)
        return self.starts()

    def reload(self):
        """As a browser that was closed and opened again where it was."""
        address = self.page.url
        self.page.close()
        self._open(address)
        return self

    def _open(self, address):
        """A page of its own for each address: none is sent away from what it is doing."""
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(address)

    def starts(self):
        """Wait for the page that greets the next guest."""
        self.page.locator(START).first.wait_for(timeout=BUNDLE_MILLISECONDS)
        return self

    def button(self, words):
        return (
            self.page.get_by_role("button", name=words, exact=True)
            .or_(self.page.locator(".btn", has_text=words))
            .first
        )

    def order(self, checkout="Checkout", pay="Pay"):
        """Put one product into the cart and go to pay; the buttons' words are in the guest's language."""
        self.page.locator(START).first.click()
        self.page.locator(".o_self_product_box", has_text=PRODUCT).first.click()
        self.button(checkout).click()
        self.page.locator(".o_self_cart_page, .product-cart-item").first.wait_for()
        self.button(pay).click()
        return self

    def pay(self, **words):
        """Order, and wait until the bill is out."""
        return self.order(**words).looks("waiting")

    def looks(self, look):
        """Wait until the page of the payment looks like this."""
        self.page.locator(f".glase-kiosk .glase-look-{look}").wait_for()
        return self

    def says(self, words):
        self.page.locator(".glase-kiosk", has_text=words).wait_for()
        return self

    def press(self, name):
        """Press a button of the payment: cancel, repeat, back or close."""
        self.page.locator(f".glase-kiosk-{name}").click()
        return self

    def number(self):
        """Wait until the order is paid; returns the number that the guest gets."""
        self.page.locator(".confirmation-page .glase-kiosk-paid").wait_for()
        return self.page.locator(".confirmation-page .tracking-number").inner_text()

    def receipt(self):
        """The words of the receipt that a printer would get."""
        return self.page.evaluate(
            """async () => {
                const path = "@point_of_sale/app/screens/receipt_screen/receipt/order_receipt";
                const { OrderReceipt } = odoo.loader.modules.get(path);
                const order = posmodel.currentOrder;
                return (await posmodel.renderer.toHtml(OrderReceipt, { order })).textContent;
            }"""
        )

    def hurry(self, **times):
        """Make what the page waits for shorter, in milliseconds."""
        self.page.evaluate(
            """(times) => Object.assign(
                odoo.loader.modules.get("@pos_self_order_glase/timing").timing, times)""",
            times,
        )
        return self

    def picture(self, path):
        self.page.screenshot(path=path, animations="disabled")

    def close(self):
        self.context.close()
