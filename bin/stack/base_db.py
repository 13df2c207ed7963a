"""What is made once, kept in the cache, and copied for each run.

Databases, each made from another one: the *base* (Odoo with Point of Sale and a Swedish shop), the *module* (with this
module installed as it is in the checkout), the *pages* (with what browsers load built), the *shop* (with Glase set up
in it). For tests: the *tours* (pages with what Odoo's own browser tests load), those *beside* (the module with others
of Odoo's that a test file names). With a kiosk: *selforder* (the base with Odoo's self-order, made once for each Odoo),
*kiosk* (with the module and our addon for it), *kioskpages*, *kioskshop*.
"""

import ast
import fcntl
import itertools
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import debian, installed, postgres, processes, python_env
from .console import modules_loaded, step
from .paths import (
    BESIDE,
    CHECKOUT,
    KIOSK,
    MODULE,
    cache,
    digest,
    fresh_folder,
    is_complete,
    locked,
    need_space,
)
from .server import SET_UP_SHOP, Odoo, link_module

MODULES = "point_of_sale,l10n_se"
SHOP_SCRIPT = Path(__file__).with_name("base_shop.py")
BUNDLES_SCRIPT = Path(__file__).with_name("base_bundles.py")
# What the log-in page, the till, the customer display and the back office load: bundles, and which part of each.
PAGES = (
    "web.assets_frontend.css",
    "web.assets_frontend_minimal.js",
    "web.assets_frontend_lazy.js",
    "point_of_sale.assets_prod.css",
    "point_of_sale.assets_prod.js",
    "point_of_sale.customer_display_assets.css",
    "point_of_sale.customer_display_assets.js",
    "web.assets_web.css",
    "web.assets_web.js",
)
# What Odoo's own tests in a browser load besides.
TOURS = (
    "point_of_sale.customer_display_assets_test.js",
    "web.assets_web_print.css",
    "web.assets_tests.css",
    "web.assets_tests.js",
    "web.assets_emoji.js",
    "bus.websocket_worker_assets.js",
    "web.assets_unit_tests_setup.css",
    "web.assets_unit_tests_setup.js",
    "web.assets_unit_tests.css",
    "web.assets_unit_tests.js",
)
# What a kiosk loads.
KIOSK_PAGES = ("pos_self_order.assets.css", "pos_self_order.assets.js")
SELF_ORDER = "pos_self_order"
SELF_ORDER_SCRIPT = Path(__file__).with_name("base_self_order.py")
KIOSK_SCRIPT = Path(__file__).with_name("base_kiosk.py")
# So many of a kind stay in the cache when a new one is made: for checkouts that are worked on in turns.
KEPT = 4
# The same, of each choice of modules beside ours: there are many.
KEPT_BESIDE = 2


@dataclass(frozen=True)
class Base:
    """Where one of them is: a stopped cluster and a filestore, or a template on a server that is not ours.

    :ivar template: name of the template database on the named server; empty with a private cluster
    """

    folder: Path
    template: str = ""

    @property
    def database(self):
        return self.template or MODULE

    @property
    def filestore(self):
        return self.folder / "data_dir/filestore" / self.database

    def copy_to(self, cluster, filestore, database):
        """Copy database and filestore.

        :param cluster: folder for the copied cluster; nothing is put there with a named server
        :param filestore: Odoo's folder of filestores
        :param database: the copy's name; with a private cluster it stays :attr:`database`
        """
        filestore.mkdir(parents=True, exist_ok=True)
        if self.template:
            postgres.named_server().create_database(database, self.template)
        else:
            postgres.Cluster(self.folder).copy_to(cluster)
        if self.filestore.exists():
            postgres.copy_tree(self.filestore, filestore / database)


