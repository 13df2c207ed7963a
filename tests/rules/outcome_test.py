"""Who ended a bill: a customer's no is no cancel of the till."""

import pytest

from pos_glase.rules.state_machine import (
    CANCELED,
    DECLINED,
    OUTCOMES_SHOWN,
    STATES,
    outcome,
)


@pytest.mark.parametrize(
    ("asked", "inferred", "shown"),
    [
        (False, False, DECLINED),
        (True, False, CANCELED),
        (False, True, CANCELED),
        (True, True, CANCELED),
    ],
)
def test_only_what_nobody_here_has_ended_was_declined(asked, inferred, shown):
    assert outcome(CANCELED, asked, inferred) == shown


@pytest.mark.parametrize("state", [key for key, _label in STATES if key != CANCELED])
def test_all_else_is_shown_as_its_state(state):
    for asked in (False, True):
        for inferred in (False, True):
            assert outcome(state, asked, inferred) == state


def test_each_outcome_has_a_name_of_its_own():
    names = dict(OUTCOMES_SHOWN)
    assert len(set(names.values())) == len(OUTCOMES_SHOWN) == len(STATES) + 1
    assert names[DECLINED] == "Declined"
