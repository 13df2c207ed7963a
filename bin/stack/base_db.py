"""The base database: Odoo with Point of Sale and a Swedish shop, made once and copied for each run."""

import ast
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import debian, postgres
from .console import modules_loaded, step
from .paths import (
    CHECKOUT,
    MODULE,
    cache,
    digest,
    fresh_folder,
    is_complete,
    locked,
    need_space,
    retire,
)
from .server import Odoo, link_module

MODULES = "point_of_sale,l10n_se"
SHOP_SCRIPT = Path(__file__).with_name("base_shop.py")


@dataclass(frozen=True)
class Base:
    """Where the base is: a stopped cluster and a filestore, or a template on a server that is not ours.

    :ivar template: name of the template database on the named server; empty with a private cluster
    """

    folder: Path
    template: str = ""

    @property
    def filestore(self):
        return self.folder / "data_dir/filestore" / (self.template or MODULE)


def find(python, tree, demo=True):
    """The base database for this Odoo; made first when there is none.

    :param demo: with Odoo's own demo data
    """
    named = debian.uses_own_server()
    flavour = ("demo" if demo else "plain") + ("-named" if named else "")
    server = postgres.named_server() if named else None
    where = f"{server.options}" if named else str(debian.postgres_bin())
    key = digest(tree.key, CHECKOUT / "requirements.txt", _shop(), MODULES, flavour, where, "2")
    template = f"{MODULE}_base_{key}" if named else ""
    base = Base(cache() / f"base-{flavour}-{key}", template)

    def is_there():
        return is_complete(base.folder) and (not named or server.has_database(template))

    if not is_there():
        with locked(f"base-{flavour}"):
            if not is_there():
                _make(base, server, python, tree, demo)
    return base


def _shop():
    """The shop script without its comments and layout, which make no other database."""
    return ast.dump(ast.parse(SHOP_SCRIPT.read_text()))


def _make(base, named_server, python, tree, demo):
    need_space(cache(), 1, "The base database")
    retire(f"{base.folder.name.rpartition('-')[0]}-????????????????")
    fresh_folder(base.folder)
    title = "Odoo's Point of Sale and a Swedish shop" + (", with demo data" if demo else "")
    cluster = None
    if named_server:
        server = named_server
        server.drop_database(base.template)
        server.create_database(base.template)
    else:
        cluster = postgres.Cluster(base.folder, dict(postgres.FAST))
        cluster.make()
        server = cluster.start()
    try:
        odoo = Odoo(python, tree, server, base.folder, base.template or MODULE)
        if cluster:
            server.create_database(odoo.database)
        with step(title, lambda: modules_loaded(odoo.log)):
            odoo.once(
                *("-i", MODULES),
                *(["--with-demo"] if demo else []),
                what="Point of Sale cannot be installed",
            )
            odoo.shell(SHOP_SCRIPT.read_text(), "The Swedish shop cannot be made")
            if cluster:
                server.query("VACUUM (FREEZE, ANALYZE)", odoo.database)
                server.query("CHECKPOINT")
    finally:
        server.stop()
    if cluster:
        cluster.sync()
    (base.folder / "complete").touch()


class Workplace:
    """A copy of the base with a PostgreSQL server of its own, in a folder that one run has to itself.

    Leaving the ``with`` block stops the server and removes all that the run made.

    :ivar odoo: an :class:`~stack.server.Odoo` on the copy
    """

    def __init__(self, base, python, tree, settings=None):
        self.base, self.python, self.tree = base, python, tree
        self.settings = dict(postgres.FAST if settings is None else settings)
        self.folder = None
        self.server = None
        self.made = []

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="glase-run-"))
        try:
            database = MODULE
            if self.base.template:
                self.server = postgres.named_server()
                database = f"{MODULE}_run_{os.getpid()}"
                self.server.create_database(database, self.base.template)
                self.made.append(database)
            else:
                cluster = postgres.Cluster(self.base.folder).copy_to(self.folder / "pg")
                cluster.settings = self.settings
                self.server = cluster.start()
            self.odoo = Odoo(
                self.python, self.tree, self.server, self.folder, database, link_module(self.folder)
            )
            self.odoo.filestore.mkdir(parents=True)
            if self.base.filestore.exists():
                postgres.copy_tree(self.base.filestore, self.odoo.filestore / database)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def duplicate(self, suffix):
        """A copy of the run's database with its filestore, e.g. for tests on a server process of their own.

        :return: the copy's name
        """
        name = f"{self.odoo.database}_{suffix}"
        self.server.create_database(name, self.odoo.database)
        self.made.append(name)
        postgres.copy_tree(self.odoo.filestore / self.odoo.database, self.odoo.filestore / name)
        return name

    def __exit__(self, *_trouble):
        if self.server:
            if self.base.template:
                for name in reversed(self.made):
                    self.server.drop_database(name)
            self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
