"""What a person sees of the till: every state of each dialog, on every size of screen, read by a machine.

No word and no button is cut off or covered, in the longest words of all languages; axe-core finds nothing; and
a whole sale is done with the keyboard alone, on a screen that is zoomed to 200 %. (Odoo's Point of Sale has one set of
colours: its dark bundle is the light one. The phone page has two, see ``tests/simulator/browser_phone_test.py``.)
"""

import pathlib

import pytest
from accessibility import Accessibility
from longest_words import MEASURES, longest
from playwright.sync_api import expect
from till_page import BUNDLE_MILLISECONDS, TillPage
from till_page import SCREENS as SCREENS_OF_A_TILL

WORKERS = 0
STICKER = "PROC1"
PRODUCT = "Sourdough Loaf"
SCREENS = (pathlib.Path(__file__).with_name("screens.js")).read_text("utf-8")
# A till's usual one; an old till's; a tablet's on its side; 1280 x 800 zoomed to 200 %; a small phone; a large screen.
SIZES = ((1024, 600), (640, 480), (667, 375), (640, 400), (320, 568), (1920, 1080))

# As a till writes it: no line ends within it.
AMOUNT = "1 234 567,89 kr".replace(" ", "\u00a0")
SHORT = {"amount": 53, "shop": "Fjällboden", "mark": False}
LONG = {
    "amount": 1234567.89,
    "shop": "Fjällbodens Friluftsliv och Sportutrustning Aktiebolag, Södertälje",
    "mark": "SIMULATION: no money is moved",
}
LONG_SAID = (
    "Glase gave this bill the number of another one, so nobody can ask about it. If the customer's phone says paid, "
    "that money comes back by itself. Send the payment again."
)
OUT = {"issued": True, "sent": True, "secondsLeft": 17}


def ended(kind, message=LONG_SAID, **more):
    return {**OUT, "outcome": {"kind": kind, "message": message, **more}}


def changed(state, reason=False, message=False):
    change = {"amount": "1234000.00", "state": state, "reason": reason, "message": message}
    return {**OUT, "change": change}


RETRIED = ("declined", "failed", "expired", "reversed", "refused")
PAYMENT = {
    "sending": ({}, {"state": "sending"}),
    "waiting": (OUT, {}),
    "scanned": ({**OUT, "scanned": True}, {}),
    "waiting, amount is being changed": (changed("asked"), {}),
    "waiting, either amount may be paid": (changed("unsure"), {"proposed": "1234000.00"}),
    "waiting, the server is in trouble": (
        {**OUT, "trouble": "error", "troubleMessage": "could not serialize access due to update"},
        {},
    ),
    "asking": ({**OUT, "isWindowOver": True}, {}),
    "asking, and the amount cannot be changed": (
        {**changed("refused", "scanned", LONG_SAID), "isWindowOver": True},
        {},
    ),
    "silent": ({**OUT, "quiet": True}, {}),
    "silent, with words of the server": (
        {**OUT, "quiet": True, "trouble": "error", "troubleMessage": "Glase is slow: 93."},
        {},
    ),
    "offline": ({**OUT, "quiet": True, "trouble": "odoo"}, {}),
    "logged_out": ({**OUT, "quiet": True, "trouble": "session"}, {}),
    "canceling": ({**OUT, "cancelState": "asked"}, {}),
    "unsure": ({**OUT, "cancelState": "unsure"}, {}),
    "unsure, with words of Glase": ({**OUT, "cancelState": "unsure"}, {"message": LONG_SAID}),
    "late": ({**OUT, "cancelState": "too_late"}, {}),
    "paid too late to cancel": (ended("paid", False, tooLate=True), {"state": "paid"}),
    "paid meanwhile": (ended("paid", False, paidMeanwhile=True), {"state": "paid"}),
    **{kind: (ended(kind), {"state": "canceled"}) for kind in RETRIED},
    "canceled": (ended("canceled", False, unasked=True), {"state": "canceled"}),
    "lost": (ended("lost", False), {"state": "unknown"}),
    "amount_unknown": (ended("amount_unknown", False), {"state": "paid"}),
}
REFUND = {
    "giving": {},
    "silent": {"quiet": True},
    "logged_out": {"quiet": True, "trouble": "session"},
    "unknown": {"outcome": {"kind": "unknown", "message": False}},
    "refused": {"outcome": {"kind": "refused", "message": LONG_SAID}},
}
CHOICE = {
    "title": "The Glase payment is not canceled for certain",
    "body": (
        "Glase has not answered; the customer may or may not be charged. If you take another payment now, the Glase "
        "payment is given up: should the customer have paid it, a manager gives that back."
    ),
    "labels": ["Back", "Take another payment", "Change in cash"],
}
APPROVAL = {
    "title": "Mark as paid without Glase's answer",
    "body": (
        f"Glase has not said that the customer has paid {AMOUNT}. If the customer has not, the shop loses the "
        "money. Look at the customer's phone first. This is recorded."
    ),
    "action": "Force done",
    "message": "That log-in and password are not right, or are not a manager's.",
}
REGISTERED = {
    "glase_id": "4711000815AB",
    "terminal_name": "Fjällbodens Friluftsliv, Södertälje, till 1",
    "shop": LONG["shop"],
    "environment": "production",
    "message": False,
    "can_unregister": True,
}
# What the server says of a till's terminal, and of a sticker that is assigned.
TERMINAL = {
    "no account": {"info": {"state": "no_account", "message": LONG_SAID}},
    "not registered": {"info": {"state": "not_registered", "message": LONG_SAID}},
    "without a Glase ID": {
        "info": {**REGISTERED, "state": "no_glase_id", "glase_id": False, "environment": "test"},
        "answer": {"ok": False, "message": LONG_SAID},
    },
    "asked before a sticker is replaced": {
        "info": {**REGISTERED, "state": "ready", "environment": "simulator"},
        "answer": {"question": True, "message": LONG_SAID},
    },
}
REFERENCE = "1234567890123456789012345"


