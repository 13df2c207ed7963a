"""What a visitor without a log-in hears of Glase, with Odoo's self-order installed: nothing."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest

INSTALL = """
env["ir.module.module"].search([("name", "=", "pos_self_order")]).button_immediate_install()
"""
# Modes in which Odoo's self-order answers anybody.
MODES = ("mobile", "consultation", "kiosk")
ROUTES = """
import json
found = [
    [rule.rule, rule.endpoint.routing["type"], sorted(rule.methods or [])]
    for rule in env["ir.http"].routing_map().iter_rules()
    if rule.endpoint.routing["auth"] in ("public", "none")
]
print("TOLD " + json.dumps(found))
"""
# They end the session, or manage databases.
NOT_ASKED = re.compile(r"/web/(database|session)|/web/tests|/logout|/websocket")


@pytest.fixture(scope="module")
def public_shop(shop):
    """The shop with self-order, its server started anew; and every route that needs no log-in."""
    shop.running.stop()
    shop.odoo.shell(INSTALL, "self-order cannot be installed")
    told = shop.odoo.shell(ROUTES, "the routes cannot be listed")
    shop.restart()
    return shop, json.loads(told.partition("TOLD ")[2].splitlines()[0])


def of_odoo(shop):
    """Values for the parameters of routes, each as an outsider can know or guess it."""
    [[token]] = shop.query(
        "SELECT access_token FROM pos_config WHERE id = %s", shop.told["config_id"]
    )
    orders = shop.query("SELECT id, uuid, access_token FROM pos_order ORDER BY id DESC LIMIT 1")
    order_id, order_uuid, order_token = orders[0]
    return {
        "config_id": str(shop.told["config_id"]),
        "access_token": token,
        "order_access_tokens": [
            {"access_token": order_token, "state": "draft", "write_date": False}
        ],
        "order_id": order_id,
        "order_uuid": order_uuid,
        "device_type": "mobile",
    }


def ask(shop, path, kind, methods, known):
    """What a stranger gets at one route, as text."""
    config_id = known["config_id"]

    def fill(match):
        name = match.group(1).rpartition(":")[2]
        return known["device_type"] if name == "device_type" else config_id

    url = shop.running.url + urllib.parse.quote(re.sub(r"<([^>]+)>", fill, path), safe="/:")
    if kind == "jsonrpc":
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": known}).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    else:
        body = b"" if methods and "GET" not in methods else None
        request = urllib.request.Request(url, body)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.read().decode(errors="replace")


@pytest.mark.parametrize("mode", MODES)
def test_no_public_route_tells_a_word_of_ours(public_shop, mode):
    shop, routes = public_shop
    till = shop.first_till()
    bill = till.draft(20)
    assert till.door("send", **bill)["state"] == "issued"
    connection = shop.connect()
    # Odoo does not let a till with cash be a kiosk, once it is open.
    with connection, connection.cursor() as cursor:
        cursor.execute("UPDATE pos_config SET self_ordering_mode = %s", (mode,))
    connection.close()
    known = of_odoo(shop)
    answers = {
        path: ask(shop, path, kind, methods, known)
        for path, kind, methods in routes
        if not NOT_ASKED.match(path)
    }
    loaded = json.loads(answers["/pos-self/data/<config_id>"])["result"]
    assert loaded["pos.config"][0]["id"] == shop.told["config_id"], "self-order was asked"
    # In quotes: as a key or a value, not as part of this module's name in an address.
    words = ('"_glase"', '"glase_', "phone_url", "PROC1", shop.told["terminal"])
    assert json.loads(answers["/pos_glase/health/<int:company_id>"]) == {"status": "refused"}
    found = {(path, word) for path, answer in answers.items() for word in words if word in answer}
    assert not found
