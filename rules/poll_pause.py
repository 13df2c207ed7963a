"""How long a till waits between an answer and its next question (``doc/scaling.md``).

A second, as Glase wants it; longer only where the server is loaded by such questions. All times are seconds.
"""

SHORTEST = 1.0
LONGEST = 5.0
# The questions of tills may take so much of what can be done at a time. A sale beside them and a search take their own
# part: with half for the questions alone, every second search found all workers busy (bench/tills.py).
SHARE = 0.4
# While Glase is slow its tills are answered without asking it. They come back within this, and not all at once.
SLOW = (1.0, 2.0)


def loaded(share, told, seconds):
    """The pause after which the questions of the same tills would take their :data:`SHARE`, and no more.

    A till asks once in its pause and the time that its answer takes. So as many tills with another
    pause make another load, and the pause that makes the right one is found at once, without steps.

    :param float share: of all that this process can do, which went into questions lately
    :param float told: the pause between those questions, on the average
    :param float seconds: how long one takes, on the average
    :return: between :data:`SHORTEST` and :data:`LONGEST`
    """
    pause = share / SHARE * (told + seconds) - seconds
    return min(max(pause, SHORTEST), LONGEST)


def share_of(at_once):
    """How busy one who serves all in turns is, by how many are there at a time on the average.

    :param float at_once: those that wait for their turn, and the one that is served
    :return: from 0 to 1; one at a time is a half
    """
    return at_once / (1 + at_once)


def spread(fraction):
    """The pause while Glase is slow: its tills do not come back at one moment when it answers again.

    :param float fraction: from 0 to 1, another one each time
    """
    first, last = SLOW
    return first + fraction * (last - first)
