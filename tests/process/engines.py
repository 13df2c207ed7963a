"""Browsers of other makes at a till: WebKit, as on an iPad, and Firefox.

Playwright brings changed builds of both, which Debian has not. Debian's own are driven here by their makers' drivers,
through as much of Playwright's page as :class:`till_page.TillPage` asks for, so that a cashier's steps stand once.
"""

import os
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from till_page import BUNDLE_MILLISECONDS, MILLISECONDS, SCREENS, TillPage

WINDOW = (1024, 700)
MINI_BROWSER = "webkit2gtk-4.1/MiniBrowser"
# What is thrown or complained of, kept in the page; loaded pages only: a page cannot be listened to before it is there.
LISTEN = """() => {
    window.complaints = [];
    window.addEventListener("error", (event) => window.complaints.push(event.message));
    window.addEventListener("unhandledrejection", (event) =>
        window.complaints.push(String(event.reason))
    );
}"""
AT_THE_TILL = "() => location.pathname.startsWith('/pos/ui/') && document.readyState === 'complete'"
# A function's text and what it is called with; told what came out of it, or what it threw.
CALL = """
const [code, argument, done] = arguments;
new Promise((resolve) => resolve((0, eval)(code)(argument))).then(
    (value) => done({ value: value === undefined ? null : value }),
    (error) => done({ error: String(error) })
);
"""
FIND = """
const [selector, words, seen, inside] = arguments;
const same = (text) => text.replace(/\\s+/g, " ").trim().toLowerCase();
return [...(inside || document).querySelectorAll(selector)].filter(
    (element) =>
        same(element.textContent).includes(same(words)) &&
        (!seen || element.getClientRects().length)
);
"""


@contextmanager
def display():
    """A screen in memory, for browsers that want one; yields its name."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as process:
        try:
            os.close(write)
            with open(read) as told:
                yield f":{told.readline().strip()}"
        finally:
            process.terminate()


@contextmanager
def webkit():
    """A window of WebKit, as Debian has it."""
    from selenium import webdriver
    from selenium.webdriver.webkitgtk.options import Options
    from selenium.webdriver.webkitgtk.service import Service

    options = Options()
    options.binary_location = str(next(Path("/usr/lib").glob(f"*/{MINI_BROWSER}")))
    options.add_argument("--automation")
    # WebKit keeps a page that was left, stopped in the middle of what it wrote to its database; the next page of the
    # till waits for that without an end.
    options.add_argument("--enable-page-cache=false")
    with display() as name:
        service = Service("/usr/bin/WebKitWebDriver", env={**os.environ, "DISPLAY": name})
        driver = webdriver.WebKitGTK(options=options, service=service)
        try:
            driver.set_window_size(*WINDOW)
            driver.set_script_timeout(MILLISECONDS / 1000)
            yield driver
        finally:
            driver.quit()


class Marionette:
    """Firefox's own remote control, called as Selenium is."""

    def __init__(self, client):
        self.client = client

    def get(self, address):
        self.client.navigate(address)

    def refresh(self):
        self.client.refresh()

    def execute_script(self, code, *arguments):
        return self.client.execute_script(code, arguments, sandbox=None)

    def execute_async_script(self, code, *arguments):
        return self.client.execute_async_script(code, arguments, sandbox=None)


@contextmanager
def firefox():
    """A window of Firefox, as Debian has it."""
    from marionette_driver import marionette

    with tempfile.TemporaryDirectory() as folder:
        # A file of its own: a log that is there already is removed, /dev/null as well.
        log = str(Path(folder) / "gecko.log")
        client = marionette.Marionette(bin="/usr/bin/firefox-esr", headless=True, gecko_log=log)
        try:
            client.start_session()
            client.set_window_rect(width=WINDOW[0], height=WINDOW[1])
            client.timeout.script = MILLISECONDS / 1000
            yield Marionette(client)
        finally:
            client.quit(in_app=False)


