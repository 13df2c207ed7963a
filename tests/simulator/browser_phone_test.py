"""The customer's page in a real browser the size of a phone."""

import contextlib
import html
import threading
import urllib.error
import urllib.request

import pytest
from accessibility import Accessibility
from playwright.sync_api import Error, sync_playwright
from simulator_tools import row

from simulator import words
from stack import debian
from stack.sale_walk import CHROMIUM, Walk

MILLISECONDS = 20_000


@pytest.fixture(scope="module")
def browser():
    path = debian.chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def phone(browser):
    """Opens the page in a context of its own; any complaint of the browser fails the test."""
    complaints = []
    with contextlib.ExitStack() as stack:

        def open_page(url, width=390, javascript=True):
            context = browser.new_context(
                viewport={"width": width, "height": 844}, java_script_enabled=javascript
            )
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(MILLISECONDS)
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(url)
            return page

        yield open_page
    assert complaints == []


@pytest.fixture
def till(process):
    return process.service.register(name="Fjällboden, till 1", glase_id="FJALL1")


def test_the_page_follows_the_till_by_itself(process, till, phone):
    page = phone(f"{process.url}/phone/FJALL1")
    page.get_by_text("Nothing to pay yet").wait_for()
    reference = till.bill("148.00", [row("198.00", "Wool socks"), row("-50.00", "Paid in cash")])
    page.get_by_role("button", name="Pay 148.00 SEK").wait_for()
    assert page.get_by_text("Wool socks").is_visible()
    page.get_by_role("button", name="Pay").click()
    page.get_by_role("heading", name="Paid").wait_for()
    answer = till.poll(reference)
    assert answer["status"] == "PAID"
    page.get_by_text("The till has confirmed").wait_for()
    assert page.get_by_text(answer["ersReference"]).is_visible()
    till.cancel(till.bill("2.00"))
    page.get_by_role("heading", name="Bill canceled").wait_for()
    reference = till.bill("3.00")
    page.get_by_role("button", name="Decline").click()
    page.get_by_role("heading", name="Declined").wait_for()
    assert till.poll(reference)["status"] == "CANCELED"


def test_the_buttons_need_no_javascript(process, till, phone):
    reference = till.bill("5.00")
    page = phone(f"{process.url}/phone/FJALL1", javascript=False)
    page.get_by_role("button", name="Pay 5.00 SEK").click()
    page.get_by_role("heading", name="Paid").wait_for()
    assert till.poll(reference)["status"] == "PAID"
    reference = till.bill("6.00")
    page.get_by_role("button", name="Decline").click()
    page.get_by_role("heading", name="Declined").wait_for()
    assert till.poll(reference)["status"] == "CANCELED"


LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2


@pytest.mark.parametrize("width", [320, 390, 844])
def test_long_bills_fit_on_the_screen(process, till, phone, width):
    rows = [row("12345.67", LONG, "3", unit_price="4115.22") for _number in range(39)]
    total = f"{39 * 1234567 - 5000}"
    till.bill(
        f"{total[:-2]}.{total[-2:]}",
        [*rows, row("-50.00", "Discount")],
        title=LONG,
        footer=LONG,
        clientInvoiceId="X" * 80,
    )
    page = phone(f"{process.url}/phone/FJALL1", width)
    pay = page.get_by_role("button", name="Pay 481,431.13 SEK")
    for _position in ("top", "end"):
        box = pay.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 844
        assert box["height"] >= 48
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert page.get_by_text("Discount").is_visible()
    pay.click()
    page.get_by_role("heading", name="Paid").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def each_state(process, till, look, amount, rows):
    """Bring the phone page into each of its states, and look at it.

    :param look: is given the state's name, and the page's path if it is another one
    :param amount: of the bill that is paid, with its ``rows``
    """
    look("waiting")
    reference = till.bill(amount, rows)
    look("bill")
    process.api("POST", "stickers/FJALL1/pay")
    look("paid")
    till.poll(reference)
    look("confirmed")
    till.bill("1.00")
    process.api("POST", "stickers/FJALL1/decline")
    look("declined")
    till.cancel(till.bill("2.00"))
    look("canceled")
    till.bill("3.00", acknowledgmentMode=None)
    look("the till looks at a card")
    till.bill("4.00", paymentMode="RESERVATION_REQUIRED")
    process.api("POST", "stickers/FJALL1/pay")
    look("reserved")
    look("unknown", "/phone/NOBODY")
    look("all phones", "/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(process, till, browser, scheme):
    """Contrast, names, language, regions: every rule of axe-core, on the whole page."""
    # What the page forbids to scripts a test may do all the same.
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=scheme, bypass_csp=True
    )
    axe, found = Accessibility(), []

    def look(name, path="/phone/FJALL1"):
        page = context.new_page()
        page.set_default_timeout(MILLISECONDS)
        page.goto(f"{process.url}{path}")
        found.extend(axe.finds(page, "html", f"{scheme}, {name}"))
        page.close()

    each_state(process, till, look, "148.00", [row("198.00", "Socks", "2"), row("-50.00")])
    context.close()
    print(axe.said())
    assert not found, "\n".join(found)


