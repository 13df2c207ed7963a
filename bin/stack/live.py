"""For tests in ``tests/process``: a real Odoo server process on a database of its own, with real commits.

``bin/test`` leaves what is needed in the file that ``POS_GLASE_STACK`` names.
"""

import contextlib
import json
import os
import shutil
from pathlib import Path

from . import postgres
from .odoo_tree import OdooTree
from .server import Odoo

VARIABLE = "POS_GLASE_STACK"
WITHOUT_BUS = Path(__file__).with_name("odoo_without_bus.py")


def describe(odoo, path):
    """Write down how to reach a prepared Odoo, for :func:`copy`."""
    tree = odoo.tree
    path.write_text(
        json.dumps(
            {
                "python": str(odoo.python),
                "script": str(tree.script),
                "python_path": str(tree.python_path),
                "odoo_addons": [str(folder) for folder in tree.addons],
                "server": {key: str(value) for key, value in odoo.server.options.items()},
                "folder": str(odoo.folder),
                "database": odoo.database,
                "addons": str(odoo.addons),
            }
        )
    )


@contextlib.contextmanager
def copy(suffix, evented=False, **options):
    """An :class:`~stack.server.Odoo` on a fresh copy of the prepared database; removed afterwards.

    :param suffix: makes the copy's name; letters, digits and underscores
    :param evented: a server with workers has Odoo's evented process beside them
    :param options: for Odoo's configuration file, e.g. ``workers=2``
    """
    told = json.loads(Path(os.environ[VARIABLE]).read_text())
    server = postgres.Server(told["server"])
    odoo = Odoo(
        Path(told["python"]),
        OdooTree(
            Path(told["script"]) if evented else WITHOUT_BUS,
            Path(told["python_path"]),
            tuple(map(Path, told["odoo_addons"])),
            "",
        ),
        server,
        Path(told["folder"]),
        f"{told['database']}_{suffix}",
        Path(told["addons"]),
        options,
    )
    server.create_database(odoo.database, told["database"])
    try:
        postgres.copy_tree(odoo.filestore / told["database"], odoo.filestore / odoo.database)
        yield odoo
    finally:
        server.drop_database(odoo.database)
        shutil.rmtree(odoo.filestore / odoo.database, ignore_errors=True)
