import itertools
from contextlib import suppress

from odoo.exceptions import AccessError
from odoo.tools import mute_logger

from ..shared.doors import DoorsCommon
from ..shared.soak import some

# What only the system and Glase's answers write, whoever asks.
EVIDENCE = (
    *("glase.transaction", "glase.event", "glase.period", "glase.period.line", "glase.receipt"),
    *("glase.go.live.line",),
)
VALUES = {
    "boolean": "1",
    "char": "imported",
    "text": "imported",
    "html": "<p>imported</p>",
    "date": "2020-01-01",
    "datetime": "2020-01-01 00:00:00",
    "float": "1.5",
    "monetary": "1.5",
    "integer": "7",
    "json": "{}",
    "many2one": "1",
}


class TestAttackImport(DoorsCommon):
    """*Import* of a list writes no record that its user may not write, and no evidence at all."""

    def setUp(self):
        super().setUp()
        self.records = {
            model: record
            for model, record in self.world().items()
            if model.startswith("glase.") and not record._transient
        }
        self.assertLessEqual({*EVIDENCE}, {*self.records})

    def columns(self, model):
        """The columns of a model that an import can have, each with a value."""
        for name, field in sorted(self.env[model]._fields.items()):
            if not field.store or name in ("id", "create_uid", "write_uid"):
                continue
            if field.type == "selection":
                # As it is called in the source's language, or is kept.
                yield name, str(field.get_values(self.env)[-1])
            elif field.type in VALUES:
                yield (f"{name}/.id" if field.type == "many2one" else name), VALUES[field.type]

    def load(self, user, model, names, row):
        quiet = ("odoo.sql_db", "odoo.addons.base.models.ir_rule", "odoo.models")
        with mute_logger(*quiet), suppress(AccessError):
            self.by_code(user, model, "load", names, [[row]])

    def attack(self, users, models, tables, share):
        before, tried = self.checksums(tables), 0
        each = ((model, column) for model in models for column in self.columns(model))
        for user, (model, (name, value)) in some(itertools.product(users, each), share):
            with self.subTest(user=user.login, model=model, column=name):
                self.load(user, model, [".id", name], [str(self.records[model].id), value])
                tried += 1
        for user, model in itertools.product(users, models):
            with self.subTest(user=user.login, made=model):
                self.load(user, model, *zip(*self.columns(model), strict=True))
        self.env.invalidate_all()
        self.assertEqual(self.checksums(tables), before)
        self.assertGreater(tried, 50)

    def test_who_is_not_the_shops_manager_imports_nothing(self):
        self.attack(self.everybody(), self.records, self.tables(), 5)

    def test_nobody_imports_evidence(self):
        tables = [model.replace(".", "_") for model in EVIDENCE]
        self.attack((self.pos_admin, self.admin), EVIDENCE, tables, 2)
