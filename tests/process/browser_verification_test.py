"""*Verify Integration* in a real browser, at a real server: paused, stopped here and elsewhere, and its file."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import wait_for
from crash_points import Glase, held
from playwright.sync_api import expect
from till_page import MILLISECONDS

WORKERS = 0
GLASE_ID = "VERIFYBROWSER"
HEADLINE = ".glase-verification-headline"


class VerificationPage:
    """The form of a verification, as an administrator has it open."""

    def __init__(self, browser, shop):
        self.shop = shop
        [[self.account_id, company_id]] = shop.query("SELECT id, company_id FROM glase_account")
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.context.set_default_timeout(MILLISECONDS)
        expect.set_options(timeout=MILLISECONDS)
        url = shop.running.url
        self.context.add_cookies([{"name": "cids", "value": str(company_id), "url": url}])
        self.page = self.context.new_page()
        path = f"/odoo/action-pos_glase.glase_account_action/{self.account_id}"
        self.page.goto(f"{url}/web/login?redirect={path}")
        self.page.fill("input[name=login]", "admin")
        self.page.fill("input[name=password]", "admin")
        self.page.click("button[type=submit]")
        self.button("Verify Integration").wait_for()

    def button(self, label):
        return self.page.locator(".o_statusbar_buttons").get_by_role(
            "button", name=label, exact=True
        )

    def press(self, label):
        self.button(label).click()
        return self

    def says(self, words):
        self.page.locator(HEADLINE, has_text=words).wait_for()
        return self

    def shows(self, state):
        """Wait until the page shows a state."""
        self.page.locator(".o_arrow_button_current", has_text=state).wait_for()
        return self

    def begin(self):
        """Start a run, and wait until it asks to scan."""
        self.page.fill(".o_field_widget[name=glase_id] input", GLASE_ID)
        return self.press("Start").says("Scan the code with the Glase app")

    def pause(self):
        self.press("Pause").shows("Paused")
        self.button("Resume").wait_for()
        return self

    def verification(self):
        [[found]] = self.shop.query("SELECT max(id) FROM glase_verification")
        return found


@pytest.fixture
def verification(browser, shop):
    page = VerificationPage(browser, shop)
    yield page
    page.context.close()


def invoices(shop, run):
    return shop.query(
        "SELECT invoice_reference, state FROM glase_verification_bill"
        " WHERE verification_id = %s ORDER BY id",
        run,
    )


def test_a_paused_run_that_is_stopped_says_so(shop, admin, verification):
    verification.press("Verify Integration").begin().pause()
    verification.press("Stop and Clean Up").shows("Stopped")
    expect(verification.button("Resume")).to_have_count(0)
    expect(verification.page.locator(".alert", has_text="Paused.")).to_have_count(0)
    # Another page ends the next one, and its own job cleans up.
    verification.press("Verify Again").begin().pause()
    run = verification.verification()
    admin.call("glase.verification", "action_stop", [run])
    admin.run("glase.verification", "_cron_verify")
    verification.shows("Stopped")
    expect(verification.button("Resume")).to_have_count(0)
    assert [state for _reference, state in invoices(shop, run)] == ["ended"]


def test_two_pages_ask_for_the_next_step_at_the_same_moment(shop, admin):
    """While one waits for Glase, the other asks, pauses and stops: each call is made once."""
    glase, other = Glase(shop.simulator), shop.till("admin")
    [[account_id]] = shop.query("SELECT id FROM glase_account")
    run = admin.call("glase.account", "action_verify", [account_id])["res_id"]
    admin.call("glase.verification", "write", [run], {"glase_id": "VERIFYTWO"})
    before = len(glase.simulator.journal()["calls"])
    admin.call("glase.verification", "action_start", [run])
    advance = ("glase.verification", "action_advance", [run])
    with ThreadPoolExecutor(1) as pool:
        for operation in ("registerTerminal", "assignSeqrId", "sendInvoice"):
            with held(glase, operation, "delay-before") as reached:
                asked = pool.submit(admin.call, *advance)
                reached()
                assert other.call(*advance)["state"] == "running"
                if operation == "sendInvoice":
                    other.call("glase.verification", "action_pause", [run])
                    other.call("glase.verification", "action_stop", [run])
                    admin.call("glase.verification", "action_resume", [run])
                    assert other.call(*advance)["pausing"]
            assert asked.result()["state"] == "running"
    wait_for(lambda: other.call(*advance)["state"] == "stopped", "it is cleaned up")
    assert admin.call(*advance)["state"] == "stopped"
    calls = glase.simulator.journal()["calls"][before:]
    once = [
        "registerTerminal",
        "assignSeqrId",
        "sendInvoice",
        "cancelInvoice",
        "unregisterTerminal",
    ]
    operations = [call["operation"] for call in calls]
    assert [operations.count(operation) for operation in once] == [1] * len(once), operations
    [(counted,)] = shop.query(
        "SELECT sum(count) FROM glase_verification_exchange WHERE verification_id = %s", run
    )
    assert counted == len(calls)
    assert [state for _reference, state in invoices(shop, run)] == ["ended"]


def test_a_run_that_was_paused_gives_its_file(shop, verification):
    page = verification.press("Verify Integration").begin().pause()
    page.press("Resume").says("Scan the code with the Glase app")
    run = page.verification()
    shop.simulator.customer(GLASE_ID, "pay")
    page.says("Do not scan now")
    shop.advance(31)
    page.says("Scan the code with the Glase app")
    shop.simulator.customer(GLASE_ID, "pay")
    page.shows("Passed")
    with page.page.expect_download() as waiting:
        page.press("File for Glase")
    text = waiting.value.path().read_text()
    assert waiting.value.suggested_filename == f"glase-verification-{run}.txt"
    found = invoices(shop, run)
    assert [state for _reference, state in found] == ["ended", "paid", "ended", "ended", "paid"]
    for reference, _state in found:
        assert f"invoice {reference}, code 0, client reference" in text
    # The page is still there, and can be used.
    page.press("Verify Again").shows("Not started")
    wait_for(lambda: len(page.context.pages) == 1, "no tab was left open")
