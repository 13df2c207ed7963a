"""How long tills wait between two questions, so that these take their share of what a server can do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_glase.rules import poll_pause


def share_of(tills, seconds, pause):
    """What so many tills of one worker take of it, if they are not held up."""
    return tills * seconds / (pause + seconds)


@pytest.mark.parametrize("tills", [1, 5, 7])
def test_a_server_that_is_not_loaded_is_asked_each_second(tills):
    pause = poll_pause.loaded(share_of(tills / 2, 0.1, 1.0), 1.0, 0.1)
    assert pause == poll_pause.SHORTEST


def test_thirty_tills_with_glase_far_away_take_two_fifths_of_two_workers():
    pause = poll_pause.loaded(share_of(15, 0.11, 2.0), 2.0, 0.11)
    assert pause == pytest.approx(4.015)
    assert share_of(15, 0.11, pause) == pytest.approx(poll_pause.SHARE) == 0.4


@given(tills=st.floats(0.1, 60), seconds=st.floats(0.005, 3), told=st.floats(1, 5))
def test_it_is_found_from_any_pause_and_stays(tills, seconds, told):
    """Also where more was asked than a worker can do, so that its share was all of it."""
    for _round in range(8):
        told = poll_pause.loaded(min(share_of(tills, seconds, told), 1.0), told, seconds)
        assert poll_pause.SHORTEST <= told <= poll_pause.LONGEST
    share = share_of(tills, seconds, told)
    if told < poll_pause.LONGEST:
        assert share <= poll_pause.SHARE * 1.001
    if told > poll_pause.SHORTEST:
        assert share >= poll_pause.SHARE * 0.999 or told == poll_pause.LONGEST


@given(st.floats(0, 1))
def test_while_glase_is_slow_they_come_back_within_three_seconds(fraction):
    assert 1.0 <= poll_pause.spread(fraction) <= 2.0
