"""What was paid in one environment is not given back by a till that sells in another (``doc/ledger.md §21``)."""

from ...rules.environments import ENVIRONMENTS
from ..support.till_errors import Refused


def is_elsewhere(row, config):
    """Whether a row of the ledger was made in another environment than the till sells in now."""
    return config._glase_environment() not in (False, row.environment)


def words(rows, config):
    """Why these payments are not given back at a till, for a person; of one environment."""
    labels = dict(ENVIRONMENTS)
    return rows.env._(
        "This was paid with Glase in the environment “%(then)s”, the till sells in “%(now)s” "
        "now: Glase does not give it back here. Give the money back in cash or another tender.",
        then=labels[rows[:1].environment],
        now=labels[config._glase_environment()],
    )


def refuse(row, config):
    """:raises Refused: if an order of this till must not have a refund of this payment"""
    if is_elsewhere(row, config):
        raise Refused("environment", words(row, config))
