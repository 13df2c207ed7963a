"""A kiosk in a real browser, with the guest's phone beside it: each end that a payment can have."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from accessibility import Accessibility
from conftest import wait_for
from kiosk_page import (
    GLASE_ID,
    PORTRAIT,
    PRODUCT,
    START,
    TABLET,
    KioskPage,
    Stranger,
    set_up_kiosk,
)
from longest_words import MEASURES, longest

from stack.paths import cache

WORKERS = 0
# Milliseconds; each end is waited for, none is slept through.
SOON = 1500
SCREENS = Path(__file__).with_name("screens.js").read_text("utf-8")
# Besides, what some shops take for one: a till's small screen, and a small tablet.
SIZES = (PORTRAIT, TABLET, TABLET[::-1], (1024, 600), (600, 1024), (800, 480))
ADDON = "pos_self_order_glase"
ENDS = (
    *("declined", "canceled", "timed_out", "failed", "reversed", "lost", "busy", "limit"),
    *("undecided", "closed", "changed", "gone", "unavailable"),
)
# What a payment's object says in each state.
STATES = {
    "sending": {"view": None},
    "waiting": {},
    "quiet": {"view": {"silence": 99}},
    "offline": {"isOffline": True},
    "canceling": {"cancelAsked": True},
    "checking": {"view": {"canceling": True}, "secondsLeft": 0},
    **{end: {"end": end} for end in ENDS},
}


@pytest.fixture(scope="module")
def told(shop):
    return set_up_kiosk(shop)


@pytest.fixture
def kiosk(browser, shop, told):
    page = KioskPage(browser, shop, told).open()
    yield page
    page.close()
    assert page.complaints == []


@pytest.fixture(autouse=True)
def no_bill_is_left(shop):
    """A failed test leaves nothing that holds the kiosk, and no counter of its requests.

    Nor does any test leave what its page was told: Odoo's bus hands a new page all of the last 50 seconds, and
    *closed* takes the buttons off a kiosk that was opened again.
    """
    yield
    shop.execute("DELETE FROM bus_bus")
    shop.execute(
        "UPDATE glase_transaction SET state = 'canceled' WHERE state IN ('sending', 'issued')"
    )
    shop.execute("DELETE FROM glase_kiosk_limit")


def guest(shop, action):
    shop.simulator.customer(GLASE_ID, action)


def bills(shop):
    """How many Glase has been sent."""
    return sum(call["operation"] == "sendInvoice" for call in shop.simulator.journal()["calls"])


def last_order(shop, told):
    """The state of the newest order, of its payment and of its newest row."""
    [found] = shop.query(
        """SELECT o.state, p.payment_status, t.state, o.tracking_number, o.access_token
             FROM pos_order o LEFT JOIN pos_payment p ON p.pos_order_id = o.id
             LEFT JOIN glase_transaction t ON t.order_uuid = o.uuid
            WHERE o.config_id = %s ORDER BY o.id DESC, t.id DESC LIMIT 1""",
        told["config_id"],
    )
    return found


def is_left_open(shop):
    """Wait until the server knows that the page has gone: it is told while the page goes on."""
    newest = "SELECT given_up_why FROM glase_transaction ORDER BY id DESC LIMIT 1"
    wait_for(lambda: shop.query(newest) == [("left_open",)], "the bill is left open")


def seen(kiosk, name, root=".glase-kiosk"):
    """axe-core finds nothing on what is ours of the page; its picture stays in the cache, for whoever wants to look."""
    folder = cache() / "screenshots"
    folder.mkdir(exist_ok=True)
    kiosk.picture(folder / f"kiosk-{name}.png")
    assert Accessibility().finds(kiosk.page, root, name) == []


@pytest.mark.parametrize("size", [PORTRAIT, TABLET])
def test_paid_with_the_phone(browser, shop, told, size):
    kiosk = KioskPage(browser, shop, told, size).open()
    name = f"{size[0]}x{size[1]}"
    kiosk.pay()
    seen(kiosk, f"waiting-{name}")
    for part in (".glase-kiosk-qr", ".glase-kiosk-amount", ".glase-kiosk-cancel"):
        box = kiosk.page.locator(part).bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= size[1], f"{part} is seen"
    phone = kiosk.context.new_page()
    phone.goto(f"{shop.simulator.url}/phone/{GLASE_ID}")
    phone.click("button.pay")
    number = kiosk.number()
    seen(kiosk, f"paid-{name}", ".glase-kiosk-paid")
    state, line, row, tracking, _token = last_order(shop, told)
    assert (state, line, row, number) == ("paid", "done", "paid", tracking)
    [[reference]] = shop.query(
        "SELECT ers_reference FROM glase_transaction ORDER BY id DESC LIMIT 1"
    )
    receipt = kiosk.receipt()
    assert "Glase payment" in receipt and reference in receipt
    assert "TEST: no money is moved" in receipt
    kiosk.button("Close").click()
    kiosk.starts()
    kiosk.close()
    assert kiosk.complaints == []


def test_in_the_guests_language(kiosk, shop):
    kiosk.speak("sv_SE").pay(checkout="Till kassan", pay="Betala")
    kiosk.says("Skanna för att betala")
    kiosk.says("sekunder kvar")
    guest(shop, "decline")
    kiosk.looks("declined").says("Inget har debiterats.")


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_no_word_and_no_button_is_cut_in_the_longest_words_of_all_languages(kiosk, shop, measure):
    """Each state of a payment, on a kiosk and on a tablet that stands or lies."""
    words = longest(measure, f"addons/{ADDON}")
    kiosk.page.evaluate(SCREENS)
    # Before any template is shown: what was shown keeps the words that it had.
    kiosk.page.evaluate("([words, addon]) => glaseScreens.speak(words, addon)", [words, ADDON])
    kiosk.hold().pay()
    kiosk.page.evaluate("(amount) => { heldView.amount = amount; }", "1234567.89")
    troubles = []
    for look, given in STATES.items():
        kiosk.show(look, **given)
        troubles += [f"{look}: {one}" for one in kiosk.troubles(".glase-kiosk", SIZES)]
    kiosk.show("waiting")
    kiosk.page.evaluate("() => heldPayment.finish('paid')")
    kiosk.number()
    for end in (".glase-kiosk-paid", ".tracking-number"):
        troubles += kiosk.troubles(f".confirmation-page :has(> {end})", SIZES)
    said = kiosk.page.evaluate("() => document.querySelector('.glase-kiosk-paid').textContent")
    assert words["Paid"] in said, said
    assert not troubles, "\n".join(troubles)


def test_declined_and_tried_again(kiosk, shop, told):
    kiosk.pay()
    guest(shop, "decline")
    kiosk.looks("declined")
    seen(kiosk, "declined")
    kiosk.press("repeat").looks("waiting")
    guest(shop, "pay")
    assert kiosk.number() == last_order(shop, told)[3]
    assert last_order(shop, told)[:3] == ("paid", "done", "paid")


def test_canceled_and_back_to_the_order(kiosk, shop, told):
    kiosk.pay().press("cancel").looks("canceled")
    assert last_order(shop, told)[2] == "canceled"
    kiosk.press("back")
    kiosk.page.locator(".product-cart-item", has_text=PRODUCT).wait_for()
    kiosk.button("Pay").click()
    kiosk.looks("waiting")
    guest(shop, "pay")
    kiosk.number()
    assert last_order(shop, told)[:3] == ("paid", "done", "paid")


def test_the_time_is_up_and_tried_again(kiosk, shop, told):
    kiosk.pay()
    shop.advance(91)
    kiosk.looks("timed_out")
    seen(kiosk, "timed-out")
    kiosk.press("repeat").looks("waiting")
    guest(shop, "pay")
    kiosk.number()


def test_glase_does_not_answer_the_bill(kiosk, shop):
    shop.simulator.faults({"operation": "sendInvoice", "kind": "drop-after", "count": 1})
    kiosk.order().looks("lost")
    seen(kiosk, "lost")
    kiosk.press("repeat").looks("waiting")


def test_glase_falls_silent_while_the_guest_waits(kiosk, shop, told):
    kiosk.pay().hurry(quiet=0)
    kiosk.looks("quiet")
    seen(kiosk, "quiet")
    shop.simulator.faults({"operation": "getPaymentStatus", "kind": "drop-before", "count": 2})
    guest(shop, "pay")
    kiosk.number()
    assert last_order(shop, told)[:3] == ("paid", "done", "paid")


def test_loaded_anew_it_goes_on_where_it_was(kiosk, shop, told):
    kiosk.pay()
    kiosk.reload().looks("waiting")
    assert len(shop.query("SELECT id FROM glase_transaction WHERE state = 'issued'")) == 1
    guest(shop, "pay")
    assert kiosk.number() == last_order(shop, told)[3]


def test_paid_while_it_is_loaded_anew_the_guest_gets_the_number(kiosk, shop, told):
    kiosk.pay()
    there = kiosk.away()
    guest(shop, "pay")
    [[attempt]] = shop.query("SELECT attempt FROM glase_transaction ORDER BY id DESC LIMIT 1")
    order = last_order(shop, told)
    shop.advance(1)
    assert Stranger(shop, told).door("status", order[4], attempt)["finished"]
    assert kiosk.back(*there).number() == order[3]
    kiosk.button("Close").click()
    kiosk.starts()
    assert kiosk.page.locator("text=My Order").count() == 0


def test_begun_anew_with_a_bill_out_the_next_guest_finds_nothing_of_it(kiosk, shop, told):
    kiosk.pay()
    _address, session = kiosk.away()
    kiosk.back(kiosk.start, session).starts()
    is_left_open(shop)
    kiosk.order().looks("waiting")
    [[lines]] = shop.query(
        "SELECT count(*) FROM pos_order_line WHERE order_id = (SELECT max(id) FROM pos_order)"
    )
    assert lines == 1


def test_two_windows_of_one_kiosk(kiosk, shop, told):
    """One bill a kiosk; neither window shows, forgets or ends what is the other's."""
    kiosk.pay()
    order = last_order(shop, told)
    first = kiosk.page
    kiosk.open().order().looks("busy")
    assert last_order(shop, told)[4] != order[4]
    second, kiosk.page = kiosk.page, first
    kiosk.looks("waiting").reload().looks("waiting")
    guest(shop, "pay")
    assert kiosk.number() == order[3]
    kiosk.page = second
    kiosk.press("repeat").looks("waiting")


