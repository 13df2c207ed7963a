"""A kiosk in a real browser that nobody has logged in to: the steps of a guest, and of who has no browser."""

import json
import urllib.request
import uuid

from playwright.sync_api import expect
from till import register

MILLISECONDS = 45_000
BUNDLE_MILLISECONDS = 240_000
# A kiosk that stands, and a tablet on a table.
PORTRAIT, TABLET = (1080, 1920), (1024, 768)
PRODUCT = "Sourdough Loaf"
GLASE_ID = "KIOSK1"
# The button of the page that greets the next guest, whatever language it speaks.
START = ".o_pos_landing_footer .btn"

SET_UP = """
import json

till = env["pos.config"].browse({config_id})
company = till.company_id
env = env(context=dict(env.context, allowed_company_ids=company.ids))
method = env["pos.payment.method"].browse({method_id})
for code in ("sv_SE", "de_DE", "fi_FI"):
    env["res.lang"]._activate_lang(code)
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
product = env["product.product"].search([("name", "=", {product!r})], limit=1)
taxes = product.taxes_id.filtered_domain(env["account.tax"]._check_company_domain(company))
price = taxes.compute_all(product.list_price, kiosk.currency_id, product=product)
line = {{
    "product_id": product.id,
    "qty": 1,
    "price_unit": product.list_price,
    "price_subtotal": price["total_excluded"],
    "price_subtotal_incl": price["total_included"],
    "tax_ids": taxes.ids,
}}
session_id = kiosk.current_session_id.id
told = {{"config_id": kiosk.id, "session_id": session_id, "method_id": method.id, "line": line}}
print("TOLD", json.dumps(told))
"""


def set_up_kiosk(shop):
    """Make a kiosk beside the till, register it, open it.

    :return: its ``config_id``, ``session_id``, ``method_id`` and ``token``, and a ``line`` of an order
    :rtype: dict
    """
    token = uuid.uuid4().hex[:16]
    code = SET_UP.format(**shop.told, token=token, product=PRODUCT)
    said = shop.odoo.shell(code, "the kiosk is not set up")
    told = json.loads(said.partition("TOLD ")[2].splitlines()[0])
    config_id = told["config_id"]
    admin = shop.till("admin")
    [[account_id, company_id]] = shop.query("SELECT id, company_id FROM glase_account")
    there = {"context": {"allowed_company_ids": [company_id]}}
    register(admin, config_id, account_id, "Kiosk", GLASE_ID, **there)
    return {**told, "token": token}


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

    @property
    def start(self):
        """The address with which the shop opens the kiosk in the morning."""
        address = f"/pos-self/{self.told['config_id']}?access_token={self.told['token']}"
        return self.shop.running.url + address

    def open(self):
        """A window of its own at the start."""
        self._open(self.start)
        return self.starts()

    def away(self):
        """The window is gone, as while a page is loaded anew; returns where it was, and what it knew."""
        kept = self.page.url, self.page.evaluate("() => ({ ...sessionStorage })")
        self.page.close()
        return kept

    def back(self, address, session):
        """The same window, at this address."""
        self._open(address, session)
        return self

    def reload(self):
        return self.back(*self.away())

    def _open(self, address, session=()):
        """A page of its own for each address: none is sent away from what it is doing."""
        self.page = self.context.new_page()
        if session:
            self.page.add_init_script(f"Object.assign(sessionStorage, {json.dumps(session)})")
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

    def touch(self):
        """The guest touches the page where nothing is."""
        self.page.mouse.click(1, 1)
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

    def scan(self):
        """A product is held to the scanner: another one than the guest has ordered."""
        self.page.evaluate(
            """(ordered) => {
                const products = posmodel.models["product.product"];
                const other = products.find((one) => one.name !== ordered);
                other.barcode = "7310865004703";
                posmodel.barcode.bus.trigger("barcode_scanned", { barcode: other.barcode });
            }""",
            PRODUCT,
        )
        return self

    def cart(self):
        """The names of what the page has in its order."""
        return self.page.evaluate(
            "() => posmodel.currentOrder.lines.map((line) => line.product_id.display_name)"
        )

    def offer_a_card(self):
        """Let the guest choose: a second method beside Glase."""
        self.page.evaluate(
            """() => posmodel.models["pos.payment.method"].create({ name: "Card" })"""
        )
        return self

    def speak(self, language):
        """The guest chooses a language."""
        cookie = {"name": "frontend_lang", "value": language, "url": self.shop.running.url}
        self.context.add_cookies([cookie])
        return self.open()

    def hold(self):
        """Stop the clock of the payment, so that :meth:`show` can show any state of it."""
        self.page.evaluate(
            """() => {
                const path = "@pos_self_order_glase/kiosk_payment";
                const { KioskPayment } = odoo.loader.modules.get(path);
                const receive = KioskPayment.prototype.receive;
                KioskPayment.prototype.receive = function (answer) {
                    receive.apply(this, arguments);
                    this.stopTimer();
                    window.heldPayment = this;
                    window.heldView = this.view;
                };
            }"""
        )
        return self

    def show(self, look, view=(), **fields):
        """Let the page show one state of a held payment."""
        self.page.evaluate(
            """([view, fields]) => Object.assign(heldPayment, {
                view: view && { ...heldView, ...view },
                end: false, isOffline: false, cancelAsked: false, secondsLeft: 88, ...fields,
            })""",
            [None if view is None else dict(view), fields],
        )
        return self.looks(look)

    def troubles(self, root, sizes):
        """What is cut off or covered below ``root``, on screens of these sizes."""
        found = []
        for width, height in sizes:
            self.page.set_viewport_size({"width": width, "height": height})
            measured = self.page.evaluate("(root) => glaseScreens.measure(root)", root)
            assert measured["words"] > 1
            found += [f"{width} x {height}: {trouble}" for trouble in measured["troubles"]]
        return found

    def hang(self, path):
        """Let requests to a path wait, as at a server that hangs.

        :return: a function after which the server answers, also those whose page does not wait any more
        """
        waiting, answered = [], []
        self.page.route(
            path, lambda route: route.continue_() if answered else waiting.append(route)
        )

        def answer():
            answered.append(path)
            for route in waiting:
                route.fulfill(response=route.fetch())

        return answer

    def picture(self, path):
        self.page.screenshot(path=path, animations="disabled")

    def close(self):
        self.context.close()


class Stranger:
    """Whoever knows the address of a kiosk's page, without that page."""

    def __init__(self, shop, told):
        self.shop, self.told = shop, told

    def ask(self, path, **params):
        """One request; returns the result, or the error."""
        params["access_token"] = self.told["token"]
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.shop.running.url + path, body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            said = json.load(answer)
        return said.get("result", said)

    def order(self):
        """Store an order whose payment is to be sent; returns its access token."""
        line = {**self.told["line"], "uuid": str(uuid.uuid4())}
        token = str(uuid.uuid4())
        values = {"uuid": str(uuid.uuid4()), "access_token": token, "lines": [[0, 0, line]]}
        values |= {"amount_total": line["price_subtotal_incl"], "amount_tax": 0}
        answer = self.ask(
            f"/kiosk/payment/{self.told['config_id']}/kiosk",
            order=values,
            payment_method_id=self.told["method_id"],
        )
        assert answer.get("payment_status") == {"to_be_sent": True}, answer
        return token

    def door(self, name, order_token, attempt):
        """One of the kiosk's own routes."""
        return self.ask(
            f"/pos_self_order_glase/{name}", order_access_token=order_token, attempt=attempt
        )
