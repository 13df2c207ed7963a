"""What takes long is tried whole by ``bin/test --all`` only: each other run tries a part of it."""

import os

# Set by bin/test --all.
VARIABLE = "POS_GLASE_TEST_ALL"
WHOLE = bool(os.environ.get(VARIABLE))


def in_turns(cases, ways):
    """Each way with the cases that are tried by it: all of them with ``bin/test --all``, else they are shared out.

    :return: pairs of a way and a list
    """
    return [(way, some(cases, len(ways), first)) for first, way in enumerate(ways)]


def some(cases, one_in, first=0):
    """All cases with ``bin/test --all``, else one in so many of them, from all over.

    :param int first: which one it begins with, so that tests which share cases try different ones
    :return: a list
    """
    return list(cases) if WHOLE else list(cases)[first::one_in]