def test_left_alone_after_an_end_the_order_is_taken_off(kiosk, shop, told):
    kiosk.pay()
    guest(shop, "decline")
    kiosk.looks("declined").hurry(idle=SOON).touch().starts()
    state, _line, row, _number, _token = last_order(shop, told)
    assert (state, row) == ("cancel", "canceled")
    kiosk.page.locator(START).first.click()
    assert kiosk.page.locator(".product-cart-item").count() == 0


def test_left_alone_with_a_bill_its_time_ends_and_the_page_starts_over(kiosk, shop, told):
    kiosk.pay().hurry(idle=SOON)
    shop.advance(91)
    kiosk.starts()
    assert last_order(shop, told)[2] == "canceled"


def test_asked_to_choose_a_method_and_nobody_chooses(kiosk, shop, told):
    before = bills(shop)
    kiosk.offer_a_card().order()
    kiosk.page.get_by_role("button", name="Card").wait_for()
    kiosk.page.get_by_role("button", name="Glase").click()
    kiosk.looks("waiting").press("cancel").looks("canceled").press("back")
    kiosk.button("Pay").click()
    kiosk.page.get_by_role("button", name="Card").wait_for()
    kiosk.hurry(idle=SOON).touch().starts()
    state, _line, row, _number, _token = last_order(shop, told)
    assert (state, row, bills(shop)) == ("cancel", "canceled", before + 1)
    assert kiosk.cart() == []