def line(status, reference="", **more):
    return {"fields": {"payment_status": status, "transaction_id": reference}, **more}


# How a line of a payment, or of a refund, may stand.
LINES = {
    "not sent": line("pending"),
    "being prepared": line("pending", isPreparing=True),
    "being paid": line("waiting", isRunning=True),
    "not paid": line("retry"),
    "paid too late": line("retry", isReversed=True),
    "left open": line("glase_open"),
    "being given back": line("reversing"),
    "paid": line("done", REFERENCE),
    "marked as paid": line("done"),
    "given back": line("reversed", REFERENCE),
    "refund, not sent": line("pending", isRefund=True),
    "refund, running": line("waiting", isRefund=True, isRunning=True),
    "refund, not known": line("waiting", isRefund=True),
    "refund, not given": line("retry", isRefund=True),
    "refund, given": line("done", REFERENCE, isRefund=True),
    "refund, not answered": line("done", isRefund=True),
}
SUMS = (
    *("payment_total", "net", "refund_total", "unconfirmed_total", "elsewhere_total"),
    *("order_total", "report_total", "difference"),
)
COUNTS = ("payment_count", "refund_count", "unconfirmed_count", "is_reported")
CLOSING = {
    "blocking": [{"what": APPROVAL["body"], "todo": LONG_SAID}],
    "carried": [{"what": LONG_SAID}],
    "figures": {
        **{name: 1234567.89 + number for number, name in enumerate(SUMS)},
        **dict.fromkeys(COUNTS, 1234),
    },
}
BANNERS = ("PAID", "REFUNDED")


@pytest.fixture(scope="module")
def till(browser, shop):
    page = TillPage(browser, shop)
    page.log_in().start()
    yield page
    page.close()
    assert page.complaints == []


@pytest.fixture(scope="module")
def axe(request):
    """What axe finds; which findings were let pass, and why, is printed."""
    found = Accessibility()
    yield found
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(found.said())


def resize(till, size):
    till.page.set_viewport_size({"width": size[0], "height": size[1]})
    # What follows the size is drawn, and what moves has arrived; what spins for ever goes on.
    till.script("""
        async () => {
            const drawn = () => new Promise(requestAnimationFrame);
            await drawn();
            await drawn();
            const moving = document.getAnimations().filter(
                (one) => one.effect.getComputedTiming().endTime !== Infinity
            );
            await Promise.all(moving.map((one) => one.finished.catch(() => {})));
        }
    """)


