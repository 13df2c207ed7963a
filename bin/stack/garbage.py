"""A plugin of pytest: Python looks for circular garbage between tests, not within them.

A loaded Odoo is some hundred thousand objects that stay. Python's collector would walk through all of them again and
again.
"""

import gc

import pytest

# Tests from one look to the next: what they leave behind must fit into memory.
TESTS = 20


class _Collector:
    def __init__(self):
        self.ended = 0

    def pytest_collection_finish(self):
        gc.collect()
        gc.freeze()
        gc.disable()

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self):
        self.ended += 1
        if not self.ended % TESTS:
            gc.collect()


def pytest_configure(config):
    config.pluginmanager.register(_Collector(), "glase-garbage")
