"""Where the calls of an account or a registration go, Glase's server or the simulator in Odoo; who makes them, and by
which reference.

The simulator's state is one SQLite file in the database's own filestore folder, so that backups
and copies carry it. The simulator opens it when it is first needed, in each process for itself,
and again when the file was replaced or lost.
"""

import functools
import os
import socket
from dataclasses import dataclass, field

from babel.numbers import list_currencies

import odoo
from odoo.http import request
from odoo.tools import config, str2bool

from ...glase import VERSION, Client, Principal, Reach
from ...glase.gate import SLOTS, WorkerPlaces
from ...glase.messages import MAX_CLIENT_REFERENCE
from ...rules.environments import SIMULATOR
from ...simulator import Simulator, create_app
from .glase_endpoint import EndpointMemory

SIMULATOR_ENDPOINT = "http://localhost/soap/merchant/cashregister-2"
# The simulator is reached from this process only: its log-in protects nothing.
SIMULATOR_PASSWORD = "simulator"
STATE_FILE = "pos_glase_simulator.sqlite"
POS_NAME_AND_VERSION = f"Odoo POS / pos_glase {VERSION}"[:MAX_CLIENT_REFERENCE]
# Set to True, even production may be at this machine or in the own network: a relay, or a trial.
OWN_NETWORK_PARAMETER = "pos_glase.own_network"


def client(environment, endpoint, env):
    """The client for one environment.

    :param str environment: ``simulator``, ``test`` or ``production``
    :param str endpoint: https address of Glase's service; not used for the simulator
    :param env: any environment of the database whose simulator and settings are meant
    :rtype: glase.Client
    :raises glase.EndpointError: if the address breaks the rules (``doc/protocol.md §1.3``)
    """
    if environment == SIMULATOR:
        return Client(SIMULATOR_ENDPOINT, wsgi_app=simulator_app(env.cr.dbname))
    reach = Reach.MACHINE if environment == "test" else Reach.INTERNET
    if str2bool(env["ir.config_parameter"].sudo().get_param(OWN_NETWORK_PARAMETER, ""), False):
        reach = Reach.NETWORK
    made = Client(endpoint, reach=reach)
    made.memory = EndpointMemory(env, made.endpoint.url)
    if config["workers"] and not odoo.evented:
        made.workers = _worker_places() if request else None
    else:
        made.slots = _slots()
    return made


def _worker_places():
    """Half of the workers of this server may wait for a Glase that takes long; jobs have others."""
    server = f"pos_glase_waiting_{socket.gethostname()}_{config['http_port']}"
    return WorkerPlaces(os.path.join(config["data_dir"], server), max(config["workers"] // 2, 1))


def _slots():
    """Most calls in flight of a process that serves many at a time.

    It keeps a connection to PostgreSQL for each that waits, and needs others for those that do not:
    a third of them wait.
    """
    most = (odoo.evented and config["db_maxconn_gevent"]) or config["db_maxconn"]
    return max(SLOTS, most // 3)


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


DEFAULT_USER = "9900"
TEST_ENDPOINT = "https://extdev.seqr.com/soap/merchant/cashregister-2"
# The fields of an account that say where Glase is and who calls it: live tills depend on them.
LOGIN = ("endpoint", "reseller_id", "reseller_user", "reseller_password")

# Whose log-in a call needs; who ends a registration is a setting of the account.
TERMINAL, RESELLER, BY_ACCOUNT = "terminal", "reseller", "by account"


@dataclass(frozen=True)
class Login:
    """Where a Glase is, and who calls it for an account."""

    environment: str
    endpoint: str
    reseller_id: str
    reseller_user: str
    reseller_password: str = field(repr=False)

    def missing(self):
        """The names of what is not filled in."""
        return [name for name in LOGIN if name != "reseller_user" and not getattr(self, name)]

    def principal(self):
        """:rtype: glase.Principal"""
        return Principal.reseller(self.reseller_id, self.reseller_user, self.reseller_password)


def client_for(account, about=None):
    """The client for a call of an account, or of what was made with it.

    :param about: has the environment and the address of the call; by default the account
    :rtype: glase.Client
    :raises glase.EndpointError: if the address breaks the rules
    :raises CopiedDatabase: if this database may be a copy
    """
    account.ensure_one()
    account.sudo()._check_bound()
    about = account if about is None else about
    return identified(account, client(about.environment, about.endpoint, account.env))


def identified(account, made):
    """Let a client say what a certification wants to read, while its account certifies.

    :param glase.Client made: the client of a call for this account
    :return: the same client
    """
    account = account.sudo()
    if account.certifying:
        made.client_id = account.company_id.name
        made.fixed_reference = POS_NAME_AND_VERSION
    return made


def sent_reference(account, own):
    """The reference that a call of an account really carries.

    :param str own: the call's own reference
    :rtype: str
    """
    account.ensure_one()
    return POS_NAME_AND_VERSION if account.sudo().certifying else own


def principal(account, by, terminal, other=False):
    """Who makes a call: the till or the reseller.

    :param str by: ``TERMINAL``, ``RESELLER``, or ``BY_ACCOUNT``: as *Unregisters* says
    :param terminal: gives the till's own log-in
    :param bool other: of those two, take the one that the setting does not say
    :rtype: glase.Principal
    """
    account.ensure_one()
    if by == BY_ACCOUNT:
        said = account.sudo().unregister_as
        by = {TERMINAL: RESELLER, RESELLER: TERMINAL}[said] if other else said
    return reseller(account) if by == RESELLER else terminal()


def reseller(account):
    """Who calls for an account as a whole: registering, periods and reports.

    :rtype: glase.Principal
    """
    own = login(account.sudo())
    called_by = own.principal()
    if own.environment == SIMULATOR:
        account._simulator().add_reseller(own.reseller_id, DEFAULT_USER, SIMULATOR_PASSWORD)
    return called_by


def login(account, changes=()):
    """Where Glase is and who calls it for an account.

    :param account: as the superuser: its password is read
    :param dict changes: what would be written
    :rtype: Login
    """
    account.ensure_one()
    if account.environment == SIMULATOR:
        return Login(
            account.environment,
            SIMULATOR_ENDPOINT,
            account._simulator_reseller(),
            DEFAULT_USER,
            SIMULATOR_PASSWORD,
        )
    kept = {name: account[name] for name in LOGIN}
    return Login(account.environment, **{**kept, **dict(changes)})


def registration_values(account):
    """What a registration keeps of its account for good."""
    account.ensure_one()
    simulated = account.environment == SIMULATOR
    return {
        "environment": account.environment,
        "endpoint": SIMULATOR_ENDPOINT if simulated else account.endpoint,
        "reseller_id": account._simulator_reseller() if simulated else account.reseller_id,
    }
