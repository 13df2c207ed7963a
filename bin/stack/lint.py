"""The command ``bin/lint``."""


def check(agreed=False):
    return True