def show(till, kind, given):
    till.script("() => posmodel.dialog.closeAll()")
    till.page.wait_for_selector(".modal", state="detached")
    till.script(SCREENS)
    till.script("([kind, given]) => glaseScreens.show(kind, given)", [kind, given])
    till.page.wait_for_selector(".modal .modal-content")
    return till


def measured(
    till,
    name,
    size,
    root=".modal:not(.o_inactive_modal) > .modal-dialog > .modal-content",
    scrolls=False,
):
    """What is cut, covered or broken on a screen of this size.

    :param bool scrolls: the rest is found by scrolling
    """
    resize(till, size)
    found = till.script("([root, scrolls]) => glaseScreens.measure(root, scrolls)", [root, scrolls])
    assert found["words"]
    return [f"{size[0]} x {size[1]}, {name}: {trouble}" for trouble in found["troubles"]]


def payment(name, info):
    fields, view = PAYMENT[name]
    return {"fields": fields, "view": view, "info": info}


def refund(name, info, route="refund"):
    return {"fields": REFUND[name], "info": info, "route": route}


# What stands in the dialogs and has no other language here: a sticker, currencies, and the cross of Odoo's dialogs.
NAMES = ("4711000815AB", "HTTP://SEQR.SE/Q4711000815AB", "SEK", "kr", "Close")


def screens(info):
    """Every state of every dialog: its kind, its name, and what it is given."""
    for name in PAYMENT:
        yield "payment", name, payment(name, info)
    for name in REFUND:
        yield "refund", name, refund(name, info)
    yield "refund", "unknown", refund("unknown", info, route="reverse")
    yield "amount", "amount", {"message": f"At most {AMOUNT}: that is what is left to pay."}
    yield "choice", "choice", CHOICE
    yield "approval", "approval", APPROVAL
    yield "terminal", "its own", {"of the test": [STICKER, "Till", "Fjällboden"]}
    for name, given in TERMINAL.items():
        yield "terminal", name, given


def strings_in(given):
    """Each text that a test has put on the screen itself; a state's own name is none."""
    if isinstance(given, dict):
        given = list(given.values())
    if isinstance(given, list | tuple):
        return [text for each in given for text in strings_in(each)]
    is_text = isinstance(given, str) and (" " in given or given[:1].isupper())
    return [given] if is_text else []


def unsaid(page, root, name, given=()):
    """What is shown, or told by a screen reader, and was never given to a translator.

    :param given: what the test has put in
    """
    names = ["Glase ID", "Glase", *NAMES, *strings_in(given)]
    found = page.evaluate("([root, names]) => glaseScreens.unsaid(root, names)", [root, names])
    return [f"{name}: said in English only: {text}" for text in found]


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_no_word_and_no_button_of_a_dialog_is_cut_or_covered(till, measure):
    """In one load all languages at their worst: the longest translation, the longest word."""
    # Before any template is shown: what was shown keeps the words that it had.
    till.start_anew()
    till.script(SCREENS)
    words = longest(measure)
    till.script("(words) => glaseScreens.speak(words)", words)
    troubles, shown = [], set()
    for kind, name, given in screens(LONG):
        show(till, kind, given)
        if kind == "amount":
            till.page.click(".glase-amount-ok")
            till.page.wait_for_selector(".glase-amount-message:not(:empty)")
        if "answer" in given:
            till.page.fill("#glase-id-input", STICKER)
            till.page.click(".glase-assign")
            till.page.wait_for_selector(".glase-terminal-message")
        for size in SIZES:
            troubles += measured(till, f"{kind}: {name}", size, scrolls=name in TERMINAL)
        if name in RETRIED:
            sizes = till.script("() => glaseScreens.sizes('.glase-headline, .glase-details')")
            assert sizes[0] == sizes[1], f"{name}: the reason is as large as the verdict"
        troubles += unsaid(till.page, ".modal", f"{kind}: {name}", given)
        shown |= set(till.script("() => glaseScreens.lines()"))
    till.start_anew()
    assert not troubles, "\n".join(troubles)
    # From a template, from a component: both are said in other words than English.
    for text in ("Close", "PAID"):
        assert words[text] != text
        assert words[text] in shown


