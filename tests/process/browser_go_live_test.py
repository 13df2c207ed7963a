"""Two administrators at the page of one move, and somebody who opens its till."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import SimulatorProcess, prepare_move
from crash_points import Glase, held
from playwright.sync_api import expect
from till_page import TillPage

WORKERS = 2


@pytest.fixture
def production():
    glase = Glase(SimulatorProcess())
    yield glase
    glase.simulator.stop()


def test_a_second_page_goes_on_when_the_first_has_finished(shop, admin, production, browser):
    admin.call("ir.config_parameter", "set_param", "pos_glase.own_network", "True")
    shop.first_till().close_register()
    [(account_id,)] = shop.query("SELECT account_id FROM glase_terminal WHERE state = 'ready'")
    move_id = prepare_move(admin, account_id, production.simulator.endpoint)
    admin.call("glase.go.live", "action_start", [move_id])
    [(line_id,)] = shop.query("SELECT id FROM glase_go_live_line WHERE move_id = %s", move_id)
    with ThreadPoolExecutor(1) as pool:
        opened = TillPage(browser, shop)
        # The till is shut: what comes after the log-in is the page that says so.
        opened.come_in("admin")
        expect(opened.page.locator(".glase-till-is-moved")).to_contain_text(
            "is being moved to another Glase account"
        )
        page = opened.context.new_page()
        address = f"{shop.running.url}/odoo/action-pos_glase.glase_account_action/{account_id}"
        page.goto(address)
        page.locator("button[name=action_go_live]").click()
        button = page.locator(".glase-move-tills")
        expect(button).to_be_enabled()
        with held(production, "registerTerminal", "delay-before") as reached:
            pressed = pool.submit(admin.call, "glase.go.live.line", "action_move", [line_id])
            reached()
            button.click()
            expect(page.locator("td[name=message]")).to_contain_text(
                "being asked about this till already"
            )
            expect(button).to_be_disabled()
        assert pressed.result() is True
        expect(page.locator(".o_arrow_button_current")).to_contain_text("Done")
        assert page.locator(".o_error_dialog, .o_notification .bg-danger").count() == 0
        # A server that died at the very end: all tills are there, and nobody has said it.
        shop.execute("UPDATE glase_go_live SET state = 'moving' WHERE id = %s", move_id)
        shop.execute("UPDATE glase_account SET active = true WHERE id = %s", account_id)
        after = opened.context.new_page()
        after.goto(address)
        after.locator("button[name=action_go_live]").click()
        after.locator(".glase-move-tills").click()
        expect(after.locator(".o_arrow_button_current")).to_contain_text("Done")
        opened.close()
    assert len(production.calls("registerTerminal")) == 1
    assert len(production.calls("assignSeqrId")) == 1