def test_a_product_that_is_scanned_while_a_bill_is_out_is_not_ordered(kiosk, shop, told):
    kiosk.pay()
    ordered = kiosk.cart()
    kiosk.scan().looks("waiting")
    assert kiosk.cart() == ordered
    guest(shop, "decline")
    kiosk.looks("declined").scan()
    kiosk.page.locator(".product-cart-item").nth(1).wait_for()
    kiosk.button("Pay").click()
    kiosk.looks("waiting")
    guest(shop, "pay")
    kiosk.number()
    [[lines, paid, total]] = shop.query(
        """SELECT count(*), max(o.amount_paid), max(o.amount_total) FROM pos_order_line l
             JOIN pos_order o ON o.id = l.order_id WHERE o.access_token = %s""",
        last_order(shop, told)[4],
    )
    assert (lines, paid) == (2, total)


def test_the_server_hangs_while_it_makes_the_payment_and_answers_late(kiosk, shop, told):
    """The page gives up, and what the server has done late is gone on with: one line, one bill."""
    before = bills(shop)
    kiosk.hurry(request=SOON)
    answer = kiosk.hang("**/kiosk/payment/**")
    with kiosk.page.expect_event("requestfailed", lambda asked: "/kiosk/payment/" in asked.url):
        kiosk.order()
    kiosk.page.locator(".product-cart-item", has_text=PRODUCT).wait_for()
    assert bills(shop) == before
    answer()
    kiosk.hurry(request=20000).button("Pay").click()
    kiosk.looks("waiting")
    guest(shop, "pay")
    kiosk.number()
    assert last_order(shop, told)[:3] == ("paid", "done", "paid")
    assert bills(shop) == before + 1