SMALL_SIZES = ((1024, 600), (640, 480), (320, 568))


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_no_word_is_broken_or_cut_beside_the_dialogs(till, measure):
    """A line of a payment and of a refund in each state, selected, not selected, and in the list of orders; what is
    said over the screen at the end; the closing: in the longest words of all languages.
    """
    till.start_anew()
    till.script(SCREENS)
    words = longest(measure)
    till.script("(words) => glaseScreens.speak(words)", words)
    troubles, badges = [], set()

    def look(root, states):
        """At each state of the line, on each size of screen."""
        for name, state in states.items():
            till.script("(state) => glaseScreens.showLine(state)", state)
            for size in SMALL_SIZES:
                troubles.extend(measured(till, f"{root}: {name}", size, root, scrolls=True))
            badges.update(till.page.locator(f"{root} .badge").all_inner_texts())
        resize(till, SMALL_SIZES[0])

    till.new_order().ring_up(PRODUCT).pay_with_glase()
    till.page.wait_for_selector(".glase-line")
    look(".glase-line", {name: LINES[name] for name in LINES if name != "given back"})
    till.script("(state) => glaseScreens.showLine(state)", LINES["not paid"])
    till.page.locator(".paymentmethod", has_text="Cash").first.click()
    till.page.wait_for_selector(".glase-line-state")
    look(".glase-line-state", LINES)
    till.script("(state) => glaseScreens.showLine(state)", LINES["not paid"])
    till.script("() => posmodel.navigate('TicketScreen')")
    till.page.wait_for_selector(".glase-order-state")
    look(".glase-order-state", LINES)
    till.script("(state) => glaseScreens.showLine(state)", LINES["not sent"])
    for headline in BANNERS:
        banner = {"headline": words[headline], "amount": AMOUNT, "mark": LONG["mark"]}
        till.script("(banner) => glaseScreens.showBanner(banner)", banner)
        till.page.wait_for_selector(".glase-end-banner")
        for size in SMALL_SIZES:
            troubles += measured(till, headline, size, ".glase-end-banner", scrolls=True)
    till.script("() => glaseScreens.showBanner(null)")
    till.script("(glase) => glaseScreens.showClosing(glase)", CLOSING)
    till.page.wait_for_selector(".close-pos-popup .glase-blocking")
    till.page.click(".glase-carried summary")
    for root in (".glase-blocking", ".glase-figures", ".glase-carried"):
        for size in SMALL_SIZES:
            troubles += measured(till, "closing", size, root, scrolls=True)
    resize(till, SMALL_SIZES[0])
    till.script("() => posmodel.removeOrder(posmodel.getOrder())")
    till.start_anew()
    assert not troubles, "\n".join(dict.fromkeys(troubles))
    assert len(badges) > 12, badges


# --- For those who do not see it, or not well ---

DIALOG = ".o_dialog:has(.glase-dialog, .glase-framed)"


def test_axe_finds_nothing_in_any_state_of_a_dialog(till, axe):
    resize(till, (1024, 600))
    found = []
    for kind, name, given in screens(SHORT):
        show(till, kind, given)
        found += axe.finds(till.page, DIALOG, f"{kind}: {name}")
    till.script("() => posmodel.dialog.closeAll()")
    assert not found, "\n".join(found)


def test_axe_finds_nothing_on_the_way_of_a_sale(shop, till, axe):
    resize(till, (1024, 600))
    till.script(SCREENS)
    till.new_order().ring_up(PRODUCT).pay_with_glase()
    found = axe.finds(till.page, ".glase-line", "not sent")
    till.press_send().looks("waiting")
    shop.simulator.customer(STICKER, "decline")
    till.looks("unpaid")
    till.page.click(".glase-dialog .glase-read")
    found += axe.finds(till.page, ".glase-line", "not paid")
    till.page.locator(".paymentmethod", has_text="Cash").first.click()
    found += axe.finds(till.page, ".glase-line-state", "a line that is not selected")
    uuid = till.order_uuid()
    till.script("() => posmodel.navigate('TicketScreen')")
    till.page.locator(".glase-order-state", has_text="Not paid").first.wait_for()
    found += axe.finds(till.page, ".glase-order-state", "in the list of orders")
    till.open_order(uuid)
    till.page.locator(".paymentline", has_text="Cash").locator(".delete-button").click()
    till.page.locator(".paymentline", has_text="Glase").locator(".payment-infos").click()
    till.script("() => glaseScreens.keepBanner()")
    till.press_send().looks("waiting")
    shop.simulator.customer(STICKER, "pay")
    till.page.wait_for_selector(".glase-end-banner")
    found += axe.finds(till.page, ".glase-end-banner", "paid")
    till.receipt()
    found += axe.finds(till.page, ".glase-banner", "the ribbon")
    assert not found, "\n".join(found)


