"""Where the calls of an account or a registration go: Glase's server, or the simulator in Odoo.

The simulator's state is one SQLite file in the database's own filestore folder, so that backups
and copies carry it. It is opened by the process that first needs it (never before a fork) and
opened again when the file was replaced or lost.
"""

import os
import threading

from odoo.tools import config

from ..glase import Client
from ..simulator import Simulator, create_app

SIMULATOR = "simulator"
SIMULATOR_ENDPOINT = "http://localhost/soap/merchant/cashregister-2"
STATE_FILE = "pos_glase_simulator.sqlite"

_guard = threading.Lock()
_opened = {}


def client(environment, endpoint, dbname):
    """The client for one environment.

    :param str environment: ``simulator``, ``test`` or ``production``
    :param str endpoint: https address of Glase's service; not used for the simulator
    :param str dbname: the database whose simulator is meant
    :rtype: glase.Client
    """
    if environment == SIMULATOR:
        return Client(SIMULATOR_ENDPOINT, wsgi_app=simulator_app(dbname))
    return Client(endpoint)


def simulator(dbname):
    """The simulator of a database, opened in this process if need be."""
    return _open(dbname)[0]


def simulator_app(dbname):
    """The WSGI app of a database's simulator."""
    return _open(dbname)[1]


def state_path(dbname):
    """Where the simulator of a database keeps its state."""
    return os.path.join(config.filestore(dbname), STATE_FILE)


def _open(dbname):
    path = state_path(dbname)
    with _guard:
        known = _opened.get(path)
        if known and known[0] == _identity(path):
            return known[1]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        opened = Simulator(path)
        pair = opened, create_app(opened)
        _opened[path] = _identity(path), pair
        return pair


def _identity(path):
    """Changes when the process was forked, or the file replaced or removed."""
    try:
        stat = os.stat(path)
    except FileNotFoundError:
        return None
    return os.getpid(), stat.st_dev, stat.st_ino
