import pytest

from rules import health
from rules.health import Facts, Job

FINE = Job(active=True, late=health.LATE_AFTER, failures=health.FAILED_TIMES - 1)


def test_nothing_is_wrong_at_the_edge_of_each_limit():
    facts = Facts((FINE, FINE), health.STUCK_AFTER, health.SLOW_FOR, True)
    assert health.trouble(facts) == ()
    assert health.trouble(Facts()) == ()


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (Facts((FINE, Job(active=False))), health.JOB_STOPPED),
        (Facts((Job(active=True, late=health.LATE_AFTER + 1),)), health.JOB_STOPPED),
        (Facts((Job(active=True, failures=health.FAILED_TIMES),)), health.JOB_FAILS),
        (Facts(stuck=health.STUCK_AFTER + 1), health.UNDECIDED_TOO_LONG),
        (Facts(slow=0), health.GLASE_IS_SLOW),
        (Facts(confirmed=False), health.NOT_CONFIRMED),
    ],
)
def test_each_trouble_has_its_word(facts, word):
    assert health.trouble(facts) == (word,)


def test_all_of_it_is_said_in_one_order():
    facts = Facts((Job(active=False, failures=9),), health.STUCK_AFTER + 1, 1, False)
    assert health.trouble(facts) == (
        health.JOB_STOPPED,
        health.JOB_FAILS,
        health.UNDECIDED_TOO_LONG,
        health.GLASE_IS_SLOW,
        health.NOT_CONFIRMED,
    )
