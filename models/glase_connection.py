"""Where the calls of an account or a registration go: Glase's server, or the simulator in Odoo.

The simulator's state is one SQLite file in the database's own filestore folder, so that backups
and copies carry it. The simulator opens it when it is first needed, in each process for itself,
and again when the file was replaced or lost.
"""

import functools
import os

from babel.numbers import list_currencies

from odoo.tools import config

from ..glase import Client
from ..simulator import Simulator, create_app

SIMULATOR = "simulator"
SIMULATOR_ENDPOINT = "http://localhost/soap/merchant/cashregister-2"
STATE_FILE = "pos_glase_simulator.sqlite"


def client(environment, endpoint, dbname):
    """The client for one environment.

    :param str environment: ``simulator``, ``test`` or ``production``
    :param str endpoint: https address of Glase's service; not used for the simulator
    :param str dbname: the database whose simulator is meant
    :rtype: glase.Client
    :raises glase.EndpointError: if the address breaks the rules (``doc/protocol.md §1.3``)
    """
    if environment == SIMULATOR:
        return Client(SIMULATOR_ENDPOINT, wsgi_app=simulator_app(dbname))
    return Client(endpoint)


def simulator(dbname):
    """The simulator of a database."""
    return _simulator_and_app(state_path(dbname))[0]


def simulator_app(dbname):
    """The WSGI app of a database's simulator."""
    return _simulator_and_app(state_path(dbname))[1]


def state_path(dbname):
    """Where the simulator of a database keeps its state."""
    return os.path.join(config.filestore(dbname), STATE_FILE)


@functools.cache
def _simulator_and_app(path):
    # A shop tries the simulator in its own currency, whichever that is.
    opened = Simulator(path, currencies=list_currencies())
    return opened, create_app(opened)


def raising(error):
    """A call that was found to be impossible while it was planned: it raises when it is made."""
    return functools.partial(_raise, error)


def _raise(error, *_arguments, **_options):
    raise error