# What is wider than its frame, or than the button that it stands on, and words in two lines, by the frame's language.
CUT = r"""
([width, height]) => [...document.querySelectorAll("iframe")].flatMap((frame) => {
    // Letters and figures, and what stands between them without a space that a line may end at: an amount is one.
    const WORD = /[\p{L}\p{N}](?:[\p{L}\p{N}\u00a0\u202f]|[.,](?=\p{N}))*/gu;
    const REFERENCE = /^\p{N}{20,}$/u;
    Object.assign(frame, { width, height });
    const page = frame.contentDocument;
    const wide = page.documentElement.scrollWidth > frame.clientWidth ? ["the page"] : [];
    const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const range = page.createRange();
        range.selectNodeContents(walker.currentNode);
        const cut = [...range.getClientRects()].some(
            (box) => box.width && (box.left < 0 || box.right > frame.clientWidth)
        );
        if (cut && walker.currentNode.parentElement.checkVisibility()) {
            wide.push(walker.currentNode.textContent.trim().slice(0, 40));
        }
        for (const { 0: word, index } of walker.currentNode.textContent.matchAll(WORD)) {
            range.setStart(walker.currentNode, index);
            range.setEnd(walker.currentNode, index + word.length);
            const tops = [...range.getClientRects()].map((box) => Math.round(box.top));
            if (new Set(tops).size > 1 && !REFERENCE.test(word)) {
                wide.push(`broken: ${word}`);
            }
        }
    }
    for (const button of page.querySelectorAll("button, summary")) {
        if (button.scrollWidth > button.clientWidth + 1) {
            wide.push(button.textContent.trim());
        }
    }
    return wide.map((text) => `${width} x ${height}, ${page.documentElement.lang}: ${text}`);
})
"""
FRAME = '<iframe sandbox="allow-same-origin" frameborder="0" srcdoc="{}"></iframe>'
SIZES = ((320, 568), (640, 480), (1024, 600))


def test_no_word_is_cut_or_broken_in_any_language(process, till, browser):
    """The pages of all languages beside each other, each in a frame as large as a small phone, or a small screen."""
    page = browser.new_page()
    page.set_default_timeout(MILLISECONDS)
    found, seen = [], set()

    def spoken(path, language):
        request = urllib.request.Request(
            f"{process.url}{path}", headers={"Accept-Language": language}
        )
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.read().decode()

    def look(name, path="/phone/FJALL1"):
        pages = {language: spoken(path, language) for language in words.TABLES}
        page.set_content("".join(FRAME.format(html.escape(text)) for text in pages.values()))
        for size in SIZES:
            found.extend(f"{name}, {each}" for each in page.evaluate(CUT, size))
        seen.update(pages.values())

    each_state(process, till, look, "1234567.00", [row("1234582.00", "Socks", "2"), row("-15.00")])
    page.close()
    assert not found, "\n".join(found)
    assert len(seen) == 10 * len(words.TABLES), "each state and each language is a page of its own"


# Until the till has asked, the page replaces itself again and again; each time it lets the next page come in the end.
RESTLESS = """
document.addEventListener("DOMContentLoaded", () => {
    let left = 20;
    const restless = setInterval(() => {
        if (left && document.body.dataset.state.endsWith(":unfetched")) {
            left -= 1;
            location.replace(location.href);
        } else {
            clearInterval(restless);
        }
    }, 2);
});
"""
REPLACED = 10


def test_the_sale_pays_on_a_page_that_replaces_itself(process, till, browser, tmp_path):
    """The walk of ``bin/demo --sale`` waits until the page has come to rest, however often it replaces itself."""
    reference = till.bill("148.00")
    walk = Walk(browser, {"pictures": str(tmp_path), "phone": [f"{process.url}/phone/FJALL1"]})
    walk.pocket.add_init_script(RESTLESS)
    shown, answers = [], []
    often = threading.Event()

    def note(_frame):
        shown.append(walk.phone.url)
        if len(shown) > REPLACED:
            often.set()

    def ask():
        often.wait(MILLISECONDS / 1000)
        answers.append(till.poll(reference)["status"])

    walk.phone.on("framenavigated", note)
    asking = threading.Thread(target=ask)
    asking.start()
    try:
        walk.customer_pays()
        assert answers == ["PAID"]
        assert len(shown) > REPLACED
        assert walk.phone.get_by_text("The till has confirmed").is_visible()
    finally:
        often.set()
        asking.join()
        walk.close()


def test_a_walk_that_fails_says_where(process, till, browser, tmp_path, capsys):
    walk = Walk(browser, {"pictures": str(tmp_path), "phone": []})
    walk.phone.goto(f"{process.url}/phone/FJALL1")
    walk.phone.evaluate("console.error('out of order')")
    with pytest.raises(Error) as trouble, walk.step("the customer pays"):
        walk.phone.click("button.pay", timeout=100)
    walk.till.close()
    walk.explain(trouble.value)
    walk.close()
    told = capsys.readouterr().out
    assert "Failed while the customer pays" in told
    assert "button.pay" in told
    assert "phone: error: out of order" in told
    assert str(tmp_path / "trouble-phone.png") in told
    assert [path.name for path in tmp_path.iterdir()] == ["trouble-phone.png"]
