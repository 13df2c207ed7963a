"""Played by ``bin/demo --sale`` in the Python that has Playwright: a cashier, a customer, a display.

Its one argument is JSON: ``url``, ``tills``, ``phone``, ``browser`` (path of Chromium), ``pictures``
(folder), ``times`` (how many sales) and ``result`` (file for the receipts' texts).

Pages here change by themselves: the till, the display and the phone follow the server. So nothing is reloaded, and no
step does what a page may be doing in the same moment; each waits for the state in which the page stays until somebody
acts on it.
"""

import collections
import contextlib
import json
import sys
from pathlib import Path

from playwright.sync_api import Error, expect, sync_playwright

from stack import office_walk
from stack.console import say, step

# Its sound server would leave a folder among the temporary files.
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-audio-output",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# The words of an element as lines: what stands at one height is one line, from left to right.
LINES = """
(element) => {
    const words = [];
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const range = document.createRange();
        range.selectNodeContents(walker.currentNode);
        const box = range.getBoundingClientRect();
        const text = walker.currentNode.textContent.trim().replace(/\\s+/g, " ");
        if (text && box.height) {
            words.push({ text, left: box.left, middle: box.top + box.height / 2 });
        }
    }
    words.sort((one, other) => one.middle - other.middle);
    const lines = [];
    for (const word of words) {
        const line = lines[lines.length - 1];
        if (line && word.middle - line[0].middle < 6) {
            line.push(word);
        } else {
            lines.push([word]);
        }
    }
    const side = (one, other) => one.left - other.left;
    return lines.map((line) => line.sort(side).map((word) => word.text).join("  ")).join("\\n");
}
"""
PRODUCTS = ("Sourdough Loaf", "Cinnamon Roll", "Cinnamon Roll")
SECONDS = 1000
# Milliseconds: a step that takes so long has failed, even on a machine that is busy with something else.
PATIENCE = 60 * SECONDS
BUNDLE_PATIENCE = 180 * SECONDS


LAST_LINES = 15


def phone_shows(page, screen, payment=""):
    """Wait until the customer's page has come to a state by itself.

    :param screen: first part of the page's own ``data-state``: ``bill``, ``paid``, ``declined`` …
    :param payment: its last part; a payment is ``standing`` once the till has asked for it
    """
    page.wait_for_selector(f"body[data-state^='{screen}:'][data-state$=':{payment}']")


