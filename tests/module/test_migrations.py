"""What an update does to data of the version before."""

import importlib.util
from pathlib import Path

from odoo.fields import Command
from odoo.tests import tagged

from ...models.cases import progress
from ...models.pos.bill import Bill
from ..shared.common import GlaseCommon

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


def script(name):
    """A migration script as a module; Odoo loads them by their path, too."""
    spec = importlib.util.spec_from_file_location("glase_migration", FOLDER / name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@tagged("post_install", "-at_install")
class TestMigrations(GlaseCommon):
    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")

    def test_open_cases_get_their_subject(self):
        """As new ones have it; a second case about the same row stays without."""
        _order, line = self.sent(20)
        row = self.row(line)
        progress.open_case("amount_unknown", row)
        progress.open_case("paid_late", row)
        cases = self.env["glase.case"].sudo().search([("transaction_id", "=", row.id)])
        self.assertEqual(len(cases), 2)
        wanted = {case.id: case.subject for case in cases}
        self.assertEqual(set(wanted.values()), {f"glase.transaction,{row.id}"})
        twin = cases[0].copy({"state": "open", "transaction_id": row.id})
        self.env.flush_all()
        self.env.cr.execute("UPDATE glase_case SET subject = NULL WHERE id = ANY(%s)", [cases.ids])
        migrate = script("19.0.1.1.0/post-case_subject.py").migrate
        for _time in range(2):
            migrate(self.env.cr, "19.0.1.0.0")
            self.env.invalidate_all()
            self.assertEqual({case.id: case.subject for case in cases}, wanted)
            self.assertFalse(twin.subject)

    def test_the_password_of_a_set_up_is_gone(self):
        self.env.cr.execute("ALTER TABLE glase_set_up ADD COLUMN reseller_password varchar")
        for _time in range(2):
            script("19.0.1.1.0/post-set_up_password.py").migrate(self.env.cr, "19.0.1.0.0")
        self.env.cr.execute(
            "SELECT FROM information_schema.columns"
            " WHERE table_name = 'glase_set_up' AND column_name LIKE '%password%'"
        )
        self.assertFalse(self.env.cr.rowcount)

    def test_what_an_event_kept_of_its_row_is_gone(self):
        self.env.cr.execute("ALTER TABLE glase_event ADD COLUMN company_id integer")
        for _time in range(2):
            script("19.0.1.2.0/post-event_columns.py").migrate(self.env.cr, "19.0.1.1.0")
        self.env.cr.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = 'glase_event' AND column_name = 'company_id'"
            " UNION SELECT indexname FROM pg_indexes"
            " WHERE indexname = 'glase_event__transaction_id_index'"
        )
        # A row's events are looked for each second.
        self.assertEqual(self.env.cr.fetchall(), [("glase_event__transaction_id_index",)])

    def test_bills_of_before_are_rounded_as_their_till_does(self):
        """Whole crowns on the order: in a row of their own, in a tax, where there is one; or of cash only."""
        account = self.company_data["default_account_expense"].id
        crowns = self.env["account.cash.rounding"].create(
            {
                "name": "Whole crowns",
                "rounding": 1.0,
                "strategy": "add_invoice_line",
                "profit_account_id": account,
                "loss_account_id": account,
            }
        )
        self.let_round(crowns)
        migrate = script("19.0.1.2.0/post-rounding.py").migrate
        order, line = self.paid_bill(20)
        row = self.row(line)
        whole, taxes = {"step": "1.000000", "method": "HALF-UP"}, order.lines.tax_ids
        self.assertEqual(row.rounding, whole)
        for strategy, of_cash, taxed, kept in (
            ("add_invoice_line", False, True, whole),
            ("add_invoice_line", True, True, False),
            ("biggest_tax", True, True, whole),
            ("biggest_tax", False, False, False),
        ):
            order.lines.tax_ids = taxes if taxed else taxes.browse()
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE account_cash_rounding SET strategy = %s WHERE id = %s",
                (strategy, crowns.id),
            )
            self.env.cr.execute(
                "UPDATE pos_config SET only_round_cash_method = %s WHERE id = %s",
                (of_cash, self.main_pos_config.id),
            )
            self.env.cr.execute("UPDATE glase_transaction SET rounding = NULL")
            for _time in range(2):
                migrate(self.env.cr, "19.0.1.1.0")
                self.env.invalidate_all()
                with self.subTest(strategy=strategy, of_cash=of_cash, taxed=taxed):
                    self.assertEqual(row.rounding or False, kept)
                    self.assertEqual(Bill(order).kept_total()["rounding"] or False, kept)

    def test_fields_of_the_ledger_keep_what_they_hold_under_their_new_names(self):
        """From each version before; a second time changes nothing."""
        _order, line = self.sent(20)
        row = self.row(line)
        row.sudo().write({"refund_claim": "refund", "replaces_lost_id": row.id})
        self.env.flush_all()
        self.env.invalidate_all()
        script_ = script("19.0.1.2.0/pre-field_names.py")
        names = script_.RENAMED["glase.transaction"]
        wanted = row.read(list(names.values()))
        favourite = self.env["ir.filters"].create(
            {
                "name": "Silent",
                "model_id": "glase.transaction",
                "domain": "[('asked_at', '<', '2026-01-01'), ('asked_atlas', '=', 1)]",
                "context": "{'group_by': ['spent_on']}",
                "sort": '["answered_at desc"]',
            }
        )
        export = self.env["ir.exports"].create(
            {
                "name": "Replaced",
                "resource": "glase.transaction",
                "export_fields": [Command.create({"name": "clears_id/display_name"})],
            }
        )
        self.env.flush_all()
        self.assertTrue(all(wanted[0].values()))
        for version in ("19.0.1.0.0", "19.0.1.1.0"):
            for old, new in names.items():
                # As they were before: the script is run the other way round.
                script_._rename(self.env.cr, "glase.transaction", new, old)
                self.env.cr.execute(
                    "UPDATE ir_ui_view SET arch_db = replace(arch_db::text, %s, %s)::jsonb"
                    " WHERE model LIKE 'glase.%%'",
                    (new, old),
                )
            for _time in range(2):
                script_.migrate(self.env.cr, version)
                self.env.invalidate_all()
                self.assertEqual(row.read(list(names.values())), wanted)
        self.assertEqual(
            favourite.domain, "[('till_seen_at', '<', '2026-01-01'), ('asked_atlas', '=', 1)]"
        )
        self.assertEqual(favourite.context, "{'group_by': ['refund_claim']}")
        self.assertEqual(favourite.sort, '["glase_seen_at desc"]')
        self.assertEqual(export.export_fields.name, "replaces_lost_id/display_name")
        self.env.cr.execute("SELECT FROM ir_ui_view WHERE arch_db::text ~ 'spent_on|clears_id'")
        self.assertFalse(self.env.cr.rowcount, "an update compares old views with the new model")
        self.env.cr.execute(
            "SELECT name FROM ir_model_fields WHERE model = 'glase.transaction' AND name = ANY(%s)",
            [[*names, *names.values()]],
        )
        self.assertEqual({name for (name,) in self.env.cr.fetchall()}, set(names.values()))

    def test_each_row_gets_its_outcome(self):
        """As the field computes it for a new row, whatever the row is."""
        lines = [self.sent(amount)[1] for amount in (10,)]
        self.customer("decline")
        self.ask(lines[0])
        lines.append(self.sent(20)[1])
        self.door("cancel", line_uuid=lines[1], attempt="1")
        self.ask(lines[1])
        lines.append(self.sent(30)[1])
        rows = self.env["glase.transaction"].search([("line_uuid", "in", lines)])
        wanted = dict(zip(rows.ids, rows.mapped("outcome"), strict=True))
        self.assertEqual(set(wanted.values()), {"declined", "canceled", "issued"})
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE glase_transaction DROP COLUMN outcome")
        for _time in range(2):
            script("19.0.1.2.0/pre-outcome.py").migrate(self.env.cr, "19.0.1.1.0")
        self.env.cr.execute(
            "SELECT id, outcome FROM glase_transaction WHERE id = ANY(%s)", [rows.ids]
        )
        self.assertEqual(dict(self.env.cr.fetchall()), wanted)

    def test_cases_that_were_open_are_put_before_a_manager(self):
        _order, line = self.sent(20)
        case = progress.open_case("paid_late", self.row(line))
        settled = progress.open_case("amount_differs", self.row(line))
        progress.settle(settled, "For this test")
        self.env["mail.activity"].search([("res_model", "=", "glase.case")]).unlink()
        for _time in range(2):
            script("19.0.1.2.0/post-case_told.py").migrate(self.env.cr, "19.0.1.1.0")
            self.env.invalidate_all()
            self.assertEqual(len(case.activity_ids), 1)
            self.assertFalse(settled.activity_ids)
