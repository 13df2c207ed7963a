from odoo.tests import tagged
from odoo.tools import file_open

from .back_office import BackOfficeCommon


@tagged("glase_smoke")
class TestNeutralize(BackOfficeCommon):
    """A copied database speaks for nobody."""

    def test_every_secret_is_gone_and_every_account_is_on_the_simulator(self):
        live = self.env["glase.account"].create(
            {
                "name": "Live",
                "company_id": self.company.id,
                "environment": "production",
                "endpoint": "https://glase.example/soap",
                "reseller_password": "live secret",
                "public_url": "https://shop.example.com",
                "active": False,
            }
        )
        draft = self.draft()
        draft.sudo().write({"password": "half made", "external_identifier": "half made"})
        accounts = self.env["glase.account"].with_context(active_test=False).search([])
        terminals = self.env["glase.terminal"].with_context(active_test=False).search([])
        secrets = dict(zip(accounts.ids, accounts.sudo().mapped("phone_secret"), strict=True))
        run = self.env["glase.verification"].sudo().create({"account_id": live.id})
        run.write({"state": "running", "password": "of the verification"})
        move = self.env["glase.go.live"].sudo().create({"source_id": self.account.id})
        move.write({"reseller_password": "of the move", "state": "moving"})
        self.assertTrue(move.target_id.reseller_password)
        self.env.flush_all()
        with file_open("pos_glase/data/neutralize.sql") as sql:
            self.env.cr.execute(sql.read())
        self.env.invalidate_all()
        self.assertIn(live, accounts)
        self.assertEqual(set(accounts.mapped("environment")), {"simulator"})
        self.assertFalse(any(accounts.sudo().mapped("reseller_password")))
        self.assertFalse(any(accounts.mapped("endpoint")))
        self.assertFalse(any(accounts.mapped("public_url")), "no push comes to a copy's shop")
        for account in accounts.sudo():
            self.assertTrue(account.phone_secret)
            self.assertNotEqual(account.phone_secret, secrets[account.id])
        self.assertEqual(set(terminals.mapped("environment")), {"simulator"})
        self.assertFalse(any(terminals.sudo().mapped("password")))
        self.assertFalse(any(terminals.mapped("external_identifier")))
        self.assertFalse(
            [t.endpoint for t in terminals if not t.endpoint.startswith("http://localhost/")]
        )
        self.assertEqual(self.terminal.state, "retired")
        self.assertFalse(self.terminal.active)
        self.assertEqual(draft.state, "draft")
        self.assertEqual((run.state, run.password), ("stopped", False))
        self.assertEqual(move.state, "done", "it shuts no till of the copy")
        self.assertFalse(move.target_id.reseller_password)
        # The copy can be tried at once.
        answer = self.till_call("glase_till_register")
        self.assertTrue(answer["ok"], answer["message"])
        self.assertTrue(answer["glase"]["simulation"])