class Walk:
    """The pages of one sale, and the steps that a cashier and a customer take.

    :ivar doing: the step that the walk is at
    :ivar pages: the open pages by name
    :ivar lines: the last lines of the pages' consoles
    """

    def __init__(self, browser, told):
        self.told = told
        self.pictures = Path(told["pictures"])
        self.doing = ""
        self.pages = {}
        self.lines = collections.deque(maxlen=LAST_LINES)
        self.shop = browser.new_context(viewport={"width": 1280, "height": 800})
        self.pocket = browser.new_context(
            viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True
        )
        self.till = self.attend("till", self.shop.new_page())
        self.phone = self.attend("phone", self.pocket.new_page())

    def attend(self, name, page):
        """From now on the page's name stands before what it writes to its console."""
        page.set_default_timeout(PATIENCE)
        self.pages[name] = page
        page.on("console", lambda line: self.lines.append(f"{name}: {line.type}: {line.text}"))
        page.on("pageerror", lambda error: self.lines.append(f"{name}: error: {error}"))
        page.on("crash", lambda _page: self.lines.append(f"{name}: the page has crashed"))
        return page

    def close(self):
        self.shop.close()
        self.pocket.close()

    @contextlib.contextmanager
    def step(self, title):
        self.doing = title
        with step(title):
            yield

    def explain(self, trouble):
        """Say where the walk has failed; leave a picture of each page, and the last console lines."""
        say(f"\nFailed while {self.doing}:")
        say("\n".join(f"    {line}" for line in str(trouble).splitlines()[:12]))
        for name, page in self.pages.items():
            path = self.pictures / f"trouble-{name}.png"
            # A page that is gone, or is being replaced, has no picture.
            with contextlib.suppress(Error):
                page.screenshot(path=path, timeout=10 * SECONDS)
                say(f"  {path}")
        say("  The consoles' last lines:" if self.lines else "  The consoles are empty.")
        say("\n".join(f"    {line[:300]}" for line in self.lines))

    def picture(self, page, name):
        """Leave a picture of a page; an :class:`AssertionError` when its style sheet is broken."""
        body = page.locator("body")
        broken = body.evaluate("body => getComputedStyle(body, '::before').content")
        assert "error" not in broken, f"the style sheet of {page.url} does not compile"
        page.screenshot(path=self.pictures / f"{name}.png", animations="disabled")

    def play(self, first):
        """One sale.

        :param first: the register is still closed
        :return: the receipt's text
        """
        self.log_in()
        self.open_till(first)
        display = self.open_display()
        self.ring_up()
        self.send()
        self.customer_sees(display)
        self.customer_pays()
        return self.receipt()

    def log_in(self):
        with self.step("the cashier logs in"):
            number = self.told["tills"][0][0]
            self.till.goto(f"{self.told['url']}/web/login?redirect=/pos/ui/{number}")
            self.till.fill("input[name=login]", "cashier")
            self.till.fill("input[name=password]", "cashier")
            self.till.click("button[type=submit]")
            self.till.wait_for_selector(".open-register-btn", timeout=BUNDLE_PATIENCE)

    def open_till(self, closed):
        with self.step("the register is opened" if closed else "the till is opened"):
            self.till.click(".open-register-btn")
            if closed:
                self.till.locator(".modal").get_by_role("button", name="Open Register").click()
            self.till.wait_for_selector(".product-screen article.product")

    def open_display(self):
        with self.step("the customer display is opened beside it"):
            self.till.click(".pos-topheader button:has(.fa-bars)")
            self.till.click("[title='Customer Display']")
            with self.shop.expect_page() as opened:
                self.till.get_by_role("button", name="This device").click()
            display = self.attend("display", opened.value)
            display.set_viewport_size({"width": 1280, "height": 800})
            display.wait_for_selector(".o_customer_display", timeout=BUNDLE_PATIENCE)
            self.till.bring_to_front()
            self.till.locator(".modal").get_by_role("button", name="Close", exact=True).last.click()
            return display

    def ring_up(self):
        with self.step(f"products are rung up: {', '.join(PRODUCTS)}"):
            for name in PRODUCTS:
                self.till.locator("article.product", has_text=name).first.click()
            expect(self.till.locator(".order-container .orderline")).to_have_count(
                len(set(PRODUCTS))
            )
            self.picture(self.till, "1-till-products")

    def send(self):
        with self.step("the cashier chooses Glase and sends"):
            self.till.click(".product-screen .pay-order-button")
            self.till.locator(".paymentmethod", has_text="Glase").first.click()
            self.till.click(".paymentlines .send_payment_request")
            self.till.wait_for_selector(".glase-dialog .glase-look-waiting")
            self.picture(self.till, "2-till-waiting")

    def customer_sees(self, display):
        with self.step("the customer display asks to scan"):
            display.wait_for_selector(".glase-show-scan .glase-show-qr")
            self.picture(display, "3-customer-display")

    def customer_pays(self):
        with self.step("the customer scans and pays on the phone"):
            self.phone.goto(self.told["phone"][0])
            phone_shows(self.phone, "bill")
            self.picture(self.phone, "4-phone-bill")
            self.phone.click("button.pay")
            phone_shows(self.phone, "paid", "standing")
            self.picture(self.phone, "5-phone-receipt")

    def receipt(self):
        with self.step("the order validates by itself and the receipt appears"):
            receipt = self.till.locator(".receipt-screen .pos-receipt:has(.glase-reference)")
            receipt.wait_for()
            # PAID is shown over it for a moment.
            self.till.wait_for_selector(".glase-end-banner", state="detached")
            self.picture(self.till, "6-till-receipt")
            return receipt.evaluate(LINES)


def main(told):
    receipts = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=told["browser"], args=CHROMIUM)
        for number in range(1, told["times"] + 1):
            say(f"\nSale {number} of {told['times']}" if told["times"] > 1 else "\nThe sale")
            walk = Walk(browser, told)
            try:
                receipts.append(walk.play(first=number == 1))
                if told["office"] and number == told["times"]:
                    office_walk.Office(walk, BUNDLE_PATIENCE).play()
            except (AssertionError, Error) as trouble:
                walk.explain(trouble)
                return 1
            walk.close()
        browser.close()
    Path(told["result"]).write_text(json.dumps(receipts))
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