def find(python, tree, demo=True):
    """The base database for this Odoo; made first when there is none.

    :param demo: with Odoo's own demo data
    """
    named = debian.uses_own_server()
    flavour = ("demo" if demo else "plain") + ("-named" if named else "")
    server = postgres.named_server() if named else None
    where = f"{server.options}" if named else str(debian.postgres_bin())
    key = digest(
        tree.key, *python_env.files(python_env.RUNTIME), _shop(), MODULES, flavour, where, "2"
    )
    template = f"{MODULE}_base_{key}" if named else ""
    base = Base(cache() / f"base-{flavour}-{key}", template)

    if not _hold(base):
        with locked(f"base-{flavour}"):
            if not _hold(base):
                _make(base, server, python, tree, demo)
                _hold(base)
    return base


def _shop():
    """The shop script without its comments and layout, which make no other database."""
    return ast.dump(ast.parse(SHOP_SCRIPT.read_text()))


def _make(base, named_server, python, tree, demo):
    need_space(cache(), 1, "The base database")
    _retire(f"{base.folder.name.rpartition('-')[0]}-????????????????", bool(named_server))
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


def with_module(stack):
    """The base with this module installed; made first when the module's files are others than before.

    :param stack: has ``python``, ``tree`` and ``base``
    :return: a :class:`Base`; it stays in the cache at least as long as this process
    """

    def install(odoo):
        with step(f"installing {MODULE}"):
            odoo.once("-i", MODULE, what=f"{MODULE} cannot be installed")

    return _derived("module", stack, stack.base, (), install)


def with_pages(stack):
    """The base with the module, and what browsers load built.

    :param stack: has ``python``, ``tree`` and ``base``
    :return: a :class:`Base`; it stays in the cache at least as long as this process
    """

    def build(odoo):
        with step("what browsers load"):
            build_bundles(odoo, PAGES)

    return _derived("pages", stack, with_module(stack), (BUNDLES_SCRIPT, *PAGES, *_times()), build)


def with_tours(stack):
    """As :func:`with_pages`, for Odoo's own tests in a browser.

    :param stack: has ``python``, ``tree`` and ``base``
    :return: a :class:`Base`; it stays in the cache at least as long as this process
    """

    def build(odoo):
        with step("what tests in a browser load"):
            build_bundles(odoo, TOURS)

    tests = sorted((CHECKOUT / "static/tests").rglob("*.js"))
    made_of = (BUNDLES_SCRIPT, *TOURS, *tests, *_times(), *_times(tests))
    return _derived("tours", stack, with_pages(stack), made_of, build)


def with_modules(stack, modules):
    """The base with the module, and with other modules beside it; what browsers load is built.

    :param stack: has ``python``, ``tree`` and ``base``
    :param modules: names of Odoo's modules
    :return: a :class:`Base`; it stays in the cache at least as long as this process
    """

    def install(odoo):
        with step(f"installing {', '.join(modules)}; what browsers load"):
            odoo.once("-i", ",".join(modules), what="other modules cannot be installed")
            build_bundles(odoo, PAGES)

    if not modules:
        return with_pages(stack)
    made_of = (BUNDLES_SCRIPT, *modules, *PAGES, *_times())
    kind = f"beside{digest(*modules)[:8]}"
    return _derived(kind, stack, with_module(stack), made_of, install, kept=KEPT_BESIDE)


def with_self_order(stack):
    """The base with Odoo's self-order, without a module of ours.

    :param stack: has ``python``, ``tree`` and ``base``
    :return: a :class:`Base`; it stays in the cache at least as long as this process
    """

    def install(odoo):
        with step("Odoo's self-order"):
            odoo.once("-i", SELF_ORDER, what=f"{SELF_ORDER} cannot be installed")
            odoo.shell(SELF_ORDER_SCRIPT.read_text(), f"{SELF_ORDER} cannot be set up")

    return _derived("selforder", stack, stack.base, (SELF_ORDER_SCRIPT,), install, module="")


