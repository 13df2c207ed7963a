from odoo import models
from odoo.exceptions import AccessError
from odoo.tools import mute_logger

from ..shared.doors import DoorsCommon, is_of_ours

SECRET_WORDS = ("password", "secret", "token", "credential")


class TestAttackDialogs(DoorsCommon):
    """A dialog belongs to who opened it, and is about nothing that he may not read himself."""

    def dialogs_of_ours(self):
        found = []
        for name in self.env.registry:
            model = type(self.env[name])
            own = any(is_of_ours(one) and vars(one).get("_name") == name for one in model.mro())
            own = own and name.startswith("glase.")
            if own and issubclass(model, models.TransientModel) and not model._abstract:
                found.append(name)
        return sorted(found)

    def test_each_dialog_is_one_of_ours(self):
        found = self.dialogs_of_ours()
        self.assertGreater(len(found), 9)
        for name in found:
            with self.subTest(name):
                self.assertTrue(hasattr(self.env[name], "_glase_check_subjects"), "our dialog")
                rules = self.env["ir.rule"].sudo().search([("model_id.model", "=", name)])
                self.assertEqual(rules.mapped("domain_force"), ["[('create_uid', '=', user.id)]"])
                self.assertFalse(rules.groups, "for everybody")

    def test_nobody_reads_or_writes_the_dialog_of_another(self):
        world = self.world()
        refund = world["glase.refund"]
        line = (
            self.env["glase.refund.line"]
            .with_user(self.pos_admin)
            .create({"refund_id": refund.id, "order_line_id": self.order_line().id})
        )
        run = world["glase.run.report"]
        row = self.env["glase.run.report.line"].with_user(self.pos_admin)
        others = {line._name: line, row._name: row.create({"run_id": run.id})}
        for name in self.dialogs_of_ours():
            record = {**world, **others}[name]
            for user in (self.second_manager, self.admin, self.stranger):
                if user == record.create_uid:
                    continue
                his = self.env[name].with_user(user)
                with self.subTest(model=name, user=user.login), mute_logger("odoo.addons.base"):
                    if his.has_access("read"):
                        self.assertFalse(his.search([]) & record.with_user(user))
                    for operation in ("read", "write", "unlink"):
                        with self.assertRaises(AccessError):
                            his.browse(record.id).check_access(operation)
                    with self.assertRaises(AccessError):
                        his.browse(record.id).web_read({"display_name": {}})

    def order_line(self):
        order, _line = self.draft_order(self.pos_session, 10)
        return order.lines[:1]

    def test_an_amount_is_not_changed_in_another_managers_refund(self):
        wizard = self.world()["glase.refund"]
        with self.assertRaises(AccessError):
            wizard.with_user(self.second_manager).write({"amount": 40})
        self.assertEqual(wizard.amount, 5)

    # === What it is about ===

    def subjects(self, world):
        """Each record that a dialog may name, with the dialog's field: all of another company."""
        foreign = {**world, "pos.order.line": self.order_line()}
        for name in self.dialogs_of_ours():
            for field in self.env[name]._fields.values():
                subject = foreign.get(field.comodel_name) if field.relational else None
                kept = field.store and not field.related and field.type != "one2many"
                if subject and kept:
                    yield name, field, subject

    def test_no_dialog_is_opened_about_what_one_may_not_read(self):
        world = self.world()
        found = list(self.subjects(world))
        self.assertGreater(len(found), 9)
        for name, field, subject in found:
            his = self.env[name].with_user(self.stranger)
            value = [[6, 0, subject.ids]] if field.type == "many2many" else subject.id
            spec = {one: {} for one in his._fields}
            for way in ("create", "default", "onchange", "web_save"):
                with (
                    self.subTest(model=name, field=field.name, way=way),
                    self.assertRaises(AccessError),
                    mute_logger("odoo.addons.base"),
                ):
                    if way == "create":
                        his.create({field.name: value})
                    elif way == "default":
                        his.with_context(**{f"default_{field.name}": value}).create({})
                    elif way == "onchange":
                        his.onchange({field.name: value}, [field.name], spec)
                    else:
                        his.web_save({field.name: value}, {"display_name": {}})

    def test_the_settings_tell_nothing_of_a_till_that_one_may_not_read(self):
        """Also before they are stored: the browser asks for what a choice would show."""
        his = self.env["res.config.settings"].with_user(self.stranger)
        spec = {name: {} for name in his._fields if name.startswith("glase_")}
        self.assertGreater(len(spec), 5)
        till = self.main_pos_config.id
        for given, context in (
            ({"pos_config_id": till}, {}),
            ({}, {"default_pos_config_id": till}),
        ):
            told = his.with_context(**context).onchange(given, list(given), spec)["value"]
            shown = {name: value for name, value in told.items() if name in spec and value}
            shown.pop("glase_may_simulate", None)
            with self.subTest(given=given):
                self.assertFalse(shown)

    def test_a_dialog_is_not_turned_to_what_one_may_not_read(self):
        world = self.world()
        account = self.env["glase.account"].sudo()
        account = account.create({"name": "His", "company_id": self.stranger.company_id.id})
        run = self.env["glase.run.report"].with_user(self.stranger)
        run = run.create({"account_id": account.id})
        for name, value in (("account_id", world["glase.account"].id), ("terminal_id", 0)):
            with self.subTest(name), self.assertRaises(AccessError):
                run.write({name: value or world["glase.terminal"].id})

    # === Secrets ===

    def test_no_dialog_stores_a_secret(self):
        for name in [*self.dialogs_of_ours(), "glase.go.live", "res.config.settings"]:
            for field in self.env[name]._fields.values():
                ours = field.name.startswith("glase_") or name.startswith("glase.")
                if ours and any(word in field.name for word in SECRET_WORDS):
                    with self.subTest(model=name, field=field.name):
                        self.assertFalse(field.store and field.column_type and field.type == "char")

    def test_a_password_that_is_typed_is_the_accounts_only(self):
        self.account.sudo().reseller_password = "known-7d20b1"
        wizard = (
            self.env["glase.set.up"]
            .with_user(self.admin)
            .create(
                {
                    "config_id": self.till.id,
                    "account_id": False,
                    "environment": "test",
                    "endpoint": "https://glase.example.com",
                    "reseller_id": "shop",
                    "reseller_password": "typed-here-55ab",
                }
            )
        )
        self.env.flush_all()
        made = wizard.account_id.sudo()
        self.assertEqual(made.reseller_password, "typed-here-55ab")
        self.env.cr.execute("SELECT string_agg(t::text, '') FROM glase_set_up t")
        self.assertNotIn("typed-here", self.env.cr.fetchone()[0])
        wizard.invalidate_recordset()
        self.assertFalse(wizard.reseller_password)
