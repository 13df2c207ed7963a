from odoo.exceptions import AccessError, UserError

from .periods import PeriodCommon


class TestCopiedDatabase(PeriodCommon):
    """A copy of the shop's database calls nobody until an administrator says that it is none."""

    def pretend_copy(self, **changes):
        """What the copy's parameters say."""
        parameters = self.env["ir.config_parameter"].sudo()
        for name, value in changes.items():
            parameters.set_param(name.replace("__", "."), value)
        self.env.invalidate_all()

    def calls(self):
        return len(self.simulator.journal()["calls"])

    def test_a_new_account_is_bound(self):
        self.assertTrue(self.account.is_bound)

    def test_another_identifier_or_address_and_nothing_is_called(self):
        changes = (
            {"database__uuid": "00000000-1111-2222-3333-444444444444"},
            {"web__base__url": "https://copy.example.com"},
        )
        for change in changes:
            with self.subTest(**change):
                order, line = self.sent()
                self.pretend_copy(**change)
                before = self.calls()
                other, other_line = self.draft_order(self.pos_session, 20)
                self.assertEqual(self.send(other, other_line)["reason"], "copied")
                self.assertEqual(self.ask(line)["state"], "issued")
                self.door("cancel", line_uuid=line, attempt="1")
                self.advance(61)
                self.run_job()
                self.assertEqual(self.calls(), before)
                self.assertEqual(
                    self.row(line).state, "issued", "nothing is concluded from silence"
                )
                self.account.action_confirm_database()
                self.advance(600)
                self.run_job()
                self.assertEqual(self.row(line).state, "canceled")
                order.unlink()

    def test_a_till_is_not_registered_from_a_copy(self):
        self.pretend_copy(database__uuid="00000000-1111-2222-3333-444444444444")
        before = self.calls()
        self.authenticate("pos_admin", "pos_admin")
        with self.assertRaises(UserError):
            self.account._refuse_copy()
        self.assertFalse(self.account._ask_test().ok)
        answer = self.make_jsonrpc_request(
            "/web/dataset/call_kw/pos.config/glase_till_test",
            {
                "model": "pos.config",
                "method": "glase_till_test",
                "args": [self.main_pos_config.ids],
                "kwargs": {},
            },
        )
        self.assertFalse(answer["ok"])
        self.assertIn("copy", answer["message"])
        self.assertEqual(self.calls(), before)

    def test_periods_wait(self):
        self.paid_order(100)
        self.pretend_copy(database__uuid="00000000-1111-2222-3333-444444444444")
        before = self.calls()
        period = self.close()
        self.work()
        self.assertEqual((period.state, self.calls()), ("to_mark", before))
        self.account.action_confirm_database()
        self.work(61)
        self.settle()
        self.assertEqual(period.state, "reconciled")

    def test_this_machine_by_any_name_is_one_address(self):
        self.pretend_copy(web__base__url="http://localhost:8069")
        self.account.action_confirm_database()
        self.pretend_copy(web__base__url="http://127.0.0.1:8070")
        self.assertTrue(self.account.is_bound)

    def test_the_simulator_is_bound_to_nothing(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        account = self.env["glase.account"].create(
            {"name": "Trying", "environment": "simulator", "company_id": company.id}
        )
        self.pretend_copy(database__uuid="00000000-1111-2222-3333-444444444444")
        self.assertTrue(account.is_bound)

    def test_only_an_administrator_confirms(self):
        self.pretend_copy(database__uuid="00000000-1111-2222-3333-444444444444")
        with self.assertRaises(AccessError):
            self.account.with_user(self.pos_admin).action_confirm_database()
        self.assertFalse(self.account.is_bound)

    def test_nobody_writes_the_binding(self):
        bound = self.account.sudo().bound_to
        administrator = self.env.ref("base.user_admin")
        administrator.company_ids += self.company
        self.account.with_user(administrator).write({"bound_to": "{}", "name": "Renamed"})
        self.assertEqual(self.account.sudo().bound_to, bound)
        self.assertEqual(self.account.name, "Renamed")