def with_kiosk(stack):
    """As :func:`with_module`, with Odoo's self-order and our addon for it."""

    def install(odoo):
        with step(f"installing {MODULE} and {KIOSK}"):
            odoo.once("-i", f"{MODULE},{KIOSK}", what=f"{KIOSK} cannot be installed")

    source, made_of = with_self_order(stack), (SELF_ORDER_SCRIPT,)
    return _derived("kiosk", stack, source, made_of, install, module_key(kiosk=True))


def with_kiosk_pages(stack):
    """As :func:`with_pages`, with a kiosk's."""

    def build(odoo):
        with step("what browsers load, a kiosk's among them"):
            build_bundles(odoo, PAGES + KIOSK_PAGES)

    scripts = (SELF_ORDER_SCRIPT, BUNDLES_SCRIPT)
    made_of = (*scripts, *PAGES, *KIOSK_PAGES, *_times(_browser_files(kiosk=True)))
    return _derived("kioskpages", stack, with_kiosk(stack), made_of, build, module_key(kiosk=True))


def with_kiosk_shop(stack):
    """As :func:`with_shop`, with a kiosk beside the tills."""

    def set_up(odoo):
        with step("Glase in the shop: account, payment method, stickers, a kiosk"):
            odoo.shell(SET_UP_SHOP, "Glase cannot be set up in the shop")
            odoo.shell(KIOSK_SCRIPT.read_text(), "The kiosk cannot be set up")

    scripts = (SELF_ORDER_SCRIPT, SET_UP_SHOP, KIOSK_SCRIPT)
    made_of = (*scripts, *_times(_browser_files(kiosk=True)))
    return _derived(
        "kioskshop", stack, with_kiosk_pages(stack), made_of, set_up, module_key(kiosk=True)
    )


def build_bundles(odoo, files):
    """Have an :class:`~stack.server.Odoo` make and store what browsers load, such as :data:`PAGES`."""
    code = f"FILES = {files!r}\n{BUNDLES_SCRIPT.read_text()}"
    odoo.shell(code, "What browsers load cannot be built")


def _times(paths=None):
    """When files that browsers load were written: Odoo's name for a bundle holds that.

    :param paths: default: those of the installed module
    """
    paths = _browser_files() if paths is None else paths
    return [path.stat().st_mtime_ns for path in paths]


def _browser_files(kiosk=False):
    return [path for path in _installed_files(kiosk) if "static" in path.parts]


def with_shop(stack):
    """The base with the module, Glase set up in its shop, and what a sale's browsers load.

    :param stack: has ``python``, ``tree`` and ``base``
    :return: a :class:`Base`; it stays in the cache at least as long as this process
    """

    def set_up(odoo):
        with step("Glase in the shop: account, payment method, sticker"):
            odoo.shell(SET_UP_SHOP, "Glase cannot be set up in the shop")

    return _derived("shop", stack, with_pages(stack), (SET_UP_SHOP, *_times()), set_up)


def _derived(kind, stack, source, made_of, change, module=None, kept=KEPT):
    """What ``change`` makes of a copy of ``source``; ``made_of`` are parts of its key beside the module.

    :param module: key of the module's files; by default :func:`module_key`, empty without a module
    :param kept: so many of the kind stay in the cache
    """
    module = module_key() if module is None else module
    flavour = stack.base.folder.name.removeprefix("base-").rpartition("-")[0]
    # The base's own key is of the packages and of Odoo.
    key = digest(stack.base.folder.name, module, *made_of)
    template = f"{MODULE}_{kind}_{key}" if source.template else ""
    base = Base(cache() / f"{kind}-{flavour}-{key}", template)
    if not _hold(base):
        with locked(f"{kind}-{flavour}"):
            if not _hold(base):
                _retire(f"{kind}-{flavour}-????????????????", bool(template), kept)
                _derive(base, source, stack, change)
                _hold(base)
    return base


