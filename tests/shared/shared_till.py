"""Odoo's own records for tests of a till, made once for all test classes of a run.

They take two seconds for each class. ``bin/test`` names its throw-away copy of the database in ``POS_GLASE_TEST_COPY``:
there the first class commits them, and each class starts a transaction on them. On any other database each class makes
its own, which are rolled back with it.
"""

import inspect
import os
from unittest.mock import patch

from odoo.addons.base.tests.common import BaseCommon
from odoo.addons.point_of_sale.tests.test_frontend import TestPointOfSaleHttpCommon
from odoo.tests.common import get_db_name

VARIABLE = "POS_GLASE_TEST_COPY"
# Class attributes that Odoo's setUpClass reads; what it calls are class methods.
SETTINGS = ("chart_template", "country_code")


class SharedTillCommon(TestPointOfSaleHttpCommon):
    """:class:`TestPointOfSaleHttpCommon`, set up once for all classes that want it as it is."""

    _shared = None

    @classmethod
    def setUpClass(cls):
        if os.environ.get(VARIABLE) != get_db_name() or cls._wants_its_own():
            super().setUpClass()
            return
        if SharedTillCommon._shared is None:
            SharedTillCommon._shared = _commit()
        # Past all classes that make records, to the one that opens the transaction.
        super(BaseCommon, cls).setUpClass()
        cls.env = cls.env["base"].with_context(**cls.default_env_context()).env
        cls.env = cls.env(user=SharedTillCommon._shared["user"].id)
        cls.startClassPatcher(_routes_are_kept(cls.registry))
        for name, value in SharedTillCommon._shared.items():
            if name not in vars(cls):
                setattr(cls, name, _bound(value, cls.env))

    @classmethod
    def _wants_its_own(cls):
        """Whether this class changes what Odoo's records are made from, e.g. the chart of accounts."""
        return any(
            inspect.getattr_static(cls, name) is not inspect.getattr_static(SharedTillCommon, name)
            for base in _odoos_classes()
            for name, value in vars(base).items()
            if name in SETTINGS or (isinstance(value, classmethod) and name != "setUpClass")
        )


_routes = {}


def _routes_are_kept(registry):
    """A patch: which routes there are depends on the modules alone, and takes Odoo half a second after each test."""
    find = registry["ir.http"].routing_map

    def routing_map(self, key=None):
        if key not in _routes:
            _routes[key] = find(self, key)
        return _routes[key]

    return patch.object(registry["ir.http"], "routing_map", routing_map)


def _odoos_classes():
    """The classes whose ``setUpClass`` makes records."""
    order = TestPointOfSaleHttpCommon.__mro__
    return order[: order.index(BaseCommon) + 1]


def _commit():
    """Let Odoo make its records, commit them, and return the class attributes that name them."""

    class Made(TestPointOfSaleHttpCommon):
        pass

    try:
        Made.setUpClass()
        Made.env.flush_all()
        # A test class guards its cursor's own commit.
        type(Made.cr).commit(Made.cr)
        return {name: value for name, value in vars(Made).items() if _is_shared(value)}
    finally:
        Made.doClassCleanups()


def _is_shared(value):
    if isinstance(value, dict):
        return bool(value) and all(map(_is_shared, value.values()))
    return hasattr(value, "with_env")


def _bound(value, env):
    """The same records, or dictionary of records, in another transaction."""
    if isinstance(value, dict):
        return {name: _bound(one, env) for name, one in value.items()}
    return value.with_env(env)
