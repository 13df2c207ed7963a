"""Who calls Glase for an account, where, and by which reference."""

from ...glase import VERSION
from ...glase.messages import MAX_CLIENT_REFERENCE
from ...rules.environments import SIMULATOR
from . import glase_connection
from .glase_connection import BY_ACCOUNT, DEFAULT_USER, LOGIN, RESELLER, TERMINAL, Login

# The simulator is reached from this process only: its log-in protects nothing.
SIMULATOR_PASSWORD = "simulator"
POS_NAME_AND_VERSION = f"Odoo POS / pos_glase {VERSION}"[:MAX_CLIENT_REFERENCE]


def client(account):
    """The client for the calls of an account, as :func:`client_for`."""
    return client_for(account, account.environment, account.endpoint)


def client_for(account, environment, endpoint):
    """The client for a call of an account, or of what was made with it.

    :rtype: glase.Client
    :raises glase.EndpointError: if the address breaks the rules
    :raises CopiedDatabase: if this database may be a copy
    """
    account.ensure_one()
    account.sudo()._check_bound()
    return identified(account, glase_connection.client(environment, endpoint, account.env))


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
            glase_connection.SIMULATOR_ENDPOINT,
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
        "endpoint": glase_connection.SIMULATOR_ENDPOINT if simulated else account.endpoint,
        "reseller_id": account._simulator_reseller() if simulated else account.reseller_id,
    }
