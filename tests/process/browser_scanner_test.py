"""A scanner that is plugged in as a keyboard, in a real browser: in the office and at the till.

It types into whatever has the focus, faster than a person, and ends with Enter or Tab.
"""

import pytest
from playwright.sync_api import expect
from till_page import TillPage

WORKERS = 0
EAN = "5410013101703"

# The till's sticker is free again, and a product has the bar code that is scanned by mistake.
PREPARE = """
config = env["pos.config"].browse({config_id})
env["product.product"].create({{"name": "Cola", "barcode": "{ean}"}})
env.cr.commit()
"""


@pytest.fixture(scope="module", autouse=True)
def product(shop):
    shop.odoo.shell(PREPARE.format(ean=EAN, **shop.told), "no product with a bar code")


@pytest.fixture
def page(browser, shop):
    opened = TillPage(browser, shop).log_in("admin")
    yield opened
    opened.close()
    assert opened.complaints == []


def scan(page, text, end="Enter"):
    page.page.keyboard.type(text)
    page.page.keyboard.press(end)


def sticker(shop):
    [(glase_id,)] = shop.query(
        "SELECT glase_id FROM glase_terminal WHERE config_id = %s AND state = 'ready'",
        shop.told["config_id"],
    )
    return glase_id


def test_in_the_office_each_scan_takes_the_place_of_the_one_before(shop, page):
    [(terminal_id,)] = shop.query(
        "SELECT id FROM glase_terminal WHERE config_id = %s AND state = 'ready'",
        shop.told["config_id"],
    )
    own = sticker(shop)
    there = f"{shop.running.url}/odoo/action-pos_glase.glase_terminal_action/{terminal_id}"
    page.page.goto(there)
    page.page.locator("button[name=action_open_assign]").click()
    field = page.page.locator(".modal .o_field_widget[name=text] input")
    expect(field).to_be_focused()
    verdict = page.page.locator(".modal .alert:visible .o_field_widget[name=verdict]")

    def scanned(text, words, end="Enter"):
        scan(page, text, end)
        expect(verdict).to_contain_text(words)
        expect(field).to_have_value(text)

    scanned("http://example.com/x", "This is not the code of a Glase sticker")
    scanned(EAN, "is the bar code of the product “Cola”")
    scanned("SCANA111", f"has the sticker {own}. Use SCANA111 instead?")
    scanned("SCANA111", "Use SCANA111 instead?")
    scanned("SCANB222", "Use SCANB222 instead?", end="Tab")
    field.blur()
    scanned("SCANC333", "Use SCANC333 instead?")
    page.page.locator(".modal-footer button[name=action_assign]").focus()
    scanned("SCAND444", "Use SCAND444 instead?")
    assert sticker(shop) == own, "nothing that is scanned presses Assign"
    # By hand, slowly: what is typed stays together.
    field.press("ControlOrMeta+a")
    field.press_sequentially("HAND55", delay=90)
    expect(field).to_have_value("HAND55")
    field.press("Enter")
    expect(verdict).to_contain_text("Use HAND55 instead?")
    # A scanner that ends with nothing, while what was typed by hand is not selected.
    field.press("End")
    page.page.keyboard.type("ScanE555")
    expect(field).to_have_value("ScanE555")
    field.press("ControlOrMeta+a")
    field.press_sequentially("HAND55", delay=90)
    field.press("Enter")
    expect(verdict).to_contain_text("Use HAND55 instead?")
    page.page.locator(".modal-footer button[name=action_assign]").click()
    expect(page.page.locator(".o_field_widget[name=glase_id]").first).to_have_text("HAND55")
    assert sticker(shop) == "HAND55"


def test_a_ready_till_asks_before_a_scan_replaces_its_sticker(shop, page):
    page.start()
    own = sticker(shop)
    page.page.locator(".pos-rightheader button:has(.fa-bars)").click()
    page.page.locator("span.dropdown-item", has_text="Glase terminal").click()
    dialog = page.page.locator(".glase-terminal")
    field, words = dialog.locator("#glase-id-input"), dialog.locator(".glase-terminal-message")

    def scanned(text, said, end="Enter"):
        scan(page, text, end)
        expect(words).to_contain_text(said)
        expect(field).to_have_value(text)
        expect(field).to_be_enabled()

    scanned(EAN, "is the bar code of the product “Cola”")
    field.click()
    scanned("a b", "letters A to Z and digits only")
    scanned("STRAY666", f"has the sticker {own}. Use STRAY666 instead?")
    field.click()
    scanned("STRAY666", "Use STRAY666 instead?")
    field.click()
    scanned("STRAY777", "Use STRAY777 instead?", end="Tab")
    assert sticker(shop) == own, "nothing that is scanned answers the question"
    dialog.locator(".glase-keep").click()
    expect(words).to_have_count(0)
    scan(page, "STRAY888")
    expect(words).to_contain_text("Use STRAY888 instead?")
    dialog.locator(".glase-replace").click()
    expect(dialog.locator(".glase-terminal-id")).to_have_text("STRAY888")
    assert sticker(shop) == "STRAY888"
