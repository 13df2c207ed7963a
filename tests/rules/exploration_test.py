"""All short histories keep the rules of the ledger; the same search finds a bug planted against each."""

import pytest
from exploration import RULES, explore, follow
from planted import PLANTS, planted

from pos_glase.rules import state_machine

# More, and as deep as two minutes allow: bench/explore.py.
DEPTH = 10
PLANT_DEPTH = 13


def test_all_short_histories_keep_the_rules():
    found = explore(DEPTH)
    assert not found.broken, "\n".join([found.broken, *found.history])
    assert found.depth == DEPTH
    assert found.worlds > 5000


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.words)
def test_a_planted_bug_is_found(plant):
    with planted(plant) as rules:
        found = explore(PLANT_DEPTH, rules=rules, after=plant.after)
        assert found.broken == plant.rule
        assert found.history[: len(plant.after)] == plant.after
        follow(found.history)


def test_each_rule_has_its_bug():
    assert {plant.rule for plant in PLANTS} == set(RULES)


def test_each_state_of_a_payment_is_reached():
    reached = set()

    def look(_before, step):
        reached.update(attempt.row.state for attempt in step.world)

    explore(DEPTH, rules={"look": look})
    paid_back = {state_machine.REVERSED, state_machine.EXPIRED, state_machine.REFUNDED}
    assert reached == {state for state, _label in state_machine.STATES} - paid_back


def test_a_search_that_has_no_time_says_how_far_it_came():
    assert explore(30, seconds=0.05).depth < 30
