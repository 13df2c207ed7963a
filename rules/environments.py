"""The environments of Glase: one table, in the order in which a shop goes through them."""

from dataclasses import dataclass

SIMULATOR, TEST, PRODUCTION = "simulator", "test", "production"


@dataclass(frozen=True)
class Environment:
    """One of Glase's environments.

    ``mark`` stands wherever money that is none could be taken for money: on screens and on
    paper; empty where money is real.
    """

    key: str
    label: str
    mark: str = ""


_TABLE = (
    Environment(SIMULATOR, "Simulator", "SIMULATION"),
    Environment(TEST, "Test", "TEST"),
    Environment(PRODUCTION, "Production"),
)

# As a selection field of Odoo takes them.
ENVIRONMENTS = [(each.key, each.label) for each in _TABLE]
MARKS = {each.key: each.mark for each in _TABLE if each.mark}
# Where several are looked at together, real money stands first.
REAL_FIRST = tuple(each.key for each in reversed(_TABLE))