ENGINES = {"webkit": webkit, "firefox": firefox}


def until(condition, what, milliseconds=MILLISECONDS):
    """Return what a condition returns once it is true; an action that the page is not ready for is tried again."""
    deadline = time.monotonic() + milliseconds / 1000
    pause, last = Event(), None
    while time.monotonic() < deadline:
        try:
            found = condition()
            if found:
                return found
        except Exception as trouble:
            # The two drivers have no base in common: covered, gone, or the page is being left.
            last = trouble
        pause.wait(0.05)
    raise AssertionError(f"{what}: not within {milliseconds / 1000:.0f} s") from last


# The middle of a table's row is nothing that a driver can press.
CELL = "return arguments[0].matches('tr') ? arguments[0].cells[0] : arguments[0];"


class Found:
    """Some elements of a page, looked for anew each time (Playwright's ``Locator``)."""

    def __init__(self, page, selector, has_text="", inside=None, number=0):
        self.page, self.selector, self.words = page, selector, has_text
        self.inside, self.number = inside, number

    @property
    def first(self):
        return self

    def nth(self, number):
        return Found(self.page, self.selector, self.words, self.inside, number)

    def locator(self, selector):
        return Found(self.page, selector, inside=self)

    def element(self):
        """The element that is seen now, or None."""
        inside = self.inside and self.inside.wait_for()
        found = self.page.find(self.selector, self.words, inside=inside)
        return found[self.number] if len(found) > self.number else None

    def wait_for(self):
        return until(self.element, f"{self.selector} {self.words}")

    def click(self):
        def press():
            element = self.element()
            if element:
                self.page.driver.execute_script(CELL, element).click()
            return element

        until(press, f"press {self.selector} {self.words}")

    def inner_text(self):
        return self.page.driver.execute_script("return arguments[0].innerText;", self.wait_for())


class Page:
    """A window with a page (as much of Playwright's ``Page`` as a till's steps ask for)."""

    def __init__(self, driver):
        self.driver = driver

    def find(self, selector, words="", seen=True, inside=None):
        plain = selector.replace(":visible", "")
        return self.driver.execute_script(FIND, plain, words, seen, inside)

    def locator(self, selector, has_text=""):
        return Found(self, selector, has_text)

    def click(self, selector):
        self.locator(selector).click()

    def fill(self, selector, words):
        self.locator(selector).wait_for().send_keys(words)

    def wait_for_selector(self, selector, state="visible", timeout=MILLISECONDS):
        gone = state == "detached"
        until(
            lambda: gone != bool(self.find(selector, seen=not gone)), f"{selector} {state}", timeout
        )

    def evaluate(self, code, argument=None):
        told = self.driver.execute_async_script(CALL, code, argument)
        assert "error" not in told, told["error"]
        return told["value"]

    def complaints(self):
        return self.evaluate("() => window.complaints || []")


class EngineTill(TillPage):
    """A till in another browser than Chromium: the same steps."""

    # Playwright's profiles and its events are not there.
    def __init__(self, driver, shop):  # pylint: disable=super-init-not-called
        self.shop, self.driver = shop, driver
        self.page = Page(driver)
        self.console = []

    @property
    def complaints(self):
        return self.page.complaints()

    def _open(self, address):
        self.driver.get(address)
        self.page.evaluate(LISTEN)

    def log_in(self, login="cashier"):
        """As a person does: a cookie set by hand is sometimes not the one that the till's page is asked with."""
        self.come_in(login)
        until(lambda: self.page.evaluate(AT_THE_TILL), "the till's page")
        self.page.evaluate(LISTEN)
        self.page.wait_for_selector(f".open-register-btn, {SCREENS}", timeout=BUNDLE_MILLISECONDS)
        return self

    def leave(self):
        """The page goes when it is loaded anew, in its place."""

    def close(self):
        """The browser closes with its fixture."""
