"""Two servers on one database behind nginx with TLS."""

import copy
import subprocess
import urllib.error
import urllib.request
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from looked_at import given_back, look, sold
from proxy import nginx
from till_page import SCREENS, TillPage, chromium, pay

pytestmark = pytest.mark.usefixtures("no_open_orders")
WORKERS = 2
EVENTED = True
OPTIONS = {"proxy_mode": True}
MODULES = ()
PROGRAMS = {"nginx": "/usr/sbin/nginx", "openssl": "openssl"}
PRODUCTS = ("Sourdough Loaf", "Cinnamon Roll")
PATIENCE = 600

# A till beside, with a sticker of the simulator that is inside Odoo.
ADDRESSES = """
from odoo.addons.pos_glase.models.registration import set_up

first = env["pos.config"].browse({config_id})
company = first.company_id
env = env(context=dict(env.context, allowed_company_ids=company.ids))
account = env["glase.account"].create({{
    "name": "Simulator", "environment": "simulator", "company_id": company.id,
}})
beside = first.with_env(env).copy({{"name": "Beside", "payment_method_ids": [(5,)]}})
set_up.demo_till(beside, account)
env.cr.commit()
print("TOLD", account._phone_url(beside.glase_terminal_id.glase_id), account.health_url)
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Paths of a certificate for this machine's own address, and of its key."""
    folder = tmp_path_factory.mktemp("tls")
    paths = [str(folder / name) for name in ("certificate.pem", "key.pem")]
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1"
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", paths[0], "-keyout", paths[1]]
    subprocess.run([*command.split(), *more], check=True, capture_output=True)
    return paths


@pytest.fixture(scope="module")
def browser():
    """It takes any certificate, for the till's service worker, too."""
    with chromium("--ignore-certificate-errors") as found:
        yield found


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """What nginx writes: which server answered which path."""
    return tmp_path_factory.mktemp("nginx") / "served"


@pytest.fixture(scope="module")
def behind(shop, certificate, log):
    """The shop as its tills and its manager see it: at nginx's address."""
    with pytest.MonkeyPatch.context() as patch, shop.second_running() as second:
        # Where Python's own client looks for whom to trust.
        patch.setenv("SSL_CERT_FILE", certificate[0])
        servers = [(one.url, one.evented_url) for one in (shop.running, second)]
        with nginx(servers, certificate=certificate, log=log) as url:
            there = copy.copy(shop)
            there._known, there.running, there.servers = {}, SimpleNamespace(url=url), servers
            admin = there.known("admin", "admin")
            settings = "ir.config_parameter", "set_param", "pos_glase.silent_after", str(PATIENCE)
            admin.call(*settings)
            [account_id] = admin.call("glase.account", "search", [("environment", "=", "test")])
            admin.call("glase.account", "write", [account_id], {"public_url": url})
            yield there


@pytest.fixture
def till(browser, behind):
    page = TillPage(browser, behind)
    yield page
    page.close()
    assert page.complaints == []


def served(log, path):
    """Which servers have answered a path, or what is below it."""
    asked = [line.split() for line in log.read_text().splitlines()]
    return {server for server, where in asked if where.startswith(path)}


def test_a_sale_and_its_refund(behind, till, log, seen):
    """A sale, a reload while the bill is out, and the refund: each server answers, and each evented process."""
    till.log_in().start().new_order().ring_up(*PRODUCTS)
    uuid = till.order_uuid()
    words = f"{sold(behind, till)}; then {given_back(behind, till, uuid)}"
    hosts, evented = (
        {urlsplit(url).netloc for url in kind} for kind in zip(*behind.servers, strict=True)
    )
    assert served(log, "/web/dataset/call_kw") == hosts
    assert served(log, "/pos_glase/status") == evented
    seen(f"{words}; {len(hosts)} servers and {len(evented)} evented processes answered")


def test_a_push(behind, till, seen):
    """Glase's push comes in at nginx, and through its websocket the till hears of it."""
    till.log_in().start().new_order().ring_up(*PRODUCTS).send()
    uuid = till.order_uuid()
    # The websocket itself is in a worker that all pages of the till share.
    till.script(
        """() => {
            const heard = posmodel.glase.onPush;
            posmodel.glase.onPush = function (hint) {
                window.pushed = hint;
                return heard.apply(this, arguments);
            };
        }"""
    )
    [(row_id, reference)] = behind.query(
        "SELECT id, invoice_reference FROM glase_transaction WHERE order_uuid = %s", uuid
    )
    [url] = [
        one["notification_url"]
        for one in behind.simulator.journal()["invoices"]
        if one["invoice_reference"] == reference
    ]
    assert url.startswith(f"{behind.running.url}/pos_glase/notification/")
    with urllib.request.urlopen(urllib.request.Request(url, b""), timeout=60) as answer:
        assert answer.status == 200
    till.until("(id) => window.pushed?.id === id", row_id)
    pay(behind)
    seen(f"{look(behind, till, uuid)}; the push was heard through wss")


def test_a_log_in_expires(shop, behind, till, seen):
    """The log-in expires while the bill is out: the till says so, and goes on once somebody has logged in."""
    till.log_in().start().new_order().ring_up(*PRODUCTS).send()
    uuid = till.order_uuid()
    for path in (behind.odoo.data_dir / "sessions").rglob("*"):
        if path.is_file():
            path.unlink()
    for one in (shop, behind):
        one._known.clear()
    till.looks("logged_out")
    till.leave()
    till.come_in("cashier")
    till.page.wait_for_selector(f".open-register-btn, {SCREENS}")
    till.start().looks("waiting")
    pay(behind)
    seen(look(behind, till, uuid))


def test_addresses(behind, browser, seen):
    """The addresses that the module gives away are nginx's: of the phone's page, of the monitor."""
    script = ADDRESSES.format(**behind.told)
    told = behind.odoo.shell(script, "no addresses").partition("TOLD ")[2].split()[:2]
    assert all(url.startswith(f"{behind.running.url}/pos_glase/") for url in told), told
    phone = browser.new_context(viewport={"width": 390, "height": 700}).new_page()
    asked = []
    phone.on("request", lambda request: asked.append(request.url))
    assert phone.goto(told[0]).status == 200
    assert not [url for url in asked if url.startswith("http:")], asked
    phone.context.close()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(told[1], timeout=60)
    assert refused.value.code == 401
    seen(
        "both are nginx's, the phone's page and all that it loads; the monitor's asks for its token"
    )
