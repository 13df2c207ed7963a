"""Played by ``bin/demo --sale`` in the Python that has Playwright: a cashier, a customer, a display.

Its one argument is JSON: ``url``, ``tills``, ``phone``, ``browser`` (path of Chromium), ``pictures``
(folder) and ``result`` (file for what was seen).
"""

import json
import sys
from pathlib import Path

from playwright.sync_api import Error, expect, sync_playwright

from stack.console import say, step

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
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
BUNDLE_SECONDS = 90 * SECONDS


class Walk:
    """The pages of one sale, and the steps that a cashier and a customer take."""

    def __init__(self, browser, told):
        self.told = told
        self.pictures = Path(told["pictures"])
        self.shop = browser.new_context(viewport={"width": 1280, "height": 800})
        self.shop.set_default_timeout(30 * SECONDS)
        self.till = self.shop.new_page()
        pocket = browser.new_context(
            viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True
        )
        self.phone = pocket.new_page()

    def picture(self, page, name):
        """Leave a picture of a page; an :class:`AssertionError` when its style sheet is broken."""
        body = page.locator("body")
        broken = body.evaluate("body => getComputedStyle(body, '::before').content")
        assert "error" not in broken, f"the style sheet of {page.url} does not compile"
        page.screenshot(path=self.pictures / f"{name}.png", animations="disabled")

    def play(self):
        self.log_in()
        self.open_register()
        display = self.open_display()
        self.ring_up()
        self.send()
        self.customer_sees(display)
        self.customer_pays()
        return self.receipt()

    def log_in(self):
        with step("the cashier logs in and opens the till"):
            number = self.told["tills"][0][0]
            self.till.goto(f"{self.told['url']}/web/login?redirect=/pos/ui/{number}")
            self.till.fill("input[name=login]", "cashier")
            self.till.fill("input[name=password]", "cashier")
            self.till.click("button[type=submit]")
            self.till.click(".open-register-btn", timeout=BUNDLE_SECONDS)

    def open_register(self):
        with step("the register is opened"):
            self.till.locator(".modal").get_by_role("button", name="Open Register").click()
            self.till.wait_for_selector(".product-screen article.product")

    def open_display(self):
        with step("the customer display is opened beside it"):
            self.till.click(".pos-topheader button:has(.fa-bars)")
            self.till.click("[title='Customer Display']")
            with self.shop.expect_page() as opened:
                self.till.get_by_role("button", name="This device").click()
            display = opened.value
            display.set_viewport_size({"width": 1280, "height": 800})
            display.wait_for_selector(".o_customer_display", timeout=BUNDLE_SECONDS)
            self.till.bring_to_front()
            self.till.locator(".modal").get_by_role("button", name="Close", exact=True).last.click()
            return display

    def ring_up(self):
        with step(f"products are rung up: {', '.join(PRODUCTS)}"):
            for name in PRODUCTS:
                self.till.locator("article.product", has_text=name).first.click()
            expect(self.till.locator(".order-container .orderline")).to_have_count(
                len(set(PRODUCTS))
            )
            self.picture(self.till, "1-till-products")

    def send(self):
        with step("the cashier chooses Glase and sends"):
            self.till.click(".product-screen .pay-order-button")
            self.till.locator(".paymentmethod", has_text="Glase").first.click()
            send = self.till.locator(".paymentlines .send_payment_request")
            self.till.wait_for_selector(".glase-dialog, .paymentlines .send_payment_request")
            if send.count():
                send.click()
            self.till.wait_for_selector(".glase-dialog .glase-look-waiting")
            self.picture(self.till, "2-till-waiting")

    def customer_sees(self, display):
        with step("the customer display asks to scan"):
            display.wait_for_selector(".glase-scan .glase-scan-qr")
            self.picture(display, "3-customer-display")

    def customer_pays(self):
        with step("the customer scans and pays on the phone"):
            self.phone.goto(self.told["phone"][0])
            self.phone.wait_for_selector("button.pay")
            self.picture(self.phone, "4-phone-bill")
            self.phone.click("button.pay")
            self.phone.wait_for_selector("button.pay", state="detached")

    def receipt(self):
        with step("the order validates by itself and the receipt appears"):
            receipt = self.till.locator(".receipt-screen .pos-receipt")
            receipt.wait_for()
            self.till.wait_for_selector(".pos-receipt .glase-reference")
            self.picture(self.till, "6-till-receipt")
            self.phone.reload()
            self.picture(self.phone, "5-phone-receipt")
            return receipt.evaluate(LINES)


def main(told):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=told["browser"], args=CHROMIUM)
        walk = Walk(browser, told)
        try:
            receipt = walk.play()
        except (AssertionError, Error) as trouble:
            walk.till.screenshot(path=walk.pictures / "trouble-till.png")
            say(f"    in the browser: {str(trouble).splitlines()[0]}")
            return 1
        finally:
            browser.close()
    Path(told["result"]).write_text(json.dumps({"receipt": receipt}))
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
