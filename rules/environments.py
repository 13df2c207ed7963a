"""The environments of Glase: one table, in the order in which a shop goes through them."""

from dataclasses import dataclass

SIMULATOR, TEST, PRODUCTION = "simulator", "test", "production"


@dataclass(frozen=True)
class Environment:
    """One of Glase's environments."""

    key: str
    label: str


_TABLE = (
    Environment(SIMULATOR, "Simulator"),
    Environment(TEST, "Test"),
    Environment(PRODUCTION, "Production"),
)

# As a selection field of Odoo takes them.
ENVIRONMENTS = [(each.key, each.label) for each in _TABLE]
# Where several are looked at together, real money stands first.
REAL_FIRST = tuple(each.key for each in reversed(_TABLE))
