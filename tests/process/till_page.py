"""A till in a real browser, at a real server: the steps of a cashier."""

import re
from contextlib import contextmanager

from playwright.sync_api import expect, sync_playwright

from stack import debian
from stack.sale_walk import CHROMIUM

STICKER = "PROC1"
MILLISECONDS = 45_000
# The first page of a till waits for its bundle to be built.
BUNDLE_MILLISECONDS = 240_000
SCREENS = ".product-screen, .payment-screen, .receipt-screen, .ticket-screen"


@contextmanager
def chromium(*arguments):
    """A browser; each till page is a profile of its own.

    :param arguments: further ones of Chromium's command line
    """
    path = debian.chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*CHROMIUM, *arguments])
        try:
            yield browser
        finally:
            browser.close()


class TillPage:
    """One browser profile at the till of a :class:`conftest.Shop`.

    :ivar complaints: what the page threw
    :ivar console: the errors and warnings that were written to its console
    """

    def __init__(self, browser, shop, size=(1024, 600)):
        self.shop = shop
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        self.context.set_default_timeout(MILLISECONDS)
        expect.set_options(timeout=MILLISECONDS)
        self.complaints = []
        self.console = []
        self.page = None
        self._asking = set()

    @property
    def address(self):
        return f"{self.shop.running.url}/pos/ui/{self.shop.told['config_id']}"

    def _open(self, address):
        """A page of its own for each address: none is sent away from what it is doing."""
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._written)
        self._asking = asking = set()
        self.page.on(
            "request", lambda request: "/pos_glase/" in request.url and asking.add(request)
        )
        self.page.on("requestfinished", lambda request: asking.discard(request))
        self.page.on("requestfailed", lambda request: asking.discard(request))
        self.page.goto(address)

    def _written(self, line):
        if line.type in ("error", "warning"):
            self.console.append(f"{line.type}: {line.text} ({line.location['url']})")

    def come_in(self, login):
        """Log in to Odoo, which sends to the till's address."""
        self._open(f"{self.shop.running.url}/web/login?redirect={self.address}")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", login)
        self.page.click("button[type=submit]")

    def log_in(self, login="cashier"):
        """As who has logged in to Odoo already; the till's own log-in screen comes next."""
        url = self.shop.running.url
        session = self.shop.known(f"page of {login}", login).session
        self.context.add_cookies([{"name": "session_id", "value": session, "url": url}])
        self._open(self.address)
        self.page.wait_for_selector(f".open-register-btn, {SCREENS}", timeout=BUNDLE_MILLISECONDS)
        return self

    def start(self):
        """Press *Open Register* where it is asked for, until a screen of the till is there."""
        # The loader covers what is there already.
        self.page.wait_for_selector(".pos-loader", state="detached")
        # Looked for and pressed in one moment of the page.
        self.script("() => document.querySelector('.open-register-btn')?.click()")
        self.page.wait_for_selector(SCREENS)
        return self

    def reload(self):
        """As a browser that was closed and opened again."""
        self.leave()
        return self.come_back()

    def start_anew(self):
        """Load the page once more, and go on at the register."""
        self.leave()
        return self.come_back().start()

    def new_order(self):
        """A fresh order on the product screen."""
        self.script(
            "() => posmodel.navigate('ProductScreen', { orderUuid: posmodel.addNewOrder().uuid })"
        )
        self.page.wait_for_selector(".product-screen")
        return self

    def ring_up(self, *products):
        """Click products."""
        for name in products:
            self.page.locator("article.product", has_text=name).first.click()
        return self

    def pay_with_glase(self):
        """To the payment screen, with a Glase line that is not sent."""
        self.page.locator(".pay-order-button:visible, .pay:visible").first.click()
        self.page.locator(".paymentmethod", has_text="Glase").first.click()
        return self

    def press_send(self):
        self.page.locator(".glase-line .send_payment_request").click()
        return self

    def send(self):
        """Send the bill of the order, and wait until it is out."""
        self.pay_with_glase().press_send()
        self.looks("waiting")
        return self

    def looks(self, look):
        """Wait until the dialog of the payment looks like this."""
        self.page.wait_for_selector(f".glase-dialog .glase-look-{look}")
        return self

    def says(self, words):
        """Wait until the dialog of the payment says this."""
        self.page.locator(".glase-dialog", has_text=words).wait_for()
        return self

    def open_order(self, uuid):
        """Open an order again from *Orders*."""
        self.script("() => posmodel.navigate('TicketScreen')")
        name = self.script(
            "(uuid) => posmodel.models['pos.order'].getBy('uuid', uuid).pos_reference", uuid
        )
        self.page.locator(".ticket-screen .order-row", has_text=name).first.click()
        self.page.locator(".ticket-screen .load-order-button:visible").first.click()
        self.page.wait_for_selector(".payment-screen")
        return self

    def refund_order(self, uuid):
        """From *Refund*: all of an order is given back, on an order of its own that waits to be paid."""
        self.script(
            """() => posmodel.navigate("TicketScreen", {
                stateOverride: {
                    filter: "SYNCED", search: {}, destinationOrder: posmodel.addNewOrder(),
                },
            })"""
        )
        name = self.script(
            "(uuid) => posmodel.models['pos.order'].getBy('uuid', uuid).pos_reference", uuid
        )
        self.page.locator(".ticket-screen .order-row", has_text=name).first.click()
        lines = self.page.locator(".ticket-screen .orderline")
        lines.first.wait_for()
        # What was taken off goes with what it was taken off from.
        prices = self.script(
            """(uuid) => posmodel.models["pos.order"].getBy("uuid", uuid).lines
                .map((line) => line.priceIncl)""",
            uuid,
        )
        for number in [at for at, price in enumerate(prices) if price > 0]:
            lines.nth(number).click()
            quantity = lines.nth(number).locator(".qty").first.inner_text()
            self.page.locator(".ticket-screen .numpad button", has_text=quantity[:1]).first.click()
            lines.nth(number).locator(".to-refund-highlight").wait_for()
        self.page.locator(".ticket-screen .btn-primary.pay-order-button").click()
        self.page.wait_for_selector(".payment-screen")
        return self

    def give_back(self):
        """Give back with Glase what the order is refunded; Glase's line stands there by itself."""
        self.page.locator('.glase-line[data-status="pending"]').wait_for()
        return self.press_send()

    def confirm(self, words):
        """Press the first button of Odoo's dialog that says this."""
        dialog = self.page.locator(".modal", has_text=words)
        dialog.locator("footer button").first.click()
        dialog.wait_for(state="detached")
        return self

    def told(self, words):
        """Wait for a notification that says this."""
        self.page.locator(".o_notification", has_text=words).first.wait_for()
        return self

    def lose_network(self):
        """What is asked of the server from now on never leaves; what is under way is answered first."""
        self.page.route("**/pos_glase/**", lambda route: route.abort())
        while self._asking:
            # Lets the browser tell what was answered.
            self.script("() => new Promise(requestAnimationFrame)")
        self.context.set_offline(True)

    def leave(self):
        """Close the till's page; its browser keeps what it holds, and the server hears nothing afterwards."""
        self.lose_network()
        self.page.close()
        self.context.set_offline(False)

    def find_network(self):
        """The network is back."""
        self.page.unroute("**/pos_glase/**")
        self.context.set_offline(False)

    @contextmanager
    def finishing_lost(self, heard):
        """What finishes an order at the server, or only the answer to it, is lost in here.

        :param heard: whether the server hears what it is asked
        """

        def lose(route):
            if '"state":"paid"' not in route.request.post_data:
                return route.continue_()
            if heard:
                route.fetch()
            return route.abort()

        stores = "**/pos.order/sync_from_ui"
        self.page.route(stores, lose)
        try:
            yield
        finally:
            self.page.unroute(stores)

    def come_back(self):
        """Open the till's page again; the till asks who is there."""
        self._open(self.address)
        self.page.wait_for_selector(f".open-register-btn, {SCREENS}", timeout=BUNDLE_MILLISECONDS)
        self.page.wait_for_selector(".pos-loader", state="detached")
        return self

    def receipt(self):
        """Wait for the receipt; returns its words on one line."""
        receipt = self.page.locator(".receipt-screen .pos-receipt")
        receipt.wait_for()
        return re.sub(r"\s+", " ", receipt.inner_text())

    def script(self, code, argument=None):
        """Run JavaScript in the page."""
        return self.page.evaluate(code, argument)

    def until(self, code, argument=None):
        """Wait until JavaScript in the page is true."""
        self.page.wait_for_function(code, arg=argument)
        return self

    def settle(self):
        """Until what waits for a frame or two, as modules do that rebuild an order, has happened."""
        self.script(
            """() => new Promise((resolve) => {
                posmodel.glase.bills.judge();
                setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(resolve)), 300);
            })"""
        )
        return self

    def lock(self):
        """The till's own log-in screen, as *Lock* shows it."""
        self.script("() => posmodel.showLoginScreen()")
        self.page.wait_for_selector(".screen-login")
        return self

    def unlock(self, employee):
        """An employee logs in (`pos_hr`)."""
        self.page.click(".open-register-btn")
        self.page.click(".select-cashier")
        self.page.locator(".modal .selection-item", has_text=employee).click()
        self.page.wait_for_selector(SCREENS)
        return self

    def order_uuid(self):
        return self.script("() => posmodel.getOrder().uuid")

    def picture(self, path):
        self.page.screenshot(path=path, animations="disabled")

    def close(self):
        self.context.close()


def lines(till, uuid):
    """What is on the order: product and price, in the order of their names."""
    return till.script(
        """(uuid) => posmodel.models["pos.order"].getBy("uuid", uuid).lines
            .map((line) => [line.product_id.display_name, line.priceIncl]).sort()""",
        uuid,
    )


def pay(shop):
    shop.simulator.customer(STICKER, "pay")


def discounts(till, uuid):
    return [price for _name, price in lines(till, uuid) if price < 0]
