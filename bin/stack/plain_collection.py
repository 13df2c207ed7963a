"""pytest plugin for the tests that need no Odoo.

The checkout's root and its ``tests`` folder are Python packages for Odoo, and importing them imports Odoo. Here every
folder is just a folder.
"""

import pytest


def pytest_collect_directory(path, parent):
    return pytest.Dir.from_parent(parent, path=path)
