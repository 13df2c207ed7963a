import json

from odoo.exceptions import AccessError

from ..shared.back_office import BackOfficeCommon

OURS = ("glase.account", "glase.terminal", "glase.transaction", "glase.event", "glase.case")
SECRETS = {
    "glase.account": {"reseller_password", "phone_secret"},
    "glase.terminal": {"password"},
}


class TestSecurity(BackOfficeCommon):
    """Who may read and write what."""

    def readable(self, model, user):
        return set(self.env[model].with_user(user).fields_get(attributes=[]))

    def test_secrets_are_the_administrators(self):
        for user in (self.pos_user, self.pos_admin):
            for model, names in SECRETS.items():
                with self.subTest(user=user.login, model=model):
                    self.assertFalse(names & self.readable(model, user))
        for model, names in SECRETS.items():
            self.assertLessEqual(names, self.readable(model, self.admin))

    def test_no_other_field_holds_a_secret(self):
        """Every field that a manager may read, of all our records: no password is in it."""
        self.account.sudo().reseller_password = "known to nobody else"
        secrets = [
            self.account.sudo().reseller_password,
            self.account.sudo().phone_secret,
            self.terminal.sudo().password,
        ]
        for model in OURS:
            records = self.env[model].with_user(self.pos_admin).search([])
            text = json.dumps(records.read(), default=str)
            for secret in secrets:
                self.assertNotIn(f'"{secret}"', text)

    def test_reading_a_secret_over_rpc_is_refused(self):
        self.authenticate("pos_admin", "pos_admin")
        for model, record in (("glase.account", self.account), ("glase.terminal", self.terminal)):
            for name in SECRETS[model]:
                answer = self.url_open(
                    "/web/dataset/call_kw",
                    data=json.dumps(
                        {
                            "params": {
                                "model": model,
                                "method": "read",
                                "args": [record.ids, [name]],
                                "kwargs": {},
                            }
                        }
                    ),
                    headers={"Content-Type": "application/json"},
                ).json()
                self.assertIn("AccessError", answer["error"]["data"]["name"])

    def test_nothing_of_it_reaches_the_till(self):
        session = self.open_register()
        data = session.with_user(self.pos_user).load_data([])
        self.assertFalse([model for model in data if model.startswith("glase.")])
        text = json.dumps(data, default=str)
        for secret in (
            self.account.sudo().reseller_password,
            self.account.sudo().phone_secret,
            self.terminal.sudo().password,
            self.terminal.terminal_identifier,
            self.terminal.sudo().external_identifier,
        ):
            self.assertNotIn(f'"{secret}"', text)
        [config] = data["pos.config"]
        self.assertEqual(config["_glase"]["state"], "ready")
        self.assertEqual(config["_glase"]["glase_id"], self.terminal.glase_id)
        self.assertFalse({name for name in config if name.startswith("glase_")})
        [method] = [m for m in data["pos.payment.method"] if m["id"] == self.glase_method.id]
        self.assertEqual(
            (method["glase_send_at_once"], method["glase_last_tender"]), (False, "offer")
        )

    def test_what_only_the_till_may_know_goes_to_its_own_session_only(self):
        """The loaders that other modules give to strangers, and to the bus, say nothing of ours."""
        session = self.open_register()
        config = self.main_pos_config.with_user(self.pos_user)
        config.notify_synchronisation(session.id, "1", {"pos.config": config.ids})
        self.env.cr.precommit.run()
        told = [
            config._load_pos_data_search_read({}, config),
            config._load_pos_data_read(config, config),
            config.read_config_open_orders({"pos.config": [("id", "=", config.id)]}, {}),
            self.env["pos.session"]._load_pos_data_relations(
                "pos.config", config._load_pos_data_fields(config)
            ),
            self.env["bus.bus"].sudo().search([]).mapped("message"),
        ]
        text = json.dumps(told, default=str)
        self.assertIn(config.name, text, "the loaders were asked")
        for word in ("glase_", "_glase", self.terminal.glase_id, "phone_url"):
            self.assertNotIn(word, text)

    def test_nobody_else_loads_what_the_till_knows(self):
        session = self.open_register()
        other = self.env["res.company"].create({"name": "Other company"})
        stranger = self.pos_admin.copy(
            {"login": "stranger", "company_id": other.id, "company_ids": [(6, 0, other.ids)]}
        )
        portal = self.env["res.users"].create(
            {
                "name": "Portal",
                "login": "a_portal_user",
                "group_ids": [(6, 0, self.env.ref("base.group_portal").ids)],
            }
        )
        for user in (stranger, portal, self.env.ref("base.public_user").sudo()):
            with self.subTest(user.login), self.assertRaises(AccessError):
                session.with_user(user).load_data([])

    def test_cashiers_change_nothing(self):
        for method in (
            "glase_till_register",
            "glase_till_unregister",
            "glase_till_test",
            "action_glase_terminal",
        ):
            with self.subTest(method), self.assertRaises(AccessError):
                self.till_call(method, user=self.pos_user)
        with self.assertRaises(AccessError):
            self.till_call("glase_till_assign", "ABC1", user=self.pos_user)
        for method in ("action_register", "action_register_again", "action_unregister"):
            with self.subTest(method), self.assertRaises(AccessError):
                self.terminal_call(method, user=self.pos_user)
        with self.assertRaises(AccessError):
            self.terminal_call("action_test", user=self.pos_user)
        self.assertFalse(self.till.glase_terminal_ids)
        terminal = self.terminal.with_user(self.pos_user)
        self.assertEqual(terminal.state, "ready")
        with self.assertRaises(AccessError):
            terminal.write({"name": "mine"})
        with self.assertRaises(AccessError):
            self.account.with_user(self.pos_user).read(["endpoint"])

    def test_cashiers_who_may_write_the_till_change_no_registration(self):
        config = self.main_pos_config.with_user(self.pos_user)
        for command in (
            (1, self.terminal.id, {"glase_id": "FORGED"}),
            (2, self.terminal.id, 0),
            (0, 0, {"account_id": self.account.id, "glase_id": "FORGED"}),
        ):
            with self.subTest(command), self.assertRaises(AccessError):
                config.write({"glase_terminal_ids": [command]})
        config.write({"glase_terminal_id": False})
        self.env.invalidate_all()
        self.assertEqual(self.main_pos_config.glase_terminal_id, self.terminal)
        self.assertNotEqual(self.terminal.glase_id, "FORGED")

    def test_managers_read_accounts_and_write_none(self):
        account = self.account.with_user(self.pos_admin)
        self.assertEqual(account.read(["endpoint"])[0]["endpoint"], self.account.endpoint)
        with self.assertRaises(AccessError):
            account.shop_name = "Other"
        with self.assertRaises(AccessError):
            account.create({"name": "Other"})
        with self.assertRaises(AccessError):
            self.env["glase.set.up"].with_user(self.pos_admin).create({"config_id": self.till.id})

    def test_the_ledger_is_read_only(self):
        for user in (self.pos_user, self.pos_admin, self.admin):
            for model in ("glase.transaction", "glase.event", "glase.case"):
                records = self.env[model].with_user(user)
                with self.subTest(user=user.login, model=model):
                    self.assertFalse(records.has_access("create"))
                    self.assertFalse(records.has_access("unlink"))
        self.assertTrue(self.env["glase.transaction"].with_user(self.pos_user).has_access("read"))

    def test_each_company_sees_its_own(self):
        other = self.env["res.company"].create({"name": "Other company"})
        stranger = self.pos_admin.copy(
            {
                "login": "stranger",
                "company_id": other.id,
                "company_ids": [(6, 0, other.ids)],
            }
        )
        for model in OURS:
            with self.subTest(model):
                seen = self.env[model].with_user(stranger).with_company(other).search([])
                self.assertFalse(seen)
        with self.assertRaises(AccessError):
            self.terminal.with_user(stranger).with_company(other).read(["name"])
        with self.assertRaises(AccessError):
            self.terminal.with_user(stranger).with_company(other).action_unregister()
        with self.assertRaises(AccessError):
            self.main_pos_config.with_user(stranger).with_company(other).glase_till_status()
        rules = self.env["ir.rule"].search([("model_id.model", "in", OURS)])
        self.assertEqual(set(rules.model_id.mapped("model")), set(OURS))
