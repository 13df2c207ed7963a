"""After the module is gone, a till that took Glase still opens."""

import pytest
from conftest import Till

from stack import live
from stack.server import SET_UP_SHOP

UNINSTALL = """
env["ir.module.module"].search([("name", "=", "pos_glase")]).button_immediate_uninstall()
"""
OPEN_TILL = """
shop = env["res.company"].search([("chart_template", "=", "se")], order="id desc", limit=1)
config = env["pos.config"].search([("company_id", "=", shop.id)], order="id", limit=1)
config.with_user(env["res.users"].search([("login", "=", "cashier")])).open_ui()
config.current_session_id.set_opening_control(0, "")
env.cr.commit()
print("TILL", config.id)
"""


@pytest.fixture(autouse=True)
def no_faults():
    """This test has an Odoo of its own, and no Glase."""


def test_a_till_opens_after_the_module_was_uninstalled():
    with live.copy("uninstalled") as odoo:
        odoo.shell(SET_UP_SHOP, "the shop cannot be set up")
        odoo.shell(UNINSTALL, "the module cannot be uninstalled")
        told = odoo.shell(OPEN_TILL, "the till cannot be opened")
        config_id = int(told.rpartition("TILL ")[2].split()[0])
        running = odoo.start()
        try:
            running.wait_until_ready()
            till = Till(running.url, {}).log_in("cashier", "cashier")
            methods = till.rpc(
                "/web/dataset/call_kw/pos.payment.method/search_read",
                {
                    "model": "pos.payment.method",
                    "method": "search_read",
                    "args": [[("name", "=", "Glase")], ["use_payment_terminal"]],
                    "kwargs": {},
                },
            )
            assert [method["use_payment_terminal"] for method in methods] == [False]
            loaded = till.rpc(
                "/web/dataset/call_kw/pos.session/load_data",
                {
                    "model": "pos.session",
                    "method": "load_data",
                    "args": [[session_of(till, config_id)], []],
                    "kwargs": {},
                },
            )
            names = [method["name"] for method in loaded["pos.payment.method"]]
            assert "Glase" in names
        finally:
            running.stop()


def session_of(till, config_id):
    """The open session of a till."""
    [session] = till.rpc(
        "/web/dataset/call_kw/pos.session/search_read",
        {
            "model": "pos.session",
            "method": "search_read",
            "args": [[("config_id", "=", config_id), ("state", "=", "opened")], ["id"]],
            "kwargs": {},
        },
    )
    return session["id"]