def test_the_server_hangs_while_it_stores_an_order_and_the_next_guest_does_not_find_it(
    kiosk, shop, told
):
    answer = kiosk.hang("**/pos-self-order/process-order/**")
    kiosk.order()
    kiosk.page.wait_for_function("() => posmodel.glaseStoring")
    # Nobody touches the page for so long that Odoo begins anew.
    kiosk.page.evaluate(
        "() => { window.isOfLastGuest = true; posmodel.router.navigate('default'); }"
    )
    kiosk.page.wait_for_function("() => !window.isOfLastGuest")
    kiosk.starts()
    answer()
    assert kiosk.cart() == []
    kiosk.pay()
    guest(shop, "pay")
    assert kiosk.number() == last_order(shop, told)[3]
    [[lines]] = shop.query(
        "SELECT count(*) FROM pos_order_line WHERE order_id = (SELECT max(id) FROM pos_order)"
    )
    assert lines == 1


def test_the_server_hangs_after_it_was_paid_and_the_number_is_shown_all_the_same(kiosk, shop, told):
    kiosk.pay().hurry(request=SOON)
    answer = kiosk.hang("**/pos-self-order/get-user-data/**")
    guest(shop, "pay")
    assert kiosk.number() == last_order(shop, told)[3]
    answer()
    kiosk.button("Close").click()
    kiosk.starts()


def test_a_guest_who_scans_and_walks_away(kiosk, shop, told):
    """The customer is in the middle of paying: nothing certain is heard, and the kiosk gets free."""
    kiosk.pay()
    guest(shop, "scan")
    guest(shop, "begin")
    kiosk.hurry(overtime=SOON)
    shop.advance(91)
    kiosk.looks("undecided")
    seen(kiosk, "undecided")
    # Left alone from the last touch on.
    kiosk.hurry(idle=SOON).touch().starts()
    state, _line, row, _number, _token = last_order(shop, told)
    assert (state, row) == ("draft", "issued")
    is_left_open(shop)
    # What is looked at stays.
    kiosk.hurry(idle=60000).order().looks("busy")
    seen(kiosk, "busy")


def test_a_session_is_not_closed_over_a_bill_and_then_the_page_says_so(kiosk, shop, told):
    kiosk.pay()
    admin = shop.till("admin")
    with pytest.raises(AssertionError, match="Running"):
        admin.call("pos.config", "action_close_kiosk_session", [told["config_id"]])
    kiosk.looks("waiting").press("cancel").looks("canceled")
    admin.call("pos.config", "action_close_kiosk_session", [told["config_id"]])
    kiosk.press("repeat").looks("gone")
    seen(kiosk, "gone")
    admin.call("pos.config", "open_ui", [told["config_id"]])
    [[session_id]] = shop.query(
        "SELECT id FROM pos_session WHERE config_id = %s ORDER BY id DESC LIMIT 1",
        told["config_id"],
    )
    admin.call("pos.session", "set_opening_control", [session_id], 0, "")


def test_asked_many_times_at_once_one_bill_is_out_and_one_order_finished(shop, told):
    """Two orders, more presses of *Pay*, and everything again: at the same time, on real connections."""
    stranger = Stranger(shop, told)
    orders = [stranger.order() for _each in range(2)]
    before = bills(shop)
    with ThreadPoolExecutor(8) as many:
        presses = [(order, attempt) for order in orders for attempt in ("1", "1", "2", "2")]
        answers = list(many.map(lambda one: stranger.door("send", *one), presses))
        assert bills(shop) == before + 1
        out = {press for press, answer in zip(presses, answers, strict=True) if answer["ok"]}
        assert len(out) == 1
        assert {answer["reason"] for answer in answers if not answer["ok"]} == {"busy"}
        guest(shop, "pay")
        shop.advance(1)
        answers = list(many.map(lambda one: stranger.door("status", *one), 8 * list(out)))
    assert {answer["end"] for answer in answers} <= {"paid", False}
    [(order, attempt)] = out
    assert stranger.door("status", order, attempt)["finished"]
    [[state, payments, pickings]] = shop.query(
        """SELECT o.state, (SELECT count(*) FROM pos_payment p WHERE p.pos_order_id = o.id),
                  (SELECT count(*) FROM stock_picking s WHERE s.pos_order_id = o.id)
             FROM pos_order o WHERE o.access_token = %s""",
        order,
    )
    assert (state, payments) == ("paid", 1)
    assert pickings <= 1


def test_without_a_server_the_page_waits_and_goes_on(kiosk, shop):
    kiosk.pay()
    kiosk.context.set_offline(True)
    kiosk.looks("offline")
    kiosk.context.set_offline(False)
    kiosk.looks("waiting")
    guest(shop, "pay")
    kiosk.number()
