"""The demo's shop: what is set up in it, and the lasting copy of the base that ``bin/demo`` works on."""

import contextlib
import fcntl
import json
import shutil
import socket

from . import postgres
from .base_db import module_key
from .console import Stop, step
from .paths import CHECKOUT, MODULE, digest, need_space
from .server import Odoo, link_module

FOLDER = CHECKOUT / ".demo"
SET_UP = """
import json
shop = env["res.company"].search([("chart_template", "=", "se")], order="id desc", limit=1)
env = env(context=dict(env.context, allowed_company_ids=shop.ids))
parameters = env["ir.config_parameter"].sudo()
parameters.set_param("web.base.url", {url!r})
parameters.set_param("web.base.url.freeze", "True")
if {first}:
    env["pos.config"]._glase_set_up_demo()
env.cr.commit()
tills = env["pos.config"].search([("company_id", "=", shop.id)], order="id")
phones = tills.mapped("glase_terminal_id").filtered("phone_url").mapped("phone_url")
print(json.dumps({{
    "shop": shop.name,
    "tills": [[till.id, till.name] for till in tills],
    "phone": phones[:1],
}}))
"""


def set_up(odoo, url, first):
    """Tell the shop its own address, and set up Glase in it the first time.

    :param url: the address that browsers and phones will use
    :return: ``shop`` (its name), ``tills`` (pairs of id and name), ``phone`` (list with the address
        of the first till's phone page; empty when that till is not registered)
    """
    printed = odoo.shell(SET_UP.format(url=url, first=first), "Glase cannot be set up in the shop")
    return json.loads(printed.splitlines()[-1])


def address(host):
    """The address under which others reach what listens on ``host``."""
    if host not in ("0.0.0.0", "::", ""):
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
            with step("a copy of the base database"):
                told = self._copy(stack.base, demo)
        if told["server"]:
            self.server = postgres.named_server()
        else:
            with step("PostgreSQL"):
                self.server = postgres.Cluster(FOLDER / "pg").start()
        addons = link_module(FOLDER)
        self.odoo = Odoo(stack.python, stack.tree, self.server, FOLDER, told["database"], addons)
        self.odoo.options.update(max_cron_threads=1)
        module = module_key()
        if told["module"] != module:
            word = "updating" if told["module"] else "installing"
            with step(f"{word} {MODULE}"):
                option = "-u" if told["module"] else "-i"
                self.odoo.once(option, MODULE, what=f"{MODULE} cannot be installed")
        told["module"] = module
        self.told = told
        return self.odoo

    def _copy(self, base, demo):
        need_space(FOLDER, 1, "The demo")
        filestore = FOLDER / "data_dir/filestore"
        filestore.mkdir(parents=True)
        database = MODULE
        if base.template:
            database = self.external
            postgres.named_server().create_database(database, base.template)
        else:
            postgres.Cluster(base.folder).copy_to(FOLDER / "pg")
        if base.filestore.exists():
            postgres.copy_tree(base.filestore, filestore / database)
        return {"database": database, "server": base.template, "demo": demo, "module": ""}

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