def _derive(base, source, stack, change):
    need_space(cache(), 1, "A database with the module")
    fresh_folder(base.folder)
    named = postgres.named_server() if base.template else None
    if named:
        named.drop_database(base.template)
    source.copy_to(base.folder, base.folder / "data_dir/filestore", base.database)
    server = named or postgres.Cluster(base.folder, dict(postgres.FAST)).start()
    try:
        addons = link_module(base.folder)
        change(Odoo(stack.python, stack.tree, server, base.folder, base.database, addons))
    finally:
        server.stop()
    if not named:
        postgres.Cluster(base.folder).sync()
    (base.folder / "complete").touch()


_held = []


def _hold(base):
    """Whether it is there; it then is in use, and not retired, until this process ends."""
    if not is_complete(base.folder):
        return False
    if base.template and not postgres.named_server().has_database(base.template):
        return False
    mark = open(base.folder / "complete")  # noqa: SIM115 - kept open on purpose
    fcntl.flock(mark, fcntl.LOCK_SH)
    _held.append(mark)
    # It may have been retired between the two.
    return (base.folder / "complete").exists()


def _retire(pattern, named, kept=KEPT):
    """Remove all but the last used of a kind, and what interrupted runs left of it.

    The caller holds the lock under which they are made. One that a run holds stays.
    """
    folders = [folder for folder in cache().glob(pattern) if folder.is_dir()]
    marks = [folder / "complete" for folder in folders if (folder / "complete").exists()]
    marks.sort(key=lambda mark: mark.stat().st_mtime, reverse=True)
    complete = {mark.parent for mark in marks}
    for folder in folders:
        if folder not in complete:
            _remove(folder, named)
    for mark in marks[kept - 1 :]:
        with open(mark) as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            mark.unlink()
            _remove(mark.parent, named)


def _remove(folder, named):
    if named:
        kind, *_flavour, key = folder.name.split("-")
        postgres.named_server().drop_database(f"{MODULE}_{kind}_{key}")
    else:
        postgres.Cluster(folder).stop_if_left_running()
    shutil.rmtree(folder)


def _installed_files(kiosk=False):
    """The files that the installed module is made of, sorted; ``kiosk``: those of our addon for it, too."""
    files = installed.files(CHECKOUT)
    return files + installed.files(BESIDE / KIOSK) if kiosk else files


def module_key(kiosk=False):
    """Changes when a file changes that the installed module is made of; see :func:`_installed_files`."""
    parts = []
    for path in _installed_files(kiosk):
        parts += [str(path.relative_to(CHECKOUT)), path]
    return digest(*parts)


_numbers = itertools.count(1)


def drop_left(server):
    """Drop the databases on a named server that runs of this machine, which were killed, have left there."""
    sql = f"SELECT datname FROM pg_database WHERE datname LIKE '{MODULE}_run_%'"
    for name in server.query(sql).split():
        if processes.is_left(name):
            server.drop_database(name)


class Workplace:
    """A copy of a base with a PostgreSQL server of its own, in a folder that one run has to itself.

    Leaving the ``with`` block stops the server and removes all that the run made.

    :ivar odoo: an :class:`~stack.server.Odoo` on the copy
    """

    def __init__(self, base, python, tree):
        self.base, self.python, self.tree = base, python, tree
        self.folder = None
        self.server = None
        self.made = []

    def __enter__(self):
        self.folder = processes.folder("run")
        try:
            # One process may have several.
            own = f"{MODULE}_run_{processes.identity()}_{next(_numbers)}"
            database = own if self.base.template else MODULE
            cluster, filestore = self.folder / "pg", self.folder / "data_dir/filestore"
            if self.base.template:
                self.server = postgres.named_server()
                drop_left(self.server)
                self.made.append(database)
            self.base.copy_to(cluster, filestore, database)
            if not self.base.template:
                self.server = postgres.Cluster(cluster, dict(postgres.FAST)).start()
            self.odoo = Odoo(
                self.python, self.tree, self.server, self.folder, database, link_module(self.folder)
            )
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_trouble):
        if self.server:
            if self.base.template:
                for name in reversed(self.made):
                    self.server.drop_database(name)
            self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