def test_axe_finds_nothing_on_the_closing_popup(shop, till, axe):
    resize(till, (1024, 600))
    till.new_order().ring_up(PRODUCT).send()
    till.script(SCREENS)
    till.script("() => glaseScreens.showClosing()")
    till.page.wait_for_selector(".close-pos-popup .glase-blocking")
    found = axe.finds(till.page, ".glase-blocking, .glase-figures", "closing")
    till.script("() => posmodel.dialog.closeAll()")
    till.page.wait_for_selector(".close-pos-popup", state="detached")
    till.looks("waiting")
    till.page.click(".glase-dialog .glase-cancel")
    till.page.wait_for_selector('.glase-line[data-status="retry"]')
    assert not found, "\n".join(found)


DISPLAYED = {
    "amount": AMOUNT,
    "shop": LONG["shop"],
    "glaseId": "4711000815AB",
    "mark": "SIMULATION: no money is moved",
    "sticker": False,
    "invoice": False,
}
DISPLAY_SIZES = ((1920, 1080), (1280, 800), (1024, 600), (800, 1280), (640, 480), (320, 568))
READABLE = """
() => Object.fromEntries([...document.querySelectorAll(".glase-show h1, .glase-show p, .glase-show-amount")].map(
    (each) => [each.className.split(" ")[0], parseFloat(getComputedStyle(each).fontSize)]
))
"""


def says(words):
    """An answer of the server about the texts of a page, in which ours are these."""

    def answer(route):
        response = route.fetch()
        told = response.json()
        told["modules"]["pos_glase"] = {
            "messages": [{"id": text, "string": said} for text, said in words.items()]
        }
        route.fulfill(response=response, json=told)

    return answer


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_the_customer_display_is_read_from_afar_in_each_state(browser, shop, till, axe, measure):
    """In the longest words of all languages, too."""
    [(token,)] = shop.query(
        "SELECT access_token FROM pos_config WHERE id = %s", shop.told["config_id"]
    )
    # A browser of its own, which remembers no texts.
    context = browser.new_context()
    context.set_default_timeout(BUNDLE_MILLISECONDS)
    page = context.new_page()
    page.route("**/website/translations**", says(longest(measure)))
    page.goto(f"{shop.running.url}/pos_customer_display/{shop.told['config_id']}/{token}")
    page.wait_for_selector(".o_customer_display")
    page.evaluate(SCREENS)
    till.script(SCREENS)
    code = till.script("() => glaseScreens.code()")
    troubles, found = [], []
    for state in ("scan", "confirming", "paid", "returned", "unpaid", "nothing"):
        codes = {"sticker": code, "invoice": code} if state == "scan" else {}
        shown = {**DISPLAYED, **codes, "state": state}
        page.evaluate("(shown) => glaseScreens.display(shown)", shown)
        page.wait_for_selector(f".glase-show-{state}")
        for width, height in DISPLAY_SIZES:
            page.set_viewport_size({"width": width, "height": height})
            seen = page.evaluate("() => glaseScreens.measure('.glase-show')")
            troubles += [f"{width} x {height}, {state}: {each}" for each in seen["troubles"]]
        troubles += unsaid(page, ".glase-show", state, shown)
        found += axe.finds(page, ".glase-show", f"display: {state}")
        page.set_viewport_size({"width": 1920, "height": 1080})
        sizes = page.evaluate(READABLE)
        # A letter that is read from three metres is about a fortieth of the screen's height or more.
        assert min(sizes.values()) >= 40, (state, sizes)
    context.close()
    assert not troubles, "\n".join(troubles)
    assert not found, "\n".join(found)


class Keyboard:
    """A person who has no pointer."""

    def __init__(self, till):
        self.till, self.page = till, till.page

    def go_to(self, selector):
        """Press Tab until the focus is there, and see that it can be seen there."""
        for _step in range(120):
            found = self.page.locator(selector)
            if found.evaluate_all("all => all.includes(document.activeElement)"):
                return self
            self.page.keyboard.press("Tab")
        raise AssertionError(f"The keyboard does not come to {selector}.")

    def press(self, selector):
        self.go_to(selector)
        self.page.keyboard.press("Enter")
        return self


