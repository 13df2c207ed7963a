"""What the simulator does to the next payment, as test cards do elsewhere: chosen on its account."""

from typing import NamedTuple

from odoo.tools.translate import LazyTranslate

from ..support.sentences import said

# Words of a table, which is there before any environment is.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

AS_USUAL = "as_usual"


class Scenario(NamedTuple):
    """One of them.

    :ivar words: what a person reads once it is chosen
    :ivar tuple faults: of the simulator (``doc/simulator.md``), in place of all others
    """

    words: object
    faults: tuple = ()


_STATUS, _SEND = "getPaymentStatus", "sendInvoice"

SCENARIOS = {
    AS_USUAL: Scenario(_lt("The simulator answers as usual.")),
    "declined": Scenario(
        _lt("The customer declines the next payment."),
        ({"operation": _STATUS, "kind": "status", "status": "CANCELED"},),
    ),
    "refused": Scenario(
        _lt("The bank refuses the next payment."),
        ({"operation": _STATUS, "kind": "status", "status": "FAILED"},),
    ),
    "slow": Scenario(
        _lt("The next ten answers of the simulator take three seconds each."),
        ({"operation": "*", "kind": "delay-before", "seconds": 3, "count": 10},),
    ),
    "silent": Scenario(
        _lt("The simulator answers nothing, until you choose As Usual."),
        ({"operation": "*", "kind": "drop-before", "count": None},),
    ),
    "lost_answer": Scenario(
        _lt("The next bill arrives, but its answer is lost on the way."),
        ({"operation": _SEND, "kind": "drop-after"},),
    ),
}


def choose(simulator, name):
    """Let the simulator behave so from the next call on.

    :param simulator.Simulator simulator: of the account
    :param str name: a key of ``SCENARIOS``
    :raises KeyError: for no such name
    """
    simulator.set_faults([dict(fault) for fault in SCENARIOS[name].faults])


def words_of(env, simulator):
    """What the simulator does to the next call, as a sentence; False where it answers as usual."""
    faults = simulator.faults()
    kinds = [(fault["operation"], fault["kind"], fault.get("status")) for fault in faults]
    for scenario in SCENARIOS.values():
        own = [
            (fault["operation"], fault["kind"], fault.get("status")) for fault in scenario.faults
        ]
        if own and own == kinds:
            return said(env, scenario.words)
    return False
