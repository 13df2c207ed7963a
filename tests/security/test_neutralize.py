import re

from odoo.modules.neutralize import neutralize_database
from odoo.tests import tagged
from odoo.tools import SQL

from ...models.accounts import health
from ..shared.back_office import BackOfficeCommon

SECRET = re.compile(r"pass(word|phrase|wd)|secret|token|credential|\bkey\b|_key$|bound_to", re.I)
PLANTED = "planted-4f1d-secret"
TEXTS = ("text", "character varying", "json", "jsonb")


@tagged("glase_smoke")
class TestNeutralize(BackOfficeCommon):
    """A copied database speaks for nobody."""

    def columns(self):
        """Every column of the database that can hold a text: table and name."""
        self.env.cr.execute(
            """
            SELECT c.table_name, c.column_name
              FROM information_schema.columns c
              JOIN information_schema.tables t
                ON t.table_schema = c.table_schema AND t.table_name = c.table_name
             WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'
               AND c.data_type = ANY(%s)
             ORDER BY 1, 2
            """,
            (list(TEXTS),),
        )
        return self.env.cr.fetchall()

    def planted(self):
        """Where the planted secret stands, in whatever table."""
        found = set()
        for table, column in self.columns():
            query = SQL(
                "SELECT 1 FROM %s WHERE %s::text LIKE %s LIMIT 1",
                SQL.identifier(table),
                SQL.identifier(column),
                f"%{PLANTED}%",
            )
            if self.env.execute_query(query):
                found.add((table, column))
        return found

    def one_of_each(self):
        """A record of each of our models that a person can leave behind; their tables."""
        live = self.account.copy({"name": "Live", "reseller_password": PLANTED})
        self.draft().sudo().write({"password": PLANTED, "external_identifier": PLANTED})
        self.env["glase.verification"].sudo().create({"account_id": live.id}).password = PLANTED
        move = self.env["glase.go.live"].sudo().create({"source_id": self.account.id})
        move.reseller_password = PLANTED
        wizard = self.env["glase.set.up"].sudo().create({"config_id": self.till.id})
        wizard.write({"environment": "test", "reseller_password": PLANTED})
        self.env.flush_all()

    def secret_columns(self):
        """The columns of our module whose name or whose field says that they hold a secret."""
        named = {}
        for model in self.env.values():
            if model._abstract or not model._auto:
                continue
            for name, field in model._fields.items():
                ours = field._modules and "pos_glase" in field._modules
                words = f"{name} {field.string}"
                if ours and field.store and field.column_type and SECRET.search(words):
                    named[model._table, name] = field
        texts = set(self.columns())
        return {place for place in named if place in texts}

    def test_no_column_that_says_secret_holds_one_afterwards(self):
        """Whatever is in a column whose name or field says secret is gone or made anew."""
        self.one_of_each()
        places = self.secret_columns()
        self.assertLess(
            {
                ("glase_account", "reseller_password"),
                ("glase_account", "phone_secret"),
                ("glase_account", "bound_to"),
                ("glase_terminal", "password"),
                ("glase_verification", "password"),
            },
            places,
        )
        for table, column in places:
            self.env.cr.execute(
                SQL("UPDATE %s SET %s = %s", *map(SQL.identifier, (table, column)), PLANTED)
            )
        self.assertTrue(self.planted())
        neutralize_database(self.env.cr)
        self.assertEqual(self.planted(), set())

    def test_a_secret_that_was_typed_anywhere_is_nowhere_afterwards(self):
        """Looked for in all columns of all tables: also in what Odoo keeps beside our records."""
        self.one_of_each()
        self.assertLessEqual(
            {("glase_account", "reseller_password"), ("glase_terminal", "password")},
            self.planted(),
        )
        neutralize_database(self.env.cr)
        self.assertEqual(self.planted(), set())

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
        self.assertEqual(move.draft_account_id.reseller_password, "of the move")
        self.account.with_user(self.pos_admin).action_make_health_token()
        self.env.flush_all()
        neutralize_database(self.env.cr)
        self.env.invalidate_all()
        self.assertFalse(health.tokens(self.company), "who monitors the shop monitors no copy")
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
        self.assertFalse(move.draft_account_id.reseller_password)
        # The copy can be tried at once.
        answer = self.till_call("glase_till_register")
        self.assertTrue(answer["ok"], answer["message"])
        self.assertTrue(answer["glase"]["simulation"])