def test_a_sale_with_the_keyboard_alone_on_a_screen_that_is_zoomed_to_200_percent(browser, shop):
    """1280 x 800 at 200 % is 640 x 400 for the page."""
    till = TillPage(browser, shop, (640, 400))
    till.log_in().start().new_order()
    keyboard = Keyboard(till)
    troubles = []

    def look(name):
        troubles.extend(measured(till, name, (640, 400)))

    till.script(SCREENS)
    keyboard.go_to("article.product")
    till.page.keyboard.press("Space")
    keyboard.press(".pay-button, .pay-order-button")
    till.page.wait_for_selector(".payment-screen")
    keyboard.press(".paymentmethod:has-text('Glase')")
    keyboard.press(".glase-line .send_payment_request")
    till.looks("waiting")
    look("waiting")
    for key in ("Escape", "Enter", "Control+Enter"):
        till.page.keyboard.press(key)
    till.looks("waiting")
    keyboard.press(".glase-change-amount")
    expect(till.page.locator("#glase-new-amount")).to_be_focused()
    till.page.keyboard.type("99999")
    till.page.keyboard.press("Enter")
    message = till.page.locator(".glase-amount-message", has_text="At most")
    message.wait_for()
    expect(till.page.locator("#glase-new-amount")).to_have_attribute("aria-invalid", "true")
    look("an amount that is too high")
    till.page.keyboard.press("Escape")
    till.page.wait_for_selector("#glase-new-amount", state="detached")
    shop.simulator.customer(STICKER, "decline")
    till.looks("unpaid")
    look("declined")
    keyboard.press(".glase-retry")
    till.looks("waiting")
    keyboard.press(".glase-cancel")
    till.page.wait_for_selector('.glase-line[data-status="retry"]')
    keyboard.press(".glase-line .send_payment_request")
    till.looks("waiting")
    shop.simulator.customer(STICKER, "pay")
    till.receipt()
    till.close()
    assert not troubles, "\n".join(troubles)
    assert till.complaints == []


OFFICE = {
    "case": ("action-pos_glase.action_glase_case", "glase_case", ".o_form_view .o_form_sheet"),
    "period": (
        "action-pos_glase.action_glase_period",
        "glase_period",
        ".o_form_view .o_form_sheet",
    ),
    "settings": ("action-point_of_sale.action_pos_configuration", None, "#glase"),
}


def opened(office, path):
    """A page of its own at an address."""
    page = office.context.new_page()
    page.goto(path)
    return page


def test_axe_finds_nothing_of_ours_in_the_back_office(browser, shop, axe):
    """A case, the period of a closed register, and the settings; last, because the register is closed."""
    cashier = shop.first_till()
    bill = cashier.draft(20.0)
    assert cashier.door("send", **bill)["state"] == "issued"
    approval = {"reason": "Seen on the phone", "login": "manager", "password": "manager"}
    known = {"line_uuid": bill["line_uuid"], "attempt": bill["attempt"]}
    assert cashier.door("force", **known, **approval)["forced"]
    cashier.validate(bill)
    assert cashier.door("override_closing", **approval)["ok"]
    # What other tests have left unpaid is no sale.
    shop.execute("UPDATE pos_order SET state = 'cancel' WHERE state = 'draft'")
    closed = cashier.close_register()
    assert closed["successful"], closed
    office = TillPage(browser, shop, (1280, 900))
    [(company_id,)] = shop.query(
        "SELECT company_id FROM pos_config WHERE id = %s", shop.told["config_id"]
    )
    cids = {"name": "cids", "value": str(company_id), "url": shop.running.url}
    office.context.add_cookies([cids])
    office.come_in("admin")
    # The till's page asks an administrator first whether to open the register.
    office.page.wait_for_selector(f".open-register-btn, .o_main_navbar, {SCREENS_OF_A_TILL}")
    found = []
    for name, (action, table, root) in OFFICE.items():
        path = f"{shop.running.url}/odoo/{action}"
        if table:
            [(record_id,)] = shop.query(f"SELECT max(id) FROM {table}")
            path += f"/{record_id}"
        page = opened(office, path)
        page.wait_for_selector(root)
        found += axe.finds(page, root, name)
        page.close()
    office.close()
    assert not found, "\n".join(found)
