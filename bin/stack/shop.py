"""The demo's shop: what is set up in it, and the lasting copy of the base that ``bin/demo`` works on."""

import contextlib
import fcntl
import json
import shutil
import socket

from . import postgres
from .base_db import module_key, with_kiosk_shop
from .console import Stop, step
from .odoo_user import OdooUser
from .paths import CHECKOUT, MODULE, digest, need_checkout, need_space
from .server import EVERYWHERE, Odoo, link_module

FOLDER = CHECKOUT / ".demo"
SHOP_DOMAIN = [["chart_template", "=", "se"]]


def write_address(server, database, url):
    """Tell a database its own address, for what browsers and phones are sent to; while no Odoo runs on it."""
    quoted = url.replace("'", "''")
    values = (
        f"('web.base.url', '{quoted}', 1, 1, now(), now()), "
        "('web.base.url.freeze', 'True', 1, 1, now(), now())"
    )
    server.query(
        "INSERT INTO ir_config_parameter (key, value, create_uid, write_uid, create_date, write_date) "
        f"VALUES {values} ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        database,
    )


def administrator(running, database):
    """The administrator of a running demo, in the demo's shop.

    :return: an :class:`~stack.odoo_user.OdooUser`, and the shop's name
    :raise odoo_user.Refused: the shop's administrator has another password now
    """
    user = OdooUser(running.url, database, "admin", "admin")
    (shop,) = user.call(
        "res.company", "search_read", SHOP_DOMAIN, fields=["name"], order="id desc", limit=1
    )
    return user.in_company(shop["id"]), shop["name"]


def read(running, database):
    """What a visitor needs to know of a running demo.

    :return: ``shop`` (its name), ``tills`` (pairs of id and name), ``phone`` (list with the address
        of the first till's phone page; empty when that till is not registered), ``kiosk`` (list with
        the addresses of a kiosk and of its phone page; empty without self-order)
    :raise odoo_user.Refused: the shop's administrator has another password now
    """
    user, name = administrator(running, database)
    own = [["company_id", "in", user.context["allowed_company_ids"]]]
    known = {"name", "glase_terminal_id", "self_ordering_mode", "self_ordering_url"}
    fields = user.call("pos.config", "fields_get", sorted(known), attributes=["type"])
    configs = user.call("pos.config", "search_read", own, fields=sorted(fields), order="id")
    kiosks = [one for one in configs if one.get("self_ordering_mode") == "kiosk"]
    tills = [one for one in configs if one not in kiosks]

    def phones(of):
        registered = [one["glase_terminal_id"][0] for one in of if one["glase_terminal_id"]]
        terminals = user.call("glase.terminal", "read", registered, fields=["phone_url"])
        return [terminal["phone_url"] for terminal in terminals if terminal["phone_url"]]

    return {
        "shop": name,
        "tills": [[till["id"], till["name"]] for till in tills],
        "phone": phones(tills[:1]),
        "kiosk": [one["self_ordering_url"] for one in kiosks[:1]] + phones(kiosks[:1]),
    }


def address(host):
    """The address under which others reach what listens on ``host``."""
    if host not in EVERYWHERE:
        return host
    # Nothing is sent: connecting a datagram socket only looks up the way out.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way_out:
        try:
            way_out.connect(("192.0.2.1", 9))
            return way_out.getsockname()[0]
        except OSError:
            return "127.0.0.1"


class Shop:
    """The lasting shop in the checkout's ``.demo`` folder.

    Leaving the ``with`` block stops its PostgreSQL; the shop stays for the next start.

    :ivar is_new: it must be made from the base
    :ivar odoo: an :class:`~stack.server.Odoo` on it, once :meth:`open` was called
    """

    def __init__(self, fresh):
        self.fresh = fresh
        self.server = None
        self.made = FOLDER / "made.json"
        if not FOLDER.exists():
            need_checkout("the demo's shop")
        FOLDER.mkdir(exist_ok=True)

    def __enter__(self):
        self.lock = open(FOLDER / "lock", "w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stop(
                "The demo of this checkout is running already: stop it with Ctrl-C first."
            ) from None
        self.is_new = self.fresh or not self.made.exists()
        return self

    def open(self, stack, demo):
        """Start PostgreSQL on the shop; made from the base, or updated, when need be.

        :param demo: with demo data; only matters for a new shop
        """
        self.external = f"{MODULE}_demo_{digest(str(CHECKOUT))}"
        told = {} if self.is_new else json.loads(self.made.read_text())
        if self.is_new:
            self._remove()
            base = with_kiosk_shop(stack)
            with step("a copy of the shop"):
                told = self._copy(base, demo)
        if told["server"]:
            self.server = postgres.named_server()
        else:
            with step("PostgreSQL"):
                self.server = postgres.Cluster(FOLDER / "pg").start()
        addons = link_module(FOLDER)
        self.odoo = Odoo(stack.python, stack.tree, self.server, FOLDER, told["database"], addons)
        self.odoo.options.update(max_cron_threads=1)
        module = module_key(kiosk=True)
        if told["module"] != module:
            with step(f"updating {MODULE}"):
                self.odoo.once("-u", MODULE, what=f"{MODULE} cannot be updated")
        told["module"] = module
        self.told = told
        return self.odoo

    def _copy(self, base, demo):
        need_space(FOLDER, 1, "The demo")
        database = self.external if base.template else MODULE
        base.copy_to(FOLDER / "pg", FOLDER / "data_dir/filestore", database)
        return {
            "database": database,
            "server": base.template,
            "demo": demo,
            "module": module_key(kiosk=True),
        }

    def keep(self):
        """The shop is complete: the next start uses it as it is."""
        self.made.write_text(json.dumps(self.told))

    def _remove(self):
        if self.made.exists():
            told = json.loads(self.made.read_text())
            if told["server"]:
                with contextlib.suppress(Stop):
                    postgres.named_server().drop_database(told["database"])
            self.made.unlink()
        postgres.Cluster(FOLDER / "pg").stop_if_left_running()
        for name in ("pg", "data_dir", "addons"):
            shutil.rmtree(FOLDER / name, ignore_errors=True)

    def __exit__(self, *_trouble):
        try:
            if self.server:
                self.server.stop()
        finally:
            self.lock.close()
